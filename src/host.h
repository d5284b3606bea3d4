/* SPDX-License-Identifier: Apache-2.0 */
/* What the host and the reference implementation of the operator share. */
#ifndef LRN_HOST_H
#define LRN_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include <cllrn_types.h>

#include "element.h"

/* The operator on host memory. dy is used in the backward direction only, else NULL. */
typedef struct lrn_host_problem {
    const cllrn_params *params;
    const cllrn_tensor *src, *dy, *dst;
    const void *src_data, *dy_data;
    void *dst_data;
    bool backward;
    bool doubles;       /* dst_data is an array of doubles, whatever the dtype of dst */
    double *magnitudes; /* see cllrn_reference_backward_f64; else NULL */
} lrn_host_problem;

/*
 * The elements along the window's axes at one position, in C order: the
 * operator computes one position at a time.
 */
typedef struct lrn_host_block {
    const lrn_host_problem *problem;
    int unit; /* how many of the dims, the first ones, are no axis and 1 */
    int64_t count, dims[CLLRN_MAX_WINDOW];
    double *x, *dy;             /* exact for every dtype; dy only if backward */
    double *result, *magnitude; /* y, or dx and the magnitudes of its terms */
    void *work;                 /* memory for the computation */

    int64_t *src_offsets, *dy_offsets, *dst_offsets; /* from the position's first element */
    unsigned positions; /* the axes that lead from position to position, as for lrn_tensor_next */
    int64_t index[CLLRN_MAX_RANK]; /* of the position */
    bool begun;
} lrn_host_block;

/*
 * Stores the results of a block, if there are any yet, and loads the block of
 * the next position. False after the last.
 */
bool lrn_host_block_next(lrn_host_block *block);

/* Computes all blocks of a checked problem that is not empty. False: out of memory. */
typedef bool lrn_host_compute(lrn_host_block *block);

/* The kernels' arithmetic in float and in double. */
lrn_host_compute lrn_host_compute_f32, lrn_host_compute_f64;

/*
 * Checks a problem and computes it. who begins the messages: "host forward",
 * "reference backward" and so on. work: bytes of work memory for each element of
 * a block, a multiple of 16. dst may be src or dy in place; any other overlap is
 * refused.
 */
cllrn_status lrn_host_run(const char *who, const lrn_host_problem *problem,
                          lrn_host_compute *compute, size_t work, cllrn_error *error);

#endif
