/* SPDX-License-Identifier: Apache-2.0 */
/* The times that `cllrn run` tells, on a clock that only what the test stands in for moves. */
#include "run/stream.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* Milliseconds that each takes. */
enum { READ = 1, WRITE = 20, START = 300, FINISH = 50000 };

static double clock_ms;
static bool fails, untold;

double __wrap_operation_clock(void);
double __wrap_operation_clock(void)
{
    return 1e-3 * clock_ms;
}

bool __wrap_tensor_file_read(const tensor_file *file, const box *part, void *data);
bool __wrap_tensor_file_read(const tensor_file *file, const box *part, void *data)
{
    (void)file, (void)part, (void)data;
    clock_ms += READ;
    return true;
}

bool __wrap_tensor_file_write(const tensor_file *file, const box *part, void *data);
bool __wrap_tensor_file_write(const tensor_file *file, const box *part, void *data)
{
    (void)file, (void)part, (void)data;
    clock_ms += WRITE;
    return true;
}

/* -------------------------------------------------------------------- the fake worker */

uint64_t worker_limit(const device *on, cl_device_info what)
{
    (void)on, (void)what;
    return UINT64_MAX;
}

bool worker_open(worker *w, const device *on, const operation *shapes, int shape_count,
                 size_t memory, uint64_t count)
{
    (void)shapes, (void)shape_count, (void)count;
    *w = (worker){.session.device = *on, .slot_count = 1, .slots[0].memory = calloc(1, memory)};
    w->report = (worker_report){.variant = "planar",
                                .upload = 1,
                                .kernel = 2,
                                .download = 3,
                                .hidden = 0.5,
                                .untold = untold};
    return w->slots[0].memory != NULL;
}

bool worker_start(worker *w, int slot, operation *todo)
{
    (void)w, (void)slot, (void)todo;
    clock_ms += START;
    return true;
}

bool worker_finish(worker *w, int slot)
{
    (void)w, (void)slot;
    clock_ms += FINISH;
    return !fails;
}

void worker_close(worker *w)
{
    free(w->slots[0].memory);
}

/* -------------------------------------------------------------------------------- tests */

/* 3 x 5 x 8 float32, three slices. */
typedef struct setup {
    problem problem;
    slice_target target;
    stream stream;
} setup;

static void make(setup *s, bool backward)
{
    static const int64_t dims[] = {3, 5, 8};
    const uint64_t size = 3 * 5 * 8 * sizeof(float);
    problem *const made = &s->problem;
    memset(s, 0, sizeof *s);
    made->params = (cllrn_params)CLLRN_PARAMS_INIT;
    assert_int_equal(
        cllrn_params_across(&made->params, CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0, NULL), 0);
    tensor_file *const files[] = {&made->x, &made->dy, &made->result};
    operand *const operands[] = {&made->whole.src, &made->whole.dy, &made->whole.dst};
    for (int i = 0; i < 3; ++i) {
        if (i == 1 && !backward)
            continue;
        *files[i] = (tensor_file){
            .header = {.rank = 3}, .element = {.dtype = CLLRN_DTYPE_F32}, .size = size};
        memcpy(files[i]->header.dims, dims, sizeof dims);
        assert_true(tensor_file_describe(files[i], dims, 1, operands[i]));
    }
    made->whole.params = &made->params;
    made->whole.backward = backward;
    const slicing_axes axes = problem_axes(made);
    s->target = (slice_target){.box = slicing_whole(&axes), .file = made->result};
    s->stream = (stream){.problem = made,
                         .targets = &s->target,
                         .target_count = 1,
                         .device = {.kind = DEVICE_OPENCL, .name = "fake"},
                         .slice = size / 3 * (backward ? 3 : 2),
                         .quiet = true};
    clock_ms = 5e6;
    fails = untold = false;
}

static void assert_milliseconds(double seconds, double expected)
{
    if (!(fabs(1e3 * seconds - expected) < 1e-6))
        fail_msg("%g ms, expected %g", 1e3 * seconds, expected);
}

static void stream__three_slices_TIMES_OF_ALL(void **state)
{
    setup s;
    stream_report report;
    (void)state;
    make(&s, false);

    assert_true(stream_run(&s.stream, &report));

    assert_int_equal(report.count, 3);
    assert_milliseconds(report.read, 3 * READ);
    assert_milliseconds(report.written, 3 * WRITE);
    assert_milliseconds(report.worker.upload, 1000);
    assert_milliseconds(report.worker.kernel, 2000);
    assert_milliseconds(report.worker.download, 3000);
    assert_milliseconds(report.worker.hidden, 500);
    assert_string_equal(report.worker.variant, "planar");
}

static void stream__gradient_READS_BOTH(void **state)
{
    setup s;
    stream_report report;
    (void)state;
    make(&s, true);

    assert_true(stream_run(&s.stream, &report));

    assert_int_equal(report.count, 3);
    assert_milliseconds(report.read, 6 * READ);
}

static void stream__device_without_timer_NEGATIVE_TIMES(void **state)
{
    setup s;
    stream_report report;
    (void)state;
    make(&s, false);
    untold = true;

    assert_true(stream_run(&s.stream, &report));

    assert_true(report.worker.upload < 0 && report.worker.kernel < 0);
    assert_true(report.worker.download < 0 && report.worker.hidden < 0);
    assert_milliseconds(report.read, 3 * READ);
}

static void stream__command_fails_FAILED(void **state)
{
    setup s;
    stream_report report;
    (void)state;
    make(&s, false);
    fails = true;

    assert_false(stream_run(&s.stream, &report));

    assert_milliseconds(report.written, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream__three_slices_TIMES_OF_ALL),
        cmocka_unit_test(stream__gradient_READS_BOTH),
        cmocka_unit_test(stream__device_without_timer_NEGATIVE_TIMES),
        cmocka_unit_test(stream__command_fails_FAILED),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
