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

/* Slices of a whole tensor. */
static slicing cut_whole(const cllrn_params *params, const cllrn_tensor *t, bool fortran_order,
                         uint64_t most)
{
    const slicing_axes axes = slicing_axes_of(params, t, fortran_order);
    const box whole = slicing_whole(&axes);
    return slicing_make(&axes, &whole, most);
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
    const slicing cut = cut_whole(&params, &t, false, 240);
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
    const slicing cut = cut_whole(&params, &t, false, 0);
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
        const slicing cut = cut_whole(&params, &t, cuts[i].fortran_order, cuts[i].most);
        assert_dims(cut.steps, cuts[i].steps, 4);
        assert_int_equal(cut.count, cuts[i].count);
    }
}

static unsigned char seen[MOST_ELEMENTS]; /* how many boxes have an element */

/* Counts a box's elements in `seen`, and returns how many they are. */
static uint64_t mark(const slicing_axes *axes, const box *b)
{
    uint64_t elements = 1;
    for (int axis = 0; axis < axes->rank; ++axis) {
        elements *= (uint64_t)b->dims[axis];
        assert_true(!axes->windowed[axis] || b->dims[axis] == axes->dims[axis]);
    }
    for (uint64_t i = 0; i < elements; ++i) {
        uint64_t rest = i, place = 0;
        for (int axis = axes->rank - 1, stride = 1; axis >= 0; --axis) {
            const uint64_t at = rest % (uint64_t)b->dims[axis] + (uint64_t)b->first[axis];
            assert_true(at < (uint64_t)axes->dims[axis]);
            place += at * (uint64_t)stride;
            rest /= (uint64_t)b->dims[axis];
            stride *= (int)axes->dims[axis];
        }
        assert_int_equal(seen[place]++, 0);
    }
    return elements;
}

/* The product of all dims, or of those along the axes of windows. */
static uint64_t elements_of(const slicing_axes *axes, bool windowed_only)
{
    uint64_t elements = 1;
    for (int axis = 0; axis < axes->rank; ++axis)
        elements *= !windowed_only || axes->windowed[axis] ? (uint64_t)axes->dims[axis] : 1;
    return elements;
}

/* Marks the slices, which are as they were promised. Returns how many elements they have. */
static uint64_t mark_slices(const slicing *cut, uint64_t most)
{
    const box first = slicing_box(cut, 0), last = slicing_box(cut, cut->count - 1);
    uint64_t total = 0;
    for (uint64_t number = 0; number < cut->count; ++number) {
        const box b = slicing_box(cut, number);
        assert_true(memcmp(b.dims, first.dims, sizeof b.dims) == 0 ||
                    memcmp(b.dims, last.dims, sizeof b.dims) == 0);
        const uint64_t elements = mark(&cut->axes, &b);
        assert_true(elements <= cut->elements);
        total += elements;
    }
    assert_true(cut->elements <= most || cut->elements == elements_of(&cut->axes, true));
    return total;
}

/* Any tensor and windows. */
static slicing_axes random_axes(uint64_t *random)
{
    const int rank = 2 + (int)random_below(random, 5);
    int64_t dims[CLLRN_MAX_RANK];
    for (int axis = 0; axis < rank; ++axis)
        dims[axis] = 1 + (int64_t)random_below(random, rank > 4 ? 4 : 8);
    const int channels = (int)random_below(random, (uint64_t)rank);
    const bool from_end = random_below(random, 2) == 0;
    const cllrn_tensor t = make_tensor(rank, dims, from_end ? channels - rank : channels);
    const int spatial = (int)random_below(random, rank > 3 ? 4 : (uint64_t)rank);
    const cllrn_params params = spatial ? within(spatial) : across();
    bool windowed[CLLRN_MAX_RANK] = {false};
    windowed[channels] = spatial == 0;
    for (int axis = rank - 1, left = spatial; axis >= 0 && left > 0; --axis) {
        windowed[axis] = axis != channels;
        left -= axis != channels;
    }
    const slicing_axes axes = slicing_axes_of(&params, &t, random_below(random, 2) == 0);
    assert_memory_equal(axes.windowed, windowed, sizeof windowed);
    return axes;
}

static void slicing__boxes_hold_each_element_once(void **state)
{
    uint64_t random = 5;
    (void)state;
    for (int round = 0; round < 3000; ++round) {
        const slicing_axes axes = random_axes(&random);
        const uint64_t most = random_below(&random, 300);
        const box whole = slicing_whole(&axes);
        const slicing cut = slicing_make(&axes, &whole, most);
        memset(seen, 0, sizeof seen);
        assert_int_equal(mark_slices(&cut, most), elements_of(&axes, false));
    }
}

/* ---------------------------------------------------------------------- parts */

/* Elements of a part, whose boxes and slices are marked. */
static uint64_t mark_part(const slicing_axes *axes, int64_t number, int64_t count, uint64_t most)
{
    box boxes[SLICING_PART_BOXES];
    uint64_t elements = 0;
    const int made = slicing_part(axes, number, count, boxes);
    assert_true(made <= SLICING_PART_BOXES);
    for (int i = 0; i < made; ++i) {
        const slicing cut = slicing_make(axes, &boxes[i], most);
        elements += mark_slices(&cut, most);
    }
    return elements;
}

static void part__slices_of_all_hold_each_element_once(void **state)
{
    uint64_t random = 6;
    (void)state;
    for (int round = 0; round < 3000; ++round) {
        const slicing_axes axes = random_axes(&random);
        const int64_t count = 1 + (int64_t)random_below(&random, 40);
        const uint64_t whole = elements_of(&axes, false), position = elements_of(&axes, true),
                       most = random_below(&random, 300);
        uint64_t total = 0, smallest = whole, largest = 0;
        memset(seen, 0, sizeof seen);
        for (int64_t number = 1; number <= count; ++number) {
            const uint64_t elements = mark_part(&axes, number, count, most);
            smallest = elements < smallest ? elements : smallest;
            largest = elements > largest ? elements : largest;
            total += elements;
        }
        assert_int_equal(total, whole);
        assert_true(largest - smallest <= position || 16 * (largest - smallest) <= largest);
    }
}

static void part__known_boxes(void **state)
{
    static const struct {
        int64_t dims[4], number, count;
        int boxes;
        struct {
            int64_t first[4], dims[4];
        } box[3];
        bool fortran_order;
    } parts[] = {
        {{16, 6, 5, 4}, 3, 8, 1, {{{4, 0, 0, 0}, {2, 6, 5, 4}}}, false}, /* whole items */
        {{2, 6, 50, 4},
         2,
         3,
         2,
         {{{0, 0, 33, 0}, {1, 6, 17, 4}}, {{1, 0, 0, 0}, {1, 6, 16, 4}}},
         false},
        {{1, 6, 50, 4}, 1, 3, 1, {{{0, 0, 0, 0}, {1, 6, 16, 4}}}, false}, /* rows of one item */
        {{1, 6, 5, 4},
         2,
         4,
         2,
         {{{0, 0, 1, 1}, {1, 6, 1, 3}}, {{0, 0, 2, 0}, {1, 6, 1, 2}}},
         false},
        {{4, 6, 5, 4}, 2, 2, 1, {{{0, 0, 0, 2}, {4, 6, 5, 2}}}, true},
        {{3, 6, 1, 1}, 1, 5, 0, {{{0}, {0}}}, false}, /* more parts than positions */
        {{3, 6, 1, 1}, 2, 5, 1, {{{0, 0, 0, 0}, {1, 6, 1, 1}}}, false},
        {{3, 6, 0, 1}, 1, 1, 0, {{{0}, {0}}}, false}, /* an empty tensor */
    };
    const cllrn_params params = across();
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i) {
        const cllrn_tensor t = make_tensor(4, parts[i].dims, 1);
        const slicing_axes axes = slicing_axes_of(&params, &t, parts[i].fortran_order);
        box boxes[SLICING_PART_BOXES];
        assert_int_equal(slicing_part(&axes, parts[i].number, parts[i].count, boxes),
                         parts[i].boxes);
        for (int j = 0; j < parts[i].boxes; ++j) {
            assert_dims(boxes[j].first, parts[i].box[j].first, 4);
            assert_dims(boxes[j].dims, parts[i].box[j].dims, 4);
        }
    }
}

static void part__most_elements_and_parts_NO_OVERFLOW(void **state)
{
    const int64_t dims[] = {INT64_C(1) << 31, 1, INT64_C(1) << 30}, most = INT64_C(0xffffffff);
    const cllrn_tensor t = make_tensor(3, dims, 1);
    const cllrn_params params = across();
    const slicing_axes axes = slicing_axes_of(&params, &t, false);
    box boxes[SLICING_PART_BOXES];
    (void)state;
    assert_int_equal(slicing_part(&axes, most, most, boxes), 1);
    assert_int_equal(boxes[0].first[0], dims[0] - 1);
    assert_int_equal(boxes[0].first[2] + boxes[0].dims[2], dims[2]);
    assert_true(boxes[0].dims[2] == dims[2] / 2 || boxes[0].dims[2] == dims[2] / 2 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slicing__that_fits_one_box),
        cmocka_unit_test(slicing__empty_tensor_one_box),
        cmocka_unit_test(slicing__known_steps),
        cmocka_unit_test(slicing__boxes_hold_each_element_once),
        cmocka_unit_test(part__slices_of_all_hold_each_element_once),
        cmocka_unit_test(part__known_boxes),
        cmocka_unit_test(part__most_elements_and_parts_NO_OVERFLOW),
    };
    return cmocka_run_group_tests_name("slicing", tests, NULL, NULL);
}
