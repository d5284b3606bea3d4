/* SPDX-License-Identifier: Apache-2.0 */
#include "slicing.h"

#include "iterator.h"

#include <string.h>

static int64_t parts(int64_t dim, int64_t step)
{
    return dim / step + (dim % step != 0);
}

/*
 * The dim of a box along an axis, in parts as equal as possible, each of at most `most`
 * elements; one index of the axis has `rest` elements.
 */
static int64_t step_of(int64_t dim, uint64_t rest, uint64_t most)
{
    const uint64_t room = most / rest;
    if (room >= (uint64_t)dim)
        return dim;
    return room == 0 ? 1 : parts(dim, parts(dim, (int64_t)room));
}

slicing slicing_make(const cllrn_params *params, const cllrn_tensor *whole, bool fortran_order,
                     uint64_t most)
{
    slicing cut = {.rank = whole->rank, .elements = 1, .count = 1};
    bool windowed[CLLRN_MAX_RANK] = {false};
    iterator_window windows[CLLRN_MAX_WINDOW];
    const int window_count = iterator_windows(params, whole, windows);
    for (int i = 0; i < window_count; ++i)
        windowed[windows[i].axis] = true;
    for (int i = 0; i < cut.rank; ++i) {
        cut.order[i] = fortran_order ? cut.rank - 1 - i : i;
        cut.dims[i] = cut.steps[i] = whole->dims[i];
        cut.elements *= (uint64_t)whole->dims[i];
    }
    for (int i = 0; i < cut.rank && cut.elements > most; ++i) {
        const int axis = cut.order[i];
        if (windowed[axis])
            continue;
        const uint64_t rest = cut.elements / (uint64_t)cut.dims[axis];
        cut.steps[axis] = step_of(cut.dims[axis], rest, most);
        cut.elements = rest * (uint64_t)cut.steps[axis];
        cut.count *= (uint64_t)parts(cut.dims[axis], cut.steps[axis]);
    }
    return cut;
}

box slicing_box(const slicing *cut, uint64_t number)
{
    box b;
    memset(&b, 0, sizeof b);
    for (int i = cut->rank - 1; i >= 0; --i) {
        const int axis = cut->order[i];
        const int64_t dim = cut->dims[axis], step = cut->steps[axis];
        if (dim == 0)
            continue;
        const uint64_t steps = (uint64_t)parts(dim, step);
        b.first[axis] = (int64_t)(number % steps) * step;
        b.dims[axis] = dim - b.first[axis] < step ? dim - b.first[axis] : step;
        number /= steps;
    }
    return b;
}
