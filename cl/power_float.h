/* SPDX-License-Identifier: Apache-2.0 */
/* The powers in float. */
#ifndef LRN_POWER_H
#define LRN_POWER_H

#ifndef LRN_REAL_H
#include "real.h"
#endif

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

#define LRN_ONE_LIMIT_BITS 0x72000000u /* 2^102 less the least normal number */

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

#endif
