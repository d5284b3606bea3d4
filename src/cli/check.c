/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "element.h"
#include "exact.h"
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

static bool compare_with_exact(const job *done, const box *part, check *result)
{
    const operand *const dst = &done->dst;
    const int32_t dtype = dst->tensor.dtype, arithmetic = element_arithmetic(dtype);
    exact right;
    if (!exact_make(done, &right))
        return false;
    size_t i = 0;
    for (iterator at = iterator_begin(&dst->tensor); at.more; iterator_next(&at), ++i) {
        const double value = element_get(dtype, dst->data, at.offset), expected = right.values[i];
        const double magnitude = right.magnitudes[i];
        keep_greater(&result->stored, exact_error(dtype, value, expected, magnitude, dtype, 0), &at,
                     part);
        keep_greater(&result->computed,
                     exact_error(dtype, value, expected, magnitude, arithmetic, 1), &at, part);
    }
    free(right.values);
    return true;
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
