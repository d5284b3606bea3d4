/* SPDX-License-Identifier: Apache-2.0 */
/* All that one call of `cllrn bench` finds out. */
#ifndef CLI_BENCH_BENCH_H
#define CLI_BENCH_BENCH_H

#include "copies.h"
#include "workload.h"

/* How long the first workload that needs a program waits for it, in seconds. */
typedef struct build {
    const workload *of;
    double first;        /* cllrn_plan_create, whatever the driver's cache holds */
    double again;        /* another plan of the same engine, which has the program */
    double other_engine; /* the first plan of another engine in the same process */
    double first_run;    /* the first enqueue to its end: some drivers compile only then */
} build;

typedef struct bench {
    const request *asked;
    subject on;
    workload *workloads;
    int workload_count;
    build *builds; /* as many as there are programs */
    int build_count;
    copy *copies; /* of every shape and number of bytes, the best of each kind */
    int copy_count;
    timing launch; /* of a tensor of 8 elements */
} bench;

/* The fastest copy of a workload's bytes; NULL where there is none yet. */
const copy *bench_limit(const bench *b, const workload *w);

/* Bytes in a time, in 10^9 a second. */
double bench_rate(double bytes, const timing *t);

#endif
