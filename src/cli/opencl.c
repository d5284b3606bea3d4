/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl.h"

#include "cl_error.h"
#include "engine.h"
#include "message.h"

#include "../size.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool check(const opencl *s, cl_int error, const char *call)
{
    return cl_error_check(error, call, s->device->name);
}

/* ----------------------------------------------------------------------- open */

static bool open_queues(opencl *s)
{
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)s->device->platform, 0};
    cl_int error;
    s->context = clCreateContext(properties, 1, &s->device->id, NULL, NULL, &error);
    if (!check(s, error, "clCreateContext"))
        return false;
    for (int i = 0; i < QUEUES; ++i) {
        s->queues[i] =
            clCreateCommandQueue(s->context, s->device->id, CL_QUEUE_PROFILING_ENABLE, &error);
        if (!check(s, error, "clCreateCommandQueue"))
            return false;
    }
    return true;
}

static bool make_plan(opencl *s, const job *shape, int number)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.direction = shape->backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD;
    problem.params = shape->params;
    problem.src = &shape->src.tensor;
    problem.dy = shape->backward ? &shape->dy.tensor : NULL;
    problem.dst = &shape->dst.tensor;
    problem.variant = shape->variant;
    problem.aliasing = CLLRN_ALIASING_DISJOINT;
    const cllrn_status status = cllrn_plan_create(s->engine, &problem, &s->plans[number], &error);
    if (shape->variant && status == CLLRN_INVALID_VARIANT)
        return message_fail("--variant %s cannot run this on %s: leave it out, or name another",
                            shape->variant, s->device->name);
    if (!message_check(status, &error))
        return false;
    s->shapes[number] = shape->src.tensor;
    const uint64_t scratch = cllrn_plan_scratch_size(s->plans[number], CLLRN_ALIASING_DISJOINT);
    if (scratch > s->scratch_size)
        s->scratch_size = scratch;
    return true;
}

static bool make_plans(opencl *s, const job shapes[], int count)
{
    if (!engine_create(s->context, s->device, CLLRN_CACHE_AUTO, NULL, NULL, &s->engine))
        return false;
    for (int i = 0; i < count; ++i)
        if (!make_plan(s, &shapes[i], i))
            return false;
    return true;
}

static bool allocate(opencl *s, cl_mem_flags flags, uint64_t size, const char *what, cl_mem *made)
{
    const cl_ulong limit = device_number(s->device->id, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    if (limit != 0 && size > limit)
        return message_fail("%s takes %llu bytes, but a buffer on %s holds at most %llu; "
                            "use another device or --device host",
                            what, (unsigned long long)size, s->device->name,
                            (unsigned long long)limit);
    size_t bytes;
    if (!lrn_size(size, 1, &bytes))
        return message_fail("%s takes %" PRIu64 " bytes, more than this process can address", what,
                            size);
    cl_int error;
    *made = clCreateBuffer(s->context, flags, bytes, NULL, &error);
    return check(s, error, "clCreateBuffer");
}

/* Maps pinned memory, which the device can copy asynchronously; NULL on failure. */
static void *map_pinned(opencl *s, size_t size, cl_mem *made)
{
    cl_int error;
    *made =
        clCreateBuffer(s->context, CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR, size, NULL, &error);
    if (error != CL_SUCCESS) {
        *made = NULL;
        return NULL;
    }
    void *const memory =
        clEnqueueMapBuffer(s->queues[TO_DEVICE], *made, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0,
                           size, 0, NULL, NULL, &error);
    if (error == CL_SUCCESS)
        return memory;
    clReleaseMemObject(*made);
    *made = NULL;
    return NULL;
}

static bool open_slot(opencl *s, opencl_slot *slot, const job *largest, size_t memory)
{
    if (!allocate(s, CL_MEM_READ_ONLY, largest->src.size, "the tensor", &slot->src) ||
        (largest->backward &&
         !allocate(s, CL_MEM_READ_ONLY, largest->dy.size, "the gradient", &slot->dy)) ||
        !allocate(s, CL_MEM_WRITE_ONLY, largest->dst.size, "the result", &slot->dst))
        return false;
    slot->memory = map_pinned(s, memory, &slot->pinned);
    if (!slot->memory)
        slot->memory = malloc(memory);
    return slot->memory || message_fail("out of memory for a slice of %zu bytes", memory);
}

bool opencl_open(opencl *s, const device *target, const job shapes[], int shape_count, int slots,
                 size_t memory)
{
    s->device = target;
    if (!open_queues(s) || !make_plans(s, shapes, shape_count))
        return false;
    if (shapes[0].dst.size == 0) /* OpenCL has no empty buffers */
        return true;
    for (int i = 0; i < slots; ++i)
        if (!open_slot(s, &s->slots[i], &shapes[0], memory))
            return false;
    return s->scratch_size == 0 ||
           allocate(s, CL_MEM_READ_WRITE, s->scratch_size, "the kernel's scratch", &s->scratch);
}

/* ---------------------------------------------------------------------- start */

static bool upload(opencl *s, cl_mem to, const operand *from, cl_event *event)
{
    return check(s,
                 clEnqueueWriteBuffer(s->queues[TO_DEVICE], to, CL_FALSE, 0, (size_t)from->size,
                                      from->data, 0, NULL, event),
                 "clEnqueueWriteBuffer");
}

static bool download(opencl *s, cl_mem from, const operand *to, const cl_event *kernel,
                     cl_event *event)
{
    return check(s,
                 clEnqueueReadBuffer(s->queues[FROM_DEVICE], from, CL_FALSE, 0, (size_t)to->size,
                                     to->data, 1, kernel, event),
                 "clEnqueueReadBuffer");
}

static const cllrn_plan *plan_for(const opencl *s, const job *todo)
{
    int number = 0;
    while (memcmp(s->shapes[number].dims, todo->src.tensor.dims, sizeof todo->src.tensor.dims) != 0)
        ++number;
    return s->plans[number];
}

static bool enqueue_kernel(opencl *s, const opencl_slot *slot, const job *todo, cl_event *event)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_memory src = CLLRN_MEMORY_INIT, dy = CLLRN_MEMORY_INIT, dst = CLLRN_MEMORY_INIT,
                 scratch = CLLRN_MEMORY_INIT;
    src.buffer = slot->src;
    dy.buffer = slot->dy;
    dst.buffer = slot->dst;
    scratch.buffer = s->scratch;
    const cllrn_memory *const given = s->scratch ? &scratch : NULL;
    const cllrn_plan *const plan = plan_for(s, todo);
    const cl_event *const uploads = &slot->events[UPLOAD_SRC];
    const cllrn_status status = todo->backward
                                    ? cllrn_enqueue_backward(plan, s->queues[COMPUTE], &src, &dy,
                                                             &dst, given, 2, uploads, event, &error)
                                    : cllrn_enqueue_forward(plan, s->queues[COMPUTE], &src, &dst,
                                                            given, 1, uploads, event, &error);
    return message_check(status, &error);
}

/* Flushes all queues: a queue may wait for an event of a queue that has not been submitted. */
static bool flush(opencl *s)
{
    for (int i = 0; i < QUEUES; ++i)
        if (!check(s, clFlush(s->queues[i]), "clFlush"))
            return false;
    return true;
}

bool opencl_start(opencl *s, int number, const job *todo)
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

static double common_seconds(const event_span *a, const event_span *b)
{
    const cl_ulong begin = a->begin > b->begin ? a->begin : b->begin;
    const cl_ulong end = a->end < b->end ? a->end : b->end;
    return begin < end ? 1e-9 * (double)(end - begin) : 0;
}

static double hidden_seconds(const opencl_slot *moved, const opencl_slot *computed)
{
    const event_span *const kernel = &computed->spans[KERNEL];
    return common_seconds(&moved->spans[UPLOAD_SRC], kernel) +
           common_seconds(&moved->spans[UPLOAD_DY], kernel) +
           common_seconds(&moved->spans[DOWNLOAD], kernel);
}

/*
 * Adds a job's times. Jobs that overlap are in different slots at once, so comparing with the
 * last job of each other slot is enough.
 */
static void add_times(opencl *s, const opencl_slot *done)
{
    double *const sums[COMMANDS] = {&s->times.upload, &s->times.upload, &s->times.kernel,
                                    &s->times.download};
    for (int command = 0; command < COMMANDS; ++command) {
        const event_span *const span = &done->spans[command];
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
    static const char *const names[COMMANDS] = {"copying to the device", "copying to the device",
                                                "the kernel", "copying from the device"};
    opencl_slot *const slot = &s->slots[number];
    if (!slot->events[KERNEL]) /* no commands for an empty tensor */
        return s->times.untold = true;
    for (int command = 0; command < COMMANDS; ++command) {
        cl_event *const event = &slot->events[command];
        if (!*event)
            continue;
        if (!event_wait(*event, s->device, names[command]))
            return false;
        slot->spans[command] = event_when(*event, s->device);
        clReleaseEvent(*event);
        *event = NULL;
    }
    add_times(s, slot);
    return true;
}

/* ---------------------------------------------------------------------- close */

static void release_buffer(cl_mem buffer)
{
    if (buffer)
        clReleaseMemObject(buffer);
}

static void close_slot(opencl *s, opencl_slot *slot)
{
    for (int i = 0; i < COMMANDS; ++i)
        if (slot->events[i])
            clReleaseEvent(slot->events[i]);
    if (slot->pinned)
        clEnqueueUnmapMemObject(s->queues[TO_DEVICE], slot->pinned, slot->memory, 0, NULL, NULL);
    else
        free(slot->memory);
}

static void finish_queues(const opencl *s)
{
    for (int i = 0; i < QUEUES; ++i)
        if (s->queues[i])
            clFinish(s->queues[i]);
}

/* Waits first: drivers crash when a process ends or frees memory before its commands end. */
void opencl_close(opencl *s)
{
    finish_queues(s);
    for (int i = 0; i < OPENCL_SLOTS; ++i)
        close_slot(s, &s->slots[i]);
    finish_queues(s);
    for (int i = 0; i < OPENCL_SLOTS; ++i) {
        release_buffer(s->slots[i].src);
        release_buffer(s->slots[i].dy);
        release_buffer(s->slots[i].dst);
        release_buffer(s->slots[i].pinned);
    }
    release_buffer(s->scratch);
    for (int i = 0; i < OPENCL_SHAPES; ++i)
        cllrn_plan_destroy(s->plans[i]);
    cllrn_engine_destroy(s->engine);
    for (int i = 0; i < QUEUES; ++i)
        if (s->queues[i])
            clReleaseCommandQueue(s->queues[i]);
    if (s->context)
        clReleaseContext(s->context);
}

const char *opencl_variant(const opencl *s)
{
    return cllrn_plan_variant(s->plans[0], CLLRN_ALIASING_DISJOINT);
}

int32_t opencl_origin(const opencl *s)
{
    return cllrn_plan_origin(s->plans[0], CLLRN_ALIASING_DISJOINT);
}
