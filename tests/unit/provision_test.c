/* SPDX-License-Identifier: Apache-2.0 */
/* Programs from binary packs and from what a runtime kept. */
#include "support.h"

#include <stdlib.h>

#include "engine.h"

static const lrn_program_key ordinary = {
    .variant = lrn_variants_any, .storage = LRN_F32, .width = 1, .taps = 5, .power = LRN_POWER_3_4};

static lrn_program_key other_key(void)
{
    lrn_program_key other = ordinary;
    other.backward = true;
    return other;
}

/* A pack of two programs, made by an engine of the device w has. */
static cllrn_pack *make_pack(world *w)
{
    const lrn_program_key other = other_key();
    lrn_program *program;
    cllrn_pack *pack = NULL;
    cllrn_error error = error_blank();
    world_engine(w);
    assert_int_equal(lrn_programs_get(&w->engine->programs, &ordinary, &program, NULL),
                     CLLRN_SUCCESS);
    assert_int_equal(lrn_programs_get(&w->engine->programs, &other, &program, NULL), CLLRN_SUCCESS);
    assert_succeeded(cllrn_engine_export(w->engine, &pack, &error), &error);
    assert_int_equal(pack->row_count, 2);
    cllrn_engine_destroy(w->engine);
    w->engine = NULL;
    return pack;
}

static void use_pack(world *w, const cllrn_pack *pack)
{
    w->options.pack_data = cllrn_pack_data(pack, &w->options.pack_size);
}

/* An engine with a pack compiles nothing, though every source would fail. */
static void pack__is_the_only_origin_SUCCESS(void **state)
{
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_pack(&w);
    lrn_program *program = NULL;
    const lrn_program_key other = other_key();
    cllrn_error error = error_blank();
    const size_t compiled = fake_calls("clCreateProgramWithSource");
    fake_settings(w.device)->build_result = CL_COMPILER_NOT_AVAILABLE;
    use_pack(&w, pack);
    world_engine(&w);
    cllrn_pack_destroy(pack); /* it was copied */

    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);
    assert_int_equal(program->origin, CLLRN_ORIGIN_PACKED);
    assert_succeeded(
        cllrn_engine_build(w.engine, "cllrn_backward_column_f32_t5_p34_w1_i32_v3", &error), &error);
    assert_succeeded(lrn_programs_get(&w.engine->programs, &other, &program, &error), &error);
    assert_string_equal(program->kernel, "backward_column");

    lrn_program_key missing = ordinary;
    missing.taps = 3;
    program = UNTOUCHED;
    assert_failed(CLLRN_PROGRAM_MISSING,
                  lrn_programs_get(&w.engine->programs, &missing, &program, &error), &error);
    assert_non_null(strstr(error.message, "cllrn_forward_column_f32_t3_p34_w1_i32_v3"));
    assert_ptr_equal(program, UNTOUCHED);
    assert_int_equal(fake_calls("clCreateProgramWithSource"), compiled);
    world_close(&w);
}

static void pack__from_a_file_SUCCESS(void **state)
{
    char directory[64], path[80];
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_pack(&w);
    lrn_program *program = NULL;
    directory_make(directory);
    snprintf(path, sizeof path, "%s/pack", directory);
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(pack->data, 1, pack->size, file), pack->size);
    fclose(file);
    w.options.pack = path;
    world_engine(&w);
    assert_int_equal(lrn_programs_get(&w.engine->programs, &ordinary, &program, NULL),
                     CLLRN_SUCCESS);
    assert_int_equal(program->origin, CLLRN_ORIGIN_PACKED);
    cllrn_engine_destroy(w.engine);

    use_pack(&w, pack);
    cllrn_error error = error_blank();
    w.engine = NULL;
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_engine_create(w.context, w.device, &w.options, &w.engine, &error), &error);
    assert_null(w.engine);
    cllrn_pack_destroy(pack);
    world_close(&w);
    directory_remove(directory);
}

/* Plans run on it, and say so; problems are prepared from it. */
static void pack__plans_SUCCESS(void **state)
{
    (void)state;
    world w = world_handles();
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(1, 8, 3, 3);
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.params = &params;
    problem.src = problem.dst = &tensor;
    problem.variant = "column";
    problem.aliasing = CLLRN_ALIASING_EITHER;
    const cllrn_problem *const problems[] = {&problem, &problem};
    cllrn_pack *pack = NULL;
    cllrn_plan *plan = NULL;
    cllrn_error error = error_blank();
    world_engine(&w);
    assert_succeeded(cllrn_engine_prepare(w.engine, problems, 2, NULL, NULL, &error), &error);
    assert_int_equal(cllrn_engine_programs_made(w.engine), 2);
    assert_succeeded(cllrn_engine_export(w.engine, &pack, &error), &error);
    cllrn_engine_destroy(w.engine);
    use_pack(&w, pack);
    world_engine(&w);
    assert_succeeded(cllrn_plan_create(w.engine, &problem, &plan, &error), &error);
    assert_int_equal(cllrn_plan_origin(plan, CLLRN_ALIASING_DISJOINT), CLLRN_ORIGIN_PACKED);
    assert_int_equal(cllrn_plan_origin(plan, CLLRN_ALIASING_IN_PLACE), CLLRN_ORIGIN_PACKED);
    assert_int_equal(cllrn_plan_origin(plan, 7), CLLRN_ORIGIN_NONE);
    cllrn_plan_destroy(plan);

    problem.variant = "strided";
    assert_failed(CLLRN_PROGRAM_MISSING,
                  cllrn_engine_prepare(w.engine, problems, 2, NULL, NULL, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_engine_prepare(NULL, problems, 2, NULL, NULL, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_engine_prepare(w.engine, NULL, 2, NULL, NULL, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_engine_build(w.engine, NULL, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_engine_build(w.engine, "frob", &error), &error);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

static void pack__of_another_device_PACK_MISMATCH(void **state)
{
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_pack(&w);
    cllrn_error error = error_blank();
    use_pack(&w, pack);
    fake_settings(w.device)->driver = "2.0";
    assert_failed(CLLRN_PACK_MISMATCH,
                  cllrn_engine_create(w.context, w.device, &w.options, &w.engine, &error), &error);
    assert_null(w.engine);
    assert_non_null(strstr(error.message, "driver 1.0"));
    assert_non_null(strstr(error.message, "driver 2.0"));
    w.options.any_driver = 1;
    world_engine(&w);
    cllrn_engine_destroy(w.engine);
    w.engine = NULL;
    fake_settings(w.device)->name = "another";
    assert_failed(CLLRN_PACK_MISMATCH,
                  cllrn_engine_create(w.context, w.device, &w.options, &w.engine, &error), &error);
    assert_null(w.engine);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* A program is its name and its options: a binary of that name built with others is another's. */
static void pack__other_options_PROGRAM_MISSING(void **state)
{
    (void)state;
    world w = world_open();
    lrn_program_key seven = ordinary;
    seven.taps = 7;
    lrn_program *program = NULL;
    cllrn_pack *pack = NULL, *other = NULL;
    cllrn_error error = error_blank();
    assert_int_equal(lrn_programs_get(&w.engine->programs, &seven, &program, NULL), CLLRN_SUCCESS);
    assert_succeeded(cllrn_engine_export(w.engine, &pack, &error), &error);
    lrn_pack_row row = pack->rows[0];
    row.name = "cllrn_forward_column_f32_t5_p34_w1_i32_v3";
    assert_succeeded(lrn_pack_make(pack->texts, &row, 1, &other, &error), &error);

    assert_succeeded(cllrn_engine_import(w.engine, other->data, other->size, &error), &error);
    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);
    assert_int_equal(program->origin, CLLRN_ORIGIN_COMPILED);
    cllrn_engine_destroy(w.engine);
    use_pack(&w, other);
    world_engine(&w);
    program = UNTOUCHED;
    assert_failed(CLLRN_PROGRAM_MISSING,
                  lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);
    assert_ptr_equal(program, UNTOUCHED);
    cllrn_pack_destroy(other);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* A context's programs have a place for each of its devices; the engine's binary is in its own. */
static void export__second_device_of_a_context_SUCCESS(void **state)
{
    (void)state;
    for (int own = 0; own < 3; ++own) {
        support_setup(NULL);
        cl_device_id devices[] = {fake_device(), fake_device(), fake_device()};
        world w = {.device = devices[own], .context = fake_context(3, devices)};
        w.queue = fake_queue(w.context, w.device);
        w.options = (cllrn_engine_options)CLLRN_ENGINE_OPTIONS_INIT;
        cllrn_pack *pack = make_pack(&w);
        lrn_program *program = NULL;
        cllrn_error error = error_blank();
        world_engine(&w);
        assert_succeeded(cllrn_engine_import(w.engine, pack->data, pack->size, &error), &error);
        assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &program, &error),
                         &error);
        assert_int_equal(program->origin, CLLRN_ORIGIN_IMPORTED);
        cllrn_pack_destroy(pack);
        world_close(&w);
        assert_int_equal(support_teardown(NULL), 0);
    }
}

/* Drivers that compile when a kernel is made have no binary before. */
static void export__of_a_driver_that_compiles_late_SUCCESS(void **state)
{
    (void)state;
    world w = world_handles();
    fake_settings(w.device)->late = true;
    cllrn_pack *pack = make_pack(&w);
    assert_true(pack->rows[0].size > 100);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* Numbers that cannot be right are refused before anything is made of them. */
static void export__numbers_that_cannot_be_OPENCL_FAILURE(void **state)
{
    static const size_t nothing = 0, huge = (size_t)LRN_PACK_MAX_SIZE + 1;
    static const cl_device_id another = (cl_device_id)UNTOUCHED;
    static const struct {
        const char *query;
        const void *bytes;
        size_t size;
        cl_int code;
    } rows[] = {
        {"clGetProgramInfo CL_PROGRAM_DEVICES (size)", NULL, 0, CL_INVALID_DEVICE},
        {"clGetProgramInfo CL_PROGRAM_DEVICES (size)", NULL, SIZE_MAX, CL_INVALID_VALUE},
        {"clGetProgramInfo CL_PROGRAM_DEVICES", &another, sizeof another, CL_INVALID_DEVICE},
        {"clGetProgramInfo CL_PROGRAM_BINARY_SIZES (size)", NULL, 1, CL_INVALID_VALUE},
        {"clGetProgramInfo CL_PROGRAM_BINARY_SIZES", &nothing, sizeof nothing, CL_INVALID_BINARY},
        {"clGetProgramInfo CL_PROGRAM_BINARY_SIZES", &huge, sizeof huge, CL_INVALID_BINARY},
    };
    (void)state;
    world w = world_open();
    lrn_program *program = NULL;
    assert_int_equal(lrn_programs_get(&w.engine->programs, &ordinary, &program, NULL),
                     CLLRN_SUCCESS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        cllrn_pack *pack = UNTOUCHED;
        cllrn_error error = error_blank();
        fake_lie(rows[i].query, rows[i].bytes, rows[i].size);
        assert_failed(CLLRN_OPENCL_FAILURE, cllrn_engine_export(w.engine, &pack, &error), &error);
        assert_int_equal(error.cl_error, rows[i].code);
        assert_ptr_equal(pack, UNTOUCHED);
    }
    cllrn_pack *pack = NULL;
    fake_lie(NULL, NULL, 0);
    assert_int_equal(cllrn_engine_export(w.engine, &pack, NULL), CLLRN_SUCCESS);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* One binary of a vendor's compiler, loaded once, with a kernel for each program. */
static void pack__vendors_binary_SUCCESS(void **state)
{
    static unsigned char vendor[256 * 1024];
    (void)state;
    world w = world_handles();
    lrn_program *first = NULL, *second = NULL;
    const lrn_program_key other = {.variant = lrn_variants_any,
                                   .storage = LRN_F32,
                                   .width = 1,
                                   .taps = 7,
                                   .power = LRN_POWER_3_4};
    static const char *const names[] = {"cllrn_forward_column_f32_t5_p34_w1_i32_v3",
                                        "cllrn_forward_column_f32_t7_p34_w1_i32_v3"},
                             *const kernels[] = {"forward_column_v", "forward_column_v"};
    cllrn_pack *pack = make_pack(&w), *empty = NULL, *sum = NULL, *again = NULL;
    cllrn_error error = error_blank();
    world_engine(&w);
    assert_succeeded(cllrn_engine_export(w.engine, &empty, &error), &error);
    cllrn_engine_destroy(w.engine);
    const lrn_pack_row *row = lrn_pack_find(pack, names[0]);
    const size_t size = fake_vendor_binary(row->binary, "_v", vendor, sizeof vendor);
    assert_succeeded(cllrn_pack_add(empty, vendor, size, names, kernels, 2, &sum, &error), &error);
    use_pack(&w, sum);
    world_engine(&w);
    const size_t before = fake_calls("clCreateProgramWithBinary");

    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &first, &error), &error);
    assert_succeeded(lrn_programs_get(&w.engine->programs, &other, &second, &error), &error);

    assert_int_equal(fake_calls("clCreateProgramWithBinary"), before + 1);
    assert_ptr_equal(first->program, second->program);
    assert_string_equal(second->kernel, "forward_column_v");
    /* What is exported is a pack like it. */
    assert_succeeded(cllrn_engine_export(w.engine, &again, &error), &error);
    assert_int_equal(again->row_count, 2);
    assert_ptr_equal(again->rows[0].binary, again->rows[1].binary);
    assert_string_equal(again->rows[0].kernel, "forward_column_v");
    cllrn_pack_destroy(again);
    cllrn_pack_destroy(sum);
    cllrn_pack_destroy(empty);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

static void pack__kernel_is_not_in_the_binary_BUILD_FAILURE(void **state)
{
    static const char *const names[] = {"cllrn_forward_column_f32_t7_p34_w1_i32_v3"};
    static unsigned char vendor[256 * 1024];
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_pack(&w), *sum = NULL;
    cllrn_error error = error_blank();
    const size_t size = fake_vendor_binary(pack->rows[0].binary, "_v", vendor, sizeof vendor);
    assert_succeeded(cllrn_pack_add(pack, vendor, size, names, NULL, 1, &sum, &error), &error);
    use_pack(&w, sum);
    world_engine(&w);
    assert_failed(CLLRN_BUILD_FAILURE, cllrn_engine_build(w.engine, names[0], &error), &error);
    assert_non_null(strstr(error.message, names[0]));
    cllrn_pack_destroy(sum);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* A pack of one module for any device, made as its offline compiler would. */
static cllrn_pack *make_modules(world *w)
{
    static const char *const names[] = {"cllrn_forward_column_f32_t5_p34_w1_i32_v3"},
                             *const kernels[] = {"forward_column_v"};
    static unsigned char module[256 * 1024];
    static const unsigned char magic[] = {0x03, 0x02, 0x23, 0x07};
    cllrn_pack *pack = make_pack(w), *empty = NULL, *sum = NULL;
    cllrn_error error = error_blank();
    memcpy(module, magic, sizeof magic);
    const size_t size = fake_vendor_binary(lrn_pack_find(pack, names[0])->binary, "_v",
                                           module + sizeof magic, sizeof module - sizeof magic);
    assert_succeeded(cllrn_pack_create(&empty, &error), &error);
    assert_failed(
        CLLRN_INVALID_PACK,
        cllrn_pack_add(empty, module + sizeof magic, size, names, kernels, 1, &sum, &error),
        &error); /* native code would run anywhere */
    error = error_blank();
    assert_succeeded(
        cllrn_pack_add(empty, module, size + sizeof magic, names, kernels, 1, &sum, &error),
        &error);
    cllrn_pack_destroy(empty);
    cllrn_pack_destroy(pack);
    return sum;
}

static void spirv__for_devices_that_take_it_SUCCESS(void **state)
{
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_modules(&w);
    lrn_program *program = NULL;
    cllrn_error error = error_blank();
    const size_t compiled = fake_calls("clCreateProgramWithSource"),
                 binaries = fake_calls("clCreateProgramWithBinary");
    fake_settings(w.device)->il = "SPIR-V_1.0 SPIR-V_1.2";
    fake_settings(w.device)->name = "another device";
    assert_succeeded(cllrn_pack_check(pack, w.device, 0, &error), &error);
    use_pack(&w, pack);
    world_engine(&w);
    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);
    assert_int_equal(program->origin, CLLRN_ORIGIN_PACKED);
    assert_string_equal(program->kernel, "forward_column_v");
    assert_int_equal(fake_calls("clCreateProgramWithILKHR"), 1);
    assert_int_equal(fake_calls("clCreateProgramWithSource"), compiled);
    assert_int_equal(fake_calls("clCreateProgramWithBinary"), binaries);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

static void spirv__for_others_PACK_MISMATCH(void **state)
{
    static const char *const versions[] = {"", "SPIR_1.2"};
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_modules(&w);
    cllrn_engine *engine = UNTOUCHED;
    cllrn_error error = error_blank();
    use_pack(&w, pack);
    for (size_t i = 0; i < sizeof versions / sizeof *versions; ++i) {
        fake_settings(w.device)->il = versions[i];
        assert_failed(CLLRN_PACK_MISMATCH,
                      cllrn_engine_create(w.context, w.device, &w.options, &engine, &error),
                      &error);
        assert_ptr_equal(engine, UNTOUCHED);
        assert_failed(CLLRN_PACK_MISMATCH, cllrn_pack_check(pack, w.device, 0, &error), &error);
    }
    w.options.pack_data = NULL;
    world_engine(&w);
    assert_failed(CLLRN_PACK_MISMATCH,
                  cllrn_engine_import(w.engine, pack->data, pack->size, &error), &error);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* A driver that fails to say is none that says no. */
static void spirv__versions_not_told_OPENCL_FAILURE(void **state)
{
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_modules(&w);
    cllrn_error error = error_blank();
    fake_settings(w.device)->il = "SPIR-V_1.0";
    world_engine(&w);
    fake_fail(1, CL_OUT_OF_RESOURCES, false);
    assert_failed(CLLRN_OPENCL_FAILURE,
                  cllrn_engine_import(w.engine, pack->data, pack->size, &error), &error);
    assert_string_equal(fake_failed(0), "clGetDeviceInfo CL_DEVICE_IL_VERSION (size)");
    error = error_blank();
    fake_fail(1, CL_INVALID_VALUE, false);
    assert_failed(CLLRN_PACK_MISMATCH,
                  cllrn_engine_import(w.engine, pack->data, pack->size, &error), &error);
    fake_fail(0, CL_SUCCESS, false);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* Every query of a check: told where it fails, a mismatch where the driver does not know it. */
static void pack_check__every_query_its_status(void **state)
{
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_pack(&w);
    cllrn_error error = error_blank();
    size_t n = 1;
    for (;; ++n) {
        fake_fail(n, CL_OUT_OF_RESOURCES, false);
        error = error_blank();
        const cllrn_status failed = cllrn_pack_check(pack, w.device, 0, &error);
        if (fake_failed(0) == NULL)
            break;
        assert_failed(CLLRN_OPENCL_FAILURE, failed, &error);
        fake_fail(n, CL_INVALID_VALUE, false);
        error = error_blank();
        assert_failed(CLLRN_PACK_MISMATCH, cllrn_pack_check(pack, w.device, 0, &error), &error);
    }
    assert_true(n > 6);
    fake_fail(0, CL_SUCCESS, false);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* A driver may list the parent among a program's devices. */
static void export__of_a_sub_device_SUCCESS(void **state)
{
    (void)state;
    world w = world_handles();
    lrn_program *program = NULL;
    cllrn_error error = error_blank();
    w.device = fake_sub_device(w.device);
    cllrn_pack *pack = make_pack(&w);
    use_pack(&w, pack);
    world_engine(&w);
    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);
    assert_int_equal(program->origin, CLLRN_ORIGIN_PACKED);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

static void spirv__driver_refuses_it_BUILD_FAILURE(void **state)
{
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_modules(&w);
    lrn_program *program = UNTOUCHED;
    cllrn_error error = error_blank();
    fake_settings(w.device)->il = "SPIR-V_1.0";
    use_pack(&w, pack);
    world_engine(&w);
    for (size_t call = 1; call <= 3; ++call) { /* the function's address, the module, its build */
        fake_fail(call, CL_INVALID_OPERATION, false);
        assert_failed(CLLRN_BUILD_FAILURE,
                      lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);
        assert_ptr_equal(program, UNTOUCHED);
    }
    error = error_blank();
    fake_fail(0, CL_SUCCESS, false);
    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* A device may say that it takes modules of a platform that has no function for them. */
static void spirv__platform_without_the_function_PACK_MISMATCH(void **state)
{
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_modules(&w);
    cl_device_id other = fake_device(); /* the fake's platform is as its first device */
    cllrn_error error = error_blank();
    fake_settings(other)->il = "SPIR-V_1.0";
    assert_failed(CLLRN_PACK_MISMATCH, cllrn_pack_check(pack, other, 0, &error), &error);
    fake_settings(w.device)->il = "SPIR-V_1.0";
    error = error_blank();
    assert_succeeded(cllrn_pack_check(pack, other, 0, &error), &error);
    fake_release(other);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* Modules for any device are still those of one library and its kernels. */
static void spirv__of_another_library_PACK_MISMATCH(void **state)
{
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_modules(&w);
    fake_settings(w.device)->il = "SPIR-V_1.0";
    for (int which = CLLRN_PACK_LIBRARY; which <= CLLRN_PACK_KERNELS; ++which) {
        const char *texts[CLLRN_PACK_TEXTS];
        cllrn_pack *other = NULL;
        cllrn_engine *engine = UNTOUCHED;
        cllrn_error error = error_blank();
        memcpy(texts, pack->texts, sizeof texts);
        texts[which] = "another";
        assert_succeeded(lrn_pack_make(texts, pack->rows, 1, &other, &error), &error);
        use_pack(&w, other);
        assert_failed(CLLRN_PACK_MISMATCH,
                      cllrn_engine_create(w.context, w.device, &w.options, &engine, &error),
                      &error);
        assert_ptr_equal(engine, UNTOUCHED);
        cllrn_pack_destroy(other);
    }
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* A pack is for any device where nothing at all is told of one. */
static void target_is_any__one_text_is_told(void **state)
{
    (void)state;
    for (int told = 0; told < CLLRN_PACK_TEXTS; ++told) {
        const char *texts[CLLRN_PACK_TEXTS];
        for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
            texts[i] = i == told ? "told" : "";
        assert_int_equal(lrn_target_is_any(texts), told < CLLRN_PACK_PLATFORM);
    }
}

/* A module is its magic, in either order of bytes, and more. */
static void spirv__magic_INVALID_PACK(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        bool module;
    } rows[] = {
        {"\x03\x02\x23\x07#", 5, true},  {"\x07\x23\x02\x03#", 5, true},
        {"\x03\x02\x23\x07", 4, false},  {"\x07\x23\x02\x03", 4, false},
        {"\x03\x02\x23\x03#", 5, false}, {"\x03", 1, false},
    };
    static const char *const names[] = {"a program"};
    cllrn_pack *empty = NULL;
    (void)state;
    assert_int_equal(cllrn_pack_create(&empty, NULL), CLLRN_SUCCESS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        cllrn_pack *pack = NULL;
        cllrn_error error = error_blank();
        const cllrn_status status =
            cllrn_pack_add(empty, rows[i].bytes, rows[i].size, names, NULL, 1, &pack, &error);
        if (rows[i].module) {
            assert_succeeded(status, &error);
        } else {
            assert_failed(CLLRN_INVALID_PACK, status, &error);
            assert_null(pack);
        }
        cllrn_pack_destroy(pack);
    }
    cllrn_pack_destroy(empty);
}

/* A device without 64-bit integers has names of its own, by which its programs are built. */
static void engine_build__of_a_device_without_64_bit_integers_SUCCESS(void **state)
{
    cllrn_program_info first = CLLRN_PROGRAM_INFO_INIT;
    (void)state;
    world w = world_handles();
    cllrn_error error = error_blank();
    fake_settings(w.device)->profile = "EMBEDDED_PROFILE";
    fake_settings(w.device)->extensions = "";
    world_engine(&w);
    assert_succeeded(cllrn_program_get(w.engine, 0, &first, &error), &error);
    assert_non_null(strstr(first.name, "_o32_v"));
    assert_succeeded(cllrn_engine_build(w.engine, first.name, &error), &error);
    assert_non_null(strstr(fake_build_options(0), "-DLRN_OFFSET=uint"));
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_engine_build(w.engine, "cllrn_forward_column_f32_t5_p34_w1_i32_v3", &error),
                  &error);
    world_close(&w);
}

/* An engine with a pack keeps nothing. */
static void pack__has_no_cache_SUCCESS(void **state)
{
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_pack(&w);
    use_pack(&w, pack);
    w.options.cache = CLLRN_CACHE_ON;
    w.options.cache_dir = KERNEL_DIR "/missing";
    world_engine(&w);
    assert_false(lrn_cache_is_on(&w.engine->programs.cache));
    cllrn_pack_destroy(pack);
    world_close(&w);
}

static void pack_create__NULL_INVALID_ARGUMENT(void **state)
{
    cllrn_error error = error_blank();
    (void)state;
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_pack_create(NULL, &error), &error);
}

static void import__is_used_and_compared_SUCCESS(void **state)
{
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_pack(&w);
    lrn_program *program = NULL;
    cllrn_error error = error_blank();
    world_engine(&w);
    assert_succeeded(cllrn_engine_import(w.engine, pack->data, pack->size, &error), &error);
    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);
    assert_int_equal(program->origin, CLLRN_ORIGIN_IMPORTED);
    lrn_program_key missing = ordinary;
    missing.taps = 3;
    assert_succeeded(lrn_programs_get(&w.engine->programs, &missing, &program, &error), &error);
    assert_int_equal(program->origin, CLLRN_ORIGIN_COMPILED);

    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_engine_import(NULL, pack->data, 1, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_engine_import(w.engine, NULL, 1, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_PACK, cllrn_engine_import(w.engine, pack->data, 60, &error),
                  &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_engine_export(w.engine, NULL, &error), &error);
    cllrn_engine_destroy(w.engine);
    fake_settings(w.device)->driver = "2.0";
    world_engine(&w);
    error = error_blank();
    assert_failed(CLLRN_PACK_MISMATCH,
                  cllrn_engine_import(w.engine, pack->data, pack->size, &error), &error);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* Damage behind the tables shows when the binary is due: given ones are compiled, packed ones not.
 */
static void binary__damaged_SUCCESS_or_INVALID_PACK(void **state)
{
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = make_pack(&w);
    lrn_program *program = NULL;
    cllrn_error error = error_blank();
    pack->data[pack->size - 100] ^= 1;
    pack->data[(size_t)((const unsigned char *)pack->rows[0].binary - pack->data) + 100] ^= 1;
    world_engine(&w);
    assert_succeeded(cllrn_engine_import(w.engine, pack->data, pack->size, &error), &error);
    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);
    assert_int_equal(program->origin, CLLRN_ORIGIN_COMPILED);
    cllrn_engine_destroy(w.engine);
    use_pack(&w, pack);
    world_engine(&w);
    assert_failed(CLLRN_INVALID_PACK,
                  lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* Every call and allocation from the pack's bytes to a program, and back to bytes. */
static void provision__every_failure_its_status(void **state)
{
    (void)state;
    for (int mode = 0; mode < 4; ++mode)
        for (size_t n = 1;; ++n) {
            support_setup(NULL);
            world w = world_handles();
            cllrn_pack *pack = make_pack(&w), *again = NULL;
            lrn_program *program = NULL;
            cllrn_error error = error_blank();
            use_pack(&w, pack);
            world_engine(&w);
            const size_t live = fake_live_programs();
            if (mode < 2)
                fake_fail(n, CL_OUT_OF_RESOURCES, mode == 1);
            else
                memory_fail(n, mode == 3);
            cllrn_status status =
                lrn_programs_get(&w.engine->programs, &ordinary, &program, &error);
            if (status == CLLRN_SUCCESS)
                status = cllrn_engine_export(w.engine, &again, &error);
            const char *call = mode < 2 ? fake_failed(0) : NULL;
            const bool failed = mode < 2 ? call != NULL : memory_failed() > 0;
            fake_fail(0, CL_SUCCESS, false);
            memory_fail(0, false);
            const bool forgiven = call != NULL && (strncmp(call, "clRelease", 9) == 0 ||
                                                   strcmp(call, "clGetProgramBuildInfo") == 0);
            if (failed && !forgiven) {
                assert_int_not_equal(status, CLLRN_SUCCESS);
                assert_failed(status, status, &error);
                if (mode >= 2)
                    assert_int_equal(status, CLLRN_OUT_OF_MEMORY);
                assert_null(again);
                error = error_blank();
                assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &program, &error),
                                 &error);
            } else if (mode != 1) {
                assert_int_equal(status, CLLRN_SUCCESS);
            }
            assert_true(fake_live_programs() <= live + 1);
            cllrn_pack_destroy(again);
            cllrn_pack_destroy(pack);
            world_close(&w);
            assert_int_equal(support_teardown(NULL), 0);
            if (!failed) {
                assert_true(n > 5);
                break;
            }
        }
}

/* Every call for binaries was made to fail. */
static void provision__ledger_SUCCESS(void **state)
{
    static const char *const functions[] = {
        "clCreateProgramWithBinary", "clGetProgramInfo CL_PROGRAM_DEVICES", "clGetProgramInfo CL_PROGRAM_BINARY_SIZES",
        "clGetProgramInfo CL_PROGRAM_BINARIES"};
    (void)state;
    for (size_t j = 0; j < sizeof functions / sizeof *functions; ++j) {
        bool seen = false;
        for (size_t i = 0; fake_ledger(i).name != NULL; ++i)
            seen = seen ||
                   (strcmp(fake_ledger(i).name, functions[j]) == 0 && fake_ledger(i).failures > 0);
        if (!seen)
            print_message("%s never failed\n", functions[j]);
        assert_true(seen);
    }
}

static void origin_string__all_SUCCESS(void **state)
{
    (void)state;
    assert_string_equal(cllrn_origin_string(CLLRN_ORIGIN_NONE), "none");
    assert_string_equal(cllrn_origin_string(CLLRN_ORIGIN_COMPILED), "compiled");
    assert_string_equal(cllrn_origin_string(CLLRN_ORIGIN_CACHED), "cached");
    assert_string_equal(cllrn_origin_string(CLLRN_ORIGIN_PACKED), "packed");
    assert_string_equal(cllrn_origin_string(CLLRN_ORIGIN_IMPORTED), "imported");
    assert_string_equal(cllrn_origin_string(CLLRN_ORIGIN_CALLER), "caller");
    assert_string_equal(cllrn_origin_string(6), "unknown origin");
    assert_string_equal(cllrn_origin_string(-1), "unknown origin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pack__is_the_only_origin_SUCCESS),
        TEST(pack__from_a_file_SUCCESS),
        TEST(pack__plans_SUCCESS),
        TEST(pack__of_another_device_PACK_MISMATCH),
        TEST(pack__other_options_PROGRAM_MISSING),
        TEST(export__second_device_of_a_context_SUCCESS),
        TEST(export__of_a_driver_that_compiles_late_SUCCESS),
        TEST(export__numbers_that_cannot_be_OPENCL_FAILURE),
        TEST(pack__vendors_binary_SUCCESS),
        TEST(pack__kernel_is_not_in_the_binary_BUILD_FAILURE),
        TEST(spirv__for_devices_that_take_it_SUCCESS),
        TEST(spirv__for_others_PACK_MISMATCH),
        TEST(spirv__versions_not_told_OPENCL_FAILURE),
        TEST(pack_check__every_query_its_status),
        TEST(export__of_a_sub_device_SUCCESS),
        TEST(spirv__driver_refuses_it_BUILD_FAILURE),
        TEST(spirv__platform_without_the_function_PACK_MISMATCH),
        TEST(spirv__of_another_library_PACK_MISMATCH),
        TEST(target_is_any__one_text_is_told),
        TEST(spirv__magic_INVALID_PACK),
        TEST(engine_build__of_a_device_without_64_bit_integers_SUCCESS),
        TEST(pack__has_no_cache_SUCCESS),
        TEST(pack_create__NULL_INVALID_ARGUMENT),
        TEST(import__is_used_and_compared_SUCCESS),
        TEST(binary__damaged_SUCCESS_or_INVALID_PACK),
        TEST(provision__every_failure_its_status),
        TEST(provision__ledger_SUCCESS),
        TEST(origin_string__all_SUCCESS),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("provision", tests, NULL, NULL);
}
