/* SPDX-License-Identifier: Apache-2.0 */
#include "spread.h"

#include "element.h"
#include "walk.h"

#include <math.h>

/* The taps of one window that lie in the tensor, relative to the element it belongs to. */
typedef struct taps {
    int64_t first[WALK_WINDOW_AXES], last[WALK_WINDOW_AXES], stride[WALK_WINDOW_AXES];
} taps;

static taps taps_at(const cllrn_params *params, const walk *w, const int *axes, int count)
{
    taps t = {{0}, {0}, {0}};
    for (int i = 0; i < count; ++i) {
        const int64_t at = w->index[axes[i]], behind = w->tensor->dims[axes[i]] - 1 - at;
        t.first[i] = at < params->window[0].lower ? -at : -params->window[0].lower;
        t.last[i] = behind < params->window[0].upper ? behind : params->window[0].upper;
        t.stride[i] = w->tensor->strides[axes[i]];
    }
    return t;
}

static double sum_of_squares(const operand *src, int64_t offset, const taps *t)
{
    double sum = 0;
    for (int64_t i = t->first[2]; i <= t->last[2]; ++i)
        for (int64_t j = t->first[1]; j <= t->last[1]; ++j)
            for (int64_t l = t->first[0]; l <= t->last[0]; ++l) {
                const double x =
                    element_value(src->tensor.dtype, src->data,
                                  offset + i * t->stride[2] + j * t->stride[1] + l * t->stride[0]);
                sum += x * x;
            }
    return sum;
}

double spread_amplitude(const cllrn_params *params, const cllrn_tensor *tensor)
{
    int axes[WALK_WINDOW_AXES];
    const int count = walk_window_axes(params, tensor, axes);
    const double scale = params->alpha / params->divisor;
    const double k = params->k != 0 ? fabs(params->k) : 1;
    double tap_count = 1;
    for (int i = 0; i < count; ++i)
        tap_count *= fmin((double)(params->window[0].lower + params->window[0].upper + 1),
                          (double)tensor->dims[axes[i]]);
    if (scale == 0)
        return 1;
    return sqrt((scale > 0 ? 12 : 1.5) * k / (fabs(scale) * tap_count));
}

spread spread_of(const job *done)
{
    const cllrn_params *const params = done->params;
    const operand *const src = &done->src;
    const uint64_t count = src->size / cllrn_dtype_size(src->tensor.dtype);
    walk w = {.tensor = &src->tensor};
    int axes[WALK_WINDOW_AXES];
    const int axis_count = walk_window_axes(params, &src->tensor, axes);
    spread found = {INFINITY, -INFINITY};
    for (uint64_t i = 0; i < count; ++i, walk_step(&w)) {
        const taps t = taps_at(params, &w, axes, axis_count);
        const double s =
            params->k + params->alpha / params->divisor * sum_of_squares(src, w.offset, &t);
        if (s < found.least)
            found.least = s;
        if (s > found.greatest)
            found.greatest = s;
    }
    return found;
}
