/* SPDX-License-Identifier: Apache-2.0 */
/* A result held against the exact one and against the host build's bits. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "forward.h"

typedef struct check {
    double error;                  /* the greatest, in eps = 2^-23 relative to the exact value */
    int64_t where[CLLRN_MAX_RANK]; /* its multi-index */
    double least_s, greatest_s;    /* least > greatest where no s is a number */
    uint64_t host_digest;
} check;

/* Checks what a forward run left in dst. On failure a message was printed. */
bool check_run(const forward *job, check *result);

#endif
