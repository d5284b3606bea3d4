/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a result against the exact result and against the bits of the host build. */
#ifndef CLI_RUN_CHECK_H
#define CLI_RUN_CHECK_H

#include "slicing.h"
#include "operation.h"

/* The greatest error of all elements; operation.h says what errors are relative to. */
typedef struct check_error {
    double eps; /* in units of the dtype's eps */
    int64_t where[CLLRN_MAX_RANK];
} check_error;

typedef struct check {
    check_error stored;         /* in eps of the result's dtype */
    check_error computed;       /* in eps of the arithmetic, less the rounding to 16 bits */
    double least_s, greatest_s; /* a narrow range tests little; least > greatest: all are NaN */
    uint64_t host_digest;
} check;

/* The check before the first check_add. */
check check_begin(void);

/*
 * Checks the dst of a finished operation and adds the findings. dst is the part `part` of
 * a tensor of whole_dims. False after a message.
 */
bool check_add(check *result, const operation *done, const box *part, const int64_t *whole_dims);

/* Adds what was found in other parts of the tensor. */
void check_merge(check *result, const check *other);

#endif
