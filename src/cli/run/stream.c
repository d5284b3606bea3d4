/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include "message.h"
#include "text.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* The default slice in bytes: enough to keep a device busy, and several fit little memory. */
#define USUAL_SLICE (UINT64_C(64) << 20)

/* Several devices get smaller slices, so that none works long when the others have ended. */
#define LEAST_SHARED_SLICE (UINT64_C(1) << 20)
enum { SLICES_OF_A_DEVICE = 32 };

/* The slices, and what the devices' threads share. */
typedef struct queue {
    const stream *stream;
    stream_report *report;
    slicing cuts[SLICING_PART_BOXES]; /* of the targets' boxes */
    uint64_t all, widest;             /* bytes of one element: of all tensors, of the widest */
    double begin;
    pthread_mutex_t lock; /* of all below, and of shares[].slices */
    uint64_t next, done;  /* slices that a device took, and that are written */
    bool failed;          /* the run ends: no device takes another slice */
} queue;

/* A device's work, on a thread of its own. */
typedef struct flow {
    queue *queue;
    const device *device;
    stream_share *share;
    worker worker;
    slice slices[WORKER_SLOTS];
    const slice_target *targets[WORKER_SLOTS]; /* NULL: the slot is free */
} flow;

/* -------------------------------------------------------------------- slicing */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t memory_of(const device *on)
{
    return worker_limit(on, CL_DEVICE_GLOBAL_MEM_SIZE);
}

static uint64_t buffer_of(const device *on)
{
    return worker_limit(on, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
}

/* Checks that a slice fits a device: slices cannot be cut along the axes of windows. */
static bool check_slice(const queue *q, const slicing *cut, const device *on)
{
    const uint64_t elements = cut->elements, all = q->all, allowed = q->stream->slice;
    const short_text shape = text_of_list(cut->steps, cut->axes.rank, "x");
    static const char cannot[] = "a slice of %s cannot be cut further, since windows extend over "
                                 "what is left, and takes %" PRIu64 " bytes";
    char what[512];
    snprintf(what, sizeof what, cannot, shape.chars, elements * all);
    if (allowed != 0 && elements > allowed / all)
        return message_fail("%s, but --slice allows %" PRIu64, what, allowed);
    if (elements > memory_of(on) / all)
        return message_fail("%s, but %s has %" PRIu64 "; use another device or --device host", what,
                            on->name, memory_of(on));
    snprintf(what, sizeof what, cannot, shape.chars, elements * q->widest);
    if (elements > buffer_of(on) / q->widest)
        return message_fail("%s in one tensor, but a buffer on %s holds at most %" PRIu64
                            "; use another device or --device host",
                            what, on->name, buffer_of(on));
    if (elements > SIZE_MAX / 2 / all)
        return message_fail("%s, more than this machine addresses", what);
    return true;
}

static uint64_t elements_of(const box *b, int rank)
{
    uint64_t elements = 1;
    for (int axis = 0; axis < rank; ++axis)
        elements *= (uint64_t)b->dims[axis];
    return elements;
}

/* The elements that a slice may have on every device. */
static uint64_t most_elements(const queue *q)
{
    const stream *const s = q->stream;
    const uint64_t shared = q->report->bytes / SLICES_OF_A_DEVICE / (uint64_t)s->device_count;
    uint64_t usual = USUAL_SLICE, most = UINT64_MAX;
    if (s->device_count > 1)
        usual = least(usual, shared > LEAST_SHARED_SLICE ? shared : LEAST_SHARED_SLICE);
    for (int i = 0; i < s->device_count; ++i) {
        const uint64_t memory = memory_of(&s->devices[i]), buffer = buffer_of(&s->devices[i]);
        const uint64_t bytes = s->slice ? s->slice : least(usual, memory / 16);
        most = least(most, least(least(bytes, memory) / q->all, buffer / q->widest));
    }
    return most;
}

/* Cuts each target. The report has the dims of the largest slice. */
static bool cut(queue *q)
{
    const stream *const s = q->stream;
    const operation *const whole = &s->problem->whole;
    const operand *const operands[] = {&whole->src, &whole->dy, &whole->dst};
    for (int i = 0; i < 3; ++i) {
        const uint64_t size = cllrn_dtype_size(operands[i]->tensor.dtype); /* 0 for no dy */
        q->all += size;
        q->widest = size > q->widest ? size : q->widest;
    }
    const slicing_axes axes = problem_axes(s->problem);
    for (int i = 0; i < s->target_count; ++i)
        q->report->bytes += elements_of(&s->targets[i].box, axes.rank) * q->all;
    const uint64_t most = most_elements(q);
    const slicing *largest = q->cuts;
    for (int i = 0; i < s->target_count; ++i) {
        q->cuts[i] = slicing_make(&axes, &s->targets[i].box, most);
        q->report->count += q->cuts[i].count;
        largest = q->cuts[i].elements > largest->elements ? &q->cuts[i] : largest;
    }
    memcpy(q->report->steps, largest->steps, sizeof largest->steps);
    for (int i = 0; i < s->device_count; ++i)
        if (!check_slice(q, largest, &s->devices[i]))
            return false;
    return true;
}

/* The box of a slice, by its number among all; sets *target to the target that it lies in. */
static box box_of(const queue *q, uint64_t number, const slice_target **target)
{
    int i = 0;
    for (; number >= q->cuts[i].count; ++i)
        number -= q->cuts[i].count;
    *target = &q->stream->targets[i];
    return slicing_box(&q->cuts[i], number);
}

/* Opens the worker for all shapes: in each target the first slice has one, the last another. */
static bool open_worker(flow *f)
{
    const queue *const q = f->queue;
    const stream *const s = q->stream;
    operation shapes[WORKER_SHAPES];
    int count = 0;
    size_t memory = 0;
    for (int i = 0; i < s->target_count; ++i)
        for (int last = 0; last < 2; ++last) {
            const box b = slicing_box(&q->cuts[i], last ? q->cuts[i].count - 1 : 0);
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
    return worker_open(&f->worker, f->device, shapes, count, memory, q->report->count);
}

/* ---------------------------------------------------------------------- queue */

/* Takes the next slice. False where none is left, or the run has failed. */
static bool take(queue *q, uint64_t *number)
{
    pthread_mutex_lock(&q->lock);
    const bool taken = !q->failed && q->next < q->report->count;
    if (taken)
        *number = q->next++;
    pthread_mutex_unlock(&q->lock);
    return taken;
}

static void fail(queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->failed = true;
    pthread_mutex_unlock(&q->lock);
}

/* Shows progress once the run has taken a second. Of several devices it shows the shares. */
static void show_progress(const queue *q)
{
    enum { PATIENCE = 1 };
    const uint64_t count = q->report->count;
    if (q->stream->quiet || q->failed || operation_clock() - q->begin < PATIENCE)
        return;
    char line[128];
    size_t used = (size_t)snprintf(line, sizeof line, "%" PRIu64 " of %" PRIu64 " slices, %.0f %%",
                                   q->done, count, 100.0 * (double)q->done / (double)count);
    for (int i = 0; q->stream->device_count > 1 && i < q->stream->device_count; ++i)
        if (used < sizeof line)
            used += (size_t)snprintf(line + used, sizeof line - used, "%s%" PRIu64,
                                     i ? " + " : ": ", q->report->shares[i].slices);
    message_progress(line);
}

static void count_done(flow *f)
{
    pthread_mutex_lock(&f->queue->lock);
    ++f->queue->done;
    ++f->share->slices;
    show_progress(f->queue);
    pthread_mutex_unlock(&f->queue->lock);
}

/* ----------------------------------------------------------------------- flow */

static bool start(flow *f, int slot, uint64_t number)
{
    const problem *const p = f->queue->stream->problem;
    slice *const s = &f->slices[slot];
    const box part = box_of(f->queue, number, &f->targets[slot]);
    if (!slice_make(s, p, &part, f->worker.slots[slot].memory))
        return false;
    const double begin = operation_clock();
    const bool done = slice_read(s, p);
    f->share->read += operation_clock() - begin;
    return done && worker_start(&f->worker, slot, &s->operation);
}

static bool finish(flow *f, int slot)
{
    const stream *const to = f->queue->stream;
    const slice *const s = &f->slices[slot];
    if (!worker_finish(&f->worker, slot) ||
        (to->digested && !slice_digest(s, to->problem, &f->share->digest)) ||
        (to->checked &&
         !check_add(&f->share->check, &s->operation, &s->box, to->problem->whole.dst.tensor.dims)))
        return false;
    const double begin = operation_clock();
    const bool done = slice_write(s, f->targets[slot]);
    f->share->written += operation_clock() - begin;
    f->share->bytes += s->operation.src.size + s->operation.dy.size + s->operation.dst.size;
    f->targets[slot] = NULL;
    count_done(f);
    return done;
}

/* Gives the slots slices in turn, until none is left and all are finished. */
static bool run_slices(flow *f)
{
    uint64_t number;
    int idle = 0; /* slots in a row that got no slice */
    for (int slot = 0; idle < f->worker.slot_count; slot = (slot + 1) % f->worker.slot_count) {
        if (f->targets[slot] && !finish(f, slot))
            return false;
        const bool taken = take(f->queue, &number);
        idle = taken ? 0 : idle + 1;
        if (taken && !start(f, slot, number))
            return false;
    }
    return true;
}

static void *run_flow(void *argument)
{
    flow *const f = argument;
    if (!open_worker(f) || !run_slices(f))
        fail(f->queue);
    worker_report *const work = &f->share->worker;
    *work = f->worker.report;
    if (work->untold)
        work->upload = work->kernel = work->download = work->hidden = -1;
    worker_close(&f->worker);
    return NULL;
}

/* ------------------------------------------------------------------------ run */

/* Runs the first device on this thread, each other on one of its own. */
static void run_flows(queue *q, flow *flows)
{
    const int count = q->stream->device_count;
    pthread_t threads[DEVICE_MOST];
    int started = 1;
    for (; started < count; ++started) {
        const int code = pthread_create(&threads[started], NULL, run_flow, &flows[started]);
        if (code == 0)
            continue;
        message_fail("no thread for %s can be made: %s", flows[started].device->name,
                     strerror(code));
        fail(q);
        break;
    }
    run_flow(&flows[0]);
    for (int i = 1; i < started; ++i)
        pthread_join(threads[i], NULL);
}

static void add_up(const stream *s, stream_report *report)
{
    stream_share *const all = &report->all;
    for (int i = 0; i < s->device_count; ++i) {
        const stream_share *const share = &report->shares[i];
        all->slices += share->slices;
        all->bytes += share->bytes;
        all->read += share->read;
        all->written += share->written;
        all->digest += share->digest;
        check_merge(&all->check, &share->check);
    }
}

bool stream_run(const stream *s, stream_report *report)
{
    queue q = {.stream = s, .report = report, .lock = PTHREAD_MUTEX_INITIALIZER};
    flow flows[DEVICE_MOST];
    *report = (stream_report){.all.check = check_begin()};
    if (s->target_count == 0)
        return true;
    if (!cut(&q))
        return false;
    for (int i = 0; i < s->device_count; ++i) {
        report->shares[i].check = check_begin();
        flows[i] = (flow){&q, &s->devices[i], &report->shares[i], .worker = {.slot_count = 0}};
    }
    message_only_first(s->device_count > 1);
    q.begin = operation_clock();
    run_flows(&q, flows);
    message_only_first(false);
    message_progress("");
    add_up(s, report);
    return !q.failed;
}
