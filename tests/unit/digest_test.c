/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <stdlib.h>

static uint64_t digest(const cllrn_tensor *tensor, const void *data, uint64_t first)
{
    uint64_t sum = 0;
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_digest(tensor, data, first, &sum, &error), &error);
    return sum;
}

enum { N = 2, C = 5, H = 3, W = 4, COUNT = N * C * H * W };

static void make_data(float *nchw, float *nhwc)
{
    uint64_t random = 21;
    for (int n = 0; n < N; ++n)
        for (int c = 0; c < C; ++c)
            for (int p = 0; p < H * W; ++p) {
                const float x = random_float(&random, -9.0f, 9.0f);
                nchw[(n * C + c) * H * W + p] = x;
                nhwc[(n * H * W + p) * C + c] = x;
            }
}

static void digest__independent_of_layout_SUCCESS(void **state)
{
    float nchw[COUNT], nhwc[COUNT], other[1000];
    (void)state;
    make_data(nchw, nhwc);
    const cllrn_tensor first = make_nchw(N, C, H, W), last = make_nhwc(N, C, H, W);
    const uint64_t expected = digest(&first, nchw, 0);

    assert_true(digest(&last, nhwc, 0) == expected);
    /* Other ranks with the same positions. */
    const int64_t flat[] = {N, C, H * W}, flat_last[] = {N * H * W, C},
                  spread[] = {1, N, C, H, 1, W};
    cllrn_tensor t = make_tensor(3, flat, NULL, 1);
    assert_true(digest(&t, nchw, 0) == expected);
    t = make_tensor(2, flat_last, NULL, 1);
    assert_true(digest(&t, nhwc, 0) == expected);
    t = make_tensor(6, spread, NULL, 2);
    assert_true(digest(&t, nchw, 0) == expected);
    /* Any strides. */
    const int64_t dims[] = {N, C, H, W}, strides[] = {-2, 9, -60, 195};
    t = make_tensor(4, dims, strides, 1);
    int64_t from[COUNT], to[COUNT];
    list_offsets(&first, from, COUNT);
    list_offsets(&t, to, COUNT);
    float *origin = other + 200;
    for (int i = 0; i < COUNT; ++i) {
        assert_true(to[i] >= -200 && to[i] < 800);
        origin[to[i]] = nchw[from[i]];
    }
    assert_true(digest(&t, origin, 0) == expected);
}

static void digest__slices_add_up_SUCCESS(void **state)
{
    float nchw[COUNT], nhwc[COUNT];
    (void)state;
    make_data(nchw, nhwc);
    const cllrn_tensor whole = make_nchw(N, C, H, W), item = make_nchw(1, C, H, W);
    const uint64_t expected = digest(&whole, nchw, 0);

    uint64_t sum = 0;
    for (int n = 0; n < N; ++n)
        assert_int_equal(cllrn_digest(&item, nchw + n * C * H * W, (uint64_t)n * H * W, &sum, NULL),
                         CLLRN_SUCCESS);
    assert_true(sum == expected);
    /* By rows, and it begins with whatever was there. */
    const int64_t dims[] = {1, C, 1, W}, strides[] = {C * H * W, H * W, W, 1};
    const cllrn_tensor row = make_tensor(4, dims, strides, 1);
    sum = 1000;
    for (int n = 0; n < N; ++n)
        for (int h = 0; h < H; ++h)
            assert_int_equal(cllrn_digest(&row, nchw + n * C * H * W + h * W,
                                          (uint64_t)(n * H + h) * W, &sum, NULL),
                             CLLRN_SUCCESS);
    assert_true(sum == expected + 1000);
    assert_true(digest(&whole, nchw, 1) != expected);
}

static void digest_box__boxes_add_up_SUCCESS(void **state)
{
    uint64_t random = 23;
    (void)state;
    for (int round = 0; round < 300; ++round) {
        enum { ROOM = 20000 };
        static unsigned char memory[8 * ROOM];
        cllrn_tensor whole = random_tensor(&random, 300);
        random_layout(&random, &whole);
        int64_t elements, below, cut[CLLRN_MAX_RANK];
        assert_int_equal(cllrn_tensor_span(&whole, &elements, &below, NULL), CLLRN_SUCCESS);
        assert_true(elements <= ROOM);
        for (size_t i = 0; i < sizeof memory; ++i)
            memory[i] = (unsigned char)random_next(&random);
        const int64_t size = (int64_t)cllrn_dtype_size(whole.dtype);
        for (int axis = 0; axis < whole.rank; ++axis)
            cut[axis] = random_below(&random, whole.dims[axis] + 1);
        /* Every axis, the channels too, in two; some of the boxes are empty. */
        uint64_t added = 1000;
        for (int number = 0; number < 1 << whole.rank; ++number) {
            cllrn_tensor box = whole;
            int64_t first[CLLRN_MAX_RANK], place = below;
            for (int axis = 0; axis < whole.rank; ++axis) {
                const bool upper = (number >> axis & 1) != 0;
                first[axis] = upper ? cut[axis] : 0;
                box.dims[axis] = upper ? whole.dims[axis] - cut[axis] : cut[axis];
                place += first[axis] * whole.strides[axis];
            }
            cllrn_error error = error_blank();
            assert_succeeded(
                cllrn_digest_box(&box, memory + place * size, first, whole.dims, &added, &error),
                &error);
        }
        assert_true(added == digest(&whole, memory + below * size, 0) + 1000);
    }
}

static void digest_box__outside_INVALID_DIMS(void **state)
{
    static const struct {
        int64_t first[2], whole[2];
    } boxes[] = {{{-1, 0}, {3, 2}},
                 {{0, 0}, {2, 2}},
                 {{0, 1}, {3, 2}},
                 {{1, 0}, {3, 2}},
                 {{INT64_MAX, 0}, {INT64_MAX, 2}},
                 {{0, INT64_MIN}, {3, 2}},
                 {{0, 0}, {3, INT64_MIN}}};
    const float data[6] = {0};
    const int64_t dims[] = {3, 2}, none[] = {0, 0};
    const cllrn_tensor t = make_tensor(2, dims, NULL, 1);
    uint64_t sum = 77;
    (void)state;
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; ++i) {
        cllrn_error error = error_blank();
        assert_failed(CLLRN_INVALID_DIMS,
                      cllrn_digest_box(&t, data, boxes[i].first, boxes[i].whole, &sum, &error),
                      &error);
    }
    cllrn_error error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_digest_box(&t, NULL, none, dims, &sum, &error),
                  &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_digest_box(&t, data, NULL, dims, &sum, &error),
                  &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_digest_box(&t, data, none, NULL, &sum, &error),
                  &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_digest_box(&t, data, none, dims, NULL, &error),
                  &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_digest_box(NULL, data, none, dims, &sum, &error),
                  &error);
    assert_true(sum == 77);
}

static void digest__every_bit_and_place_counts_SUCCESS(void **state)
{
    float nchw[COUNT], nhwc[COUNT];
    uint64_t seen[COUNT * 33];
    size_t count = 0;
    (void)state;
    make_data(nchw, nhwc);
    const cllrn_tensor t = make_nchw(N, C, H, W);
    seen[count++] = digest(&t, nchw, 0);
    for (int i = 0; i < COUNT; ++i)
        for (int bit = 0; bit < 32; bit += 3) {
            uint32_t bits;
            const float before = nchw[i];
            memcpy(&bits, &before, sizeof bits);
            bits ^= UINT32_C(1) << bit;
            memcpy(&nchw[i], &bits, sizeof bits);
            seen[count++] = digest(&t, nchw, 0);
            nchw[i] = before;
        }
    for (int i = 1; i < COUNT; ++i) {
        const float swapped = nchw[i];
        nchw[i] = nchw[i - 1];
        nchw[i - 1] = swapped;
        seen[count++] = digest(&t, nchw, 0);
        nchw[i - 1] = nchw[i];
        nchw[i] = swapped;
    }
    for (size_t i = 0; i < count; ++i)
        for (size_t j = 0; j < i; ++j)
            assert_true(seen[i] != seen[j]);
}

static void digest__special_values_SUCCESS(void **state)
{
    static const uint32_t nans[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0xff812345, 0x7fffffff};
    const int64_t dims[] = {1, 1};
    const cllrn_tensor t = make_tensor(2, dims, NULL, 1);
    (void)state;
    const uint64_t expected = digest(&t, &nans[0], 0);
    for (size_t i = 0; i < sizeof nans / sizeof *nans; ++i)
        assert_true(digest(&t, &nans[i], 0) == expected);
    /* An infinity is no NaN, and the sign of zero counts. */
    const float values[] = {INFINITY, -INFINITY, 0.0f, -0.0f, 1e-45f};
    for (size_t i = 0; i < sizeof values / sizeof *values; ++i) {
        assert_true(digest(&t, &values[i], 0) != expected);
        for (size_t j = 0; j < i; ++j)
            assert_true(digest(&t, &values[i], 0) != digest(&t, &values[j], 0));
    }
}

static uint64_t mix(uint64_t x)
{
    for (int half = 0; half < 2; ++half)
        x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ (x >> 32);
}

/* The numbers are a contract: files and other machines hold them. */
static void digest__known_values_SUCCESS(void **state)
{
    float data[6] = {1.0f, -2.5f, 0.0f, 1e30f, 3.0f, -0.0f};
    const int64_t dims[] = {3, 2};
    const cllrn_tensor t = make_tensor(2, dims, NULL, 1);
    uint64_t expected = 0;
    (void)state;
    for (uint64_t i = 0; i < 6; ++i)
        expected += mix(mix(i + UINT64_C(0x9e3779b97f4a7c15)) + float_bits(data[i]));
    assert_true(digest(&t, data, 0) == expected);
}

/* Patterns of bits in the least significant bytes, as a tensor of a dtype stores them. */
static void put_bits(int32_t dtype, void *data, int64_t at, uint64_t bits)
{
    const size_t size = cllrn_dtype_size(dtype);
    const uint16_t bits16 = (uint16_t)bits;
    const uint32_t bits32 = (uint32_t)bits;
    memcpy((unsigned char *)data + at * (int64_t)size,
           size == 2   ? (const void *)&bits16
           : size == 4 ? (const void *)&bits32
                       : (const void *)&bits,
           size);
}

static const struct {
    int32_t dtype;
    uint64_t nan, nans[4], infinity;
} dtypes[] = {
    {CLLRN_DTYPE_F32, 0x7fc00000, {0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff}, 0x7f800000},
    {CLLRN_DTYPE_F16, 0x7e00, {0x7e00, 0xfe00, 0x7c01, 0xffff}, 0x7c00},
    {CLLRN_DTYPE_BF16, 0x7fc0, {0x7fc0, 0xffc0, 0x7f81, 0xffff}, 0x7f80},
    {CLLRN_DTYPE_F64,
     UINT64_C(0x7ff8000000000000),
     {UINT64_C(0x7ff8000000000000), UINT64_C(0xfff8000000000000), UINT64_C(0x7ff0000000000001),
      UINT64_MAX},
     UINT64_C(0x7ff0000000000000)},
};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* The same elements in every layout, blocks and all: the plain digest, written out once more. */
static void digest__blocked_as_plain_in_every_dtype_SUCCESS(void **state)
{
    enum { ROOM = 20000 };
    static unsigned char memory[8 * ROOM];
    static int64_t offsets[ROOM];
    uint64_t random = 22;
    (void)state;
    for (int round = 0; round < 600; ++round) {
        cllrn_tensor t = random_tensor(&random, 300);
        if (round % 3 != 0)
            random_block(&random, &t);
        random_layout(&random, &t);
        const size_t d = (size_t)random_below(&random, DTYPES);
        const int64_t size = (int64_t)cllrn_dtype_size(dtypes[d].dtype);
        const uint64_t first = random_next(&random) % 1000;
        int64_t elements, below;
        t.dtype = dtypes[d].dtype;
        assert_int_equal(cllrn_tensor_span(&t, &elements, &below, NULL), CLLRN_SUCCESS);
        assert_true(elements <= ROOM);
        const size_t count = list_offsets(&t, offsets, ROOM);
        const int channel_axis = t.channel_axis < 0 ? t.channel_axis + t.rank : t.channel_axis;
        const uint64_t begin = first * (uint64_t)t.dims[channel_axis];
        /* What is between, and what fills up blocks, counts for nothing. */
        for (size_t i = 0; i < sizeof memory; ++i)
            memory[i] = (unsigned char)random_next(&random);
        uint64_t expected = 0;
        for (size_t i = 0; i < count; ++i) {
            uint64_t bits = random_next(&random);
            if (size < 8)
                bits &= (UINT64_C(1) << 8 * size) - 1;
            const bool is_nan = (bits & ~(UINT64_C(1) << (8 * size - 1))) > dtypes[d].infinity;
            put_bits(t.dtype, memory, below + offsets[i], bits);
            expected += mix(mix(begin + i + UINT64_C(0x9e3779b97f4a7c15)) +
                            (is_nan ? dtypes[d].nan : bits));
        }
        assert_true(digest(&t, memory + below * size, first) == expected);
    }
}

static void digest__nans_of_every_dtype_are_one_SUCCESS(void **state)
{
    const int64_t dims[] = {1, 1};
    (void)state;
    for (size_t d = 0; d < DTYPES; ++d) {
        const cllrn_tensor t = with_dtype(make_tensor(2, dims, NULL, 1), dtypes[d].dtype);
        uint64_t value;
        put_bits(t.dtype, &value, 0, dtypes[d].nan);
        const uint64_t expected = digest(&t, &value, 0);
        for (int i = 0; i < 4; ++i) {
            put_bits(t.dtype, &value, 0, dtypes[d].nans[i]);
            assert_true(digest(&t, &value, 0) == expected);
        }
        put_bits(t.dtype, &value, 0, dtypes[d].infinity);
        assert_true(digest(&t, &value, 0) != expected);
    }
}

static void digest__empty_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 0, 3};
    const cllrn_tensor t = make_tensor(3, dims, NULL, 1);
    uint64_t sum = 77;
    (void)state;
    assert_int_equal(cllrn_digest(&t, NULL, 5, &sum, NULL), CLLRN_SUCCESS);
    assert_true(sum == 77);
}

static void digest__bad_input_their_status(void **state)
{
    const float data[6] = {0};
    const int64_t dims[] = {3, 2};
    const cllrn_tensor good = make_tensor(2, dims, NULL, 1);
    cllrn_tensor bad = good;
    uint64_t sum = 77;
    cllrn_error error = error_blank();
    (void)state;
    bad.channel_block = 3;
    assert_failed(CLLRN_INVALID_BLOCK, cllrn_digest(&bad, data, 0, &sum, &error), &error);
    bad.rank = 1;
    error = error_blank();
    assert_failed(CLLRN_INVALID_RANK, cllrn_digest(&bad, data, 0, &sum, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_digest(NULL, data, 0, &sum, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_digest(&good, NULL, 0, &sum, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_digest(&good, data, 0, NULL, &error), &error);
    assert_true(sum == 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(digest__independent_of_layout_SUCCESS),
        TEST(digest__slices_add_up_SUCCESS),
        TEST(digest_box__boxes_add_up_SUCCESS),
        TEST(digest_box__outside_INVALID_DIMS),
        TEST(digest__every_bit_and_place_counts_SUCCESS),
        TEST(digest__special_values_SUCCESS),
        TEST(digest__known_values_SUCCESS),
        TEST(digest__blocked_as_plain_in_every_dtype_SUCCESS),
        TEST(digest__nans_of_every_dtype_are_one_SUCCESS),
        TEST(digest__empty_SUCCESS),
        TEST(digest__bad_input_their_status),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
