/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn bench: measures one device, and copies of as many bytes. */
#include "bench.h"
#include "command.h"
#include "element.h"
#include "map.h"
#include "operation.h"
#include "message.h"
#include "output.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show_progress(const findings *f, const char *text)
{
    if (!f->asked->quiet)
        message_progress(text);
}

/* ------------------------------------------------------------------------ plans */

/* Takes the time of making a plan. plan: NULL destroys the plan again. */
static bool time_plan(const findings *f, const workload *w, cllrn_engine *engine, cllrn_plan **plan,
                      double *seconds)
{
    cllrn_plan *made = NULL;
    const double begin = operation_clock();
    const bool planned = workload_plan(w, engine, f->asked->variant, &made);
    *seconds = operation_clock() - begin;
    if (plan)
        *plan = made;
    else
        cllrn_plan_destroy(made);
    return planned;
}

static bool time_build(const findings *f, workload *w)
{
    cllrn_engine *other = NULL;
    const bool timed = time_plan(f, w, f->on.engine, NULL, &w->build.again) &&
                       session_engine(&f->on, CLLRN_CACHE_OFF, NULL, NULL, &other) &&
                       time_plan(f, w, other, NULL, &w->build.other_engine);
    cllrn_engine_destroy(other);
    return timed;
}

/* Makes all plans before the first measurement, so that a problem that cannot run fails at once. */
static bool plan_all(findings *f)
{
    for (int i = 0; i < f->workloads.count; ++i) {
        char text[80];
        workload *const w = &f->workloads.first[i];
        const size_t programs = cllrn_engine_programs_made(f->on.engine);
        snprintf(text, sizeof text, "building, %d of %d", i + 1, f->workloads.count);
        show_progress(f, text);
        if (!time_plan(f, w, f->on.engine, &w->plan, &w->build.first))
            return false;
        w->variant = cllrn_plan_variant(w->plan, w->aliasing);
        w->built = !f->asked->map && cllrn_engine_programs_made(f->on.engine) != programs;
        if (w->built && !time_build(f, w))
            return false;
    }
    return true;
}

/* --------------------------------------------------------------------- buffers */

/*
 * The buffers of all workloads of one shape. Workloads of one type share x and dy; all
 * workloads share the result's buffer and the scratch.
 */
typedef struct buffers {
    cl_mem made[2 * MAX_LIST + 2]; /* x and dy of each type, the result, the scratch */
    int count;
} buffers;

/* A number in [-1, 1): the high bits of a linear congruential generator. */
static double next_number(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1p-52 - 1;
}

/*
 * Fills with numbers up to the amplitude. They repeat after a prime number of elements, since
 * rounding to 16 bits is slow.
 */
static void fill(char *data, size_t size, int32_t dtype, double amplitude)
{
    const size_t element = cllrn_dtype_size(dtype), count = size / element, distinct = 65521;
    const size_t period = (count < distinct ? count : distinct) * element;
    uint64_t state = 1;
    for (size_t i = 0; i < period / element; ++i)
        element_set(dtype, data, (int64_t)i, amplitude * next_number(&state));
    for (size_t done = period; done < size; done += period)
        memcpy(data + done, data, size - done < period ? size - done : period);
}

static bool make_buffer(buffers *b, const session *on, uint64_t size, const char *what,
                        cl_mem *made)
{
    const bool good = session_buffer(on, CL_MEM_READ_WRITE, size, what, &b->made[b->count]);
    *made = b->made[b->count++];
    return good;
}

/* Makes x or dy of a workload. */
static bool make_input(buffers *b, const workload *w, size_t elements, double amplitude,
                       const char *what, cl_mem *made)
{
    const size_t size = elements * cllrn_dtype_size(w->source.dtype);
    char *const data = malloc(size);
    if (!data)
        return message_fail("out of memory for %zu bytes of %s", size, what);
    fill(data, size, w->source.dtype, amplitude);
    const bool good =
        make_buffer(b, w->on, size, what, made) &&
        session_check(
            w->on, clEnqueueWriteBuffer(w->on->queue, *made, CL_TRUE, 0, size, data, 0, NULL, NULL),
            "clEnqueueWriteBuffer");
    free(data);
    return good;
}

/* With alpha 1e-4, and as a divisor the number of taps, s = 1 + 1e-4 mean(x^2) is 1 to 13. */
enum { X_AMPLITUDE = 346, DY_AMPLITUDE = 4 };

/*
 * Makes and fills the buffers and gives them to the workloads. False after a message;
 * call free_buffers in any case.
 */
static bool make_buffers(buffers *b, const session *on, workload_range all)
{
    const cllrn_memory none = CLLRN_MEMORY_INIT;
    /* Of the combinations, the backward ones come last. */
    const bool backward = all.first[all.count - 1].direction == CLLRN_DIRECTION_BACKWARD;
    size_t elements = 0, result_size = 0;
    uint64_t scratch_size = 0;
    cl_mem result, scratch = NULL;
    for (workload *w = all.first; w < all.first + all.count; ++w) {
        const size_t count = w->source_size / cllrn_dtype_size(w->source.dtype);
        const uint64_t needed = cllrn_plan_scratch_size(w->plan, w->aliasing);
        w->on = on;
        w->x = w->dy = w->dst = w->scratch = none;
        elements = count > elements ? count : elements;
        result_size = w->result_size > result_size ? w->result_size : result_size;
        scratch_size = needed > scratch_size ? needed : scratch_size;
    }
    if (!make_buffer(b, on, result_size, "the result", &result) ||
        (scratch_size > 0 && !make_buffer(b, on, scratch_size, "the kernel's scratch", &scratch)))
        return false;
    for (workload *w = all.first; w < all.first + all.count; ++w) {
        if (w > all.first && w->source.dtype == w[-1].source.dtype) {
            w->x = w[-1].x;
            w->dy = w[-1].dy;
        } else if (!make_input(b, w, elements, X_AMPLITUDE, "the tensor", &w->x.buffer) ||
                   (backward &&
                    !make_input(b, w, elements, DY_AMPLITUDE, "the gradient", &w->dy.buffer))) {
            return false;
        }
        w->dst.buffer = w->aliasing == CLLRN_ALIASING_IN_PLACE ? w->x.buffer : result;
        w->scratch.buffer = cllrn_plan_scratch_size(w->plan, w->aliasing) > 0 ? scratch : NULL;
    }
    return true;
}

/* Waits for all commands before. Allowed on buffers that are zero. */
static void free_buffers(buffers *b, const session *on)
{
    session_finish(on);
    while (b->count > 0)
        session_release(b->made[--b->count]);
}

/* ----------------------------------------------------------------- measurements */

/* The fastest copy of as many bytes as the workload moves, from first_copy on; NULL for none. */
static const copy *fastest_copy(const findings *f, int first_copy, const workload *w)
{
    const copy *best = NULL;
    for (const copy *c = f->copies + first_copy; c < f->copies + f->copy_count; ++c)
        if (c->size == copy_size(w->bytes) && (!best || c->time.median < best->time.median))
            best = c;
    return best;
}

/* Adds the copies of a size that were chosen before. Returns how many. */
static int choose_again(findings *f, const shape *limited, size_t size)
{
    int count = 0;
    const copy *c = f->copies, *const end = f->copies + f->copy_count;
    while (c < end && c->size != size)
        ++c;
    /* One of each kind, in their order. */
    for (; c < end && c->size == size && (count == 0 || c->way->kind > c[-1].way->kind); ++c) {
        copy *const again = &f->copies[f->copy_count + count++];
        *again = *c;
        again->shape = *limited;
    }
    return count;
}

/* Adds the copies that workloads need, from first_copy on. */
static bool choose_copies(findings *f, copier *by, workload_range all, int first_copy)
{
    for (const workload *w = all.first; w < all.first + all.count; ++w) {
        const size_t size = copy_size(w->bytes);
        if (fastest_copy(f, first_copy, w))
            continue;
        int count = choose_again(f, &w->shape, size);
        if (count == 0)
            count = copier_choose(by, &w->shape, size, &f->copies[f->copy_count]);
        if (count == 0)
            return false;
        f->copy_count += count;
    }
    return true;
}

static bool time_first_runs(findings *f, workload_range all)
{
    for (workload *w = all.first; w < all.first + all.count; ++w) {
        const contender c = {workload_start, w, &w->time};
        if (w->built && !measure_once(&f->on, &c, &w->build.first_run))
            return false;
    }
    return true;
}

/* Measures workloads, and the copies from first_copy on, in turn; `what` names all of them. */
static bool take_turns(findings *f, workload_range all, int first_copy, const char *what)
{
    const int copies = f->copy_count - first_copy, count = all.count + copies;
    contender *const contenders = calloc((size_t)count, sizeof *contenders);
    const double patience = 2;
    const effort spent = {f->asked->runs, f->asked->seconds, f->asked->map ? patience : 0};
    if (!contenders)
        return message_fail("out of memory for %d combinations", count);
    for (int i = 0; i < all.count; ++i)
        contenders[i] = (contender){workload_start, &all.first[i], &all.first[i].time};
    for (int i = 0; i < copies; ++i) {
        copy *const c = &f->copies[first_copy + i];
        contenders[all.count + i] = (contender){copy_start, c, &c->time};
    }
    const bool measured = measure(&f->on, contenders, count, spent, f->asked->quiet ? NULL : what);
    free(contenders);
    for (int i = 0; i < all.count && measured; ++i)
        all.first[i].limit = fastest_copy(f, first_copy, &all.first[i]);
    return measured;
}

/* Measures workloads of one shape. */
static bool measure_group(findings *f, copier *by, workload_range all)
{
    buffers memory = {.count = 0};
    const int first_copy = f->copy_count;
    short_text what = shape_text(&all.first->shape);
    if (f->asked->map)
        snprintf(what.chars, sizeof what.chars, "problem %d of %d",
                 (int)(all.first - f->workloads.first) + 1, f->workloads.count);
    const bool measured = make_buffers(&memory, &f->on, all) && time_first_runs(f, all) &&
                          choose_copies(f, by, all, first_copy) &&
                          take_turns(f, all, first_copy, what.chars);
    free_buffers(&memory, &f->on);
    show_progress(f, "");
    return measured;
}

/* Measures a tiny launch. Last, since it would spoil the measured first run of its program. */
static bool measure_launch(findings *f)
{
    const effort launches = {.runs = 101};
    buffers memory = {.count = 0};
    workload tiny = f->workloads.first[0];
    const workload_range one = {&tiny, 1};
    const contender c = {workload_start, &tiny, &f->launch};
    tiny.shape = (shape){4, {1, 8, 1, 1}};
    tiny.direction = CLLRN_DIRECTION_FORWARD;
    tiny.plan = NULL;
    const bool measured =
        workload_complete(&tiny) && workload_plan(&tiny, f->on.engine, NULL, &tiny.plan) &&
        make_buffers(&memory, &f->on, one) && measure(&f->on, &c, 1, launches, NULL);
    free_buffers(&memory, &f->on);
    cllrn_plan_destroy(tiny.plan);
    return measured;
}

static void set_cliffs(workload_range all)
{
    for (workload *w = all.first; w < all.first + all.count; ++w) {
        double best = INFINITY;
        for (const workload *other = all.first; other < all.first + all.count; ++other)
            if (other->direction == w->direction && other->shape.dims[0] == w->shape.dims[0])
                best = fmin(best, other->time.median / other->bytes);
        w->cliff = w->time.median / w->bytes / best;
    }
}

static size_t largest_copy(const findings *f)
{
    double most = 0;
    for (int i = 0; i < f->workloads.count; ++i)
        most = fmax(most, f->workloads.first[i].bytes);
    return copy_size(most);
}

static bool measure_all(findings *f)
{
    copier by;
    bool measured = plan_all(f);
    show_progress(f, "");
    if (!measured || !copier_open(&by, &f->on, largest_copy(f)))
        return false;
    if (!f->asked->quiet)
        report_begin(f);
    /* The problems of the map have their turns alone: how long they take differs too much. */
    const int count = f->asked->map ? 1 : f->workloads.count / f->asked->shape_count;
    for (int i = 0; i < f->workloads.count && measured; i += count) {
        const workload_range group = {f->workloads.first + i, count};
        measured = measure_group(f, &by, group);
        if (measured && !f->asked->quiet && !f->asked->map)
            report_shape(f, group);
    }
    measured = measured && measure_launch(f);
    if (measured)
        set_cliffs(f->workloads);
    if (measured && !f->asked->quiet)
        report_end(f);
    copier_close(&by);
    return measured;
}

/* ------------------------------------------------------------------ for the report */

enum { SHAPES = 2, PROBLEMS_OF_SHAPE = MAX_BANDWIDTHS / SHAPES };

/* Problems of the map, which times no builds and does not repeat what takes seconds. */
static request request_of_bandwidths(int batch)
{
    return (request){.layouts = {CHANNELS_FIRST, CHANNELS_LAST},
                     .layout_count = 2,
                     .dtypes = {CLLRN_DTYPE_F32},
                     .dtype_count = 1,
                     .sizes = {5},
                     .size_count = 1,
                     .betas = {0.75},
                     .beta_count = 1,
                     .shapes = {{4, {batch, 64, 56, 56}}},
                     .shape_count = 1,
                     .regions = ACROSS_CHANNELS,
                     .directions = FORWARD | BACKWARD,
                     .map = true,
                     .runs = 5,
                     .seconds = 0.5,
                     .quiet = true};
}

static bandwidth bandwidth_of(const workload *w)
{
    bandwidth b;
    snprintf(b.direction, sizeof b.direction, "%s", workload_direction(w));
    snprintf(b.layout, sizeof b.layout, "%s", request_layout_name(w->layout));
    snprintf(b.shape, sizeof b.shape, "%.60s", shape_text(&w->shape).chars);
    b.gb_per_s = timing_rate(&w->time, w->bytes);
    b.copy_gb_per_s = timing_rate(&w->limit->time, w->limit->bytes);
    return b;
}

/* Measures the problems of one shape. *slowest is the longest median time. */
static bool measure_bandwidths(const session *on, const request *r, bandwidth *found,
                               double *slowest)
{
    copier by;
    copy copies[PROBLEMS_OF_SHAPE * COPY_KINDS] = {0};
    findings f = {.asked = r, .on = *on, .workloads = workloads_make(r), .copies = copies};
    bool measured = f.workloads.first && plan_all(&f) && copier_open(&by, &f.on, largest_copy(&f));
    if (measured) {
        measured = measure_group(&f, &by, f.workloads);
        copier_close(&by);
    }
    for (int i = 0; i < f.workloads.count && measured; ++i) {
        found[i] = bandwidth_of(&f.workloads.first[i]);
        *slowest = fmax(*slowest, f.workloads.first[i].time.median);
    }
    workloads_free(f.workloads);
    return measured;
}

int bench_bandwidths(const session *on, bandwidth found[MAX_BANDWIDTHS])
{
    enum { BATCH = 16, TENSORS = 5 };
    const double slow = 0.05;
    const cl_ulong size = UINT64_C(4) * BATCH * 64 * 56 * 56;
    const bool large = device_number(on->device.id, CL_DEVICE_MAX_MEM_ALLOC_SIZE) >= size &&
                       device_number(on->device.id, CL_DEVICE_GLOBAL_MEM_SIZE) >= TENSORS * size;
    const request one = request_of_bandwidths(1), many = request_of_bandwidths(BATCH);
    double slowest = 0;
    if (!measure_bandwidths(on, &one, found, &slowest))
        return 0;
    const bool more = large && slowest < slow &&
                      measure_bandwidths(on, &many, found + PROBLEMS_OF_SHAPE, &slowest);
    return more ? MAX_BANDWIDTHS : PROBLEMS_OF_SHAPE;
}

/* ----------------------------------------------------------------------- command */

static bool allocate(findings *f)
{
    f->workloads = f->asked->map ? map_make(f->asked, f->on.fp64) : workloads_make(f->asked);
    if (!f->workloads.first)
        return false;
    f->copies = calloc((size_t)f->workloads.count * COPY_KINDS, sizeof *f->copies);
    return f->copies || message_fail("out of memory for %d combinations", f->workloads.count);
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
    /* The map measures no builds. */
    const session_options how = {.queues = 1,
                                 .timed = true,
                                 .cache = r->map ? CLLRN_CACHE_AUTO : CLLRN_CACHE_OFF,
                                 .quiet = r->quiet};
    if (!session_open(&f.on, target, how))
        return false;
    const bool done = allocate(&f) && measure_all(&f) && write_json(json, &f);
    workloads_free(f.workloads);
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
