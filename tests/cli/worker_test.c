/* SPDX-License-Identifier: Apache-2.0 */
/* The times of a run's commands, from events whose stamps the test makes. */
#include "run/worker.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

/* What cl_event points to here. */
struct _cl_event {
    cl_ulong begin, end; /* in nanoseconds */
    cl_int status, waited;
    int released;
};

static cl_ulong resolution;

cl_int clGetDeviceInfo(cl_device_id id, cl_device_info what, size_t size, void *value,
                       size_t *size_out)
{
    (void)id;
    assert_int_equal(what, CL_DEVICE_PROFILING_TIMER_RESOLUTION);
    assert_true(size >= sizeof(size_t));
    *(size_t *)value = (size_t)resolution;
    if (size_out)
        *size_out = sizeof(size_t);
    return CL_SUCCESS;
}

cl_int clWaitForEvents(cl_uint count, const cl_event *events)
{
    assert_int_equal(count, 1);
    return events[0]->waited;
}

cl_int clGetEventInfo(cl_event event, cl_event_info what, size_t size, void *value,
                      size_t *size_out)
{
    (void)size, (void)size_out;
    assert_int_equal(what, CL_EVENT_COMMAND_EXECUTION_STATUS);
    *(cl_int *)value = event->status;
    return CL_SUCCESS;
}

cl_int clGetEventProfilingInfo(cl_event event, cl_profiling_info what, size_t size, void *value,
                               size_t *size_out)
{
    (void)size, (void)size_out;
    *(cl_ulong *)value = what == CL_PROFILING_COMMAND_END ? event->end : event->begin;
    return CL_SUCCESS;
}

cl_int clReleaseEvent(cl_event event)
{
    ++event->released;
    return CL_SUCCESS;
}

static const session on = {.device = {.kind = DEVICE_OPENCL, .name = "fake"}};

/* Puts the commands of an operation into a slot: begin and end in milliseconds. */
static void fill(worker *w, int slot, struct _cl_event events[COMMANDS],
                 const double times[COMMANDS][2])
{
    for (int command = 0; command < COMMANDS; ++command) {
        const double *const time = times[command];
        events[command] = (struct _cl_event){.begin = (cl_ulong)llround(1e6 * time[0]),
                                             .end = (cl_ulong)llround(1e6 * time[1])};
        w->slots[slot].events[command] = time[1] > 0 ? &events[command] : NULL;
    }
}

static void assert_milliseconds(double seconds, double expected)
{
    assert_true(fabs(1e3 * seconds - expected) < 1e-6);
}

static void finish__gradient_ALL_TIMES(void **state)
{
    static const double times[COMMANDS][2] = {{10, 12}, {12, 15}, {15, 22}, {22, 33}};
    struct _cl_event events[COMMANDS];
    worker w = {.session = on};
    (void)state;
    resolution = 1;
    fill(&w, 0, events, times);

    assert_true(worker_finish(&w, 0));

    assert_milliseconds(w.report.upload, 5); /* of x and of dy */
    assert_milliseconds(w.report.kernel, 7);
    assert_milliseconds(w.report.download, 11);
    assert_milliseconds(w.report.hidden, 0);
    assert_false(w.report.untold);
    for (int command = 0; command < COMMANDS; ++command) {
        assert_int_equal(events[command].released, 1);
        assert_null(w.slots[0].events[command]);
    }
}

static void finish__two_operations_SUMS_AND_WHAT_IS_HIDDEN(void **state)
{
    static const double first[COMMANDS][2] = {{10, 14}, {0, 0}, {14, 24}, {24, 30}};
    /* Its upload lies beside the first kernel for 4 ms, the first download beside its kernel for 5.
     */
    static const double second[COMMANDS][2] = {{20, 25}, {0, 0}, {25, 40}, {40, 41}};
    struct _cl_event first_events[COMMANDS], second_events[COMMANDS];
    worker w = {.session = on};
    (void)state;
    resolution = 1;
    fill(&w, 0, first_events, first);
    fill(&w, 1, second_events, second);

    assert_true(worker_finish(&w, 0));
    assert_true(worker_finish(&w, 1));

    assert_milliseconds(w.report.upload, 9);
    assert_milliseconds(w.report.kernel, 25);
    assert_milliseconds(w.report.download, 7);
    assert_milliseconds(w.report.hidden, 9);
}

static void finish__device_without_timer_UNTOLD(void **state)
{
    static const double times[COMMANDS][2] = {{10, 12}, {0, 0}, {15, 22}, {22, 33}};
    struct _cl_event events[COMMANDS];
    worker w = {.session = on};
    (void)state;
    resolution = 0;
    fill(&w, 0, events, times);
    assert_true(worker_finish(&w, 0));
    assert_true(w.report.untold);
}

/* Drivers tell of an error in either way, or in both. */
static void finish__command_ends_in_an_error_FAILED(void **state)
{
    static const double times[COMMANDS][2] = {{10, 12}, {12, 15}, {15, 22}, {22, 33}};
    (void)state;
    resolution = 1;
    for (int command = 0; command < COMMANDS; ++command)
        for (int way = 0; way < 2; ++way) {
            struct _cl_event events[COMMANDS];
            worker w = {.session = on};
            fill(&w, 0, events, times);
            if (way == 0)
                events[command].status = CL_OUT_OF_RESOURCES;
            else
                events[command].waited = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
            assert_false(worker_finish(&w, 0));
        }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(finish__gradient_ALL_TIMES),
        cmocka_unit_test(finish__two_operations_SUMS_AND_WHAT_IS_HIDDEN),
        cmocka_unit_test(finish__device_without_timer_UNTOLD),
        cmocka_unit_test(finish__command_ends_in_an_error_FAILED),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
