/* SPDX-License-Identifier: Apache-2.0 */
#include "walk.h"

void walk_step(walk *w)
{
    for (int axis = w->tensor->rank - 1; axis >= 0; --axis) {
        w->offset += w->tensor->strides[axis];
        if (++w->index[axis] < w->tensor->dims[axis])
            return;
        w->offset -= w->tensor->strides[axis] * w->tensor->dims[axis];
        w->index[axis] = 0;
    }
}

int walk_channel_axis(const walk *w)
{
    const int axis = w->tensor->channel_axis;
    return axis < 0 ? axis + w->tensor->rank : axis;
}
