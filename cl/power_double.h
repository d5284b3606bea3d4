/* SPDX-License-Identifier: Apache-2.0 */
/* s^-beta in double: one formula for every beta. */
#ifndef LRN_POWER_H
#define LRN_POWER_H

#include "types.h"

/*
 * The mantissas in [0.708, 1.417) are split into 32 intervals, equal in bits. The table holds for
 * each interval a reciprocal c, near that of its middle, and -log2(c). Each c is chosen among its
 * neighbours such that a multiple of 2^-42 is within 2^-65 of -log2(c): one double is enough for
 * -log2(c), and adding a whole number below 2^11 to it is exact. 1 lies inside an interval, two
 * thirds from its beginning, and has c = 1.
 */
#define LRN_LOG2_BEGIN 0x3fe6aaaaaaa00000 /* the bits of the least mantissa */
#define LRN_LOG2_SHIFT 47                 /* 2^47 doubles in an interval */

/* clang-format off */
LRN_CONSTANT double lrn_log2_table[32][2] = {
    {0x1.6578165320c25p0, -0x1.ed3c215906p-2}, {0x1.5dd617ad806eap0, -0x1.cd595b39d3p-2},
    {0x1.5685cc401d474p0, -0x1.ae230c5441p-2}, {0x1.4f822f2e41ebp0, -0x1.8f9211a60ep-2},
    {0x1.48c6a2a74e9c1p0, -0x1.719fb6eadcp-2}, {0x1.424ee5ff87bccp0, -0x1.5445aed80dp-2},
    {0x1.3c170c52dc144p0, -0x1.377e095e2bp-2}, {0x1.361b7519ae63fp0, -0x1.1b432ee0e6p-2},
    {0x1.3058c48c8d477p0, -0x1.ff1fae54f2p-3}, {0x1.2acbddc82ad09p0, -0x1.c8be0b0676p-3},
    {0x1.2571dcdd2ebaep0, -0x1.93580382fep-3}, {0x1.204812046bf84p0, -0x1.5ee4a8f00ep-3},
    {0x1.1b4bfd0ee7c6bp0, -0x1.2b5b8463ecp-3}, {0x1.167b49428012cp0, -0x1.f1691b6674p-4},
    {0x1.11d3c9cfb7ebp0, -0x1.8dd049d3d4p-4},  {0x1.0d537683022cfp0, -0x1.2bde1637ap-4},
    {0x1.08f868e88f28bp0, -0x1.970974b748p-5}, {0x1.04c0d94e9e64ap0, -0x1.b2dc546bap-6},
    {1.0, 0.0},                                {0x1.f3014cb4be046p-1, 0x1.2fd5ef85d8p-5},
    {0x1.e4419384c2e28p-1, 0x1.4935a30afcp-4}, {0x1.d65aa41c03004p-1, 0x1.f5562bdc4p-4},
    {0x1.c93a5825ee172p-1, 0x1.4e4bb65464p-3}, {0x1.bcd081baea8d6p-1, 0x1.9f9f09a4e8p-3},
    {0x1.b10ea92c15dep-1, 0x1.eec4a22bd2p-3},  {0x1.a5e7d41378c55p-1, 0x1.1deccd75d6p-2},
    {0x1.9b5055b0d9698p-1, 0x1.437c6b30fap-2}, {0x1.913da61ec3ff2p-1, 0x1.681d9b3a6ep-2},
    {0x1.87a63f366899fp-1, 0x1.8bdbe7694p-2},  {0x1.7e817e7d9c56fp-1, 0x1.aec208426fp-2},
    {0x1.75c78b390ae42p-1, 0x1.d0d9f823a2p-2}, {0x1.6d713fc917f6fp-1, 0x1.f22d04f81cp-2},
};
/* clang-format on */

/* Column 0 or 1 of the table, in each lane the row that `intervals` says. */
#if LRN_WIDTH == 1
#define LRN_LOOK_UP(intervals, column) lrn_log2_table[(int)(intervals)][column]
#else
LRN_INLINE real_t lrn_look_up(bits_t intervals, int column)
{
    scalar_bits_t rows[LRN_WIDTH];
    scalar_t values[LRN_WIDTH];
    LRN_STORE_WORDS(intervals, rows);
#pragma unroll
    for (int lane = 0; lane < LRN_WIDTH; ++lane)
        values[lane] = lrn_log2_table[(int)rows[lane]][column];
    return LRN_LOAD(values);
}
#define LRN_LOOK_UP(intervals, column) lrn_look_up(intervals, column)
#endif

/*
 * (s 2^-bias)^-beta = 2^*exponent * result, result in [0.70, 1.42], for normal s > 0. *exponent
 * is a whole number, and finite for |beta| to 2^40. s = 1 gives exactly 1.
 *
 * The error is at most 1.4 ULP for |beta| <= 5: 0.5 for the last rounding, 0.3 for r, 0.1 for r's
 * polynomial, 0.4 for g, and 0.1 for log2(1 + f). The two roundings of g are worst where high <
 * 0.5 < high + low; the worst of 6 10^7 values near there has 1.17 ULP.
 *
 * The polynomials are minimax (Remez). Coefficients are rounded to double one by one from the
 * first, and the rest are fitted again after each.
 */
LRN_INLINE real_t lrn_power_split(real_t s, scalar_t bias, lrn_scalars p, real_t *exponent)
{
    /* s = m 2^e, log2(s) = (e - log2(c)) + log2(1 + f) with f = c m - 1. */
    const bits_t i = LRN_BITS(s) - (bits_t)(LRN_LOG2_BEGIN);
    const real_t m = LRN_REAL((i & (bits_t)(0x000fffffffffffff)) + (bits_t)(LRN_LOG2_BEGIN));
    const bits_t interval = (i >> LRN_LOG2_SHIFT) & (bits_t)(31);
    const real_t f = LRN_FMA(m, LRN_LOOK_UP(interval, 0), (real_t)(-1.0));
    /* e as a double without a conversion: the bits of 2^52 + (e + 2048), less 2^52 + 2048. */
    const bits_t biased =
        (((i >> 52) + (bits_t)(2048)) & (bits_t)(0xfff)) | (bits_t)(0x4330000000000000);
    const real_t e = (LRN_REAL(biased) - (real_t)(4503599627372544.0)) - (real_t)(bias);
    const real_t hi = e + LRN_LOOK_UP(interval, 1); /* exact */

    /* log2(1 + f) to 2^-64 for |f| <= 0.01523: it is so small that one double is enough. */
    const real_t q = LRN_POLYNOMIAL5(
        f, LRN_POLYNOMIAL2(f, -0.18039196811820857, 0.20618770650524976, -0.2404491659513526),
        0.28853899191512861, -0.3606737602226911, 0.48089834696409528, -0.72134752044448169,
        1.4426950408889634);
    const real_t lo = f * q;

    /*
     * E = -beta log2(s) in two doubles, then the nearest whole number. A product that feeds a sum
     * is written as fma, which no compiler fuses into the sum.
     */
    const real_t b = (real_t)(-p.beta_hi), magic = (real_t)(6755399441055744.0);
    const real_t high = LRN_FMA(b, hi, (real_t)(0.0));
    real_t low = LRN_FMA(b, hi, -high);
    low = LRN_FMA((real_t)(-p.beta_lo), hi, low);
    low = LRN_FMA(b, lo, low);
    const real_t whole = ((high + low) + magic) - magic;
    const real_t g = (high - whole) + low;

    /* (2^g - 1) / g; the relative error of 2^g is at most 2^-57 for |g| <= 0.5. */
    const real_t r = LRN_POLYNOMIAL5(
        g,
        LRN_POLYNOMIAL5(g, 4.4386126673718843e-10, 7.0731945225909153e-9, 1.017816178349833e-7,
                        1.3215439051681654e-6, 1.5252733630687454e-5, 0.00015403530448673258),
        0.0013333558146548167, 0.0096181291076017882, 0.055504108664821722, 0.24022650695910108,
        0.69314718055994529);
    *exponent = whole;
    return LRN_FMA(r, g, (real_t)(1.0));
}

/* 2^n for whole n in [-1022, 1023]. */
LRN_INLINE real_t lrn_exp2_whole(real_t n)
{
    return LRN_REAL(
        (LRN_BITS(n + (real_t)(6755399441055744.0)) - (bits_t)(0x4338000000000000 - 1023)) << 52);
}

/* r 2^n for whole n in [-1021, 1022] and r in [0.5, 2). */
LRN_INLINE real_t lrn_times_exp2(real_t r, real_t n)
{
    return r * lrn_exp2_whole(n);
}

#endif
