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

/*
 * The sum of the hashes of all elements of a box, which begins at index
 * `origin` of a tensor of `whole` dims whose elements are numbered from `first`
 * on.
 */
static uint64_t sum(const cllrn_tensor *box, const void *data, const int64_t *origin,
                    const int64_t *whole, uint64_t first)
{
    const int inner = nearest_axis(box);
    const bool blocked = lrn_tensor_block(box) > 1;
    uint64_t steps[CLLRN_MAX_RANK], hashes = 0;
    int64_t index[CLLRN_MAX_RANK] = {0};
    find_steps(box, whole, steps);
    do {
        const int64_t start = lrn_tensor_offset(box, index);
        uint64_t number = first;
        for (int axis = 0; axis < box->rank; ++axis)
            number += (uint64_t)(origin[axis] + index[axis]) * steps[axis];
        for (int64_t i = 0; i < box->dims[inner]; ++i, number += steps[inner]) {
            const int64_t offset =
                blocked ? lrn_tensor_axis_offset(box, inner, i) : i * box->strides[inner];
            const uint64_t bits = lrn_element_bits(box->dtype, data, start + offset);
            hashes += mix(mix(number + UINT64_C(0x9e3779b97f4a7c15)) + bits);
        }
    } while (lrn_tensor_next(box, ~(1u << inner), index));
    return hashes;
}

static cllrn_status add(const cllrn_tensor *box, const void *data, const int64_t *origin,
                        const int64_t *whole, uint64_t first_position, uint64_t *digest,
                        cllrn_error *error)
{
    const cllrn_status status = lrn_tensor_check(box, "tensor", error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (digest == NULL || (data == NULL && lrn_tensor_elements(box) > 0) || origin == NULL ||
        whole == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "digest: data, digest, first or whole_dims is NULL");
    for (int axis = 0; axis < box->rank; ++axis)
        if (origin[axis] < 0 || whole[axis] < box->dims[axis] ||
            origin[axis] > whole[axis] - box->dims[axis])
            return lrn_fail(error, CLLRN_INVALID_DIMS,
                            "digest: on axis %d the box has %" PRId64 " elements from %" PRId64
                            " on, the whole tensor %" PRId64,
                            axis, box->dims[axis], origin[axis], whole[axis]);
    if (lrn_tensor_elements(box) == 0)
        return CLLRN_SUCCESS;
    const uint64_t channels = (uint64_t)whole[lrn_tensor_channel_axis(box)];
    *digest += sum(box, data, origin, whole, first_position * channels);
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_digest(const cllrn_tensor *tensor, const void *data, uint64_t first_position,
                          uint64_t *digest, cllrn_error *error)
{
    static const int64_t origin[CLLRN_MAX_RANK];
    const int64_t *whole = tensor != NULL ? tensor->dims : NULL;
    return add(tensor, data, origin, whole, first_position, digest, error);
}

cllrn_status cllrn_digest_box(const cllrn_tensor *box, const void *data, const int64_t *first,
                              const int64_t *whole_dims, uint64_t *digest, cllrn_error *error)
{
    return add(box, data, first, whole_dims, 0, digest, error);
}
