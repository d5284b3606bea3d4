/* SPDX-License-Identifier: Apache-2.0 */
/* A result held against the exact one and against the host build's bits. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "box.h"
#include "job.h"
#include "spread.h"

/*
 * The greatest error. Relative to the exact result, or of a gradient, whose
 * terms may cancel, to the sum of their magnitudes; where that is no normal
 * number, to the smallest that is.
 */
typedef struct check_error {
    double eps; /* in units of the dtype's eps */
    int64_t where[CLLRN_MAX_RANK];
} check_error;

typedef struct check {
    check_error stored;   /* in eps of the result's dtype */
    check_error computed; /* in eps of the arithmetic, beyond what rounding to 16 bits explains */
    spread s;
    uint64_t host_digest;
} check;

/* What nothing was checked against yet. */
check check_begin(void);

/*
 * Adds what a job left in dst, which is a part of a tensor of whole_dims. On
 * failure a message was printed.
 */
bool check_add(check *result, const job *done, const box *part, const int64_t *whole_dims);

#endif
