/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of a device, as runtimes use them that partition a CPU. PoCL names the
 * parent in a context of sub-devices, and among the devices of its programs.
 */
#include "device_test.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

/* One device under test for each part, in one context of them all. */
typedef struct parts {
    test_device whole, part[2];
    cl_device_id ids[MOST];
    cl_uint count;
} parts;

static parts p;

static cllrn_engine *make_engine(const test_device *on, int32_t cache, const cllrn_pack *pack)
{
    cllrn_engine *engine = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_engine_options options = CLLRN_ENGINE_OPTIONS_INIT;
    options.cache = cache;
    if (pack != NULL)
        options.pack_data = cllrn_pack_data(pack, &options.pack_size);
    check(cllrn_engine_create(on->context, on->id, &options, &engine, &error), &error);
    return engine;
}

static test_case make_case(void)
{
    test_case c = {.rank = 4, .channel_axis = 1, .dims = {2, 24, 5, 7}, .seed = 7};
    cllrn_error error = CLLRN_ERROR_INIT;
    c.params = (cllrn_params)CLLRN_PARAMS_INIT;
    check(cllrn_params_across(&c.params, CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0, &error),
          &error);
    return c;
}

/* The case on a device with this engine, which it destroys; where its program came from. */
static int32_t run_with(test_device on, cllrn_engine *engine)
{
    const test_case c = make_case();
    case_data data;
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    cllrn_plan *plan = NULL;
    on.engine = engine;
    case_data_make(&c, &data);
    assert_true(run_case(&on, &c, &data, NULL));
    problem.params = &c.params;
    problem.src = &data.src;
    problem.dst = &data.dst;
    check(cllrn_plan_create(engine, &problem, &plan, &error), &error);
    const int32_t origin = cllrn_plan_origin(plan, CLLRN_ALIASING_DISJOINT);
    cllrn_plan_destroy(plan);
    case_data_free(&data);
    cllrn_engine_destroy(engine);
    return origin;
}

static void engine__of_a_part__runs_there(void **state)
{
    (void)state;
    for (cl_uint i = 0; i < p.count && i < 2; ++i)
        assert_int_equal(run_with(p.part[i], make_engine(&p.part[i], CLLRN_CACHE_OFF, NULL)),
                         CLLRN_ORIGIN_COMPILED);
}

static void engine__of_the_whole__runs_on_a_part(void **state)
{
    (void)state;
    cl_int code;
    test_device on = p.whole;
    on.queue = clCreateCommandQueue(on.context, p.ids[0], 0, &code);
    check_cl(code, "clCreateCommandQueue");
    assert_int_equal(run_with(on, make_engine(&on, CLLRN_CACHE_OFF, NULL)), CLLRN_ORIGIN_COMPILED);
    clReleaseCommandQueue(on.queue);
}

/* One part's programs are built for it alone. */
static void enqueue__queue_of_another_part__DEVICE_MISMATCH(void **state)
{
    (void)state;
    if (p.count < 2)
        skip();
    const test_case c = make_case();
    case_data data;
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    cllrn_plan *plan = NULL;
    case_data_make(&c, &data);
    problem.params = &c.params;
    problem.src = problem.dst = &data.src;
    cllrn_engine *engine = make_engine(&p.part[0], CLLRN_CACHE_OFF, NULL);
    check(cllrn_plan_create(engine, &problem, &plan, &error), &error);
    memory.buffer = make_buffer(&p.part[0], data.src_data, data.src_elements);
    const cllrn_operands operands = make_operands(&memory, NULL, &memory, NULL);
    assert_int_equal(cllrn_enqueue(plan, p.part[1].queue, &operands, 0, NULL, NULL, &error),
                     CLLRN_DEVICE_MISMATCH);
    clReleaseMemObject(memory.buffer);
    cllrn_plan_destroy(plan);
    cllrn_engine_destroy(engine);
    case_data_free(&data);
}

static void binary__of_a_part__kept_and_taken_back(void **state)
{
    (void)state;
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_pack *pack = NULL;
    test_device *const on = &p.part[0];
    /* Parts are of one kind: what one keeps the other takes. */
    assert_int_equal(run_with(*on, make_engine(on, CLLRN_CACHE_ON, NULL)), CLLRN_ORIGIN_COMPILED);
    assert_int_equal(run_with(*on, make_engine(on, CLLRN_CACHE_ON, NULL)), CLLRN_ORIGIN_CACHED);
    if (p.count > 1)
        assert_int_equal(run_with(p.part[1], make_engine(&p.part[1], CLLRN_CACHE_ON, NULL)),
                         CLLRN_ORIGIN_CACHED);

    cllrn_engine *engine = make_engine(on, CLLRN_CACHE_OFF, NULL);
    cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
    for (size_t i = 0; cllrn_program_get(engine, i, &program, NULL) == CLLRN_SUCCESS; ++i)
        if (strstr(program.name, "forward_") != NULL &&
            strstr(program.name, "_f32_t5_p34_") != NULL)
            check(cllrn_engine_build(engine, program.name, &error), &error);
    check(cllrn_engine_export(engine, &pack, &error), &error);
    cllrn_engine_destroy(engine);
    assert_int_equal(run_with(*on, make_engine(on, CLLRN_CACHE_OFF, pack)), CLLRN_ORIGIN_PACKED);
    cllrn_pack_destroy(pack);
}

/* False where the device cannot be partitioned. */
static bool open_parts(void)
{
    const cl_device_partition_property by_unit[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)p.whole.platform, 0};
    cl_int code = clCreateSubDevices(p.whole.id, by_unit, MOST, p.ids, &p.count);
    if (code != CL_SUCCESS || p.count == 0)
        return false;
    cl_context context = clCreateContext(properties, p.count, p.ids, NULL, NULL, &code);
    check_cl(code, "clCreateContext");
    for (cl_uint i = 0; i < p.count && i < 2; ++i) {
        p.part[i] = p.whole;
        p.part[i].id = p.ids[i];
        p.part[i].context = context;
        p.part[i].queue = clCreateCommandQueue(context, p.ids[i], 0, &code);
        check_cl(code, "clCreateCommandQueue");
    }
    return true;
}

static void close_parts(void)
{
    for (cl_uint i = 0; i < p.count && i < 2; ++i)
        clReleaseCommandQueue(p.part[i].queue);
    clReleaseContext(p.part[0].context);
    for (cl_uint i = 0; i < p.count; ++i)
        clReleaseDevice(p.ids[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine__of_a_part__runs_there),
        cmocka_unit_test(engine__of_the_whole__runs_on_a_part),
        cmocka_unit_test(enqueue__queue_of_another_part__DEVICE_MISMATCH),
        cmocka_unit_test(binary__of_a_part__kept_and_taken_back),
    };
    test_device_open(&p.whole);
    if (!open_parts()) {
        printf("SKIPPED: the device cannot be partitioned\n");
        test_device_close(&p.whole);
        return SKIPPED;
    }
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    close_parts();
    test_device_close(&p.whole);
    return failed;
}
