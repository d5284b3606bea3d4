/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "element.h"
#include "message.h"
#include "walk.h"

#include <cllrn_verify.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* The exact result: doubles in C order. */
typedef struct exact {
    double *values;
    double *magnitudes; /* sums of magnitudes of a gradient's terms; forward: the values */
} exact;

/* Replaces an infinity by the power of two that would be next: values round to both alike. */
static double bounded(double value, int32_t dtype)
{
    if (dtype == CLLRN_DTYPE_F64) /* a double cannot hold that number */
        return value;
    const double limit = ldexp(1, element_overflow_exponent(dtype));
    return fmin(fmax(value, -limit), limit);
}

/* Half the distance between the numbers of the dtype next to value. */
static double half_step(double value, int32_t dtype)
{
    const int least = element_least_exponent(dtype);
    const int exponent = value != 0 && ilogb(value) > least ? ilogb(value) : least;
    return ldexp(1, exponent - element_fraction_bits(dtype) - 1);
}

static double in_eps(double difference, double magnitude, int32_t dtype)
{
    if (isinf(difference))
        return INFINITY;
    const double least = ldexp(1, element_least_exponent(dtype));
    return ldexp(difference / fmax(magnitude, least), element_fraction_bits(dtype));
}

static void keep_greater(check_error *greatest, double eps, const walk *w, const box *part)
{
    if (!(eps > greatest->eps))
        return;
    greatest->eps = eps;
    for (int axis = 0; axis < CLLRN_MAX_RANK; ++axis)
        greatest->where[axis] = part->first[axis] + w->index[axis];
}

static void compare(double value, double expected, double magnitude, const walk *w, const box *part,
                    check *result)
{
    const int32_t dtype = w->tensor->dtype, arithmetic = element_arithmetic(dtype);
    if (value == expected || (isnan(value) && isnan(expected)))
        return;
    if (isnan(value) || isnan(expected)) {
        keep_greater(&result->stored, INFINITY, w, part);
        keep_greater(&result->computed, INFINITY, w, part);
        return;
    }
    const double target = bounded(expected, dtype);
    const double difference = fabs(bounded(value, dtype) - target);
    const double rounding = dtype == arithmetic ? 0 : half_step(target, dtype);
    keep_greater(&result->stored, in_eps(difference, fabs(magnitude), dtype), w, part);
    keep_greater(&result->computed,
                 in_eps(fmax(difference - rounding, 0), fabs(magnitude), arithmetic), w, part);
}

static void compare_all(const job *done, const exact *expected, size_t count, const box *part,
                        check *result)
{
    const operand *const dst = &done->dst;
    walk w = {.tensor = &dst->tensor};
    for (size_t i = 0; i < count; ++i, walk_step(&w))
        compare(element_value(dst->tensor.dtype, dst->data, w.offset), expected->values[i],
                expected->magnitudes[i], &w, part, result);
}

static cllrn_status compute_exact(const job *done, exact *expected, cllrn_error *error)
{
    const operand *const src = &done->src, *const dy = &done->dy;
    if (done->backward)
        return cllrn_reference_backward_f64(done->params, &src->tensor, src->data, &dy->tensor,
                                            dy->data, expected->values, expected->magnitudes,
                                            error);
    return cllrn_reference_forward_f64(done->params, &src->tensor, src->data, expected->values,
                                       error);
}

static bool compare_with_exact(const job *done, const box *part, check *result)
{
    const size_t count = (size_t)(done->dst.size / cllrn_dtype_size(done->dst.tensor.dtype));
    const size_t arrays = done->backward ? 2 : 1;
    double *const values = calloc(count ? count : 1, arrays * sizeof *values);
    if (!values)
        return message_fail("out of memory for %zu doubles to check against", arrays * count);
    exact expected = {values, values + (arrays - 1) * count};
    cllrn_error error = CLLRN_ERROR_INIT;
    const bool computed = message_check(compute_exact(done, &expected, &error), &error);
    if (computed)
        compare_all(done, &expected, count, part, result);
    free(values);
    return computed;
}

static bool digest_host(const job *done, const box *part, const int64_t *whole_dims, check *result)
{
    job again = *done;
    again.dst.data = malloc(done->dst.size ? (size_t)done->dst.size : 1);
    if (!again.dst.data)
        return message_fail("out of memory for %" PRIu64 " bytes to check against", done->dst.size);
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_status status = job_run_host(&again, &error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_digest_box(&again.dst.tensor, again.dst.data, part->first, whole_dims,
                                  &result->host_digest, &error);
    free(again.dst.data);
    return message_check(status, &error);
}

check check_begin(void)
{
    return (check){.s = {INFINITY, -INFINITY}};
}

bool check_add(check *result, const job *done, const box *part, const int64_t *whole_dims)
{
    const spread s = spread_of(done);
    result->s.least = fmin(result->s.least, s.least);
    result->s.greatest = fmax(result->s.greatest, s.greatest);
    return compare_with_exact(done, part, result) && digest_host(done, part, whole_dims, result);
}
