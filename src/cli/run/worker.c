/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include "message.h"

#include <stdlib.h>

static uint64_t limit(const device *on, cl_device_info what)
{
    const cl_ulong bytes = on->kind == DEVICE_OPENCL ? device_number(on->id, what) : 0;
    return bytes ? bytes : UINT64_MAX;
}

worker_limits worker_limits_of(const device *on)
{
    return (worker_limits){.buffer = limit(on, CL_DEVICE_MAX_MEM_ALLOC_SIZE),
                           .memory = limit(on, CL_DEVICE_GLOBAL_MEM_SIZE)};
}

/*
 * As many slots as fit a quarter of the device's memory: host memory may be the device's
 * memory too, and others need some.
 */
static int affordable_slots(const device *on, size_t memory, uint64_t count)
{
    const uint64_t room = worker_limits_of(on).memory / 4;
    int slots = count < OPENCL_SLOTS ? (int)count : OPENCL_SLOTS;
    while (slots > 1 && room / (uint64_t)slots < memory)
        --slots;
    return slots;
}

static bool open_here(worker *w, size_t memory)
{
    w->slots = 1;
    w->memory = malloc(memory ? memory : 1);
    return w->memory || message_fail("out of memory for a slice of %zu bytes", memory);
}

bool worker_open(worker *w, const device *on, const operation shapes[], int shape_count,
                 size_t memory, uint64_t count)
{
    *w = (worker){.device = on};
    if (on->kind != DEVICE_OPENCL)
        return open_here(w, memory);
    w->slots = affordable_slots(on, memory, count);
    return opencl_open(&w->opencl, on, shapes, shape_count, w->slots, memory);
}

void *worker_memory(const worker *w, int slot)
{
    return w->device->kind == DEVICE_OPENCL ? w->opencl.slots[slot].memory : w->memory;
}

bool worker_start(worker *w, int slot, const operation *todo)
{
    if (w->device->kind == DEVICE_OPENCL)
        return opencl_start(&w->opencl, slot, todo);
    w->operation = *todo;
    return true;
}

bool worker_finish(worker *w, int slot)
{
    if (w->device->kind == DEVICE_OPENCL)
        return opencl_finish(&w->opencl, slot);
    cllrn_error error = CLLRN_ERROR_INIT;
    const double begin = operation_clock();
    const cllrn_status status =
        operation_run(&w->operation, w->device->kind == DEVICE_REFERENCE, &error);
    w->seconds += operation_clock() - begin;
    return message_check(status, &error);
}

void worker_close(worker *w)
{
    if (w->device && w->device->kind == DEVICE_OPENCL)
        opencl_close(&w->opencl);
    free(w->memory);
}
