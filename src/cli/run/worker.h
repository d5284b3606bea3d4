/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes the slices of a run, on an OpenCL device or in this process. On a device several
 * operations are in flight, so that the transfers of one operation overlap the kernel of another.
 * A device that shares the host's memory uses the operands in place: its transfers only unmap and
 * map a buffer, for which drivers have nothing to copy.
 */
#ifndef CLI_RUN_WORKER_H
#define CLI_RUN_WORKER_H

#include "operation.h"
#include "session.h"
#include "slicing.h"

enum { WORKER_SLOTS = 3 }; /* one operation uploads, one computes, one downloads */
enum { WORKER_SHAPES = 2 * SLICING_PART_BOXES };

/* The commands of an operation; a forward operation has no UPLOAD_DY. */
enum { UPLOAD_SRC, UPLOAD_DY, KERNEL, DOWNLOAD, COMMANDS };

/* The queues. Each is in-order; events order commands of different queues. */
enum { TO_DEVICE, COMPUTE, FROM_DEVICE, QUEUES = SESSION_QUEUES };

/* Buffers, host memory and events of one operation. */
typedef struct worker_slot {
    cl_mem src, dy, dst; /* NULL: the kernel uses pinned */
    cl_mem pinned;       /* the buffer that memory is mapped from; NULL: memory is from malloc */
    void *memory;        /* for the operands; NULL for an empty tensor */
    size_t size;         /* of the memory, in bytes */
    cl_event events[COMMANDS];
    session_span spans[COMMANDS]; /* of the last finished operation */
} worker_slot;

/* What all finished operations took. Times are in seconds. */
typedef struct worker_report {
    const char *variant; /* NULL but for OpenCL devices */
    int32_t origin;      /* of the program: CLLRN_ORIGIN_COMPILED or another */
    uint64_t scratch;    /* in bytes */
    double upload, kernel, download;
    double hidden; /* transfer time that overlapped a kernel */
    bool in_place; /* the device used the host's memory */
    bool untold;   /* the device reports no times: those above are invalid */
} worker_report;

typedef struct worker {
    session session; /* for the host and the reference: the device alone */
    cllrn_plan *plans[WORKER_SHAPES];
    cllrn_tensor shapes[WORKER_SHAPES];
    int shape_count;
    cl_mem scratch; /* one for all slots, since kernels run one after the other */
    worker_slot slots[WORKER_SLOTS];
    int slot_count;
    worker_report report;
} worker;

/* A device's CL_DEVICE_GLOBAL_MEM_SIZE, or another limit in bytes; UINT64_MAX where unknown. */
uint64_t worker_limit(const device *on, cl_device_info what);

/*
 * Prepares for operations of these shapes, at most WORKER_SHAPES, the largest first: `memory` bytes
 * for the operands of each operation, at most `count` operations at a time. *w must not move. False
 * after a message; call worker_close in any case.
 */
bool worker_open(worker *w, const device *on, const operation *shapes, int shape_count,
                 size_t memory, uint64_t count);

/*
 * Starts an operation of one of the shapes, whose operands lie in the slot's memory, then finishes
 * it, in turn: dst is then complete. A start does not wait for a device. It may move the slot's
 * memory, and the operands with it. False after a message.
 */
bool worker_start(worker *w, int slot, operation *todo);
bool worker_finish(worker *w, int slot);

/* Waits for all commands, also after a failure, and releases everything. */
void worker_close(worker *w);

#endif
