/* SPDX-License-Identifier: Apache-2.0 */
/* The digest of a tensor: a sum of hashes of its elements, independent of the layout. */
#include <cllrn_verify.h>

#include "element.h"
#include "error.h"
#include "tensor.h"

#include <inttypes.h>
#include <stdlib.h>

/* A bijection of 64-bit numbers; each input bit flips about half of the output bits. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    return x;
}

/*
 * Sets steps to how much an element's number grows from one index of an axis to
 * the next, in a tensor of these dims: channels first, then the other axes in C
 * order.
 */
static void find_steps(const cllrn_tensor *tensor, const int64_t *dims,
                       uint64_t steps[CLLRN_MAX_RANK])
{
    const int channel_axis = lrn_tensor_channel_axis(tensor);
    uint64_t step = (uint64_t)dims[channel_axis];
    for (int axis = tensor->rank - 1; axis >= 0; --axis) {
        steps[axis] = axis == channel_axis ? 1 : step;
        if (axis != channel_axis)
            step *= (uint64_t)dims[axis];
    }
}

/* The axis with the smallest stride, the fastest to read; the sum does not depend on it. */
static int nearest_axis(const cllrn_tensor *tensor)
{
    int nearest = lrn_tensor_channel_axis(tensor);
    if (lrn_tensor_block(tensor) > 1)
        return nearest;
    for (int axis = 0; axis < tensor->rank; ++axis)
        if (tensor->dims[axis] > 1 &&
            (tensor->dims[nearest] == 1 ||
             llabs(tensor->strides[axis]) < llabs(tensor->strides[nearest])))
            nearest = axis;
    return nearest;
}

/* The sum of the hashes of all elements; `first` is the number of element (0, 0, ..). */
static uint64_t sum(const cllrn_tensor *tensor, const void *data, uint64_t first,
                    const uint64_t steps[CLLRN_MAX_RANK])
{
    const int inner = nearest_axis(tensor);
    const bool blocked = lrn_tensor_block(tensor) > 1;
    int64_t index[CLLRN_MAX_RANK] = {0};
    uint64_t hashes = 0;
    do {
        const int64_t start = lrn_tensor_offset(tensor, index);
        uint64_t number = first;
        for (int axis = 0; axis < tensor->rank; ++axis)
            number += (uint64_t)index[axis] * steps[axis];
        for (int64_t i = 0; i < tensor->dims[inner]; ++i, number += steps[inner]) {
            const int64_t offset =
                blocked ? lrn_tensor_axis_offset(tensor, inner, i) : i * tensor->strides[inner];
            const uint64_t bits = lrn_element_bits(tensor->dtype, data, start + offset);
            hashes += mix(mix(number + UINT64_C(0x9e3779b97f4a7c15)) + bits);
        }
    } while (lrn_tensor_next(tensor, &inner, 1, index));
    return hashes;
}

static cllrn_status check(const cllrn_tensor *tensor, const void *data, const uint64_t *digest,
                          cllrn_error *error)
{
    const cllrn_status status = lrn_tensor_check(tensor, "tensor", error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (digest == NULL || (data == NULL && lrn_tensor_elements(tensor) > 0))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "digest: data or digest is NULL");
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_digest(const cllrn_tensor *tensor, const void *data, uint64_t first_position,
                          uint64_t *digest, cllrn_error *error)
{
    const cllrn_status status = check(tensor, data, digest, error);
    if (status != CLLRN_SUCCESS || lrn_tensor_elements(tensor) == 0)
        return status;
    uint64_t steps[CLLRN_MAX_RANK];
    find_steps(tensor, tensor->dims, steps);
    const int64_t channels = tensor->dims[lrn_tensor_channel_axis(tensor)];
    *digest += sum(tensor, data, first_position * (uint64_t)channels, steps);
    return CLLRN_SUCCESS;
}

static cllrn_status check_box(const cllrn_tensor *box, const int64_t *first, const int64_t *whole,
                              cllrn_error *error)
{
    if (first == NULL || whole == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "digest: first or whole_dims is NULL");
    for (int axis = 0; axis < box->rank; ++axis)
        if (first[axis] < 0 || whole[axis] < box->dims[axis] ||
            first[axis] > whole[axis] - box->dims[axis])
            return lrn_fail(error, CLLRN_INVALID_DIMS,
                            "digest: on axis %d the box has %" PRId64 " elements from %" PRId64
                            " on, the whole tensor %" PRId64,
                            axis, box->dims[axis], first[axis], whole[axis]);
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_digest_box(const cllrn_tensor *box, const void *data, const int64_t *first,
                              const int64_t *whole_dims, uint64_t *digest, cllrn_error *error)
{
    cllrn_status status = check(box, data, digest, error);
    if (status == CLLRN_SUCCESS)
        status = check_box(box, first, whole_dims, error);
    if (status != CLLRN_SUCCESS || lrn_tensor_elements(box) == 0)
        return status;
    uint64_t steps[CLLRN_MAX_RANK], number = 0;
    find_steps(box, whole_dims, steps);
    for (int axis = 0; axis < box->rank; ++axis)
        number += (uint64_t)first[axis] * steps[axis];
    *digest += sum(box, data, number, steps);
    return CLLRN_SUCCESS;
}
