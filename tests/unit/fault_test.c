/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that can fail, fails: a scenario is run once to count its calls,
 * then once per call with exactly that call failing, and once more with every
 * call failing from there on.
 */
#include "support.h"

#include <stdlib.h>

/* What may fail without the caller having to know: releases, and the log of a failed build. */
static const char *const forgiven[] = {
    "clReleaseContext", "clReleaseDevice",       "clReleaseProgram",
    "clReleaseKernel",  "clGetProgramBuildInfo",
};

/* The queries that the library cannot do without, even where a driver does not know them. */
static const char *const needed[] = {
    "clGetContextInfo CL_CONTEXT_DEVICES", /* is the device one of them? */
    "clGetMemObjectInfo CL_MEM_SIZE",      /* does the tensor fit? */
};

static bool is_one_of(const char *call, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        if (strncmp(call, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool is_query(const char *call)
{
    return strncmp(call, "clGet", 5) == 0 && strstr(call, "Info ") != NULL;
}

/* A driver that does not know a query says CL_INVALID_VALUE. */
static bool is_forgiven(const char *call, cl_int code)
{
    if (code == CL_INVALID_VALUE && is_query(call))
        return !is_one_of(call, needed, sizeof needed / sizeof *needed);
    return is_one_of(call, forgiven, sizeof forgiven / sizeof *forgiven);
}

/* The first failing call that counts; NULL when all that failed are forgiven. */
static const char *decisive(cl_int code)
{
    for (size_t i = 0; fake_failed(i) != NULL; ++i)
        if (!is_forgiven(fake_failed(i), code))
            return fake_failed(i);
    return NULL;
}

/* The plans of a scenario: general and fast, both directions, and of an empty tensor. */
enum { GENERAL, GENERAL_BACKWARD, FAST, FAST_BACKWARD, EMPTY, EMPTY_BACKWARD, PLANS };

static bool is_backward(int plan)
{
    return plan % 2 == 1;
}

/* Step 0 makes the engine; then each plan is made, and enqueued out of place and in place. */
enum { CREATE, DISJOINT, IN_PLACE, KINDS };
enum { STEPS = 1 + PLANS * KINDS };
typedef int step;

static step step_of(int plan, int kind)
{
    return 1 + plan * KINDS + kind;
}

/* The whole life of an engine. More devices than the library has room for without allocating. */
typedef struct scenario {
    world w;
    cllrn_params general, fast;
    cllrn_tensor tensor, empty;
    cl_mem src, dy, dst, scratch;
    cl_event before;
    cllrn_plan *plans[PLANS];
    cl_event events[STEPS];
} scenario;

enum { DEVICES = 20 };

static void scenario_open(scenario *s, const char *kernel_dir)
{
    cl_device_id devices[DEVICES];
    memset(s, 0, sizeof *s);
    fake_reset();
    s->w = world_handles();
    s->w.options.kernel_dir = kernel_dir;
    devices[0] = s->w.device;
    for (int i = 1; i < DEVICES; ++i)
        devices[i] = fake_device();
    s->w.context = fake_context(DEVICES, devices);
    s->w.queue = fake_queue(s->w.context, s->w.device);
    s->general = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0);
    s->fast = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    s->tensor = make_nchw(2, 6, 3, 3);
    s->empty = make_nchw(0, 6, 3, 3);
    s->src = fake_buffer(s->w.context, CL_MEM_READ_WRITE, 4096);
    s->dy = fake_buffer(s->w.context, CL_MEM_READ_WRITE, 4096);
    s->dst = fake_buffer(s->w.context, CL_MEM_READ_WRITE, 4096);
    s->scratch = fake_buffer(s->w.context, CL_MEM_READ_WRITE, 1 << 20);
    s->before = fake_event(s->w.context);
}

static cllrn_status make_plan(const scenario *s, int which, cllrn_plan **plan, cllrn_error *error)
{
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.params = which == FAST || which == FAST_BACKWARD ? &s->fast : &s->general;
    problem.src = problem.dst = which >= EMPTY ? &s->empty : &s->tensor;
    problem.aliasing = CLLRN_ALIASING_EITHER;
    if (is_backward(which)) {
        problem.direction = CLLRN_DIRECTION_BACKWARD;
        problem.dy = problem.src;
    }
    return cllrn_plan_create(s->w.engine, &problem, plan, error);
}

/* In place the gradient goes over dy, the rest over src. */
static cllrn_status enqueue(const scenario *s, int which, bool in_place, cl_event *event,
                            cllrn_error *error)
{
    const cllrn_memory src = make_memory(s->src, 0), dy = make_memory(s->dy, 0),
                       dst = make_memory(s->dst, 0), scratch = make_memory(s->scratch, 0);
    const cl_uint wait_count = in_place ? 0 : 1;
    const cl_event *const wait_list = in_place ? NULL : &s->before;
    const cllrn_memory *const gradient = is_backward(which) ? &dy : NULL, *const over =
                                                                              gradient != NULL
                                                                                  ? gradient
                                                                                  : &src;
    const cllrn_operands operands = make_operands(&src, gradient, in_place ? over : &dst,
                                                  in_place || is_backward(which) ? &scratch : NULL);
    return cllrn_enqueue(s->plans[which], s->w.queue, &operands, wait_count, wait_list, event,
                         error);
}

/* Runs a step; where it fails its out-parameter must be untouched, and is NULL afterwards. */
static cllrn_status run_step(scenario *s, step which, cllrn_error *error)
{
    const int plan_index = (which - 1) / KINDS, kind = (which - 1) % KINDS;
    cllrn_status status;
    cllrn_engine *engine = UNTOUCHED;
    cllrn_plan *plan = UNTOUCHED;
    cl_event event = UNTOUCHED;

    if (which == 0) {
        status = cllrn_engine_create(s->w.context, s->w.device, &s->w.options, &engine, error);
        if (status == CLLRN_SUCCESS)
            s->w.engine = engine;
    } else if (kind == CREATE) {
        status = make_plan(s, plan_index, &plan, error);
        if (status == CLLRN_SUCCESS)
            s->plans[plan_index] = plan;
    } else {
        status = enqueue(s, plan_index, kind == IN_PLACE, &event, error);
        if (status == CLLRN_SUCCESS)
            s->events[which] = event;
    }
    if (status != CLLRN_SUCCESS) {
        assert_ptr_equal(engine, UNTOUCHED);
        assert_ptr_equal(plan, UNTOUCHED);
        assert_ptr_equal(event, UNTOUCHED);
    }
    return status;
}

static void scenario_close(scenario *s)
{
    for (int i = 0; i < STEPS; ++i)
        if (s->events[i] != NULL)
            fake_release(s->events[i]);
    for (int i = 0; i < PLANS; ++i)
        cllrn_plan_destroy(s->plans[i]);
    cllrn_engine_destroy(s->w.engine);
    /* Only the test's own references are left, whatever failed. */
    fake_fail(0, CL_SUCCESS, false);
    memory_fail(0, false);
    fake_verify();
    assert_int_equal(support_teardown(NULL), 0);
}

/* What a step must return when this call fails with this code. */
static cllrn_status expected_status(const char *call, cl_int code)
{
    if (code == CL_OUT_OF_HOST_MEMORY)
        return CLLRN_OUT_OF_MEMORY;
    return strcmp(call, "clBuildProgram") == 0 ? CLLRN_BUILD_FAILURE : CLLRN_OPENCL_FAILURE;
}

/*
 * Runs the scenario with the n-th call failing. Where only that one does, a
 * step that failed must succeed when tried again, with the same objects.
 */
static void run_with_failing_call(size_t n, cl_int code, bool from_there_on)
{
    scenario s;
    scenario_open(&s, NULL);
    fake_fail(n, code, from_there_on);
    for (step i = 0; i < STEPS; ++i) {
        cllrn_error error = error_blank();
        const size_t commands = fake_command_count();

        cllrn_status status = run_step(&s, i, &error);

        const char *call = decisive(code);
        if (call == NULL) {
            assert_succeeded(status, &error);
            continue;
        }
        assert_failed(expected_status(call, code), status, &error);
        assert_int_equal(error.cl_error, code);
        assert_int_equal(fake_command_count(), commands);
        if (from_there_on)
            break;
        fake_fail(0, CL_SUCCESS, false);
        error = error_blank();
        status = run_step(&s, i, &error);
        assert_succeeded(status, &error);
    }
    scenario_close(&s);
}

static size_t count_calls(void)
{
    scenario s;
    scenario_open(&s, NULL);
    for (step i = 0; i < STEPS; ++i)
        assert_int_equal(run_step(&s, i, NULL), CLLRN_SUCCESS);
    static const char *const kernels[] = {
        "forward_strided", "forward_separable", "backward_separable", "backward_separable",
        "forward_column",  "forward_column",    "backward_column",    "backward_column"};
    assert_int_equal(fake_command_count(), 2 * PLANS);
    for (size_t i = 0; i < 2 * PLANS; ++i) {
        assert_int_equal(fake_command_at(i)->wait_count, i % 2 == 0);
        assert_int_equal(fake_command_at(i)->marker, i >= 2 * EMPTY);
        if (i < 2 * EMPTY)
            assert_string_equal(fake_command_at(i)->kernel, kernels[i]);
    }
    const size_t before = fake_calls(NULL);
    scenario_close(&s);
    assert_true(fake_calls(NULL) > before);
    return fake_calls(NULL);
}

static void fault__every_opencl_call_its_status(void **state)
{
    static const cl_int codes[] = {CL_OUT_OF_RESOURCES, CL_OUT_OF_HOST_MEMORY, CL_INVALID_VALUE,
                                   -9999};
    const size_t count = count_calls();
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; ++i)
        for (size_t n = 1; n <= count; ++n) {
            run_with_failing_call(n, codes[i], false);
            run_with_failing_call(n, codes[i], true);
        }
    print_message("%zu OpenCL calls made to fail, each with %zu codes, once and from there on\n",
                  count, sizeof codes / sizeof *codes);
}

/* A build that fails anyway, and then a call on the way to say so. */
static void fault__every_call_of_a_failed_build_BUILD_FAILURE(void **state)
{
    (void)state;
    /* Round 0 has no fault and counts. */
    for (size_t n = 0, most = 0; n <= most; ++n)
        for (int mode = 0; mode < 4; ++mode) {
            scenario s;
            cllrn_error error = error_blank();
            scenario_open(&s, NULL);
            fake_settings(s.w.device)->build_result = CL_BUILD_PROGRAM_FAILURE;
            fake_settings(s.w.device)->build_log = "line 1\nline 2\n";
            assert_int_equal(run_step(&s, 0, NULL), CLLRN_SUCCESS);
            const size_t calls = fake_calls(NULL), allocations = memory_calls();
            if (mode < 2)
                fake_fail(n, CL_OUT_OF_RESOURCES, mode == 1);
            else
                memory_fail(n, mode == 3);

            const cllrn_status status = run_step(&s, step_of(GENERAL, CREATE), &error);

            const char *call = mode < 2 ? decisive(CL_OUT_OF_RESOURCES) : NULL;
            if (mode < 2 && call != NULL)
                assert_failed(expected_status(call, CL_OUT_OF_RESOURCES), status, &error);
            else if (mode >= 2 && n >= 1 &&
                     n <= 3) /* the plan, the program and its lock, not the log */
                assert_failed(CLLRN_OUT_OF_MEMORY, status, &error);
            else
                assert_failed(CLLRN_BUILD_FAILURE, status, &error);
            if (mode == 0 && fake_calls(NULL) - calls > most)
                most = fake_calls(NULL) - calls;
            if (mode == 2 && memory_calls() - allocations > most)
                most = memory_calls() - allocations;
            fake_fail(0, CL_SUCCESS, false);
            memory_fail(0, false);
            fake_settings(s.w.device)->build_result = CL_SUCCESS;
            error = error_blank();
            assert_succeeded(run_step(&s, step_of(GENERAL, CREATE), &error), &error);
            scenario_close(&s);
        }
}

static size_t run_with_failing_allocation(size_t n, bool from_there_on)
{
    scenario s;
    size_t failed = 0;
    scenario_open(&s, KERNEL_DIR);
    const size_t before = memory_calls();
    memory_fail(n, from_there_on);
    for (step i = 0; i < STEPS; ++i) {
        cllrn_error error = error_blank();
        const size_t already = memory_failed();

        cllrn_status status = run_step(&s, i, &error);

        if (memory_failed() == already) {
            assert_succeeded(status, &error);
            continue;
        }
        ++failed;
        assert_failed(CLLRN_OUT_OF_MEMORY, status, &error);
        assert_int_equal(error.cl_error, 0);
        if (from_there_on)
            break;
        error = error_blank();
        status = run_step(&s, i, &error);
        assert_succeeded(status, &error);
    }
    assert_int_equal(failed, n > 0);
    const size_t calls = memory_calls() - before;
    scenario_close(&s);
    return calls;
}

static void fault__every_allocation_OUT_OF_MEMORY(void **state)
{
    const size_t count = run_with_failing_allocation(0, false);
    (void)state;
    assert_true(count > 10);
    for (size_t n = 1; n <= count; ++n) {
        run_with_failing_allocation(n, false);
        run_with_failing_allocation(n, true);
    }
    print_message("%zu allocations and locks made to fail, once and from there on\n", count);
}

/*
 * The fake has no function the library does not call, so this is all of them but those for
 * binaries: provision_test.c.
 */
static void fault__ledger_is_complete_SUCCESS(void **state)
{
    static const char *const functions[] = {
        "clGetPlatformInfo",
        "clGetDeviceInfo",
        "clGetContextInfo",
        "clGetCommandQueueInfo",
        "clGetMemObjectInfo",
        "clGetEventInfo",
        "clGetProgramBuildInfo",
        "clGetKernelWorkGroupInfo",
        "clRetainContext",
        "clReleaseContext",
        "clRetainDevice",
        "clReleaseDevice",
        "clReleaseProgram",
        "clReleaseKernel",
        "clCreateProgramWithSource",
        "clBuildProgram",
        "clCreateKernel",
        "clSetKernelArg",
        "clEnqueueNDRangeKernel",
        "clEnqueueMarkerWithWaitList",
    };
    bool seen[sizeof functions / sizeof *functions] = {false};
    (void)state;
    print_message("%-62s %8s %8s\n", "call", "calls", "failed");
    for (size_t i = 0; fake_ledger(i).name != NULL; ++i) {
        const fake_ledger_row row = fake_ledger(i);
        print_message("%-62s %8zu %8zu\n", row.name, row.calls, row.failures);
        assert_true(row.failures > 0);
        bool known = false;
        for (size_t j = 0; j < sizeof functions / sizeof *functions; ++j)
            if (strncmp(row.name, functions[j], strlen(functions[j])) == 0)
                known = seen[j] = true;
        assert_true(known);
    }
    for (size_t j = 0; j < sizeof functions / sizeof *functions; ++j)
        assert_true(seen[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fault__every_opencl_call_its_status),
        TEST(fault__every_call_of_a_failed_build_BUILD_FAILURE),
        TEST(fault__every_allocation_OUT_OF_MEMORY),
        TEST(fault__ledger_is_complete_SUCCESS),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
