/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of memory, whose rate is the limit for a kernel's. */
#ifndef CLI_BENCH_COPIES_H
#define CLI_BENCH_COPIES_H

#include "host_copy.h"
#include "measure.h"
#include "shapes.h"

typedef enum copy_kind {
    COPY_BUFFER, /* clEnqueueCopyBuffer */
    COPY_KERNEL, /* a kernel that copies */
    COPY_HOST,   /* threads of the host, if the device is its processor */
    COPY_KINDS
} copy_kind;

/* The resources of all copies. Must not move. */
typedef struct copier {
    const session *on;
    cl_program program;
    cl_kernel kernels[4]; /* NULL where the compiler lacks a built-in */
    size_t group;
    cl_mem from, to;
    host_copy *host; /* NULL: no copies on the host */
} copier;

/* A way to copy some number of bytes, and its time. */
typedef struct copy {
    copier *by;
    copy_kind kind;
    int way;      /* the number of the way, within its kind */
    shape shape;  /* of the workloads that this copy is the limit for */
    size_t size;  /* bytes read, and as many written */
    double bytes; /* read and written together */
    timing time;
} copy;

/* The size of a copy that reads and writes `bytes` together, in whole cache lines. */
size_t copy_size(double bytes);

/* Prepares copies of up to size bytes. False after a message, with nothing open. */
bool copier_open(copier *c, const session *on, size_t size);
void copier_close(copier *c);

/*
 * Tries all ways to copy and puts the best of each kind into best[]. Returns the number of kinds;
 * 0 after a message.
 */
int copier_choose(copier *c, const shape *limited, size_t size, copy best[COPY_KINDS]);

/* Runs a copy; the `start` of a contender. */
bool copy_start(void *self, cl_event *done);

const char *copy_kind_name(const copy *c);

/* "float16 x 4, non-temporal": the vectors that a work-item copies */
enum { COPY_TEXT = 64 };
void copy_text(const copy *c, char text[COPY_TEXT]);

#endif
