/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include "message.h"
#include "text.h"

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
    size_t memory; /* bytes of its operands */
} piece;

typedef struct flow {
    const stream *stream;
    stream_report *report;
    uint64_t all, widest;    /* bytes of one element: of all tensors, of the tensor with most */
    uint64_t memory, buffer; /* bytes that the device has, and that a buffer may have */
    worker worker;
    piece pieces[WORKER_SLOTS];
    double begin;
} flow;

/* -------------------------------------------------------------------- slicing */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Checks that a slice fits the limits: slices cannot be cut along the axes of windows. */
static bool check_slice(const flow *f)
{
    const stream *const s = f->stream;
    const uint64_t elements = f->report->cut.elements, all = f->all;
    const short_text shape = text_of_list(f->report->cut.steps, f->report->cut.rank, "x");
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
    if (elements > (SIZE_MAX - 3 * ALIGNMENT) / all)
        return message_fail("%s, more than this machine addresses", what);
    return true;
}

static bool cut(flow *f)
{
    const stream *const s = f->stream;
    const operand *const operands[] = {&s->whole.src, &s->whole.dy, &s->whole.dst};
    for (int i = 0; i < 3; ++i) {
        const uint64_t size = cllrn_dtype_size(operands[i]->tensor.dtype); /* 0 for no dy */
        f->all += size;
        f->widest = size > f->widest ? size : f->widest;
    }
    f->memory = worker_limit(&s->device, CL_DEVICE_GLOBAL_MEM_SIZE);
    f->buffer = worker_limit(&s->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    const uint64_t bytes = s->slice ? s->slice : least(USUAL_SLICE, f->memory / 16);
    const uint64_t most = least(least(bytes, f->memory) / f->all, f->buffer / f->widest);
    f->report->cut =
        slicing_make(s->whole.params, &s->whole.src.tensor, s->x.header.fortran_order, most);
    return check_slice(f);
}

/* --------------------------------------------------------------------- pieces */

/* Puts an operand behind those that the piece has already. */
static bool make_operand(piece *p, const tensor_file *file, int32_t channel_axis,
                         unsigned char *memory, operand *made)
{
    if (!tensor_file_describe(file, p->box.dims, channel_axis, made))
        return false;
    made->data = memory ? memory + p->memory : NULL;
    p->memory += ((size_t)made->size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return true;
}

static bool make_piece(const flow *f, uint64_t number, void *memory, piece *made)
{
    const stream *const s = f->stream;
    const int32_t axis = s->whole.src.tensor.channel_axis;
    operation *const todo = &made->operation;
    *made = (piece){.box = slicing_box(&f->report->cut, number), .operation = s->whole};
    return make_operand(made, &s->x, axis, memory, &todo->src) &&
           (!todo->backward || make_operand(made, &s->dy, axis, memory, &todo->dy)) &&
           make_operand(made, &s->result, axis, memory, &todo->dst);
}

static bool open_worker(flow *f)
{
    const uint64_t count = f->report->cut.count;
    piece first, last;
    if (!make_piece(f, 0, NULL, &first) || !make_piece(f, count - 1, NULL, &last))
        return false;
    const operation shapes[WORKER_SHAPES] = {first.operation, last.operation};
    return worker_open(&f->worker, &f->stream->device, shapes, first.memory, count);
}

/* ----------------------------------------------------------------------- flow */

static bool read_piece(flow *f, const piece *p)
{
    const operation *const todo = &p->operation;
    const double begin = operation_clock();
    const bool done = tensor_file_read(&f->stream->x, &p->box, todo->src.data) &&
                      (!todo->backward || tensor_file_read(&f->stream->dy, &p->box, todo->dy.data));
    f->report->read += operation_clock() - begin;
    return done;
}

static bool write_piece(flow *f, const piece *p)
{
    const double begin = operation_clock();
    const bool done = tensor_file_write(&f->stream->result, &p->box, p->operation.dst.data);
    f->report->written += operation_clock() - begin;
    return done;
}

static bool start(flow *f, uint64_t number)
{
    const int slot = (int)(number % (uint64_t)f->worker.slot_count);
    piece *const p = &f->pieces[slot];
    return make_piece(f, number, f->worker.slots[slot].memory, p) && read_piece(f, p) &&
           worker_start(&f->worker, slot, &p->operation);
}

static bool finish(flow *f, uint64_t number)
{
    const int slot = (int)(number % (uint64_t)f->worker.slot_count);
    const piece *const p = &f->pieces[slot];
    const operand *const dst = &p->operation.dst;
    const int64_t *const dims = f->stream->whole.dst.tensor.dims;
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
    snprintf(line, sizeof line, "%" PRIu64 " of %" PRIu64 " slices, %.0f %%", done,
             f->report->cut.count, 100.0 * (double)done / (double)f->report->cut.count);
    message_progress(line);
}

static bool run_all(flow *f)
{
    const uint64_t count = f->report->cut.count, slots = (uint64_t)f->worker.slot_count;
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
