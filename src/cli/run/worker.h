/* SPDX-License-Identifier: Apache-2.0 */
/* Computes the slices of a run: on an OpenCL device, or in this process. */
#ifndef CLI_RUN_WORKER_H
#define CLI_RUN_WORKER_H

#include "opencl.h"

/* The memory of a device, in bytes; UINT64_MAX where unknown. */
typedef struct worker_limits {
    uint64_t buffer; /* of one buffer */
    uint64_t memory; /* of all buffers */
} worker_limits;

typedef struct worker {
    const device *device;
    int slots; /* operations in flight */
    opencl opencl;
    void *memory; /* of the only slot; NULL for OpenCL devices */
    operation operation;
    double seconds; /* of all operations */
} worker;

worker_limits worker_limits_of(const device *on);

/*
 * Prepares for operations of one or two shapes, the largest first: `memory` bytes for each
 * operation, at most `count` operations at a time. False after a message; call worker_close in any
 * case.
 */
bool worker_open(worker *w, const device *on, const operation shapes[], int shape_count,
                 size_t memory, uint64_t count);

/* The memory for the operands of a slot's operation. */
void *worker_memory(const worker *w, int slot);

/* Start a slot's operation, then finish it, in turn. False after a message. */
bool worker_start(worker *w, int slot, const operation *todo);
bool worker_finish(worker *w, int slot);

void worker_close(worker *w);

#endif
