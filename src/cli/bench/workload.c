/* SPDX-License-Identifier: Apache-2.0 */
#include "workload.h"

#include "message.h"

#include "../../size.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *workload_direction(const workload *w)
{
    return w->direction == CLLRN_DIRECTION_BACKWARD ? "backward" : "forward";
}

int workload_window_axes(const workload *w)
{
    return w->region == WITHIN_CHANNEL ? w->shape.rank - 2 : 0;
}

short_text workload_text(const workload *w)
{
    short_text text;
    snprintf(text.chars, sizeof text.chars, "%.100s %s %s size %" PRId64 " beta %.6g %s",
             shape_text(&w->shape).chars, request_layout_name(w->layout),
             request_dtype_name(w->dtype), w->size, w->beta, workload_direction(w));
    return text;
}

/* True for success; else false after the workload and the library's message. */
static bool check(const workload *w, cllrn_status status, const cllrn_error *error)
{
    return status == CLLRN_SUCCESS ||
           message_fail("%s: %s", workload_text(w).chars, message_of_library(status, error));
}

/* ------------------------------------------------------------------------ lists */

static cllrn_status make_params(workload *w, cllrn_error *error)
{
    const double alpha = 1e-4, k = 1;
    w->params = (cllrn_params)CLLRN_PARAMS_INIT;
    if (w->region == ACROSS_CHANNELS)
        return cllrn_params_across(&w->params, CLLRN_CONVENTION_TORCH, w->size, alpha, w->beta, k,
                                   error);
    return cllrn_params_within(&w->params, CLLRN_CONVENTION_TORCH, w->size, workload_window_axes(w),
                               alpha, w->beta, k, error);
}

/* The axis of the channels in the order of the memory. */
static int channel_axis(const workload *w)
{
    const int last = w->shape.rank - 1;
    if (w->layout == CHANNELS_LAST || w->layout == CHANNELS_LAST_GAPS)
        return last;
    return w->layout == CHANNELS_BETWEEN_ROWS && last > 1 ? last - 1 : 1;
}

static cllrn_status make_tensor(const workload *w, int32_t dtype, cllrn_tensor *made,
                                cllrn_error *error)
{
    const int32_t rank = w->shape.rank, channels = channel_axis(w);
    int64_t dims[CLLRN_MAX_RANK], strides[CLLRN_MAX_RANK], stride = 1;
    for (int axis = 0, other = 0; axis < rank; ++axis) {
        dims[axis] = w->shape.dims[axis == channels ? 1 : other];
        if (axis != channels)
            other += other == 0 ? 2 : 1;
    }
    for (int axis = rank - 1; axis >= 0; --axis) {
        strides[axis] = stride;
        stride *= dims[axis];
        if (axis == channels && w->layout == CHANNELS_LAST_GAPS)
            stride *= 2;
    }
    *made = (cllrn_tensor)CLLRN_TENSOR_INIT;
    if (w->layout > CHANNELS_FIRST)
        return cllrn_tensor_set_blocked(made, dtype, rank, dims, channels, w->layout, error);
    return cllrn_tensor_set(made, dtype, rank, dims, strides, channels, error);
}
/* Sets the bytes of a tensor's memory, and of the cache lines that its elements lie in. */
static bool measure_tensor(const workload *w, const cllrn_tensor *t, size_t *size, double *lines)
{
    enum { LINE = 64 };
    cllrn_error error = CLLRN_ERROR_INIT;
    int64_t span = 0;
    const size_t element = cllrn_dtype_size(t->dtype);
    if (!check(w, cllrn_tensor_span(t, &span, NULL, &error), &error))
        return false;
    if (!lrn_size((uint64_t)span, element, size))
        return message_fail(
            "a tensor of %" PRId64 " elements is more than this process can address", span);
    const bool skips_lines =
        w->layout == CHANNELS_LAST_GAPS && (size_t)w->shape.dims[1] * element >= LINE;
    *lines = (double)*size;
    if (skips_lines) {
        *lines = (double)element;
        for (int axis = 0; axis < t->rank; ++axis)
            *lines *= (double)t->dims[axis];
    }
    return true;
}

bool workload_complete(workload *w)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    const bool mixed = w->dtype == MIXED, backward = w->direction == CLLRN_DIRECTION_BACKWARD;
    cllrn_status status = make_params(w, &error);
    if (status == CLLRN_SUCCESS)
        status = make_tensor(w, mixed ? CLLRN_DTYPE_F16 : w->dtype, &w->source, &error);
    if (status == CLLRN_SUCCESS)
        status = make_tensor(w, mixed ? CLLRN_DTYPE_F32 : w->dtype, &w->result, &error);
    double source, result;
    if (!check(w, status, &error) || !measure_tensor(w, &w->source, &w->source_size, &source) ||
        !measure_tensor(w, &w->result, &w->result_size, &result))
        return false;
    w->bytes = (backward ? 2 : 1) * source + result;
    return true;
}

/* Takes an index below `count` off the number of a combination. */
static int take(int *number, int count)
{
    const int index = *number % count;
    *number /= count;
    return index;
}

static int direction_count(const request *r)
{
    return r->directions == (FORWARD | BACKWARD) ? 2 : 1;
}

/* Combination `number` of the request's lists. */
static workload combine(const request *r, int number)
{
    const bool backward = take(&number, direction_count(r)) || r->directions == BACKWARD;
    workload w = {.region = r->regions};
    w.aliasing = r->in_place ? CLLRN_ALIASING_IN_PLACE : CLLRN_ALIASING_DISJOINT;
    w.direction = backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD;
    w.beta = r->betas[take(&number, r->beta_count)];
    w.size = r->sizes[take(&number, r->size_count)];
    w.layout = r->layouts[take(&number, r->layout_count)];
    w.dtype = r->dtypes[take(&number, r->dtype_count)];
    w.shape = r->shapes[number];
    return w;
}

workload_range workloads_make(const request *r)
{
    const int count = direction_count(r) * r->beta_count * r->size_count * r->layout_count *
                      r->dtype_count * r->shape_count;
    workload_range all = {calloc((size_t)count, sizeof *all.first), count};
    if (!all.first)
        message_fail("out of memory for %d combinations", count);
    for (int i = 0; all.first && i < count; ++i) {
        all.first[i] = combine(r, i);
        if (!workload_complete(&all.first[i])) {
            free(all.first);
            all.first = NULL;
        }
    }
    return all;
}

void workloads_free(workload_range all)
{
    for (int i = 0; all.first && i < all.count; ++i)
        cllrn_plan_destroy(all.first[i].plan);
    free(all.first);
}

/* ------------------------------------------------------------------------- runs */

bool workload_plan(const workload *w, cllrn_engine *engine, const char *variant, cllrn_plan **plan)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.direction = w->direction;
    problem.params = &w->params;
    problem.src = &w->source;
    problem.dst = &w->result;
    problem.dy = w->direction == CLLRN_DIRECTION_BACKWARD ? &w->source : NULL;
    problem.variant = variant;
    problem.aliasing = w->aliasing;
    const cllrn_status status = cllrn_plan_create(engine, &problem, plan, &error);
    if (variant && status == CLLRN_INVALID_VARIANT)
        return message_fail("--variant %s cannot run %s here: leave it out, or name another",
                            variant, workload_text(w).chars);
    return check(w, status, &error);
}

bool workload_start(void *self, cl_event *done)
{
    const workload *const w = self;
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_operands operands = CLLRN_OPERANDS_INIT;
    operands.src = &w->x;
    operands.dy = w->direction == CLLRN_DIRECTION_BACKWARD ? &w->dy : NULL;
    operands.dst = &w->dst;
    operands.scratch = w->scratch.buffer ? &w->scratch : NULL;
    const cllrn_status status =
        cllrn_enqueue(w->plan, w->on->queue, &operands, 0, NULL, done, &error);
    return check(w, status, &error);
}
