/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl.h"

#include "message.h"

#include <stdlib.h>
#include <string.h>

static bool check(const opencl *s, cl_int error, const char *call)
{
    return session_check(&s->session, error, call);
}

/* ----------------------------------------------------------------------- open */

static bool make_plan(opencl *s, const operation *shape, int number)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    const cllrn_problem problem = operation_problem(shape, CLLRN_ALIASING_DISJOINT);
    const cllrn_status status =
        cllrn_plan_create(s->session.engine, &problem, &s->plans[number], &error);
    if (shape->variant && status == CLLRN_INVALID_VARIANT)
        return message_fail("--variant %s cannot run this on %s: leave it out, or name another",
                            shape->variant, s->session.device.name);
    if (!message_check(status, &error))
        return false;
    s->shapes[number] = shape->src.tensor;
    const uint64_t scratch = cllrn_plan_scratch_size(s->plans[number], CLLRN_ALIASING_DISJOINT);
    if (scratch > s->scratch_size)
        s->scratch_size = scratch;
    return true;
}

/* Prefers pinned memory, which the device can copy asynchronously. */
static bool open_memory(opencl *s, opencl_slot *slot, size_t size)
{
    cl_int error;
    const cl_mem pinned = clCreateBuffer(
        s->session.context, CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR, size, NULL, &error);
    if (error == CL_SUCCESS) {
        slot->memory =
            clEnqueueMapBuffer(s->session.queues[TO_DEVICE], pinned, CL_TRUE,
                               CL_MAP_READ | CL_MAP_WRITE, 0, size, 0, NULL, NULL, &error);
        if (error == CL_SUCCESS) {
            slot->pinned = pinned;
            return true;
        }
        clReleaseMemObject(pinned);
    }
    slot->memory = malloc(size);
    return slot->memory || message_fail("out of memory for a slice of %zu bytes", size);
}

static bool open_slot(opencl *s, opencl_slot *slot, const operation *largest, size_t memory)
{
    const session *const on = &s->session;
    return session_buffer(on, CL_MEM_READ_ONLY, largest->src.size, "the tensor", &slot->src) &&
           (!largest->backward ||
            session_buffer(on, CL_MEM_READ_ONLY, largest->dy.size, "the gradient", &slot->dy)) &&
           session_buffer(on, CL_MEM_WRITE_ONLY, largest->dst.size, "the result", &slot->dst) &&
           open_memory(s, slot, memory);
}

bool opencl_open(opencl *s, const device *target, const operation shapes[], int shape_count,
                 int slots, size_t memory)
{
    const session_options how = {
        .queues = QUEUES, .timed = true, .cache = CLLRN_CACHE_AUTO, .quiet = true};
    if (!session_open(&s->session, target, how))
        return false;
    for (int i = 0; i < shape_count; ++i)
        if (!make_plan(s, &shapes[i], i))
            return false;
    if (shapes[0].dst.size == 0) /* OpenCL has no empty buffers */
        return true;
    for (int i = 0; i < slots; ++i)
        if (!open_slot(s, &s->slots[i], &shapes[0], memory))
            return false;
    return s->scratch_size == 0 || session_buffer(&s->session, CL_MEM_READ_WRITE, s->scratch_size,
                                                  "the kernel's scratch", &s->scratch);
}

/* ---------------------------------------------------------------------- start */

static bool upload(opencl *s, cl_mem to, const operand *from, cl_event *event)
{
    return check(s,
                 clEnqueueWriteBuffer(s->session.queues[TO_DEVICE], to, CL_FALSE, 0,
                                      (size_t)from->size, from->data, 0, NULL, event),
                 "clEnqueueWriteBuffer");
}

static bool download(opencl *s, cl_mem from, const operand *to, const cl_event *kernel,
                     cl_event *event)
{
    return check(s,
                 clEnqueueReadBuffer(s->session.queues[FROM_DEVICE], from, CL_FALSE, 0,
                                     (size_t)to->size, to->data, 1, kernel, event),
                 "clEnqueueReadBuffer");
}

static const cllrn_plan *plan_for(const opencl *s, const operation *todo)
{
    int number = 0;
    while (memcmp(s->shapes[number].dims, todo->src.tensor.dims, sizeof todo->src.tensor.dims) != 0)
        ++number;
    return s->plans[number];
}

static bool enqueue_kernel(opencl *s, const opencl_slot *slot, const operation *todo,
                           cl_event *event)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_memory src = CLLRN_MEMORY_INIT, dy = CLLRN_MEMORY_INIT, dst = CLLRN_MEMORY_INIT,
                 scratch = CLLRN_MEMORY_INIT;
    cllrn_operands operands = CLLRN_OPERANDS_INIT;
    src.buffer = slot->src;
    dy.buffer = slot->dy;
    dst.buffer = slot->dst;
    scratch.buffer = s->scratch;
    operands.src = &src;
    operands.dy = todo->backward ? &dy : NULL;
    operands.dst = &dst;
    operands.scratch = s->scratch ? &scratch : NULL;
    const cllrn_status status =
        cllrn_enqueue(plan_for(s, todo), s->session.queues[COMPUTE], &operands,
                      todo->backward ? 2 : 1, &slot->events[UPLOAD_SRC], event, &error);
    return message_check(status, &error);
}

/* Flushes all queues: a queue may wait for an event of a queue that has not been submitted. */
static bool flush(opencl *s)
{
    for (int i = 0; i < QUEUES; ++i)
        if (!check(s, clFlush(s->session.queues[i]), "clFlush"))
            return false;
    return true;
}

bool opencl_start(opencl *s, int number, const operation *todo)
{
    opencl_slot *const slot = &s->slots[number];
    cl_event *const events = slot->events;
    if (todo->dst.size == 0)
        return true;
    return upload(s, slot->src, &todo->src, &events[UPLOAD_SRC]) &&
           (!todo->backward || upload(s, slot->dy, &todo->dy, &events[UPLOAD_DY])) &&
           enqueue_kernel(s, slot, todo, &events[KERNEL]) &&
           download(s, slot->dst, &todo->dst, &events[KERNEL], &events[DOWNLOAD]) && flush(s);
}

/* --------------------------------------------------------------------- finish */

static double common_seconds(const session_span *a, const session_span *b)
{
    const cl_ulong begin = a->begin > b->begin ? a->begin : b->begin;
    const cl_ulong end = a->end < b->end ? a->end : b->end;
    return begin < end ? 1e-9 * (double)(end - begin) : 0;
}

static double hidden_seconds(const opencl_slot *moved, const opencl_slot *computed)
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
static void add_times(opencl *s, const opencl_slot *done)
{
    double *const sums[COMMANDS] = {&s->times.upload, &s->times.upload, &s->times.kernel,
                                    &s->times.download};
    for (int command = 0; command < COMMANDS; ++command) {
        const session_span *const span = &done->spans[command];
        s->times.untold = s->times.untold || span->begin > span->end;
        *sums[command] += common_seconds(span, span);
    }
    for (int i = 0; i < OPENCL_SLOTS; ++i)
        if (&s->slots[i] != done)
            s->times.hidden +=
                hidden_seconds(done, &s->slots[i]) + hidden_seconds(&s->slots[i], done);
}

bool opencl_finish(opencl *s, int number)
{
    const char *names[COMMANDS] = {"copying to the device", "copying to the device", "the kernel",
                                   "copying from the device"};
    opencl_slot *const slot = &s->slots[number];
    if (!slot->events[KERNEL]) /* no commands for an empty tensor */
        return s->times.untold = true;
    for (int command = 0; command < COMMANDS; ++command) {
        cl_event *const event = &slot->events[command];
        if (!*event)
            continue;
        const cl_int error = session_wait(*event, &names[command]);
        if (!check(s, error, names[command]))
            return false;
        slot->spans[command] = session_span_of(&s->session, *event);
        clReleaseEvent(*event);
        *event = NULL;
    }
    add_times(s, slot);
    return true;
}

/* ---------------------------------------------------------------------- close */

static void close_slot(opencl *s, opencl_slot *slot)
{
    for (int i = 0; i < COMMANDS; ++i)
        if (slot->events[i])
            clReleaseEvent(slot->events[i]);
    if (slot->pinned)
        clEnqueueUnmapMemObject(s->session.queues[TO_DEVICE], slot->pinned, slot->memory, 0, NULL,
                                NULL);
    else
        free(slot->memory);
}

void opencl_close(opencl *s)
{
    session_finish(&s->session);
    for (int i = 0; i < OPENCL_SLOTS; ++i)
        close_slot(s, &s->slots[i]);
    session_finish(&s->session);
    for (int i = 0; i < OPENCL_SLOTS; ++i) {
        session_release(s->slots[i].src);
        session_release(s->slots[i].dy);
        session_release(s->slots[i].dst);
        session_release(s->slots[i].pinned);
    }
    session_release(s->scratch);
    for (int i = 0; i < OPENCL_SHAPES; ++i)
        cllrn_plan_destroy(s->plans[i]);
    session_close(&s->session);
}

const char *opencl_variant(const opencl *s)
{
    return cllrn_plan_variant(s->plans[0], CLLRN_ALIASING_DISJOINT);
}

int32_t opencl_origin(const opencl *s)
{
    return cllrn_plan_origin(s->plans[0], CLLRN_ALIASING_DISJOINT);
}
