/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference implementation of LRN and its gradient, written as the formulas
 * read. It shares no arithmetic with the kernels, so that it can judge their
 * accuracy.
 */
#include <stdlib.h>
#include <tgmath.h>

#include <cllrn_verify.h>

#include "element.h"
#include "host.h"
#include "params.h"
#include "tensor.h"

/* A block's elements, and what becomes of them. */
typedef struct block {
    int64_t count;
    const int64_t *dims;        /* CLLRN_MAX_WINDOW of them */
    double *x, *dy;             /* exact for every dtype */
    double *result, *magnitude; /* y, or dx and the magnitudes of its terms */
    void *work;                 /* three arrays of type REAL */
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

static void compute_block(const lrn_host_problem *p, const block *b)
{
    const bool f64 = p->src->dtype == CLLRN_DTYPE_F64;
    if (p->params->beta == 0.0) {
        const double *from = p->backward ? b->dy : b->x;
        for (int64_t i = 0; i < b->count; ++i) {
            b->result[i] = from[i];
            b->magnitude[i] = fabs(from[i]);
        }
    } else if (p->backward) {
        (f64 ? backward_long_double : backward_double)(p->params, b);
    } else {
        (f64 ? forward_long_double : forward_double)(p->params, b);
    }
}

static void gather(const cllrn_tensor *tensor, const void *data, const int64_t *index,
                   const int64_t *offsets, int64_t count, double *to)
{
    const int64_t start = lrn_tensor_offset(tensor, index);
    for (int64_t i = 0; i < count; ++i)
        to[i] = lrn_element_get(tensor->dtype, data, start + offsets[i]);
}

static void scatter(const cllrn_tensor *tensor, cllrn_dtype dtype, void *data, const int64_t *index,
                    const lrn_host_block *to, const double *from)
{
    const int64_t start = lrn_tensor_offset(tensor, index);
    for (int64_t i = 0; i < to->count; ++i)
        lrn_element_set(dtype, data, start + to->dst[i], from[i]);
}

/* Computes a checked problem. The results and the magnitudes are laid out as dst. */
static bool compute_as(const lrn_host_problem *p, cllrn_dtype dtype)
{
    lrn_host_block at;
    if (!lrn_host_block_make(p, 3 * sizeof(long double) + 4 * sizeof(double), &at))
        return false;
    block b = {.count = at.count, .dims = at.dims, .work = at.work};
    b.x = (double *)((long double *)at.work + 3 * b.count);
    b.dy = b.x + b.count;
    b.result = b.dy + b.count;
    b.magnitude = b.result + b.count;
    int64_t index[CLLRN_MAX_RANK] = {0};
    do {
        /* In place is safe: the whole block is read before any of it is written. */
        gather(p->src, p->src_data, index, at.src, b.count, b.x);
        if (p->backward)
            gather(p->dy, p->dy_data, index, at.dy, b.count, b.dy);
        compute_block(p, &b);
        scatter(p->dst, dtype, p->dst_data, index, &at, b.result);
        if (p->magnitudes != NULL)
            scatter(p->dst, CLLRN_DTYPE_F64, p->magnitudes, index, &at, b.magnitude);
    } while (lrn_tensor_next(p->src, at.positions, index));
    free(at.work);
    return true;
}

static bool compute(const lrn_host_problem *problem)
{
    return compute_as(problem, problem->dst->dtype);
}

static bool compute_doubles(const lrn_host_problem *problem)
{
    return compute_as(problem, CLLRN_DTYPE_F64);
}

/* Runs a problem without dst: dst_data is an array of doubles in C order. */
static cllrn_status run_into_doubles(const char *who, lrn_host_problem p, cllrn_error *error)
{
    cllrn_tensor dst = CLLRN_TENSOR_INIT; /* of src's dtype, for the checks */
    cllrn_status status = lrn_tensor_check(p.src, "src", error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_tensor_set(&dst, p.src->dtype, p.src->rank, p.src->dims, NULL,
                                  p.src->channel_axis, error);
    p.dst = &dst;
    return status != CLLRN_SUCCESS ? status : lrn_host_run(who, &p, compute_doubles, error);
}

cllrn_status cllrn_reference_forward(const cllrn_params *params, const cllrn_tensor *src,
                                     const void *src_data, const cllrn_tensor *dst, void *dst_data,
                                     cllrn_error *error)
{
    const lrn_host_problem problem = {
        .params = params, .src = src, .src_data = src_data, .dst = dst, .dst_data = dst_data};
    return lrn_host_run("reference forward", &problem, compute, error);
}

cllrn_status cllrn_reference_backward(const cllrn_params *params, const cllrn_tensor *src,
                                      const void *src_data, const cllrn_tensor *dy,
                                      const void *dy_data, const cllrn_tensor *dst, void *dst_data,
                                      cllrn_error *error)
{
    const lrn_host_problem problem = {params,  src,      dy,   dst, src_data,
                                      dy_data, dst_data, true, NULL};
    return lrn_host_run("reference backward", &problem, compute, error);
}

cllrn_status cllrn_reference_forward_f64(const cllrn_params *params, const cllrn_tensor *src,
                                         const void *src_data, double *dst_data, cllrn_error *error)
{
    const lrn_host_problem problem = {
        .params = params, .src = src, .src_data = src_data, .dst_data = dst_data};
    return run_into_doubles("reference forward", problem, error);
}

cllrn_status cllrn_reference_backward_f64(const cllrn_params *params, const cllrn_tensor *src,
                                          const void *src_data, const cllrn_tensor *dy,
                                          const void *dy_data, double *dst_data, double *magnitudes,
                                          cllrn_error *error)
{
    const lrn_host_problem problem = {params,  src,      dy,   NULL,      src_data,
                                      dy_data, dst_data, true, magnitudes};
    return run_into_doubles("reference backward", problem, error);
}
