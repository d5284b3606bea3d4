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

short_text workload_text(const workload *w)
{
    short_text text;
    snprintf(text.chars, sizeof text.chars, "%.100s %s %s size %" PRId64 " beta %.6g %s",
             shape_text(&w->shape).chars, request_layout_name(w->layout),
             cllrn_dtype_string(w->dtype), w->size, w->beta, workload_direction(w));
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
    return cllrn_params_within(&w->params, CLLRN_CONVENTION_TORCH, w->size, w->shape.rank - 2,
                               alpha, w->beta, k, error);
}

static cllrn_status make_tensor(workload *w, cllrn_error *error)
{
    const int32_t rank = w->shape.rank;
    w->tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
    if (w->layout > CHANNELS_FIRST)
        return cllrn_tensor_set_blocked(&w->tensor, w->dtype, rank, w->shape.dims, 1, w->layout,
                                        error);
    if (w->layout == CHANNELS_FIRST)
        return cllrn_tensor_set(&w->tensor, w->dtype, rank, w->shape.dims, NULL, 1, error);
    int64_t dims[CLLRN_MAX_RANK] = {w->shape.dims[0]};
    for (int axis = 2; axis < rank; ++axis)
        dims[axis - 1] = w->shape.dims[axis];
    dims[rank - 1] = w->shape.dims[1];
    return cllrn_tensor_set(&w->tensor, w->dtype, rank, dims, NULL, -1, error);
}

/* Sets params, tensor, span and bytes by the other members. */
static bool complete(workload *w)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    int64_t span = 0;
    cllrn_status status = make_params(w, &error);
    if (status == CLLRN_SUCCESS)
        status = make_tensor(w, &error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_tensor_span(&w->tensor, &span, NULL, &error);
    const size_t element = cllrn_dtype_size(w->dtype);
    w->bytes = (w->direction == CLLRN_DIRECTION_BACKWARD ? 3 : 2) * (double)element;
    for (int axis = 0; axis < w->shape.rank; ++axis)
        w->bytes *= (double)w->shape.dims[axis];
    if (!check(w, status, &error))
        return false;
    return lrn_size((uint64_t)span, element, &w->span) ||
           message_fail("a tensor of %" PRId64 " elements is more than this process can address",
                        span);
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
    workload w = {.region = r->region};
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
        if (!complete(&all.first[i])) {
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
    problem.src = &w->tensor;
    problem.dst = &w->tensor;
    problem.dy = w->direction == CLLRN_DIRECTION_BACKWARD ? &w->tensor : NULL;
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
