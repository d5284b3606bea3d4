/* SPDX-License-Identifier: Apache-2.0 */
/* A workload: one problem to measure, of a shape, layout and type. */
#ifndef CLI_BENCH_WORKLOAD_H
#define CLI_BENCH_WORKLOAD_H

#include "copies.h"

/* How long the first workload of a program waits for it, in seconds. */
typedef struct build_times {
    double first;        /* first cllrn_plan_create; the driver may have cached it */
    double again;        /* another plan of the same engine, which holds the program */
    double other_engine; /* the first plan of another engine in the same process */
    double first_run;    /* from the first enqueue to its end: some drivers compile then */
} build_times;

typedef struct workload {
    shape shape;
    int32_t layout, dtype, direction, region;
    int32_t aliasing; /* CLLRN_ALIASING_DISJOINT, or CLLRN_ALIASING_IN_PLACE: dst is x */
    int64_t size;
    double beta;
    cllrn_params params;
    cllrn_tensor source, result;     /* source: of x and dy */
    size_t source_size, result_size; /* bytes of the memory, with padding and gaps */
    double bytes;        /* of the cache lines that are read and written at least: x and the result,
                            backward also dy */
    const char *variant; /* this and plan are set by workload_plan */
    cllrn_plan *plan;
    const session *on;
    cllrn_memory x, dy, dst, scratch; /* set by make_buffers */
    bool built; /* the first workload of its program, whose build is timed; not in the map */
    build_times build;
    timing time;
    const copy *limit; /* the fastest copy of as many bytes, once it is measured */
    double cliff;      /* the time for a byte, over the best in the same direction and batch */
} workload;

/* Workloads: all, or those of one shape. */
typedef struct workload_range {
    workload *first;
    int count;
} workload_range;

/* Sets params to bytes by the members before. False after a message. */
bool workload_complete(workload *w);

/* All combinations of the request, sorted by shape and type. `first` is NULL after a message. */
workload_range workloads_make(const request *r);
void workloads_free(workload_range all);

/* Makes a plan for a workload; the caller destroys it. False after a message. */
bool workload_plan(const workload *w, cllrn_engine *engine, const char *variant, cllrn_plan **plan);

/* Enqueues a workload; the `start` of a contender. */
bool workload_start(void *self, cl_event *done);

const char *workload_direction(const workload *w);

/* The axes of windows within a channel; 0 for windows across channels. */
int workload_window_axes(const workload *w);

/* "16x96x55x55 nchw f32 size 5 beta 0.75 forward" */
short_text workload_text(const workload *w);

#endif
