/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a tensor is cut into boxes that are computed each for itself: never
 * through a window, and so that a box takes as few pieces of the file as can be.
 */
#ifndef CLI_SLICING_H
#define CLI_SLICING_H

#include "box.h"

#include <stdbool.h>

typedef struct slicing {
    int rank;
    int order[CLLRN_MAX_RANK]; /* the axes, the one slowest in the file first */
    int64_t dims[CLLRN_MAX_RANK];
    int64_t steps[CLLRN_MAX_RANK]; /* dims of a box, but for those at the end of an axis */
    uint64_t elements;             /* of the largest box */
    uint64_t count;                /* of boxes; 1 for an empty tensor, which is its own box */
} slicing;

/*
 * The boxes of at most so many elements, or where that cannot be had, the
 * smallest there are: see elements. The first box is the largest; at most one
 * other shape occurs, which the last one then has.
 */
slicing slicing_make(const cllrn_params *params, const cllrn_tensor *whole, bool fortran_order,
                     uint64_t most);

/* Boxes follow each other as they lie in the file. number is below count. */
box slicing_box(const slicing *cut, uint64_t number);

#endif
