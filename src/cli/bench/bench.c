/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn bench: measures one device, and copies of as many bytes. */
#include "buffers.h"
#include "command.h"
#include "operation.h"
#include "message.h"
#include "output.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void show_progress(const findings *f, const char *text)
{
    if (!f->asked->quiet)
        message_progress(text);
}

/* ------------------------------------------------------------------------ plans */

static bool time_plan(const findings *f, const workload *w, cllrn_engine *engine, cllrn_plan **plan,
                      double *seconds)
{
    const double begin = operation_clock();
    const bool planned = workload_plan(w, engine, f->asked->variant, plan);
    *seconds = operation_clock() - begin;
    return planned;
}

static bool time_plan_and_forget(const findings *f, const workload *w, cllrn_engine *engine,
                                 double *seconds)
{
    cllrn_plan *plan = NULL;
    const bool planned = time_plan(f, w, engine, &plan, seconds);
    cllrn_plan_destroy(plan);
    return planned;
}

static bool time_build(const findings *f, workload *w)
{
    cllrn_engine *other = NULL;
    const bool timed = time_plan_and_forget(f, w, f->on.engine, &w->build.again) &&
                       session_engine(&f->on, CLLRN_CACHE_OFF, NULL, NULL, &other) &&
                       time_plan_and_forget(f, w, other, &w->build.other_engine);
    cllrn_engine_destroy(other);
    return timed;
}

/* Makes all plans before the first measurement, so that a problem that cannot run fails at once. */
static bool plan_all(findings *f)
{
    for (int i = 0; i < f->workload_count; ++i) {
        char text[80];
        workload *const w = &f->workloads[i];
        const size_t programs = cllrn_engine_programs_made(f->on.engine);
        snprintf(text, sizeof text, "building, %d of %d", i + 1, f->workload_count);
        show_progress(f, text);
        if (!time_plan(f, w, f->on.engine, &w->plan, &w->build.first))
            return false;
        w->variant = cllrn_plan_variant(w->plan, w->aliasing);
        w->built = cllrn_engine_programs_made(f->on.engine) != programs;
        if (w->built && !time_build(f, w))
            return false;
    }
    return true;
}

/* ----------------------------------------------------------------- measurements */

/* The fastest copy of as many bytes as the workload moves; NULL before there is one. */
static const copy *fastest_copy(const findings *f, const workload *w)
{
    const copy *best = NULL;
    for (const copy *c = f->copies; c < f->copies + f->copy_count; ++c)
        if (shape_equal(&c->shape, &w->shape) && c->size == copy_size(w->bytes) &&
            (!best || c->time.median < best->time.median))
            best = c;
    return best;
}

/* Adds the copies that the workloads of a shape need, but for those already in the bench. */
static bool choose_copies(findings *f, copier *by, workload_range all)
{
    for (const workload *w = all.first; w < all.first + all.count; ++w) {
        if (fastest_copy(f, w))
            continue;
        const int count =
            copier_choose(by, &w->shape, copy_size(w->bytes), &f->copies[f->copy_count]);
        if (count == 0)
            return false;
        f->copy_count += count;
    }
    return true;
}

static contender contender_of(workload *w)
{
    return (contender){workload_start, w, &w->time};
}

static bool time_first_runs(findings *f, workload_range all)
{
    for (workload *w = all.first; w < all.first + all.count; ++w) {
        const contender c = contender_of(w);
        if (w->built && !measure_once(&f->on, &c, &w->build.first_run))
            return false;
    }
    return true;
}

/* Measures workloads, and the copies from first_copy on, in turn. */
static bool take_turns(findings *f, workload_range all, int first_copy)
{
    char text[SHAPE_TEXT];
    const int copies = f->copy_count - first_copy, count = all.count + copies;
    contender *const contenders = calloc((size_t)count, sizeof *contenders);
    const effort spent = {f->asked->runs, f->asked->seconds};
    if (!contenders)
        return message_fail("out of memory for %d combinations", count);
    for (int i = 0; i < all.count; ++i)
        contenders[i] = contender_of(&all.first[i]);
    for (int i = 0; i < copies; ++i) {
        copy *const c = &f->copies[first_copy + i];
        contenders[all.count + i] = (contender){copy_start, c, &c->time};
    }
    shape_text(&all.first->shape, text);
    const bool measured = measure(&f->on, contenders, count, spent, f->asked->quiet ? NULL : text);
    free(contenders);
    for (int i = 0; i < all.count && measured; ++i)
        all.first[i].limit = fastest_copy(f, &all.first[i]);
    return measured;
}

static bool measure_shape(findings *f, copier *by, workload_range all)
{
    buffers memory;
    const int first_copy = f->copy_count;
    const bool measured = buffers_make(&memory, &f->on, all) && time_first_runs(f, all) &&
                          choose_copies(f, by, all) && take_turns(f, all, first_copy);
    buffers_free(&memory);
    return measured;
}

/* Measures a tiny launch. Last, since it would spoil the measured first run of its program. */
static bool measure_launch(findings *f)
{
    enum { LAUNCHES = 101 };
    buffers memory;
    const effort spent = {.runs = LAUNCHES};
    request tiny = *f->asked;
    int count = 0;
    tiny.shapes = (shape_list){.count = 1, .shapes = {{4, {1, 8, 1, 1}}}};
    tiny.backward = !(tiny.forward = true);
    tiny.layout_count = tiny.dtype_count = tiny.size_count = tiny.beta_count = 1;
    workload *const w = workloads_make(&tiny, &count);
    bool measured = w && workload_plan(w, f->on.engine, NULL, &w->plan);
    if (measured) {
        const contender c = {workload_start, w, &f->launch};
        measured = buffers_make(&memory, &f->on, (workload_range){w, 1}) &&
                   measure(&f->on, &c, 1, spent, NULL);
        clFinish(f->on.queue);
        buffers_free(&memory);
    }
    workloads_free(w, count);
    return measured;
}

static workload_range range_of(const findings *f, int number)
{
    const int count = f->workload_count / f->asked->shapes.count;
    return (workload_range){f->workloads + number * count, count};
}

static size_t largest_copy(const findings *f)
{
    double most = 0;
    for (int i = 0; i < f->workload_count; ++i)
        most = fmax(most, f->workloads[i].bytes);
    return copy_size(most);
}

static bool measure_shapes(findings *f, copier *by)
{
    if (!f->asked->quiet)
        report_begin(f);
    for (int i = 0; i < f->asked->shapes.count; ++i) {
        if (!measure_shape(f, by, range_of(f, i)))
            return false;
        show_progress(f, "");
        if (!f->asked->quiet)
            report_shape(f, range_of(f, i));
    }
    if (!measure_launch(f))
        return false;
    if (!f->asked->quiet)
        report_end(f);
    return true;
}

static bool measure_all(findings *f)
{
    copier by;
    const bool planned = plan_all(f);
    show_progress(f, "");
    if (!planned || !copier_open(&by, &f->on, largest_copy(f)))
        return false;
    const bool measured = measure_shapes(f, &by);
    clFinish(f->on.queue);
    copier_close(&by);
    return measured;
}

/* ----------------------------------------------------------------------- command */

static bool allocate(findings *f)
{
    f->workloads = workloads_make(f->asked, &f->workload_count);
    if (!f->workloads)
        return false;
    f->copies = calloc((size_t)f->workload_count * COPY_KINDS, sizeof *f->copies);
    return f->copies || message_fail("out of memory for %d combinations", f->workload_count);
}

static bool write_json(output *json, const findings *f)
{
    if (json->file)
        report_json(f, json->file);
    return !json->file || output_commit(json);
}

static bool run(const request *r, const device *target, output *json)
{
    findings f = {.asked = r};
    const session_options how = {
        .queues = 1, .timed = true, .cache = CLLRN_CACHE_OFF, .quiet = r->quiet};
    if (!session_open(&f.on, target, how))
        return false;
    const bool done = allocate(&f) && measure_all(&f) && write_json(json, &f);
    workloads_free(f.workloads, f.workload_count);
    free(f.copies);
    session_close(&f.on);
    return done;
}

static int execute(const request *r, output *json)
{
    device target;
    /* Before the first measurement, so that a bad path fails at once. */
    if ((r->json && !output_open(json, r->json)) || !device_resolve(r->device, &target))
        return EXIT_FAILED;
    if (target.kind != DEVICE_OPENCL)
        return message_usage("--device %s is no OpenCL device", target.name);
    target.pack = r->pack;
    target.any_driver = r->any_driver;
    target.any_owner = r->any_owner;
    return run(r, &target, json) ? EXIT_DONE : EXIT_FAILED;
}

int command_bench(int argc, char **argv)
{
    static request r;
    output json = {0};
    int status;
    if (!request_parse(argc, argv, &r, &status))
        return status;
    status = execute(&r, &json);
    output_discard(&json);
    const int printed = message_finish_stdout();
    return status == EXIT_DONE ? printed : status;
}
