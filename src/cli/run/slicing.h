/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts a tensor into boxes that can be computed one by one: into parts, each for a job of its own,
 * and into slices that fit the memory. Only axes over which no window extends are cut, the slowest
 * first, so that a box is few pieces of the file.
 */
#ifndef CLI_RUN_SLICING_H
#define CLI_RUN_SLICING_H

#include <cllrn.h>
#include <stdbool.h>

/* A rectangular part of a tensor: its first index and its length on each axis. */
typedef struct box {
    int64_t first[CLLRN_MAX_RANK], dims[CLLRN_MAX_RANK];
} box;

/* What decides how a tensor may be cut. */
typedef struct slicing_axes {
    int rank;
    int order[CLLRN_MAX_RANK]; /* the axes, the slowest of the file first */
    int64_t dims[CLLRN_MAX_RANK];
    bool windowed[CLLRN_MAX_RANK]; /* windows extend over the axis: it is not cut */
} slicing_axes;

slicing_axes slicing_axes_of(const cllrn_params *params, const cllrn_tensor *whole,
                             bool fortran_order);

/* The whole tensor as one box. */
box slicing_whole(const slicing_axes *axes);

/* ---------------------------------------------------------------------- parts */

enum { SLICING_PART_BOXES = 2 * CLLRN_MAX_RANK - 1 };

/*
 * Part `number`, from 1 to `count`, of a tensor whose elements are fewer than 2^63: the positions
 * that follow each other in the file, where a position is all elements along the axes of windows.
 * Parts depend on nothing but these arguments, differ little in size, have no element in common,
 * and together are the tensor. Sets the boxes that the part consists of, in the order of the file,
 * and returns how many they are: 0 for an empty part, where there are more parts than positions.
 */
int slicing_part(const slicing_axes *axes, int64_t number, int64_t count,
                 box boxes[SLICING_PART_BOXES]);

/* --------------------------------------------------------------------- slices */

typedef struct slicing {
    slicing_axes axes;
    box whole;                     /* what is cut */
    int64_t steps[CLLRN_MAX_RANK]; /* dims of a slice; the last slice of an axis may be shorter */
    uint64_t elements;             /* of the largest slice */
    uint64_t count;                /* of slices; 1 for an empty box */
} slicing;

/*
 * Slices of a box, of at most `most` elements, or the smallest possible where those are larger:
 * compare `elements`. The first slice is the largest. At most one other shape occurs, and then the
 * last slice has it.
 */
slicing slicing_make(const slicing_axes *axes, const box *whole, uint64_t most);

/* Slice `number`, below count. The slices are in the order of the file. */
box slicing_box(const slicing *cut, uint64_t number);

#endif
