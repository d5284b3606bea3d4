/* SPDX-License-Identifier: Apache-2.0 */
/* The problems of `cllrn bench --map`: every two values that can meet do. */
#include "bench/map.h"
#include "message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FACTORS = 8, MOST = 16 };

static const char *const names[FACTORS] = {"direction", "layout", "dtype", "size",
                                           "channels",  "batch",  "place", "axes"};

static int64_t value_of(const workload *w, int factor)
{
    const int64_t values[FACTORS] = {
        w->direction,     w->layout,        w->dtype,    w->size,
        w->shape.dims[1], w->shape.dims[0], w->aliasing, workload_window_axes(w)};
    return values[factor];
}

/* The map's values. */
static const int64_t expected[FACTORS][MOST] = {
    {CLLRN_DIRECTION_FORWARD, CLLRN_DIRECTION_BACKWARD},
    {CHANNELS_FIRST, CHANNELS_LAST, 4, 8, 16, 32, CHANNELS_LAST_GAPS, CHANNELS_BETWEEN_ROWS},
    {CLLRN_DTYPE_F32, CLLRN_DTYPE_F16, CLLRN_DTYPE_BF16, CLLRN_DTYPE_F64, MIXED},
    {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 15, 31, 101},
    {1, 2, 3, 4, 16, 64, 192, 1024},
    {1, 16},
    {CLLRN_ALIASING_DISJOINT, CLLRN_ALIASING_IN_PLACE},
    {0, 2, 3},
};
static const int counts[FACTORS] = {2, 8, 5, 13, 8, 2, 2, 3};

static bool can_meet(int f, int64_t a, int g, int64_t b)
{
    if (f == 2 && g == 6)
        return a != MIXED || b != CLLRN_ALIASING_IN_PLACE;
    if (f == 3 && g == 7)
        return b == 0 || (b == 2 && a <= 11) || (b == 3 && a <= 5);
    return true;
}

static bool meet(workload_range all, int f, int64_t a, int g, int64_t b)
{
    for (int i = 0; i < all.count; ++i)
        if (value_of(&all.first[i], f) == a && value_of(&all.first[i], g) == b)
            return true;
    return false;
}

/* The number of pairs that miss, or that cannot be but are. */
static int missing(workload_range all)
{
    int count = 0;
    for (int f = 0; f < FACTORS; ++f)
        for (int g = f + 1; g < FACTORS; ++g)
            for (int i = 0; i < counts[f]; ++i)
                for (int j = 0; j < counts[g]; ++j)
                    count += meet(all, f, expected[f][i], g, expected[g][j]) !=
                             can_meet(f, expected[f][i], g, expected[g][j]);
    return count;
}

static request parse(const char *options)
{
    char text[200], *words[20] = {"bench", "--map"};
    int count = 2, status = -1;
    request parsed;
    snprintf(text, sizeof text, "%s", options);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    assert_true(request_parse(count, words, &parsed, &status));
    return parsed;
}

static workload_range make(const char *options)
{
    const request r = parse(options);
    const workload_range all = map_make(&r, true);
    assert_non_null(all.first);
    return all;
}

/* Both values of a factor are in a map, and no others; where they are equal it has one. */
static void assert_values(workload_range all, int factor, int64_t one, int64_t other)
{
    bool found_one = false, found_other = false;
    for (int i = 0; i < all.count; ++i) {
        const int64_t value = value_of(&all.first[i], factor);
        found_one |= value == one;
        found_other |= value == other;
        if (value != one && value != other)
            fail_msg("%s has the value %d", names[factor], (int)value);
    }
    assert_true(found_one && found_other);
}

static bool same_problem(const workload *a, const workload *b)
{
    bool same = shape_equal(&a->shape, &b->shape);
    for (int f = 0; f < FACTORS; ++f)
        same = same && value_of(a, f) == value_of(b, f);
    return same;
}

static void map_make__no_options_EVERY_PAIR(void **state)
{
    (void)state;

    const workload_range all = make("");

    assert_int_equal(missing(all), 0);
    assert_in_range(all.count, 104, 400); /* 13 sizes times 8 layouts; ten minutes */
    for (int i = 0; i < all.count; ++i)
        for (int j = 0; j < i; ++j)
            assert_false(same_problem(&all.first[i], &all.first[j]));
    workloads_free(all);
}

/* The check above sees it when a problem misses. */
static void map_make__without_one_problem_A_PAIR_MISSES(void **state)
{
    (void)state;
    workload_range all = make("");

    --all.count; /* the last problem was added for a pair */

    assert_true(missing(all) > 0);
    workloads_free(all);
}

static void map_make__twice_THE_SAME(void **state)
{
    (void)state;

    const workload_range one = make(""), other = make("");

    assert_int_equal(one.count, other.count);
    for (int i = 0; i < one.count; ++i)
        assert_true(same_problem(&one.first[i], &other.first[i]));
    workloads_free(one);
    workloads_free(other);
}

/* From each usual problem, one value changes at a time. */
static void map_make__no_options_ALL_AROUND_THE_USUAL_PROBLEMS(void **state)
{
    static const int64_t layouts[] = {CHANNELS_FIRST, CHANNELS_LAST};
    (void)state;

    const workload_range all = make("");

    for (int base = 0; base < 8; ++base) {
        workload w = {.direction = base % 2 ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD,
                      .layout = (int32_t)layouts[base / 2 % 2],
                      .dtype = CLLRN_DTYPE_F32,
                      .size = 5,
                      .aliasing = CLLRN_ALIASING_DISJOINT};
        const int64_t usual[FACTORS] = {w.direction, w.layout, w.dtype,    w.size,
                                        192,         16,       w.aliasing, base / 4 * 2};
        for (int f = 0; f < FACTORS; ++f)
            for (int i = 0; i < counts[f]; ++i) {
                int64_t wanted[FACTORS];
                memcpy(wanted, usual, sizeof wanted);
                wanted[f] = expected[f][i];
                bool found = !can_meet(3, wanted[3], 7, wanted[7]);
                for (int k = 0; k < all.count && !found; ++k) {
                    found = true;
                    for (int g = 0; g < FACTORS; ++g)
                        found = found && value_of(&all.first[k], g) == wanted[g];
                }
                if (!found)
                    fail_msg("problem %d with another %s misses", base, names[f]);
            }
    }
    workloads_free(all);
}

/* As many bytes whatever the type, the channels and their padding. */
static void map_make__no_options_SIMILAR_BYTES(void **state)
{
    (void)state;

    const workload_range all = make("");

    for (int i = 0; i < all.count; ++i) {
        const workload *const w = &all.first[i];
        const double tensor = (double)w->shape.dims[0] * 192 * 56 * 56 * 4;
        /* From f16 to f32, to three tensors of which the gaps take as much as the elements. */
        assert_true(w->bytes > 1.3 * tensor && w->bytes < 6.5 * tensor);
    }
    workloads_free(all);
}

static void map_make__device_without_f64_NO_F64(void **state)
{
    (void)state;
    const request all_types = parse(""), f64_alone = parse("--dtype f64");

    const workload_range all = map_make(&all_types, false), none = map_make(&f64_alone, false);

    assert_non_null(all.first);
    for (int i = 0; i < all.count; ++i)
        assert_int_not_equal(all.first[i].dtype, CLLRN_DTYPE_F64);
    assert_null(none.first);
    workloads_free(all);
}

static void map_make__options_THEIR_VALUES_ALONE(void **state)
{
    (void)state;

    const workload_range all = make(
        "--direction backward --layout nhcw,nchw8c --dtype bf16,f64 --size 5,7 --channels 3,48 "
        "--batch 2 --in-place --region within");

    assert_values(all, 0, CLLRN_DIRECTION_BACKWARD, CLLRN_DIRECTION_BACKWARD);
    assert_values(all, 1, CHANNELS_BETWEEN_ROWS, 8);
    assert_values(all, 2, CLLRN_DTYPE_BF16, CLLRN_DTYPE_F64);
    assert_values(all, 3, 5, 7);
    assert_values(all, 4, 3, 48);
    assert_values(all, 5, 2, 2);
    assert_values(all, 6, CLLRN_ALIASING_IN_PLACE, CLLRN_ALIASING_IN_PLACE);
    assert_values(all, 7, 2, 3);
    workloads_free(all);
}

static void map_make__values_that_cannot_meet_NO_PROBLEM(void **state)
{
    (void)state;
    const request taps = parse("--region within --size 15,31"),
                  types = parse("--in-place --dtype mixed");

    assert_null(map_make(&taps, true).first);
    assert_null(map_make(&types, true).first);
}

static void workload_complete__gaps_LINES_OF_ELEMENTS(void **state)
{
    (void)state;
    workload wide = {.shape = {4, {1, 16, 2, 3}},
                     .layout = CHANNELS_LAST_GAPS,
                     .dtype = CLLRN_DTYPE_F32,
                     .direction = CLLRN_DIRECTION_FORWARD,
                     .region = ACROSS_CHANNELS,
                     .size = 5,
                     .beta = 1};
    workload narrow = wide;
    narrow.shape.dims[1] = 4;

    assert_true(workload_complete(&wide));
    assert_true(workload_complete(&narrow));

    /* Memory: 6 positions of 16 (4) elements, 5 gaps of as many. */
    assert_int_equal(wide.source_size, 11 * 64);
    assert_int_equal(narrow.source_size, 11 * 16);
    assert_true(wide.bytes == 2 * 6 * 64);    /* the gaps have lines of their own */
    assert_true(narrow.bytes == 2 * 11 * 16); /* the gaps share them */
    assert_int_equal(wide.source.strides[2], 32);
    assert_int_equal(wide.source.strides[1], 96);
}

static void workload_complete__channels_between_rows_MEMORY_NHCW(void **state)
{
    (void)state;
    workload w = {.shape = {5, {2, 3, 4, 5, 6}},
                  .layout = CHANNELS_BETWEEN_ROWS,
                  .dtype = MIXED,
                  .direction = CLLRN_DIRECTION_BACKWARD,
                  .region = WITHIN_CHANNEL,
                  .size = 3,
                  .beta = 1};
    static const int64_t dims[] = {2, 4, 5, 3, 6};

    assert_true(workload_complete(&w));

    assert_int_equal(w.source.channel_axis, 3);
    assert_memory_equal(w.source.dims, dims, sizeof dims);
    assert_int_equal(w.source.dtype, CLLRN_DTYPE_F16);
    assert_int_equal(w.result.dtype, CLLRN_DTYPE_F32);
    assert_true(w.bytes == 720 * (2 + 2 + 4));
    assert_int_equal(workload_window_axes(&w), 3);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_make__no_options_EVERY_PAIR),
        cmocka_unit_test(map_make__without_one_problem_A_PAIR_MISSES),
        cmocka_unit_test(map_make__twice_THE_SAME),
        cmocka_unit_test(map_make__no_options_ALL_AROUND_THE_USUAL_PROBLEMS),
        cmocka_unit_test(map_make__no_options_SIMILAR_BYTES),
        cmocka_unit_test(map_make__device_without_f64_NO_F64),
        cmocka_unit_test(map_make__options_THEIR_VALUES_ALONE),
        cmocka_unit_test(map_make__values_that_cannot_meet_NO_PROBLEM),
        cmocka_unit_test(workload_complete__gaps_LINES_OF_ELEMENTS),
        cmocka_unit_test(workload_complete__channels_between_rows_MEMORY_NHCW),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
