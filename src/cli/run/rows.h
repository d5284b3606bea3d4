/* SPDX-License-Identifier: Apache-2.0 */
/* The offsets of a box's elements in a file that holds an array without gaps. */
#ifndef CLI_RUN_ROWS_H
#define CLI_RUN_ROWS_H

#include "slicing.h"

#include <stdbool.h>
#include <stddef.h>

/* The array in the file. It is not empty; the caller owns dims. */
typedef struct rows_array {
    const int64_t *dims;
    int rank;
    bool fortran_order;
    size_t element_size;
    uint64_t offset; /* of the first element, in bytes */
} rows_array;

/* A row: `count` contiguous pieces of `piece` bytes, `distance` bytes apart. */
typedef struct row {
    uint64_t offset;
    size_t piece;
    uint64_t count;
    uint64_t distance;
} row;

/* An iterator over the rows of a box. In memory the rows follow each other without gaps. */
typedef struct rows {
    rows_array array;
    const box *part;
    int64_t strides[CLLRN_MAX_RANK]; /* in elements */
    int64_t index[CLLRN_MAX_RANK];   /* within the box; only of axes that a row does not cover */
    int outside;                     /* the first such axis, counted from the fastest axis */
    row current;
} rows;

/* The iterator at the first row. *part must outlive it. */
rows rows_of(const rows_array *array, const box *part);

/* Goes to the next row; false after the last. */
bool rows_next(rows *r);

/* The strides, in elements, of an array of these dims without gaps. */
void rows_strides(const int64_t *dims, int rank, bool fortran_order,
                  int64_t strides[CLLRN_MAX_RANK]);

#endif
