/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <cllrn_verify.h>

#include "error.h"
#include "params.h"
#include "size.h"
#include "tensor.h"

/* Refuses a dst that overlaps a source, unless dst is the source in place. */
static cllrn_status check_overlap(const char *who, const cllrn_tensor *src, const void *src_data,
                                  const char *role, const lrn_host_problem *p, cllrn_error *error)
{
    if (lrn_tensor_same_layout(src, p->dst) && src_data == p->dst_data)
        return CLLRN_SUCCESS;
    const int64_t distance = (int64_t)((intptr_t)p->dst_data - (intptr_t)src_data);
    if (lrn_tensor_overlap(src, p->dst, distance))
        return lrn_fail(error, CLLRN_PARTIAL_OVERLAP,
                        "%s: %s and dst share some elements, dst lying %" PRId64
                        " bytes behind %s: make them the same or disjoint",
                        who, role, distance, role);
    return CLLRN_SUCCESS;
}

static cllrn_status check(const char *who, const lrn_host_problem *p, cllrn_error *error)
{
    cllrn_status status;
    if ((status = lrn_params_check(p->params, error)) != CLLRN_SUCCESS ||
        (p->backward && (status = lrn_tensor_check(p->dy, "dy", error)) != CLLRN_SUCCESS) ||
        (status = lrn_tensor_check_all(p->params, p->src, p->dy, p->dst, error)) != CLLRN_SUCCESS ||
        lrn_tensor_elements(p->src) == 0)
        return status;
    if (p->src_data == NULL || p->dst_data == NULL || (p->backward && p->dy_data == NULL))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "%s: src, dy or dst data is NULL", who);
    status = check_overlap(who, p->src, p->src_data, "src", p, error);
    if (status == CLLRN_SUCCESS && p->backward)
        status = check_overlap(who, p->dy, p->dy_data, "dy", p, error);
    return status;
}

/* Writes zeros to the padding of the destination's last channel block. */
static void clear_padding(const cllrn_tensor *dst, void *data)
{
    const int channels = lrn_tensor_channel_axis(dst);
    const int64_t block = lrn_tensor_block(dst);
    int64_t index[CLLRN_MAX_RANK] = {0};
    if (dst->dims[channels] % block == 0)
        return;
    do {
        const int64_t start = lrn_tensor_offset(dst, index);
        for (int64_t c = dst->dims[channels]; c % block != 0; ++c)
            lrn_element_set(dst->dtype, data, start + lrn_tensor_axis_offset(dst, channels, c),
                            0.0);
    } while (lrn_tensor_next(dst, ~(1u << channels), index));
}

/* Lists the offsets of a block's elements from its first. */
static void list_offsets(const cllrn_tensor *tensor, unsigned axes, int64_t *offsets)
{
    int64_t index[CLLRN_MAX_RANK] = {0};
    do
        *offsets++ = lrn_tensor_offset(tensor, index);
    while (lrn_tensor_next(tensor, axes, index));
}

/* False: out of memory. The caller frees block->work. */
static bool make_block(const lrn_host_problem *problem, size_t work, lrn_host_block *block)
{
    lrn_host_block b = {
        .problem = problem, .count = 1, .dims = {1, 1, 1}, .unit = CLLRN_MAX_WINDOW};
    const unsigned window = lrn_tensor_window_axes(problem->params, problem->src);
    for (int axis = problem->src->rank - 1; axis >= 0; --axis)
        if ((window >> axis & 1) != 0) {
            b.dims[--b.unit] = problem->src->dims[axis];
            b.count *= problem->src->dims[axis];
        }
    b.positions = ~window;
    b.work = lrn_size_alloc((uint64_t)b.count, work + 4 * sizeof *b.x + 3 * sizeof *b.src_offsets);
    if (b.work == NULL)
        return false;
    b.x = (double *)(void *)((char *)b.work + (size_t)b.count * work);
    b.dy = b.x + b.count;
    b.result = b.dy + b.count;
    b.magnitude = b.result + b.count;
    b.src_offsets = (int64_t *)(void *)(b.magnitude + b.count);
    b.dy_offsets = b.src_offsets + b.count;
    b.dst_offsets = b.dy_offsets + b.count;
    list_offsets(problem->src, window, b.src_offsets);
    if (problem->backward)
        list_offsets(problem->dy, window, b.dy_offsets);
    list_offsets(problem->dst, window, b.dst_offsets);
    *block = b;
    return true;
}

/* memcpy, because the caller's data may have any alignment; compiles to a plain load or store. */
static double get(cllrn_dtype dtype, const void *data, int64_t at)
{
    float value;
    if (dtype != CLLRN_DTYPE_F32)
        return lrn_element_get(dtype, data, at);
    memcpy(&value, (const char *)data + at * (int64_t)sizeof value, sizeof value);
    return (double)value;
}

static void set(cllrn_dtype dtype, void *data, int64_t at, double value)
{
    const float single = (float)value;
    if (dtype == CLLRN_DTYPE_F32 && !isnan(single))
        memcpy((char *)data + at * (int64_t)sizeof single, &single, sizeof single);
    else
        lrn_element_set(dtype, data, at, value);
}

static void load(const lrn_host_block *b, const cllrn_tensor *tensor, const void *data,
                 const int64_t *offsets, double *to)
{
    const int64_t start = lrn_tensor_offset(tensor, b->index);
    for (int64_t i = 0; i < b->count; ++i)
        to[i] = get(tensor->dtype, data, start + offsets[i]);
}

/* Both results are laid out as dst. */
static void store(const lrn_host_block *b, cllrn_dtype dtype, void *data, const double *from)
{
    const int64_t start = lrn_tensor_offset(b->problem->dst, b->index);
    for (int64_t i = 0; i < b->count; ++i)
        set(dtype, data, start + b->dst_offsets[i], from[i]);
}

bool lrn_host_block_next(lrn_host_block *b)
{
    const lrn_host_problem *const p = b->problem;
    if (b->begun) {
        /* In place is safe: the whole block was read before any of it is written. */
        store(b, p->doubles ? CLLRN_DTYPE_F64 : p->dst->dtype, p->dst_data, b->result);
        if (p->magnitudes != NULL)
            store(b, CLLRN_DTYPE_F64, p->magnitudes, b->magnitude);
        if (!lrn_tensor_next(p->src, b->positions, b->index))
            return false;
    }
    b->begun = true;
    load(b, p->src, p->src_data, b->src_offsets, b->x);
    if (p->backward)
        load(b, p->dy, p->dy_data, b->dy_offsets, b->dy);
    return true;
}

cllrn_status lrn_host_run(const char *who, const lrn_host_problem *problem,
                          lrn_host_compute *compute, size_t work, cllrn_error *error)
{
    const cllrn_status status = check(who, problem, error);
    if (status != CLLRN_SUCCESS || lrn_tensor_elements(problem->src) == 0)
        return status;
    lrn_host_block block;
    const bool made = make_block(problem, work, &block), computed = made && compute(&block);
    if (made)
        free(block.work);
    if (!computed)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY,
                        "%s: no memory for the elements along the window's axes at one position",
                        who);
    clear_padding(problem->dst, problem->dst_data);
    return CLLRN_SUCCESS;
}

/* For the four arrays of host_kernel.h. */
#define WORK (4 * sizeof(double))

static bool compute(lrn_host_block *block)
{
    const bool f64 = block->problem->src->dtype == CLLRN_DTYPE_F64;
    return (f64 ? lrn_host_compute_f64 : lrn_host_compute_f32)(block);
}

cllrn_status cllrn_host_forward(const cllrn_params *params, const cllrn_tensor *src,
                                const void *src_data, const cllrn_tensor *dst, void *dst_data,
                                cllrn_error *error)
{
    const lrn_host_problem problem = {
        .params = params, .src = src, .src_data = src_data, .dst = dst, .dst_data = dst_data};
    return lrn_host_run("host forward", &problem, compute, WORK, error);
}

cllrn_status cllrn_host_backward(const cllrn_params *params, const cllrn_tensor *src,
                                 const void *src_data, const cllrn_tensor *dy, const void *dy_data,
                                 const cllrn_tensor *dst, void *dst_data, cllrn_error *error)
{
    const lrn_host_problem problem = {params,  src,      dy,   dst,   src_data,
                                      dy_data, dst_data, true, false, NULL};
    return lrn_host_run("host backward", &problem, compute, WORK, error);
}
