/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources for offline compilers, built by OpenCL without any option and run by
 * what cllrn_program_info tells alone: the name, and the arguments one by one.
 */
#include "device_test.h"

#include <stdlib.h>
#include <string.h>

static test_device device;

enum { OUTER = 2, CHANNELS = 16, INNER = 10, ELEMENTS = OUTER * CHANNELS * INNER, TAPS = 5 };

/* 2 x 16 channels x 10 positions, s = 1 + 0.125 sum: alpha 0.625, divisor 5, beta 0.75, k 1. */
typedef struct problem {
    bool backward, channels_last;
    cllrn_tensor tensor;
    cllrn_params params;
    float x[ELEMENTS], dy[ELEMENTS], expected[ELEMENTS];
} problem;

static void make_problem(problem *p, bool backward, bool channels_last)
{
    const int64_t dims[] = {OUTER, channels_last ? INNER : CHANNELS,
                            channels_last ? CHANNELS : INNER};
    cllrn_error error = CLLRN_ERROR_INIT;
    random_t random = {7};
    p->backward = backward;
    p->channels_last = channels_last;
    p->tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
    check(
        cllrn_tensor_set(&p->tensor, CLLRN_DTYPE_F32, 3, dims, NULL, channels_last ? 2 : 1, &error),
        &error);
    p->params = (cllrn_params)CLLRN_PARAMS_INIT;
    check(cllrn_params_across(&p->params, CLLRN_CONVENTION_TORCH, TAPS, 0.625, 0.75, 1.0, &error),
          &error);
    for (int i = 0; i < ELEMENTS; ++i) {
        p->x[i] = random_float(&random, -4.0f, 4.0f);
        p->dy[i] = random_float(&random, -1.0f, 1.0f);
    }
    check(backward
              ? cllrn_host_backward(&p->params, &p->tensor, p->x, &p->tensor, p->dy, &p->tensor,
                                    p->expected, &error)
              : cllrn_host_forward(&p->params, &p->tensor, p->x, &p->tensor, p->expected, &error),
          &error);
}

/* What stands for scratch too, which these kernels do not use. */
typedef struct buffers {
    cl_mem src, dy, dst;
} buffers;

/* What cl/arguments.h says of an argument, as an integer, or as a float where it is one. */
typedef struct value {
    const char *name;
    long integer;
    float real;
} value;

static const value *find(const value *values, const char *name)
{
    for (; values->name != NULL; ++values)
        if (strcmp(values->name, name) == 0)
            return values;
    fail_msg("an argument that cl/arguments.h does not have: %s", name);
    return NULL;
}

static void set(cl_kernel kernel, cl_uint number, size_t size, const void *memory)
{
    check_cl(clSetKernelArg(kernel, number, size, memory), "clSetKernelArg");
}

static void set_vector(cl_kernel kernel, cl_uint number, const problem *p, const char *name)
{
    const bool dims = strcmp(name, "dims") == 0;
    const cl_int channel = p->channels_last ? 1 : INNER, inner = p->channels_last ? CHANNELS : 1;
    const cl_int is[] = {CHANNELS, 1, 1, 1, 1, 1, OUTER, INNER},
                 step[] = {channel, 0, 0, 0, 0, 0, CHANNELS * INNER, inner};
    set(kernel, number, sizeof(cl_int8), dims ? is : step);
}

static void set_arguments(cl_kernel kernel, const problem *p, const char *arguments,
                          const buffers *b)
{
    enum { POWER_3_4 = 2, F32 = 1 };
    const long channel = p->channels_last ? 1 : INNER, inner = p->channels_last ? CHANNELS : 1,
               outer = CHANNELS * INNER;
    const long modes =
        POWER_3_4 | F32 << 7 | F32 << 10 | F32 << 13 | 1 << 25 /* axes */ | 1 << 28 /* spread */;
    const value values[] = {
        {"src_offset", 0, 0},
        {"dy_offset", 0, 0},
        {"dst_offset", 0, 0},
        {"scratch_offset", 0, 0},
        {"outer", OUTER, 0},
        {"channels", CHANNELS, 0},
        {"inner", INNER, 0},
        {"src_outer", outer, 0},
        {"src_channel", channel, 0},
        {"src_inner", inner, 0},
        {"dy_outer", outer, 0},
        {"dy_channel", channel, 0},
        {"dy_inner", inner, 0},
        {"dst_outer", outer, 0},
        {"dst_channel", channel, 0},
        {"dst_inner", inner, 0},
        {"lower", TAPS / 2, 0},
        {"tile_channels", CHANNELS, 0},
        {"tile_positions", INNER, 0},
        {"taps", TAPS, 0},
        {"tile", 1, 0},
        {"window_vectors", 0, 0},
        {"modes", modes, 0},
        {"scale_hi", 0, 0.125f},
        {"scale_lo", 0, 0.0f},
        {"k", 0, 1.0f},
        {"beta_hi", 0, 0.75f},
        {"beta_lo", 0, 0.0f},
        {"gradient", 0, -2 * 0.75f * 0.125f},
        {"octave0", 0, 0.0f},
        {"octave1", 0, 0.0f},
        {"octave2", 0, 0.0f},
        {"octave3", 0, 0.0f},
        {"octave4", 0, 0.0f},
        {NULL, 0, 0},
    };
    cl_uint number = 0;
    char text[CLLRN_ARGUMENTS_SIZE];
    snprintf(text, sizeof text, "%s", arguments);
    for (char *at = text, *end; at != NULL; at = end, ++number) {
        end = strstr(at, ", ");
        if (end != NULL) {
            *end = '\0';
            end += 2;
        }
        char *const name = strrchr(at, strchr(at, '*') != NULL ? '*' : ' ') + 1;
        if (strchr(at, '*') != NULL) {
            /* A kernel without scratch gets any buffer. */
            set(kernel, number, sizeof(cl_mem),
                strcmp(name, "src") == 0  ? &b->src
                : strcmp(name, "dy") == 0 ? &b->dy
                                          : &b->dst);
        } else if (strncmp(at, "int8 ", 5) == 0) {
            set_vector(kernel, number, p, name);
        } else if (strncmp(at, "float ", 6) == 0) {
            const cl_float real = find(values, name)->real;
            set(kernel, number, sizeof real, &real);
        } else if (strncmp(at, "ulong ", 6) == 0) {
            const cl_ulong offset = (cl_ulong)find(values, name)->integer;
            set(kernel, number, sizeof offset, &offset);
        } else {
            const cl_int integer = (cl_int)find(values, name)->integer;
            set(kernel, number, sizeof integer, &integer);
        }
    }
}

static cl_program build(size_t number)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cl_int code;
    size_t size = 0;
    check(cllrn_program_source(NULL, number, NULL, 0, &size, &error), &error);
    char *const text = malloc(size);
    assert_non_null(text);
    check(cllrn_program_source(NULL, number, text, size, NULL, &error), &error);
    const char *source = text;
    cl_program program = clCreateProgramWithSource(device.context, 1, &source, NULL, &code);
    check_cl(code, "clCreateProgramWithSource");
    check_cl(clBuildProgram(program, 1, &device.id, NULL, NULL, NULL), "clBuildProgram");
    free(text);
    return program;
}

/* Runs one program; the launch is a few lines of its file's banner. */
static void run(const cllrn_program_info *program, size_t number, const problem *p)
{
    const bool group = strcmp(program->variant, "group") == 0,
               strided = strcmp(program->variant, "strided") == 0,
               column = strcmp(program->variant, "column") == 0,
               stream = strcmp(program->variant, "stream") == 0;
    const size_t first = group ? 16 : strided ? OUTER * INNER : column ? INNER : 1;
    const size_t global[] = {first, strided ? CHANNELS : 1, strided || stream ? 1 : OUTER},
                 local[] = {group     ? 16
                            : strided ? 4
                                      : 1,
                            1, 1};
    const buffers b = {make_buffer(&device, p->x, ELEMENTS), make_buffer(&device, p->dy, ELEMENTS),
                       make_buffer(&device, p->dy, ELEMENTS)};
    float result[ELEMENTS];
    cl_int code;
    cl_program built = build(number);
    cl_kernel kernel = clCreateKernel(built, program->name, &code);
    check_cl(code, program->name);
    set_arguments(kernel, p, program->arguments, &b);
    check_cl(clEnqueueNDRangeKernel(device.queue, kernel, 3, NULL, global, local, 0, NULL, NULL),
             "clEnqueueNDRangeKernel");
    check_cl(
        clEnqueueReadBuffer(device.queue, b.dst, CL_TRUE, 0, sizeof result, result, 0, NULL, NULL),
        "clEnqueueReadBuffer");
    if (memcmp(result, p->expected, sizeof result) != 0)
        fail_msg("%s differs from the host", program->name);
    clReleaseKernel(kernel);
    clReleaseProgram(built);
    clReleaseMemObject(b.src);
    clReleaseMemObject(b.dy);
    clReleaseMemObject(b.dst);
}

static void offline_source__built_without_options__right(void **state)
{
    static const struct {
        const char *kernel; /* between the direction and the arithmetic version */
        bool channels_last;
    } rows[] = {
        {"stream_f32_t5_p34_w1_i32", true}, {"stream_any_t5_w1_i32", false},
        {"group_any_t5_w1_i32", true},      {"group_any_t5_disjoint_w1_i32", true},
        {"column_f32_t5_w1_i32", false},    {"column_f32_t5_p34_disjoint_w1_i32", false},
        {"strided_any_w1_i32", true},
    };
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r)
        for (int backward = 0; backward <= 1; ++backward) {
            static problem p;
            char kernel[CLLRN_KERNEL_NAME_SIZE];
            cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
            size_t number = 0;
            snprintf(kernel, sizeof kernel, "cllrn_%s_%s_v%d", backward ? "backward" : "forward",
                     rows[r].kernel, CLLRN_ARITHMETIC_VERSION);
            while (cllrn_program_get(NULL, number, &program, NULL) == CLLRN_SUCCESS &&
                   strcmp(program.name, kernel) != 0)
                ++number;
            assert_string_equal(program.name, kernel);
            make_problem(&p, backward != 0, rows[r].channels_last);
            run(&program, number, &p);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offline_source__built_without_options__right),
    };
    test_device_open(&device);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_device_close(&device);
    return failed;
}
