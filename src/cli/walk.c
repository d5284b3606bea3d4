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

int walk_window_axes(const cllrn_params *params, const cllrn_tensor *tensor,
                     int axes[WALK_WINDOW_AXES])
{
    const walk w = {.tensor = tensor};
    const int channels = walk_channel_axis(&w);
    if (params->window[0].axis == CLLRN_AXIS_CHANNEL) {
        axes[0] = channels;
        return 1;
    }
    int count = 0;
    for (int axis = tensor->rank - 1; axis >= 0 && count < params->window_count; --axis)
        if (axis != channels)
            axes[count++] = axis;
    return count;
}
