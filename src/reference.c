/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference implementation of LRN and its gradient, written as the formulas
 * read. It shares no arithmetic with the kernels, so that it can judge their
 * accuracy.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <tgmath.h>

#include <cllrn_verify.h>

#include "element.h"
#include "error.h"
#include "host.h"
#include "params.h"
#include "size.h"
#include "tensor.h"

/* The elements along the windows' axes at one position, in C order. */
typedef struct block {
    int64_t count, dims[CLLRN_MAX_WINDOW]; /* the first dims are 1 if there are fewer axes */
    double *x, *dy;                      /* exact for every dtype */
    double *result, *magnitude;          /* y, or dx and the magnitudes of its terms */
    void *work;                          /* three arrays of type REAL */
} block;

typedef struct window {
    int64_t first[CLLRN_MAX_WINDOW], last[CLLRN_MAX_WINDOW];
} window;

/* The window of element i: `lower` elements before to `upper` after it per axis, clipped. */
static window window_of(const block *b, int64_t i, int64_t lower, int64_t upper)
{
    window w;
    for (int axis = CLLRN_MAX_WINDOW - 1; axis >= 0; --axis) {
        const int64_t dim = b->dims[axis], at = i % dim;
        w.first[axis] = at > lower ? at - lower : 0;
        w.last[axis] = upper < dim - 1 - at ? at + upper : dim - 1;
        i /= dim;
    }
    return w;
}

/* For f32, f16 and bf16: their squares are exact in double. */
#define REAL double
#define NAME(name) name##_double
#include "reference_block.h"
#undef REAL
#undef NAME

/*
 * For f64. If long double is no wider than double, the reference has errors of
 * a few eps, and cannot judge errors of that size.
 */
#define REAL long double
#define NAME(name) name##_long_double
#include "reference_block.h"
#undef REAL
#undef NAME

static void compute(const cllrn_params *params, bool backward, bool f64, const block *b)
{
    if (params->beta == 0.0) {
        const double *from = backward ? b->dy : b->x;
        for (int64_t i = 0; i < b->count; ++i) {
            b->result[i] = from[i];
            b->magnitude[i] = fabs(from[i]);
        }
    } else if (backward) {
        (f64 ? backward_long_double : backward_double)(params, b);
    } else {
        (f64 ? forward_long_double : forward_double)(params, b);
    }
}

/* Lists the offsets of a block's elements from its first; `others` are the other axes. */
static void list_places(const cllrn_tensor *tensor, const int *others, int other_count,
                        int64_t *places)
{
    int64_t index[CLLRN_MAX_RANK] = {0};
    do
        *places++ = lrn_tensor_place(tensor, index);
    while (lrn_tensor_next(tensor, others, other_count, index));
}

static void gather(const cllrn_tensor *tensor, const void *data, const int64_t *index,
                   const int64_t *places, int64_t count, double *to)
{
    const int64_t first = lrn_tensor_place(tensor, index);
    for (int64_t i = 0; i < count; ++i)
        to[i] = lrn_element_get(tensor->dtype, data, first + places[i]);
}

/* Bytes that a block needs per element. */
enum { ELEMENT_SIZE = 3 * sizeof(long double) + 4 * sizeof(double) + 3 * sizeof(int64_t) };

/* Runs a checked job. magnitudes is NULL, or an array with the layout of dst. */
static cllrn_status run(const char *who, const lrn_host_job *job, double *magnitudes,
                        cllrn_error *error)
{
    int axes[CLLRN_MAX_WINDOW], others[CLLRN_MAX_RANK], other_count = 0;
    const int axis_count = lrn_tensor_window_axes(job->params, job->src, axes);
    block b = {.count = 1, .dims = {1, 1, 1}};
    for (int i = 0; i < axis_count; ++i) {
        const int64_t dim = job->src->dims[axes[i]];
        b.dims[CLLRN_MAX_WINDOW - axis_count + i] = dim;
        b.count *= dim;
    }
    for (int axis = 0, next = 0; axis < job->src->rank; ++axis) {
        if (next < axis_count && axes[next] == axis)
            ++next;
        else
            others[other_count++] = axis;
    }

    void *memory = lrn_size_alloc((uint64_t)b.count, ELEMENT_SIZE);
    if (memory == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY,
                        "%s: no memory for the %" PRId64 " elements of a window's axes", who,
                        b.count);
    b.work = memory;
    b.x = (double *)((long double *)memory + 3 * b.count);
    b.dy = b.x + b.count;
    b.result = b.dy + b.count;
    b.magnitude = b.result + b.count;
    int64_t *src_places = (int64_t *)(b.magnitude + b.count);
    int64_t *dy_places = src_places + b.count, *dst_places = dy_places + b.count;
    list_places(job->src, others, other_count, src_places);
    if (job->dy != NULL)
        list_places(job->dy, others, other_count, dy_places);
    list_places(job->dst, others, other_count, dst_places);

    int64_t index[CLLRN_MAX_RANK] = {0};
    do {
        /* In place is safe: the whole block is read before any of it is written. */
        gather(job->src, job->src_data, index, src_places, b.count, b.x);
        if (job->dy != NULL)
            gather(job->dy, job->dy_data, index, dy_places, b.count, b.dy);
        compute(job->params, job->dy != NULL, job->src->dtype == CLLRN_DTYPE_F64, &b);
        const int64_t first = lrn_tensor_place(job->dst, index);
        for (int64_t i = 0; i < b.count; ++i) {
            lrn_element_set(job->dst->dtype, job->dst_data, first + dst_places[i], b.result[i]);
            if (magnitudes != NULL)
                lrn_element_set(CLLRN_DTYPE_F64, magnitudes, first + dst_places[i], b.magnitude[i]);
        }
    } while (lrn_tensor_next(job->src, axes, axis_count, index));
    free(memory);
    lrn_host_clear_padding(job->dst, job->dst_data);
    return CLLRN_SUCCESS;
}

static cllrn_status run_into_tensor(const char *who, const lrn_host_job *job, cllrn_error *error)
{
    const cllrn_status status = lrn_host_check(who, job->params, job->src, job->src_data, job->dy,
                                               job->dy_data, job->dst, job->dst_data, error);
    if (status != CLLRN_SUCCESS || lrn_tensor_elements(job->src) == 0)
        return status;
    return run(who, job, NULL, error);
}

/* Runs a job without dst: dst_data is an array of doubles in C order. */
static cllrn_status run_into_doubles(const char *who, lrn_host_job job, double *magnitudes,
                                     cllrn_error *error)
{
    const cllrn_tensor *src = job.src;
    cllrn_status status;
    cllrn_tensor dst = CLLRN_TENSOR_INIT;
    if ((status = lrn_params_check(job.params, error)) != CLLRN_SUCCESS ||
        (status = lrn_tensor_check(src, "src", error)) != CLLRN_SUCCESS ||
        (status = cllrn_tensor_set(&dst, src->dtype, src->rank, src->dims, NULL, src->channel_axis,
                                   error)) != CLLRN_SUCCESS ||
        (status = lrn_tensor_check_all(job.params, src, job.dy, &dst, error)) != CLLRN_SUCCESS ||
        lrn_tensor_elements(src) == 0)
        return status;
    if (job.src_data == NULL || (job.dy != NULL && job.dy_data == NULL) || job.dst_data == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "%s: src, dy or dst data is NULL", who);
    dst.dtype = CLLRN_DTYPE_F64; /* src's dtype was for the checks: doubles hold every result */
    job.dst = &dst;
    return run(who, &job, magnitudes, error);
}

cllrn_status cllrn_reference_forward(const cllrn_params *params, const cllrn_tensor *src,
                                     const void *src_data, const cllrn_tensor *dst, void *dst_data,
                                     cllrn_error *error)
{
    const lrn_host_job job = {
        .params = params, .src = src, .src_data = src_data, .dst = dst, .dst_data = dst_data};
    return run_into_tensor("reference forward", &job, error);
}

cllrn_status cllrn_reference_backward(const cllrn_params *params, const cllrn_tensor *src,
                                      const void *src_data, const cllrn_tensor *dy,
                                      const void *dy_data, const cllrn_tensor *dst, void *dst_data,
                                      cllrn_error *error)
{
    const lrn_host_job job = {params, src, dy, dst, src_data, dy_data, dst_data};
    /* In a job, dy NULL means the forward direction. */
    const cllrn_status status = lrn_tensor_check(dy, "dy", error);
    return status != CLLRN_SUCCESS ? status : run_into_tensor("reference backward", &job, error);
}

cllrn_status cllrn_reference_forward_f64(const cllrn_params *params, const cllrn_tensor *src,
                                         const void *src_data, double *dst_data, cllrn_error *error)
{
    const lrn_host_job job = {
        .params = params, .src = src, .src_data = src_data, .dst_data = dst_data};
    return run_into_doubles("reference forward", job, NULL, error);
}

cllrn_status cllrn_reference_backward_f64(const cllrn_params *params, const cllrn_tensor *src,
                                          const void *src_data, const cllrn_tensor *dy,
                                          const void *dy_data, double *dst_data, double *magnitudes,
                                          cllrn_error *error)
{
    const lrn_host_job job = {params, src, dy, NULL, src_data, dy_data, dst_data};
    /* In a job, dy NULL means the forward direction. */
    const cllrn_status status = lrn_tensor_check(dy, "dy", error);
    if (status != CLLRN_SUCCESS)
        return status;
    return run_into_doubles("reference backward", job, magnitudes, error);
}
