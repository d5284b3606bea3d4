/* SPDX-License-Identifier: Apache-2.0 */
/* What one call of `cllrn bench` found. */
#ifndef CLI_BENCH_FINDINGS_H
#define CLI_BENCH_FINDINGS_H

#include "workload.h"

typedef struct findings {
    const request *asked;
    session on;
    workload *workloads;
    int workload_count;
    copy *copies; /* the best of each kind, for every shape and number of bytes */
    int copy_count;
    timing launch; /* the run of a tensor of 8 elements */
} findings;

#endif
