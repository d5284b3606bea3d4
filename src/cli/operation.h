/* SPDX-License-Identifier: Apache-2.0 */
/* Local response normalization, forward or backward, of tensors in host memory. */
#ifndef CLI_OPERATION_H
#define CLI_OPERATION_H

#include <cllrn.h>
#include <stdbool.h>
#include <stddef.h>

/* A tensor and its data. */
typedef struct operand {
    cllrn_tensor tensor;
    void *data;    /* the element of lowest address; NULL: not allocated yet */
    uint64_t size; /* in bytes */
} operand;

typedef struct operation {
    const cllrn_params *params;
    const char *variant; /* a kernel variant; NULL: the library selects it */
    bool backward;       /* true: src (x) and dy give dst (dx); false: src (x) gives dst (y) */
    operand src, dy, dst;
} operation;

/* Runs the operation by the host build, or by the reference. dst may be src or dy. */
cllrn_status operation_run(const operation *todo, bool reference, cllrn_error *error);

/* The exact result: doubles in C order. */
typedef struct exact {
    double *values;
    double *magnitudes; /* what errors are relative to: forward the values, backward the sums of
                           the magnitudes of the gradient's terms, which may cancel */
} exact;

/* Computes the exact result; the caller frees `values`. False after a message. */
bool operation_run_exact(const operation *todo, exact *made);

/* The operation as a problem for a plan, which points into the operation. */
cllrn_problem operation_problem(const operation *todo, int32_t aliasing);

/* Seconds of a monotonic clock. */
double operation_clock(void);

#endif
