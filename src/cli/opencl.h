/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs on an OpenCL device, several in flight, so that what one of them moves to
 * and from the device is moved beside another one's kernel.
 */
#ifndef CLI_OPENCL_H
#define CLI_OPENCL_H

#include "event.h"
#include "job.h"

enum { OPENCL_SLOTS = 3 }; /* one job arrives, one is computed, one leaves */
enum { OPENCL_SHAPES = 2 };

/* A backward job has all of them, a forward job no UPLOAD_DY. */
enum { UPLOAD_SRC, UPLOAD_DY, KERNEL, DOWNLOAD, COMMANDS };

/* Each in order; events tell one from the other what it waits for. */
enum { TO_DEVICE, COMPUTE, FROM_DEVICE, QUEUES };

/* Room for one job, and the commands it is in. */
typedef struct opencl_slot {
    cl_mem src, dy, dst;
    cl_mem pinned; /* what memory is mapped from; NULL where it is malloc's */
    void *memory;
    cl_event events[COMMANDS];
    event_span spans[COMMANDS]; /* of the last job that was finished */
} opencl_slot;

/* What finished jobs took, in seconds. */
typedef struct opencl_times {
    double upload, kernel, download;
    double hidden; /* of the transfers, beside a kernel */
    bool untold;   /* the device does not tell, and the others mean nothing */
} opencl_times;

/* What is not zero is released at the end. */
typedef struct opencl {
    const device *device;
    cl_context context;
    cl_command_queue queues[QUEUES];
    cllrn_engine *engine;
    cllrn_plan *plans[OPENCL_SHAPES];
    cllrn_tensor shapes[OPENCL_SHAPES];
    cl_mem scratch; /* one, since kernels run one behind the other */
    uint64_t scratch_size;
    opencl_slot slots[OPENCL_SLOTS];
    opencl_times times;
} opencl;

/*
 * Makes plans for jobs of these shapes, of which the first is the largest, and
 * room for so many jobs at a time, each with so many bytes of memory. On failure
 * a message was printed; close it in any case. *s has to be zero, and must not move.
 */
bool opencl_open(opencl *s, const device *target, const job shapes[], int shape_count, int slots,
                 size_t memory);

/* Begins a job of one of the shapes, whose operands lie in the slot's memory. Does not wait. */
bool opencl_start(opencl *s, int slot, const job *todo);

/* Waits for the slot's job, after which dst is there. On failure a message was printed. */
bool opencl_finish(opencl *s, int slot);

/* Nothing is left running in the device, whatever happened. */
void opencl_close(opencl *s);

const char *opencl_variant(const opencl *s);

/* Where its program came from, CLLRN_COMPILED or another. */
int32_t opencl_origin(const opencl *s);

#endif
