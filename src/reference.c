/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference implementation of LRN and its gradient, written as the formulas
 * read. It shares no arithmetic with the kernels, so that it can judge their
 * accuracy.
 */
#include <stdlib.h>
#include <tgmath.h>

#include <cllrn_verify.h>

#include "host.h"
#include "params.h"
#include "tensor.h"

typedef struct window {
    int64_t first[CLLRN_MAX_WINDOW], last[CLLRN_MAX_WINDOW];
} window;

/* The window of element i: `lower` elements before to `upper` after it per axis, clipped. */
static window window_of(const lrn_host_block *b, int64_t i, int64_t lower, int64_t upper)
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

/* Bytes of work memory for each element. */
#define WORK (3 * sizeof(long double))

static bool compute(lrn_host_block *block)
{
    const bool backward = block->problem->backward,
               f64 = block->problem->src->dtype == CLLRN_DTYPE_F64;
    void (*const compute_block)(const lrn_host_block *) =
        backward ? (f64 ? backward_long_double : backward_double)
                 : (f64 ? forward_long_double : forward_double);
    while (lrn_host_block_next(block))
        compute_block(block);
    return true;
}

/* Runs a problem without dst: dst_data is an array of doubles in C order. */
static cllrn_status run_into_doubles(const char *who, lrn_host_problem p, cllrn_error *error)
{
    cllrn_tensor dst = CLLRN_TENSOR_INIT; /* of src's dtype, for the checks */
    p.doubles = true;
    cllrn_status status = lrn_tensor_check(p.src, "src", error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_tensor_set(&dst, p.src->dtype, p.src->rank, p.src->dims, NULL,
                                  p.src->channel_axis, error);
    p.dst = &dst;
    return status != CLLRN_SUCCESS ? status : lrn_host_run(who, &p, compute, WORK, error);
}

cllrn_status cllrn_reference_forward(const cllrn_params *params, const cllrn_tensor *src,
                                     const void *src_data, const cllrn_tensor *dst, void *dst_data,
                                     cllrn_error *error)
{
    const lrn_host_problem problem = {
        .params = params, .src = src, .src_data = src_data, .dst = dst, .dst_data = dst_data};
    return lrn_host_run("reference forward", &problem, compute, WORK, error);
}

cllrn_status cllrn_reference_backward(const cllrn_params *params, const cllrn_tensor *src,
                                      const void *src_data, const cllrn_tensor *dy,
                                      const void *dy_data, const cllrn_tensor *dst, void *dst_data,
                                      cllrn_error *error)
{
    const lrn_host_problem problem = {params,  src,      dy,   dst,   src_data,
                                      dy_data, dst_data, true, false, NULL};
    return lrn_host_run("reference backward", &problem, compute, WORK, error);
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
    const lrn_host_problem problem = {params,  src,      dy,   NULL, src_data,
                                      dy_data, dst_data, true, true, magnitudes};
    return run_into_doubles("reference backward", problem, error);
}
