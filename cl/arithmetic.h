/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic that all kernels and the host build share: s^-beta, y and dx of one element.
 * Valid as OpenCL C 1.2 and as C11, so that a host test can run it over every float and compare a
 * device's result bits with the host's. A change of any result bit must raise
 * CLLRN_ARITHMETIC_VERSION in cllrn.h.
 */
#ifndef LRN_ARITHMETIC_H
#define LRN_ARITHMETIC_H

#include "types.h"
#ifdef LRN_DOUBLE
#include "power_double.h"
#else
#include "power_float.h"
#endif

/* s^-beta for any beta; *excess as lrn_power sets it. */
LRN_INLINE real_t lrn_power_general(real_t s, lrn_scalars p, bits_t *excess)
{
    real_t whole;
    const real_t r = lrn_power_split(s, 0, p, &whole);
    /* part >= LRN_SPECIAL_BITS where `whole` is too large or NaN. */
    const bits_t part = (LRN_BITS(whole) & (bits_t)(LRN_MAGNITUDE_BITS)) +
                        (bits_t)(LRN_SPECIAL_BITS - 1u - LRN_GREATEST_WHOLE_BITS);
    *excess = LRN_MAX(LRN_BITS(s) - (bits_t)(LRN_NORMAL_BITS), part);
    return lrn_times_exp2(r, whole);
}

/*
 * s^-beta for every s whose power is ordinary. For any other s, lrn_is_special(*excess) is true
 * and the result is meaningless: s is outside the range of the formula (narrow for
 * LRN_POWER_NEAR), or s or its power is zero, subnormal, negative, infinite or NaN. The greatest
 * of several *excess is special if any of them is. *excess is not a mask because clang 14 packs
 * masks into bytes where branches meet.
 */
LRN_INLINE real_t lrn_power(int power, real_t s, lrn_scalars p, bits_t *excess)
{
#ifdef LRN_DOUBLE
    (void)power; /* one formula for every beta */
    return lrn_power_general(s, p, excess);
#else
    *excess = LRN_BITS(s) - (bits_t)(LRN_NORMAL_BITS); /* wraps for s below normal numbers */
    if (power == LRN_POWER_HALF)
        return lrn_power_half(s);
    if (power == LRN_POWER_3_4)
        return lrn_power_3_4(s);
    if (power == LRN_POWER_ONE)
        return lrn_power_one(s);
    bits_t distance = (bits_t)(0u);
    real_t near = s;
    if (power == LRN_POWER_NEAR || power == LRN_POWER_BOTH) {
        near = lrn_power_near(s, p, &distance);
        *excess = power == LRN_POWER_NEAR ? distance : (bits_t)(0u);
        if (power == LRN_POWER_NEAR || !LRN_ANY_LANE(distance >= (bits_t)(LRN_NEAR_BITS)))
            return near;
    }
    const real_t general = lrn_power_general(s, p, excess);
    if (power == LRN_POWER_BOTH) {
        const mask_t is_far = distance >= (bits_t)(LRN_NEAR_BITS);
        *excess = is_far ? *excess : (bits_t)(0u);
        return is_far ? general : near;
    }
    return general;
#endif
}

LRN_INLINE mask_t lrn_is_special(int power, bits_t excess)
{
#ifdef LRN_DOUBLE
    (void)power;
#else
    if (power == LRN_POWER_NEAR)
        return excess >= (bits_t)(LRN_NEAR_BITS);
#endif
    return excess >= (bits_t)(LRN_SPECIAL_BITS);
}

/* The class with the same results whose powers are ordinary for the most s. */
LRN_INLINE int lrn_widest(int power)
{
    return power == LRN_POWER_NEAR ? LRN_POWER_BOTH : power;
}

/*
 * The scalars for s^(-beta - 1): beta + 1 in two parts, by Knuth's two-sum. Not LRN_INLINE:
 * inlining a function that returns a struct makes clang emit alias scopes, which Oclgrind 21.10
 * does not know.
 */
static inline lrn_scalars lrn_next_power(lrn_scalars p)
{
    lrn_scalars next = p; /* a copy: with rusticl 22.3 a change of p reaches the caller's p */
    const scalar_t sum = p.beta_hi + 1, beta = sum - 1;
    const scalar_t rest = ((1 - (sum - beta)) + (p.beta_hi - beta)) + p.beta_lo;
    next.beta_hi = sum + rest;
    next.beta_lo = rest - (next.beta_hi - sum);
    next.parity = p.next_parity;
    return next;
}

/* Returns s^-beta and sets *next to s^(-beta - 1); *excess covers both, see lrn_power. */
LRN_INLINE real_t lrn_powers(int power, real_t s, lrn_scalars p, real_t *next, bits_t *excess)
{
    const real_t result = lrn_power(power, s, p, excess);
#ifdef LRN_DOUBLE
    bits_t next_excess;
    *next = lrn_power(power, s, lrn_next_power(p), &next_excess);
    *excess = LRN_MAX(*excess, next_excess);
#else
    *next = result * lrn_power_one(s);
#endif
    return result;
}

/* s = k + alpha / divisor * sum, where sum is the window's sum of squares. */
LRN_INLINE real_t lrn_scale(real_t sum, lrn_scalars p)
{
    return LRN_FMA((real_t)(p.scale_hi), sum, LRN_FMA((real_t)(p.scale_lo), sum, (real_t)(p.k)));
}

/*
 * s^-beta from the sum of squares where lrn_power's result is special: follows the special cases
 * of pow(). Such s are rare, so the code is written for clarity, not speed.
 */
static inline scalar_t lrn_special_power(scalar_t sum, lrn_scalars p)
{
    if (p.beta_hi == 0)
        return 1;
    /*
     * With an infinite sum, a scale_lo of zero or of the other sign would make s a NaN. q is a
     * copy because with rusticl 22.3 a change of p reaches the caller's p.
     */
    lrn_scalars q = p;
    if (LRN_SCALAR_BITS(sum) == LRN_INF_BITS)
        q.scale_lo = q.scale_hi;

    const scalar_bits_t s = LRN_SCALAR_BITS(LRN_FIRST(lrn_scale((real_t)(sum), q)));
    const scalar_bits_t magnitude = s & LRN_MAGNITUDE_BITS;
    const int negative = (s >> LRN_SIGN_SHIFT) != 0u;
    const int beta_is_nan = (LRN_SCALAR_BITS(p.beta_hi) & LRN_MAGNITUDE_BITS) > LRN_INF_BITS;
    if (beta_is_nan && s == LRN_ONE_BITS)
        return 1;
    if (magnitude > LRN_INF_BITS || beta_is_nan ||
        (negative && magnitude != 0u && magnitude != LRN_INF_BITS && p.parity == LRN_BETA_FRACTION))
        return LRN_BITS_SCALAR(LRN_NAN_BITS);

    scalar_t power;
    if (magnitude == 0u || magnitude == LRN_INF_BITS) {
        power = LRN_BITS_SCALAR((magnitude == 0u) == (p.beta_hi > 0) ? LRN_INF_BITS : 0u);
    } else {
        const int subnormal = magnitude < LRN_NORMAL_BITS;
        const scalar_t normal = LRN_BITS_SCALAR(magnitude) * (subnormal ? LRN_SUBNORMAL_SCALE : 1);
        real_t wholes;
        power = LRN_FIRST(
            lrn_power_split((real_t)(normal), subnormal ? LRN_SUBNORMAL_BIAS : 0, p, &wholes));
        const scalar_t whole = LRN_FIRST(wholes);
        if (whole > LRN_FAR) {
            power = LRN_BITS_SCALAR(LRN_INF_BITS);
        } else if (whole < -LRN_FAR) {
            power = 0;
        } else {
            /* In two steps: 2^whole may overflow or underflow where the power does not. */
            const scalar_t part = whole > 0 ? LRN_HALFWAY : -LRN_HALFWAY;
            power *= LRN_FIRST(lrn_exp2_whole((real_t)(part)));
            power *= LRN_FIRST(lrn_exp2_whole((real_t)(whole - part)));
        }
    }
    return negative && p.parity == LRN_BETA_ODD ? -power : power;
}

/* `ordinary` with lrn_special_power in each lane that is set in `special`. */
LRN_RARE real_t lrn_special_powers(real_t ordinary, mask_t special, real_t sum, lrn_scalars p)
{
#if LRN_WIDTH == 1
    return special ? lrn_special_power(sum, p) : ordinary;
#else
    scalar_t sums[LRN_WIDTH], powers[LRN_WIDTH];
    scalar_mask_t masks[LRN_WIDTH];
    LRN_STORE(sum, sums);
    LRN_STORE(ordinary, powers);
    LRN_STORE_WORDS(special, masks);
    for (int lane = 0; lane < LRN_WIDTH; ++lane)
        if (masks[lane])
            powers[lane] = lrn_special_power(sums[lane], p);
    return LRN_LOAD(powers);
#endif
}

/*
 * y = x s^-beta from x and the sum of squares of its window, where the power is ordinary; *excess
 * as lrn_power sets it.
 */
LRN_INLINE real_t lrn_normalize_ordinary(int power, real_t x, real_t sum, lrn_scalars p,
                                         bits_t *excess)
{
    *excess = (bits_t)(0u);
    if (power == LRN_POWER_ZERO)
        return lrn_canonical(x);
    return x * lrn_power(power, lrn_scale(sum, p), p, excess);
}

/* y = x s^-beta for every s, ordinary or special. */
LRN_INLINE real_t lrn_normalize(int power, real_t x, real_t sum, lrn_scalars p)
{
    if (power == LRN_POWER_ZERO)
        return lrn_canonical(x);
    bits_t excess;
    const real_t ordinary = lrn_power(lrn_widest(power), lrn_scale(sum, p), p, &excess);
    const mask_t special = lrn_is_special(lrn_widest(power), excess);
    real_t y = x * ordinary;
    if (LRN_ANY_LANE(special))
        y = lrn_canonical(x * lrn_special_powers(ordinary, special, sum, p));
    return y;
}

/*
 * The gradient's factor and power of one element, where both powers are ordinary. Returns x
 * s^(-beta - 1), which times dy of the same element is a term of the second sum. Sets *power_of_s
 * to s^-beta, and *excess as lrn_power does.
 */
LRN_INLINE real_t lrn_gradient_factor_ordinary(int power, real_t x, real_t sum, lrn_scalars p,
                                               real_t *power_of_s, bits_t *excess)
{
    real_t next;
    *excess = (bits_t)(0u);
    if (power == LRN_POWER_ZERO) {
        *power_of_s = (real_t)(1);
        return (real_t)(0);
    }
    *power_of_s = lrn_powers(power, lrn_scale(sum, p), p, &next, excess);
    return x * next;
}

/* lrn_gradient_factor_ordinary for every s, ordinary or special. */
LRN_INLINE real_t lrn_gradient_factor(int power, real_t x, real_t sum, lrn_scalars p,
                                      real_t *power_of_s)
{
    if (power == LRN_POWER_ZERO) {
        *power_of_s = (real_t)(1);
        return (real_t)(0);
    }
    bits_t excess;
    real_t next;
    *power_of_s = lrn_powers(lrn_widest(power), lrn_scale(sum, p), p, &next, &excess);
    const mask_t special = lrn_is_special(lrn_widest(power), excess);
    if (LRN_ANY_LANE(special)) {
        *power_of_s = lrn_special_powers(*power_of_s, special, sum, p);
        next = lrn_special_powers(next, special, sum, lrn_next_power(p));
    }
    return x * next;
}

/* dx of one element from its x, dy and s^-beta and the second sum over its mirrored window. */
LRN_INLINE real_t lrn_gradient(int power, real_t x, real_t dy, real_t power_of_s, real_t sum,
                               lrn_scalars p)
{
    if (power == LRN_POWER_ZERO)
        return lrn_canonical(dy);
    const real_t dx = LRN_FMA((real_t)(p.gradient) * sum, x, dy * power_of_s);
    /*
     * Every zero becomes +0, because its sign would tell whether a sum skips zeros, and on
     * rusticl 22.3, which takes x + 0 for x. Bits are compared for the latter reason.
     */
    const mask_t is_zero = (LRN_BITS(dx) & (bits_t)(LRN_MAGNITUDE_BITS)) == (bits_t)(0u);
    return is_zero ? (real_t)(0) : lrn_canonical(dx);
}

#endif
