/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts a tensor into boxes that can be computed one by one. It cuts only axes over
 * which no window extends, the slowest first, so that a box is few pieces of the file.
 */
#ifndef CLI_RUN_SLICING_H
#define CLI_RUN_SLICING_H

#include <cllrn.h>
#include <stdbool.h>

/* A rectangular part of a tensor: its first index and its length on each axis. */
typedef struct box {
    int64_t first[CLLRN_MAX_RANK], dims[CLLRN_MAX_RANK];
} box;

typedef struct slicing {
    int rank;
    int order[CLLRN_MAX_RANK]; /* the axes, the slowest of the file first */
    int64_t dims[CLLRN_MAX_RANK];
    int64_t steps[CLLRN_MAX_RANK]; /* dims of a box; the last box of an axis may be shorter */
    uint64_t elements;             /* of the largest box */
    uint64_t count;                /* of boxes; 1 for an empty tensor */
} slicing;

/*
 * Boxes of at most `most` elements, or the smallest possible where those are larger:
 * compare `elements`. The first box is the largest. At most one other shape occurs,
 * and then the last box has it.
 */
slicing slicing_make(const cllrn_params *params, const cllrn_tensor *whole, bool fortran_order,
                     uint64_t most);

/* Box `number`, below count. The boxes are in the order of the file. */
box slicing_box(const slicing *cut, uint64_t number);

#endif
