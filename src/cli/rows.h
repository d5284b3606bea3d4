/* SPDX-License-Identifier: Apache-2.0 */
/* Where the elements of a box lie in a file that holds an array without gaps. */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include "box.h"

#include <stdbool.h>
#include <stddef.h>

/* Not empty; the dims belong to the caller. */
typedef struct rows_array {
    const int64_t *dims;
    int rank;
    bool fortran_order;
    size_t element_size;
    uint64_t offset; /* of its first element in the file */
} rows_array;

/* What lies in the file in one piece, so often, at equal distances. All in bytes. */
typedef struct row {
    uint64_t offset;
    size_t piece;
    uint64_t count;
    uint64_t distance;
} row;

/* A walk over the rows of a box, which follow each other in memory without gaps. */
typedef struct rows {
    rows_array array;
    const box *part;
    int64_t strides[CLLRN_MAX_RANK]; /* in elements */
    int64_t index[CLLRN_MAX_RANK];   /* within the box, of the axes outside the row */
    int outside;                     /* the first of them, counted from the fastest axis */
    row current;
} rows;

/* Stands at the first; part has to outlive the walk. */
rows rows_of(const rows_array *array, const box *part);

/* False behind the last. */
bool rows_next(rows *r);

/* Strides of an array of these dims without gaps, in elements. */
void rows_strides(const int64_t *dims, int rank, bool fortran_order,
                  int64_t strides[CLLRN_MAX_RANK]);

#endif
