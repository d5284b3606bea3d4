/* SPDX-License-Identifier: Apache-2.0 */
/* LRN as StarPU tasks, on the workers that the environment gives: bits of the host build. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cllrn_starpu.h>
#include <cllrn_verify.h>
#include <starpu_opencl.h>

enum { N = 5, C = 12, P = 35, ELEMENTS = N * C * P, MOST_BYTES = 8 * ELEMENTS };
enum { X, DY, Y, DX, TENSORS };

/* How the tensors lie: as a block z, y, x whose lines have gaps. */
typedef struct shape {
    uint32_t z, y, x, gap;
    int32_t channel_axis;
} shape;

static const shape nchw = {N, C, P, 0, 1}, nhwc = {N, P, C, 0, 2}, gapped = {N, C, P, 3, 1};

typedef struct setup {
    shape shape;
    cllrn_dtype dtype;
    cllrn_params params;
    cllrn_starpu *forward, *backward;
    unsigned char *memory[TENSORS], *expected[TENSORS];
    starpu_data_handle_t handles[TENSORS];
} setup;

static size_t bytes_of(const setup *s)
{
    return cllrn_dtype_size(s->dtype) * s->shape.z * s->shape.y * (s->shape.x + s->shape.gap);
}

static cllrn_tensor tensor_of(const setup *s)
{
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    const int64_t dims[] = {s->shape.z, s->shape.y, s->shape.x};
    const int64_t line = s->shape.x + s->shape.gap, strides[] = {line * s->shape.y, line, 1};
    assert_int_equal(CLLRN_SUCCESS, cllrn_tensor_set(&tensor, s->dtype, 3, dims, strides,
                                                     s->shape.channel_axis, NULL));
    return tensor;
}

/* Small whole numbers of eighths, which all dtypes hold. */
static void fill(const setup *s, unsigned char *memory, unsigned factor)
{
    const size_t size = cllrn_dtype_size(s->dtype), count = bytes_of(s) / size;
    for (size_t i = 0; i < count; ++i) {
        const double number = ((double)(i * factor % 64) - 31) / 8;
        const float single = (float)number;
        uint32_t bits;
        memcpy(&bits, &single, sizeof bits);
        const uint16_t half = (uint16_t)(bits >> 16);
        memcpy(memory + i * size,
               s->dtype == CLLRN_DTYPE_F64   ? (const void *)&number
               : s->dtype == CLLRN_DTYPE_F32 ? (const void *)&single
                                             : (const void *)&half,
               size);
    }
}

static cllrn_starpu *make(cllrn_direction direction, const cllrn_params *params,
                          int32_t channel_axis, cllrn_dtype dtype)
{
    cllrn_starpu *lrn = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_starpu_description what = CLLRN_STARPU_DESCRIPTION_INIT;
    what.direction = direction;
    what.params = params;
    what.channel_axis = channel_axis;
    what.src = what.dst = dtype;
    what.dy = direction == CLLRN_DIRECTION_BACKWARD ? dtype : 0;
    if (cllrn_starpu_create(&what, &lrn, &error) != CLLRN_SUCCESS)
        print_error("%s\n", error.message);
    assert_non_null(lrn);
    return lrn;
}

static void compute_expected(const setup *s)
{
    const cllrn_tensor t = tensor_of(s);
    memset(s->expected[Y], 0x55, bytes_of(s));
    memset(s->expected[DX], 0x55, bytes_of(s));
    assert_int_equal(CLLRN_SUCCESS,
                     cllrn_host_forward(&s->params, &t, s->memory[X], &t, s->expected[Y], NULL));
    assert_int_equal(CLLRN_SUCCESS, cllrn_host_backward(&s->params, &t, s->memory[X], &t,
                                                        s->memory[DY], &t, s->expected[DX], NULL));
}

static setup *open_setup(shape how, cllrn_dtype dtype)
{
    setup *const s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->shape = how;
    s->dtype = dtype;
    s->params = (cllrn_params)CLLRN_PARAMS_INIT;
    assert_int_equal(CLLRN_SUCCESS, cllrn_params_across(&s->params, CLLRN_CONVENTION_TORCH, 4, 0.5,
                                                        0.75, 1.25, NULL));
    for (int i = 0; i < TENSORS; ++i) {
        s->memory[i] = malloc(bytes_of(s));
        s->expected[i] = malloc(bytes_of(s));
        assert_non_null(s->memory[i]);
        assert_non_null(s->expected[i]);
        memset(s->memory[i], 0x55, bytes_of(s));
        const uint32_t line = how.x + how.gap;
        starpu_block_data_register(&s->handles[i], STARPU_MAIN_RAM, (uintptr_t)s->memory[i], line,
                                   line * how.y, how.x, how.y, how.z, cllrn_dtype_size(dtype));
    }
    fill(s, s->memory[X], 37);
    fill(s, s->memory[DY], 23);
    compute_expected(s);
    s->forward = make(CLLRN_DIRECTION_FORWARD, &s->params, how.channel_axis, dtype);
    s->backward = make(CLLRN_DIRECTION_BACKWARD, &s->params, how.channel_axis, dtype);
    return s;
}

/* StarPU copies what a device has back to the memory. */
static void unregister(setup *s)
{
    for (int i = 0; i < TENSORS; ++i) {
        if (s->handles[i] != NULL)
            starpu_data_unregister(s->handles[i]);
        s->handles[i] = NULL;
    }
}

static void close_setup(setup *s)
{
    unregister(s);
    for (int i = 0; i < TENSORS; ++i) {
        free(s->memory[i]);
        free(s->expected[i]);
    }
    cllrn_starpu_destroy(s->forward);
    cllrn_starpu_destroy(s->backward);
    free(s);
}

static void prepare(const setup *s, const starpu_data_handle_t *handles)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    if (cllrn_starpu_prepare(s->forward, handles[X], NULL, handles[Y], &error) ||
        cllrn_starpu_prepare(s->backward, handles[X], handles[DY], handles[DX], &error))
        print_error("%s\n", error.message);
    assert_int_equal(CLLRN_SUCCESS, error.status);
}

static void insert(const setup *s, const starpu_data_handle_t *handles)
{
    assert_int_equal(0, starpu_task_insert(cllrn_starpu_codelet(s->forward), STARPU_R, handles[X],
                                           STARPU_W, handles[Y], 0));
    assert_int_equal(0, starpu_task_insert(cllrn_starpu_codelet(s->backward), STARPU_R, handles[X],
                                           STARPU_R, handles[DY], STARPU_W, handles[DX], 0));
}

static void wait_and_check(setup *s)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    const cllrn_tensor t = tensor_of(s);
    assert_int_equal(0, starpu_task_wait_for_all());
    unregister(s);
    if (cllrn_starpu_check(s->forward, &error) || cllrn_starpu_check(s->backward, &error))
        print_error("%s\n", error.message);
    assert_int_equal(CLLRN_SUCCESS, error.status);
    for (int i = Y; i <= DX; ++i) {
        uint64_t digest = 0, expected = 0;
        assert_int_equal(CLLRN_SUCCESS, cllrn_digest(&t, s->memory[i], 0, &digest, NULL));
        assert_int_equal(CLLRN_SUCCESS, cllrn_digest(&t, s->expected[i], 0, &expected, NULL));
        assert_int_equal(expected, digest);
        if (s->shape.gap == 0 || starpu_opencl_worker_get_count() == 0)
            assert_memory_equal(s->expected[i], s->memory[i], bytes_of(s));
    }
}

/* ---------------------------------------------------------------------- tests */

static void run_whole(shape how, cllrn_dtype dtype)
{
    setup *const s = open_setup(how, dtype);
    prepare(s, s->handles);
    insert(s, s->handles);
    wait_and_check(s);
    close_setup(s);
}

static void task__whole_tensors_HOST_BITS(void **state)
{
    (void)state;
    for (cllrn_dtype dtype = CLLRN_DTYPE_F32; dtype <= CLLRN_DTYPE_F64; ++dtype) {
        run_whole(nchw, dtype);
        run_whole(nhwc, dtype);
        run_whole(gapped, dtype);
    }
}

/* With `before` the device has the whole tensors when they are divided: parts have strides. */
static void run_parts(shape how, int32_t axis, uint32_t parts, bool before)
{
    setup *const s = open_setup(how, CLLRN_DTYPE_F32);
    struct starpu_data_filter filter;
    if (before) {
        insert(s, s->handles);
        assert_int_equal(0, starpu_task_wait_for_all());
    }
    assert_int_equal(CLLRN_SUCCESS,
                     cllrn_starpu_filter(s->forward, s->handles[X], axis, parts, &filter, NULL));
    for (int i = 0; i < TENSORS; ++i)
        starpu_data_partition(s->handles[i], &filter);
    for (unsigned number = 0; number < filter.nchildren; ++number) {
        starpu_data_handle_t handles[TENSORS];
        for (int i = 0; i < TENSORS; ++i)
            handles[i] = starpu_data_get_child(s->handles[i], (unsigned)number);
        if (number == 0)
            prepare(s, handles);
        insert(s, handles);
    }
    for (int i = 0; i < TENSORS; ++i)
        starpu_data_unpartition(s->handles[i], STARPU_MAIN_RAM);
    wait_and_check(s);
    close_setup(s);
}

static void task__parts_of_batch_and_positions_HOST_BITS(void **state)
{
    (void)state;
    for (int before = 0; before < 2; ++before) {
        run_parts(nchw, 0, 2, before);
        run_parts(nchw, 2, 3, before);
        run_parts(nhwc, 0, N, before);
        run_parts(nhwc, 1, 4, before);
        run_parts(gapped, 2, 4, before);
    }
}

static void task__matrix_HOST_BITS(void **state)
{
    setup *const s = open_setup((shape){1, C, P, 0, 1}, CLLRN_DTYPE_F32);
    starpu_data_handle_t x, y;
    struct starpu_data_filter filter;
    cllrn_starpu *const lrn = make(CLLRN_DIRECTION_FORWARD, &s->params, 0, CLLRN_DTYPE_F32);
    (void)state;
    starpu_matrix_data_register(&x, STARPU_MAIN_RAM, (uintptr_t)s->memory[X], P, P, C, 4);
    starpu_matrix_data_register(&y, STARPU_MAIN_RAM, (uintptr_t)s->memory[Y], P, P, C, 4);
    assert_int_equal(CLLRN_INVALID_WINDOW, cllrn_starpu_filter(lrn, x, 0, 2, &filter, NULL));
    assert_int_equal(CLLRN_SUCCESS, cllrn_starpu_filter(lrn, x, 1, 2, &filter, NULL));
    starpu_data_partition(x, &filter);
    starpu_data_partition(y, &filter);
    for (unsigned i = 0; i < 2; ++i)
        assert_int_equal(0, starpu_task_insert(cllrn_starpu_codelet(lrn), STARPU_R,
                                               starpu_data_get_child(x, i), STARPU_W,
                                               starpu_data_get_child(y, i), 0));
    starpu_data_unpartition(x, STARPU_MAIN_RAM);
    starpu_data_unpartition(y, STARPU_MAIN_RAM);
    starpu_data_unregister(x);
    starpu_data_unregister(y);
    assert_int_equal(CLLRN_SUCCESS, cllrn_starpu_check(lrn, NULL));
    assert_memory_equal(s->expected[Y], s->memory[Y], bytes_of(s));
    cllrn_starpu_destroy(lrn);
    close_setup(s);
}

/* A tensor of rank 4 in vectors, with windows that no block can have. */
static void task__vectors_HOST_BITS(void **state)
{
    const int64_t dims[] = {2, 3, 4, 5};
    setup *const s = open_setup(nchw, CLLRN_DTYPE_F32);
    cllrn_tensor tensors[] = {CLLRN_TENSOR_INIT, CLLRN_TENSOR_INIT, CLLRN_TENSOR_INIT};
    starpu_data_handle_t vectors[TENSORS];
    cllrn_params params = CLLRN_PARAMS_INIT;
    cllrn_starpu *lrn;
    (void)state;
    assert_int_equal(CLLRN_SUCCESS, cllrn_params_within(&params, CLLRN_CONVENTION_ONEDNN, 3, 2, 1.0,
                                                        0.75, 1.0, NULL));
    for (int i = 0; i < 3; ++i)
        assert_int_equal(CLLRN_SUCCESS,
                         cllrn_tensor_set(&tensors[i], CLLRN_DTYPE_F32, 4, dims, NULL, -1, NULL));
    assert_int_equal(CLLRN_SUCCESS,
                     cllrn_host_backward(&params, tensors, s->memory[X], tensors, s->memory[DY],
                                         tensors, s->expected[DX], NULL));
    for (int i = 0; i < TENSORS; ++i)
        starpu_vector_data_register(&vectors[i], STARPU_MAIN_RAM, (uintptr_t)s->memory[i], 120, 4);
    lrn = make(CLLRN_DIRECTION_BACKWARD, &params, 0, CLLRN_DTYPE_F32);
    assert_int_equal(CLLRN_SUCCESS, cllrn_starpu_prepare_tensors(lrn, tensors, NULL));
    assert_int_equal(0, starpu_task_insert(cllrn_starpu_codelet(lrn), STARPU_R, vectors[X],
                                           STARPU_R, vectors[DY], STARPU_W, vectors[DX],
                                           STARPU_CL_ARGS_NFREE, tensors, sizeof tensors, 0));
    starpu_data_acquire(vectors[DX], STARPU_R);
    starpu_data_release(vectors[DX]);
    assert_int_equal(CLLRN_SUCCESS, cllrn_starpu_check(lrn, NULL));
    assert_memory_equal(s->expected[DX], s->memory[DX], 480);
    tensors[2].dims[0] = 3; /* exceeds its vector; no argument at all */
    for (int i = 0; i < 2; ++i) {
        cllrn_starpu_destroy(lrn);
        lrn = make(CLLRN_DIRECTION_BACKWARD, &params, 0, CLLRN_DTYPE_F32);
        starpu_task_insert(cllrn_starpu_codelet(lrn), STARPU_R, vectors[X], STARPU_R, vectors[DY],
                           STARPU_W, vectors[DX], STARPU_CL_ARGS_NFREE, i == 0 ? tensors : NULL,
                           sizeof tensors, 0);
        assert_int_equal(0, starpu_task_wait_for_all());
        assert_int_equal(i == 0 ? CLLRN_BUFFER_TOO_SMALL : CLLRN_INVALID_ARGUMENT,
                         cllrn_starpu_check(lrn, NULL));
    }
    cllrn_starpu_destroy(lrn);
    for (int i = 0; i < TENSORS; ++i)
        starpu_data_unregister(vectors[i]);
    close_setup(s);
}

/* The first task's dx is the second task's dy. */
static void task__gradient_of_another_task_HOST_BITS(void **state)
{
    setup *const s = open_setup(nchw, CLLRN_DTYPE_F32);
    const cllrn_tensor t = tensor_of(s);
    (void)state;
    assert_int_equal(CLLRN_SUCCESS, cllrn_host_backward(&s->params, &t, s->memory[X], &t,
                                                        s->expected[DX], &t, s->expected[Y], NULL));
    prepare(s, s->handles);
    for (int i = 0; i < 2; ++i)
        assert_int_equal(0, starpu_task_insert(cllrn_starpu_codelet(s->backward), STARPU_R,
                                               s->handles[X], STARPU_R, s->handles[i ? DX : DY],
                                               STARPU_W, s->handles[i ? Y : DX], 0));
    wait_and_check(s);
    close_setup(s);
}

/* Each OpenCL worker has one engine, however many LRNs there are; tasks find their programs made.
 */
static void prepare__tasks_MAKE_NO_PROGRAM(void **state)
{
    cllrn_engine *engines[STARPU_NMAXWORKERS];
    size_t made[STARPU_NMAXWORKERS];
    int workers[STARPU_NMAXWORKERS];
    setup *const s = open_setup(nchw, CLLRN_DTYPE_F32);
    const unsigned count =
        starpu_worker_get_ids_by_type(STARPU_OPENCL_WORKER, workers, STARPU_NMAXWORKERS);
    (void)state;
    prepare(s, s->handles);
    for (unsigned i = 0; i < count; ++i) {
        cl_context context;
        cl_device_id device;
        starpu_opencl_get_context(starpu_worker_get_devid(workers[i]), &context);
        starpu_opencl_get_device(starpu_worker_get_devid(workers[i]), &device);
        assert_int_equal(CLLRN_SUCCESS, cllrn_engine_share(context, device, &engines[i], NULL));
        made[i] = cllrn_engine_programs_made(engines[i]);
        assert_true(made[i] >= 2);
    }
    insert(s, s->handles);
    wait_and_check(s);
    for (unsigned i = 0; i < count; ++i) {
        assert_int_equal(made[i], cllrn_engine_programs_made(engines[i]));
        cllrn_engine_destroy(engines[i]);
    }
    close_setup(s);
}

static long resident_pages(void)
{
    long size = 0, resident = 0;
    FILE *const file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(2, fscanf(file, "%ld %ld", &size, &resident));
    fclose(file);
    return resident;
}

static void task__10000_tasks_NO_GROWTH(void **state)
{
    enum { TASKS = 10000, ROUND = 100, WARM = TASKS / 5, MOST_GROWTH = 1 << 20 };
    setup *const s = open_setup(nchw, CLLRN_DTYPE_F32);
    long before = 0;
    (void)state;
    prepare(s, s->handles);
    for (int done = 0; done < TASKS; done += ROUND) {
        if (done == WARM)
            before = resident_pages();
        for (int i = 0; i < ROUND / 2; ++i)
            insert(s, s->handles);
        assert_int_equal(0, starpu_task_wait_for_all());
    }
    const long growth = (resident_pages() - before) * sysconf(_SC_PAGESIZE);
    print_message("%ld bytes more after %d tasks than after %d\n", growth, TASKS, WARM);
    assert_true(growth < MOST_GROWTH);
    wait_and_check(s);
    close_setup(s);
}

static void check__task_that_fails_STATUS(void **state)
{
    setup *const s = open_setup(nchw, CLLRN_DTYPE_F32);
    cllrn_error error = CLLRN_ERROR_INIT;
    starpu_data_handle_t doubles;
    (void)state;
    starpu_block_data_register(&doubles, -1, 0, P, P * C, P, C, N, sizeof(double));
    assert_int_equal(CLLRN_SUCCESS, cllrn_starpu_check(s->forward, &error));
    assert_int_equal(CLLRN_INVALID_DTYPE,
                     cllrn_starpu_prepare(s->forward, s->handles[X], NULL, doubles, &error));
    assert_int_equal(0, starpu_task_insert(cllrn_starpu_codelet(s->forward), STARPU_R,
                                           s->handles[X], STARPU_W, doubles, 0));
    assert_int_equal(0, starpu_task_wait_for_all());
    error = (cllrn_error)CLLRN_ERROR_INIT;
    assert_int_equal(CLLRN_INVALID_DTYPE, cllrn_starpu_check(s->forward, &error));
    assert_int_equal(CLLRN_INVALID_DTYPE, error.status);
    assert_string_equal(error.message,
                        "dst is a StarPU handle of 8-byte elements, expected 4 for f32");
    error = (cllrn_error){.struct_size = 0, .status = 77}; /* not initialised: not written to */
    assert_int_equal(CLLRN_INVALID_DTYPE, cllrn_starpu_check(s->forward, &error));
    assert_int_equal(CLLRN_INVALID_ARGUMENT, cllrn_starpu_check(NULL, &error));
    assert_int_equal(77, error.status);
    assert_int_equal(CLLRN_SUCCESS, cllrn_starpu_check(s->backward, NULL));
    starpu_data_unregister_no_coherency(doubles);
    close_setup(s);
}

static void refusals__bad_arguments_STATUS(void **state)
{
    setup *const s = open_setup(nchw, CLLRN_DTYPE_F32);
    starpu_data_handle_t vector, variable;
    struct starpu_data_filter filter = {.nchildren = 77};
    cllrn_starpu_description what = CLLRN_STARPU_DESCRIPTION_INIT;
    cllrn_starpu *lrn = NULL;
    (void)state;
    starpu_vector_data_register(&vector, STARPU_MAIN_RAM, (uintptr_t)s->memory[X], ELEMENTS, 4);
    what.src = what.dst = CLLRN_DTYPE_F32;
    assert_int_equal(CLLRN_INVALID_ARGUMENT, cllrn_starpu_create(&what, &lrn, NULL));
    what.params = &s->params;
    what.dy = CLLRN_DTYPE_F32;
    assert_int_equal(CLLRN_INVALID_DTYPE, cllrn_starpu_create(&what, &lrn, NULL));
    what.dy = 0;
    what.dst = CLLRN_DTYPE_F64;
    assert_int_equal(CLLRN_SHAPE_MISMATCH, cllrn_starpu_create(&what, &lrn, NULL));
    what.dst = 7;
    assert_int_equal(CLLRN_INVALID_DTYPE, cllrn_starpu_create(&what, &lrn, NULL));
    what.direction = 3;
    assert_int_equal(CLLRN_INVALID_ARGUMENT, cllrn_starpu_create(&what, &lrn, NULL));
    assert_null(lrn);
    assert_int_equal(CLLRN_INVALID_ARGUMENT,
                     cllrn_starpu_prepare(s->forward, vector, NULL, s->handles[Y], NULL));
    starpu_variable_data_register(&variable, STARPU_MAIN_RAM, (uintptr_t)s->memory[X], 4);
    assert_int_equal(CLLRN_UNSUPPORTED,
                     cllrn_starpu_prepare(s->forward, variable, NULL, s->handles[Y], NULL));
    starpu_data_unregister(variable);
    assert_int_equal(CLLRN_INVALID_ARGUMENT,
                     cllrn_starpu_prepare(s->backward, s->handles[X], NULL, s->handles[Y], NULL));
    assert_int_equal(CLLRN_INVALID_ARGUMENT,
                     cllrn_starpu_filter(s->forward, s->handles[X], 3, 2, &filter, NULL));
    assert_int_equal(CLLRN_INVALID_ARGUMENT,
                     cllrn_starpu_filter(s->forward, s->handles[X], 0, 0, &filter, NULL));
    assert_int_equal(CLLRN_INVALID_WINDOW,
                     cllrn_starpu_filter(s->forward, s->handles[X], 1, 2, &filter, NULL));
    assert_int_equal(CLLRN_UNSUPPORTED,
                     cllrn_starpu_filter(s->forward, vector, 0, 2, &filter, NULL));
    assert_int_equal(77, filter.nchildren);
    assert_int_equal(CLLRN_SUCCESS,
                     cllrn_starpu_filter(s->forward, s->handles[X], 0, 1000, &filter, NULL));
    assert_int_equal(N, filter.nchildren);
    starpu_data_unregister(vector);
    close_setup(s);
}

static void filter__windows_within_a_channel_STATUS(void **state)
{
    setup *const s = open_setup(nchw, CLLRN_DTYPE_F32);
    struct starpu_data_filter filter;
    cllrn_params params = CLLRN_PARAMS_INIT;
    (void)state;
    assert_int_equal(CLLRN_SUCCESS, cllrn_params_within(&params, CLLRN_CONVENTION_ONEDNN, 3, 2, 1.0,
                                                        0.75, 1.0, NULL));
    cllrn_starpu *const lrn = make(CLLRN_DIRECTION_FORWARD, &params, 0, CLLRN_DTYPE_F32);
    assert_int_equal(CLLRN_SUCCESS, cllrn_starpu_filter(lrn, s->handles[X], 0, 2, &filter, NULL));
    for (int axis = 1; axis < 3; ++axis)
        assert_int_equal(CLLRN_INVALID_WINDOW,
                         cllrn_starpu_filter(lrn, s->handles[X], axis, 2, &filter, NULL));
    cllrn_starpu_destroy(lrn);
    close_setup(s);
}

static void create__without_starpu_INVALID_ARGUMENT(void)
{
    cllrn_params params = CLLRN_PARAMS_INIT;
    cllrn_starpu_description what = CLLRN_STARPU_DESCRIPTION_INIT;
    cllrn_starpu *lrn = NULL;
    what.params = &params;
    if (cllrn_starpu_create(&what, &lrn, NULL) != CLLRN_INVALID_ARGUMENT || lrn != NULL)
        abort();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(task__whole_tensors_HOST_BITS),
        cmocka_unit_test(task__parts_of_batch_and_positions_HOST_BITS),
        cmocka_unit_test(task__matrix_HOST_BITS),
        cmocka_unit_test(task__vectors_HOST_BITS),
        cmocka_unit_test(task__gradient_of_another_task_HOST_BITS),
        cmocka_unit_test(prepare__tasks_MAKE_NO_PROGRAM),
        cmocka_unit_test(task__10000_tasks_NO_GROWTH),
        cmocka_unit_test(check__task_that_fails_STATUS),
        cmocka_unit_test(refusals__bad_arguments_STATUS),
        cmocka_unit_test(filter__windows_within_a_channel_STATUS),
    };
    create__without_starpu_INVALID_ARGUMENT();
    if (starpu_init(NULL) != 0)
        return 1;
    printf("%u CPU and %u OpenCL workers\n", starpu_cpu_worker_get_count(),
           starpu_opencl_worker_get_count());
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    starpu_shutdown();
    return failed;
}
