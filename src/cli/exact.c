/* SPDX-License-Identifier: Apache-2.0 */
#include "exact.h"

#include "element.h"
#include "message.h"

#include "../size.h"

#include <cllrn_verify.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

bool exact_make(const operation *of, exact *made)
{
    const cllrn_tensor *const src = &of->src.tensor, *const dy = &of->dy.tensor;
    cllrn_error error = CLLRN_ERROR_INIT;
    uint64_t count = 1;
    for (int axis = 0; axis < src->rank; ++axis)
        count *= (uint64_t)src->dims[axis];
    const uint64_t doubles = of->backward ? 2 * count : count;
    made->values = lrn_size_alloc(doubles, sizeof *made->values);
    if (!made->values)
        return message_fail("out of memory for %" PRIu64 " doubles to check against", doubles);
    made->magnitudes = made->values + (doubles - count);
    const cllrn_status status =
        of->backward
            ? cllrn_reference_backward_f64(of->params, src, of->src.data, dy, of->dy.data,
                                           made->values, made->magnitudes, &error)
            : cllrn_reference_forward_f64(of->params, src, of->src.data, made->values, &error);
    if (message_check(status, &error))
        return true;
    free(made->values);
    return false;
}

/* Replaces an infinity by the power of two that would be next: values round to both alike. */
static double bounded(int32_t dtype, double value)
{
    if (dtype == CLLRN_DTYPE_F64) /* a double cannot hold that number */
        return value;
    const double limit = ldexp(1, element_format_of(dtype).overflow_exponent);
    return fmin(fmax(value, -limit), limit);
}

double exact_error(int32_t dtype, double value, double expected, double magnitude, int32_t unit,
                   int half_ulps)
{
    if (value == expected || (isnan(value) && isnan(expected)))
        return 0;
    if (isnan(value) || isnan(expected))
        return INFINITY;
    const double target = bounded(dtype, expected);
    const double difference = fabs(bounded(dtype, value) - target);
    if (isinf(difference))
        return INFINITY;
    const double rounding = half_ulps * element_half_ulp(dtype, target);
    const element_format f = element_format_of(unit);
    /* A magnitude below the smallest normal number would ask for more than numbers hold. */
    const double size = fmax(fabs(bounded(dtype, magnitude)), ldexp(1, f.least_exponent));
    return ldexp(fmax(difference - rounding, 0) / size, f.fraction_bits);
}
