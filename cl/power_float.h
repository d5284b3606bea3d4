/* SPDX-License-Identifier: Apache-2.0 */
/* s^-beta in float: for beta 0.5, 0.75 and 1, for any beta, and for s near k. */
#ifndef LRN_POWER_H
#define LRN_POWER_H

#include "types.h"

/*
 * For beta 0.5, 0.75 and 1, an integer operation on the bits of s gives a first guess y. The
 * residual is d = s y^2 - 1, s^3 y^4 - 1 or s y - 1. A polynomial (minimax, coefficients rounded
 * to float) gives (1 + d)^-1/2, -1/4 or -1 on the interval of d that the guess leaves, which was
 * found by running the guess over all mantissas.
 */

/* s^-1/2 for normal s > 0; |d| <= 0.0684. */
LRN_INLINE real_t lrn_power_half(real_t s)
{
    const real_t y = LRN_REAL((bits_t)(0x5f3741dfu) - (LRN_BITS(s) >> 1));
    const real_t t = s * y;
    const real_t d = LRN_FMA(t, y, (real_t)(-1.0f));
    const real_t q = LRN_POLYNOMIAL4(d, -0.24766384065151215f, 0.27491506934165955f,
                                     -0.31249719858169556f, 0.37499785423278809f, -0.5f);
    return LRN_FMA(y * d, q, y);
}

/* s^-3/4 for normal s > 0; |d| <= 0.1713. */
LRN_INLINE real_t lrn_power_3_4(real_t s)
{
    const bits_t i = LRN_BITS(s);
    const real_t y = LRN_REAL((bits_t)(0x6f145800u) - i + (i >> 2));
    const real_t t = s * y; /* s^1/4: no intermediate leaves the normal range */
    const real_t d = LRN_FMA(t * t, t * y, (real_t)(-1.0f));
    const real_t q =
        LRN_POLYNOMIAL5(d, 7.4654228985309601e-2f, -8.4280245006084442e-2f, 9.5136582851409912e-2f,
                        -0.11713812500238419f, 0.15625047683715820f, -0.25000017881393433f);
    return LRN_FMA(y * d, q, y);
}

/* 1/s for normal s > 0 below 2^102, above which y d may be subnormal; |d| <= 0.0506. */
LRN_INLINE real_t lrn_power_one(real_t s)
{
    const real_t y = LRN_REAL((bits_t)(0x7ef311c7u) - LRN_BITS(s));
    const real_t d = LRN_FMA(s, y, (real_t)(-1.0f));
    const real_t q = LRN_POLYNOMIAL4(d, -1.0040932893753052f, 1.0035867691040039f,
                                     -0.99999600648880005f, 0.99999713897705078f, -1.0f);
    return LRN_FMA(y * d, q, y);
}

/*
 * (s 2^-bias)^-beta = 2^*exponent * result, result in [0.70, 1.42], for normal s > 0. With s = m
 * 2^e and f = m - 1,
 *
 *     -beta log2(s) = -beta e + -beta (c1 f + f^2 q(f))
 *
 * is needed to 2^-24 though it may be near 127. So its whole part is subtracted first: 16 bits of
 * beta times e are exact, and so is the difference. The rest of beta and the low part of beta c1
 * are added last.
 */
LRN_INLINE real_t lrn_power_split(real_t s, float bias, lrn_scalars p, real_t *exponent)
{
    const scalar_t b = -p.beta_hi, c1 = 1.442694902f, c1_low = -3.386438507e-08f;
    const scalar_t b_short = LRN_BITS_SCALAR(LRN_SCALAR_BITS(b) & 0xffffff00u);
    const scalar_t b_rest = (b - b_short) - p.beta_lo;
    const scalar_t bc = b * c1;
    const scalar_t bc_low = LRN_FMA(b, c1_low, LRN_FMA(-p.beta_lo, c1, LRN_FMA(b, c1, -bc)));

    /* m in [sqrt(1/2), sqrt(2)); f is exact. */
    const bits_t i = LRN_BITS(s) + (bits_t)(0x3f800000u - 0x3f3504f3u);
    const real_t f = LRN_REAL((i & (bits_t)(0x007fffffu)) + (bits_t)(0x3f3504f3u)) - (real_t)(1.0f);
    /* e without a conversion: 2^23 + (e + 127), made by its bits. */
    const real_t e = LRN_REAL((i >> 23) | (bits_t)(0x4b000000u)) - (real_t)(8388735.0f + bias);

    const real_t q = LRN_POLYNOMIAL5(
        f, LRN_POLYNOMIAL2(f, 1.254124194e-01f, -2.103033364e-01f, 2.173793912e-01f),
        -2.385194451e-01f, 2.876566648e-01f, -3.607212007e-01f, 4.809225202e-01f,
        -7.213471532e-01f);

    const real_t bff = ((real_t)(b)*f) * f;
    const real_t sum = LRN_FMA((real_t)(b_short), e, LRN_FMA((real_t)(bc), f, bff * q));
    const real_t whole = (sum + (real_t)(12582912.0f)) - (real_t)(12582912.0f);
    real_t g = LRN_FMA((real_t)(b_short), e, -whole);
    g = LRN_FMA((real_t)(bc), f, g);
    g = LRN_FMA(bff, q, g);
    g = LRN_FMA((real_t)(bc_low), f, g);
    g = LRN_FMA((real_t)(b_rest), e, g);

    const real_t r =
        LRN_POLYNOMIAL5(g, 1.5457224799320102e-4f, 1.3391858665272593e-3f, 9.6180755645036697e-3f,
                        5.5503576993942261e-2f, 0.24022650718688965f, 0.69314718246459961f);
    *exponent = whole;
    return LRN_FMA(r, g, (real_t)(1.0f));
}

/*
 * The bits of sqrt(1/2), where the octave [sqrt(1/2), sqrt(2)) of mantissas begins, and the size
 * in bits of the five octaves of lrn_power_near.
 */
#define LRN_OCTAVE_BITS 0x3f3504f3u
#define LRN_NEAR_BITS 0x02800000u

/*
 * s^-beta for 0 < beta < 1 and s in the octave of k or the next four. *distance is the bits of s
 * less those of the first octave's begin: s is in range if it is below LRN_NEAR_BITS. With s = m
 * 2^e, f = m - 1 and b = -beta,
 *
 *     s^b = 2^(b e) (1 + f)^b = 2^(b e) (1 + f q(f))
 *
 * 2^(b e) is one of five arguments (see src/coefficients.c); LRN_SLOPES gives the coefficients of
 * q. The error comes from the rounding of this argument, of f q, and of the last product and sum.
 * Over every such float of ten pairs of beta and k, tests/exhaustive/power.c finds at most 1.9 ULP.
 */
LRN_INLINE real_t lrn_power_near(real_t s, lrn_scalars p, bits_t *distance)
{
    const scalar_bits_t begin =
        ((LRN_SCALAR_BITS(p.k) - LRN_OCTAVE_BITS) & 0xff800000u) + LRN_OCTAVE_BITS;
    const bits_t i = LRN_BITS(s) - (bits_t)(begin);
    const real_t f =
        LRN_REAL((i & (bits_t)(0x007fffffu)) + (bits_t)(LRN_OCTAVE_BITS)) - (real_t)(1.0f);

    const mask_t odd = (i & (bits_t)(0x00800000u)) != (bits_t)(0u);
    const mask_t second = (i & (bits_t)(0x01000000u)) != (bits_t)(0u);
    const mask_t last = (i & (bits_t)(0x02000000u)) != (bits_t)(0u);
    const real_t low = odd ? (real_t)(p.octaves[1]) : (real_t)(p.octaves[0]);
    const real_t high = odd ? (real_t)(p.octaves[3]) : (real_t)(p.octaves[2]);
    const real_t octave = last ? (real_t)(p.octaves[4]) : second ? high : low;

    const real_t q = LRN_POLYNOMIAL5(
        f, LRN_POLYNOMIAL4(f, p.slopes[9], p.slopes[8], p.slopes[7], p.slopes[6], p.slopes[5]),
        p.slopes[4], p.slopes[3], p.slopes[2], p.slopes[1], p.slopes[0]);
    *distance = i;
    return LRN_FMA(octave * f, q, octave);
}

/* 2^n for whole n in [-126, 127]. */
LRN_INLINE real_t lrn_exp2_whole(real_t n)
{
    return LRN_REAL((LRN_BITS(n + (real_t)(12582912.0f)) - (bits_t)(0x4b400000u - 127u)) << 23);
}

/* r 2^n for whole n in [-125, 126] and r in [0.5, 2). */
LRN_INLINE real_t lrn_times_exp2(real_t r, real_t n)
{
    return LRN_REAL(LRN_BITS(r) + (LRN_BITS(n + (real_t)(12582912.0f)) << 23));
}

#endif
