/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <inttypes.h>

#include <cllrn_verify.h>

#include "element.h"
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

cllrn_status lrn_host_run(const char *who, const lrn_host_problem *problem, lrn_host_compute *how,
                          cllrn_error *error)
{
    const cllrn_status status = check(who, problem, error);
    if (status != CLLRN_SUCCESS || lrn_tensor_elements(problem->src) == 0)
        return status;
    if (!how(problem))
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY,
                        "%s: no memory for the elements along the window's axes at one position",
                        who);
    clear_padding(problem->dst, problem->dst_data);
    return CLLRN_SUCCESS;
}

/* Lists the offsets of a block's elements from its first. */
static void list_offsets(const cllrn_tensor *tensor, unsigned axes, int64_t *offsets)
{
    int64_t index[CLLRN_MAX_RANK] = {0};
    do
        *offsets++ = lrn_tensor_offset(tensor, index);
    while (lrn_tensor_next(tensor, axes, index));
}

bool lrn_host_block_make(const lrn_host_problem *problem, size_t each, lrn_host_block *block)
{
    lrn_host_block b = {.count = 1, .dims = {1, 1, 1}, .unit = CLLRN_MAX_WINDOW};
    const unsigned window = lrn_tensor_window_axes(problem->params, problem->src);
    for (int axis = problem->src->rank - 1; axis >= 0; --axis)
        if ((window >> axis & 1) != 0) {
            b.dims[--b.unit] = problem->src->dims[axis];
            b.count *= problem->src->dims[axis];
        }
    b.positions = ~window;
    b.work = lrn_size_alloc((uint64_t)b.count, each + 3 * sizeof *b.src);
    if (b.work == NULL)
        return false;
    b.src = (int64_t *)(void *)((char *)b.work + (size_t)b.count * each);
    b.dst = b.src + b.count;
    list_offsets(problem->src, window, b.src);
    list_offsets(problem->dst, window, b.dst);
    if (problem->backward) {
        b.dy = b.dst + b.count;
        list_offsets(problem->dy, window, b.dy);
    }
    *block = b;
    return true;
}

static bool compute(const lrn_host_problem *problem)
{
    return (problem->src->dtype == CLLRN_DTYPE_F64 ? lrn_host_compute_f64
                                                   : lrn_host_compute_f32)(problem);
}

cllrn_status cllrn_host_forward(const cllrn_params *params, const cllrn_tensor *src,
                                const void *src_data, const cllrn_tensor *dst, void *dst_data,
                                cllrn_error *error)
{
    const lrn_host_problem problem = {
        .params = params, .src = src, .src_data = src_data, .dst = dst, .dst_data = dst_data};
    return lrn_host_run("host forward", &problem, compute, error);
}

cllrn_status cllrn_host_backward(const cllrn_params *params, const cllrn_tensor *src,
                                 const void *src_data, const cllrn_tensor *dy, const void *dy_data,
                                 const cllrn_tensor *dst, void *dst_data, cllrn_error *error)
{
    const lrn_host_problem problem = {params,  src,      dy,   dst, src_data,
                                      dy_data, dst_data, true, NULL};
    return lrn_host_run("host backward", &problem, compute, error);
}
