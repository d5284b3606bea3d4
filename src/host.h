/* SPDX-License-Identifier: Apache-2.0 */
/* What the host and the reference implementation of the operator share. */
#ifndef LRN_HOST_H
#define LRN_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include <cllrn_types.h>

/* The operator on host memory. dy is used in the backward direction only, else NULL. */
typedef struct lrn_host_problem {
    const cllrn_params *params;
    const cllrn_tensor *src, *dy, *dst;
    const void *src_data, *dy_data;
    void *dst_data;
    bool backward;
    double *magnitudes; /* see cllrn_reference_backward_f64; else NULL */
} lrn_host_problem;

/* Computes a checked problem that is not empty. False: out of memory. */
typedef bool lrn_host_compute(const lrn_host_problem *problem);

/* The kernels' arithmetic in float and in double. */
lrn_host_compute lrn_host_compute_f32, lrn_host_compute_f64;

/*
 * Checks a problem and computes it. who begins the messages: "host forward",
 * "reference backward" and so on. dst may be src or dy in place; any other
 * overlap is refused.
 */
cllrn_status lrn_host_run(const char *who, const lrn_host_problem *problem,
                          lrn_host_compute *compute, cllrn_error *error);

/*
 * The elements along the window's axes at one position, in C order: the
 * operator computes one position at a time. Offsets count from the position's
 * first element.
 */
typedef struct lrn_host_block {
    unsigned positions; /* the axes that lead from position to position, as for lrn_tensor_next */
    int unit;           /* how many of the dims, the first ones, are no axis and 1 */
    int64_t count, dims[CLLRN_MAX_WINDOW];
    void *work;                            /* memory for the computation */
    int64_t *src, *dy, *dst;               /* the offset of each element; dy only if backward */
} lrn_host_block;

/*
 * Makes a block with work memory of `each` bytes, a multiple of 8, for every
 * element. False: out of memory. The caller frees block->work.
 */
bool lrn_host_block_make(const lrn_host_problem *problem, size_t each, lrn_host_block *block);

#endif
