/* SPDX-License-Identifier: Apache-2.0 */
/* cl/window.h against the definition of its order, bit for bit. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "../../cl/window.h"

/* A column of channels, zero on both sides. */
typedef struct column {
    const float *x;
    int64_t channels, stride;
} column;

static float tap(const column *x, int64_t c)
{
    return c >= 0 && c < x->channels ? x->x[c * x->stride] : 0.0f;
}

/*
 * S1[c] = x[c]^2, S2m[c] = Sm[c] + Sm[c + m], a square entering through fma
 * only. A block that lies wholly outside is zeros and sums to zero: without
 * that line the largest blocks would take for ever.
 */
static float block(const column *x, int64_t c, int64_t m)
{
    if (c + m <= 0 || c >= x->channels)
        return 0.0f;
    if (m == 2)
        return fmaf(tap(x, c), tap(x, c), tap(x, c + 1) * tap(x, c + 1));
    return block(x, c, m / 2) + block(x, c + m / 2, m / 2);
}

/* The binary digits of taps, largest first, from the lowest channel on. */
static float window(const column *x, int64_t lowest, int taps)
{
    float total = 0.0f;
    for (int64_t m = INT64_C(1) << 30; m >= 2; m /= 2)
        if (taps & m) {
            total = total + block(x, lowest, m);
            lowest += m;
        }
    return taps & 1 ? fmaf(tap(x, lowest), tap(x, lowest), total) : total;
}

static void assert_same(const column *x, int64_t lowest, int taps)
{
    const float actual = lrn_window_sum(x->x, x->stride, x->channels, lowest, taps);
    const float expected = window(x, lowest, taps);
    /* Which NaN it is does not matter: none is stored as it stands. */
    if (lrn_float_bits(actual) != lrn_float_bits(expected) && !(isnan(actual) && isnan(expected)))
        fail_msg("%d taps from %lld on, %lld channels: %a, expected %a", taps, (long long)lowest,
                 (long long)x->channels, (double)actual, (double)expected);
}

enum { ROOM = 4096 };

/* Numbers of all magnitudes; `special` of a hundred are NaN, Inf, subnormal or zero. */
static void fill(float *x, int count, uint64_t *random, int special)
{
    static const uint32_t specials[] = {0x7fc00000, 0x7f800000, 0xff800000, 1, 0x80000001, 0};
    for (int i = 0; i < count; ++i) {
        x[i] = ldexpf(random_float(random, -2.0f, 2.0f), (int)random_below(random, 24) - 12);
        if (random_below(random, 100) < special)
            x[i] = lrn_bits_float(specials[random_below(random, 6)]);
    }
}

static void window_sum__every_small_window_SUCCESS(void **state)
{
    static const int64_t channels[] = {1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 33, 64, 65, 80, 150};
    static float x[ROOM];
    uint64_t random = 31;
    size_t windows = 0;
    (void)state;
    for (size_t i = 0; i < sizeof channels / sizeof *channels; ++i)
        for (int taps = 1; taps <= 70; ++taps) {
            const column col = {x, channels[i], 1};
            fill(x, (int)channels[i], &random, 0);
            for (int lower = 0; lower < taps; ++lower)
                for (int64_t c = 0; c < channels[i]; ++c, ++windows)
                    assert_same(&col, c - lower, taps);
        }
    print_message("%zu windows\n", windows);
}

static void window_sum__special_values_SUCCESS(void **state)
{
    static float x[ROOM];
    uint64_t random = 32;
    (void)state;
    for (int round = 0; round < 200; ++round) {
        const column col = {x, 1 + random_below(&random, 60), 1};
        const int taps = (int)(1 + random_below(&random, 40));
        fill(x, (int)col.channels, &random, 20);
        for (int64_t c = -taps; c < col.channels + 2; ++c)
            assert_same(&col, c, taps);
    }
}

static void window_sum__any_stride_SUCCESS(void **state)
{
    static const int64_t strides[] = {1, 2, 7, -1, -5, 0};
    static float x[ROOM];
    uint64_t random = 33;
    (void)state;
    fill(x, ROOM, &random, 0);
    for (size_t i = 0; i < sizeof strides / sizeof *strides; ++i) {
        const column col = {x + ROOM / 2, 50, strides[i]};
        for (int taps = 1; taps < 90; ++taps)
            for (int64_t c = 0; c < 50; ++c)
                assert_same(&col, c - taps / 2, taps);
    }
}

static void window_sum__huge_windows_SUCCESS(void **state)
{
    static const int taps[] = {(1 << 20) + 5, (1 << 20) - 1,         1 << 20,   (1 << 25) + 2,
                               (1 << 30),     (1 << 30) + (1 << 29), INT32_MAX, INT32_MAX - 1};
    static const int64_t channels[] = {1, 2, 7, 100, 1000};
    static float x[ROOM];
    uint64_t random = 34;
    const clock_t begin = clock();
    (void)state;
    fill(x, ROOM, &random, 0);
    for (size_t i = 0; i < sizeof taps / sizeof *taps; ++i)
        for (size_t j = 0; j < sizeof channels / sizeof *channels; ++j) {
            const column col = {x, channels[j], 1};
            const int64_t t = taps[i];
            const int64_t lowers[] = {0, 1, t / 2, t / 2 - 3, t - 1, t - 2, t / 3, 1 << 19};
            for (size_t k = 0; k < sizeof lowers / sizeof *lowers; ++k)
                for (int64_t c = 0; c < channels[j]; c += 1 + channels[j] / 8)
                    assert_same(&col, c - lowers[k], taps[i]);
        }
    /* What lies outside is not visited: the time goes with the channels, not with the taps. */
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 5.0);
}

/* Written out by hand, so that both functions above cannot be wrong in the same way. */
static void window_sum__by_hand_SUCCESS(void **state)
{
    static const float x[] = {3.0f, 0x1.8p-12f, 5.0f, 0x1.4p-11f, 7.0f, 0x1.cp-12f, 2.0f};
    (void)state;
    const float s0 = fmaf(x[0], x[0], x[1] * x[1]), s2 = fmaf(x[2], x[2], x[3] * x[3]),
                s4 = fmaf(x[4], x[4], x[5] * x[5]);
    const float four = s0 + s2;
    assert_true(lrn_window_sum(x, 1, 7, 0, 1) == x[0] * x[0]);
    assert_true(lrn_window_sum(x, 1, 7, 0, 2) == s0);
    assert_true(lrn_window_sum(x, 1, 7, 0, 3) == fmaf(x[2], x[2], s0));
    assert_true(lrn_window_sum(x, 1, 7, 0, 4) == four);
    assert_true(lrn_window_sum(x, 1, 7, 0, 5) == fmaf(x[4], x[4], four));
    assert_true(lrn_window_sum(x, 1, 7, 0, 6) == four + s4);
    assert_true(lrn_window_sum(x, 1, 7, 0, 7) == fmaf(x[6], x[6], four + s4));
    /* One zero before the first channel, two behind the last. */
    const float edge = fmaf(0.0f, 0.0f, x[0] * x[0]) + fmaf(x[1], x[1], x[2] * x[2]);
    assert_true(lrn_window_sum(x, 1, 7, -1, 4) == edge);
    assert_true(lrn_window_sum(x, 1, 7, 5, 4) == fmaf(x[5], x[5], x[6] * x[6]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(window_sum__every_small_window_SUCCESS),
        TEST(window_sum__special_values_SUCCESS),
        TEST(window_sum__any_stride_SUCCESS),
        TEST(window_sum__huge_windows_SUCCESS),
        TEST(window_sum__by_hand_SUCCESS),
    };
    return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
