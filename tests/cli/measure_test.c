/* SPDX-License-Identifier: Apache-2.0 */
/* The times of `cllrn bench`, on a clock and a queue that the test drives. */
#include "bench/measure.h"
#include "bench/request.h"
#include "operation.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>

/* What one run takes, in milliseconds. */
typedef struct run_times {
    double enqueue; /* until the command is in the queue */
    double finish;  /* from then on until clFinish returns */
    double kernel;  /* by the device's own clock */
} run_times;

static struct {
    double seconds; /* what the clock shows */
    const run_times *runs;
    int started, finished;
    cl_int execution_status, waited;
    cl_ulong resolution;
} fake;

static const run_times *last_run(void)
{
    return &fake.runs[fake.started - 1];
}

/* ------------------------------------------------- what the command asks for the time */

double operation_clock(void)
{
    return fake.seconds;
}

cl_int clGetDeviceInfo(cl_device_id id, cl_device_info what, size_t size, void *value,
                       size_t *size_out)
{
    (void)id;
    assert_int_equal(what, CL_DEVICE_PROFILING_TIMER_RESOLUTION);
    assert_true(size >= sizeof(size_t));
    *(size_t *)value = (size_t)fake.resolution;
    if (size_out)
        *size_out = sizeof(size_t);
    return CL_SUCCESS;
}

cl_int clFinish(cl_command_queue queue)
{
    (void)queue;
    ++fake.finished;
    fake.seconds += 1e-3 * last_run()->finish;
    return CL_SUCCESS;
}

cl_int clWaitForEvents(cl_uint count, const cl_event *events)
{
    (void)count, (void)events;
    return fake.waited;
}

cl_int clGetEventInfo(cl_event event, cl_event_info what, size_t size, void *value,
                      size_t *size_out)
{
    (void)event, (void)size_out;
    assert_int_equal(what, CL_EVENT_COMMAND_EXECUTION_STATUS);
    assert_int_equal(size, sizeof(cl_int));
    *(cl_int *)value = fake.execution_status;
    return CL_SUCCESS;
}

cl_int clGetEventProfilingInfo(cl_event event, cl_profiling_info what, size_t size, void *value,
                               size_t *size_out)
{
    const cl_ulong begin = 1000000000;
    (void)event, (void)size_out;
    assert_int_equal(size, sizeof(cl_ulong));
    *(cl_ulong *)value = begin;
    if (what == CL_PROFILING_COMMAND_END)
        *(cl_ulong *)value += (cl_ulong)llround(1e6 * last_run()->kernel);
    else
        assert_int_equal(what, CL_PROFILING_COMMAND_START);
    return CL_SUCCESS;
}

cl_int clReleaseEvent(cl_event event)
{
    (void)event;
    return CL_SUCCESS;
}

/* --------------------------------------------------------------------------- tests */

static int fake_event;

static bool start_command(void *self, cl_event *done)
{
    (void)self;
    ++fake.started;
    fake.seconds += 1e-3 * last_run()->enqueue;
    *done = (cl_event)&fake_event;
    return true;
}

static bool start_host_copy(void *self, cl_event *done)
{
    (void)self, (void)done;
    ++fake.started;
    fake.seconds += 1e-3 * last_run()->enqueue;
    return true;
}

static void begin(const run_times *runs)
{
    fake.seconds = 12345;
    fake.runs = runs;
    fake.started = fake.finished = 0;
    fake.execution_status = CL_COMPLETE;
    fake.waited = CL_SUCCESS;
    fake.resolution = 1;
}

static bool measure_runs(bool (*what)(void *, cl_event *), int runs, timing *time)
{
    static const session on = {.device = {.kind = DEVICE_OPENCL, .name = "fake"}};
    const contender one = {.start = what, .time = time};
    return measure(&on, &one, 1, (effort){.runs = runs}, NULL);
}

static void assert_milliseconds(double seconds, double expected)
{
    assert_true(fabs(1e3 * seconds - expected) < 1e-6);
}

/* The first two runs of each do not count. */
#define WARM_UP                                                                                    \
    {900, 900, 900},                                                                               \
    {                                                                                              \
        800, 800, 800                                                                              \
    }

static void measure__odd_number_of_runs_MEDIANS(void **state)
{
    static const run_times runs[] = {WARM_UP, {2, 20, 6}, {1, 500, 9}, {4, 30, 8}};
    timing time = {0};
    (void)state;
    begin(runs);

    assert_true(measure_runs(start_command, 3, &time));

    assert_int_equal(time.runs, 3);
    assert_int_equal(fake.finished, 5);
    assert_milliseconds(time.median, 34); /* of 22, 501 and 34 */
    assert_milliseconds(time.minimum, 22);
    assert_milliseconds(time.enqueue, 2);
    assert_milliseconds(time.kernel, 8);
}

static void measure__even_number_of_runs_MEAN_OF_THE_MIDDLE(void **state)
{
    static const run_times runs[] = {WARM_UP, {1, 99, 5}, {1, 19, 1}, {1, 39, 2}, {1, 29, 4}};
    timing time = {0};
    (void)state;
    begin(runs);

    assert_true(measure_runs(start_command, 4, &time));

    assert_milliseconds(time.median, 35);
    assert_milliseconds(time.minimum, 20);
    assert_milliseconds(time.kernel, 3);
}

static void measure__host_copy_NO_KERNEL_TIME(void **state)
{
    static const run_times runs[] = {WARM_UP, {7, 0, 0}};
    timing time = {0};
    (void)state;
    begin(runs);

    assert_true(measure_runs(start_host_copy, 1, &time));

    assert_int_equal(fake.finished, 0);
    assert_milliseconds(time.median, 7);
    assert_true(time.kernel < 0);
}

static void measure__device_without_timer_NO_KERNEL_TIME(void **state)
{
    static const run_times runs[] = {WARM_UP, {1, 2, 3}};
    timing time = {0};
    (void)state;
    begin(runs);
    fake.resolution = 0;

    assert_true(measure_runs(start_command, 1, &time));

    assert_milliseconds(time.median, 3);
    assert_true(time.kernel < 0);
}

static void measure__command_ends_in_an_error_FAILED(void **state)
{
    static const run_times runs[] = {WARM_UP, {1, 2, 3}};
    timing time = {0};
    (void)state;
    begin(runs);
    fake.execution_status = CL_OUT_OF_RESOURCES;

    assert_false(measure_runs(start_command, 1, &time));

    begin(runs);
    fake.waited = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
    assert_false(measure_runs(start_command, 1, &time));
    assert_int_equal(time.runs, 0);
}

static void measure__second_round_beyond_the_patience_THE_ONLY_RUN(void **state)
{
    static const run_times runs[] = {{1, 2500, 2}, {1, 2100, 8}, {1, 2, 3}, {1, 2, 3}};
    static const session on = {.device = {.kind = DEVICE_OPENCL, .name = "fake"}};
    timing time = {0};
    const contender one = {.start = start_command, .time = &time};
    (void)state;
    begin(runs);

    assert_true(measure(&on, &one, 1, (effort){.runs = 2, .patience = 2}, NULL));

    assert_int_equal(time.runs, 1);
    assert_int_equal(fake.finished, 2);
    assert_milliseconds(time.median, 2101);
    assert_milliseconds(time.minimum, 2101);
    assert_milliseconds(time.kernel, 8);

    /* A driver may compile in the first round: how long it takes does not count. */
    begin(runs + 1);
    assert_true(measure(&on, &one, 1, (effort){.runs = 1, .patience = 2}, NULL));
    assert_int_equal(time.runs, 1);
    assert_int_equal(fake.finished, 3);
    assert_milliseconds(time.median, 3);
}

static void measure_once__command_UNTIL_IT_IS_FINISHED(void **state)
{
    static const run_times runs[] = {{1, 20, 6}};
    static const session on = {.device = {.kind = DEVICE_OPENCL, .name = "fake"}};
    const contender one = {.start = start_command};
    double seconds = 0;
    (void)state;
    begin(runs);

    assert_true(measure_once(&on, &one, &seconds));

    assert_milliseconds(seconds, 21);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(measure__odd_number_of_runs_MEDIANS),
        cmocka_unit_test(measure__even_number_of_runs_MEAN_OF_THE_MIDDLE),
        cmocka_unit_test(measure__host_copy_NO_KERNEL_TIME),
        cmocka_unit_test(measure__device_without_timer_NO_KERNEL_TIME),
        cmocka_unit_test(measure__command_ends_in_an_error_FAILED),
        cmocka_unit_test(measure__second_round_beyond_the_patience_THE_ONLY_RUN),
        cmocka_unit_test(measure_once__command_UNTIL_IT_IS_FINISHED),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
