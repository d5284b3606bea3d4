/* SPDX-License-Identifier: Apache-2.0 */
#include "accuracy.h"

#include "element.h"
#include "iterator.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The levels of additions in the sum of a window. */
static double depth_of(const case_buffers *s)
{
    iterator_window windows[CLLRN_MAX_WINDOW];
    double depth = 0;
    for (int i = iterator_windows(&s->c->params, &s->x.tensor, windows) - 1; i >= 0; --i)
        depth += ceil(log2((double)(windows[i].lower + windows[i].upper + 1)));
    return depth;
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
static double bound_of(const case_buffers *s, bool nearest)
{
    const verify_case *const c = s->c;
    const double beta = fabs(c->params.beta), depth = depth_of(s);
    const bool root = c->params.beta == 0.5 || c->params.beta == 0.75 || c->params.beta == 1;
    const double power = case_is_f64(c) ? 4 : root ? 2 : 3; /* of the power itself, in ULP */
    double bound = beta * (depth + 3) / 2 + power + 0.5;
    if (c->params.beta == 0)
        return 0;
    if (c->backward)
        bound = (beta + 1) * (depth + 3) / 2 + power + 3 + depth / 2;
    if (case_is_f64(c))
        bound = (bound + 0.5) * (LDBL_MANT_DIG > DBL_MANT_DIG ? 1 : 2);
    return nearest ? bound : 2 * bound;
}

/* The error in eps; infinite where an infinite result or an inexact copy is not as exact. */
static double error_of(const case_buffers *s, bool nearest, double value, double expected,
                       double magnitude)
{
    const int32_t dtype = s->dst.tensor.dtype, arithmetic = element_arithmetic(dtype);
    const bool copies = s->c->params.beta == 0 && dtype == arithmetic;
    const double error =
        element_error(dtype, value, expected, magnitude, arithmetic, nearest ? 1 : 2);
    return error > 0 && (copies || isinf(value)) ? INFINITY : error;
}

static void compare(const case_buffers *s, bool nearest, const exact *right, accuracy *measured)
{
    const int32_t dtype = s->dst.tensor.dtype;
    const double least = ldexp(1, element_format_of(element_arithmetic(dtype)).least_exponent);
    size_t n = 0;
    for (iterator i = iterator_begin(&s->dst.tensor); i.more; iterator_next(&i), ++n) {
        const double expected = right->values[n];
        if (expected != 0 && fabs(expected) < least)
            continue;
        const double value = element_get(dtype, s->result, s->dst.base + i.offset);
        const double error = error_of(s, nearest, value, expected, right->magnitudes[n]);
        ++measured->compared;
        measured->sum += error;
        if (error > measured->greatest) {
            measured->greatest = error;
            memcpy(measured->where, i.index, sizeof i.index);
        }
    }
}

bool accuracy_measure(const case_buffers *s, bool nearest, accuracy *measured)
{
    const operation run = case_buffers_operation(s, s->result);
    exact right;
    memset(measured, 0, sizeof *measured);
    measured->bound = bound_of(s, nearest);
    if (!operation_run_exact(&run, &right))
        return false;
    compare(s, nearest, &right, measured);
    free(right.values);
    if (measured->greatest > 0)
        measured->share = measured->greatest / measured->bound;
    return true;
}
