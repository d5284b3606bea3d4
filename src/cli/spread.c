/* SPDX-License-Identifier: Apache-2.0 */
#include "spread.h"

#include "element.h"
#include "iterator.h"

#include <math.h>

/* The taps of one window that lie in the tensor, relative to the element it belongs to. */
typedef struct taps {
    int64_t first[CLLRN_MAX_WINDOW], last[CLLRN_MAX_WINDOW], stride[CLLRN_MAX_WINDOW];
} taps;

static taps taps_at(const iterator *at, const iterator_window *windows, int count)
{
    taps t = {{0}, {0}, {0}};
    for (int i = 0; i < count; ++i) {
        const iterator_window *const w = &windows[i];
        const int64_t before = at->index[w->axis], behind = at->tensor->dims[w->axis] - 1 - before;
        t.first[i] = before < w->lower ? -before : -w->lower;
        t.last[i] = behind < w->upper ? behind : w->upper;
        t.stride[i] = at->tensor->strides[w->axis];
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
                    element_get(src->tensor.dtype, src->data,
                                offset + i * t->stride[2] + j * t->stride[1] + l * t->stride[0]);
                sum += x * x;
            }
    return sum;
}

double spread_amplitude(const cllrn_params *params, const cllrn_tensor *tensor)
{
    iterator_window windows[CLLRN_MAX_WINDOW];
    const int count = iterator_windows(params, tensor, windows);
    const double scale = params->alpha / params->divisor;
    const double k = params->k != 0 ? fabs(params->k) : 1;
    double tap_count = 1;
    for (int i = 0; i < count; ++i)
        tap_count *= fmin((double)(windows[i].lower + windows[i].upper + 1),
                          (double)tensor->dims[windows[i].axis]);
    if (scale == 0)
        return 1;
    return sqrt((scale > 0 ? 12 : 1.5) * k / (fabs(scale) * tap_count));
}

spread spread_of(const job *done)
{
    const cllrn_params *const params = done->params;
    const operand *const src = &done->src;
    iterator_window windows[CLLRN_MAX_WINDOW];
    const int count = iterator_windows(params, &src->tensor, windows);
    spread found = {INFINITY, -INFINITY};
    for (iterator at = iterator_begin(&src->tensor); at.more; iterator_next(&at)) {
        const taps t = taps_at(&at, windows, count);
        const double s =
            params->k + params->alpha / params->divisor * sum_of_squares(src, at.offset, &t);
        if (s < found.least)
            found.least = s;
        if (s > found.greatest)
            found.greatest = s;
    }
    return found;
}
