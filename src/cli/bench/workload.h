/* SPDX-License-Identifier: Apache-2.0 */
/* One thing to measure: a problem on a shape, in a layout and type. */
#ifndef CLI_BENCH_WORKLOAD_H
#define CLI_BENCH_WORKLOAD_H

#include "measure.h"
#include "request.h"

typedef struct workload {
    shape shape;
    int32_t layout, dtype, direction, region;
    int32_t aliasing; /* CLLRN_DISJOINT, or CLLRN_IN_PLACE: dst is x */
    int64_t size;
    double beta;
    cllrn_params params;
    cllrn_tensor tensor; /* x, dy and the result */
    size_t span;         /* bytes of each, with what fills up a last block of channels */
    double bytes;        /* that have to be read or written, what fills up left out */
    const char *variant; /* from here on set by workload_plan */
    cllrn_plan *plan;
    const subject *on;
    cllrn_memory x, dy, dst, scratch; /* set by buffers_make */
    timing time;
} workload;

/* The part of a list of workloads that shares a shape. */
typedef struct workload_range {
    workload *first;
    int count;
} workload_range;

/* All combinations, those of one shape side by side; to be freed. NULL after a message. */
workload *workloads_make(const request *r, int *count);
void workloads_free(workload *all, int count);

/* A plan for a workload. On failure a message was printed. */
bool workload_plan(const workload *w, cllrn_engine *engine, const char *variant, cllrn_plan **plan);

/* Enqueues it: the start of a contender. */
bool workload_start(void *self, cl_event *done);

const char *workload_direction(const workload *w);

/* "16x96x55x55 nchw f32 size 5 beta 0.75 forward" */
enum { WORKLOAD_TEXT = SHAPE_TEXT + 120 };
void workload_text(const workload *w, char text[WORKLOAD_TEXT]);

#endif
