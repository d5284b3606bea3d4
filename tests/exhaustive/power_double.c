/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power of cl/power_double.h against powl, for many betas over
 * pseudo-random s > 0, each a normal double or a subnormal one that is scaled
 * up, with a normal result. Of every eight s, five are uniform in exponent and
 * mantissa, one is next to 1, one next to a power of two and one next to a
 * boundary of the logarithm's table. Prints the greatest distance in ULP of the
 * result; exits 1 when one is beyond its bound.
 *
 * powl is good to a few 2^-64, 0.002 ULP here, where long double has 64 bits (x86).
 * Where it is no wider than double it cannot judge: exits 77, skipped.
 *
 *     power_double [--quick]        --quick takes a hundredth of the 2.1 10^7 values
 */
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LRN_DOUBLE
#include "../../cl/arithmetic.h"

#define BOUND 4.0 /* ULP */
#define COUNT UINT64_C(21000000)
#define QUICK_COUNT UINT64_C(210000)
#define MAX_THREADS 64
#define BIAS 54 /* the least subnormal times 2^54 is normal */

/* Exponents e of s, s in [2^e, 2^(e+1)). */
#define LEAST_NORMAL (-1022)
#define LEAST_SUBNORMAL (-1074)
#define GREATEST 1023

typedef struct slice {
    long double beta;
    pthread_t thread;
    lrn_scalars scalars;
    int least, greatest; /* exponents of s */
    uint64_t seed, begin, end, step;
    uint64_t count;    /* values with a normal result */
    double worst;      /* ULP */
    double worst_at;   /* s as given, that is scaled */
    int worst_bias;    /* of it */
    bool out_of_range; /* a result or an exponent that the header excludes */
} slice;

/* The state's at-th number of SplitMix64, so that the values do not depend on the threads. */
static inline uint64_t random_bits(uint64_t seed, uint64_t at)
{
    uint64_t z = seed + at * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The at-th s = 2^-*bias times the result, which is normal. */
static inline double sample(const slice *s, uint64_t at, int *bias)
{
    const uint64_t r = random_bits(s->seed, 2 * at), t = random_bits(s->seed, 2 * at + 1);
    const int kind = (int)(r & 7);
    const bool above = (r & 8) != 0;
    const uint64_t near = (t >> 12) >> ((r >> 4) & 63); /* uniform in its number of bits */
    int e = s->least + (int)((r >> 32) % (uint64_t)(s->greatest - s->least + 1));
    uint64_t mantissa = t >> 12;
    if (kind == 5 && s->least <= -1 && s->greatest >= 0) { /* near 1 */
        e = above ? 0 : -1;
        mantissa = above ? near : UINT64_C(0xfffffffffffff) - near;
    } else if (kind == 6) { /* near a power of two */
        mantissa = above ? near : UINT64_C(0xfffffffffffff) - near;
    } else if (kind == 7) { /* near a boundary */
        const uint64_t boundary = LRN_LOG2_BEGIN + ((r >> 16) << LRN_LOG2_SHIFT);
        mantissa = boundary + (above ? near >> 5 : UINT64_MAX - (near >> 5));
    }
    *bias = e < LEAST_NORMAL ? BIAS : 0;
    return lrn_bits_scalar(((uint64_t)(e + *bias + GREATEST) << 52) |
                   (mantissa & UINT64_C(0xfffffffffffff)));
}

/* 2^-52 of the binade that a normal double result lies in. */
static inline long double ulp_of(long double exact)
{
    double below = (double)exact;
    if ((long double)below > exact) /* or infinity */
        below = lrn_bits_scalar(lrn_scalar_bits(below) - 1);
    return (long double)lrn_bits_scalar(lrn_scalar_bits(below) & UINT64_C(0x7ff0000000000000)) * 0x1p-52L;
}

LRN_FMA_CLONES
static void run_slice(slice *s)
{
    for (uint64_t at = s->begin; at < s->end; at += s->step) {
        int bias;
        const double x = sample(s, at, &bias);
        const long double scaled = (long double)x * (bias != 0 ? 0x1p-54L : 1.0L);
        const long double exact = powl(scaled, -s->beta);
        if (!(exact >= 0x1p-1022L && exact < 0x1p1024L))
            continue;
        double whole;
        const double part = lrn_power_split(x, (double)bias, s->scalars, &whole);
        if (!(part >= 0.70 && part <= 1.42 && whole >= -1022.0 && whole <= 1024.0 &&
              whole == (double)(int)whole)) {
            s->out_of_range = true;
            s->worst_at = x;
            s->worst_bias = bias;
            return;
        }
        /* In two steps: 2^1024 is no double, though the power may be one. */
        const double first = whole > 0.0 ? whole - 1.0 : whole;
        const double result = part * lrn_exp2_whole(first) * (whole > 0.0 ? 2.0 : 1.0);
        const double distance = (double)(fabsl((long double)result - exact) / ulp_of(exact));
        ++s->count;
        if (!(distance <= s->worst)) {
            s->worst = distance;
            s->worst_at = x;
            s->worst_bias = bias;
        }
    }
}

static void *thread_main(void *user)
{
    run_slice(user);
    return NULL;
}

/* The exponent is beta + one, in two doubles. */
static bool run_beta(double beta, double one, uint64_t values)
{
    slice slices[MAX_THREADS], total = {.worst = -1.0};
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const uint64_t threads = processors < 1             ? 1
                             : processors > MAX_THREADS ? MAX_THREADS
                                                        : (uint64_t)processors;
    const double hi = beta + one;
    const double lo = beta - (hi - one);
    /* The power is normal for about |log2(s)| < 1023 / |beta|. */
    const double limit = ceil(1024.0 / fmax(fabs(hi), 0.5));
    for (uint64_t i = 0; i < threads; ++i) {
        slices[i] = (slice){.scalars = {.beta_hi = hi, .beta_lo = lo},
                            .beta = (long double)hi + (long double)lo,
                            .least = (int)fmax(LEAST_SUBNORMAL, -limit),
                            .greatest = (int)fmin(GREATEST, limit),
                            .seed = lrn_scalar_bits(hi),
                            .begin = i,
                            .end = values,
                            .step = threads,
                            .worst = -1.0};
        if (pthread_create(&slices[i].thread, NULL, thread_main, &slices[i]) != 0) {
            fprintf(stderr, "no thread\n");
            exit(EXIT_FAILURE);
        }
    }
    for (uint64_t i = 0; i < threads; ++i) {
        pthread_join(slices[i].thread, NULL);
        total.count += slices[i].count;
        if (slices[i].out_of_range) {
            printf("a split outside its range at s = %a 2^-%d\n", slices[i].worst_at,
                   slices[i].worst_bias);
            total.out_of_range = true;
        }
        if (!(slices[i].worst <= total.worst)) {
            total.worst = slices[i].worst;
            total.worst_at = slices[i].worst_at;
            total.worst_bias = slices[i].worst_bias;
        }
    }
    const bool good =
        total.worst <= BOUND && !total.out_of_range && total.count >= values / 100 * 96;
    printf("beta %-7g %9llu values, greatest distance %.4f ULP at s = %a%s, bound %g%s\n", hi,
           (unsigned long long)total.count, total.worst, total.worst_at,
           total.worst_bias != 0 ? " 2^-54" : "", BOUND, good ? "" : "  FAILED");
    fflush(stdout);
    return good;
}

/* s = 1 gives 1, and a huge beta a whole exponent that is finite and of the right sign. */
static bool run_fixed(void)
{
    static const double betas[] = {0.5, 0.75, 1.0, 0.1, -2.3, 4.0, 1e-300, 0x1p40, -0x1p40};
    static const double values[] = {0x1p-1022, 0x1.6p-1, 0x1.fffffffffffffp-1,  0x1.0000000000001p0,
                                    0x1.6ap0,  3.0,      0x1.fffffffffffffp1023};
    bool good = true;
    for (size_t i = 0; i < sizeof betas / sizeof *betas; ++i) {
        const lrn_scalars scalars = {.beta_hi = betas[i], .beta_lo = 0.0};
        double whole;
        if (!(lrn_power_split(1.0, 0.0, scalars, &whole) == 1.0 && whole == 0.0)) {
            printf("1 to the power of %g is not 1\n", -betas[i]);
            good = false;
        }
        for (size_t j = 0; j < sizeof values / sizeof *values; ++j) {
            const double part = lrn_power_split(values[j], (double)BIAS, scalars, &whole);
            const double exact = -betas[i] * (log2(values[j]) - (double)BIAS);
            if (!(part > 0.6 && part < 1.6 && whole == floor(whole) &&
                  fabs(whole - exact) <= 0.51 + fabs(exact) * 0x1p-50)) {
                printf("beta %g, s = %a 2^-54: exponent %a, result %a\n", betas[i], values[j],
                       whole, part);
                good = false;
            }
        }
    }
    for (int n = -1022; n <= 1023; ++n) {
        if (lrn_exp2_whole((double)n) != ldexp(1.0, n)) {
            printf("2^%d is %a\n", n, lrn_exp2_whole((double)n));
            good = false;
        }
    }
    printf("1, huge betas and powers of two%s\n", good ? "" : "  FAILED");
    return good;
}

int main(int argc, char **argv)
{
    static const double betas[] = {0.5, 0.75, 1.0, 0.6,  0.1,   0.25, 0.9,  1.3,  2.0, 2.5,
                                   3.0, 3.7,  4.0, -0.5, -0.75, -1.0, -2.3, -4.0, 1e-3};
    /* The backward has beta + 1; those that are in betas are left out. */
    static const double backward[] = {0.5, 0.75, 0.6, 0.1,  0.25, 0.9, 1.3,
                                      2.5, 3.7,  4.0, -2.3, -4.0, 1e-3};
    int passed = 0, failed = 0;
    const bool quick = argc == 2 && strcmp(argv[1], "--quick") == 0;
    if (argc > 1 && !quick) {
        fprintf(stderr, "usage: %s [--quick]\n", argv[0]);
        return 2;
    }
    if (LDBL_MANT_DIG < 64 || LDBL_MAX_EXP <= DBL_MAX_EXP) {
        printf("long double is no wider than double: skipped\n");
        return 77;
    }
    *(run_fixed() ? &passed : &failed) += 1;
    const uint64_t values = quick ? QUICK_COUNT : COUNT;
    for (size_t i = 0; i < sizeof betas / sizeof *betas; ++i)
        *(run_beta(betas[i], 0.0, values) ? &passed : &failed) += 1;
    for (size_t i = 0; i < sizeof backward / sizeof *backward; ++i)
        *(run_beta(backward[i], 1.0, values) ? &passed : &failed) += 1;
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
