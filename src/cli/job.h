/* SPDX-License-Identifier: Apache-2.0 */
/* A job: the operator, forward or backward, on tensors in host memory. */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include <cllrn.h>
#include <stdbool.h>
#include <stddef.h>

/* A tensor and its data. */
typedef struct operand {
    cllrn_tensor tensor;
    void *data;    /* the element of lowest address; NULL: not allocated yet */
    uint64_t size; /* in bytes */
} operand;

typedef struct job {
    const cllrn_params *params;
    const char *variant; /* a kernel variant; NULL: the library selects it */
    bool backward;       /* true: src (x) and dy give dst (dx); false: src (x) gives dst (y) */
    operand src, dy, dst;
} job;

/* Run a job by the host build, or by the reference. dst may be src or dy. */
cllrn_status job_run_host(const job *todo, cllrn_error *error);
cllrn_status job_run_reference(const job *todo, cllrn_error *error);

/* The job as a problem for a plan, which points into the job. */
cllrn_problem job_problem(const job *todo, int32_t aliasing);

/* Seconds of a monotonic clock. */
double job_clock(void);

#endif
