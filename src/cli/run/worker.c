/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include "message.h"

#include <stdlib.h>
#include <string.h>

uint64_t worker_limit(const device *on, cl_device_info what)
{
    const cl_ulong bytes = on->kind == DEVICE_OPENCL ? device_number(on->id, what) : 0;
    return bytes ? bytes : UINT64_MAX;
}

static bool check(const worker *w, cl_int error, const char *call)
{
    return session_check(&w->session, error, call);
}

/* ----------------------------------------------------------------------- open */

/* The number of a shape; w->shape_count where it is new. */
static int shape_number(const worker *w, const operation *shape)
{
    const int64_t *const dims = shape->src.tensor.dims;
    int number = 0;
    while (number < w->shape_count &&
           memcmp(w->shapes[number].dims, dims, sizeof w->shapes[number].dims) != 0)
        ++number;
    return number;
}

static bool make_plan(worker *w, const operation *shape)
{
    const int number = shape_number(w, shape);
    if (number < w->shape_count)
        return true;
    cllrn_error error = CLLRN_ERROR_INIT;
    const cllrn_problem problem = operation_problem(shape, CLLRN_ALIASING_DISJOINT);
    const cllrn_status status =
        cllrn_plan_create(w->session.engine, &problem, &w->plans[number], &error);
    if (shape->variant && status == CLLRN_INVALID_VARIANT)
        return message_fail("--variant %s cannot run this on %s: leave it out, or name another",
                            shape->variant, w->session.device.name);
    if (!message_check(status, &error))
        return false;
    w->shapes[w->shape_count++] = shape->src.tensor;
    const uint64_t scratch = cllrn_plan_scratch_size(w->plans[number], CLLRN_ALIASING_DISJOINT);
    if (scratch > w->report.scratch)
        w->report.scratch = scratch;
    return true;
}

static bool allocate(worker_slot *slot, size_t size)
{
    slot->memory = malloc(size ? size : 1);
    return slot->memory || message_fail("out of memory for a slice of %zu bytes", size);
}

/* Maps the slot's pinned buffer as its memory. Drivers may choose another address each time. */
static cl_int map(worker *w, worker_slot *slot, cl_bool blocking, cl_uint count,
                  const cl_event *list, cl_event *event)
{
    cl_int error;
    slot->memory =
        clEnqueueMapBuffer(w->session.queues[FROM_DEVICE], slot->pinned, blocking,
                           CL_MAP_READ | CL_MAP_WRITE, 0, slot->size, count, list, event, &error);
    return error;
}

/* Prefers pinned memory, which the device can use itself, or copy asynchronously. */
static bool open_memory(worker *w, worker_slot *slot, size_t size)
{
    cl_int error;
    slot->size = size;
    slot->pinned = clCreateBuffer(w->session.context, CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR,
                                  size, NULL, &error);
    if (error == CL_SUCCESS && map(w, slot, CL_TRUE, 0, NULL, NULL) == CL_SUCCESS)
        return true;
    session_release(slot->pinned);
    slot->pinned = NULL;
    return allocate(slot, size);
}

/* Whether the device uses pinned memory itself. Of other memory, Arm's drivers make copies. */
static bool shares_memory(const device *on)
{
    return (on->type & CL_DEVICE_TYPE_CPU) != 0 ||
           device_number(on->id, CL_DEVICE_HOST_UNIFIED_MEMORY) != 0;
}

static bool open_slot(worker *w, worker_slot *slot, const operation *largest, size_t memory)
{
    const session *const on = &w->session;
    if (!open_memory(w, slot, memory))
        return false;
    w->report.in_place = slot->pinned && shares_memory(&on->device);
    return w->report.in_place ||
           (session_buffer(on, CL_MEM_READ_ONLY, largest->src.size, "the tensor", &slot->src) &&
            (!largest->backward ||
             session_buffer(on, CL_MEM_READ_ONLY, largest->dy.size, "the gradient", &slot->dy)) &&
            session_buffer(on, CL_MEM_WRITE_ONLY, largest->dst.size, "the result", &slot->dst));
}

/*
 * As many slots as fit a quarter of the device's memory: host memory may be the device's
 * memory too, and others need some.
 */
static int affordable_slots(const device *on, size_t memory, uint64_t count)
{
    const uint64_t room = worker_limit(on, CL_DEVICE_GLOBAL_MEM_SIZE) / 4;
    int slots = count < WORKER_SLOTS ? (int)count : WORKER_SLOTS;
    while (slots > 1 && room / (uint64_t)slots < memory)
        --slots;
    return slots;
}

bool worker_open(worker *w, const device *on, const operation *shapes, int shape_count,
                 size_t memory, uint64_t count)
{
    const session_options how = {
        .queues = QUEUES, .timed = true, .cache = CLLRN_CACHE_AUTO, .quiet = true};
    *w = (worker){.session.device = *on, .slot_count = 1};
    if (on->kind != DEVICE_OPENCL)
        return allocate(&w->slots[0], memory);
    if (!session_open(&w->session, on, how))
        return false;
    for (int i = 0; i < shape_count; ++i)
        if (!make_plan(w, &shapes[i]))
            return false;
    w->report.variant = cllrn_plan_variant(w->plans[0], CLLRN_ALIASING_DISJOINT);
    w->report.origin = cllrn_plan_origin(w->plans[0], CLLRN_ALIASING_DISJOINT);
    if (shapes[0].dst.size == 0) /* OpenCL has no empty buffers */
        return true;
    w->slot_count = affordable_slots(on, memory, count);
    for (int i = 0; i < w->slot_count; ++i)
        if (!open_slot(w, &w->slots[i], &shapes[0], memory))
            return false;
    return w->report.scratch == 0 ||
           session_buffer(&w->session, CL_MEM_READ_WRITE, w->report.scratch, "the kernel's scratch",
                          &w->scratch);
}

/* ---------------------------------------------------------------------- start */

static bool upload(worker *w, cl_mem to, const operand *from, cl_event *event)
{
    return check(w,
                 clEnqueueWriteBuffer(w->session.queues[TO_DEVICE], to, CL_FALSE, 0,
                                      (size_t)from->size, from->data, 0, NULL, event),
                 "clEnqueueWriteBuffer");
}

static bool download(worker *w, cl_mem from, const operand *to, const cl_event *kernel,
                     cl_event *event)
{
    return check(w,
                 clEnqueueReadBuffer(w->session.queues[FROM_DEVICE], from, CL_FALSE, 0,
                                     (size_t)to->size, to->data, 1, kernel, event),
                 "clEnqueueReadBuffer");
}

/* Where the kernel finds an operand: in a buffer of its own, or in the slot's memory. */
static cllrn_memory memory_of(const worker_slot *slot, cl_mem own, const operand *o)
{
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    memory.buffer = own ? own : slot->pinned;
    memory.offset = own ? 0 : (uint64_t)((char *)o->data - (char *)slot->memory);
    return memory;
}

static bool enqueue_kernel(worker *w, const worker_slot *slot, const operation *todo,
                           cl_event *event)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    const cllrn_memory src = memory_of(slot, slot->src, &todo->src),
                       dy = todo->backward ? memory_of(slot, slot->dy, &todo->dy) : src,
                       dst = memory_of(slot, slot->dst, &todo->dst);
    cllrn_memory scratch = CLLRN_MEMORY_INIT;
    cllrn_operands operands = CLLRN_OPERANDS_INIT;
    scratch.buffer = w->scratch;
    operands.src = &src;
    operands.dy = todo->backward ? &dy : NULL;
    operands.dst = &dst;
    operands.scratch = w->scratch ? &scratch : NULL;
    const cllrn_status status =
        cllrn_enqueue(w->plans[shape_number(w, todo)], w->session.queues[COMPUTE], &operands,
                      slot->events[UPLOAD_DY] ? 2 : 1, &slot->events[UPLOAD_SRC], event, &error);
    return message_check(status, &error);
}

/* Starts an operation on the slot's memory, which is the device's until it is mapped again. */
static bool start_in_place(worker *w, worker_slot *slot, operation *todo)
{
    cl_event *const events = slot->events;
    operand *const operands[] = {&todo->src, &todo->dy, &todo->dst};
    char *const before = slot->memory;
    const cl_int error = clEnqueueUnmapMemObject(w->session.queues[TO_DEVICE], slot->pinned, before,
                                                 0, NULL, &events[UPLOAD_SRC]);
    const bool enqueued = check(w, error, "clEnqueueUnmapMemObject") &&
                          enqueue_kernel(w, slot, todo, &events[KERNEL]);
    slot->memory = NULL;
    if (!enqueued || !check(w, map(w, slot, CL_FALSE, 1, &events[KERNEL], &events[DOWNLOAD]),
                            "clEnqueueMapBuffer"))
        return false;
    for (int i = 0; i < 3; ++i)
        if (operands[i]->data)
            operands[i]->data = (char *)slot->memory + ((char *)operands[i]->data - before);
    return true;
}

/* Flushes all queues: a queue may wait for an event of a queue that has not been submitted. */
static bool flush(worker *w)
{
    for (int i = 0; i < QUEUES; ++i)
        if (!check(w, clFlush(w->session.queues[i]), "clFlush"))
            return false;
    return true;
}

static bool compute_here(worker *w, const operation *todo)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    const double begin = operation_clock();
    const bool reference = w->session.device.kind == DEVICE_REFERENCE;
    const cllrn_status status = operation_run(todo, reference, &error);
    w->report.kernel += operation_clock() - begin;
    return message_check(status, &error);
}

bool worker_start(worker *w, int number, operation *todo)
{
    worker_slot *const slot = &w->slots[number];
    cl_event *const events = slot->events;
    if (w->session.device.kind != DEVICE_OPENCL)
        return compute_here(w, todo);
    if (todo->dst.size == 0)
        return true;
    if (!slot->dst)
        return start_in_place(w, slot, todo) && flush(w);
    return upload(w, slot->src, &todo->src, &events[UPLOAD_SRC]) &&
           (!todo->backward || upload(w, slot->dy, &todo->dy, &events[UPLOAD_DY])) &&
           enqueue_kernel(w, slot, todo, &events[KERNEL]) &&
           download(w, slot->dst, &todo->dst, &events[KERNEL], &events[DOWNLOAD]) && flush(w);
}

/* --------------------------------------------------------------------- finish */

static double common_seconds(const session_span *a, const session_span *b)
{
    const cl_ulong begin = a->begin > b->begin ? a->begin : b->begin;
    const cl_ulong end = a->end < b->end ? a->end : b->end;
    return begin < end ? 1e-9 * (double)(end - begin) : 0;
}

static double hidden_seconds(const worker_slot *moved, const worker_slot *computed)
{
    const session_span *const kernel = &computed->spans[KERNEL];
    return common_seconds(&moved->spans[UPLOAD_SRC], kernel) +
           common_seconds(&moved->spans[UPLOAD_DY], kernel) +
           common_seconds(&moved->spans[DOWNLOAD], kernel);
}

/*
 * Adds an operation's times. Operations that overlap are in different slots at once, so comparing
 * with the last operation of each other slot is enough.
 */
static void add_times(worker *w, const worker_slot *done)
{
    double *const sums[COMMANDS] = {&w->report.upload, &w->report.upload, &w->report.kernel,
                                    &w->report.download};
    for (int command = 0; command < COMMANDS; ++command) {
        const session_span *const span = &done->spans[command];
        w->report.untold = w->report.untold || span->begin > span->end;
        *sums[command] += common_seconds(span, span);
    }
    for (int i = 0; i < WORKER_SLOTS; ++i)
        if (&w->slots[i] != done)
            w->report.hidden +=
                hidden_seconds(done, &w->slots[i]) + hidden_seconds(&w->slots[i], done);
}

bool worker_finish(worker *w, int number)
{
    const char *names[COMMANDS] = {"moving data to the device", "moving data to the device",
                                   "the kernel", "moving data from the device"};
    worker_slot *const slot = &w->slots[number];
    for (int command = 0; command < COMMANDS; ++command) {
        cl_event *const event = &slot->events[command];
        if (!*event) /* nothing was enqueued: no dy, an empty tensor, another device kind */
            continue;
        const cl_int error = session_wait(*event, &names[command]);
        if (!check(w, error, names[command]))
            return false;
        slot->spans[command] = session_span_of(&w->session, *event);
        clReleaseEvent(*event);
        *event = NULL;
    }
    add_times(w, slot);
    return true;
}

/* ---------------------------------------------------------------------- close */

static void close_slot(worker *w, worker_slot *slot)
{
    for (int i = 0; i < COMMANDS; ++i)
        if (slot->events[i])
            clReleaseEvent(slot->events[i]);
    if (slot->pinned && slot->memory)
        clEnqueueUnmapMemObject(w->session.queues[TO_DEVICE], slot->pinned, slot->memory, 0, NULL,
                                NULL);
    else
        free(slot->memory);
}

void worker_close(worker *w)
{
    session_finish(&w->session);
    for (int i = 0; i < WORKER_SLOTS; ++i)
        close_slot(w, &w->slots[i]);
    session_finish(&w->session);
    for (int i = 0; i < WORKER_SLOTS; ++i) {
        session_release(w->slots[i].src);
        session_release(w->slots[i].dy);
        session_release(w->slots[i].dst);
        session_release(w->slots[i].pinned);
    }
    session_release(w->scratch);
    for (int i = 0; i < w->shape_count; ++i)
        cllrn_plan_destroy(w->plans[i]);
    session_close(&w->session);
}
