/* SPDX-License-Identifier: Apache-2.0 */
#include "slicing.h"

#include "iterator.h"

#include <string.h>

slicing_axes slicing_axes_of(const cllrn_params *params, const cllrn_tensor *whole,
                             bool fortran_order)
{
    slicing_axes axes = {.rank = whole->rank};
    iterator_window windows[CLLRN_MAX_WINDOW];
    const int window_count = iterator_windows(params, whole, windows);
    for (int i = 0; i < window_count; ++i)
        axes.windowed[windows[i].axis] = true;
    for (int i = 0; i < axes.rank; ++i) {
        axes.order[i] = fortran_order ? axes.rank - 1 - i : i;
        axes.dims[i] = whole->dims[i];
    }
    return axes;
}

box slicing_whole(const slicing_axes *axes)
{
    box whole;
    memset(&whole, 0, sizeof whole);
    memcpy(whole.dims, axes->dims, (size_t)axes->rank * sizeof *axes->dims);
    return whole;
}

/* ---------------------------------------------------------------------- parts */

static bool is_empty(const slicing_axes *axes)
{
    for (int axis = 0; axis < axes->rank; ++axis)
        if (axes->dims[axis] == 0)
            return true;
    return false;
}

/*
 * Parts begin at whole indices of an axis, and of the axes that are slower: the slowest axis with
 * which the largest part has at most a sixteenth more than the smallest. Sets the axis's place in
 * the order, and returns how many such units the tensor has.
 */
static uint64_t count_units(const slicing_axes *axes, int64_t parts, int *place)
{
    enum { UNITS_OF_A_PART = 16 };
    uint64_t units = 1;
    for (*place = 0; *place < axes->rank; ++*place) {
        const int axis = axes->order[*place];
        if (!axes->windowed[axis])
            units *= (uint64_t)axes->dims[axis];
        if (units / UNITS_OF_A_PART >= (uint64_t)parts)
            break;
    }
    return units;
}

/* units * number / count, without overflow, for number <= count < 2^32. */
static uint64_t share(uint64_t units, int64_t number, int64_t count)
{
    const uint64_t n = (uint64_t)number, of = (uint64_t)count;
    return units / of * n + units % of * n / of;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/*
 * The largest box that begins at unit *at and whose units, which follow each other, end at `end`
 * at the latest. Moves *at behind the box.
 */
static box next_box(const slicing_axes *axes, int place, uint64_t *at, uint64_t end)
{
    box b = slicing_whole(axes);
    uint64_t units = 1, rest = *at;
    bool grows = true;
    for (int i = place < axes->rank ? place : axes->rank - 1; i >= 0; --i) {
        const int axis = axes->order[i];
        if (axes->windowed[axis])
            continue;
        const uint64_t dim = (uint64_t)axes->dims[axis], first = rest % dim;
        const uint64_t length = grows ? least(dim - first, (end - *at) / units) : 1;
        b.first[axis] = (int64_t)first;
        b.dims[axis] = (int64_t)length;
        grows = grows && length == dim;
        units *= length;
        rest /= dim;
    }
    *at += units;
    return b;
}

int slicing_part(const slicing_axes *axes, int64_t number, int64_t count,
                 box boxes[SLICING_PART_BOXES])
{
    int place, made = 0;
    if (is_empty(axes))
        return 0;
    const uint64_t units = count_units(axes, count, &place);
    const uint64_t end = share(units, number, count);
    for (uint64_t at = share(units, number - 1, count); at < end;)
        boxes[made++] = next_box(axes, place, &at, end);
    return made;
}

/* --------------------------------------------------------------------- slices */

static int64_t parts(int64_t dim, int64_t step)
{
    return dim / step + (dim % step != 0);
}

/*
 * The dim of a slice along an axis, in parts as equal as possible, each of at most `most`
 * elements; one index of the axis has `rest` elements.
 */
static int64_t step_of(int64_t dim, uint64_t rest, uint64_t most)
{
    const uint64_t room = most / rest;
    if (room >= (uint64_t)dim)
        return dim;
    return room == 0 ? 1 : parts(dim, parts(dim, (int64_t)room));
}

slicing slicing_make(const slicing_axes *axes, const box *whole, uint64_t most)
{
    slicing cut = {.axes = *axes, .whole = *whole, .elements = 1, .count = 1};
    for (int i = 0; i < axes->rank; ++i) {
        cut.steps[i] = whole->dims[i];
        cut.elements *= (uint64_t)whole->dims[i];
    }
    for (int i = 0; i < axes->rank && cut.elements > most; ++i) {
        const int axis = axes->order[i];
        if (axes->windowed[axis])
            continue;
        const uint64_t rest = cut.elements / (uint64_t)whole->dims[axis];
        cut.steps[axis] = step_of(whole->dims[axis], rest, most);
        cut.elements = rest * (uint64_t)cut.steps[axis];
        cut.count *= (uint64_t)parts(whole->dims[axis], cut.steps[axis]);
    }
    return cut;
}

box slicing_box(const slicing *cut, uint64_t number)
{
    box b = cut->whole;
    for (int i = cut->axes.rank - 1; i >= 0; --i) {
        const int axis = cut->axes.order[i];
        const int64_t dim = cut->whole.dims[axis], step = cut->steps[axis];
        if (dim == 0)
            continue;
        const uint64_t steps = (uint64_t)parts(dim, step);
        const int64_t before = (int64_t)(number % steps) * step;
        b.first[axis] += before;
        b.dims[axis] = dim - before < step ? dim - before : step;
        number /= steps;
    }
    return b;
}
