/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include "message.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The default slice in bytes: enough to keep a device busy, and several fit little memory. */
#define USUAL_SLICE (UINT64_C(64) << 20)

typedef struct flow {
    const stream *stream;
    stream_report *report;
    slicing cuts[SLICING_PART_BOXES]; /* of the targets' boxes */
    uint64_t all, widest;             /* bytes of one element: of all tensors, of the widest */
    uint64_t memory, buffer;          /* bytes that the device has, and that a buffer may have */
    worker worker;
    slice slices[WORKER_SLOTS];
    const slice_target *targets[WORKER_SLOTS];
    double begin;
} flow;

/* -------------------------------------------------------------------- slicing */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Checks that a slice fits the limits: slices cannot be cut along the axes of windows. */
static bool check_slice(const flow *f, const slicing *cut)
{
    const stream *const s = f->stream;
    const uint64_t elements = cut->elements, all = f->all;
    const short_text shape = text_of_list(cut->steps, cut->axes.rank, "x");
    static const char cannot[] = "a slice of %s cannot be cut further, since windows extend over "
                                 "what is left, and takes %" PRIu64 " bytes";
    char what[512];
    snprintf(what, sizeof what, cannot, shape.chars, elements * all);
    if (s->slice != 0 && elements > s->slice / all)
        return message_fail("%s, but --slice allows %" PRIu64, what, s->slice);
    if (elements > f->memory / all)
        return message_fail("%s, but %s has %" PRIu64 "; use another device or --device host", what,
                            s->device.name, f->memory);
    snprintf(what, sizeof what, cannot, shape.chars, elements * f->widest);
    if (elements > f->buffer / f->widest)
        return message_fail("%s in one tensor, but a buffer on %s holds at most %" PRIu64
                            "; use another device or --device host",
                            what, s->device.name, f->buffer);
    if (elements > SIZE_MAX / 2 / all)
        return message_fail("%s, more than this machine addresses", what);
    return true;
}

static uint64_t box_elements(const slicing_axes *axes, const box *b)
{
    uint64_t elements = 1;
    for (int axis = 0; axis < axes->rank; ++axis)
        elements *= (uint64_t)b->dims[axis];
    return elements;
}

/* Cuts each target. The report has the dims of the largest slice. */
static bool cut(flow *f)
{
    const stream *const s = f->stream;
    const operation *const whole = &s->problem->whole;
    const operand *const operands[] = {&whole->src, &whole->dy, &whole->dst};
    for (int i = 0; i < 3; ++i) {
        const uint64_t size = cllrn_dtype_size(operands[i]->tensor.dtype); /* 0 for no dy */
        f->all += size;
        f->widest = size > f->widest ? size : f->widest;
    }
    f->memory = worker_limit(&s->device, CL_DEVICE_GLOBAL_MEM_SIZE);
    f->buffer = worker_limit(&s->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    const uint64_t bytes = s->slice ? s->slice : least(USUAL_SLICE, f->memory / 16);
    const uint64_t most = least(least(bytes, f->memory) / f->all, f->buffer / f->widest);
    const slicing_axes axes = problem_axes(s->problem);
    const slicing *largest = f->cuts;
    for (int i = 0; i < s->target_count; ++i) {
        f->cuts[i] = slicing_make(&axes, &s->targets[i].box, most);
        f->report->count += f->cuts[i].count;
        f->report->bytes += box_elements(&axes, &s->targets[i].box) * f->all;
        largest = f->cuts[i].elements > largest->elements ? &f->cuts[i] : largest;
    }
    memcpy(f->report->steps, largest->steps, sizeof largest->steps);
    return check_slice(f, largest);
}

/* The box of a slice, by its number among all; sets *target to the target's number. */
static box box_of(const flow *f, uint64_t number, int *target)
{
    for (*target = 0; number >= f->cuts[*target].count; ++*target)
        number -= f->cuts[*target].count;
    return slicing_box(&f->cuts[*target], number);
}

/* Opens the worker for the shapes of all slices: in each target the first has one, the last
 * another. */
static bool open_worker(flow *f)
{
    const stream *const s = f->stream;
    operation shapes[WORKER_SHAPES];
    int count = 0;
    size_t memory = 0;
    for (int i = 0; i < s->target_count; ++i)
        for (int last = 0; last < 2; ++last) {
            const box b = slicing_box(&f->cuts[i], last ? f->cuts[i].count - 1 : 0);
            slice described;
            if (!slice_make(&described, s->problem, &b, NULL))
                return false;
            shapes[count++] = described.operation;
            if (described.memory > memory) {
                const operation largest = shapes[count - 1];
                memory = described.memory;
                shapes[count - 1] = shapes[0];
                shapes[0] = largest;
            }
        }
    return worker_open(&f->worker, &s->device, shapes, count, memory, f->report->count);
}

/* ----------------------------------------------------------------------- flow */

static bool start(flow *f, uint64_t number)
{
    const int slot = (int)(number % (uint64_t)f->worker.slot_count);
    slice *const s = &f->slices[slot];
    int target;
    const box part = box_of(f, number, &target);
    f->targets[slot] = &f->stream->targets[target];
    if (!slice_make(s, f->stream->problem, &part, f->worker.slots[slot].memory))
        return false;
    const double begin = operation_clock();
    const bool done = slice_read(s, f->stream->problem);
    f->report->read += operation_clock() - begin;
    return done && worker_start(&f->worker, slot, &s->operation);
}

static bool finish(flow *f, uint64_t number)
{
    const stream *const to = f->stream;
    const int slot = (int)(number % (uint64_t)f->worker.slot_count);
    const slice *const s = &f->slices[slot];
    if (!worker_finish(&f->worker, slot) ||
        (to->digested && !slice_digest(s, to->problem, &f->report->digest)) ||
        (to->checked &&
         !check_add(&f->report->check, &s->operation, &s->box, to->problem->whole.dst.tensor.dims)))
        return false;
    const double begin = operation_clock();
    const bool done = slice_write(s, f->targets[slot]);
    f->report->written += operation_clock() - begin;
    return done;
}

/* Shows progress once the run has taken a second. */
static void show_progress(const flow *f, uint64_t done)
{
    enum { PATIENCE = 1 };
    const uint64_t count = f->report->count;
    if (f->stream->quiet || operation_clock() - f->begin < PATIENCE)
        return;
    char line[64];
    snprintf(line, sizeof line, "%" PRIu64 " of %" PRIu64 " slices, %.0f %%", done, count,
             100.0 * (double)done / (double)count);
    message_progress(line);
}

static bool run_all(flow *f)
{
    const uint64_t count = f->report->count, slots = (uint64_t)f->worker.slot_count;
    for (uint64_t number = 0; number < count + slots; ++number) {
        if (number >= slots) {
            if (!finish(f, number - slots))
                return false;
            show_progress(f, number - slots + 1);
        }
        if (number < count && !start(f, number))
            return false;
    }
    return true;
}

bool stream_run(const stream *s, stream_report *report)
{
    flow f = {.stream = s, .report = report};
    *report = (stream_report){.check = check_begin()};
    if (s->target_count == 0)
        return true;
    const bool opened = cut(&f) && open_worker(&f);
    f.begin = operation_clock();
    const bool done = opened && run_all(&f);
    worker_report *const work = &report->worker;
    *work = f.worker.report;
    if (work->untold)
        work->upload = work->kernel = work->download = work->hidden = -1;
    message_progress("");
    worker_close(&f.worker);
    return done;
}
