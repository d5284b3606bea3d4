/* SPDX-License-Identifier: Apache-2.0 */
/* One forward run, wherever it runs. */
#ifndef CLI_FORWARD_H
#define CLI_FORWARD_H

#include "device.h"

#include <cllrn.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct forward {
    const cllrn_params *params;
    const cllrn_tensor *tensor; /* of src and of dst */
    const char *variant;        /* NULL: the best one */
    const float *src;
    float *dst;
    size_t size; /* of each, in bytes */
} forward;

/* How it went. Times are in seconds, negative where there is none or the device does not tell. */
typedef struct forward_report {
    const char *variant; /* NULL but for OpenCL devices, as the transfers */
    uint64_t scratch;    /* in bytes */
    double upload;
    double kernel;
    double download;
    double total; /* by the clock: transfers, kernel and what the driver does between them */
} forward_report;

/* On failure a message was printed and dst is undefined. */
bool forward_run(const forward *job, const device *target, forward_report *report);

/* Seconds on a clock that does not jump. */
double forward_clock(void);

#endif
