/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LRN as its formula reads, in double: the judge of accuracy. It shares no
 * arithmetic with the kernels, on purpose.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "error.h"
#include "host.h"
#include "params.h"
#include "tensor.h"

typedef struct reference_forward {
    const float *src;
    float *dst;      /* one of dst and dst_f64 is set */
    double *dst_f64; /* C order over positions and channels as src has its dims */
    int64_t channels, src_stride, dst_stride;
    double *column;
    int64_t lower, upper;
    double scale, k, beta;
} reference_forward;

/*
 * The sum of squares of channels first..last. The square of a float is exact
 * in a double; Neumaier's compensation keeps what the additions lose.
 */
static double sum_of_squares(const double *column, int64_t first, int64_t last)
{
    double sum = 0.0, lost = 0.0;
    for (int64_t j = first; j <= last; ++j) {
        const double square = column[j] * column[j];
        const double next = sum + square;
        lost += sum >= square ? (sum - next) + square : (square - next) + sum;
        sum = next;
    }
    /* An infinite or NaN sum makes `lost` a NaN: it must not be added. */
    return isfinite(sum) ? sum + lost : sum;
}

static void forward_column(void *user, int64_t src_offset, int64_t dst_offset)
{
    const reference_forward *f = user;
    for (int64_t c = 0; c < f->channels; ++c)
        f->column[c] = f->src[src_offset + c * f->src_stride];
    for (int64_t c = 0; c < f->channels; ++c) {
        const int64_t first = c > f->lower ? c - f->lower : 0;
        const int64_t last = f->upper < f->channels - 1 - c ? c + f->upper : f->channels - 1;
        const double s = f->k + f->scale * sum_of_squares(f->column, first, last);
        const double y = f->beta == 0.0 ? f->column[c] : f->column[c] * pow(s, -f->beta);
        if (f->dst != NULL)
            f->dst[dst_offset + c * f->dst_stride] = (float)y;
        else
            f->dst_f64[dst_offset + c * f->dst_stride] = y;
    }
}

static cllrn_status run(reference_forward *forward, const cllrn_params *params,
                        const cllrn_tensor *src, const cllrn_tensor *dst, cllrn_error *error)
{
    const int channel_axis = lrn_tensor_channel_axis(src);
    forward->channels = src->dims[channel_axis];
    forward->src_stride = src->strides[channel_axis];
    forward->dst_stride = dst->strides[channel_axis];
    forward->lower = params->lower;
    forward->upper = params->upper;
    forward->scale = params->alpha / params->divisor;
    forward->k = params->k;
    forward->beta = params->beta;
    forward->column = malloc((size_t)forward->channels * sizeof *forward->column);
    if (forward->column == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY,
                        "reference forward: no memory for a column of %" PRId64 " channels",
                        forward->channels);
    lrn_tensor_columns(src, dst, forward_column, forward);
    free(forward->column);
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_reference_forward(const cllrn_params *params, const cllrn_tensor *src,
                                     const void *src_data, const cllrn_tensor *dst, void *dst_data,
                                     cllrn_error *error)
{
    const cllrn_status status =
        lrn_host_check("reference", params, src, src_data, dst, dst_data, error);
    if (status != CLLRN_SUCCESS || lrn_tensor_elements(src) == 0)
        return status;
    reference_forward forward = {.src = src_data, .dst = dst_data};
    return run(&forward, params, src, dst, error);
}

cllrn_status cllrn_reference_forward_f64(const cllrn_params *params, const cllrn_tensor *src,
                                         const void *src_data, double *dst_data, cllrn_error *error)
{
    cllrn_status status;
    cllrn_tensor dst; /* its strides count doubles */
    if ((status = lrn_params_check(params, error)) != CLLRN_SUCCESS ||
        (status = lrn_tensor_check(src, "src", error)) != CLLRN_SUCCESS ||
        (status = cllrn_tensor_init(&dst, sizeof dst, src->dtype, src->rank, src->dims, NULL,
                                    src->channel_axis, error)) != CLLRN_SUCCESS ||
        lrn_tensor_elements(src) == 0)
        return status;
    if (src_data == NULL || dst_data == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "reference forward: src or dst data is NULL");
    reference_forward forward = {.src = src_data, .dst_f64 = dst_data};
    return run(&forward, params, src, &dst, error);
}
