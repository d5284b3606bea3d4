/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs operations on an OpenCL device. Several operations are in flight, so that the transfers of
 * one operation overlap the kernel of another.
 */
#ifndef CLI_RUN_OPENCL_H
#define CLI_RUN_OPENCL_H

#include "operation.h"
#include "session.h"

enum { OPENCL_SLOTS = 3 }; /* one operation uploads, one computes, one downloads */
enum { OPENCL_SHAPES = 2 };

/* The commands of an operation; a forward operation has no UPLOAD_DY. */
enum { UPLOAD_SRC, UPLOAD_DY, KERNEL, DOWNLOAD, COMMANDS };

/* The queues. Each is in-order; events order commands of different queues. */
enum { TO_DEVICE, COMPUTE, FROM_DEVICE, QUEUES = SESSION_QUEUES };

/* Buffers, host memory and events of one operation. */
typedef struct opencl_slot {
    cl_mem src, dy, dst;
    cl_mem pinned; /* the buffer that memory is mapped from; NULL: memory is from malloc */
    void *memory;
    cl_event events[COMMANDS];
    session_span spans[COMMANDS]; /* of the last finished operation */
} opencl_slot;

/* The times of all finished operations, in seconds. */
typedef struct opencl_times {
    double upload, kernel, download;
    double hidden; /* transfer time that overlapped a kernel */
    bool untold;   /* the device reports no times: the others are invalid */
} opencl_times;

/* opencl_close releases the members that are not zero. */
typedef struct opencl {
    session session;
    cllrn_plan *plans[OPENCL_SHAPES];
    cllrn_tensor shapes[OPENCL_SHAPES];
    cl_mem scratch; /* one for all slots, since kernels run one after the other */
    uint64_t scratch_size;
    opencl_slot slots[OPENCL_SLOTS];
    opencl_times times;
} opencl;

/*
 * Creates plans for operations of these shapes, and buffers for `slots` operations at a time, each
 * with `memory` bytes of host memory. shapes[0] is the largest. *s must be zero, and
 * must not move. False after a message; call opencl_close in any case.
 */
bool opencl_open(opencl *s, const device *target, const operation shapes[], int shape_count,
                 int slots, size_t memory);

/* Enqueues an operation of one of the shapes, whose operands lie in the slot's memory. Does not
 * wait. */
bool opencl_start(opencl *s, int slot, const operation *todo);

/* Waits for the slot's operation, whose dst is then complete. False after a message. */
bool opencl_finish(opencl *s, int slot);

/* Waits for all commands, also after a failure, and releases everything. */
void opencl_close(opencl *s);

const char *opencl_variant(const opencl *s);

/* The origin of the plan's program: CLLRN_ORIGIN_COMPILED or another. */
int32_t opencl_origin(const opencl *s);

#endif
