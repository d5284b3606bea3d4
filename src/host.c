/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <float.h>
#include <inttypes.h>
#include <stdlib.h>

#include "../cl/arithmetic.h"
#include "../cl/window.h"
#include "error.h"
#include "overlap.h"
#include "params.h"
#include "tensor.h"

#if FLT_EVAL_METHOD != 0
#error "float must be evaluated as float: on 32-bit x86 build with -msse2 -mfpmath=sse"
#endif

cllrn_status lrn_host_check(const char *who, const cllrn_params *params, const cllrn_tensor *src,
                            const void *src_data, const cllrn_tensor *dst, const void *dst_data,
                            cllrn_error *error)
{
    cllrn_status status;
    if ((status = lrn_params_check(params, error)) != CLLRN_SUCCESS ||
        (status = lrn_tensor_check(src, "src", error)) != CLLRN_SUCCESS ||
        (status = lrn_tensor_check_destination(dst, "dst", error)) != CLLRN_SUCCESS ||
        (status = lrn_tensor_check_pair(src, dst, error)) != CLLRN_SUCCESS)
        return status;
    if (lrn_tensor_elements(src) == 0)
        return CLLRN_SUCCESS;
    if (src_data == NULL || dst_data == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "%s forward: src or dst data is NULL", who);
    if (!lrn_tensor_same_places(src, dst) || src_data != dst_data) {
        const int64_t distance = (int64_t)((intptr_t)dst_data - (intptr_t)src_data);
        if (lrn_overlap_between(src, dst, distance))
            return lrn_fail(error, CLLRN_PARTIAL_OVERLAP,
                            "%s forward: src and dst share some elements, dst lying %" PRId64
                            " bytes behind src: make them the same or disjoint",
                            who, distance);
    }
    return CLLRN_SUCCESS;
}

typedef struct host_forward {
    const float *src;
    float *dst;
    int64_t channels, src_stride, dst_stride;
    float *column; /* a copy, so that dst may be src */
    int64_t lower;
    int taps, power;
    lrn_scalars scalars;
} host_forward;

LRN_FMA_CLONES
static void forward_column(void *user, int64_t src_offset, int64_t dst_offset)
{
    const host_forward *f = user;
    const float *src = f->src + src_offset;
    float *dst = f->dst + dst_offset;
    for (int64_t c = 0; c < f->channels; ++c)
        f->column[c] = src[c * f->src_stride];
    for (int64_t c = 0; c < f->channels; ++c) {
        const float sum = lrn_window_sum(f->column, 1, f->channels, c - f->lower, f->taps);
        dst[c * f->dst_stride] = lrn_normalize(f->power, f->column[c], sum, f->scalars);
    }
}

cllrn_status cllrn_host_forward(const cllrn_params *params, const cllrn_tensor *src,
                                const void *src_data, const cllrn_tensor *dst, void *dst_data,
                                cllrn_error *error)
{
    const cllrn_status status = lrn_host_check("host", params, src, src_data, dst, dst_data, error);
    if (status != CLLRN_SUCCESS || lrn_tensor_elements(src) == 0)
        return status;

    const int channel_axis = lrn_tensor_channel_axis(src);
    host_forward forward = {.src = src_data,
                            .dst = dst_data,
                            .channels = src->dims[channel_axis],
                            .src_stride = src->strides[channel_axis],
                            .dst_stride = dst->strides[channel_axis],
                            .lower = params->lower,
                            .taps = lrn_params_taps(params),
                            .power = lrn_params_power(params),
                            .scalars = lrn_params_scalars(params)};
    forward.column = malloc((size_t)forward.channels * sizeof *forward.column);
    if (forward.column == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY,
                        "host forward: no memory for a column of %" PRId64 " channels",
                        forward.channels);
    lrn_tensor_columns(src, dst, forward_column, &forward);
    free(forward.column);
    return CLLRN_SUCCESS;
}
