/* SPDX-License-Identifier: Apache-2.0 */
/* The times that `cllrn run` tells, on a clock that only what the test stands in for moves. */
#include "message.h"
#include "run/stream.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Milliseconds that each takes. */
enum { READ = 1, WRITE = 20, START = 300, FINISH = 50000 };

enum { SLICES = 40 }; /* at most */

static double clock_ms;
static bool fails, untold;

/* Several devices are on threads: */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int reads[SLICES], writes[SLICES]; /* of each slice: the batch's items */
static const device *slow, *broken;       /* that takes longer; whose commands fail, or NULL */

static void pass(double ms)
{
    pthread_mutex_lock(&lock);
    clock_ms += ms;
    pthread_mutex_unlock(&lock);
}

static void count(int counts[SLICES], const box *part)
{
    pthread_mutex_lock(&lock);
    if (part->first[0] < SLICES)
        ++counts[part->first[0]];
    pthread_mutex_unlock(&lock);
}

double __wrap_operation_clock(void);
double __wrap_operation_clock(void)
{
    pthread_mutex_lock(&lock);
    const double seconds = 1e-3 * clock_ms;
    pthread_mutex_unlock(&lock);
    return seconds;
}

bool __wrap_tensor_file_read(const tensor_file *file, const box *part, void *data);
bool __wrap_tensor_file_read(const tensor_file *file, const box *part, void *data)
{
    (void)file, (void)data;
    count(reads, part);
    pass(READ);
    return true;
}

bool __wrap_tensor_file_write(const tensor_file *file, const box *part, void *data);
bool __wrap_tensor_file_write(const tensor_file *file, const box *part, void *data)
{
    (void)file, (void)data;
    count(writes, part);
    pass(WRITE);
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
    pass(START);
    return true;
}

bool worker_finish(worker *w, int slot)
{
    const char *const name = w->session.device.name;
    (void)slot;
    pass(FINISH);
    if (slow)
        usleep(strcmp(name, slow->name) == 0 ? 50000 : 1000);
    if (broken && strcmp(name, broken->name) == 0)
        return message_fail("broken");
    return !fails;
}

void worker_close(worker *w)
{
    free(w->slots[0].memory);
}

/* -------------------------------------------------------------------------------- tests */

/* 3 (or more) x 5 x 8 float32, a slice for each item. */
typedef struct setup {
    problem problem;
    slice_target target;
    stream stream;
} setup;

static void make_items(setup *s, bool backward, int64_t items)
{
    const int64_t dims[] = {items, 5, 8};
    const uint64_t item = 5 * 8 * sizeof(float), size = (uint64_t)items * item;
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
                         .devices = {{.kind = DEVICE_OPENCL, .name = "fake"},
                                     {.kind = DEVICE_OPENCL, .name = "other"}},
                         .device_count = 1,
                         .slice = item * (backward ? 3 : 2),
                         .quiet = true};
    clock_ms = 5e6;
    fails = untold = false;
    slow = broken = NULL;
    memset(reads, 0, sizeof reads);
    memset(writes, 0, sizeof writes);
}

static void make(setup *s, bool backward)
{
    make_items(s, backward, 3);
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
    assert_milliseconds(report.all.read, 3 * READ);
    assert_milliseconds(report.all.written, 3 * WRITE);
    assert_milliseconds(report.shares[0].worker.upload, 1000);
    assert_milliseconds(report.shares[0].worker.kernel, 2000);
    assert_milliseconds(report.shares[0].worker.download, 3000);
    assert_milliseconds(report.shares[0].worker.hidden, 500);
    assert_string_equal(report.shares[0].worker.variant, "planar");
}

static void stream__gradient_READS_BOTH(void **state)
{
    setup s;
    stream_report report;
    (void)state;
    make(&s, true);

    assert_true(stream_run(&s.stream, &report));

    assert_int_equal(report.count, 3);
    assert_milliseconds(report.all.read, 6 * READ);
}

static void stream__device_without_timer_NEGATIVE_TIMES(void **state)
{
    setup s;
    stream_report report;
    (void)state;
    make(&s, false);
    untold = true;

    assert_true(stream_run(&s.stream, &report));

    assert_true(report.shares[0].worker.upload < 0 && report.shares[0].worker.kernel < 0);
    assert_true(report.shares[0].worker.download < 0 && report.shares[0].worker.hidden < 0);
    assert_milliseconds(report.all.read, 3 * READ);
}

static void stream__command_fails_FAILED(void **state)
{
    setup s;
    stream_report report;
    (void)state;
    make(&s, false);
    fails = true;

    assert_false(stream_run(&s.stream, &report));

    assert_milliseconds(report.all.written, 0);
}

/* ---------------------------------------------------------------------- several devices */

static void stream__two_devices_EACH_SLICE_ONCE_MOST_ON_THE_FASTER(void **state)
{
    setup s;
    stream_report report;
    (void)state;
    for (int slower = 0; slower < 2; ++slower) {
        make_items(&s, true, SLICES);
        s.stream.device_count = 2;
        slow = &s.stream.devices[slower];

        assert_true(stream_run(&s.stream, &report));

        assert_int_equal(report.count, SLICES);
        for (int i = 0; i < SLICES; ++i) {
            assert_int_equal(reads[i], 2); /* of x and of dy */
            assert_int_equal(writes[i], 1);
        }
        assert_int_equal(report.shares[0].slices + report.shares[1].slices, SLICES);
        assert_int_equal(report.all.slices, SLICES);
        assert_int_equal(report.all.bytes, report.bytes);
        assert_true(report.shares[slower].slices > 0);
        assert_true(report.shares[slower].slices < SLICES / 4);
        assert_true(report.shares[1 - slower].slices > SLICES / 2);
    }
}

static void stream__one_of_two_devices_fails_FAILED_AND_THE_OTHER_ENDS(void **state)
{
    setup s;
    stream_report report;
    (void)state;
    for (int which = 0; which < 2; ++which) {
        int written = 0;
        make_items(&s, false, SLICES);
        s.stream.device_count = 2;
        broken = &s.stream.devices[which];
        slow = &s.stream.devices[1 - which];

        assert_false(stream_run(&s.stream, &report));

        for (int i = 0; i < SLICES; ++i)
            written += writes[i];
        assert_true(written < SLICES / 2);
        assert_int_equal(report.shares[which].slices, 0);
    }
}

/* Small slices, so that no device works alone at the end; of a small tensor not too small ones. */
static void stream__several_devices_SMALLER_SLICES(void **state)
{
    static const struct {
        int64_t items; /* of 64 KiB in x and y together */
        int devices;
        uint64_t slices;
    } rows[] = {{1024, 1, 1},  {1025, 1, 2}, {1024, 2, 64},
                {4096, 2, 64}, {16, 2, 1},   {4096, 4, 128}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        setup s;
        stream_report report;
        const int64_t dims[] = {rows[i].items, 64, 128};
        make(&s, false);
        memcpy(s.problem.x.header.dims, dims, sizeof dims);
        assert_true(tensor_file_describe(&s.problem.x, dims, 1, &s.problem.whole.src));
        assert_true(tensor_file_describe(&s.problem.x, dims, 1, &s.problem.whole.dst));
        const slicing_axes axes = problem_axes(&s.problem);
        s.target.box = slicing_whole(&axes);
        s.stream.slice = 0;
        s.stream.device_count = rows[i].devices;
        for (int number = 1; number < rows[i].devices; ++number)
            s.stream.devices[number] = s.stream.devices[0];
        fails = true; /* only the slices count */

        assert_false(stream_run(&s.stream, &report));

        assert_int_equal(report.count, rows[i].slices);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream__three_slices_TIMES_OF_ALL),
        cmocka_unit_test(stream__gradient_READS_BOTH),
        cmocka_unit_test(stream__device_without_timer_NEGATIVE_TIMES),
        cmocka_unit_test(stream__command_fails_FAILED),
        cmocka_unit_test(stream__two_devices_EACH_SLICE_ONCE_MOST_ON_THE_FASTER),
        cmocka_unit_test(stream__one_of_two_devices_fails_FAILED_AND_THE_OTHER_ENDS),
        cmocka_unit_test(stream__several_devices_SMALLER_SLICES),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
