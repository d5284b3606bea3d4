/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of memory, whose rate is the limit for a kernel's. */
#ifndef CLI_BENCH_COPIES_H
#define CLI_BENCH_COPIES_H

#include "measure.h"
#include "request.h"

typedef enum copy_kind {
    COPY_BUFFER, /* clEnqueueCopyBuffer */
    COPY_KERNEL, /* a kernel that copies */
    COPY_HOST,   /* threads of the host, if the device is its processor */
    COPY_KINDS
} copy_kind;

extern const char *const copy_kind_names[COPY_KINDS];

typedef struct copy_way {
    copy_kind kind;
    const char *text;
    const char *kernel; /* for COPY_KERNEL; a work-item copies `run` adjacent vectors */
    size_t vector;      /* bytes */
    cl_uint run;
    bool streams; /* with non-temporal stores */
} copy_way;

enum { COPY_WAYS = 11 };

/* The resources of all copies. Must not move. */
typedef struct copier {
    const session *on;
    cl_program program;
    cl_kernel kernels[COPY_WAYS]; /* NULL without a compiler, or where it lacks a built-in */
    size_t group;
    cl_mem from, to;
    struct host_copy *host; /* NULL: no copies on the host */
} copier;

/* A copy of some number of bytes, and its time. */
typedef struct copy {
    copier *by;
    const copy_way *way;
    shape shape;  /* of the workloads that this copy is the limit for */
    size_t size;  /* bytes read, and as many written */
    double bytes; /* read and written together */
    timing time;
} copy;

/* The size of a copy that reads and writes `bytes` together, in whole cache lines. */
size_t copy_size(double bytes);

/* Prepares copies of up to size bytes. False after a message, with nothing open. */
bool copier_open(copier *c, const session *on, size_t size);
void copier_close(copier *c); /* waits for all commands before */

/*
 * Tries all ways to copy and puts the best of each kind into best[]. Returns the number of kinds;
 * 0 after a message.
 */
int copier_choose(copier *c, const shape *limited, size_t size, copy best[COPY_KINDS]);

/* Runs a copy; the `start` of a contender. */
bool copy_start(void *self, cl_event *done);

#endif
