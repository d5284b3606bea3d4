/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <inttypes.h>

#include <cllrn_verify.h>

#include "element.h"
#include "error.h"
#include "overlap.h"
#include "params.h"
#include "tensor.h"

/* Refuses a dst that overlaps a source, unless dst is the source in place. */
static cllrn_status check_overlap(const char *who, const cllrn_tensor *src, const void *src_data,
                                  const char *role, const cllrn_tensor *dst, const void *dst_data,
                                  cllrn_error *error)
{
    if (lrn_tensor_same_places(src, dst) && src_data == dst_data)
        return CLLRN_SUCCESS;
    const int64_t distance = (int64_t)((intptr_t)dst_data - (intptr_t)src_data);
    if (lrn_overlap_between(src, dst, distance))
        return lrn_fail(error, CLLRN_PARTIAL_OVERLAP,
                        "%s: %s and dst share some elements, dst lying %" PRId64
                        " bytes behind %s: make them the same or disjoint",
                        who, role, distance, role);
    return CLLRN_SUCCESS;
}

cllrn_status lrn_host_check(const char *who, const cllrn_params *params, const cllrn_tensor *src,
                            const void *src_data, const cllrn_tensor *dy, const void *dy_data,
                            const cllrn_tensor *dst, const void *dst_data, cllrn_error *error)
{
    cllrn_status status;
    if ((status = lrn_params_check(params, error)) != CLLRN_SUCCESS ||
        (status = lrn_tensor_check_all(params, src, dy, dst, error)) != CLLRN_SUCCESS)
        return status;
    if (lrn_tensor_elements(src) == 0)
        return CLLRN_SUCCESS;
    if (src_data == NULL || dst_data == NULL || (dy != NULL && dy_data == NULL))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "%s: src, dy or dst data is NULL", who);
    status = check_overlap(who, src, src_data, "src", dst, dst_data, error);
    if (status == CLLRN_SUCCESS && dy != NULL)
        status = check_overlap(who, dy, dy_data, "dy", dst, dst_data, error);
    return status;
}

void lrn_host_clear_padding(const cllrn_tensor *dst, void *dst_data)
{
    const int channels = lrn_tensor_channel_axis(dst);
    const int64_t block = lrn_tensor_block(dst);
    int64_t index[CLLRN_MAX_RANK] = {0};
    if (dst->dims[channels] % block == 0)
        return;
    do {
        const int64_t place = lrn_tensor_place(dst, index);
        for (int64_t c = dst->dims[channels]; c % block != 0; ++c)
            lrn_element_set(dst->dtype, dst_data, place + lrn_tensor_offset(dst, channels, c), 0.0);
    } while (lrn_tensor_next(dst, &channels, 1, index));
}

static cllrn_status run(const char *who, const lrn_host_job *job, cllrn_error *error)
{
    const cllrn_status status = lrn_host_check(who, job->params, job->src, job->src_data, job->dy,
                                               job->dy_data, job->dst, job->dst_data, error);
    if (status != CLLRN_SUCCESS || lrn_tensor_elements(job->src) == 0)
        return status;
    if (!(job->src->dtype == CLLRN_DTYPE_F64 ? lrn_host_run_f64(job) : lrn_host_run_f32(job)))
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "%s: no memory for one position's window axes",
                        who);
    lrn_host_clear_padding(job->dst, job->dst_data);
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_host_forward(const cllrn_params *params, const cllrn_tensor *src,
                                const void *src_data, const cllrn_tensor *dst, void *dst_data,
                                cllrn_error *error)
{
    const lrn_host_job job = {
        .params = params, .src = src, .src_data = src_data, .dst = dst, .dst_data = dst_data};
    return run("host forward", &job, error);
}

cllrn_status cllrn_host_backward(const cllrn_params *params, const cllrn_tensor *src,
                                 const void *src_data, const cllrn_tensor *dy, const void *dy_data,
                                 const cllrn_tensor *dst, void *dst_data, cllrn_error *error)
{
    const lrn_host_job job = {params, src, dy, dst, src_data, dy_data, dst_data};
    if (dy == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "host backward: dy: NULL or not initialised: begin with CLLRN_TENSOR_INIT");
    return run("host backward", &job, error);
}
