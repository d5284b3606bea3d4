/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn_tensor_from_dlpack. The DLTensor here is written by hand; the adapter's test has dlpack.h.
 */
#include "support.h"

typedef struct dl_tensor {
    void *data;
    struct {
        int32_t type, id;
    } device;
    int32_t ndim;
    struct {
        uint8_t code, bits;
        uint16_t lanes;
    } dtype;
    int64_t *shape, *strides;
    uint64_t byte_offset;
} dl_tensor;

enum { FLOAT = 2, BFLOAT = 4, CPU = 1, OPENCL = 4 };

static char memory_of_the_test[64];

/* A compact float32 tensor of (2, 3, 4) on the CPU. */
static dl_tensor make_dl_tensor(void)
{
    static int64_t shape[] = {2, 3, 4};
    return (dl_tensor){.data = memory_of_the_test,
                       .device = {.type = CPU},
                       .ndim = 3,
                       .dtype = {.code = FLOAT, .bits = 32, .lanes = 1},
                       .shape = shape};
}

static void refuse(cllrn_status expected, const dl_tensor *from)
{
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    const cllrn_tensor no_tensor = CLLRN_TENSOR_INIT;
    const cllrn_memory no_memory = CLLRN_MEMORY_INIT;
    cllrn_error error = error_blank();

    const cllrn_status status = cllrn_tensor_from_dlpack(from, 1, &tensor, &memory, &error);

    assert_failed(expected, status, &error);
    assert_memory_equal(&tensor, &no_tensor, sizeof tensor);
    assert_memory_equal(&memory, &no_memory, sizeof memory);
    assert_int_equal(cllrn_tensor_from_dlpack(from, 1, &tensor, &memory, NULL), expected);
}

static void accept(const dl_tensor *from, cllrn_tensor *tensor, cllrn_memory *memory)
{
    const cllrn_tensor no_tensor = CLLRN_TENSOR_INIT;
    const cllrn_memory no_memory = CLLRN_MEMORY_INIT;
    cllrn_error error = error_blank();
    *tensor = no_tensor;
    *memory = no_memory;
    assert_succeeded(cllrn_tensor_from_dlpack(from, 1, tensor, memory, &error), &error);
    assert_int_equal(tensor->struct_size, sizeof *tensor);
    assert_int_equal(memory->struct_size, sizeof *memory);
}

static void tensor_from_dlpack__null_INVALID_ARGUMENT(void **state)
{
    dl_tensor from = make_dl_tensor();
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    (void)state;

    assert_int_equal(cllrn_tensor_from_dlpack(&from, 1, NULL, &memory, NULL), 100);
    assert_int_equal(cllrn_tensor_from_dlpack(&from, 1, &tensor, NULL, NULL), 100);
    assert_int_equal(memory.offset, 0);
    assert_int_equal(tensor.rank, 0);
    refuse(CLLRN_INVALID_ARGUMENT, NULL);
    from.shape = NULL;
    refuse(CLLRN_INVALID_ARGUMENT, &from);
}

static void tensor_from_dlpack__not_initialised_INVALID_ARGUMENT(void **state)
{
    const dl_tensor from = make_dl_tensor();
    cllrn_tensor tensor = CLLRN_TENSOR_INIT, bad_tensor = {0};
    cllrn_memory memory = CLLRN_MEMORY_INIT, bad_memory = {0};
    (void)state;
    assert_int_equal(cllrn_tensor_from_dlpack(&from, 1, &bad_tensor, &memory, NULL), 100);
    assert_int_equal(cllrn_tensor_from_dlpack(&from, 1, &tensor, &bad_memory, NULL), 100);
    assert_int_equal(tensor.rank, 0);
}

/* Every code, bits and lanes near those that are computed. */
static void tensor_from_dlpack__dtypes(void **state)
{
    size_t accepted = 0;
    (void)state;
    for (int code = 0; code < 256; ++code)
        for (int bits = 0; bits < 256; ++bits)
            for (int lanes = 0; lanes < 3; ++lanes) {
                dl_tensor from = make_dl_tensor();
                cllrn_tensor tensor;
                cllrn_memory memory;
                from.dtype.code = (uint8_t)code;
                from.dtype.bits = (uint8_t)bits;
                from.dtype.lanes = (uint16_t)lanes;
                const cllrn_dtype expected = lanes != 1                     ? 0
                                             : code == BFLOAT && bits == 16 ? CLLRN_DTYPE_BF16
                                             : code != FLOAT                ? 0
                                             : bits == 16                   ? CLLRN_DTYPE_F16
                                             : bits == 32                   ? CLLRN_DTYPE_F32
                                             : bits == 64                   ? CLLRN_DTYPE_F64
                                                                            : 0;
                if (expected == 0) {
                    refuse(CLLRN_INVALID_DTYPE, &from);
                    continue;
                }
                accept(&from, &tensor, &memory);
                assert_int_equal(tensor.dtype, expected);
                ++accepted;
            }
    assert_int_equal(accepted, 4);
    dl_tensor from = make_dl_tensor();
    from.dtype.lanes = 257; /* whose lower byte is 1 */
    refuse(CLLRN_INVALID_DTYPE, &from);
}

static void tensor_from_dlpack__devices(void **state)
{
    (void)state;
    for (int32_t type = -2; type < 30; ++type) {
        dl_tensor from = make_dl_tensor();
        cllrn_tensor tensor;
        cllrn_memory memory;
        from.device.type = type;
        from.device.id = 3;
        from.byte_offset = 8;
        if (type != 1 && type != 3 && type != 4 && type != 11) {
            cllrn_error error = error_blank();
            refuse(CLLRN_UNSUPPORTED, &from);
            cllrn_tensor none = CLLRN_TENSOR_INIT;
            memory = (cllrn_memory)CLLRN_MEMORY_INIT;
            cllrn_tensor_from_dlpack(&from, 1, &none, &memory, &error);
            assert_non_null(strstr(error.message, "copy the tensor to the CPU first"));
            continue;
        }
        accept(&from, &tensor, &memory);
        assert_int_equal(memory.kind, type == OPENCL ? CLLRN_MEMORY_BUFFER : CLLRN_MEMORY_HOST);
        assert_ptr_equal(memory.buffer, type == OPENCL ? memory_of_the_test : NULL);
        assert_ptr_equal(memory.pointer, type == OPENCL ? NULL : memory_of_the_test);
        assert_int_equal(memory.offset, 8);
    }
}

static void tensor_from_dlpack__no_strides_C_order(void **state)
{
    const dl_tensor from = make_dl_tensor();
    cllrn_tensor tensor;
    cllrn_memory memory;
    (void)state;
    accept(&from, &tensor, &memory);
    const int64_t dims[] = {2, 3, 4}, strides[] = {12, 4, 1};
    assert_int_equal(tensor.rank, 3);
    assert_int_equal(tensor.channel_axis, 1);
    assert_int_equal(tensor.channel_block, 0);
    assert_memory_equal(tensor.dims, dims, sizeof dims);
    assert_memory_equal(tensor.strides, strides, sizeof strides);
    assert_int_equal(memory.offset, 0);
}

static void tensor_from_dlpack__strides_and_offset_taken(void **state)
{
    int64_t strides[] = {-100, 0, INT64_MAX};
    dl_tensor from = make_dl_tensor();
    cllrn_tensor tensor;
    cllrn_memory memory;
    (void)state;
    from.strides = strides;
    from.byte_offset = UINT64_MAX;
    accept(&from, &tensor, &memory);
    assert_memory_equal(tensor.strides, strides, sizeof strides);
    assert_true(memory.offset == UINT64_MAX);
}

/* A tensor that was filled before is filled anew. */
static void tensor_from_dlpack__used_before_SUCCESS(void **state)
{
    const dl_tensor from = make_dl_tensor();
    cllrn_tensor tensor = make_blocked(4, (int64_t[]){1, 8, 3, 3}, 1, 8), expected;
    cllrn_memory memory = make_memory((cl_mem)UNTOUCHED, 77), expected_memory;
    (void)state;
    accept(&from, &expected, &expected_memory);
    assert_int_equal(cllrn_tensor_from_dlpack(&from, 1, &tensor, &memory, NULL), CLLRN_SUCCESS);
    assert_memory_equal(&tensor, &expected, sizeof tensor);
    assert_memory_equal(&memory, &expected_memory, sizeof memory);
}

static void tensor_from_dlpack__ranks(void **state)
{
    int64_t shape[] = {1, 2, 1, 1, 1, 1, 1, 1, 1};
    (void)state;
    for (int32_t ndim = -1; ndim <= 9; ++ndim) {
        dl_tensor from = make_dl_tensor();
        cllrn_tensor tensor;
        cllrn_memory memory;
        from.shape = shape;
        from.ndim = ndim;
        if (ndim >= 2 && ndim <= 8) {
            accept(&from, &tensor, &memory);
            assert_int_equal(tensor.rank, ndim);
            continue;
        }
        refuse(CLLRN_INVALID_RANK, &from);
        if (ndim <= 0) {
            from.shape = NULL;
            refuse(CLLRN_INVALID_RANK, &from);
        }
    }
}

static void tensor_from_dlpack__no_data(void **state)
{
    int64_t empty[] = {2, 3, 0};
    cllrn_tensor tensor;
    cllrn_memory memory;
    (void)state;
    for (int32_t type = CPU; type <= OPENCL; type += OPENCL - CPU) {
        dl_tensor from = make_dl_tensor();
        from.data = NULL;
        from.device.type = type;
        refuse(CLLRN_INVALID_BUFFER, &from);
        from.shape = empty;
        accept(&from, &tensor, &memory);
        assert_null(memory.pointer);
        assert_null(memory.buffer);
    }
}

static void tensor_from_dlpack__dims(void **state)
{
    int64_t negative[] = {2, -3, 4}, large[] = {INT64_MAX / 2, 3, 4};
    dl_tensor from = make_dl_tensor();
    (void)state;
    from.shape = negative;
    refuse(CLLRN_INVALID_DIMS, &from);
    from.shape = large;
    refuse(CLLRN_SIZE_OVERFLOW, &from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tensor_from_dlpack__null_INVALID_ARGUMENT),
        TEST(tensor_from_dlpack__not_initialised_INVALID_ARGUMENT),
        TEST(tensor_from_dlpack__dtypes),
        TEST(tensor_from_dlpack__devices),
        TEST(tensor_from_dlpack__no_strides_C_order),
        TEST(tensor_from_dlpack__strides_and_offset_taken),
        TEST(tensor_from_dlpack__used_before_SUCCESS),
        TEST(tensor_from_dlpack__ranks),
        TEST(tensor_from_dlpack__no_data),
        TEST(tensor_from_dlpack__dims),
    };
    return cmocka_run_group_tests_name("dlpack", tests, NULL, NULL);
}
