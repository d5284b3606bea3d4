/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "element.h"
#include "iterator.h"
#include "message.h"

#include <cllrn_verify.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static void keep_greater(check_error *greatest, double eps, const iterator *at, const box *part)
{
    if (!(eps > greatest->eps))
        return;
    greatest->eps = eps;
    for (int axis = 0; axis < CLLRN_MAX_RANK; ++axis)
        greatest->where[axis] = part->first[axis] + at->index[axis];
}

static bool compare_with_exact(const operation *done, const box *part, check *result)
{
    const operand *const dst = &done->dst;
    const int32_t dtype = dst->tensor.dtype, arithmetic = element_arithmetic(dtype);
    exact right;
    if (!operation_run_exact(done, &right))
        return false;
    size_t i = 0;
    for (iterator at = iterator_begin(&dst->tensor); at.more; iterator_next(&at), ++i) {
        const double value = element_get(dtype, dst->data, at.offset), expected = right.values[i];
        const double magnitude = right.magnitudes[i];
        keep_greater(&result->stored, element_error(dtype, value, expected, magnitude, dtype, 0),
                     &at, part);
        keep_greater(&result->computed,
                     element_error(dtype, value, expected, magnitude, arithmetic, 1), &at, part);
    }
    free(right.values);
    return true;
}

static bool digest_host(const operation *done, const box *part, const int64_t *whole_dims,
                        check *result)
{
    operation again = *done;
    again.dst.data = malloc(done->dst.size ? (size_t)done->dst.size : 1);
    if (!again.dst.data)
        return message_fail("out of memory for %" PRIu64 " bytes to check against", done->dst.size);
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_status status = operation_run(&again, false, &error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_digest_box(&again.dst.tensor, again.dst.data, part->first, whole_dims,
                                  &result->host_digest, &error);
    free(again.dst.data);
    return message_check(status, &error);
}

/* The sum over the taps of the element's window that lie in the tensor. */
static double sum_of_squares(const operand *src, const iterator *at, const iterator_window *windows,
                             int count)
{
    int64_t first[CLLRN_MAX_WINDOW] = {0}, last[CLLRN_MAX_WINDOW] = {0};
    int64_t stride[CLLRN_MAX_WINDOW] = {0};
    for (int i = 0; i < count; ++i) {
        const iterator_window *const w = &windows[i];
        const int64_t before = at->index[w->axis], behind = at->tensor->dims[w->axis] - 1 - before;
        first[i] = before < w->lower ? -before : -w->lower;
        last[i] = behind < w->upper ? behind : w->upper;
        stride[i] = at->tensor->strides[w->axis];
    }
    double sum = 0;
    for (int64_t i = first[2]; i <= last[2]; ++i)
        for (int64_t j = first[1]; j <= last[1]; ++j)
            for (int64_t l = first[0]; l <= last[0]; ++l) {
                const double x =
                    element_get(src->tensor.dtype, src->data,
                                at->offset + i * stride[2] + j * stride[1] + l * stride[0]);
                sum += x * x;
            }
    return sum;
}

static void add_range_of_s(const operation *done, check *result)
{
    const cllrn_params *const params = done->params;
    const operand *const src = &done->src;
    iterator_window windows[CLLRN_MAX_WINDOW];
    const int count = iterator_windows(params, &src->tensor, windows);
    for (iterator at = iterator_begin(&src->tensor); at.more; iterator_next(&at)) {
        const double sum = sum_of_squares(src, &at, windows, count);
        const double s = params->k + params->alpha / params->divisor * sum;
        result->least_s = fmin(result->least_s, s);
        result->greatest_s = fmax(result->greatest_s, s);
    }
}

check check_begin(void)
{
    return (check){.least_s = INFINITY, .greatest_s = -INFINITY};
}

bool check_add(check *result, const operation *done, const box *part, const int64_t *whole_dims)
{
    add_range_of_s(done, result);
    return compare_with_exact(done, part, result) && digest_host(done, part, whole_dims, result);
}

/* Of equal errors it keeps the one at the lower index, whichever part was checked first. */
static void merge_error(check_error *result, const check_error *other)
{
    int order = 0;
    for (int axis = 0; order == 0 && axis < CLLRN_MAX_RANK; ++axis)
        order =
            (other->where[axis] > result->where[axis]) - (other->where[axis] < result->where[axis]);
    if (other->eps > result->eps || (other->eps == result->eps && order < 0))
        *result = *other;
}

void check_merge(check *result, const check *other)
{
    merge_error(&result->stored, &other->stored);
    merge_error(&result->computed, &other->computed);
    result->least_s = fmin(result->least_s, other->least_s);
    result->greatest_s = fmax(result->greatest_s, other->greatest_s);
    result->host_digest += other->host_digest;
}
