/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On tests/layers/embedded.c: that the layer holds programs to the EMBEDDED
 * profile, so that what passes on it does without, and that the library knows
 * what such a device lacks.
 */
#include "device_test.h"

#include <stdlib.h>
#include <string.h>

static test_device device;

static cl_int build(const char *source, const char *options, cl_program *program)
{
    cl_int code;
    *program = clCreateProgramWithSource(device.context, 1, &source, NULL, &code);
    check_cl(code, "clCreateProgramWithSource");
    return clBuildProgram(*program, 1, &device.id, options, NULL, NULL);
}

static cl_kernel make_kernel(const char *source, const char *options, cl_program *program)
{
    cl_int code;
    check_cl(build(source, options, program), "clBuildProgram");
    cl_kernel kernel = clCreateKernel(*program, "f", &code);
    check_cl(code, "clCreateKernel");
    return kernel;
}

/* --------------------------------------------------------------- the layer */

static void device__facts__of_the_embedded_profile(void **state)
{
    (void)state;
    char profile[32] = "", extensions[8192] = "";
    cl_ulong local_memory = 0;
    size_t parameters = 0;
    cl_device_fp_config doubles = 1;
    clGetDeviceInfo(device.id, CL_DEVICE_PROFILE, sizeof profile, profile, NULL);
    clGetDeviceInfo(device.id, CL_DEVICE_EXTENSIONS, sizeof extensions, extensions, NULL);
    clGetDeviceInfo(device.id, CL_DEVICE_LOCAL_MEM_SIZE, sizeof local_memory, &local_memory, NULL);
    clGetDeviceInfo(device.id, CL_DEVICE_MAX_PARAMETER_SIZE, sizeof parameters, &parameters, NULL);
    clGetDeviceInfo(device.id, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof doubles, &doubles, NULL);
    assert_string_equal(profile, "EMBEDDED_PROFILE");
    assert_null(strstr(extensions, "64"));
    assert_int_equal(local_memory, 1024);
    assert_int_equal(parameters, 256);
    assert_int_equal(doubles, 0);
}

static void build__types_the_device_lacks__refused(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        cl_int expected;
    } cases[] = {{"int", CL_SUCCESS},
                 {"uint8", CL_SUCCESS},
                 {"long", CL_BUILD_PROGRAM_FAILURE},
                 {"ulong", CL_BUILD_PROGRAM_FAILURE},
                 {"long8", CL_BUILD_PROGRAM_FAILURE},
                 {"double", CL_BUILD_PROGRAM_FAILURE},
                 {"double2", CL_BUILD_PROGRAM_FAILURE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char options[64];
        cl_program program;
        snprintf(options, sizeof options, "-DT=%s", cases[i].type);
        const cl_int code =
            build("kernel void f(global int *x, T y) { *x = (int)sizeof y; }", options, &program);
        if (code != cases[i].expected)
            fail_msg("%s: %d, expected %d", cases[i].type, code, cases[i].expected);
        clReleaseProgram(program);
    }
}

static void set_argument__beyond_256_bytes__refused(void **state)
{
    (void)state;
    const char zeros[128] = {0};
    cl_program program;
    cl_kernel kernel =
        make_kernel("kernel void f(int16 a, int16 b, int16 c, int8 d, int4 e, int2 g, int h, int i)"
                    "{}",
                    "", &program);
    static const size_t sizes[] = {64, 64, 64, 32, 16, 8, 4};
    for (cl_uint i = 0; i < 7; ++i) /* 252 in all */
        check_cl(clSetKernelArg(kernel, i, sizes[i], zeros), "clSetKernelArg");
    check_cl(clSetKernelArg(kernel, 7, 4, zeros), "clSetKernelArg");
    clReleaseKernel(kernel);
    clReleaseProgram(program);

    kernel =
        make_kernel("kernel void f(int16 a, int16 b, int16 c, int16 d, int e) {}", "", &program);
    for (cl_uint i = 0; i < 4; ++i)
        check_cl(clSetKernelArg(kernel, i, 64, zeros), "clSetKernelArg");
    assert_int_equal(clSetKernelArg(kernel, 4, 4, zeros), CL_OUT_OF_RESOURCES);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
}

static void enqueue__beyond_1024_bytes_of_local_memory__refused(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        cl_int expected;
    } cases[] = {{"-DSIZE=256", CL_SUCCESS}, {"-DSIZE=257", CL_OUT_OF_RESOURCES}};
    const size_t one = 1;
    cl_int code;
    cl_mem buffer = clCreateBuffer(device.context, CL_MEM_READ_WRITE, 4, NULL, &code);
    check_cl(code, "clCreateBuffer");
    for (size_t i = 0; i < 2; ++i) {
        cl_program program;
        cl_kernel kernel = make_kernel("kernel void f(global int *x)"
                                       "{"
                                       "    local int l[SIZE];"
                                       "    l[get_local_id(0)] = *x;"
                                       "    barrier(CLK_LOCAL_MEM_FENCE);"
                                       "    *x = l[get_local_id(0) + 1];"
                                       "}",
                                       cases[i].options, &program);
        check_cl(clSetKernelArg(kernel, 0, sizeof buffer, &buffer), "clSetKernelArg");
        assert_int_equal(
            clEnqueueNDRangeKernel(device.queue, kernel, 1, NULL, &one, &one, 0, NULL, NULL),
            cases[i].expected);
        check_cl(clFinish(device.queue), "clFinish");
        clReleaseKernel(kernel);
        clReleaseProgram(program);
    }
    clReleaseMemObject(buffer);
}

/* -------------------------------------------------------------- the library */

static cllrn_status plan(cllrn_engine *engine, int32_t dtype, int64_t size, cllrn_error *error)
{
    const int64_t dims[] = {1, 8, size};
    cllrn_params params = CLLRN_PARAMS_INIT;
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    cllrn_plan *made = NULL;
    check(cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0, error), error);
    check(cllrn_tensor_set(&tensor, dtype, 3, dims, NULL, 1, error), error);
    problem.params = &params;
    problem.src = &tensor;
    problem.dst = &tensor;
    const cllrn_status status = cllrn_plan_create(engine, &problem, &made, error);
    assert_true((made != NULL) == (status == CLLRN_SUCCESS));
    cllrn_plan_destroy(made);
    return status;
}

static void plan_create__without_double_and_wide_indices__unsupported(void **state)
{
    (void)state;
    cllrn_error error = CLLRN_ERROR_INIT;
    assert_int_equal(plan(device.engine, CLLRN_DTYPE_F64, 9, &error), CLLRN_UNSUPPORTED);
    assert_int_equal(plan(device.engine, CLLRN_DTYPE_F32, INT64_C(1) << 28, &error),
                     CLLRN_UNSUPPORTED_SIZE);
    check(plan(device.engine, CLLRN_DTYPE_F32, 9, &error), &error);
}

static void plan_create__without_compiler__NO_COMPILER(void **state)
{
    (void)state;
    cllrn_engine *engine = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_engine_options options = CLLRN_ENGINE_OPTIONS_INIT;
    options.cache = CLLRN_CACHE_OFF; /* which has the program by now */
    check(cllrn_engine_create(device.context, device.id, &options, &engine, &error), &error);
    setenv("CLLRN_LAYER_COMPILER", "no", 1);
    const cllrn_status status = plan(engine, CLLRN_DTYPE_F32, 9, &error);
    unsetenv("CLLRN_LAYER_COMPILER");
    assert_int_equal(status, CLLRN_NO_COMPILER);
    assert_int_equal(error.cl_error, CL_COMPILER_NOT_AVAILABLE);
    assert_non_null(strstr(error.message, "compiler"));
    check(plan(engine, CLLRN_DTYPE_F32, 9, &error), &error);
    cllrn_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device__facts__of_the_embedded_profile),
        cmocka_unit_test(build__types_the_device_lacks__refused),
        cmocka_unit_test(set_argument__beyond_256_bytes__refused),
        cmocka_unit_test(enqueue__beyond_1024_bytes_of_local_memory__refused),
        cmocka_unit_test(plan_create__without_double_and_wide_indices__unsupported),
        cmocka_unit_test(plan_create__without_compiler__NO_COMPILER),
    };
    test_device_open(&device);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_device_close(&device);
    return failed;
}
