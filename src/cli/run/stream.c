/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include "message.h"
#include "slicing.h"
#include "text.h"
#include "worker.h"

#include "../../size.h"

#include <cllrn_verify.h>
#include <inttypes.h>
#include <stdio.h>

/* The default slice in bytes: enough to keep a device busy, and several fit little memory. */
#define USUAL_SLICE (UINT64_C(64) << 20)

/* Operands start on pages, which drivers copy fastest. */
enum { ALIGNMENT = 4096 };

/* One slice in flight. */
typedef struct piece {
    box box;
    operation operation;
} piece;

typedef struct flow {
    const stream *stream;
    stream_report *report;
    slicing cut;
    size_t memory; /* bytes of the largest piece */
    worker worker;
    piece pieces[OPENCL_SLOTS];
    double begin;
} flow;

/* -------------------------------------------------------------------- slicing */

/* 0 for an operand that the operation does not have */
static uint64_t element_size(const operand *o)
{
    return cllrn_dtype_size(o->tensor.dtype);
}

/* The sum over all tensors. */
static uint64_t bytes_per_element(const operation *whole)
{
    return element_size(&whole->src) + element_size(&whole->dy) + element_size(&whole->dst);
}

static uint64_t greatest_element(const operation *whole)
{
    const uint64_t src = element_size(&whole->src), dy = element_size(&whole->dy),
                   dst = element_size(&whole->dst), sources = src > dy ? src : dy;
    return sources > dst ? sources : dst;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Checks that a slice fits the limits: slices cannot be cut along the axes of windows. */
static bool check_slice(const flow *f)
{
    const stream *const s = f->stream;
    const worker_limits limits = worker_limits_of(s->device);
    const uint64_t all = bytes_per_element(s->whole), one = greatest_element(s->whole);
    const uint64_t elements = f->cut.elements;
    const short_text shape = text_of_list(f->cut.steps, f->cut.rank, "x");
    static const char cannot[] = "a slice of %s cannot be cut further, since windows extend over "
                                 "what is left, and takes %" PRIu64 " bytes";
    char what[512];
    snprintf(what, sizeof what, cannot, shape.chars, elements * all);
    if (s->slice != 0 && elements > s->slice / all)
        return message_fail("%s, but --slice allows %" PRIu64, what, s->slice);
    if (elements > limits.memory / all)
        return message_fail("%s, but %s has %" PRIu64 "; use another device or --device host", what,
                            s->device->name, limits.memory);
    snprintf(what, sizeof what, cannot, shape.chars, elements * one);
    if (elements > limits.buffer / one)
        return message_fail("%s in one tensor, but a buffer on %s holds at most %" PRIu64
                            "; use another device or --device host",
                            what, s->device->name, limits.buffer);
    if (elements > (SIZE_MAX - 2 * ALIGNMENT) / all)
        return message_fail("%s, more than this machine addresses", what);
    return true;
}

static bool cut(flow *f)
{
    const stream *const s = f->stream;
    const operation *const whole = s->whole;
    const worker_limits limits = worker_limits_of(s->device);
    const uint64_t bytes = s->slice ? s->slice : least(USUAL_SLICE, limits.memory / 16);
    const uint64_t most =
        least(bytes / bytes_per_element(whole), least(limits.buffer / greatest_element(whole),
                                                      limits.memory / bytes_per_element(whole)));
    f->cut =
        slicing_make(whole->params, &whole->src.tensor, s->files->x.header.fortran_order, most);
    f->report->slices = f->cut.count;
    for (int axis = 0; axis < f->cut.rank; ++axis)
        f->report->slice_dims[axis] = f->cut.steps[axis];
    return check_slice(f);
}

/* --------------------------------------------------------------------- pieces */

/* Puts the operand after the first *used bytes of memory, and adds its size to *used. */
static bool make_operand(const tensor_file *file, const operand *whole, const box *part,
                         unsigned char *memory, size_t *used, operand *made)
{
    if (!tensor_file_describe(file, part->dims, whole->tensor.channel_axis, &made->tensor))
        return false;
    uint64_t elements = 1;
    for (int axis = 0; axis < whole->tensor.rank; ++axis)
        elements *= (uint64_t)part->dims[axis];
    made->size = elements * element_size(whole);
    made->data = memory ? memory + *used : NULL;
    const uint64_t end = *used + (made->size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return lrn_size(end, 1, used) ||
           message_fail("a slice takes %" PRIu64 " bytes, more than this process can address: its "
                        "windows reach that far",
                        end);
}

static bool make_piece(const flow *f, uint64_t number, void *memory, piece *made, size_t *used)
{
    const tensors *const files = f->stream->files;
    const operation *const whole = f->stream->whole;
    operation *const todo = &made->operation;
    *used = 0;
    made->box = slicing_box(&f->cut, number);
    *todo = (operation){
        .params = whole->params, .variant = whole->variant, .backward = whole->backward};
    return make_operand(&files->x, &whole->src, &made->box, memory, used, &todo->src) &&
           (!whole->backward ||
            make_operand(&files->dy, &whole->dy, &made->box, memory, used, &todo->dy)) &&
           make_operand(&files->result, &whole->dst, &made->box, memory, used, &todo->dst);
}

static bool open_worker(flow *f)
{
    piece first, last;
    size_t unused;
    if (!make_piece(f, 0, NULL, &first, &f->memory) ||
        !make_piece(f, f->cut.count - 1, NULL, &last, &unused))
        return false;
    const operation shapes[OPENCL_SHAPES] = {first.operation, last.operation};
    const bool alike = first.operation.src.size == last.operation.src.size;
    return worker_open(&f->worker, f->stream->device, shapes, alike ? 1 : 2, f->memory,
                       f->cut.count);
}

/* ----------------------------------------------------------------------- flow */

static bool read_piece(flow *f, const piece *p)
{
    const tensors *const files = f->stream->files;
    const double begin = operation_clock();
    const bool done =
        tensor_file_read(&files->x, &p->box, p->operation.src.data) &&
        (!p->operation.backward || tensor_file_read(&files->dy, &p->box, p->operation.dy.data));
    f->report->read += operation_clock() - begin;
    return done;
}

static bool write_piece(flow *f, const piece *p)
{
    const double begin = operation_clock();
    const bool done = tensor_file_write(&f->stream->files->result, &p->box, p->operation.dst.data);
    f->report->written += operation_clock() - begin;
    return done;
}

static bool start(flow *f, uint64_t number)
{
    const int slot = (int)(number % (uint64_t)f->worker.slots);
    piece *const p = &f->pieces[slot];
    size_t used;
    return make_piece(f, number, worker_memory(&f->worker, slot), p, &used) && read_piece(f, p) &&
           worker_start(&f->worker, slot, &p->operation);
}

static bool finish(flow *f, uint64_t number)
{
    const int slot = (int)(number % (uint64_t)f->worker.slots);
    const piece *const p = &f->pieces[slot];
    const operand *const dst = &p->operation.dst;
    const int64_t *const dims = f->stream->whole->dst.tensor.dims;
    cllrn_error error = CLLRN_ERROR_INIT;
    /*
     * A digest takes milliseconds, as much as the rest of a start: only if it
     * is shown or checked.
     */
    const bool digested = !f->stream->quiet || f->stream->checked;
    return worker_finish(&f->worker, slot) &&
           (!digested || message_check(cllrn_digest_box(&dst->tensor, dst->data, p->box.first, dims,
                                                        &f->report->digest, &error),
                                       &error)) &&
           (!f->stream->checked || check_add(&f->report->check, &p->operation, &p->box, dims)) &&
           write_piece(f, p);
}

/* Shows progress once the run has taken a second. */
static void show_progress(const flow *f, uint64_t done)
{
    enum { PATIENCE = 1 };
    if (f->stream->quiet || operation_clock() - f->begin < PATIENCE)
        return;
    char line[64];
    snprintf(line, sizeof line, "%" PRIu64 " of %" PRIu64 " slices, %.0f %%", done, f->cut.count,
             100.0 * (double)done / (double)f->cut.count);
    message_progress(line);
}

static bool run_all(flow *f)
{
    const uint64_t count = f->cut.count, slots = (uint64_t)f->worker.slots;
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

static void report_times(const flow *f)
{
    stream_report *const report = f->report;
    const worker *const w = &f->worker;
    if (f->stream->device->kind != DEVICE_OPENCL) {
        report->kernel = w->seconds;
        return;
    }
    report->variant = opencl_variant(&w->opencl);
    report->origin = opencl_origin(&w->opencl);
    report->scratch = w->opencl.scratch_size;
    if (w->opencl.times.untold)
        return;
    report->upload = w->opencl.times.upload;
    report->kernel = w->opencl.times.kernel;
    report->download = w->opencl.times.download;
    report->hidden = w->opencl.times.hidden;
}

bool stream_run(const stream *s, stream_report *report)
{
    flow f = {.stream = s, .report = report};
    *report = (stream_report){
        .upload = -1, .kernel = -1, .download = -1, .hidden = -1, .check = check_begin()};
    const bool opened = cut(&f) && open_worker(&f);
    f.begin = operation_clock();
    const bool done = opened && run_all(&f);
    if (done)
        report_times(&f);
    message_progress("");
    worker_close(&f.worker);
    return done;
}
