/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

/* The axis with this rank of speed; 0 is the axis that runs fastest in the file. */
static int axis_at(int rank, bool fortran_order, int speed)
{
    return fortran_order ? speed : rank - 1 - speed;
}

static int array_axis(const rows *r, int speed)
{
    return axis_at(r->array.rank, r->array.fortran_order, speed);
}

void rows_strides(const int64_t *dims, int rank, bool fortran_order,
                  int64_t strides[CLLRN_MAX_RANK])
{
    int64_t stride = 1; /* no overflow: a file holds all elements */
    for (int speed = 0; speed < rank; ++speed) {
        const int axis = axis_at(rank, fortran_order, speed);
        strides[axis] = stride;
        stride *= dims[axis];
    }
}

static void place(rows *r)
{
    int64_t element = 0;
    for (int axis = 0; axis < r->array.rank; ++axis)
        element += (r->part->first[axis] + r->index[axis]) * r->strides[axis];
    r->current.offset = r->array.offset + (uint64_t)element * r->array.element_size;
}

rows rows_of(const rows_array *array, const box *part)
{
    rows r = {.array = *array, .part = part, .current = {.piece = array->element_size, .count = 1}};
    rows_strides(array->dims, array->rank, array->fortran_order, r.strides);
    bool whole = true;
    int speed = 0;
    for (; speed < array->rank && whole; ++speed) {
        const int axis = array_axis(&r, speed);
        r.current.piece *= (size_t)part->dims[axis];
        whole = part->dims[axis] == array->dims[axis];
    }
    while (speed < array->rank && part->dims[array_axis(&r, speed)] == 1)
        ++speed;
    if (speed < array->rank) {
        const int axis = array_axis(&r, speed++);
        r.current.count = (uint64_t)part->dims[axis];
        r.current.distance = (uint64_t)r.strides[axis] * array->element_size;
    }
    r.outside = speed;
    place(&r);
    return r;
}

bool rows_next(rows *r)
{
    for (int speed = r->outside; speed < r->array.rank; ++speed) {
        const int axis = array_axis(r, speed);
        if (++r->index[axis] < r->part->dims[axis]) {
            place(r);
            return true;
        }
        r->index[axis] = 0;
    }
    return false;
}
