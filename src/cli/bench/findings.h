/* SPDX-License-Identifier: Apache-2.0 */
/* What one call of `cllrn bench` found. */
#ifndef CLI_BENCH_FINDINGS_H
#define CLI_BENCH_FINDINGS_H

#include "workload.h"

/* How long the first workload of a program waits for it, in seconds. */
typedef struct build {
    const workload *of;
    double first;        /* first cllrn_plan_create; the driver may have cached it */
    double again;        /* another plan of the same engine, which holds the program */
    double other_engine; /* the first plan of another engine in the same process */
    double first_run;    /* from the first enqueue to its end: some drivers compile then */
} build;

typedef struct findings {
    const request *asked;
    session on;
    workload *workloads;
    int workload_count;
    build *builds; /* one for each program */
    int build_count;
    copy *copies; /* the best of each kind, for every shape and number of bytes */
    int copy_count;
    timing launch; /* the run of a tensor of 8 elements */
} findings;

#endif
