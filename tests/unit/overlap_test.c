/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>
#include <time.h>

#include "overlap.h"
#include "tensor.h"

static bool overlaps_itself(const cllrn_tensor *tensor)
{
    const lrn_footprint footprint = lrn_tensor_footprint(tensor);
    return lrn_overlap_within(&footprint);
}

enum { ROOM = 10000 };

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The truth, place against place, what fills up a last block among them. */
static bool meet(const cllrn_tensor *a, const cllrn_tensor *b, int64_t distance)
{
    static int64_t a_places[ROOM], b_places[ROOM];
    const int64_t a_size = (int64_t)cllrn_dtype_size(a->dtype);
    const int64_t b_size = (int64_t)cllrn_dtype_size(b->dtype);
    const size_t a_count = list_places(a, a_places, ROOM);
    const size_t b_count = list_places(b, b_places, ROOM);
    qsort(a_places, a_count, sizeof *a_places, compare);
    qsort(b_places, b_count, sizeof *b_places, compare);
    for (size_t i = 0, j = 0; i < a_count && j < b_count;) {
        const int64_t from_a = a_places[i] * a_size, from_b = distance + b_places[j] * b_size;
        if (from_a + a_size <= from_b)
            ++i;
        else if (from_b + b_size <= from_a)
            ++j;
        else
            return true;
    }
    return false;
}

static bool shares(const cllrn_tensor *tensor)
{
    static int64_t places[ROOM];
    const size_t count = list_places(tensor, places, ROOM);
    qsort(places, count, sizeof *places, compare);
    for (size_t i = 1; i < count; ++i)
        if (places[i] == places[i - 1])
            return true;
    return false;
}

static void describe(const char *name, const cllrn_tensor *t)
{
    print_message("%s: %s, block %d:", name, cllrn_dtype_string(t->dtype), (int)t->channel_block);
    for (int axis = 0; axis < t->rank; ++axis)
        print_message(" %lldx%lld", (long long)t->dims[axis], (long long)t->strides[axis]);
    print_message("\n");
}

static void overlap_between__as_brute_force_SUCCESS(void **state)
{
    enum { CASES = 30000 };
    uint64_t random = 11;
    int apart = 0, blocked = 0, interleaved = 0;
    (void)state;
    for (int i = 0; i < CASES; ++i) {
        cllrn_tensor a = random_tensor(&random, 60), b = a;
        if (i % 3 != 0)
            b = random_tensor(&random, 60);
        if (i % 4 == 1)
            random_block(&random, &a);
        if (i % 8 == 1 || i % 8 == 3)
            random_block(&random, &b);
        /* Mostly the sort of thing people do; sometimes just anything. */
        (i % 5 == 0 ? random_strides : random_layout)(&random, &a);
        (i % 7 == 0 ? random_strides : random_layout)(&random, &b);
        if (i % 3 == 0)
            b = a;
        a.dtype = b.dtype = CLLRN_DTYPE_F32 + (cllrn_dtype)random_below(&random, 4);
        if (i % 6 >= 4)
            b.dtype = CLLRN_DTYPE_F32 + (cllrn_dtype)random_below(&random, 4);
        const int64_t size = (int64_t)cllrn_dtype_size(a.dtype);
        const int64_t whole = random_below(&random, 160) - 80;
        const int64_t distance = whole * size + (i % 2 == 0 ? 0 : random_below(&random, size));
        const bool expected = meet(&a, &b, distance);
        apart += !expected;
        blocked += a.channel_block > 1 || b.channel_block > 1;
        int64_t a_lowest, a_highest, b_lowest, b_highest;
        lrn_tensor_extent(&a, &a_lowest, &a_highest);
        lrn_tensor_extent(&b, &b_lowest, &b_highest);
        interleaved += !expected && distance < a_highest * size && distance > a_lowest * size;

        if (lrn_tensor_overlap(&a, &b, distance) != expected) {
            describe("a", &a);
            describe("b", &b);
            fail_msg("distance %lld: expected %d", (long long)distance, expected);
        }
        assert_int_equal(lrn_tensor_overlap(&b, &a, -distance), expected);
    }
    print_message("%d pairs, %d with blocks, %d disjoint, %d of them interleaved\n", CASES, blocked,
                  apart, interleaved);
    assert_true(apart > CASES / 5 && apart < CASES * 4 / 5);
    assert_true(blocked > CASES / 5 && interleaved > CASES / 100);
}

static void overlap_within__as_brute_force_SUCCESS(void **state)
{
    enum { CASES = 30000 };
    uint64_t random = 12;
    int distinct = 0, blocked = 0;
    (void)state;
    for (int i = 0; i < CASES; ++i) {
        cllrn_tensor t = random_tensor(&random, 100);
        if (i % 3 == 0)
            random_block(&random, &t);
        (i % 2 == 0 ? random_strides : random_layout)(&random, &t);
        if (i % 4 == 1) /* one stride off */
            t.strides[random_below(&random, t.rank)] += random_below(&random, 7) - 3;
        const bool expected = shares(&t);
        distinct += !expected;
        blocked += !expected && t.channel_block > 1;
        if (overlaps_itself(&t) != expected) {
            describe("tensor", &t);
            fail_msg("expected %d", expected);
        }
    }
    print_message("%d tensors, %d of them without shared places, %d of those with blocks\n", CASES,
                  distinct, blocked);
    assert_true(distinct > CASES / 5 && distinct < CASES * 4 / 5);
    assert_true(blocked > CASES / 20);
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
        assert_false(overlaps_itself(t));
        assert_false(lrn_tensor_overlap(t, t, rows[i].apart * 4));
        assert_false(lrn_tensor_overlap(t, t, -rows[i].apart * 4));
        assert_true(lrn_tensor_overlap(t, t, 0));
        assert_true(lrn_tensor_overlap(t, t, rows[i].apart * 4 + 1));
        assert_true(lrn_tensor_overlap(t, t, rows[i].apart * 4 - 3));
        assert_true(lrn_tensor_overlap(t, t, rows[i].apart * 8));
    }
    /* Channels 0..99 and 120..219 of 256, then with one in common. */
    const int64_t narrow[] = {64, 56, 56, 100};
    const cllrn_tensor part = make_tensor(4, narrow, last, -1);
    assert_false(lrn_tensor_overlap(&part, &part, 120 * 4));
    assert_true(lrn_tensor_overlap(&part, &part, 99 * 4));
    assert_false(lrn_tensor_overlap(&part, &part, 156 * 4));
    assert_true(lrn_tensor_overlap(&part, &part, 157 * 4));
}

/* Halves of the channels, by whole blocks and through the middle of one. */
static void overlap_between__slices_of_blocked_tensors_SUCCESS(void **state)
{
    const int64_t dims[] = {32, 64, 56, 56};
    cllrn_tensor t = make_blocked(4, dims, 1, 16);
    (void)state;
    t.strides[0] *= 2; /* 64 of 128 channels */
    const int64_t half = 4 * t.strides[1];
    assert_false(overlaps_itself(&t));
    assert_false(lrn_tensor_overlap(&t, &t, half * 4));
    assert_true(lrn_tensor_overlap(&t, &t, (half - 1) * 4));
    assert_true(lrn_tensor_overlap(&t, &t, half * 4 - 1));
    /* 56 channels leave half a block unused, which is theirs all the same. */
    const int64_t narrow[] = {32, 56, 56, 56};
    cllrn_tensor n = make_blocked(4, narrow, 1, 16);
    n.strides[0] *= 2;
    assert_true(lrn_tensor_overlap(&n, &n, (3 * n.strides[1] + 8) * 4));
    assert_false(lrn_tensor_overlap(&n, &n, half * 4));
    /* A tensor of another size of element behind the other. */
    const cllrn_tensor h = with_dtype(t, CLLRN_DTYPE_F16);
    assert_false(lrn_tensor_overlap(&t, &h, half * 4 + 32 * 2 * half * 4));
    assert_true(lrn_tensor_overlap(&t, &h, half * 4));
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
        assert_true(lrn_tensor_overlap(&a, &b, common * 4));
        longest = seconds_since(begin) > longest ? seconds_since(begin) : longest;
        /* All strides are even, so an odd number of elements further they are apart. */
        begin = clock();
        given_up += lrn_tensor_overlap(&a, &b, (common + 1) * 4);
        longest = seconds_since(begin) > longest ? seconds_since(begin) : longest;
        begin = clock();
        (void)overlaps_itself(&a);
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
    assert_false(overlaps_itself(&a));
    assert_true(lrn_tensor_overlap(&a, &b, 0));
    assert_true(lrn_tensor_overlap(&a, &b, most * 4));
    assert_true(lrn_tensor_overlap(&a, &b, most * 8));
    assert_false(lrn_tensor_overlap(&a, &b, most * 8 + 4));
    assert_false(lrn_tensor_overlap(&a, &b, 4));
    assert_true(lrn_tensor_overlap(&c, &c, 3));
    assert_false(lrn_tensor_overlap(&c, &c, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(overlap_between__as_brute_force_SUCCESS),
        TEST(overlap_within__as_brute_force_SUCCESS),
        TEST(overlap_between__slices_of_large_tensors_SUCCESS),
        TEST(overlap_between__slices_of_blocked_tensors_SUCCESS),
        TEST(overlap__hard_cases_bounded_SUCCESS),
        TEST(overlap__largest_strides_SUCCESS),
    };
    return cmocka_run_group_tests_name("overlap", tests, NULL, NULL);
}
