/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A walk over a tensor's elements in C order. */
typedef struct walk {
    const cllrn_tensor *tensor;
    int64_t index[CLLRN_MAX_RANK];
    int64_t offset; /* in elements */
} walk;

static void step(walk *w)
{
    for (int axis = w->tensor->rank - 1; axis >= 0; --axis) {
        w->offset += w->tensor->strides[axis];
        if (++w->index[axis] < w->tensor->dims[axis])
            return;
        w->offset -= w->tensor->strides[axis] * w->tensor->dims[axis];
        w->index[axis] = 0;
    }
}

static double relative_error(float value, double exact)
{
    const float rounded = (float)exact;
    if (value == rounded && (value == 0 || isinf(value)))
        return 0; /* an infinity the exact value rounds to, a zero for one below all floats */
    if (isnan(value) || isnan(exact))
        return isnan(value) && isnan(exact) ? 0 : INFINITY;
    const double difference = (double)value - exact;
    return (difference < 0 ? -difference : difference) / (exact < 0 ? -exact : exact) * 0x1p23;
}

static void compare(const forward *job, const double *exact, check *result)
{
    const size_t count = job->size / sizeof *job->dst;
    walk w = {.tensor = job->tensor};
    result->error = 0;
    memset(result->where, 0, sizeof result->where);
    for (size_t i = 0; i < count; ++i, step(&w)) {
        const double error = relative_error(job->dst[w.offset], exact[i]);
        if (error > result->error) {
            result->error = error;
            memcpy(result->where, w.index, sizeof w.index);
        }
    }
}

static double s_at(const forward *job, const walk *w, int axis)
{
    const cllrn_params *const params = job->params;
    const int64_t channel = w->index[axis], last = w->tensor->dims[axis] - 1;
    const int64_t lower = channel < params->lower ? channel : params->lower;
    const int64_t upper = last - channel < params->upper ? last - channel : params->upper;
    double sum = 0;
    for (int64_t tap = -lower; tap <= upper; ++tap) {
        const double x = (double)job->src[w->offset + tap * w->tensor->strides[axis]];
        sum += x * x;
    }
    return params->k + params->alpha / params->divisor * sum;
}

static void measure_s(const forward *job, check *result)
{
    const size_t count = job->size / sizeof *job->src;
    const int axis =
        job->tensor->channel_axis + (job->tensor->channel_axis < 0 ? job->tensor->rank : 0);
    walk w = {.tensor = job->tensor};
    result->least_s = INFINITY;
    result->greatest_s = -INFINITY;
    for (size_t i = 0; i < count; ++i, step(&w)) {
        const double s = s_at(job, &w, axis);
        if (s < result->least_s)
            result->least_s = s;
        if (s > result->greatest_s)
            result->greatest_s = s;
    }
}

static bool compare_with_exact(const forward *job, check *result)
{
    const size_t count = job->size / sizeof *job->dst;
    double *const exact = calloc(count ? count : 1, sizeof *exact);
    if (!exact)
        return message_fail("out of memory for %zu doubles to check against", count);
    cllrn_error error = CLLRN_ERROR_INIT;
    const bool computed = message_check(
        cllrn_reference_forward_f64(job->params, job->tensor, job->src, exact, &error), &error);
    if (computed)
        compare(job, exact, result);
    free(exact);
    return computed;
}

static bool digest_host(const forward *job, check *result)
{
    float *const host = malloc(job->size ? job->size : 1);
    if (!host)
        return message_fail("out of memory for %zu bytes to check against", job->size);
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_status status =
        cllrn_host_forward(job->params, job->tensor, job->src, job->tensor, host, &error);
    result->host_digest = 0;
    if (status == CLLRN_SUCCESS)
        status = cllrn_digest(job->tensor, host, 0, &result->host_digest, &error);
    free(host);
    return message_check(status, &error);
}

bool check_run(const forward *job, check *result)
{
    measure_s(job, result);
    return compare_with_exact(job, result) && digest_host(job, result);
}
