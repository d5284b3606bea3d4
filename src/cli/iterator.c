/* SPDX-License-Identifier: Apache-2.0 */
#include "iterator.h"

iterator iterator_begin(const cllrn_tensor *tensor)
{
    iterator i = {.tensor = tensor, .more = true};
    for (int axis = 0; axis < tensor->rank; ++axis)
        i.more = i.more && tensor->dims[axis] > 0;
    return i;
}

static int64_t offset_of(const cllrn_tensor *tensor, const int64_t *index)
{
    const int channels = iterator_channel_axis(tensor);
    const int64_t block = tensor->channel_block > 1 ? tensor->channel_block : 1;
    int64_t offset = index[channels] % block;
    for (int axis = 0; axis < tensor->rank; ++axis)
        offset += tensor->strides[axis] * (axis == channels ? index[axis] / block : index[axis]);
    return offset;
}

void iterator_next(iterator *i)
{
    int axis = i->tensor->rank - 1;
    while (axis >= 0 && ++i->index[axis] == i->tensor->dims[axis])
        i->index[axis--] = 0;
    i->more = axis >= 0;
    i->offset = offset_of(i->tensor, i->index);
}

int iterator_channel_axis(const cllrn_tensor *tensor)
{
    return tensor->channel_axis < 0 ? tensor->channel_axis + tensor->rank : tensor->channel_axis;
}

/* CLLRN_AXIS_CHANNEL, or one of the other axes, counted from the last: -1, -2, .. */
static int axis_of_window(const cllrn_tensor *tensor, int32_t axis)
{
    const int channels = iterator_channel_axis(tensor), found = tensor->rank + axis;
    if (axis == CLLRN_AXIS_CHANNEL)
        return channels;
    return found > channels ? found : found - 1;
}

int iterator_windows(const cllrn_params *params, const cllrn_tensor *tensor,
                     iterator_window windows[CLLRN_MAX_WINDOW])
{
    int count = 0;
    for (int i = 0; i < params->window_count; ++i) {
        const cllrn_window *const from = &params->window[i];
        const int axis = axis_of_window(tensor, from->axis);
        if (axis >= 0)
            windows[count++] = (iterator_window){axis, from->lower, from->upper};
    }
    return count;
}
