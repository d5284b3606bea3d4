/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>

#include "tensor.h"

static void tensor_init__c_order_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 3, 4, 5};
    (void)state;

    const cllrn_tensor t = make_tensor(4, dims, NULL, -3);

    assert_int_equal(t.struct_size, sizeof t);
    assert_int_equal(t.dtype, CLLRN_F32);
    assert_int_equal(t.rank, 4);
    assert_int_equal(t.channel_axis, -3);
    assert_int_equal(lrn_tensor_channel_axis(&t), 1);
    assert_int_equal(lrn_tensor_elements(&t), 120);
    static const int64_t strides[] = {60, 20, 5, 1, 0, 0, 0, 0};
    for (int axis = 0; axis < CLLRN_MAX_RANK; ++axis) {
        assert_int_equal(t.dims[axis], axis < 4 ? dims[axis] : 0);
        assert_int_equal(t.strides[axis], strides[axis]);
    }
}

static void tensor_init__strides_given_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 3}, strides[] = {-7, 0};
    (void)state;
    const cllrn_tensor t = make_tensor(2, dims, strides, 1);
    assert_int_equal(t.strides[0], -7);
    assert_int_equal(t.strides[1], 0);
}

static void tensor_init__empty_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 0, 3};
    (void)state;
    const cllrn_tensor t = make_tensor(3, dims, NULL, 1);
    assert_int_equal(lrn_tensor_elements(&t), 0);
    assert_int_equal(lrn_tensor_check_destination(&t, "dst", NULL), CLLRN_SUCCESS);
}

static void tensor_init__bad_input_their_status(void **state)
{
    const int64_t good[] = {2, 3, 4}, negative[] = {2, -1, 4};
    const int64_t large[] = {INT64_C(1) << 31, INT64_C(1) << 31, 2};
    const struct {
        cllrn_status status;
        uint32_t struct_size;
        int32_t rank;
        const int64_t *dims;
    } rows[] = {
        {CLLRN_INVALID_ARGUMENT, 0, 3, good},
        {CLLRN_INVALID_ARGUMENT, sizeof(cllrn_tensor) - 1, 3, good},
        {CLLRN_INVALID_ARGUMENT, sizeof(cllrn_tensor), 3, NULL},
        {CLLRN_INVALID_RANK, sizeof(cllrn_tensor), 1, good},
        {CLLRN_INVALID_RANK, sizeof(cllrn_tensor), 0, good},
        {CLLRN_INVALID_RANK, sizeof(cllrn_tensor), -1, good},
        {CLLRN_INVALID_RANK, sizeof(cllrn_tensor), 9, good},
        {CLLRN_INVALID_RANK, sizeof(cllrn_tensor), INT32_MAX, good},
        {CLLRN_INVALID_DIMS, sizeof(cllrn_tensor), 3, negative},
        {CLLRN_SIZE_OVERFLOW, sizeof(cllrn_tensor), 3, large},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        cllrn_tensor t, before;
        cllrn_error error = error_blank();
        memset(&t, 0x5a, sizeof t);
        before = t;
        assert_failed(rows[i].status,
                      cllrn_tensor_init(&t, rows[i].struct_size, CLLRN_F32, rows[i].rank,
                                        rows[i].dims, NULL, 1, &error),
                      &error);
        assert_memory_equal(&t, &before, sizeof t);
    }
    assert_int_equal(
        cllrn_tensor_init(NULL, sizeof(cllrn_tensor), CLLRN_F32, 3, good, NULL, 1, NULL),
        CLLRN_INVALID_ARGUMENT);
}

static void dtype_size__all_SUCCESS(void **state)
{
    (void)state;
    assert_int_equal(cllrn_dtype_size(CLLRN_F32), 4);
    for (int32_t dtype = -2; dtype < 20; ++dtype)
        if (dtype != CLLRN_F32)
            assert_int_equal(cllrn_dtype_size(dtype), 0);
}

static void refuse(cllrn_status expected, const cllrn_tensor *tensor)
{
    cllrn_error error = error_blank();
    assert_failed(expected, lrn_tensor_check(tensor, "the role", &error), &error);
    assert_non_null(strstr(error.message, "the role"));
    assert_int_equal(lrn_tensor_check_destination(tensor, "dst", NULL), expected);
}

static void tensor_check__bad_tensors_their_status(void **state)
{
    const cllrn_tensor good = make_nchw(2, 3, 4, 5);
    cllrn_tensor t;
    (void)state;
    assert_int_equal(lrn_tensor_check(&good, "src", NULL), CLLRN_SUCCESS);
    refuse(CLLRN_INVALID_ARGUMENT, NULL);
    t = good;
    t.struct_size = sizeof t - 1;
    refuse(CLLRN_INVALID_ARGUMENT, &t);
    for (int32_t dtype = -1; dtype < 4; ++dtype)
        if (dtype != CLLRN_F32) {
            t = good;
            t.dtype = dtype;
            refuse(CLLRN_INVALID_DTYPE, &t);
        }
    static const int32_t ranks[] = {-1, 0, 1, 9, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; ++i) {
        t = good;
        t.rank = ranks[i];
        refuse(CLLRN_INVALID_RANK, &t);
    }
    static const int32_t axes[] = {-5, 4, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof axes / sizeof *axes; ++i) {
        t = good;
        t.channel_axis = axes[i];
        refuse(CLLRN_INVALID_CHANNEL_AXIS, &t);
    }
    for (int axis = 0; axis < 4; ++axis) {
        t = good;
        t.dims[axis] = axis % 2 == 0 ? -1 : INT64_MIN;
        refuse(CLLRN_INVALID_DIMS, &t);
    }
    /* What lies beyond the rank does not count. */
    t = good;
    t.dims[4] = t.strides[4] = -1;
    assert_int_equal(lrn_tensor_check(&t, "src", NULL), CLLRN_SUCCESS);
}

static void tensor_check__overflow_SIZE_OVERFLOW(void **state)
{
    const cllrn_tensor good = make_nchw(2, 3, 4, 5);
    static const int64_t strides[] = {INT64_MIN,     INT64_MIN + 1,    INT64_MAX,
                                      INT64_MAX / 2, -(INT64_MAX / 2), INT64_C(1) << 61};
    cllrn_tensor t;
    (void)state;
    for (int axis = 0; axis < 4; ++axis) {
        for (size_t i = 0; i < sizeof strides / sizeof *strides; ++i) {
            t = good;
            t.strides[axis] = strides[i];
            refuse(CLLRN_SIZE_OVERFLOW, &t);
            /* Even an axis of one element: its stride is still multiplied here and there. */
            t.dims[axis] = 1;
            refuse(CLLRN_SIZE_OVERFLOW, &t);
        }
        t = good;
        t.dims[axis] = INT64_MAX;
        refuse(CLLRN_SIZE_OVERFLOW, &t);
    }
    /* Each span fits, their sum does not. */
    t = good;
    for (int axis = 0; axis < 4; ++axis)
        t.strides[axis] = INT64_MAX >> 7;
    refuse(CLLRN_SIZE_OVERFLOW, &t);
    /* The product of dims alone, with strides of zero. */
    t = good;
    for (int axis = 0; axis < 4; ++axis) {
        t.dims[axis] = 1 << 20;
        t.strides[axis] = 0;
    }
    refuse(CLLRN_SIZE_OVERFLOW, &t);
}

static void tensor_check_destination__shared_places_INVALID_STRIDES(void **state)
{
    static const int64_t dims[] = {2, 3, 4};
    static const int64_t shared[][3] = {{0, 4, 1}, {12, 0, 1}, {12, 4, 0},  {12, 3, 1},
                                        {1, 1, 1}, {3, 1, 2},  {-12, 4, 4}, {2, 4, -1}};
    static const int64_t apart[][3] = {
        {12, 4, 1}, {-12, 4, 1}, {1, 2, 6}, {100, -7, 21}, {1, -8, 2}};
    (void)state;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; ++i) {
        const cllrn_tensor t = make_tensor(3, dims, shared[i], 1);
        cllrn_error error = error_blank();
        assert_failed(CLLRN_INVALID_STRIDES, lrn_tensor_check_destination(&t, "dst", &error),
                      &error);
        if (i < 3) { /* the stride of zero is named */
            char axis[32];
            snprintf(axis, sizeof axis, "stride 0 at axis %zu", i);
            assert_non_null(strstr(error.message, axis));
        }
        /* A source may. */
        assert_int_equal(lrn_tensor_check(&t, "src", NULL), CLLRN_SUCCESS);
    }
    for (size_t i = 0; i < sizeof apart / sizeof *apart; ++i) {
        const cllrn_tensor t = make_tensor(3, dims, apart[i], 1);
        assert_int_equal(lrn_tensor_check_destination(&t, "dst", NULL), CLLRN_SUCCESS);
    }
    /* A stride of zero where there is but one, or nothing at all. */
    const int64_t ones[] = {1, 3, 1}, empty[] = {2, 0, 4}, zeros[] = {0, 1, 0};
    cllrn_tensor t = make_tensor(3, ones, zeros, 1);
    assert_int_equal(lrn_tensor_check_destination(&t, "dst", NULL), CLLRN_SUCCESS);
    t = make_tensor(3, empty, zeros, 1);
    assert_int_equal(lrn_tensor_check_destination(&t, "dst", NULL), CLLRN_SUCCESS);
}

static void tensor_check_pair__different_SHAPE_MISMATCH(void **state)
{
    const cllrn_tensor a = make_nchw(2, 3, 4, 5);
    cllrn_tensor b = make_nhwc(2, 3, 4, 5);
    cllrn_error error = error_blank();
    (void)state;
    b.dims[1] = 3;
    b.dims[2] = 4;
    b.dims[3] = 5;
    b.channel_axis = -3;
    assert_succeeded(lrn_tensor_check_pair(&a, &b, &error), &error);
    b.channel_axis = 2;
    assert_failed(CLLRN_SHAPE_MISMATCH, lrn_tensor_check_pair(&a, &b, &error), &error);
    for (int axis = 0; axis < 4; ++axis) {
        b = a;
        ++b.dims[axis];
        error = error_blank();
        assert_failed(CLLRN_SHAPE_MISMATCH, lrn_tensor_check_pair(&a, &b, &error), &error);
    }
    b = a;
    b.rank = 3;
    assert_int_equal(lrn_tensor_check_pair(&a, &b, NULL), CLLRN_SHAPE_MISMATCH);
    b = a;
    b.dtype = 2;
    assert_int_equal(lrn_tensor_check_pair(&a, &b, NULL), CLLRN_SHAPE_MISMATCH);
}

static void tensor_same_places__strides_of_single_elements_SUCCESS(void **state)
{
    const int64_t dims[] = {1, 3, 4}, a[] = {99, 4, 1}, b[] = {-5, 4, 1}, c[] = {99, 4, 2};
    const cllrn_tensor ta = make_tensor(3, dims, a, 1), tb = make_tensor(3, dims, b, 1),
                       tc = make_tensor(3, dims, c, 1);
    (void)state;
    assert_true(lrn_tensor_same_places(&ta, &tb));
    assert_false(lrn_tensor_same_places(&ta, &tc));
}

/* A canonical shape written out: outer, channels, inner, and the strides of src. */
typedef struct canonical {
    int64_t outer, channels, inner;
    int outer_count;
    int64_t channel_stride, inner_stride, outer_stride;
} canonical;

static void assert_canonical(const cllrn_tensor *t, const canonical *expected)
{
    const lrn_shape s = lrn_shape_make(t, t);
    assert_int_equal(s.outer, expected->outer);
    assert_int_equal(s.channels, expected->channels);
    assert_int_equal(s.inner, expected->inner);
    assert_int_equal(s.outer_count, expected->outer_count);
    assert_int_equal(s.src.channel, expected->channel_stride);
    assert_int_equal(s.dst.channel, expected->channel_stride);
    assert_int_equal(s.src.inner, expected->inner_stride);
    assert_int_equal(s.dst.inner, expected->inner_stride);
    assert_int_equal(s.src.outer[0], expected->outer_stride);
    for (int axis = s.outer_count; axis < LRN_MAX_OUTER; ++axis)
        assert_int_equal(s.outer_dims[axis], 1);
}

static void shape_make__usual_layouts_SUCCESS(void **state)
{
    static const struct {
        int32_t rank, axis;
        int64_t dims[8], strides[8]; /* strides[0] 0: C order */
        canonical expected;
    } rows[] = {
        {4, 1, {2, 3, 4, 5}, {0}, {2, 3, 20, 1, 20, 1, 60}},                   /* NCHW */
        {4, 3, {2, 4, 5, 3}, {0}, {1, 3, 40, 0, 1, 3, 0}},                     /* NHWC */
        {4, 1, {1, 3, 4, 5}, {0}, {1, 3, 20, 0, 20, 1, 0}},                    /* one item */
        {2, 1, {7, 3}, {0}, {1, 3, 7, 0, 1, 3, 0}},                            /* (N, C) */
        {2, 0, {3, 7}, {0}, {1, 3, 7, 0, 7, 1, 0}},                            /* (C, N) */
        {3, 0, {3, 7, 2}, {0}, {1, 3, 14, 0, 14, 1, 0}},                       /* CHW */
        {8, 1, {2, 3, 2, 2, 2, 2, 2, 2}, {0}, {2, 3, 64, 1, 64, 1, 192}},      /* rank 8 */
        {8, -1, {2, 2, 2, 2, 2, 2, 2, 3}, {0}, {1, 3, 128, 0, 1, 3, 0}},       /* and last */
        {4, 1, {2, 3, 4, 5}, {1, 2, 6, 24}, {20, 3, 2, 1, 2, 1, 6}},           /* Fortran */
        {3, 1, {2, 1, 1}, {0}, {1, 1, 2, 0, 1, 1, 0}},                         /* C = 1 */
        {3, 1, {1, 3, 1}, {0}, {1, 3, 1, 0, 1, 1, 0}},                         /* one position */
        {4, 1, {2, 3, 4, 5}, {120, 40, 5, 1}, {2, 3, 20, 1, 40, 1, 120}},      /* channels apart */
        {4, 1, {2, 3, 4, 5}, {72, 24, 6, 1}, {8, 3, 5, 2, 24, 1, 72}},         /* padded rows */
        {4, 3, {2, 4, 5, 3}, {160, 40, 8, 1}, {1, 3, 40, 0, 1, 8, 0}},         /* NHWC slice */
        {4, 1, {2, 3, 4, 5}, {-60, -20, -5, -1}, {2, 3, 20, 1, -20, -1, -60}}, /* backwards */
        {4, 1, {2, 3, 4, 1}, {12, 4, 1, 999}, {2, 3, 4, 1, 4, 1, 12}},         /* size-1 axis */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const cllrn_tensor t = make_tensor(
            rows[i].rank, rows[i].dims, rows[i].strides[0] ? rows[i].strides : NULL, rows[i].axis);
        assert_canonical(&t, &rows[i].expected);
    }
}

/* Axes merge only where both sides allow it. */
static void shape_make__sides_differ_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 3, 4, 5}, padded[] = {72, 24, 6, 1};
    const cllrn_tensor plain = make_tensor(4, dims, NULL, 1);
    const cllrn_tensor pad = make_tensor(4, dims, padded, 1);
    (void)state;
    const lrn_shape s = lrn_shape_make(&plain, &pad);
    assert_int_equal(s.outer_count, 2);
    assert_int_equal(s.outer, 8);
    assert_int_equal(s.inner, 5);
    assert_int_equal(s.outer_dims[0], 2);
    assert_int_equal(s.outer_dims[1], 4);
    assert_int_equal(s.src.outer[0], 60);
    assert_int_equal(s.src.outer[1], 5);
    assert_int_equal(s.dst.outer[0], 72);
    assert_int_equal(s.dst.outer[1], 6);
    assert_int_equal(s.src.highest, 119);
    assert_int_equal(s.dst.highest, 72 + 48 + 18 + 4);
}

typedef struct element {
    int64_t src, dst, channel;
} element;

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(element));
}

/* Every element of a canonical shape, as the kernels step through it. */
static size_t list_shape(const lrn_shape *s, element *out, size_t room)
{
    size_t count = 0;
    for (int64_t item = 0; item < s->outer; ++item) {
        int64_t rest = item, src = 0, dst = 0;
        for (int axis = LRN_MAX_OUTER - 1; axis >= 0; --axis) {
            src += rest % s->outer_dims[axis] * s->src.outer[axis];
            dst += rest % s->outer_dims[axis] * s->dst.outer[axis];
            rest /= s->outer_dims[axis];
        }
        for (int64_t c = 0; c < s->channels; ++c)
            for (int64_t i = 0; i < s->inner; ++i) {
                assert_true(count < room);
                out[count++] = (element){src + c * s->src.channel + i * s->src.inner,
                                         dst + c * s->dst.channel + i * s->dst.inner, c};
            }
    }
    return count;
}

static void shape_make__element_by_element_SUCCESS(void **state)
{
    enum { ROOM = 4000, CASES = 4000 };
    static element by_shape[ROOM], by_tensor[ROOM];
    static int64_t src_offsets[ROOM], dst_offsets[ROOM];
    uint64_t random = 7;
    size_t total = 0, merged = 0;
    (void)state;
    for (int i = 0; i < CASES; ++i) {
        cllrn_tensor src = random_tensor(&random, 400), dst = src;
        if (i % 4 == 1 || i % 4 == 2)
            random_layout(&random, &dst);
        src = dst;
        if (i % 4 == 2)
            random_layout(&random, &src);
        if (i % 4 == 3)
            random_strides(&random, &src); /* a source may share places */
        const int64_t channels = src.dims[lrn_tensor_channel_axis(&src)];

        const lrn_shape shape = lrn_shape_make(&src, &dst);

        const size_t count = list_offsets(&src, src_offsets, ROOM);
        assert_int_equal(list_offsets(&dst, dst_offsets, ROOM), count);
        assert_int_equal(list_shape(&shape, by_shape, ROOM), count);
        int64_t lowest = 0, highest = 0;
        for (size_t e = 0; e < count; ++e) {
            by_tensor[e] = (element){src_offsets[e], dst_offsets[e], (int64_t)e % channels};
            lowest = src_offsets[e] < lowest ? src_offsets[e] : lowest;
            highest = src_offsets[e] > highest ? src_offsets[e] : highest;
        }
        qsort(by_shape, count, sizeof *by_shape, compare);
        qsort(by_tensor, count, sizeof *by_tensor, compare);
        assert_memory_equal(by_shape, by_tensor, count * sizeof *by_shape);
        assert_int_equal(shape.src.lowest, lowest);
        assert_int_equal(shape.src.highest, highest);
        total += count;
        merged += shape.outer_count < src.rank - 2;
    }
    print_message("%d tensors, %zu elements, axes merged in %zu\n", CASES, total, merged);
}

typedef struct walk {
    const int64_t *src, *dst;
    int64_t channels;
    size_t columns;
    bool right;
} walk;

static void visit(void *user, int64_t src_offset, int64_t dst_offset)
{
    walk *w = user;
    const size_t at = w->columns++ * (size_t)w->channels;
    w->right = w->right && w->src[at] == src_offset && w->dst[at] == dst_offset;
}

static void tensor_columns__in_c_order_SUCCESS(void **state)
{
    enum { ROOM = 4000 };
    static int64_t src_offsets[ROOM], dst_offsets[ROOM];
    uint64_t random = 8;
    (void)state;
    for (int i = 0; i < 1000; ++i) {
        cllrn_tensor src = random_tensor(&random, 400), dst = src;
        random_layout(&random, &dst);
        random_strides(&random, &src);
        const size_t count = list_offsets(&src, src_offsets, ROOM);
        list_offsets(&dst, dst_offsets, ROOM);
        walk w = {src_offsets, dst_offsets, src.dims[lrn_tensor_channel_axis(&src)], 0, true};

        lrn_tensor_columns(&src, &dst, visit, &w);

        assert_true(w.right);
        assert_int_equal(w.columns * (size_t)w.channels, count);
    }
    /* Nothing to visit. */
    const int64_t empty[] = {2, 3, 0};
    const cllrn_tensor t = make_tensor(3, empty, NULL, 1);
    walk w = {src_offsets, dst_offsets, 3, 0, true};
    lrn_tensor_columns(&t, &t, visit, &w);
    assert_int_equal(w.columns, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tensor_init__c_order_SUCCESS),
        TEST(tensor_init__strides_given_SUCCESS),
        TEST(tensor_init__empty_SUCCESS),
        TEST(tensor_init__bad_input_their_status),
        TEST(dtype_size__all_SUCCESS),
        TEST(tensor_check__bad_tensors_their_status),
        TEST(tensor_check__overflow_SIZE_OVERFLOW),
        TEST(tensor_check_destination__shared_places_INVALID_STRIDES),
        TEST(tensor_check_pair__different_SHAPE_MISMATCH),
        TEST(tensor_same_places__strides_of_single_elements_SUCCESS),
        TEST(shape_make__usual_layouts_SUCCESS),
        TEST(shape_make__sides_differ_SUCCESS),
        TEST(shape_make__element_by_element_SUCCESS),
        TEST(tensor_columns__in_c_order_SUCCESS),
    };
    return cmocka_run_group_tests_name("tensor", tests, NULL, NULL);
}
