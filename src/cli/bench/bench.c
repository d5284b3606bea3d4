/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn bench: measures one device, and copies of as many bytes. */
#include "bench.h"

#include "buffers.h"
#include "command.h"
#include "engine.h"
#include "job.h"
#include "message.h"
#include "output.h"
#include "progress.h"
#include "results.h"
#include "summary.h"

#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: cllrn bench [options] [SHAPE...]\n"
    "\n"
    "Measures one device. All combinations of a shape and the fastest copies of as\n"
    "many bytes take turns; a table tells the median time from the enqueue to the end\n"
    "of clFinish, the least one, the kernel's own by the device's events, the rate at\n"
    "which what has to be moved was (x and y; backward x, dy and dx), and that as a\n"
    "part of the fastest copy's. Copies are clEnqueueCopyBuffer, a kernel and, where\n"
    "the device is the host's processor, threads. Buffers are the same in every run,\n"
    "so what fits into the last cache may be found there.\n"
    "\n"
    "SHAPE is batch x channels x spatial dims, like 16x96x55x55, whatever the layout;\n"
    "or alexnet, googlenet or zf, with batches of 1 and 16. Default: all of these.\n"
    "LIST is one or several between commas.\n"
    "\n"
    "  --direction NAME  forward, backward or both (both)\n"
    "  --in-place        the result replaces x, in every run anew\n"
    "  --layout LIST     nchw, nhwc, nchw4c, nchw8c, nchw16c, nchw32c (nchw,nhwc)\n"
    "  --dtype LIST      f32, f16, bf16, f64 (f32)\n"
    "  --beta LIST       (0.75)\n"
    "  --size LIST       of the window (5)\n"
    "  --region NAME     windows across channels, or within (across)\n"
    "  --variant NAME    forces a kernel\n"
    "  --runs N          at least, of everything, up to 1000 (11)\n"
    "  --seconds S       at least, for each shape (1)\n"
    "  --device SPEC     an index or a part of a name, as for 'cllrn run'\n"
    "  --pack PACK       takes the programs from a binary pack: see 'cllrn compile'\n"
    "  --any-driver      which may be for another version of the driver\n"
    "  --any-owner       which other users may have written\n"
    "  --json FILE       also writes all of it as JSON, as below, which cllrn-plot\n"
    "                    draws: see 'cllrn-plot --help'\n"
    "  --quiet           prints nothing unless something fails\n"
    "  --help            prints this\n"
    "\n"
    "Build times are those of the driver with whatever its own cache holds; where it\n"
    "has a directory for that (PoCL: $POCL_CACHE_DIR), an empty one gives the time to\n"
    "compile.\n"
    "\n";

/* C guarantees string literals of 4095 characters only. */
static const char help_on_json[] =
    "The JSON is one object. Members may be added; those here keep their meaning:\n"
    "  schema            \"cllrn-bench-1\"; another meaning, another number\n"
    "  date              UTC, \"2026-01-31T23:59:59Z\"\n"
    "  library           name and version of what was measured\n"
    "  kernels           the hash of their sources\n"
    "  device            object:\n"
    "    platform, name, version, driver_version\n"
    "    type            \"GPU\", \"accelerator\", \"CPU\" or \"other\"\n"
    "    compute_units\n"
    "    cache_bytes     of the last level\n"
    "  host              object:\n"
    "    processor       its name\n"
    "  region            \"across\" or \"within\"\n"
    "  copies            array, each with the times below and\n"
    "    shape           for which the copy is a limit\n"
    "    kind            \"buffer\" (clEnqueueCopyBuffer), \"kernel\" or \"host\"\n"
    "    way             in words\n"
    "  results           array, each with the times below and\n"
    "    implementation  \"cllrn\"\n"
    "    shape, dims     \"1x96x55x55\" and [1, 96, 55, 55]: batch, channels, then\n"
    "                    spatial, whatever the layout\n"
    "    in_place        whether the result replaces x\n"
    "    layout, dtype, direction, size, beta\n"
    "    variant         the kernel that ran\n"
    "    of_copy         the rate as a part of the fastest copy's of as many bytes\n"
    "  builds            array, for what needs a program: shape .. variant as above,\n"
    "    first_ms        to make a plan, whatever the driver's cache held\n"
    "    again_ms        another plan of the same engine\n"
    "    other_engine_ms  a plan of another engine in the same process\n"
    "    first_run_ms    the first enqueue to its end, where some drivers compile\n"
    "  overhead          object, for a tensor of 8 elements:\n"
    "    enqueue_ms      until the call returned\n"
    "    total_ms        until clFinish did\n"
    "The times:\n"
    "  bytes             read and written: of x and y, or of x, dy and dx\n"
    "  median_ms, minimum_ms  from the enqueue to the end of clFinish, by the clock\n"
    "  kernel_ms         median by the device's events; null where there are none\n"
    "  gb_per_s          10^9 bytes a second, in the median\n"
    "  runs              how many\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage.\n";

/* ---------------------------------------------------------------------- results */

double bench_rate(double bytes, const timing *t)
{
    return 1e-9 * bytes / t->median;
}

/* The bytes that a copy has to read to move as much as the workload. */
static size_t half_of(const workload *w)
{
    return (size_t)(w->bytes / 2 + 0.5);
}

static bool limits(const copy *c, const workload *w)
{
    return shape_equal(&c->shape, &w->shape) && c->size >= half_of(w) &&
           c->size < half_of(w) + COPY_LINE;
}

const copy *bench_limit(const bench *b, const workload *w)
{
    const copy *best = NULL;
    for (int i = 0; i < b->copy_count; ++i) {
        const copy *const c = &b->copies[i];
        if (limits(c, w) && (!best || c->time.median < best->time.median))
            best = c;
    }
    return best;
}

static void show_progress(const bench *b, const char *text)
{
    if (!b->asked->quiet)
        progress_show(text);
}

/* ------------------------------------------------------------------------ plans */

static bool time_plan(const bench *b, const workload *w, cllrn_engine *engine, cllrn_plan **plan,
                      double *seconds)
{
    const double begin = job_clock();
    const bool planned = workload_plan(w, engine, b->asked->variant, plan);
    *seconds = job_clock() - begin;
    return planned;
}

static bool time_plan_and_forget(const bench *b, const workload *w, cllrn_engine *engine,
                                 double *seconds)
{
    cllrn_plan *plan = NULL;
    const bool planned = time_plan(b, w, engine, &plan, seconds);
    cllrn_plan_destroy(plan);
    return planned;
}

static bool time_build(const bench *b, build *one)
{
    cllrn_engine *other = NULL;
    const bool timed =
        time_plan_and_forget(b, one->of, b->on.engine, &one->again) &&
        engine_create(b->on.context, &b->on.device, CLLRN_CACHE_OFF, NULL, NULL, &other) &&
        time_plan_and_forget(b, one->of, other, &one->other_engine);
    cllrn_engine_destroy(other);
    return timed;
}

/* Makes all plans before the first measurement, so that a problem that cannot run fails at once. */
static bool plan_all(bench *b)
{
    for (int i = 0; i < b->workload_count; ++i) {
        char text[80];
        workload *const w = &b->workloads[i];
        build *const one = &b->builds[b->build_count];
        const size_t programs = cllrn_engine_programs_made(b->on.engine);
        snprintf(text, sizeof text, "building, %d of %d", i + 1, b->workload_count);
        show_progress(b, text);
        if (!time_plan(b, w, b->on.engine, &w->plan, &one->first))
            return false;
        w->variant = cllrn_plan_variant(w->plan, w->aliasing);
        one->of = w;
        if (cllrn_engine_programs_made(b->on.engine) == programs)
            continue;
        if (!time_build(b, one))
            return false;
        ++b->build_count;
    }
    return true;
}

/* ----------------------------------------------------------------- measurements */

/* Adds the copies that the workloads of a shape need, but for those already in the bench. */
static bool choose_copies(bench *b, copier *by, workload_range all)
{
    for (const workload *w = all.first; w < all.first + all.count; ++w) {
        if (bench_limit(b, w))
            continue;
        const int count = copier_choose(by, &w->shape, half_of(w), &b->copies[b->copy_count]);
        if (count == 0)
            return false;
        b->copy_count += count;
    }
    return true;
}

static contender contender_of(workload *w)
{
    return (contender){workload_start, w, &w->time};
}

static bool time_first_runs(bench *b, workload_range all)
{
    for (int i = 0; i < b->build_count; ++i) {
        build *const one = &b->builds[i];
        if (one->of < all.first || one->of >= all.first + all.count)
            continue;
        const contender c = contender_of(all.first + (one->of - all.first));
        if (!measure_once(&b->on, &c, &one->first_run))
            return false;
    }
    return true;
}

/* Measures workloads, and the copies from first_copy on, in turn. */
static bool take_turns(bench *b, workload_range all, int first_copy)
{
    char text[SHAPE_TEXT];
    const int copies = b->copy_count - first_copy, count = all.count + copies;
    contender *const contenders = calloc((size_t)count, sizeof *contenders);
    const effort spent = {b->asked->runs, b->asked->seconds};
    if (!contenders)
        return message_fail("out of memory for %d combinations", count);
    for (int i = 0; i < all.count; ++i)
        contenders[i] = contender_of(&all.first[i]);
    for (int i = 0; i < copies; ++i) {
        copy *const c = &b->copies[first_copy + i];
        contenders[all.count + i] = (contender){copy_start, c, &c->time};
    }
    shape_text(&all.first->shape, text);
    const bool measured = measure(&b->on, contenders, count, spent, b->asked->quiet ? NULL : text);
    free(contenders);
    return measured;
}

static bool measure_shape(bench *b, copier *by, workload_range all)
{
    static buffers memory; /* static: too large for a stack */
    const int first_copy = b->copy_count;
    const bool measured = buffers_make(&memory, &b->on, all) && time_first_runs(b, all) &&
                          choose_copies(b, by, all) && take_turns(b, all, first_copy);
    buffers_free(&memory);
    return measured;
}

/* Measures a tiny launch. Last, since it would spoil the measured first run of its program. */
static bool measure_launch(bench *b)
{
    enum { LAUNCHES = 101 };
    static buffers memory;
    const effort spent = {.runs = LAUNCHES};
    request tiny = *b->asked;
    int count = 0;
    tiny.shapes = (shape_list){.count = 1, .shapes = {{4, {1, 8, 1, 1}}}};
    tiny.backward = !(tiny.forward = true);
    tiny.layout_count = tiny.dtype_count = tiny.size_count = tiny.beta_count = 1;
    workload *const w = workloads_make(&tiny, &count);
    bool measured = w && workload_plan(w, b->on.engine, NULL, &w->plan);
    if (measured) {
        const contender c = {workload_start, w, &b->launch};
        measured = buffers_make(&memory, &b->on, (workload_range){w, 1}) &&
                   measure(&b->on, &c, 1, spent, NULL);
        clFinish(b->on.queue);
        buffers_free(&memory);
    }
    workloads_free(w, count);
    return measured;
}

static workload_range range_of(const bench *b, int number)
{
    const int count = b->workload_count / b->asked->shapes.count;
    return (workload_range){b->workloads + number * count, count};
}

static size_t largest_copy(const bench *b)
{
    size_t largest = 0;
    for (int i = 0; i < b->workload_count; ++i)
        if (half_of(&b->workloads[i]) > largest)
            largest = half_of(&b->workloads[i]);
    return largest;
}

static bool measure_shapes(bench *b, copier *by)
{
    if (!b->asked->quiet)
        summary_begin(b);
    for (int i = 0; i < b->asked->shapes.count; ++i) {
        if (!measure_shape(b, by, range_of(b, i)))
            return false;
        show_progress(b, "");
        if (!b->asked->quiet)
            summary_shape(b, range_of(b, i));
    }
    if (!measure_launch(b))
        return false;
    if (!b->asked->quiet)
        summary_end(b);
    return true;
}

static bool measure_all(bench *b)
{
    copier by;
    const bool planned = plan_all(b);
    show_progress(b, "");
    if (!planned || !copier_open(&by, &b->on, largest_copy(b)))
        return false;
    const bool measured = measure_shapes(b, &by);
    clFinish(b->on.queue);
    copier_close(&by);
    return measured;
}

/* ----------------------------------------------------------------------- command */

static bool allocate(bench *b)
{
    b->workloads = workloads_make(b->asked, &b->workload_count);
    if (!b->workloads)
        return false;
    b->builds = calloc((size_t)b->workload_count + 1, sizeof *b->builds);
    b->copies = calloc((size_t)b->workload_count * COPY_KINDS, sizeof *b->copies);
    return (b->builds && b->copies) ||
           message_fail("out of memory for %d combinations", b->workload_count);
}

static bool write_json(output *json, const bench *b)
{
    if (json->file)
        results_write(b, json->file);
    return !json->file || output_commit(json);
}

static bool run(const request *r, const device *target, output *json)
{
    bench b = {.asked = r};
    if (!subject_open(&b.on, target, CL_QUEUE_PROFILING_ENABLE, r->quiet))
        return false;
    const bool done = allocate(&b) && measure_all(&b) && write_json(json, &b);
    workloads_free(b.workloads, b.workload_count);
    free(b.builds);
    free(b.copies);
    subject_close(&b.on);
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
    int status = request_parse(argc, argv, &r);
    if (status != EXIT_DONE)
        return status;
    if (r.help) {
        fputs(help, stdout);
        fputs(help_on_json, stdout);
        return message_finish_stdout();
    }
    status = execute(&r, &json);
    output_discard(&json);
    const int printed = message_finish_stdout();
    return status == EXIT_DONE ? printed : status;
}
