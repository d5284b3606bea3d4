/* SPDX-License-Identifier: Apache-2.0 */
#include "params.h"

#include <float.h>
#include <inttypes.h>
#include <string.h>

#include "error.h"

cllrn_status cllrn_params_init(cllrn_params *params, uint32_t struct_size, int32_t convention,
                               int64_t size, double alpha, double beta, double k,
                               cllrn_error *error)
{
    int64_t lower, upper;
    double divisor = (double)size;
    int odd_only = 0;

    if (params == NULL || struct_size < sizeof *params || struct_size > LRN_MAX_STRUCT_SIZE)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "params init: params is NULL, or struct_size %" PRIu32
                        ", expected %zu: pass sizeof of the struct",
                        struct_size, sizeof *params);
    if (size < 1 || size > INT32_MAX)
        return lrn_fail(error, CLLRN_INVALID_WINDOW,
                        "params init: size %" PRId64 ", expected 1..%d", size, INT32_MAX);
    switch (convention) {
    case CLLRN_TORCH:
        lower = size / 2;
        upper = (size - 1) / 2;
        break;
    case CLLRN_ONNX:
        lower = (size - 1) / 2;
        upper = size / 2;
        break;
    case CLLRN_ONEDNN:
        lower = upper = (size - 1) / 2;
        break;
    case CLLRN_TORCH_DOC:
        lower = upper = size / 2;
        break;
    case CLLRN_CAFFE:
        lower = upper = (size - 1) / 2;
        odd_only = 1;
        break;
    case CLLRN_TENSORFLOW:
        lower = upper = (size - 1) / 2;
        divisor = 1.0;
        odd_only = 1;
        break;
    default:
        return lrn_fail(error, CLLRN_INVALID_CONVENTION,
                        "params init: unknown convention %" PRId32 ", expected CLLRN_TORCH (%d)"
                        "..CLLRN_TENSORFLOW (%d)",
                        convention, CLLRN_TORCH, CLLRN_TENSORFLOW);
    }
    if (odd_only && size % 2 == 0)
        return lrn_fail(error, CLLRN_INVALID_WINDOW,
                        "params init: size %" PRId64
                        " is even, but this convention has odd sizes only: use size %" PRId64
                        " or another convention",
                        size, size + 1);

    memset(params, 0, struct_size);
    params->struct_size = struct_size;
    params->region = CLLRN_ACROSS_CHANNELS;
    params->lower = lower;
    params->upper = upper;
    params->divisor = divisor;
    params->alpha = alpha;
    params->beta = beta;
    params->k = k;
    return CLLRN_SUCCESS;
}

cllrn_status lrn_params_check(const cllrn_params *params, cllrn_error *error)
{
    if (!LRN_READABLE(params))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "params: NULL or not initialised: call cllrn_params_init");
    if (params->region != CLLRN_ACROSS_CHANNELS)
        return lrn_fail(error, CLLRN_INVALID_REGION,
                        "params: unknown region %" PRId32 ", expected CLLRN_ACROSS_CHANNELS (%d)",
                        params->region, CLLRN_ACROSS_CHANNELS);
    if (params->lower < 0 || params->upper < 0)
        return lrn_fail(error, CLLRN_INVALID_WINDOW,
                        "params: window lower %" PRId64 ", upper %" PRId64
                        ": neither may be negative",
                        params->lower, params->upper);
    if (params->lower >= INT32_MAX || params->upper >= INT32_MAX ||
        params->lower + params->upper + 1 > INT32_MAX)
        return lrn_fail(error, CLLRN_INVALID_WINDOW,
                        "params: window lower %" PRId64 " + upper %" PRId64
                        " + 1 overflows, expected at most %d taps",
                        params->lower, params->upper, INT32_MAX);
    if (!isfinite(params->divisor) || params->divisor == 0.0)
        return lrn_fail(error, CLLRN_INVALID_DIVISOR,
                        "params: divisor %g, expected a finite number other than 0",
                        params->divisor);
    return CLLRN_SUCCESS;
}

int lrn_params_power(const cllrn_params *params)
{
    if (params->beta == 0.0)
        return LRN_POWER_ZERO;
    if (params->beta == 0.5)
        return LRN_POWER_HALF;
    if (params->beta == 0.75)
        return LRN_POWER_3_4;
    if (params->beta == 1.0)
        return LRN_POWER_ONE;
    return LRN_POWER_GENERAL;
}

/* A double as two floats whose sum it is to 48 bits; an infinity or overflow has no low part. */
static void split(double value, float *high, float *low)
{
    *high = (float)value;
    *low = isfinite(*high) ? (float)(value - (double)*high) : 0.0f;
}

lrn_scalars lrn_params_scalars(const cllrn_params *params)
{
    /* Beyond 2^40 every s other than 1 gives 0 or Inf already, and products stay finite. */
    const double limit = 1099511627776.0;
    double beta = params->beta;
    if (beta > limit)
        beta = limit;
    if (beta < -limit)
        beta = -limit;
    /* A beta that rounds to zero must not be taken for beta 0, which copies NaNs of s away. */
    if (beta != 0.0 && fabs(beta) < FLT_MIN)
        beta = copysign(FLT_MIN, beta);

    lrn_scalars scalars;
    memset(&scalars, 0, sizeof scalars);
    split(params->alpha / params->divisor, &scalars.scale_hi, &scalars.scale_lo);
    split(beta, &scalars.beta_hi, &scalars.beta_lo);
    scalars.k = (float)params->k;
    /* Of the beta given, not of the clamped one. */
    if (isinf(params->beta) || fmod(params->beta, 2.0) == 0.0)
        scalars.parity = LRN_BETA_EVEN;
    else
        scalars.parity = params->beta == floor(params->beta) ? LRN_BETA_ODD : LRN_BETA_FRACTION;
    return scalars;
}
