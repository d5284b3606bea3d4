/* SPDX-License-Identifier: Apache-2.0 */
/* The operator, forward or backward, on tensors in this process's memory. */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include <cllrn.h>
#include <stdbool.h>
#include <stddef.h>

/* A tensor in memory, or one that has none yet. */
typedef struct operand {
    cllrn_tensor tensor;
    void *data;    /* its lowest element is its first */
    uint64_t size; /* in bytes */
} operand;

typedef struct job {
    const cllrn_params *params;
    const char *variant; /* NULL: the best one */
    bool backward;       /* from src (x) and dy to dst (dx), else from src (x) to dst (y) */
    operand src, dy, dst;
} job;

/* The two that need no device; dst may be src or dy. */
cllrn_status job_run_host(const job *todo, cllrn_error *error);
cllrn_status job_run_reference(const job *todo, cllrn_error *error);

/* Seconds on a clock that does not jump. */
double job_clock(void);

#endif
