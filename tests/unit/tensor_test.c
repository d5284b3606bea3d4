/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>

#include "tensor.h"

static void tensor_set__c_order_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 3, 4, 5};
    (void)state;

    const cllrn_tensor t = make_tensor(4, dims, NULL, -3);

    assert_int_equal(t.struct_size, sizeof t);
    assert_int_equal(t.dtype, CLLRN_DTYPE_F32);
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

static void tensor_set__strides_given_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 3}, strides[] = {-7, 0};
    (void)state;
    const cllrn_tensor t = make_tensor(2, dims, strides, 1);
    assert_int_equal(t.strides[0], -7);
    assert_int_equal(t.strides[1], 0);
}

/* A tensor may be made anew of its own dims and strides, or of any part of them. */
static void tensor_set__of_its_own_fields_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 3, 4, 5}, strides[] = {-70, 60, 5, 1};
    cllrn_error error = error_blank();
    (void)state;

    cllrn_tensor t = make_tensor(4, dims, strides, 1);
    const cllrn_tensor before = t;
    assert_succeeded(cllrn_tensor_set(&t, CLLRN_DTYPE_F32, 4, t.dims, t.strides, 1, &error),
                     &error);
    assert_memory_equal(&t, &before, sizeof t);

    assert_succeeded(cllrn_tensor_set(&t, CLLRN_DTYPE_F32, 3, t.dims + 1, t.strides + 1, 0, &error),
                     &error);
    for (int axis = 0; axis < 3; ++axis) {
        assert_int_equal(t.dims[axis], dims[axis + 1]);
        assert_int_equal(t.strides[axis], strides[axis + 1]);
    }

    t = make_tensor(4, dims, NULL, 1);
    assert_succeeded(cllrn_tensor_set_blocked(&t, CLLRN_DTYPE_F32, 4, t.dims, 1, 8, &error),
                     &error);
    const cllrn_tensor blocked = make_blocked(4, dims, 1, 8);
    assert_memory_equal(&t, &blocked, sizeof t);
}

static void tensor_set__empty_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 0, 3};
    (void)state;
    const cllrn_tensor t = make_tensor(3, dims, NULL, 1);
    assert_int_equal(lrn_tensor_elements(&t), 0);
    assert_int_equal(lrn_tensor_check_destination(&t, "dst", NULL), CLLRN_SUCCESS);
}

static void tensor_set__bad_input_their_status(void **state)
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
        {CLLRN_INVALID_RANK, sizeof(cllrn_tensor), CLLRN_DTYPE_F32, good},
        {CLLRN_INVALID_DIMS, sizeof(cllrn_tensor), 3, negative},
        {CLLRN_SIZE_OVERFLOW, sizeof(cllrn_tensor), 3, large},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        cllrn_tensor t;
        cllrn_error error = error_blank();
        memset(&t, 0x5a, sizeof t);
        t.struct_size = rows[i].struct_size;
        const cllrn_tensor before = t;
        assert_failed(
            rows[i].status,
            cllrn_tensor_set(&t, CLLRN_DTYPE_F32, rows[i].rank, rows[i].dims, NULL, 1, &error),
            &error);
        assert_memory_equal(&t, &before, sizeof t);
    }
    assert_int_equal(cllrn_tensor_set(NULL, CLLRN_DTYPE_F32, 3, good, NULL, 1, NULL),
                     CLLRN_INVALID_ARGUMENT);
}

/* dtype and rank in each other's place: the error says so, whatever the tensor is. */
static void tensor_set__dtype_and_rank_exchanged_INVALID_RANK(void **state)
{
    const int64_t dims[] = {1, 1, 1, 1, 1, 1, 1, 1};
    (void)state;
    for (cllrn_dtype dtype = CLLRN_DTYPE_F32; dtype <= CLLRN_DTYPE_F64; ++dtype)
        for (int32_t rank = 2; rank <= CLLRN_MAX_RANK; ++rank) {
            cllrn_tensor t = CLLRN_TENSOR_INIT;
            cllrn_error error = error_blank();
            assert_failed(CLLRN_INVALID_RANK,
                          cllrn_tensor_set(&t, rank, dtype, dims, NULL, 1, &error), &error);
            assert_non_null(strstr(error.message, "which is a dtype"));
            assert_int_equal(t.rank, 0);
        }
}

static void tensor_set_blocked__strides_SUCCESS(void **state)
{
    static const struct {
        int32_t rank, axis, block;
        int64_t dims[5], strides[5];
    } rows[] = {
        {4, 1, 16, {2, 32, 3, 5}, {480, 240, 80, 16}}, /* nChw16c */
        {4, 1, 16, {2, 33, 3, 5}, {720, 240, 80, 16}}, /* and a tail */
        {4, -3, 8, {2, 1, 3, 5}, {120, 120, 40, 8}},
        {5, 1, 4, {2, 7, 2, 3, 5}, {240, 120, 60, 20, 4}},
        {3, 2, 32, {2, 3, 65}, {288, 96, 32}}, /* blocks last are plain channels-last, padded */
        {2, 0, 4, {6, 3}, {12, 4}},
        {4, 1, 8, {0, 9, 3, 5}, {240, 120, 40, 8}},
        {4, 1, 8, {2, 0, 3, 5}, {120, 120, 40, 8}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const cllrn_tensor t =
            make_blocked(rows[i].rank, rows[i].dims, rows[i].axis, rows[i].block);
        assert_int_equal(t.channel_block, rows[i].block);
        assert_int_equal(t.channel_axis, rows[i].axis);
        assert_int_equal(t.struct_size, sizeof t);
        assert_int_equal(lrn_tensor_block(&t), rows[i].block);
        for (int axis = 0; axis < t.rank; ++axis) {
            assert_int_equal(t.dims[axis], rows[i].dims[axis]);
            assert_int_equal(t.strides[axis], rows[i].strides[axis]);
        }
        assert_int_equal(lrn_tensor_check_destination(&t, "dst", NULL), CLLRN_SUCCESS);
    }
    cllrn_tensor t = make_nchw(2, 32, 3, 5);
    assert_int_equal(lrn_tensor_block(&t), 1);
    t.channel_block = 1;
    assert_int_equal(lrn_tensor_block(&t), 1);
}

static void tensor_set_blocked__bad_input_their_status(void **state)
{
    const int64_t good[] = {2, 3, 4}, negative[] = {2, -1, 4};
    const int64_t large[] = {INT64_C(1) << 31, INT64_C(1) << 31, 2};
    /* The dims alone fit, filled up they do not. */
    const int64_t padded[] = {INT64_C(1) << 31, 1, INT64_C(1) << 28};
    const uint32_t size = sizeof(cllrn_tensor);
    const struct {
        cllrn_status status;
        uint32_t struct_size;
        int32_t rank, axis, block;
        const int64_t *dims;
    } rows[] = {
        {CLLRN_INVALID_ARGUMENT, 0, 3, 1, 16, good},
        {CLLRN_INVALID_ARGUMENT, size - 1, 3, 1, 16, good},
        {CLLRN_INVALID_ARGUMENT, size, 3, 1, 16, NULL},
        {CLLRN_INVALID_RANK, size, 1, 0, 16, good},
        {CLLRN_INVALID_RANK, size, 9, 1, 16, good},
        {CLLRN_INVALID_DIMS, size, 3, 1, 16, negative},
        {CLLRN_SIZE_OVERFLOW, size, 3, 1, 16, large},
        {CLLRN_SIZE_OVERFLOW, size, 3, 1, 32, padded},
        {CLLRN_INVALID_CHANNEL_AXIS, size, 3, 3, 16, good},
        {CLLRN_INVALID_CHANNEL_AXIS, size, 3, -4, 16, good},
        {CLLRN_INVALID_CHANNEL_AXIS, size, 3, INT32_MIN, 16, good},
        {CLLRN_INVALID_BLOCK, size, 3, 1, 0, good},
        {CLLRN_INVALID_BLOCK, size, 3, 1, 1, good},
        {CLLRN_INVALID_BLOCK, size, 3, 1, 2, good},
        {CLLRN_INVALID_BLOCK, size, 3, 1, 12, good},
        {CLLRN_INVALID_BLOCK, size, 3, 1, 64, good},
        {CLLRN_INVALID_BLOCK, size, 3, 1, -4, good},
        {CLLRN_INVALID_BLOCK, size, 3, 1, INT32_MIN, good},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        cllrn_tensor t;
        cllrn_error error = error_blank();
        memset(&t, 0x5a, sizeof t);
        t.struct_size = rows[i].struct_size;
        const cllrn_tensor before = t;
        assert_failed(rows[i].status,
                      cllrn_tensor_set_blocked(&t, CLLRN_DTYPE_F32, rows[i].rank, rows[i].dims,
                                               rows[i].axis, rows[i].block, &error),
                      &error);
        assert_memory_equal(&t, &before, sizeof t);
    }
    assert_int_equal(cllrn_tensor_set_blocked(NULL, CLLRN_DTYPE_F32, 3, good, 1, 16, NULL),
                     CLLRN_INVALID_ARGUMENT);
}

static void tensor_span__as_brute_force_SUCCESS(void **state)
{
    enum { ROOM = 20000 };
    static int64_t places[ROOM];
    uint64_t random = 6;
    (void)state;
    for (int i = 0; i < 2000; ++i) {
        cllrn_tensor t = random_tensor(&random, 300);
        if (i % 2 == 0)
            random_block(&random, &t);
        (i % 3 == 0 ? random_strides : random_layout)(&random, &t);
        const size_t count = list_places(&t, places, ROOM);
        int64_t lowest = 0, highest = 0, elements = -1, below = -1;
        for (size_t e = 0; e < count; ++e) {
            lowest = places[e] < lowest ? places[e] : lowest;
            highest = places[e] > highest ? places[e] : highest;
        }
        cllrn_error error = error_blank();
        assert_succeeded(cllrn_tensor_span(&t, &elements, &below, &error), &error);
        assert_int_equal(elements, highest - lowest + 1);
        assert_int_equal(below, -lowest);
        assert_succeeded(cllrn_tensor_span(&t, &elements, NULL, &error), &error);
        int64_t from, to;
        lrn_tensor_extent(&t, &from, &to);
        assert_int_equal(from, lowest);
        assert_int_equal(to, highest);
    }
}

static void tensor_span__empty_and_bad_their_status(void **state)
{
    const int64_t dims[] = {2, 0, 3};
    cllrn_tensor t = make_tensor(3, dims, NULL, 1);
    int64_t elements = 77, below = 78;
    cllrn_error error = error_blank();
    (void)state;
    assert_succeeded(cllrn_tensor_span(&t, &elements, &below, &error), &error);
    assert_int_equal(elements, 0);
    assert_int_equal(below, 0);
    elements = 77;
    below = 78;
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_tensor_span(NULL, &elements, &below, &error),
                  &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_tensor_span(&t, NULL, &below, &error), &error);
    t.rank = 1;
    error = error_blank();
    assert_failed(CLLRN_INVALID_RANK, cllrn_tensor_span(&t, &elements, &below, &error), &error);
    t = make_nchw(2, 3, 4, 5);
    t.channel_block = 3;
    error = error_blank();
    assert_failed(CLLRN_INVALID_BLOCK, cllrn_tensor_span(&t, &elements, &below, &error), &error);
    assert_int_equal(elements, 77);
    assert_int_equal(below, 78);
}

static void dtype__size_and_string_SUCCESS(void **state)
{
    static const struct {
        int32_t dtype;
        size_t size;
        const char *name;
    } rows[] = {{CLLRN_DTYPE_F32, 4, "f32"},
                {CLLRN_DTYPE_F16, 2, "f16"},
                {CLLRN_DTYPE_BF16, 2, "bf16"},
                {CLLRN_DTYPE_F64, 8, "f64"}};
    static const int32_t others[] = {INT32_MIN, -1, 0, 1, 4, 16, 21, INT32_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        assert_int_equal(cllrn_dtype_size(rows[i].dtype), rows[i].size);
        assert_string_equal(cllrn_dtype_string(rows[i].dtype), rows[i].name);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i) {
        assert_int_equal(cllrn_dtype_size(others[i]), 0);
        assert_string_equal(cllrn_dtype_string(others[i]), "unknown dtype");
    }
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
    static const int32_t dtypes[] = {-1, 0, 1, 16, 21, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; ++i) {
        t = good;
        t.dtype = dtypes[i];
        refuse(CLLRN_INVALID_DTYPE, &t);
    }
    for (int32_t block = -40; block <= 70; ++block) {
        const bool valid =
            block == 0 || block == 1 || block == 4 || block == 8 || block == 16 || block == 32;
        t = good;
        t.channel_block = block;
        if (!valid)
            refuse(CLLRN_INVALID_BLOCK, &t);
        else
            assert_int_equal(lrn_tensor_check(&t, "src", NULL), CLLRN_SUCCESS);
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
            t.dims[axis] = 1; /* its stride is not used */
            assert_int_equal(lrn_tensor_check(&t, "src", NULL), CLLRN_SUCCESS);
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

/* What fills up a last block is a place too. */
static void tensor_check_destination__blocks_INVALID_STRIDES(void **state)
{
    const int64_t dims[] = {2, 9, 3};
    const cllrn_tensor good = make_blocked(3, dims, 1, 8);
    cllrn_tensor t;
    (void)state;
    /* Positions seven elements apart, blocks of eight. */
    t = good;
    t.strides[2] = 7;
    assert_int_equal(lrn_tensor_check_destination(&t, "dst", NULL), CLLRN_INVALID_STRIDES);
    assert_int_equal(lrn_tensor_check(&t, "src", NULL), CLLRN_SUCCESS);
    /* The next item begins behind channel 8, where the last block is not over. */
    t = good;
    t.strides[0] = 2 * 24 - 7;
    assert_int_equal(lrn_tensor_check_destination(&t, "dst", NULL), CLLRN_INVALID_STRIDES);
    t.strides[0] = 2 * 24 + 1;
    assert_int_equal(lrn_tensor_check_destination(&t, "dst", NULL), CLLRN_SUCCESS);
    /* One block: its stride counts for nothing, not even as zero. */
    t = make_blocked(3, (const int64_t[]){2, 8, 3}, 1, 8);
    t.strides[1] = 0;
    assert_int_equal(lrn_tensor_check_destination(&t, "dst", NULL), CLLRN_SUCCESS);
    t = good;
    t.strides[1] = 0;
    cllrn_error error = error_blank();
    assert_failed(CLLRN_INVALID_STRIDES, lrn_tensor_check_destination(&t, "dst", &error), &error);
    assert_non_null(strstr(error.message, "stride 0 at axis 1"));
    /* The elements within a block count towards the size. */
    t = good;
    t.strides[0] = (INT64_MAX >> 6) - 24 - 16;
    assert_int_equal(lrn_tensor_check(&t, "dst", NULL), CLLRN_SIZE_OVERFLOW);
}

static cllrn_status check_all(const cllrn_params *params, const cllrn_tensor *src,
                              const cllrn_tensor *dy, const cllrn_tensor *dst)
{
    cllrn_error error = error_blank();
    const cllrn_status status = lrn_tensor_check_all(params, src, dy, dst, &error);
    if (status == CLLRN_SUCCESS)
        assert_succeeded(status, &error);
    else
        assert_failed(status, status, &error);
    return status;
}

static void tensor_check_all__different_SHAPE_MISMATCH(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    const cllrn_tensor a = make_nchw(2, 3, 4, 5);
    cllrn_tensor b = a;
    (void)state;
    b.channel_axis = -3;
    assert_int_equal(check_all(&params, &a, NULL, &b), CLLRN_SUCCESS);
    assert_int_equal(check_all(&params, &a, &b, &a), CLLRN_SUCCESS);
    for (int which = 0; which < 8; ++which) {
        b = a;
        if (which < 4)
            ++b.dims[which];
        else if (which == 4)
            b.channel_axis = 2;
        else if (which == 5)
            b.rank = 3;
        else
            b.dtype = CLLRN_DTYPE_F64;
        if (which < 4)
            b = make_nchw(b.dims[0], b.dims[1], b.dims[2], b.dims[3]);
        assert_int_equal(check_all(&params, &a, NULL, &b), CLLRN_SHAPE_MISMATCH);
        assert_int_equal(check_all(&params, &a, &a, &b), CLLRN_SHAPE_MISMATCH);
        assert_int_equal(check_all(&params, &a, &b, &a), CLLRN_SHAPE_MISMATCH);
        assert_int_equal(check_all(&params, &b, &a, &a), CLLRN_SHAPE_MISMATCH);
    }
    /* Each tensor's own checks, and a destination's. */
    b = a;
    b.strides[0] = 0;
    assert_int_equal(check_all(&params, &b, &b, &a), CLLRN_SUCCESS);
    assert_int_equal(check_all(&params, &a, &a, &b), CLLRN_INVALID_STRIDES);
    b = a;
    b.channel_block = 5;
    assert_int_equal(check_all(&params, &b, &a, &a), CLLRN_INVALID_BLOCK);
    assert_int_equal(check_all(&params, &a, &b, &a), CLLRN_INVALID_BLOCK);
    assert_int_equal(check_all(&params, &a, &a, &b), CLLRN_INVALID_BLOCK);
    /* Blocks are each tensor's own business. */
    b = make_blocked(4, a.dims, 1, 8);
    assert_int_equal(check_all(&params, &a, &b, &a), CLLRN_SUCCESS);
    assert_int_equal(check_all(&params, &b, &a, &a), CLLRN_SUCCESS);
    assert_int_equal(check_all(&params, &a, &a, &b), CLLRN_SUCCESS);
}

static void tensor_check_all__mixed_dtypes_their_status(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    const cllrn_tensor t = make_nchw(2, 3, 4, 5);
    (void)state;
    for (int32_t a = CLLRN_DTYPE_F32; a <= CLLRN_DTYPE_F64; ++a)
        for (int32_t b = CLLRN_DTYPE_F32; b <= CLLRN_DTYPE_F64; ++b) {
            const cllrn_tensor src = with_dtype(t, a), dst = with_dtype(t, b);
            const bool pair = a == b || ((a == CLLRN_DTYPE_F32 || b == CLLRN_DTYPE_F32) &&
                                         a != CLLRN_DTYPE_F64 && b != CLLRN_DTYPE_F64);
            assert_int_equal(check_all(&params, &src, NULL, &dst),
                             pair ? CLLRN_SUCCESS : CLLRN_SHAPE_MISMATCH);
            for (int32_t c = CLLRN_DTYPE_F32; c <= CLLRN_DTYPE_F64; ++c) {
                const cllrn_tensor dy = with_dtype(t, c);
                bool has[CLLRN_DTYPE_F64 + 1] = {false};
                has[a] = has[b] = has[c] = true;
                const bool all_f64 =
                    a == CLLRN_DTYPE_F64 && b == CLLRN_DTYPE_F64 && c == CLLRN_DTYPE_F64;
                const bool good = all_f64 || (!has[CLLRN_DTYPE_F64] &&
                                              !(has[CLLRN_DTYPE_F16] && has[CLLRN_DTYPE_BF16]));
                assert_int_equal(check_all(&params, &src, &dy, &dst),
                                 good ? CLLRN_SUCCESS : CLLRN_SHAPE_MISMATCH);
            }
        }
}

static void tensor_check_all__window_axes_INVALID_WINDOW(void **state)
{
    (void)state;
    for (int32_t rank = 2; rank <= 5; ++rank)
        for (int32_t axes = 1; axes <= 3; ++axes) {
            static const int64_t dims[] = {2, 3, 4, 5, 6};
            const cllrn_tensor t = make_tensor(rank, dims, NULL, 1);
            cllrn_params params = make_region(1, 1, axes, 9.0, 1.0, 0.75, 1.0);
            assert_int_equal(check_all(&params, &t, NULL, &t),
                             axes <= rank - 1 ? CLLRN_SUCCESS : CLLRN_INVALID_WINDOW);
            set_axes(&params, 0);
            assert_int_equal(check_all(&params, &t, NULL, &t), CLLRN_SUCCESS);
        }
}

static void tensor_same_places__strides_of_single_elements_SUCCESS(void **state)
{
    const int64_t dims[] = {1, 3, 4}, a[] = {99, 4, 1}, b[] = {-5, 4, 1}, c[] = {99, 4, 2};
    const cllrn_tensor ta = make_tensor(3, dims, a, 1), tb = make_tensor(3, dims, b, 1),
                       tc = make_tensor(3, dims, c, 1);
    (void)state;
    assert_true(lrn_tensor_same_layout(&ta, &tb));
    assert_false(lrn_tensor_same_layout(&ta, &tc));
    for (int32_t dtype = CLLRN_DTYPE_F16; dtype <= CLLRN_DTYPE_F64; ++dtype) {
        const cllrn_tensor other = with_dtype(ta, dtype);
        assert_false(lrn_tensor_same_layout(&ta, &other));
        assert_true(lrn_tensor_same_layout(&other, &other));
    }
}

static void tensor_same_places__blocks_SUCCESS(void **state)
{
    const int64_t one[] = {2, 8, 3}, two[] = {2, 9, 3};
    cllrn_tensor a = make_blocked(3, one, 1, 8), b = a;
    (void)state;
    /* One block: its stride leads nowhere. */
    b.strides[1] = 1234;
    assert_true(lrn_tensor_same_layout(&a, &b));
    a = b = make_blocked(3, two, 1, 8);
    assert_true(lrn_tensor_same_layout(&a, &b));
    b.strides[1] *= 2;
    assert_false(lrn_tensor_same_layout(&a, &b));
    b = make_blocked(3, two, 1, 4);
    assert_false(lrn_tensor_same_layout(&a, &b));
    /* A block of 0 and one of 1 are the same. */
    a = b = make_nchw(2, 3, 4, 5);
    b.channel_block = 1;
    assert_true(lrn_tensor_same_layout(&a, &b));
    /* Channels side by side are not a block of them, as far as this goes. */
    a = make_nhwc(2, 8, 3, 3);
    b = a;
    b.channel_block = 8;
    assert_false(lrn_tensor_same_layout(&a, &b));
}

static void tensor_window_axes__of_each_region_SUCCESS(void **state)
{
    static const struct {
        int32_t rank, channel_axis, spatial_axes; /* 0: across channels */
        int count, axes[3];
    } rows[] = {
        {4, 1, 0, 1, {1}},       {4, -1, 0, 1, {3}},       {2, 0, 0, 1, {0}},
        {4, 1, 2, 2, {2, 3}},    {4, -1, 2, 2, {1, 2}},    {4, 1, 1, 1, {3}},
        {4, 3, 1, 1, {2}},       {4, 1, 3, 3, {0, 2, 3}},  {5, 1, 3, 3, {2, 3, 4}},
        {5, 4, 3, 3, {1, 2, 3}}, {3, 0, 2, 2, {1, 2}},     {2, 1, 1, 1, {0}},
        {8, 6, 3, 3, {4, 5, 7}}, {8, -8, 3, 3, {5, 6, 7}},
    };
    static const int64_t dims[] = {2, 2, 2, 2, 2, 2, 2, 2};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const cllrn_tensor t = make_tensor(rows[i].rank, dims, NULL, rows[i].channel_axis);
        const cllrn_params p = rows[i].spatial_axes > 0
                                   ? make_region(1, 1, rows[i].spatial_axes, 9.0, 1.0, 0.75, 1.0)
                                   : make_params(CLLRN_CONVENTION_TORCH, 3, 1.0, 0.75, 1.0);
        unsigned expected = 0;
        for (int a = 0; a < rows[i].count; ++a)
            expected |= 1u << rows[i].axes[a];
        assert_int_equal(lrn_tensor_window_axes(&p, &t), expected);
    }
}

static void tensor_next__as_brute_force_SUCCESS(void **state)
{
    enum { ROOM = 4000 };
    static int64_t offsets[ROOM];
    uint64_t random = 8;
    (void)state;
    for (int i = 0; i < 1000; ++i) {
        cllrn_tensor t = random_tensor(&random, 400);
        if (i % 2 == 0)
            random_block(&random, &t);
        random_strides(&random, &t);
        const size_t count = list_offsets(&t, offsets, ROOM);
        const int channels = lrn_tensor_channel_axis(&t);

        /* Positions in C order, each with its channels. */
        int64_t index[CLLRN_MAX_RANK] = {0};
        size_t at = 0;
        do {
            const int64_t place = lrn_tensor_offset(&t, index);
            assert_int_equal(index[channels], 0);
            for (int64_t c = 0; c < t.dims[channels]; ++c)
                assert_int_equal(place + lrn_tensor_axis_offset(&t, channels, c), offsets[at++]);
        } while (lrn_tensor_next(&t, ~(1u << channels), index));
        assert_int_equal(at, count);

        /* Over all axes, and over none: back at zeros behind the last. */
        int64_t all[CLLRN_MAX_RANK] = {0};
        size_t steps = 1;
        while (lrn_tensor_next(&t, ~0u, all))
            ++steps;
        assert_int_equal(steps, count);
        assert_false(lrn_tensor_next(&t, 0, all));
        for (int axis = 0; axis < t.rank; ++axis)
            assert_true(all[axis] == 0 && index[axis] == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tensor_set__c_order_SUCCESS),
        TEST(tensor_set__strides_given_SUCCESS),
        TEST(tensor_set__of_its_own_fields_SUCCESS),
        TEST(tensor_set__empty_SUCCESS),
        TEST(tensor_set__bad_input_their_status),
        TEST(tensor_set__dtype_and_rank_exchanged_INVALID_RANK),
        TEST(tensor_set_blocked__strides_SUCCESS),
        TEST(tensor_set_blocked__bad_input_their_status),
        TEST(tensor_span__as_brute_force_SUCCESS),
        TEST(tensor_span__empty_and_bad_their_status),
        TEST(dtype__size_and_string_SUCCESS),
        TEST(tensor_check__bad_tensors_their_status),
        TEST(tensor_check__overflow_SIZE_OVERFLOW),
        TEST(tensor_check_destination__shared_places_INVALID_STRIDES),
        TEST(tensor_check_destination__blocks_INVALID_STRIDES),
        TEST(tensor_check_all__different_SHAPE_MISMATCH),
        TEST(tensor_check_all__mixed_dtypes_their_status),
        TEST(tensor_check_all__window_axes_INVALID_WINDOW),
        TEST(tensor_same_places__strides_of_single_elements_SUCCESS),
        TEST(tensor_same_places__blocks_SUCCESS),
        TEST(tensor_window_axes__of_each_region_SUCCESS),
        TEST(tensor_next__as_brute_force_SUCCESS),
    };
    return cmocka_run_group_tests_name("tensor", tests, NULL, NULL);
}
