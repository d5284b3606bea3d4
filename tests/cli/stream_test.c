/* SPDX-License-Identifier: Apache-2.0 */
/* The times that `cllrn run` tells, on a clock that only what the test stands in for moves. */
#include "run/stream.h"
#include "run/worker.h"

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
static bool fails;

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

worker_limits worker_limits_of(const device *on)
{
    (void)on;
    return (worker_limits){.buffer = UINT64_MAX, .memory = UINT64_MAX};
}

bool worker_open(worker *w, const device *on, const operation shapes[], int shape_count,
                 size_t memory, uint64_t count)
{
    (void)shapes, (void)shape_count, (void)count;
    *w = (worker){.device = on, .slots = 1, .memory = calloc(1, memory), .seconds = 0.25};
    w->opencl.times = (opencl_times){.upload = 1, .kernel = 2, .download = 3, .hidden = 0.5};
    return w->memory != NULL;
}

void *worker_memory(const worker *w, int slot)
{
    (void)slot;
    return w->memory;
}

bool worker_start(worker *w, int slot, const operation *todo)
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
    free(w->memory);
}

const char *opencl_variant(const opencl *s)
{
    (void)s;
    return "planar";
}

int32_t opencl_origin(const opencl *s)
{
    (void)s;
    return CLLRN_ORIGIN_COMPILED;
}

/* -------------------------------------------------------------------------------- tests */

/* 4 x 5 x 6 float32, three slices. */
typedef struct setup {
    cllrn_params params;
    tensors files;
    operation whole;
    device on;
    stream stream;
} setup;

static void make(setup *s, device_kind kind, bool backward)
{
    static const int64_t dims[] = {3, 5, 8};
    const uint64_t size = 3 * 5 * 8 * sizeof(float);
    memset(s, 0, sizeof *s);
    s->params = (cllrn_params)CLLRN_PARAMS_INIT;
    assert_int_equal(
        cllrn_params_across(&s->params, CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0, NULL), 0);
    tensor_file *const files[] = {&s->files.x, &s->files.dy, &s->files.result};
    operand *const operands[] = {&s->whole.src, &s->whole.dy, &s->whole.dst};
    for (int i = 0; i < 3; ++i) {
        if (i == 1 && !backward)
            continue;
        *files[i] = (tensor_file){.header = {.rank = 3}, .dtype = CLLRN_DTYPE_F32, .size = size};
        memcpy(files[i]->header.dims, dims, sizeof dims);
        operands[i]->size = size;
        operands[i]->tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
        assert_int_equal(
            cllrn_tensor_set(&operands[i]->tensor, CLLRN_DTYPE_F32, 3, dims, NULL, 1, NULL), 0);
    }
    s->whole.params = &s->params;
    s->whole.backward = backward;
    s->on = (device){.kind = kind, .name = "fake"};
    s->stream = (stream){.files = &s->files,
                         .whole = &s->whole,
                         .device = &s->on,
                         .slice = size / 3 * (backward ? 3 : 2),
                         .quiet = true};
    clock_ms = 5e6;
    fails = false;
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
    make(&s, DEVICE_OPENCL, false);

    assert_true(stream_run(&s.stream, &report));

    assert_int_equal(report.slices, 3);
    assert_milliseconds(report.read, 3 * READ);
    assert_milliseconds(report.written, 3 * WRITE);
    assert_milliseconds(report.upload, 1000);
    assert_milliseconds(report.kernel, 2000);
    assert_milliseconds(report.download, 3000);
    assert_milliseconds(report.hidden, 500);
    assert_string_equal(report.variant, "planar");
}

static void stream__gradient_READS_BOTH(void **state)
{
    setup s;
    stream_report report;
    (void)state;
    make(&s, DEVICE_OPENCL, true);

    assert_true(stream_run(&s.stream, &report));

    assert_int_equal(report.slices, 3);
    assert_milliseconds(report.read, 6 * READ);
}

static void stream__host_ITS_OWN_TIME(void **state)
{
    setup s;
    stream_report report;
    (void)state;
    make(&s, DEVICE_HOST, false);

    assert_true(stream_run(&s.stream, &report));

    assert_milliseconds(report.kernel, 250);
    assert_true(report.upload < 0 && report.download < 0 && report.hidden < 0);
    assert_null(report.variant);
}

static void stream__command_fails_FAILED(void **state)
{
    setup s;
    stream_report report;
    (void)state;
    make(&s, DEVICE_OPENCL, false);
    fails = true;

    assert_false(stream_run(&s.stream, &report));

    assert_milliseconds(report.written, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream__three_slices_TIMES_OF_ALL),
        cmocka_unit_test(stream__gradient_READS_BOTH),
        cmocka_unit_test(stream__host_ITS_OWN_TIME),
        cmocka_unit_test(stream__command_fails_FAILED),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
