/* SPDX-License-Identifier: Apache-2.0 */
/* Copies, the limit that a kernel's bandwidth is held against. */
#ifndef CLI_BENCH_COPIES_H
#define CLI_BENCH_COPIES_H

#include "host_copy.h"
#include "measure.h"
#include "shapes.h"

typedef enum copy_kind {
    COPY_BUFFER, /* clEnqueueCopyBuffer */
    COPY_KERNEL, /* a kernel that copies */
    COPY_HOST,   /* threads of the host, where the device is its processor */
    COPY_KINDS
} copy_kind;

/* Sizes are rounded up to whole ones, bytes. */
enum { COPY_LINE = 64 };

/* Makes copies; must not move. */
typedef struct copier {
    const subject *on;
    cl_program program;
    cl_kernel kernels[4]; /* NULL where the compiler lacks what it takes */
    size_t group;
    cl_mem from, to;
    host_copy *host; /* NULL: no copies on the host */
} copier;

/* One way to copy so many bytes. */
typedef struct copy {
    copier *by;
    copy_kind kind;
    int way;      /* among those of its kind */
    shape shape;  /* that it is the limit for */
    size_t size;  /* bytes that are read, and as many written */
    double bytes; /* read and written */
    timing time;
} copy;

/* For copies of up to size bytes. On failure a message was printed and nothing is open. */
bool copier_open(copier *c, const subject *on, size_t size);
void copier_close(copier *c);

/* Tries all ways and leaves the best one of each kind; returns how many, 0 after a message. */
int copier_choose(copier *c, const shape *limited, size_t size, copy best[COPY_KINDS]);

/* The start of a contender. */
bool copy_start(void *self, cl_event *done);

const char *copy_kind_name(const copy *c);

/* "float16 x 4, non-temporal": vectors of a work-item */
enum { COPY_TEXT = 64 };
void copy_text(const copy *c, char text[COPY_TEXT]);

#endif
