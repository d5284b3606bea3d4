/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The powers of cl/arithmetic.h against double: beta 0.5, 0.75 and 1 over every
 * positive normal float whose result is normal, other betas over at least 10^8
 * floats each with k 0, and where k has a formula of its own near it, over every
 * float there; and of the same floats s^(-beta - 1), which the gradient takes as
 * the product of two powers. Prints the greatest distances, of the first in ULP of
 * the result, of the second in eps relative to it, as the gradient's bound counts
 * them; exits 1 when one is beyond its bound.
 *
 *     power [--quick]        --quick takes every 1009th of those floats
 */
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../cl/arithmetic.h"
#include "coefficients.h"
#include "host_scalars.h"

#define FIRST UINT32_C(0x00800000) /* 2^-126 */
#define LAST UINT32_C(0x7f7fffff)  /* the greatest finite float */
#define MAX_THREADS 64

/* The greatest distance of a power, and where. */
typedef struct distance {
    uint64_t count; /* values with a normal result */
    double worst;
    uint32_t worst_at;
} distance;

typedef struct slice {
    pthread_t thread;
    double beta;
    int power;
    lrn_scalars scalars;
    uint32_t begin, last, step;
    distance first, next; /* of s^-beta, of s^(-beta - 1) */
} slice;

/* 2^-23 of the binade that a normal float result lies in. */
static double ulp_of(double exact)
{
    uint64_t bits;
    memcpy(&bits, &exact, sizeof bits);
    bits = (bits & UINT64_C(0x7ff0000000000000)) - (UINT64_C(23) << 52);
    double ulp;
    memcpy(&ulp, &bits, sizeof ulp);
    return ulp;
}

/* sqrt and / are exact to half an ulp of double; pow to about one. */
static inline double exact_power(int power, double s, double beta)
{
    if (power == LRN_POWER_HALF)
        return 1.0 / sqrt(s);
    if (power == LRN_POWER_3_4)
        return 1.0 / sqrt(s * sqrt(s));
    if (power == LRN_POWER_ONE)
        return 1.0 / s;
    return pow(s, -beta);
}

/*
 * unit: what the distance is counted in. An infinite result counts as 2^128, the
 * number behind the greatest: an exact value right below it may be rounded there.
 */
static inline void measure(distance *d, float result, double exact, double unit, uint32_t at)
{
    if (!(exact >= 0x1p-126 && exact < 0x1p128))
        return;
    const double value = result > FLT_MAX ? 0x1p128 : (double)result;
    const double units = fabs(value - exact) / unit;
    ++d->count;
    if (!(units <= d->worst)) {
        d->worst = units;
        d->worst_at = at;
    }
}

LRN_FMA_CLONES
static void run_slice(slice *s)
{
    const int power = lrn_widest(s->power);
    lrn_scalars zero_k = s->scalars;
    zero_k.k = 0;
    for (uint64_t at = s->begin; at <= s->last; at += s->step) {
        const float x = lrn_bits_scalar((uint32_t)at);
        const double exact = exact_power(s->power, (double)x, s->beta);
        float next;
        bits_t excess, next_excess;
        /* What lrn_normalize and lrn_gradient_factor do; with k 0 and scale 1 the sum is s. */
        float result = lrn_power(power, x, s->scalars, &excess);
        if (lrn_is_special(power, excess))
            result = lrn_special_power(x, zero_k);
        lrn_powers(power, x, s->scalars, &next, &next_excess);
        if (lrn_is_special(power, next_excess))
            next = lrn_special_power(x, lrn_next_power(zero_k));
        const double exact_next = exact / (double)x;
        measure(&s->first, result, exact, ulp_of(exact), (uint32_t)at);
        measure(&s->next, next, exact_next, exact_next * 0x1p-23, (uint32_t)at);
    }
}

static void *thread_main(void *user)
{
    run_slice(user);
    return NULL;
}

static void gather(distance *total, const distance *part)
{
    total->count += part->count;
    if (!(part->worst <= total->worst)) {
        total->worst = part->worst;
        total->worst_at = part->worst_at;
    }
}

static bool report(double beta, double k, const distance *d, double bound, const char *unit)
{
    const bool good = d->worst <= bound && d->count > 0;
    printf("exponent %-7g k %-6g %11llu values, greatest distance %.4f %s at s = %a, bound %g%s\n",
           -beta, k, (unsigned long long)d->count, d->worst, unit,
           (double)lrn_bits_scalar(d->worst_at), bound, good ? "" : "  FAILED");
    fflush(stdout);
    return good;
}

/* Floats first, first + step .. last, by their bits. */
typedef struct floats {
    uint32_t first, last, step;
} floats;

static floats everything(uint32_t step)
{
    return (floats){FIRST, LAST, step};
}

static bool run_beta(double beta, double k, floats range)
{
    slice slices[MAX_THREADS];
    distance first = {.count = 0}, next = {.count = 0};
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const uint32_t threads = processors < 1             ? 1
                             : processors > MAX_THREADS ? MAX_THREADS
                                                        : (uint32_t)processors;
    cllrn_params params = CLLRN_PARAMS_INIT;
    if (cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, 1, 1.0, beta, k, NULL) !=
        CLLRN_SUCCESS)
        return false;
    const lrn_coefficients v = lrn_coefficients_make(&params, false);
    for (uint32_t i = 0; i < threads; ++i) {
        slices[i] = (slice){.beta = beta,
                            .power = v.power,
                            .scalars = lrn_scalars_of(&v),
                            .begin = range.first + i * range.step,
                            .last = range.last,
                            .step = threads * range.step};
        if (pthread_create(&slices[i].thread, NULL, thread_main, &slices[i]) != 0) {
            fprintf(stderr, "no thread\n");
            exit(EXIT_FAILURE);
        }
    }
    for (uint32_t i = 0; i < threads; ++i) {
        pthread_join(slices[i].thread, NULL);
        gather(&first, &slices[i].first);
        gather(&next, &slices[i].next);
    }
    /* The gradient's bound has room for half an ULP more: see tests/unit/gradient_test.c. */
    const double bound = v.power >= LRN_POWER_GENERAL ? 3.0 : 2.0;
    const bool good = report(beta, k, &first, bound, "ULP");
    return report(beta + 1.0, k, &next, bound + 0.5, "eps") && good;
}

int main(int argc, char **argv)
{
    static const double all[] = {0.5, 0.75, 1.0};
    static const double others[] = {0.6, 0.1, 0.25, 0.9,   1.3,  2.0,  2.5,  3.0,
                                    3.7, 4.0, -0.5, -0.75, -1.0, -2.3, -4.0, 1e-3};
    static const struct {
        double beta, k;
    } near[] = {{0.6, 1.0},  {0.6, 2.0},  {0.3, 1.0},    {0.9, 1.3},     {0.1, 1.4143},
                {0.25, 1.9}, {0.7, 0.07}, {0.9999, 1.5}, {0.45, 1.2e19}, {1e-3, 1.0}};
    int passed = 0, failed = 0;
    const bool quick = argc == 2 && strcmp(argv[1], "--quick") == 0;
    if (argc > 1 && !quick) {
        fprintf(stderr, "usage: %s [--quick]\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        *(run_beta(all[i], 0.0, everything(quick ? 1009 : 1)) ? &passed : &failed) += 1;
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i) {
        /* Of all floats about one in |beta| has a normal result; more than 10^8 shall be left. */
        const double normal = (double)(LAST - FIRST) / fmax(1.0, 1.02 * fabs(others[i]));
        const uint32_t step = (uint32_t)(normal / 1.03e8);
        *(run_beta(others[i], 0.0, everything(quick ? step * 1009 : step)) ? &passed : &failed) +=
            1;
    }
    /* Where LRN_POWER_NEAR has its formula, every float, and for a k over everything. */
    for (size_t i = 0; i < sizeof near / sizeof *near; ++i) {
        const uint32_t first = lrn_scalar_bits((float)near[i].k * 0.70f);
        const floats octaves = {first, first + LRN_NEAR_BITS + (1u << 23), quick ? 1009 : 1};
        *(run_beta(near[i].beta, near[i].k, octaves) ? &passed : &failed) += 1;
    }
    *(run_beta(0.6, 1.0, everything(quick ? 21 * 1009 : 21)) ? &passed : &failed) += 1;
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
