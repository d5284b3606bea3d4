/* SPDX-License-Identifier: Apache-2.0 */
/* What computes the slices of a run: an OpenCL device, or this process. */
#ifndef CLI_WORKER_H
#define CLI_WORKER_H

#include "opencl.h"

/* What a device has room for, in bytes; UINT64_MAX where nothing is known. */
typedef struct worker_limits {
    uint64_t buffer; /* of one tensor */
    uint64_t memory; /* of all together */
} worker_limits;

typedef struct worker {
    const device *device;
    int slots; /* jobs at a time */
    opencl opencl;
    void *memory; /* the only slot's, but for OpenCL devices */
    job job;
    double seconds; /* computed */
} worker;

worker_limits worker_limits_of(const device *on);

/*
 * Makes ready for jobs of these shapes, one or two, of which the first is the
 * largest, with so many bytes of memory each, at most count at a time. On
 * failure a message was printed; close it in any case.
 */
bool worker_open(worker *w, const device *on, const job shapes[], int shape_count, size_t memory,
                 uint64_t count);

/* Where the operands of a slot's job lie. */
void *worker_memory(const worker *w, int slot);

/* A slot is started and finished in turn. On failure a message was printed. */
bool worker_start(worker *w, int slot, const job *todo);
bool worker_finish(worker *w, int slot);

void worker_close(worker *w);

#endif
