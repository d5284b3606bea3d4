/* SPDX-License-Identifier: Apache-2.0 */
#include "params.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "error.h"
#include "near.h"
#include "tensor.h"

cllrn_status cllrn_params_init(cllrn_params *params, uint32_t struct_size, int32_t convention,
                               int64_t size, double alpha, double beta, double k,
                               cllrn_error *error)
{
    int64_t lower, upper;
    double divisor = (double)size;
    bool odd_only = false;

    if (params == NULL || struct_size < sizeof *params || struct_size > LRN_MAX_STRUCT_SIZE)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "params init: params is NULL, or struct_size %" PRIu32
                        ", expected %zu: pass sizeof of the struct",
                        struct_size, sizeof *params);
    if (size < 1 || size > INT32_MAX)
        return lrn_fail(error, CLLRN_INVALID_WINDOW,
                        "params init: size %" PRId64 ", expected 1..%d", size, INT32_MAX);
    switch (convention) {
    case CLLRN_CONVENTION_TORCH:
        lower = size / 2;
        upper = (size - 1) / 2;
        break;
    case CLLRN_CONVENTION_ONNX:
        lower = (size - 1) / 2;
        upper = size / 2;
        break;
    case CLLRN_CONVENTION_ONEDNN:
        lower = upper = (size - 1) / 2;
        break;
    case CLLRN_CONVENTION_TORCH_DOC:
        lower = upper = size / 2;
        break;
    case CLLRN_CONVENTION_CAFFE:
        lower = upper = (size - 1) / 2;
        odd_only = true;
        break;
    case CLLRN_CONVENTION_TENSORFLOW:
        lower = upper = (size - 1) / 2;
        divisor = 1.0;
        odd_only = true;
        break;
    default:
        return lrn_fail(error, CLLRN_INVALID_CONVENTION,
                        "params init: unknown convention %" PRId32
                        ", expected CLLRN_CONVENTION_TORCH (%d)"
                        "..CLLRN_CONVENTION_TENSORFLOW (%d)",
                        convention, CLLRN_CONVENTION_TORCH, CLLRN_CONVENTION_TENSORFLOW);
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

static cllrn_status check_spatial_axes(int32_t spatial_axes, cllrn_error *error)
{
    if (spatial_axes < 1 || spatial_axes > LRN_MAX_WINDOW)
        return lrn_fail(error, CLLRN_INVALID_REGION,
                        "params: %" PRId32 " spatial axes within a channel, expected 1..%d",
                        spatial_axes, LRN_MAX_WINDOW);
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_params_init_within(cllrn_params *params, uint32_t struct_size,
                                      int32_t convention, int64_t size, int32_t spatial_axes,
                                      double alpha, double beta, double k, cllrn_error *error)
{
    cllrn_status status = check_spatial_axes(spatial_axes, error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_params_init(params, struct_size, convention, size, alpha, beta, k, error);
    if (status != CLLRN_SUCCESS)
        return status;
    params->region = CLLRN_WITHIN_CHANNEL;
    params->spatial_axes = spatial_axes;
    const double per_axis = params->divisor;
    for (int32_t axis = 1; axis < spatial_axes; ++axis)
        params->divisor *= per_axis;
    return CLLRN_SUCCESS;
}

cllrn_status lrn_params_check(const cllrn_params *params, cllrn_error *error)
{
    if (!LRN_READABLE(params))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "params: NULL or not initialised: call cllrn_params_init");
    if (params->region != CLLRN_ACROSS_CHANNELS && params->region != CLLRN_WITHIN_CHANNEL)
        return lrn_fail(error, CLLRN_INVALID_REGION,
                        "params: unknown region %" PRId32 ", expected CLLRN_ACROSS_CHANNELS (%d) "
                        "or CLLRN_WITHIN_CHANNEL (%d)",
                        params->region, CLLRN_ACROSS_CHANNELS, CLLRN_WITHIN_CHANNEL);
    if (params->region == CLLRN_WITHIN_CHANNEL) {
        const cllrn_status status = check_spatial_axes(params->spatial_axes, error);
        if (status != CLLRN_SUCCESS)
            return status;
    }
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

static int power_class(double beta, double k, bool f64)
{
    if (beta == 0.0)
        return LRN_POWER_ZERO;
    if (f64)
        return LRN_POWER_GENERAL;
    if (beta == 0.5)
        return LRN_POWER_HALF;
    if (beta == 0.75)
        return LRN_POWER_3_4;
    if (beta == 1.0)
        return LRN_POWER_ONE;
    return lrn_near_exists(beta, k) ? LRN_POWER_NEAR : LRN_POWER_GENERAL;
}

/* Whether beta is even, odd or no integer: beta as given, not clamped. */
static int parity(double beta)
{
    if (isinf(beta) || fmod(beta, 2.0) == 0.0)
        return LRN_BETA_EVEN;
    return beta == floor(beta) ? LRN_BETA_ODD : LRN_BETA_FRACTION;
}

/*
 * Splits value + rest, where |rest| is at most an ulp of value, into a high and
 * a low part: twice the bits of the type. An infinite or overflowing high part
 * has low part 0.
 */
static void split(double value, double rest, bool f64, double *high, double *low)
{
    *high = f64 ? value : (double)(float)value;
    *low = isfinite(*high) ? (value - *high) + rest : 0.0;
    if (!f64)
        *low = (double)(float)*low;
}

/* The rounding error of quotient = a / b; 0 if it is not finite. */
static double quotient_rest(double a, double b, double quotient)
{
    const double rest = fma(-quotient, b, a) / b;
    return isfinite(rest) ? rest : 0.0;
}

lrn_values lrn_params_values(const cllrn_params *params, bool f64)
{
    /* Clamp beta to 2^40: every s but 1 already gives 0 or Inf there, and products stay finite. */
    const double limit = 1099511627776.0;
    const double least = f64 ? DBL_MIN : (double)FLT_MIN;
    const double scale = params->alpha / params->divisor;
    double beta = params->beta;
    if (beta > limit)
        beta = limit;
    if (beta < -limit)
        beta = -limit;
    /* A beta other than 0 must not round to 0: with beta 0, y = x even where s is NaN. */
    if (beta != 0.0 && fabs(beta) < least)
        beta = copysign(least, beta);

    lrn_values values;
    memset(&values, 0, sizeof values);
    split(scale, quotient_rest(params->alpha, params->divisor, scale), f64, &values.scale_hi,
          &values.scale_lo);
    split(beta, 0.0, f64, &values.beta_hi, &values.beta_lo);
    values.k = f64 ? params->k : (double)(float)params->k;
    /* An infinite beta is not clamped here: infinity times 0 must give NaN. */
    values.gradient = -2.0 * scale * (isinf(params->beta) ? params->beta : beta);
    if (!f64)
        values.gradient = (double)(float)values.gradient;
    values.power = power_class(params->beta, values.k, f64);
    if (values.power == LRN_POWER_NEAR)
        lrn_near_powers(beta, values.k, values.octaves);
    values.parity = parity(params->beta);
    /* Not computed from beta + 1, which may be rounded. */
    values.next_parity = values.parity;
    if (!isinf(params->beta) && values.parity != LRN_BETA_FRACTION)
        values.next_parity = values.parity == LRN_BETA_ODD ? LRN_BETA_EVEN : LRN_BETA_ODD;
    return values;
}
