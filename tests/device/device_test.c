/* SPDX-License-Identifier: Apache-2.0 */
#include "device_test.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCRATCH_OFFSET 3 /* elements: any multiple of the element size will do */
#define CANARY                                                                                     \
    37 /* elements on each side of a tensor; odd, so that nothing is aligned by chance             \
        */

const char *const layout_names[LAYOUT_COUNT] = {"C", "Fortran", "padded", "reversed", "permuted"};
const char *const content_names[CONTENT_COUNT] = {"spread", "integer", "huge", "special"};

void check(cllrn_status status, const cllrn_error *error)
{
    if (status != CLLRN_SUCCESS)
        fail_msg("%s: %s", cllrn_status_string(status), error->message);
}

void check_cl(cl_int code, const char *what)
{
    if (code != CL_SUCCESS)
        fail_msg("%s: OpenCL error %d", what, code);
}

static void no_device(const char *why)
{
    if (getenv("CLLRN_TEST_REQUIRED") != NULL) {
        fprintf(stderr, "no device to test on: %s\n", why);
        exit(EXIT_FAILURE);
    }
    printf("SKIPPED: %s\n", why);
    exit(SKIPPED);
}

static bool matches(cl_platform_id platform, cl_device_id id, const char *wanted, char *name,
                    size_t size)
{
    char platform_name[100] = "", device_name[100] = "";
    clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof platform_name, platform_name, NULL);
    clGetDeviceInfo(id, CL_DEVICE_NAME, sizeof device_name, device_name, NULL);
    snprintf(name, size, "%s / %s", platform_name, device_name);
    return wanted == NULL || strstr(name, wanted) != NULL;
}

static bool find_device(test_device *device, const char *wanted)
{
    cl_platform_id platforms[16];
    cl_uint platform_count = 0;
    if (clGetPlatformIDs(16, platforms, &platform_count) != CL_SUCCESS)
        return false;
    for (cl_uint p = 0; p < platform_count && p < 16; ++p) {
        cl_device_id ids[16];
        cl_uint count = 0;
        if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, 16, ids, &count) != CL_SUCCESS)
            continue;
        for (cl_uint d = 0; d < count && d < 16; ++d)
            if (matches(platforms[p], ids[d], wanted, device->name, sizeof device->name)) {
                device->platform = platforms[p];
                device->id = ids[d];
                return true;
            }
    }
    return false;
}

static void log_to_stderr(void *user, int32_t level, const char *message)
{
    (void)user;
    if (level <= CLLRN_LOG_WARNING || getenv("CLLRN_TEST_VERBOSE") != NULL)
        fprintf(stderr, "%s\n", message);
}

void test_device_open(test_device *device)
{
    cl_int code;
    cl_device_fp_config config = 0;
    cllrn_engine_options options = CLLRN_ENGINE_OPTIONS_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    const char *wanted = getenv("CLLRN_TEST_DEVICE");

    memset(device, 0, sizeof *device);
    if (!find_device(device, wanted))
        no_device(wanted != NULL ? wanted : "no OpenCL device");
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)device->platform, 0};
    device->context = clCreateContext(properties, 1, &device->id, NULL, NULL, &code);
    if (code != CL_SUCCESS)
        no_device("the device gives no context");
    device->queue = clCreateCommandQueue(device->context, device->id, 0, &code);
    if (code != CL_SUCCESS)
        no_device("the device gives no queue");
    clGetDeviceInfo(device->id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof config, &config, NULL);
    device->denormals = (config & CL_FP_DENORM) != 0;
    options.log = log_to_stderr;
    if (cllrn_engine_create(device->context, device->id, &options, &device->engine, &error) !=
        CLLRN_SUCCESS) {
        fprintf(stderr, "%s\n", error.message);
        exit(EXIT_FAILURE);
    }
    printf("device: %s\n", device->name);
}

void test_device_close(test_device *device)
{
    clFinish(device->queue);
    cllrn_engine_destroy(device->engine);
    clReleaseCommandQueue(device->queue);
    clReleaseContext(device->context);
}

uint32_t random_bits(random_t *random)
{
    random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    const uint64_t x = random->state ^ (random->state >> 29);
    return (uint32_t)((x * UINT64_C(0xbf58476d1ce4e5b9)) >> 32);
}

float random_float(random_t *random, float low, float high)
{
    const float unit = (float)(random_bits(random) >> 8) * 0x1p-24f;
    return fmaf(high - low, unit, low);
}

void put_number(void *to, cllrn_dtype dtype, random_t *random)
{
    const float x = random_float(random, 0.25f, 4.0f) * (random_bits(random) % 2 ? 1.0f : -1.0f);
    const double wide = x;
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint16_t upper = (uint16_t)(bits >> 16),
                   half = (uint16_t)((bits >> 16 & 0x8000u) |
                                     (((bits >> 13) - (112u << 10)) & 0x7fffu));
    memcpy(to,
           dtype == CLLRN_DTYPE_F64    ? (const void *)&wide
           : dtype == CLLRN_DTYPE_F32  ? (const void *)&x
           : dtype == CLLRN_DTYPE_BF16 ? (const void *)&upper
                                       : (const void *)&half,
           cllrn_dtype_size(dtype));
}

static void print_params(FILE *stream, const cllrn_params *p)
{
    fprintf(stream, "window %" PRId64 ",%" PRId64 " divisor %g alpha %g beta %g k %g",
            p->window[0].lower, p->window[0].upper, p->divisor, p->alpha, p->beta, p->k);
}

void print_case(FILE *stream, const test_case *c)
{
    for (int axis = 0; axis < c->rank; ++axis)
        fprintf(stream, "%s%" PRId64, axis > 0 ? "x" : "", c->dims[axis]);
    fprintf(stream, " axis %" PRId32 " %s", c->channel_axis, layout_names[c->src_layout]);
    if (c->in_place)
        fprintf(stream, " in place at %" PRId64, c->src_offset);
    else
        fprintf(stream, " to %s at %" PRId64 ",%" PRId64, layout_names[c->dst_layout],
                c->src_offset, c->dst_offset);
    fprintf(stream, " ");
    print_params(stream, &c->params);
    fprintf(stream, " %s", content_names[c->content]);
}

cllrn_tensor layout_tensor(const test_case *c, layout order, int64_t *before, int64_t *elements)
{
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    int64_t strides[CLLRN_MAX_RANK], step = 1;

    *before = 0;
    *elements = 1;
    for (int i = 0; i < c->rank; ++i) {
        int axis = order == LAYOUT_FORTRAN ? i : c->rank - 1 - i;
        if (order == LAYOUT_PERMUTED) /* every second axis first */
            axis = i < (c->rank + 1) / 2 ? 2 * i : 2 * (i - (c->rank + 1) / 2) + 1;
        const int64_t dim = c->dims[axis] > 0 ? c->dims[axis] : 1;
        strides[axis] = order == LAYOUT_REVERSED ? -step : step;
        *elements += (dim - 1) * step;
        if (order == LAYOUT_REVERSED)
            *before += (dim - 1) * step;
        step *= dim;
        if (order == LAYOUT_PADDED || order == LAYOUT_PERMUTED)
            step += 1 + i;
    }
    check(cllrn_tensor_set(&tensor, CLLRN_DTYPE_F32, c->rank, c->dims, strides, c->channel_axis,
                           &error),
          &error);
    return tensor;
}

/* A quiet NaN with a payload that no kernel would write: what must not be touched shows. */
static void poison(float *data, int64_t count)
{
    for (int64_t i = 0; i < count; ++i) {
        const uint32_t bits = UINT32_C(0x7fd00000) | (uint32_t)(i & 0xffff);
        memcpy(&data[i], &bits, sizeof bits);
    }
}

static float content_value(const test_case *c, random_t *random)
{
    const cllrn_params *p = &c->params;
    switch (c->content) {
    case CONTENT_INTEGER:
        return (float)((int)(random_bits(random) % 16) - 8);
    case CONTENT_HUGE:
        return random_float(random, -1.0f, 1.0f) * (random_bits(random) % 4 == 0 ? 1e30f : 1e18f);
    case CONTENT_SPECIAL:
        switch (random_bits(random) % 23) {
        case 0:
            return random_bits(random) % 2 ? NAN : -NAN;
        case 1:
            return INFINITY;
        case 2:
            return -INFINITY;
        case 3:
            return 0.0f;
        case 4:
            return -0.0f;
        default:
            return random_float(random, -2.0f, 2.0f);
        }
    default: {
        /* E(x^2) = a^2 / 3; taps * alpha / divisor * a^2 / 3 of about 4 k spreads s over 1..8. */
        const double scale = fabs(p->alpha / p->divisor);
        const double k = p->k != 0.0 ? fabs(p->k) : 1.0;
        const double taps = (double)(p->window[0].lower + p->window[0].upper + 1);
        double most = 1.0;
        if (scale > 0.0)
            most = sqrt(
                12.0 * k /
                (scale * fmin(taps, (double)c->dims[c->channel_axis < 0 ? c->channel_axis + c->rank
                                                                        : c->channel_axis])));
        const float x = random_float(random, (float)-most, (float)most);
        return x;
    }
    }
}

void case_data_make(const test_case *c, case_data *data)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    random_t random = {c->seed * 2 + 1};
    int64_t before, elements;

    memset(data, 0, sizeof *data);
    data->src = layout_tensor(c, c->src_layout, &before, &elements);
    data->src_base = CANARY + c->src_offset + before;
    data->src_elements = elements + c->src_offset + 2 * CANARY;
    data->src_data = malloc((size_t)data->src_elements * sizeof(float));
    assert_non_null(data->src_data);
    for (int64_t i = 0; i < data->src_elements; ++i)
        data->src_data[i] = content_value(c, &random);
    if (c->in_place) {
        data->dst = data->src;
        data->dst_base = data->src_base;
        data->dst_elements = data->src_elements;
        data->dst_data = data->src_data;
    } else {
        data->dst = layout_tensor(c, c->dst_layout, &before, &elements);
        data->dst_base = CANARY + c->dst_offset + before;
        data->dst_elements = elements + c->dst_offset + 2 * CANARY;
        data->dst_data = malloc((size_t)data->dst_elements * sizeof(float));
        assert_non_null(data->dst_data);
        poison(data->dst_data, data->dst_elements);
    }
    const size_t bytes = (size_t)data->dst_elements * sizeof(float);
    data->expected = malloc(bytes);
    data->result = malloc(bytes);
    assert_non_null(data->expected);
    assert_non_null(data->result);
    memcpy(data->expected, data->dst_data, bytes);
    const float *src = c->in_place ? data->expected : data->src_data;
    check(cllrn_host_forward(&c->params, &data->src, src + data->src_base, &data->dst,
                             data->expected + data->dst_base, &error),
          &error);
}

void case_data_free(case_data *data)
{
    if (data->dst_data != data->src_data)
        free(data->dst_data);
    free(data->src_data);
    free(data->expected);
    free(data->result);
}

cl_mem make_buffer(test_device *device, const float *data, int64_t elements)
{
    cl_int code;
    cl_mem buffer = clCreateBuffer(device->context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                                   (size_t)elements * sizeof(float), (void *)data, &code);
    check_cl(code, "clCreateBuffer");
    return buffer;
}

static int64_t first_difference(const float *a, const float *b, int64_t count)
{
    for (int64_t i = 0; i < count; ++i)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0)
            return i;
    return -1;
}

bool run_case(test_device *device, const test_case *c, case_data *data, const char *variant)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    cllrn_plan *plan;
    problem.params = &c->params;
    problem.src = &data->src;
    problem.dst = &data->dst;
    problem.variant = variant;
    problem.aliasing = c->in_place ? CLLRN_ALIASING_IN_PLACE : CLLRN_ALIASING_DISJOINT;
    check(cllrn_plan_create(device->engine, &problem, &plan, &error), &error);

    const size_t dst_bytes = (size_t)data->dst_elements * sizeof(float);
    const uint64_t scratch_bytes = cllrn_plan_scratch_size(plan, problem.aliasing);
    cllrn_memory src = CLLRN_MEMORY_INIT, dst = CLLRN_MEMORY_INIT, scratch = CLLRN_MEMORY_INIT;
    src.buffer = make_buffer(device, data->src_data, data->src_elements);
    src.offset = (uint64_t)data->src_base * sizeof(float);
    dst.buffer = c->in_place ? src.buffer : make_buffer(device, data->dst_data, data->dst_elements);
    dst.offset = (uint64_t)data->dst_base * sizeof(float);
    if (scratch_bytes > 0) {
        const int64_t count = (int64_t)(scratch_bytes / sizeof(float)) + SCRATCH_OFFSET;
        float *poisoned = malloc((size_t)count * sizeof(float));
        assert_non_null(poisoned);
        poison(poisoned, count);
        scratch.buffer = make_buffer(device, poisoned, count);
        scratch.offset = SCRATCH_OFFSET * sizeof(float);
        free(poisoned);
    }
    const cllrn_operands operands =
        make_operands(&src, NULL, &dst, scratch_bytes > 0 ? &scratch : NULL);
    check(cllrn_enqueue(plan, device->queue, &operands, 0, NULL, NULL, &error), &error);
    check_cl(clEnqueueReadBuffer(device->queue, dst.buffer, CL_TRUE, 0, dst_bytes, data->result, 0,
                                 NULL, NULL),
             "clEnqueueReadBuffer");

    const int64_t at = first_difference(data->result, data->expected, data->dst_elements);
    if (at >= 0) {
        uint32_t got, wanted;
        memcpy(&got, &data->result[at], sizeof got);
        memcpy(&wanted, &data->expected[at], sizeof wanted);
        printf("FAILED variant %s: element %" PRId64 " behind (0, 0, ..) is %.9g (0x%08" PRIx32
               "), expected %.9g (0x%08" PRIx32 ")\n",
               cllrn_plan_variant(plan,
                                  c->in_place ? CLLRN_ALIASING_IN_PLACE : CLLRN_ALIASING_DISJOINT),
               at - data->dst_base, (double)data->result[at], got, (double)data->expected[at],
               wanted);
    }
    if (scratch_bytes > 0)
        clReleaseMemObject(scratch.buffer);
    if (!c->in_place)
        clReleaseMemObject(dst.buffer);
    clReleaseMemObject(src.buffer);
    cllrn_plan_destroy(plan);
    return at < 0;
}

cllrn_operands make_operands(const cllrn_memory *src, const cllrn_memory *dy,
                             const cllrn_memory *dst, const cllrn_memory *scratch)
{
    cllrn_operands operands = CLLRN_OPERANDS_INIT;
    operands.src = src;
    operands.dy = dy;
    operands.dst = dst;
    operands.scratch = scratch;
    return operands;
}

cllrn_problem uniform_problem(const cllrn_params *params, const cllrn_tensor *tensor, bool backward,
                              bool in_place)
{
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.direction = backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD;
    problem.params = params;
    problem.src = problem.dst = tensor;
    problem.dy = backward ? tensor : NULL;
    problem.aliasing = in_place ? CLLRN_ALIASING_IN_PLACE : CLLRN_ALIASING_DISJOINT;
    return problem;
}
