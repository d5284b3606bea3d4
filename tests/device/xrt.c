/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On tests/layers/xrt.c: that the layer answers as Xilinx's runtime does, and
 * that a pack made ahead from the sources of the list without a device is all
 * that the library needs there. The binary is linked of several of them, as a
 * vendor's compiler links kernels: the device takes one binary only.
 */
#include "device_test.h"

#include <stdlib.h>
#include <string.h>

static test_device device;

/* What selection takes on an FPGA for each of these, between "cllrn_" and the arithmetic version.
 */
static const struct {
    const char *program;
    int64_t size;
    bool channels_last, in_place;
} rows[] = {
    {"forward_stream_f32_t5_p34_w1_i32_o32", 5, false, false},
    {"forward_stream_f32_t2_p34_w1_i32_o32", 2, true, false},
    {"forward_stream_f32_t4_p34_w1_i32_o32", 4, false, false},
    {"forward_strided_any_w1_i32_o32", 6, false, false},
    {"forward_separable_any_w1_i32_o32", 6, false, true},
};
enum { PROGRAMS = sizeof rows / sizeof *rows };

static test_case make_case(int row)
{
    test_case c = {.rank = 3, .channel_axis = rows[row].channels_last ? 2 : 1, .seed = 7};
    cllrn_error error = CLLRN_ERROR_INIT;
    c.dims[0] = 2;
    c.dims[c.channel_axis] = 24;
    c.dims[3 - c.channel_axis] = 35;
    c.in_place = rows[row].in_place;
    c.params = (cllrn_params)CLLRN_PARAMS_INIT;
    check(cllrn_params_across(&c.params, CLLRN_CONVENTION_TORCH, rows[row].size, 1e-4, 0.75, 1.0,
                              &error),
          &error);
    return c;
}

/* A source of the list without a device, compiled but not linked. */
static cl_program compile(const char *name)
{
    cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    size_t number = 0, size = 0;
    cl_int code;
    while (cllrn_program_get(NULL, number, &program, NULL) == CLLRN_SUCCESS &&
           strcmp(program.name, name) != 0)
        ++number;
    assert_string_equal(program.name, name);
    check(cllrn_program_source(NULL, number, NULL, 0, &size, &error), &error);
    char *const text = malloc(size);
    assert_non_null(text);
    check(cllrn_program_source(NULL, number, text, size, NULL, &error), &error);
    const char *source = text;
    cl_program compiled = clCreateProgramWithSource(device.context, 1, &source, NULL, &code);
    check_cl(code, "clCreateProgramWithSource");
    check_cl(clCompileProgram(compiled, 1, &device.id, "", 0, NULL, NULL, NULL, NULL), name);
    free(text);
    return compiled;
}

/* All the rows' programs in one binary, allocated. */
static unsigned char *link_binary(char names[PROGRAMS][CLLRN_KERNEL_NAME_SIZE], size_t *size)
{
    cl_program compiled[PROGRAMS];
    cl_int code;
    for (int i = 0; i < PROGRAMS; ++i)
        compiled[i] = compile(names[i]);
    cl_program linked =
        clLinkProgram(device.context, 1, &device.id, "", PROGRAMS, compiled, NULL, NULL, &code);
    check_cl(code, "clLinkProgram");
    for (int i = 0; i < PROGRAMS; ++i) {
        cl_kernel kernel = clCreateKernel(linked, names[i], &code);
        check_cl(code, names[i]);
        clReleaseKernel(kernel);
        clReleaseProgram(compiled[i]);
    }
    check_cl(clGetProgramInfo(linked, CL_PROGRAM_BINARY_SIZES, sizeof *size, size, NULL),
             "CL_PROGRAM_BINARY_SIZES");
    unsigned char *binary = malloc(*size);
    assert_non_null(binary);
    check_cl(clGetProgramInfo(linked, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL),
             "CL_PROGRAM_BINARIES");
    clReleaseProgram(linked);
    return binary;
}

static cllrn_pack *make_pack(void)
{
    char names[PROGRAMS][CLLRN_KERNEL_NAME_SIZE];
    const char *programs[PROGRAMS];
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_pack *empty = NULL, *pack = NULL;
    size_t size = 0;
    for (int i = 0; i < PROGRAMS; ++i) {
        snprintf(names[i], sizeof names[i], "cllrn_%s_v%d", rows[i].program,
                 CLLRN_ARITHMETIC_VERSION);
        programs[i] = names[i];
    }
    unsigned char *const binary = link_binary(names, &size);
    check(cllrn_engine_export(device.engine, &empty, &error), &error);
    check(cllrn_pack_add(empty, binary, size, programs, NULL, PROGRAMS, &pack, &error), &error);
    cllrn_pack_destroy(empty);
    free(binary);
    return pack;
}

static void layer__answers_as_xrt(void **state)
{
    (void)state;
    const float zero = 0;
    cl_device_type type = 0;
    size_t origin = 0;
    char profile[32] = "", extensions[32] = "?";
    cl_mem buffer = make_buffer(&device, &zero, 1);
    clGetDeviceInfo(device.id, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    clGetDeviceInfo(device.id, CL_DEVICE_PROFILE, sizeof profile, profile, NULL);
    clGetDeviceInfo(device.id, CL_DEVICE_EXTENSIONS, sizeof extensions, extensions, NULL);
    assert_int_equal(type, CL_DEVICE_TYPE_ACCELERATOR);
    assert_string_equal(profile, "EMBEDDED_PROFILE");
    assert_string_equal(extensions, "");
    assert_int_equal(clGetMemObjectInfo(buffer, CL_MEM_OFFSET, sizeof origin, &origin, NULL),
                     CL_OUT_OF_HOST_MEMORY);
    clReleaseMemObject(buffer);
}

static void pack__made_ahead__all_from_one_binary(void **state)
{
    (void)state;
    cllrn_engine *const compiling = device.engine;
    cllrn_engine_options options = CLLRN_ENGINE_OPTIONS_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_pack *const pack = make_pack();
    setenv("CLLRN_LAYER_COMPILER", "no", 1);
    options.pack_data = cllrn_pack_data(pack, &options.pack_size);
    check(cllrn_engine_create(device.context, device.id, &options, &device.engine, &error), &error);
    for (int i = 0; i < PROGRAMS; ++i) {
        const test_case c = make_case(i);
        case_data data;
        case_data_make(&c, &data);
        assert_true(run_case(&device, &c, &data, NULL));
        case_data_free(&data);
    }
    assert_true(cllrn_engine_programs_made(device.engine) >= PROGRAMS);

    /* The device is programmed: another engine's binary is refused, and told. */
    cllrn_engine *second = NULL;
    char name[CLLRN_KERNEL_NAME_SIZE];
    check(cllrn_engine_create(device.context, device.id, &options, &second, &error), &error);
    snprintf(name, sizeof name, "cllrn_%s_v%d", rows[0].program, CLLRN_ARITHMETIC_VERSION);
    assert_int_equal(cllrn_engine_build(second, name, &error), CLLRN_BUILD_FAILURE);
    assert_int_equal(error.cl_error, CL_OUT_OF_RESOURCES);
    cllrn_engine_destroy(second);
    cllrn_engine_destroy(device.engine);
    device.engine = compiling;
    unsetenv("CLLRN_LAYER_COMPILER");
    cllrn_pack_destroy(pack);
}

static void engine_build__without_pack__NO_COMPILER(void **state)
{
    (void)state;
    cllrn_engine *engine = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_engine_options options = CLLRN_ENGINE_OPTIONS_INIT;
    cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
    options.cache = CLLRN_CACHE_OFF;
    check(cllrn_engine_create(device.context, device.id, &options, &engine, &error), &error);
    setenv("CLLRN_LAYER_COMPILER", "no", 1);
    check(cllrn_program_get(engine, 0, &program, &error), &error);
    const cllrn_status status = cllrn_engine_build(engine, program.name, &error);
    unsetenv("CLLRN_LAYER_COMPILER");
    assert_int_equal(status, CLLRN_NO_COMPILER);
    assert_int_equal(error.cl_error, CL_INVALID_OPERATION);
    cllrn_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer__answers_as_xrt),
        cmocka_unit_test(engine_build__without_pack__NO_COMPILER),
        cmocka_unit_test(pack__made_ahead__all_from_one_binary),
    };
    test_device_open(&device);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_device_close(&device);
    return failed;
}
