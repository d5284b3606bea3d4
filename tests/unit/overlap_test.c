/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>
#include <time.h>

#include "overlap.h"

enum { ROOM = 2000 };

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The truth, element against element. */
static bool meet(const cllrn_tensor *a, const cllrn_tensor *b, int64_t distance)
{
    static int64_t a_offsets[ROOM], b_offsets[ROOM];
    const size_t a_count = list_offsets(a, a_offsets, ROOM);
    const size_t b_count = list_offsets(b, b_offsets, ROOM);
    qsort(a_offsets, a_count, sizeof *a_offsets, compare);
    qsort(b_offsets, b_count, sizeof *b_offsets, compare);
    for (size_t i = 0, j = 0; i < a_count && j < b_count;) {
        const int64_t between = a_offsets[i] * 4 - (distance + b_offsets[j] * 4);
        if (between > -4 && between < 4)
            return true;
        if (between < 0)
            ++i;
        else
            ++j;
    }
    return false;
}

static bool shares(const cllrn_tensor *tensor)
{
    static int64_t offsets[ROOM];
    const size_t count = list_offsets(tensor, offsets, ROOM);
    qsort(offsets, count, sizeof *offsets, compare);
    for (size_t i = 1; i < count; ++i)
        if (offsets[i] == offsets[i - 1])
            return true;
    return false;
}

static void describe(const char *name, const cllrn_tensor *t)
{
    print_message("%s:", name);
    for (int axis = 0; axis < t->rank; ++axis)
        print_message(" %lldx%lld", (long long)t->dims[axis], (long long)t->strides[axis]);
    print_message("\n");
}

static void overlap_between__as_brute_force_SUCCESS(void **state)
{
    enum { CASES = 20000 };
    uint64_t random = 11;
    int apart = 0;
    (void)state;
    for (int i = 0; i < CASES; ++i) {
        cllrn_tensor a = random_tensor(&random, 60), b = a;
        if (i % 3 != 0)
            b = random_tensor(&random, 60);
        /* Mostly the sort of thing people do; sometimes just anything. */
        (i % 5 == 0 ? random_strides : random_layout)(&random, &a);
        (i % 7 == 0 ? random_strides : random_layout)(&random, &b);
        if (i % 3 == 0)
            b = a;
        const int64_t whole = random_below(&random, 160) - 80;
        const int64_t distance = whole * 4 + (i % 2 == 0 ? 0 : random_below(&random, 4));
        const bool expected = meet(&a, &b, distance);
        apart += !expected;

        if (lrn_overlap_between(&a, &b, distance) != expected) {
            describe("a", &a);
            describe("b", &b);
            fail_msg("distance %lld: expected %d", (long long)distance, expected);
        }
        assert_int_equal(lrn_overlap_between(&b, &a, -distance), expected);
    }
    print_message("%d pairs, %d of them disjoint\n", CASES, apart);
    assert_true(apart > CASES / 5 && apart < CASES * 4 / 5);
}

static void overlap_within__as_brute_force_SUCCESS(void **state)
{
    enum { CASES = 20000 };
    uint64_t random = 12;
    int distinct = 0;
    (void)state;
    for (int i = 0; i < CASES; ++i) {
        cllrn_tensor t = random_tensor(&random, 100);
        (i % 2 == 0 ? random_strides : random_layout)(&random, &t);
        if (i % 4 == 1) /* one stride off */
            t.strides[random_below(&random, t.rank)] += random_below(&random, 7) - 3;
        const bool expected = shares(&t);
        distinct += !expected;
        if (lrn_overlap_within(&t) != expected) {
            describe("tensor", &t);
            fail_msg("expected %d", expected);
        }
    }
    print_message("%d tensors, %d of them without shared places\n", CASES, distinct);
    assert_true(distinct > CASES / 5 && distinct < CASES * 4 / 5);
}

/* Slices of one large tensor, as networks concatenate them: decided exactly and at once. */
static void overlap_between__slices_of_large_tensors_SUCCESS(void **state)
{
    const int64_t nchw[] = {64, 128, 56, 56}, nhwc[] = {64, 56, 56, 128};
    const int64_t planes[] = {256 * 3136, 3136, 56, 1}; /* 128 of 256 channels */
    const int64_t others[] = {256 * 3136, 6272, 56, 1}; /* every other channel */
    const int64_t last[] = {3136 * 256, 56 * 256, 256, 1};
    const int64_t last_others[] = {3136 * 256, 56 * 256, 256, 2};
    const int64_t columns[] = {128 * 3136 * 2, 3136 * 2, 112, 2}; /* every other column */
    const struct {
        cllrn_tensor t;
        int64_t apart; /* elements from one slice to the other, disjoint */
    } rows[] = {
        {make_tensor(4, nchw, planes, 1), 128 * 3136}, {make_tensor(4, nchw, others, 1), 3136},
        {make_tensor(4, nhwc, last, -1), 128},         {make_tensor(4, nhwc, last_others, -1), 1},
        {make_tensor(4, nchw, columns, 1), 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const cllrn_tensor *t = &rows[i].t;
        assert_false(lrn_overlap_within(t));
        assert_false(lrn_overlap_between(t, t, rows[i].apart * 4));
        assert_false(lrn_overlap_between(t, t, -rows[i].apart * 4));
        assert_true(lrn_overlap_between(t, t, 0));
        assert_true(lrn_overlap_between(t, t, rows[i].apart * 4 + 1));
        assert_true(lrn_overlap_between(t, t, rows[i].apart * 4 - 3));
        assert_true(lrn_overlap_between(t, t, rows[i].apart * 8));
    }
    /* Channels 0..99 and 120..219 of 256, then with one in common. */
    const int64_t narrow[] = {64, 56, 56, 100};
    const cllrn_tensor part = make_tensor(4, narrow, last, -1);
    assert_false(lrn_overlap_between(&part, &part, 120 * 4));
    assert_true(lrn_overlap_between(&part, &part, 99 * 4));
    assert_false(lrn_overlap_between(&part, &part, 156 * 4));
    assert_true(lrn_overlap_between(&part, &part, 157 * 4));
}

static double seconds_since(clock_t begin)
{
    return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

/*
 * Subset sums in disguise. Where the truth is an overlap it must be found or
 * assumed, never denied; nothing may take long; and what the divisors of the
 * strides can tell must not be given up.
 */
static void overlap__hard_cases_bounded_SUCCESS(void **state)
{
    uint64_t random = 13;
    double longest = 0.0;
    int given_up = 0;
    (void)state;
    for (int i = 0; i < 100; ++i) {
        int64_t dims[8], a_strides[8], b_strides[8];
        for (int axis = 0; axis < 8; ++axis) {
            dims[axis] = 2 + random_below(&random, 30);
            a_strides[axis] = 2 * (1000000 + random_below(&random, 1000000000));
            b_strides[axis] = 2 * (1000000 + random_below(&random, 1000000000));
        }
        const cllrn_tensor a = make_tensor(8, dims, a_strides, 1);
        const cllrn_tensor b = make_tensor(8, dims, b_strides, 1);
        int64_t common = 0;
        for (int axis = 0; axis < 8; ++axis)
            common += random_below(&random, dims[axis]) * a_strides[axis] -
                      random_below(&random, dims[axis]) * b_strides[axis];

        clock_t begin = clock();
        assert_true(lrn_overlap_between(&a, &b, common * 4));
        longest = seconds_since(begin) > longest ? seconds_since(begin) : longest;
        /* All strides are even, so an odd number of elements further they are apart. */
        begin = clock();
        given_up += lrn_overlap_between(&a, &b, (common + 1) * 4);
        longest = seconds_since(begin) > longest ? seconds_since(begin) : longest;
        begin = clock();
        (void)lrn_overlap_within(&a);
        longest = seconds_since(begin) > longest ? seconds_since(begin) : longest;
    }
    print_message("longest %.3f s; %d of 100 disjoint pairs given up as overlap\n", longest,
                  given_up);
    assert_true(longest < 2.0);
    assert_int_equal(given_up, 0);
}

/* Strides at the very limit of what a check lets pass: no sum may overflow (UBSan watches). */
static void overlap__largest_strides_SUCCESS(void **state)
{
    const int64_t most = INT64_MAX >> 6;
    const int64_t dims[] = {2, 1, 1}, ones[] = {1, 1, 1};
    const int64_t up[] = {most, most, most}, down[] = {-most, -most, -most};
    const cllrn_tensor a = make_tensor(3, dims, up, 1), b = make_tensor(3, dims, down, 1);
    const cllrn_tensor c = make_tensor(3, ones, up, 1);
    (void)state;
    assert_false(lrn_overlap_within(&a));
    assert_true(lrn_overlap_between(&a, &b, 0));
    assert_true(lrn_overlap_between(&a, &b, most * 4));
    assert_true(lrn_overlap_between(&a, &b, most * 8));
    assert_false(lrn_overlap_between(&a, &b, most * 8 + 4));
    assert_false(lrn_overlap_between(&a, &b, 4));
    assert_true(lrn_overlap_between(&c, &c, 3));
    assert_false(lrn_overlap_between(&c, &c, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(overlap_between__as_brute_force_SUCCESS),
        TEST(overlap_within__as_brute_force_SUCCESS),
        TEST(overlap_between__slices_of_large_tensors_SUCCESS),
        TEST(overlap__hard_cases_bounded_SUCCESS),
        TEST(overlap__largest_strides_SUCCESS),
    };
    return cmocka_run_group_tests_name("overlap", tests, NULL, NULL);
}
