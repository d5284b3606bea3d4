/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include "message.h"

const char *const layout_names[LAYOUT_COUNT] = {
    "C",        "channels-last", "Fortran", "padded",   "reversed", "permuted",
    "repeated", "block 4",       "block 8", "block 16", "block 32",
};

/* The axis number `turn` from the fastest. */
static int axis_of_turn(const verify_case *c, layout how, int turn)
{
    const int last = c->rank - 1, rest = turn - (c->rank + 1) / 2;
    const int channels = c->channel_axis < 0 ? c->channel_axis + c->rank : c->channel_axis;
    switch (how) {
    case LAYOUT_FORTRAN:
        return turn;
    case LAYOUT_PERMUTED: /* every second axis first */
        return rest < 0 ? 2 * turn : 2 * rest + 1;
    case LAYOUT_LAST:
        if (turn == 0)
            return channels;
        return last - (turn - 1) > channels ? last - (turn - 1) : last - turn;
    default:
        return last - turn;
    }
}

static bool strided_tensor(const verify_case *c, layout how, int32_t dtype, cllrn_tensor *tensor)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    int64_t strides[CLLRN_MAX_RANK], step = 1;
    for (int turn = 0; turn < c->rank; ++turn) {
        const int axis = axis_of_turn(c, how, turn);
        strides[axis] = how == LAYOUT_REVERSED ? -step : step;
        step *= c->dims[axis] > 0 ? c->dims[axis] : 1;
        if (how == LAYOUT_PADDED || how == LAYOUT_PERMUTED)
            step += 1 + turn;
    }
    if (how == LAYOUT_REPEATED)
        strides[0] = 0;
    *tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
    return message_check(
        cllrn_tensor_set(tensor, dtype, c->rank, c->dims, strides, c->channel_axis, &error),
        &error);
}

bool layout_tensor(const verify_case *c, layout how, int32_t dtype, cllrn_tensor *tensor)
{
    static const int32_t blocks[LAYOUT_COUNT] = {
        [LAYOUT_BLOCK4] = 4, [LAYOUT_BLOCK8] = 8, [LAYOUT_BLOCK16] = 16, [LAYOUT_BLOCK32] = 32};
    cllrn_error error = CLLRN_ERROR_INIT;
    if (blocks[how] == 0)
        return strided_tensor(c, how, dtype, tensor);
    *tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
    return message_check(cllrn_tensor_set_blocked(tensor, dtype, c->rank, c->dims, c->channel_axis,
                                                  blocks[how], &error),
                         &error);
}

int64_t layout_place(const cllrn_tensor *tensor, const int64_t *index)
{
    const int channels = layout_channel_axis(tensor);
    const int64_t block = tensor->channel_block > 1 ? tensor->channel_block : 1;
    int64_t place = index[channels] % block;
    for (int axis = 0; axis < tensor->rank; ++axis)
        place += tensor->strides[axis] * (axis == channels ? index[axis] / block : index[axis]);
    return place;
}

bool layout_next(const cllrn_tensor *tensor, int64_t *index)
{
    for (int axis = tensor->rank - 1; axis >= 0; --axis) {
        if (++index[axis] < tensor->dims[axis])
            return true;
        index[axis] = 0;
    }
    return false;
}

int layout_channel_axis(const cllrn_tensor *tensor)
{
    return tensor->channel_axis < 0 ? tensor->channel_axis + tensor->rank : tensor->channel_axis;
}

int layout_window_axes(const cllrn_params *params, const cllrn_tensor *tensor, int axes[3])
{
    const int channels = layout_channel_axis(tensor);
    if (params->window[0].axis == CLLRN_AXIS_CHANNEL) {
        axes[0] = channels;
        return 1;
    }
    int left = params->window_count;
    for (int axis = tensor->rank - 1; axis >= 0 && left > 0; --axis)
        if (axis != channels)
            axes[--left] = axis;
    return params->window_count;
}
