/* SPDX-License-Identifier: Apache-2.0 */
/* One run of the operator, forward or backward, wherever it runs. */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include "device.h"

#include <cllrn.h>
#include <stdbool.h>
#include <stddef.h>

/* A tensor in this process's memory. */
typedef struct operand {
    cllrn_tensor tensor;
    void *data;  /* its lowest element is its first */
    size_t size; /* in bytes */
} operand;

typedef struct job {
    const cllrn_params *params;
    const char *variant; /* NULL: the best one */
    bool backward;       /* from src (x) and dy to dst (dx), else from src (x) to dst (y) */
    operand src, dy, dst;
} job;

/* How it went. Times are in seconds, negative where there is none or the device does not tell. */
typedef struct job_report {
    const char *variant; /* NULL but for OpenCL devices, as the transfers */
    int32_t origin;      /* of the program, CLLRN_COMPILED or another */
    uint64_t scratch;    /* in bytes */
    double upload;
    double kernel;
    double download;
    double total; /* by the clock: transfers, kernel and what the driver does between them */
} job_report;

/* On failure a message was printed and dst is undefined. */
bool job_run(const job *todo, const device *target, job_report *report);

/* The two that need no device; dst may be src or dy. */
cllrn_status job_run_host(const job *todo, cllrn_error *error);
cllrn_status job_run_reference(const job *todo, cllrn_error *error);

/* Seconds on a clock that does not jump. */
double job_clock(void);

#endif
