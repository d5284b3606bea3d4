/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic every kernel and the host build share. Valid as OpenCL C 1.2
 * and as C11, so that a host test can run it over every float and a device's
 * bits can be compared with the host's.
 *
 * Only + - * fma, comparisons, conversions and integer operations appear here:
 * IEEE 754 and OpenCL define those exactly, while sqrt, /, powr, exp2 and log2
 * may differ between devices. No product feeds a bare + or -, so a compiler
 * that contracts anyway changes nothing. A change of any result bit must raise
 * CLLRN_ARITHMETIC_VERSION in cllrn.h.
 *
 * In OpenCL, LRN_WIDTH (1, 2, 4, 8 or 16) sets how many elements a real_t
 * holds. In C it is 1.
 */
#ifndef LRN_ARITHMETIC_H
#define LRN_ARITHMETIC_H

#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__)

#pragma OPENCL FP_CONTRACT OFF

#ifndef LRN_WIDTH
#define LRN_WIDTH 1
#endif

#if LRN_WIDTH == 1
typedef float real_t;
typedef uint bits_t;
typedef int mask_t;
#define LRN_BITS(x) as_uint(x)
#define LRN_REAL(x) as_float(x)
#define LRN_ANY(mask) (mask)
#define LRN_FIRST(v) (v)
#define LRN_LOAD(p) (*(p))
#define LRN_STORE(v, p) (*(p) = (v))
#else
#define LRN_PASTE(a, b) a##b
#define LRN_JOIN(a, b) LRN_PASTE(a, b)
typedef LRN_JOIN(float, LRN_WIDTH) real_t;
typedef LRN_JOIN(uint, LRN_WIDTH) bits_t;
typedef LRN_JOIN(int, LRN_WIDTH) mask_t;
#define LRN_BITS(x) LRN_JOIN(as_uint, LRN_WIDTH)(x)
#define LRN_REAL(x) LRN_JOIN(as_float, LRN_WIDTH)(x)
/* any(), but PoCL 3.1's goes lane by lane and cost up to a fifth of a kernel's time. */
#define LRN_ANY2(mask) ((mask).x | (mask).y)
#define LRN_ANY4(mask) LRN_ANY2((mask).lo | (mask).hi)
#define LRN_ANY8(mask) LRN_ANY4((mask).lo | (mask).hi)
#define LRN_ANY16(mask) LRN_ANY8((mask).lo | (mask).hi)
#define LRN_ANY(mask) LRN_JOIN(LRN_ANY, LRN_WIDTH)(mask)
#define LRN_FIRST(v) ((v).s0)
#define LRN_LOAD(p) LRN_JOIN(vload, LRN_WIDTH)(0, p)
#define LRN_STORE(v, p) LRN_JOIN(vstore, LRN_WIDTH)(v, 0, p)
#endif

#define LRN_FMA(a, b, c) fma(a, b, c)
#define LRN_FLOAT_BITS(x) as_uint(x)
#define LRN_BITS_FLOAT(x) as_float(x)

#else

#define LRN_C /* this is C11 */

#include <math.h>
#include <stdint.h>
#include <string.h>

/*
 * For a function with many fma in it: one instruction where the processor has
 * it, a call of the C library's where not. The same bits, several times the speed.
 * Not under ThreadSanitizer, which is not ready yet when the loader chooses.
 */
#define LRN_FMA_CLONES
#if defined(__SANITIZE_THREAD__)
#define LRN_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LRN_TSAN
#endif
#endif
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__has_attribute) && !defined(LRN_TSAN)
#if __has_attribute(target_clones)
#undef LRN_FMA_CLONES
#define LRN_FMA_CLONES __attribute__((target_clones("fma", "default")))
#endif
#endif

#define LRN_WIDTH 1
typedef float real_t;
typedef uint32_t bits_t;
typedef int mask_t;
typedef uint32_t uint;

static inline uint32_t lrn_float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float lrn_bits_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

#define LRN_BITS(x) lrn_float_bits(x)
#define LRN_REAL(x) lrn_bits_float(x)
#define LRN_ANY(mask) (mask)
#define LRN_FIRST(v) (v)
#define LRN_FMA(a, b, c) fmaf(a, b, c)
#define LRN_FLOAT_BITS(x) lrn_float_bits(x)
#define LRN_BITS_FLOAT(x) lrn_bits_float(x)

#endif

/* Power classes: which code computes s^-beta. */
#define LRN_POWER_ZERO 0    /* beta 0: y = x, whatever s is */
#define LRN_POWER_HALF 1    /* beta 0.5 */
#define LRN_POWER_3_4 2     /* beta 0.75 */
#define LRN_POWER_ONE 3     /* beta 1 */
#define LRN_POWER_GENERAL 4 /* any other beta */

/* What s < 0 gives, as pow() has it. */
#define LRN_BETA_FRACTION 0 /* NaN, and for -Inf what +Inf gives */
#define LRN_BETA_EVEN 1     /* |s|^-beta */
#define LRN_BETA_ODD 2      /* -|s|^-beta */

/* s = k + (scale_hi + scale_lo) * sum; the exponent is -(beta_hi + beta_lo). */
typedef struct lrn_scalars {
    float scale_hi, scale_lo; /* alpha / divisor in two floats */
    float k;
    float beta_hi, beta_lo; /* beta in two floats */
    int parity;             /* LRN_BETA_* */
} lrn_scalars;

#define LRN_NAN_BITS 0x7fc00000u
#define LRN_INF_BITS 0x7f800000u

/* The float with every NaN replaced by the canonical one. */
static inline float lrn_canonical(float x)
{
    return (LRN_FLOAT_BITS(x) & 0x7fffffffu) > LRN_INF_BITS ? LRN_BITS_FLOAT(LRN_NAN_BITS) : x;
}

/*
 * The powers for beta 0.5, 0.75 and 1: an integer first guess y on the bits of
 * s, the residual d = s y^2 - 1, s^3 y^4 - 1 or s y - 1, and one polynomial
 * (minimax, coefficients rounded to float) for (1 + d)^-1/2, -1/4 or -1 on the
 * interval of d that the guess leaves, found by running it over all mantissas.
 */

/* s^-1/2 for normal s > 0; |d| <= 0.0684. */
static inline real_t lrn_power_half(real_t s)
{
    const real_t y = LRN_REAL((bits_t)(0x5f3741dfu) - (LRN_BITS(s) >> 1));
    const real_t t = s * y;
    const real_t d = LRN_FMA(t, y, (real_t)(-1.0f));
    real_t q = (real_t)(-0.24766384065151215f);
    q = LRN_FMA(q, d, (real_t)(0.27491506934165955f));
    q = LRN_FMA(q, d, (real_t)(-0.31249719858169556f));
    q = LRN_FMA(q, d, (real_t)(0.37499785423278809f));
    q = LRN_FMA(q, d, (real_t)(-0.5f));
    return LRN_FMA(y * d, q, y);
}

/* s^-3/4 for normal s > 0; |d| <= 0.1713. */
static inline real_t lrn_power_3_4(real_t s)
{
    const bits_t i = LRN_BITS(s);
    const real_t y = LRN_REAL((bits_t)(0x6f145800u) - i + (i >> 2));
    const real_t t = s * y; /* s^1/4: no intermediate leaves the normal range */
    const real_t d = LRN_FMA(t * t, t * y, (real_t)(-1.0f));
    real_t q = (real_t)(7.4654228985309601e-2f);
    q = LRN_FMA(q, d, (real_t)(-8.4280245006084442e-2f));
    q = LRN_FMA(q, d, (real_t)(9.5136582851409912e-2f));
    q = LRN_FMA(q, d, (real_t)(-0.11713812500238419f));
    q = LRN_FMA(q, d, (real_t)(0.15625047683715820f));
    q = LRN_FMA(q, d, (real_t)(-0.25000017881393433f));
    return LRN_FMA(y * d, q, y);
}

/* 1/s for normal s > 0 below 2^102, beyond which y d may be subnormal; |d| <= 0.0506. */
static inline real_t lrn_power_one(real_t s)
{
    const real_t y = LRN_REAL((bits_t)(0x7ef311c7u) - LRN_BITS(s));
    const real_t d = LRN_FMA(s, y, (real_t)(-1.0f));
    real_t q = (real_t)(-1.0040932893753052f);
    q = LRN_FMA(q, d, (real_t)(1.0035867691040039f));
    q = LRN_FMA(q, d, (real_t)(-0.99999600648880005f));
    q = LRN_FMA(q, d, (real_t)(0.99999713897705078f));
    q = LRN_FMA(q, d, (real_t)(-1.0f));
    return LRN_FMA(y * d, q, y);
}

/*
 * s^-beta = 2^*exponent * result, result in [0.70, 1.42], for normal s > 0
 * scaled by 2^-bias. log2(s) is carried in two floats: one float near 128 has
 * an ulp of 2^-17, a hundred ULP of the result. *exponent is a whole number.
 */
static inline real_t lrn_power_split(real_t s, float bias, lrn_scalars p, real_t *exponent)
{
    /* s = m 2^e with m in [sqrt(1/2), sqrt(2)), f = m - 1 exact. */
    const bits_t i = LRN_BITS(s) - (bits_t)(0x3f3504f3u);
    const real_t f = LRN_REAL((i & (bits_t)(0x007fffffu)) + (bits_t)(0x3f3504f3u)) - (real_t)(1.0f);
    /* e as a float without a conversion: the bits of 2^23 + (e + 128), less 2^23 + 128. */
    const bits_t biased = (((i >> 23) + (bits_t)(128u)) & (bits_t)(0x1ffu)) | (bits_t)(0x4b000000u);
    const real_t e = (LRN_REAL(biased) - (real_t)(8388736.0f)) - (real_t)(bias);

    /* log2(1 + f): first coefficient in two floats, the rest in one. */
    real_t q = (real_t)(9.7241342067718506e-2f);
    q = LRN_FMA(q, f, (real_t)(-0.17176625132560730f));
    q = LRN_FMA(q, f, (real_t)(0.17357294261455536f));
    q = LRN_FMA(q, f, (real_t)(-0.17849729955196381f));
    q = LRN_FMA(q, f, (real_t)(0.20472684502601624f));
    q = LRN_FMA(q, f, (real_t)(-0.24048304557800293f));
    q = LRN_FMA(q, f, (real_t)(0.28859832882881165f));
    q = LRN_FMA(q, f, (real_t)(-0.36067417263984680f));
    q = LRN_FMA(q, f, (real_t)(0.48089730739593506f));
    q = LRN_FMA(q, f, (real_t)(-0.72134751081466675f));
    /* A product that sums follow is written as fma, which no compiler fuses into them. */
    const real_t head = LRN_FMA(f, (real_t)(1.44269502162933350f), (real_t)(0.0f));
    real_t tail = LRN_FMA(f, (real_t)(1.44269502162933350f), -head);
    tail = LRN_FMA(f, (real_t)(2.4299204426370125e-8f), tail);
    tail = LRN_FMA(f * q, f, tail);
    const real_t hi = e + head; /* |e| >= 1 > |head| or e = 0, so the error below is exact */
    const real_t lo = (head - (hi - e)) + tail;

    /* E = -beta log2(s) in two floats, then its nearest whole number. */
    const real_t b = (real_t)(-p.beta_hi);
    const real_t high = LRN_FMA(b, hi, (real_t)(0.0f));
    real_t low = LRN_FMA(b, hi, -high);
    low = LRN_FMA((real_t)(-p.beta_lo), hi, low);
    low = LRN_FMA(b, lo, low);
    const real_t whole = ((high + low) + (real_t)(12582912.0f)) - (real_t)(12582912.0f);
    const real_t g = (high - whole) + low;

    real_t r = (real_t)(1.5457224799320102e-4f);
    r = LRN_FMA(r, g, (real_t)(1.3391858665272593e-3f));
    r = LRN_FMA(r, g, (real_t)(9.6180755645036697e-3f));
    r = LRN_FMA(r, g, (real_t)(5.5503576993942261e-2f));
    r = LRN_FMA(r, g, (real_t)(0.24022650718688965f));
    r = LRN_FMA(r, g, (real_t)(0.69314718246459961f));
    *exponent = whole;
    return LRN_FMA(r, g, (real_t)(1.0f));
}

/* 2^n for whole n in [-126, 127]. */
static inline real_t lrn_exp2_whole(real_t n)
{
    return LRN_REAL((LRN_BITS(n + (real_t)(12582912.0f)) - (bits_t)(0x4b400000u - 127u)) << 23);
}

/*
 * s^-beta for every s whose power is ordinary; the lanes of *special that are
 * set hold nothing useful and go through lrn_special.
 */
static inline real_t lrn_power(int power, real_t s, lrn_scalars p, mask_t *special)
{
    const bits_t above = LRN_BITS(s) - (bits_t)(0x00800000u); /* wraps for s < 2^-126 */

    if (power == LRN_POWER_HALF) {
        *special = above >= (bits_t)(0x7f000000u);
        return lrn_power_half(s);
    }
    if (power == LRN_POWER_3_4) {
        *special = above >= (bits_t)(0x7f000000u);
        return lrn_power_3_4(s);
    }
    if (power == LRN_POWER_ONE) {
        *special = above >= (bits_t)(0x72000000u); /* s >= 2^102 */
        return lrn_power_one(s);
    }
    real_t whole;
    const real_t r = lrn_power_split(s, 0.0f, p, &whole);
    /* A NaN must land in special, hence the negated comparison. */
    *special = (above >= (bits_t)(0x7f000000u)) |
               !((whole >= (real_t)(-125.0f)) & (whole <= (real_t)(126.0f)));
    return r * lrn_exp2_whole(whole);
}

/* s from the window's sum of squares. */
static inline real_t lrn_scale(real_t sum, lrn_scalars p)
{
    return LRN_FMA((real_t)(p.scale_hi), sum, LRN_FMA((real_t)(p.scale_lo), sum, (real_t)(p.k)));
}

/*
 * x s^-beta where lrn_power gave up: s or its power is zero, subnormal,
 * negative, infinite or NaN. Rare, so it is written for clarity, not speed.
 */
static inline float lrn_special(float x, float sum, lrn_scalars p)
{
    if (p.beta_hi == 0.0f)
        return lrn_canonical(x);
    /*
     * With an infinite sum a low part of zero, or of the other sign, would make
     * s a NaN. A copy, since rusticl 22.3 lets a change of p reach the caller's.
     */
    lrn_scalars q = p;
    if (LRN_FLOAT_BITS(sum) == LRN_INF_BITS)
        q.scale_lo = q.scale_hi;

    const uint s = LRN_FLOAT_BITS(LRN_FIRST(lrn_scale((real_t)(sum), q)));
    const uint magnitude = s & 0x7fffffffu;
    const int negative = (s >> 31) != 0u;
    const int beta_is_nan = (LRN_FLOAT_BITS(p.beta_hi) & 0x7fffffffu) > LRN_INF_BITS;
    if (beta_is_nan && s == 0x3f800000u)
        return lrn_canonical(x); /* 1 to any power, as pow() has it */
    if (magnitude > LRN_INF_BITS || beta_is_nan ||
        (negative && magnitude != 0u && magnitude != LRN_INF_BITS && p.parity == LRN_BETA_FRACTION))
        return LRN_BITS_FLOAT(LRN_NAN_BITS);

    float power;
    if (magnitude == 0u || magnitude == LRN_INF_BITS) {
        power = LRN_BITS_FLOAT((magnitude == 0u) == (p.beta_hi > 0.0f) ? LRN_INF_BITS : 0u);
    } else {
        const int subnormal = magnitude < 0x00800000u;
        const float normal = LRN_BITS_FLOAT(magnitude) * (subnormal ? 4294967296.0f : 1.0f);
        real_t wholes;
        power = LRN_FIRST(lrn_power_split((real_t)(normal), subnormal ? 32.0f : 0.0f, p, &wholes));
        const float whole = LRN_FIRST(wholes);
        if (whole > 200.0f) {
            power = LRN_BITS_FLOAT(LRN_INF_BITS);
        } else if (whole < -200.0f) {
            power = 0.0f;
        } else {
            /* In two steps, since 2^whole may leave the range where the power does not. */
            const float part = whole > 0.0f ? 100.0f : -100.0f;
            power *= LRN_FIRST(lrn_exp2_whole((real_t)(part)));
            power *= LRN_FIRST(lrn_exp2_whole((real_t)(whole - part)));
        }
    }
    return lrn_canonical(x * (negative && p.parity == LRN_BETA_ODD ? -power : power));
}

/* y = x s^-beta from x and the sum of squares of its window. */
static inline real_t lrn_normalize(int power, real_t x, real_t sum, lrn_scalars p)
{
    mask_t special;
    real_t y;
    if (power == LRN_POWER_ZERO) {
        special = (LRN_BITS(x) & (bits_t)(0x7fffffffu)) > (bits_t)(LRN_INF_BITS);
        y = x;
    } else {
        y = x * lrn_power(power, lrn_scale(sum, p), p, &special);
    }
    if (LRN_ANY(special)) {
#if LRN_WIDTH == 1
        y = lrn_special(x, sum, p);
#else
        float xs[LRN_WIDTH], sums[LRN_WIDTH], ys[LRN_WIDTH];
        int masks[LRN_WIDTH];
        LRN_STORE(x, xs);
        LRN_STORE(sum, sums);
        LRN_STORE(y, ys);
        LRN_STORE(special, masks);
        for (int lane = 0; lane < LRN_WIDTH; ++lane)
            if (masks[lane])
                ys[lane] = lrn_special(xs[lane], sums[lane], p);
        y = LRN_LOAD(ys);
#endif
    }
    return y;
}

#endif
