/* SPDX-License-Identifier: Apache-2.0 */
/* lrn_shape_make: tensors as window axes and positions. */
#include "support.h"

#include <stdlib.h>

#include "shape.h"
#include "tensor.h"

/* Axes and strides written out, the window's first, the positions' from `positions` on. */
typedef struct canonical {
    int window_count, position_count;
    int64_t dims[LRN_MAX_AXES], strides[LRN_MAX_AXES];
} canonical;

/* Where the i-th written-out axis stands: positions end at LRN_INNER. */
static int place_of(const canonical *c, int i)
{
    const int first = c->window_count;
    return i < first ? i : LRN_MAX_AXES - c->position_count + (i - first);
}

static void assert_canonical(const lrn_shape *s, const canonical *expected)
{
    bool named[LRN_MAX_AXES] = {false};
    int64_t positions = 1;
    assert_int_equal(s->window_count, expected->window_count);
    for (int i = 0; i < expected->window_count + expected->position_count; ++i) {
        const int axis = place_of(expected, i);
        named[axis] = true;
        assert_int_equal(s->dims[axis], expected->dims[i]);
        assert_int_equal(s->src.strides[axis], expected->strides[i]);
        assert_int_equal(s->dy.strides[axis], expected->strides[i]);
        assert_int_equal(s->dst.strides[axis], expected->strides[i]);
        positions *= i < expected->window_count ? 1 : expected->dims[i];
    }
    for (int axis = 0; axis < LRN_MAX_AXES; ++axis)
        if (!named[axis])
            assert_int_equal(s->dims[axis], 1);
    assert_int_equal(s->positions, positions);
}

typedef struct layout {
    int32_t rank, axis;
    int64_t dims[8], strides[8]; /* strides[0] 0: C order */
    canonical expected;
    bool simple;
} layout;

static cllrn_tensor tensor_of(const layout *row)
{
    return make_tensor(row->rank, row->dims, row->strides[0] ? row->strides : NULL, row->axis);
}

static void shape_make__across_channels_SUCCESS(void **state)
{
    static const layout rows[] = {
        {4, 1, {2, 3, 4, 5}, {0}, {1, 2, {3, 2, 20}, {20, 60, 1}}, true}, /* NCHW */
        {4, 3, {2, 4, 5, 3}, {0}, {1, 1, {3, 40}, {1, 3}}, true},         /* NHWC */
        {4, 1, {1, 3, 4, 5}, {0}, {1, 1, {3, 20}, {20, 1}}, true},        /* one item */
        {2, 1, {7, 3}, {0}, {1, 1, {3, 7}, {1, 3}}, true},                /* (N, C) */
        {2, 0, {3, 7}, {0}, {1, 1, {3, 7}, {7, 1}}, true},                /* (C, N) */
        {3, 0, {3, 7, 2}, {0}, {1, 1, {3, 14}, {14, 1}}, true},           /* CHW */
        {8, 1, {2, 3, 2, 2, 2, 2, 2, 2}, {0}, {1, 2, {3, 2, 64}, {64, 192, 1}}, true},
        {8, -1, {2, 2, 2, 2, 2, 2, 2, 3}, {0}, {1, 1, {3, 128}, {1, 3}}, true},
        {4, 1, {2, 3, 4, 5}, {1, 2, 6, 24}, {1, 2, {3, 20, 2}, {2, 6, 1}}, true}, /* Fortran */
        {3, 1, {2, 1, 1}, {0}, {1, 1, {1, 2}, {1, 1}}, true},                     /* C = 1 */
        {3, 1, {1, 3, 1}, {0}, {1, 1, {3, 1}, {1, 1}}, true},                     /* one position */
        {4, 1, {2, 3, 4, 5}, {120, 40, 5, 1}, {1, 2, {3, 2, 20}, {40, 120, 1}}, true},
        {4, 1, {2, 3, 4, 5}, {72, 24, 6, 1}, {1, 3, {3, 2, 4, 5}, {24, 72, 6, 1}}, false},
        {4, 3, {2, 4, 5, 3}, {160, 40, 8, 1}, {1, 1, {3, 40}, {1, 8}}, true}, /* a slice */
        {4, 1, {2, 3, 4, 5}, {-60, -20, -5, -1}, {1, 2, {3, 2, 20}, {-20, -60, -1}}, true},
        {4, 1, {2, 3, 4, 1}, {12, 4, 1, 999}, {1, 2, {3, 2, 4}, {4, 12, 1}}, true},
    };
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const cllrn_tensor t = tensor_of(&rows[i]);
        const lrn_shape s = lrn_shape_make(&params, &t, NULL, &t);
        assert_canonical(&s, &rows[i].expected);
        assert_int_equal(lrn_shape_is_simple(&s), rows[i].simple);
        assert_false(s.blocked || s.within);
    }
}

static void shape_make__within_a_channel_SUCCESS(void **state)
{
    static const struct {
        int32_t spatial_axes;
        layout layout;
    } rows[] = {
        /* NCHW: rows and columns, then all the rest in one. */
        {2, {4, 1, {2, 3, 4, 5}, {0}, {2, 1, {4, 5, 6}, {5, 1, 20}}, false}},
        {1, {4, 1, {2, 3, 4, 5}, {0}, {1, 1, {5, 24}, {1, 5}}, false}},
        {3, {4, 1, {2, 3, 4, 5}, {0}, {3, 1, {2, 4, 5, 3}, {60, 5, 1, 20}}, false}},
        /* NHWC: the channels are the innermost position. */
        {2, {4, 3, {2, 4, 5, 3}, {0}, {2, 2, {4, 5, 2, 3}, {15, 3, 60, 1}}, false}},
        {3, {5, 1, {2, 3, 4, 5, 6}, {0}, {3, 1, {4, 5, 6, 6}, {30, 6, 1, 120}}, false}},
        {1, {2, 1, {7, 3}, {0}, {1, 1, {7, 3}, {3, 1}}, false}},
        {1, {3, 1, {1, 1, 7}, {0}, {1, 1, {7, 1}, {1, 1}}, false}},
        /* A window axis of one element: its stride is of no use to anyone. */
        {2, {4, 1, {2, 3, 1, 5}, {0}, {2, 1, {1, 5, 6}, {1, 1, 5}}, false}},
        {3, {8, 1, {2, 2, 2, 2, 2, 2, 2, 2}, {0}, {3, 1, {2, 2, 2, 32}, {4, 2, 1, 8}}, false}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const cllrn_tensor t = tensor_of(&rows[i].layout);
        const cllrn_params params = make_region(1, 2, rows[i].spatial_axes, 9.0, 1.0, 0.75, 1.0);
        const lrn_shape s = lrn_shape_make(&params, &t, &t, &t);
        assert_canonical(&s, &rows[i].layout.expected);
        assert_true(s.within && !s.blocked);
        /* No fast kernel is for it, even where there is but one window axis. */
        assert_false(lrn_shape_is_simple(&s));
    }
}

static void shape_make__blocked_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 20, 3, 5};
    const cllrn_tensor t = make_blocked(4, dims, 1, 8);
    const canonical across = {1, 2, {20, 2, 15}, {120, 360, 8}};
    const canonical within = {2, 2, {3, 5, 2, 20}, {40, 8, 360, 120}};
    cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    (void)state;

    lrn_shape s = lrn_shape_make(&params, &t, NULL, &t);
    assert_canonical(&s, &across);
    assert_true(s.blocked && lrn_shape_is_simple(&s));
    assert_int_equal(s.src.block_shift, 3);
    assert_int_equal(s.dy.block_shift, 3);
    assert_int_equal(s.dst.block_shift, 3);
    assert_int_equal(s.src.lowest, 0);
    assert_int_equal(s.src.highest, 2 * 360 - 1);

    /* Within a channel the channels are the last axis, and merge with nothing. */
    params = make_region(1, 1, 2, 9.0, 1.0, 0.75, 1.0);
    s = lrn_shape_make(&params, &t, NULL, &t);
    assert_canonical(&s, &within);
    assert_true(s.blocked && s.within && !lrn_shape_is_simple(&s));
    assert_true(lrn_shape_has_equal_blocks(&s));
    assert_int_equal(s.positions, 40);
    const cllrn_tensor fours = make_blocked(4, dims, 1, 4);
    s = lrn_shape_make(&params, &fours, &t, &t);
    assert_false(lrn_shape_has_equal_blocks(&s));
    s = lrn_shape_make(&params, &t, &fours, &t);
    assert_false(lrn_shape_has_equal_blocks(&s));

    for (int shift = 2; shift <= 5; ++shift) {
        const int64_t rest_dims[] = {2, 21, 3, 5};
        const cllrn_tensor one = make_blocked(4, rest_dims, 1, INT32_C(1) << shift);
        assert_int_equal(lrn_shape_make(&params, &one, NULL, &one).dst.block_shift, shift);
    }
}

/* Axes merge only where all three sides allow it. */
static void shape_make__sides_differ_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 3, 4, 5}, padded[] = {72, 24, 6, 1};
    const cllrn_tensor plain = make_tensor(4, dims, NULL, 1);
    const cllrn_tensor pad = with_dtype(make_tensor(4, dims, padded, 1), CLLRN_DTYPE_F16);
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    (void)state;
    for (int which = 0; which < 3; ++which) {
        const cllrn_tensor *t[] = {&plain, &plain, &plain};
        t[which] = &pad;
        const lrn_shape s = lrn_shape_make(&params, t[0], t[1], t[2]);
        const lrn_layout *sides[] = {&s.src, &s.dy, &s.dst};
        assert_int_equal(s.dims[LRN_INNER - 2], 2);
        assert_int_equal(s.dims[LRN_INNER - 1], 4);
        assert_int_equal(s.dims[LRN_INNER], 5);
        assert_int_equal(s.positions, 40);
        for (int side = 0; side < 3; ++side) {
            const bool is_padded = side == which;
            assert_int_equal(sides[side]->dtype, is_padded ? CLLRN_DTYPE_F16 : CLLRN_DTYPE_F32);
            assert_int_equal(sides[side]->strides[0], is_padded ? 24 : 20);
            assert_int_equal(sides[side]->strides[LRN_INNER - 2], is_padded ? 72 : 60);
            assert_int_equal(sides[side]->strides[LRN_INNER - 1], is_padded ? 6 : 5);
            assert_int_equal(sides[side]->highest, is_padded ? 72 + 48 + 18 + 4 : 119);
        }
    }
    /* Without dy, src stands for it. */
    const lrn_shape s = lrn_shape_make(&params, &pad, NULL, &plain);
    assert_memory_equal(&s.dy, &s.src, sizeof s.src);
}

typedef struct element {
    int64_t src, dy, dst, window[CLLRN_MAX_WINDOW], position;
} element;

static int compare(const void *a, const void *b)
{
    const element *x = a, *y = b;
    return x->dst < y->dst ? -1 : x->dst > y->dst;
}

static int64_t blocked(int64_t index, int64_t stride, int shift)
{
    return (index >> shift) * stride + (index & ((1 << shift) - 1));
}

/* Every element of a shape, as the kernels step through it. */
static size_t list_shape(const lrn_shape *s, element *out, size_t room)
{
    const int blocked_axis = s->within ? LRN_INNER : 0;
    int64_t total = 1;
    size_t count = 0;
    for (int axis = 0; axis < LRN_MAX_AXES; ++axis)
        total *= s->dims[axis];
    for (int64_t number = 0; number < total; ++number) {
        int64_t rest = number, turn = 1;
        element e = {0, 0, 0, {0, 0, 0}, 0};
        for (int axis = LRN_MAX_AXES - 1; axis >= 0; --axis) {
            const int64_t at = rest % s->dims[axis];
            const bool blocks = axis == blocked_axis;
            rest /= s->dims[axis];
            e.src += blocked(at, s->src.strides[axis], blocks ? s->src.block_shift : 0);
            e.dy += blocked(at, s->dy.strides[axis], blocks ? s->dy.block_shift : 0);
            e.dst += blocked(at, s->dst.strides[axis], blocks ? s->dst.block_shift : 0);
            if (axis < s->window_count) {
                e.window[axis] = at;
            } else {
                e.position += at * turn;
                turn *= s->dims[axis];
            }
        }
        assert_true(count < room);
        out[count++] = e;
    }
    return count;
}

/* And of the tensors, by their definition. */
static size_t list_tensors(const cllrn_tensor *const tensors[3], const int *window, int count,
                           element *out)
{
    const cllrn_tensor *t = tensors[0];
    const int channels = t->channel_axis < 0 ? t->channel_axis + t->rank : t->channel_axis;
    int64_t total = 1;
    for (int axis = 0; axis < t->rank; ++axis)
        total *= t->dims[axis];
    for (int64_t number = 0; number < total; ++number) {
        int64_t rest = number, turn = 1;
        element e = {0, 0, 0, {0, 0, 0}, 0};
        int64_t *places[] = {&e.src, &e.dy, &e.dst};
        for (int axis = t->rank - 1; axis >= 0; --axis) {
            const int64_t at = rest % t->dims[axis];
            bool is_window = false;
            rest /= t->dims[axis];
            for (int side = 0; side < 3; ++side) {
                const int64_t block = axis == channels && tensors[side]->channel_block > 1
                                          ? tensors[side]->channel_block
                                          : 1;
                *places[side] += at / block * tensors[side]->strides[axis] + at % block;
            }
            for (int i = 0; i < count; ++i)
                if (window[i] == axis) {
                    e.window[i] = at;
                    is_window = true;
                }
            if (!is_window) {
                e.position += at * turn;
                turn *= t->dims[axis];
            }
        }
        out[number] = e;
    }
    return (size_t)total;
}

static void shape_make__element_by_element_SUCCESS(void **state)
{
    enum { ROOM = 4000, CASES = 6000 };
    static element by_shape[ROOM], by_tensor[ROOM];
    static int64_t positions[ROOM], places[100000];
    uint64_t random = 7;
    size_t total = 0, merged = 0, blocks = 0;
    (void)state;
    for (int i = 0; i < CASES; ++i) {
        cllrn_tensor src = random_tensor(&random, 400), dy = src, dst = src;
        cllrn_tensor *sides[] = {&src, &dy, &dst};
        for (int side = 0; side < 3; ++side) {
            if (i % 2 == 1 && random_below(&random, 2) == 0)
                random_block(&random, sides[side]);
            if (side < 2 && i % 5 == 0)
                random_strides(&random, sides[side]); /* a source may share places */
            else if (i % 4 != 0)
                random_layout(&random, sides[side]);
            else if (sides[side]->channel_block > 1)
                *sides[side] =
                    make_blocked(src.rank, src.dims, src.channel_axis, sides[side]->channel_block);
        }
        if (i % 3 == 0)
            dy = src = dst;
        cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
        if (i % 7 > 2) {
            const int64_t most = src.rank - 1 < 3 ? src.rank - 1 : 3;
            params =
                make_region(1, 1, (int32_t)(1 + random_below(&random, most)), 9.0, 1.0, 0.75, 1.0);
        }
        const unsigned axes = lrn_tensor_window_axes(&params, &src);
        int window[CLLRN_MAX_WINDOW], window_count = 0;
        for (int axis = 0; axis < src.rank; ++axis)
            if ((axes >> axis & 1) != 0)
                window[window_count++] = axis;

        const lrn_shape shape = lrn_shape_make(&params, &src, &dy, &dst);

        const cllrn_tensor *const all[] = {&src, &dy, &dst};
        const size_t count = list_tensors(all, window, window_count, by_tensor);
        assert_int_equal(list_shape(&shape, by_shape, ROOM), count);
        assert_int_equal(shape.window_count, window_count);
        for (int axis = 0; axis < window_count; ++axis)
            assert_int_equal(shape.dims[axis], src.dims[window[axis]]);
        /* dst's places are all different: they tell which element is which. */
        qsort(by_shape, count, sizeof *by_shape, compare);
        qsort(by_tensor, count, sizeof *by_tensor, compare);
        for (size_t e = 0; e < count; ++e)
            positions[e] = -1;
        for (size_t e = 0; e < count; ++e) {
            const element *a = &by_shape[e], *b = &by_tensor[e];
            assert_true(a->src == b->src && a->dy == b->dy && a->dst == b->dst);
            assert_memory_equal(a->window, b->window, sizeof a->window);
            /* What is one position there is one here. */
            if (positions[a->position] < 0)
                positions[a->position] = b->position;
            assert_int_equal(positions[a->position], b->position);
        }
        for (int side = 0; side < 3; ++side) {
            const lrn_layout *is[] = {&shape.src, &shape.dy, &shape.dst};
            const size_t places_count = list_places(all[side], places, 100000);
            int64_t lowest = 0, highest = 0;
            for (size_t e = 0; e < places_count; ++e) {
                lowest = places[e] < lowest ? places[e] : lowest;
                highest = places[e] > highest ? places[e] : highest;
            }
            assert_int_equal(is[side]->lowest, lowest);
            assert_int_equal(is[side]->highest, highest);
        }
        total += count;
        merged += lrn_shape_is_simple(&shape) && src.rank > 3;
        blocks += shape.blocked;
    }
    print_message("%d problems, %zu elements, %zu with blocks, axes merged in %zu\n", CASES, total,
                  blocks, merged);
    assert_true(blocks > CASES / 4 && merged > CASES / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shape_make__across_channels_SUCCESS),
        TEST(shape_make__within_a_channel_SUCCESS),
        TEST(shape_make__blocked_SUCCESS),
        TEST(shape_make__sides_differ_SUCCESS),
        TEST(shape_make__element_by_element_SUCCESS),
    };
    return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
