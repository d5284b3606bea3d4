/* SPDX-License-Identifier: Apache-2.0 */
#include "run/slicing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

enum { MOST_ELEMENTS = 4096 };

static uint64_t random_below(uint64_t *state, uint64_t limit)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (*state >> 33) % limit;
}

static cllrn_tensor make_tensor(int rank, const int64_t *dims, int32_t channel_axis)
{
    cllrn_tensor t = CLLRN_TENSOR_INIT;
    assert_int_equal(cllrn_tensor_set(&t, CLLRN_DTYPE_F32, rank, dims, NULL, channel_axis, NULL),
                     CLLRN_SUCCESS);
    return t;
}

static cllrn_params across(void)
{
    return (cllrn_params){.window_count = 1};
}

static cllrn_params within(int32_t spatial_axes)
{
    cllrn_params params = {.window_count = spatial_axes};
    for (int i = 0; i < spatial_axes; ++i)
        params.window[i].axis = i - spatial_axes;
    return params;
}

static void assert_dims(const int64_t *actual, const int64_t *expected, int rank)
{
    assert_memory_equal(actual, expected, (size_t)rank * sizeof *actual);
}

static void slicing__that_fits_one_box(void **state)
{
    const int64_t dims[] = {2, 6, 5, 4}, zero[CLLRN_MAX_RANK] = {0};
    const cllrn_tensor t = make_tensor(4, dims, 1);
    const cllrn_params params = across();
    (void)state;
    const slicing cut = slicing_make(&params, &t, false, 240);
    const box only = slicing_box(&cut, 0);
    assert_int_equal(cut.count, 1);
    assert_int_equal(cut.elements, 240);
    assert_dims(only.dims, dims, 4);
    assert_dims(only.first, zero, 4);
}

static void slicing__empty_tensor_one_box(void **state)
{
    const int64_t dims[] = {2, 6, 0, 4};
    const cllrn_tensor t = make_tensor(4, dims, 1);
    const cllrn_params params = across();
    (void)state;
    const slicing cut = slicing_make(&params, &t, false, 0);
    const box only = slicing_box(&cut, 0);
    assert_int_equal(cut.count, 1);
    assert_int_equal(cut.elements, 0);
    assert_dims(only.dims, dims, 4);
}

/* The outer axis first, then the inner positions; equal parts. */
static void slicing__known_steps(void **state)
{
    static const struct {
        int64_t dims[4], steps[4];
        int32_t channel_axis, spatial_axes;
        bool fortran_order;
        uint64_t most, count;
    } cuts[] = {
        {{10, 6, 5, 4}, {5, 6, 5, 4}, 1, 0, false, 960, 2}, /* 8 fit, but 5 and 5 are alike */
        {{10, 6, 5, 4}, {1, 6, 5, 4}, 1, 0, false, 120, 10},
        {{10, 6, 5, 4}, {1, 6, 3, 4}, 1, 0, false, 119, 20},
        {{1, 6, 5, 4}, {1, 6, 1, 2}, 1, 0, false, 23, 10},
        {{1, 6, 5, 4}, {1, 6, 1, 1}, 1, 0, false, 1, 20}, /* the smallest there is */
        {{10, 5, 4, 6}, {1, 3, 4, 6}, -1, 0, false, 100, 20},
        {{6, 5, 4, 10}, {6, 1, 4, 10}, 0, 0, false, 250, 5},
        {{10, 6, 5, 4}, {10, 6, 5, 1}, 1, 0, true, 300, 4},
        {{10, 6, 5, 4}, {5, 6, 1, 1}, 1, 0, true, 30, 40},
        {{10, 6, 5, 4}, {1, 3, 5, 4}, 1, 2, false, 60, 20}, /* within a channel: channels too */
        {{10, 6, 5, 4}, {1, 1, 5, 4}, 1, 2, false, 1, 60},
        {{10, 6, 5, 4}, {2, 1, 5, 4}, 1, 2, true, 40, 30},
        {{2, 6, 5, 4}, {2, 1, 5, 4}, 1, 3, false, 1, 6}, /* the batch is in the window */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; ++i) {
        const cllrn_tensor t = make_tensor(4, cuts[i].dims, cuts[i].channel_axis);
        const cllrn_params params = cuts[i].spatial_axes ? within(cuts[i].spatial_axes) : across();
        const slicing cut = slicing_make(&params, &t, cuts[i].fortran_order, cuts[i].most);
        assert_dims(cut.steps, cuts[i].steps, 4);
        assert_int_equal(cut.count, cuts[i].count);
    }
}

/* Each element is in one box, and boxes are as they were promised. */
static void check_boxes(const slicing *cut, const bool windowed[CLLRN_MAX_RANK], uint64_t most)
{
    static unsigned char seen[MOST_ELEMENTS];
    uint64_t total = 0, smallest = 1;
    memset(seen, 0, sizeof seen);
    const box first = slicing_box(cut, 0), last = slicing_box(cut, cut->count - 1);
    for (uint64_t number = 0; number < cut->count; ++number) {
        const box b = slicing_box(cut, number);
        uint64_t elements = 1;
        for (int axis = 0; axis < cut->rank; ++axis) {
            elements *= (uint64_t)b.dims[axis];
            assert_true(!windowed[axis] || b.dims[axis] == cut->dims[axis]);
        }
        assert_true(memcmp(b.dims, first.dims, sizeof b.dims) == 0 ||
                    memcmp(b.dims, last.dims, sizeof b.dims) == 0);
        assert_true(elements <= cut->elements);
        for (uint64_t i = 0; i < elements; ++i) {
            uint64_t rest = i, place = 0;
            for (int axis = cut->rank - 1, stride = 1; axis >= 0; --axis) {
                const uint64_t at = rest % (uint64_t)b.dims[axis] + (uint64_t)b.first[axis];
                assert_true(at < (uint64_t)cut->dims[axis]);
                place += at * (uint64_t)stride;
                rest /= (uint64_t)b.dims[axis];
                stride *= (int)cut->dims[axis];
            }
            assert_int_equal(seen[place]++, 0);
        }
        total += elements;
    }
    uint64_t whole = 1;
    for (int axis = 0; axis < cut->rank; ++axis) {
        whole *= (uint64_t)cut->dims[axis];
        smallest *= windowed[axis] ? (uint64_t)cut->dims[axis] : 1;
    }
    assert_int_equal(total, whole);
    assert_true(cut->elements <= most || cut->elements == smallest);
}

static void slicing__boxes_hold_each_element_once(void **state)
{
    uint64_t random = 5;
    (void)state;
    for (int round = 0; round < 3000; ++round) {
        const int rank = 2 + (int)random_below(&random, 5);
        int64_t dims[CLLRN_MAX_RANK];
        for (int axis = 0; axis < rank; ++axis)
            dims[axis] = 1 + (int64_t)random_below(&random, rank > 4 ? 4 : 8);
        const int channels = (int)random_below(&random, (uint64_t)rank);
        const bool from_end = random_below(&random, 2) == 0;
        const cllrn_tensor t = make_tensor(rank, dims, from_end ? channels - rank : channels);
        const int spatial = (int)random_below(&random, rank > 3 ? 4 : (uint64_t)rank);
        const cllrn_params params = spatial ? within(spatial) : across();
        bool windowed[CLLRN_MAX_RANK] = {false};
        windowed[channels] = spatial == 0;
        for (int axis = rank - 1, left = spatial; axis >= 0 && left > 0; --axis) {
            windowed[axis] = axis != channels;
            left -= axis != channels;
        }
        const uint64_t most = random_below(&random, 300);
        const slicing cut = slicing_make(&params, &t, random_below(&random, 2) == 0, most);
        check_boxes(&cut, windowed, most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slicing__that_fits_one_box),
        cmocka_unit_test(slicing__empty_tensor_one_box),
        cmocka_unit_test(slicing__known_steps),
        cmocka_unit_test(slicing__boxes_hold_each_element_once),
    };
    return cmocka_run_group_tests_name("slicing", tests, NULL, NULL);
}
