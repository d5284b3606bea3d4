/* SPDX-License-Identifier: Apache-2.0 */
#include "params.h"

#include <inttypes.h>
#include <math.h>

#include "element.h" /* isfinite must work */
#include "error.h"

/* lower = (size - shorter_lower) / 2, upper = (size - shorter_upper) / 2. */
static const struct convention {
    int shorter_lower, shorter_upper;
    bool odd_only, undivided;
} conventions[] = {
    [CLLRN_CONVENTION_TORCH] = {0, 1, false, false},
    [CLLRN_CONVENTION_ONNX] = {1, 0, false, false},
    [CLLRN_CONVENTION_ONEDNN] = {1, 1, false, false},
    [CLLRN_CONVENTION_TORCH_DOC] = {0, 0, false, false},
    [CLLRN_CONVENTION_CAFFE] = {1, 1, true, false},
    [CLLRN_CONVENTION_TENSORFLOW] = {1, 1, true, true},
};

/* Checks the struct, and the number of axes that its window has or shall have. */
static cllrn_status check_struct(const cllrn_params *params, int32_t axes, cllrn_error *error)
{
    if (!LRN_READABLE(params))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "params: NULL or not initialised: begin with CLLRN_PARAMS_INIT");
    if (axes < 1 || axes > CLLRN_MAX_WINDOW)
        return lrn_fail(error, CLLRN_INVALID_WINDOW,
                        "params: a window of %" PRId32 " axes, expected 1..%d", axes,
                        CLLRN_MAX_WINDOW);
    return CLLRN_SUCCESS;
}

/* Fills params for windows across channels or on the last axes, with one lower and upper. */
static cllrn_status fill(cllrn_params *params, bool within, int32_t axes,
                         cllrn_convention convention, int64_t size, double alpha, double beta,
                         double k, cllrn_error *error)
{
    const cllrn_status status = check_struct(params, axes, error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (size < 1 || size > INT32_MAX)
        return lrn_fail(error, CLLRN_INVALID_WINDOW, "params: size %" PRId64 ", expected 1..%d",
                        size, INT32_MAX);
    if (convention < CLLRN_CONVENTION_TORCH || convention > CLLRN_CONVENTION_TENSORFLOW)
        return lrn_fail(error, CLLRN_INVALID_CONVENTION,
                        "params: unknown convention %" PRId32 ", expected CLLRN_CONVENTION_TORCH "
                        "(%d)..CLLRN_CONVENTION_TENSORFLOW (%d)",
                        convention, CLLRN_CONVENTION_TORCH, CLLRN_CONVENTION_TENSORFLOW);
    const struct convention *c = &conventions[convention];
    if (c->odd_only && size % 2 == 0)
        return lrn_fail(error, CLLRN_INVALID_WINDOW,
                        "params: size %" PRId64
                        " is even, but this convention has odd sizes only: use size %" PRId64
                        " or another convention",
                        size, size + 1);

    *params = (cllrn_params){.struct_size = params->struct_size,
                             .window_count = axes,
                             .divisor = 1.0,
                             .alpha = alpha,
                             .beta = beta,
                             .k = k};
    for (int32_t i = 0; i < axes; ++i) {
        params->window[i] = (cllrn_window){.axis = within ? i - axes : CLLRN_AXIS_CHANNEL,
                                           .lower = (size - c->shorter_lower) / 2,
                                           .upper = (size - c->shorter_upper) / 2};
        params->divisor *= c->undivided ? 1.0 : (double)size;
    }
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_params_across(cllrn_params *params, cllrn_convention convention, int64_t size,
                                 double alpha, double beta, double k, cllrn_error *error)
{
    return fill(params, false, 1, convention, size, alpha, beta, k, error);
}

cllrn_status cllrn_params_within(cllrn_params *params, cllrn_convention convention, int64_t size,
                                 int32_t axes, double alpha, double beta, double k,
                                 cllrn_error *error)
{
    return fill(params, true, axes, convention, size, alpha, beta, k, error);
}

/* Checks axis `number` of the window by itself and against those before it. */
static cllrn_status check_window(const cllrn_window *window, int number, cllrn_error *error)
{
    const cllrn_window *w = &window[number];
    if (w->reserved != 0)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "params: reserved of window[%d] is %" PRId32 ", expected 0", number,
                        w->reserved);
    if (w->axis > CLLRN_AXIS_CHANNEL || w->axis < 1 - CLLRN_MAX_RANK)
        return lrn_fail(error, CLLRN_INVALID_WINDOW,
                        "params: axis of window[%d] is %" PRId32
                        ", expected CLLRN_AXIS_CHANNEL (%d) or %d..-1",
                        number, w->axis, CLLRN_AXIS_CHANNEL, 1 - CLLRN_MAX_RANK);
    for (int i = 0; i < number; ++i)
        if (window[i].axis == w->axis)
            return lrn_fail(error, CLLRN_INVALID_WINDOW,
                            "params: window[%d] and window[%d] both have axis %" PRId32
                            ", expected different axes",
                            i, number, w->axis);
    if (w->lower < 0 || w->upper < 0 || w->lower >= INT32_MAX || w->upper >= INT32_MAX ||
        w->lower + w->upper + 1 > INT32_MAX)
        return lrn_fail(error, CLLRN_INVALID_WINDOW,
                        "params: window lower %" PRId64 ", upper %" PRId64
                        ", expected 0 or more, and lower + upper + 1 at most %d",
                        w->lower, w->upper, INT32_MAX);
    return CLLRN_SUCCESS;
}

cllrn_status lrn_params_check(const cllrn_params *params, cllrn_error *error)
{
    cllrn_status status =
        check_struct(params, LRN_READABLE(params) ? params->window_count : 0, error);
    for (int i = 0; status == CLLRN_SUCCESS && i < params->window_count; ++i)
        status = check_window(params->window, i, error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (!isfinite(params->divisor) || params->divisor == 0.0)
        return lrn_fail(error, CLLRN_INVALID_DIVISOR,
                        "params: divisor %g, expected a finite number other than 0",
                        params->divisor);
    return CLLRN_SUCCESS;
}

cllrn_status lrn_params_check_computed(const cllrn_params *params, cllrn_error *error)
{
    const cllrn_window *first = &params->window[0];
    const bool across = params->window_count == 1 && first->axis == CLLRN_AXIS_CHANNEL;
    for (int i = 0; i < params->window_count; ++i) {
        const cllrn_window *w = &params->window[i];
        /* Axes that differ and are all within -window_count..-1 are the last ones. */
        if (!across && (w->axis >= 0 || w->axis < -params->window_count))
            return lrn_fail(error, CLLRN_UNSUPPORTED,
                            "params: a window of %" PRId32 " axes, among them %" PRId32
                            ", is not computed yet: use the channel axis (0) alone, or the last "
                            "1 to 3 other axes (-1, -2, -3)",
                            params->window_count, w->axis);
        if (w->lower != first->lower || w->upper != first->upper)
            return lrn_fail(error, CLLRN_UNSUPPORTED,
                            "params: window lower %" PRId64 ", upper %" PRId64 " on axis %" PRId32
                            ", but %" PRId64 ", %" PRId64 " on axis %" PRId32
                            ", is not computed yet: use the same on each axis",
                            w->lower, w->upper, w->axis, first->lower, first->upper, first->axis);
    }
    return CLLRN_SUCCESS;
}
