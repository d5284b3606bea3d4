/* SPDX-License-Identifier: Apache-2.0 */
#include "accuracy.h"

#include "element.h"
#include "layout.h"
#include "message.h"
#include "storage.h"

#include "../../size.h"

#include <cllrn_verify.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The levels of additions in the sum of a window. */
static double depth_of(const specimen *s)
{
    const cllrn_params *const p = &s->c->params;
    int axes[3];
    const int count = layout_window_axes(p, &s->x.tensor, axes);
    return count * ceil(log2((double)(p->window[0].lower + p->window[0].upper + 1)));
}

/* The error of the power itself, in ULP. */
static double power_bound(const verify_case *c)
{
    const double beta = c->params.beta;
    if (case_is_f64(c))
        return 4;
    return beta == 0.5 || beta == 0.75 || beta == 1.0 ? 2 : 3;
}

/*
 * The documented error bound, in eps. A rounding costs at most half an eps. The sum of
 * squares has one rounding in each of its D levels and one of the square; s adds two.
 * These D + 3 halves reach s^-beta times |beta|, the condition of the power; the
 * power adds P, and the product with x a half: |beta| (D + 3) / 2 + P + 1/2.
 *
 * A gradient's terms have s^(-beta - 1), so |beta| + 1 in place of |beta|, and their
 * sum adds D halves. Its other products, dy * x * s^(-beta - 1) and the step from
 * s^-beta to s^(-beta - 1), the factor 2 alpha beta / divisor, the products with it
 * and with x, and the last addition are six roundings: 3.
 *
 * The exact values of float64 are rounded too; where long double is no wider than
 * double, they have the errors of sums in double.
 */
static double bound_of(const specimen *s, bool nearest)
{
    const verify_case *const c = s->c;
    const double beta = fabs(c->params.beta), depth = depth_of(s), power = power_bound(c);
    double bound = beta * (depth + 3) / 2 + power + 0.5;
    if (c->params.beta == 0)
        return 0;
    if (c->direction == CLLRN_DIRECTION_BACKWARD)
        bound = (beta + 1) * (depth + 3) / 2 + power + 3 + depth / 2;
    if (case_is_f64(c))
        bound = (bound + 0.5) * (LDBL_MANT_DIG > DBL_MANT_DIG ? 1 : 2);
    return nearest ? bound : 2 * bound;
}

/* The exact results, then what their errors are relative to. The caller frees the array. */
static double *exact_result(const specimen *s, int64_t count)
{
    const size_t size = cllrn_dtype_size(s->x.tensor.dtype);
    const char *const x = (const char *)s->x.data + (size_t)s->x.base * size;
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_status status;
    double *const exact = lrn_size_alloc((uint64_t)count * 2, sizeof *exact);
    if (!exact) {
        message_fail("out of memory for %" PRId64 " doubles to check against", count * 2);
        return NULL;
    }
    if (s->c->direction == CLLRN_DIRECTION_BACKWARD) {
        const char *const dy =
            (const char *)s->dy.data + (size_t)s->dy.base * cllrn_dtype_size(s->dy.tensor.dtype);
        status = cllrn_reference_backward_f64(&s->c->params, &s->x.tensor, x, &s->dy.tensor, dy,
                                              exact, exact + count, &error);
    } else {
        status = cllrn_reference_forward_f64(&s->c->params, &s->x.tensor, x, exact, &error);
        for (int64_t i = 0; i < count; ++i)
            exact[count + i] = fabs(exact[i]);
    }
    if (message_check(status, &error))
        return exact;
    free(exact);
    return NULL;
}

/* The error in eps; infinite where only one number is a NaN or infinite. */
static double error_of(const specimen *s, bool nearest, double value, double exact, double size)
{
    const int32_t dtype = s->dst.tensor.dtype;
    if (value == exact || (isnan(value) && isnan(exact)))
        return 0;
    if (!isfinite(value) || !isfinite(exact))
        return INFINITY;
    if (s->c->params.beta == 0 && dtype == element_arithmetic(dtype))
        return INFINITY; /* beta 0 makes an exact copy */
    const double storage = storage_half_ulp(dtype, exact) * (nearest ? 1 : 2);
    const double error = fmax(fabs(value - exact) - storage, 0);
    return ldexp(error / size, element_fraction_bits(element_arithmetic(dtype)));
}

static void compare(const specimen *s, bool nearest, const double *exact, int64_t count,
                    accuracy *measured)
{
    const double least = ldexp(1, element_least_exponent(element_arithmetic(s->dst.tensor.dtype)));
    int64_t index[CLLRN_MAX_RANK] = {0};
    double sum = 0;
    for (int64_t i = 0; i < count; ++i, layout_next(&s->dst.tensor, index)) {
        if (exact[i] != 0 && fabs(exact[i]) < least)
            continue;
        const int64_t place = s->dst.base + layout_place(&s->dst.tensor, index);
        const double value = element_value(s->dst.tensor.dtype, s->result, place);
        const double error = error_of(s, nearest, value, exact[i], exact[count + i]);
        ++measured->compared;
        sum += error;
        if (error > measured->greatest) {
            measured->greatest = error;
            memcpy(measured->where, index, sizeof index);
        }
    }
    measured->mean = measured->compared > 0 ? sum / (double)measured->compared : 0;
}

bool accuracy_measure(const specimen *s, bool nearest, accuracy *measured)
{
    const int64_t count = case_elements(s->c);
    memset(measured, 0, sizeof *measured);
    measured->bound = bound_of(s, nearest);
    double *const exact = exact_result(s, count);
    if (!exact)
        return false;
    compare(s, nearest, exact, count, measured);
    free(exact);
    if (measured->greatest > 0)
        measured->share = measured->greatest / measured->bound;
    return true;
}
