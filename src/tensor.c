/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor.h"

#include <inttypes.h>

#include "element.h"
#include "error.h"
#include "overlap.h"
#include "params.h"

/* *product = a * b for a, b >= 0; false if it exceeds 63 bits. */
static bool multiply(int64_t a, int64_t b, int64_t *product)
{
    if (a != 0 && b > INT64_MAX / a)
        return false;
    *product = a * b;
    return true;
}

/* The rank alone; the rest of the checks waits for lrn_tensor_check. */
static cllrn_status check_rank(int32_t rank, const char *role, cllrn_error *error)
{
    if (rank >= 2 && rank <= CLLRN_MAX_RANK)
        return CLLRN_SUCCESS;
    return lrn_fail(error, CLLRN_INVALID_RANK, "%s: rank %" PRId32 "%s, expected 2..%d", role, rank,
                    lrn_element_is_dtype(rank) ? ", which is a dtype" : "", CLLRN_MAX_RANK);
}

/* Fills *tensor; block 1: no channel blocks. */
static cllrn_status fill(cllrn_tensor *tensor, cllrn_dtype dtype, int32_t rank, const int64_t *dims,
                         const int64_t *strides, int32_t channel_axis, int32_t block,
                         cllrn_error *error)
{
    if (!LRN_READABLE(tensor) || dims == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "tensor set: tensor or dims is NULL, or tensor is not initialised: begin "
                        "with CLLRN_TENSOR_INIT");
    const cllrn_status status = check_rank(rank, "tensor set", error);
    if (status != CLLRN_SUCCESS)
        return status;

    /* Another struct, because dims and strides may be the tensor's own arrays. */
    cllrn_tensor made = {.struct_size = tensor->struct_size,
                         .dtype = dtype,
                         .rank = rank,
                         .channel_axis = channel_axis,
                         .channel_block = block > 1 ? block : 0};
    int64_t step = block;
    for (int axis = rank - 1; axis >= 0; --axis) {
        if (dims[axis] < 0)
            return lrn_fail(error, CLLRN_INVALID_DIMS,
                            "tensor set: dim %d is %" PRId64 ", expected 0 or more", axis,
                            dims[axis]);
        made.dims[axis] = dims[axis];
        made.strides[axis] = strides != NULL ? strides[axis] : step;
        /* A dim of 0 counts as 1 in the strides: those of an empty tensor are not all 0. */
        int64_t count = dims[axis] > 0 ? dims[axis] : 1;
        if (axis == lrn_tensor_channel_axis(&made))
            count = (count - 1) / block + 1;
        if (!multiply(step, count, &step))
            return lrn_fail(error, CLLRN_SIZE_OVERFLOW,
                            "tensor set: the product of the dims leaves 63 bits at axis %d", axis);
    }
    *tensor = made;
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_tensor_set(cllrn_tensor *tensor, cllrn_dtype dtype, int32_t rank,
                              const int64_t *dims, const int64_t *strides, int32_t channel_axis,
                              cllrn_error *error)
{
    return fill(tensor, dtype, rank, dims, strides, channel_axis, 1, error);
}

static bool is_block(int32_t block)
{
    return block == 4 || block == 8 || block == 16 || block == 32;
}

static cllrn_status check_channel_axis(int32_t axis, int32_t rank, const char *role,
                                       cllrn_error *error)
{
    if (axis >= -rank && axis < rank)
        return CLLRN_SUCCESS;
    return lrn_fail(error, CLLRN_INVALID_CHANNEL_AXIS,
                    "%s: channel axis %" PRId32 ", expected %" PRId32 "..%" PRId32
                    " for rank %" PRId32,
                    role, axis, -rank, rank - 1, rank);
}

cllrn_status cllrn_tensor_set_blocked(cllrn_tensor *tensor, cllrn_dtype dtype, int32_t rank,
                                      const int64_t *dims, int32_t channel_axis, int32_t block_size,
                                      cllrn_error *error)
{
    cllrn_status status;
    if ((status = check_rank(rank, "tensor set", error)) != CLLRN_SUCCESS ||
        (status = check_channel_axis(channel_axis, rank, "tensor set", error)) != CLLRN_SUCCESS)
        return status;
    if (!is_block(block_size))
        return lrn_fail(error, CLLRN_INVALID_BLOCK,
                        "tensor set: channel block %" PRId32 ", expected 4, 8, 16 or 32",
                        block_size);
    return fill(tensor, dtype, rank, dims, NULL, channel_axis, block_size, error);
}

/*
 * Checks the product of the dims and the range of the offsets: at most 57 bits,
 * which leaves room for the element size and for sums.
 */
static cllrn_status check_extent(const cllrn_tensor *tensor, const char *role, cllrn_error *error)
{
    const int64_t limit = INT64_MAX >> 6;
    const int channels = lrn_tensor_channel_axis(tensor);
    const int64_t block = lrn_tensor_block(tensor);
    int64_t elements = 1, extent = block - 1;
    for (int axis = 0; axis < tensor->rank; ++axis) {
        const int64_t dim = tensor->dims[axis], stride = tensor->strides[axis];
        int64_t span = 0, last = dim > 0 ? dim - 1 : 0;
        if (axis == channels)
            last /= block;
        if (!multiply(elements, dim, &elements) || elements > limit)
            return lrn_fail(error, CLLRN_SIZE_OVERFLOW,
                            "%s: the product of the dims overflows at axis %d (dim %" PRId64 ")",
                            role, axis, dim);
        if (last == 0)
            continue; /* one element or block: the stride is not used, and may have any value */
        if (stride < -limit || stride > limit ||
            !multiply(last, stride < 0 ? -stride : stride, &span) || span > limit - extent)
            return lrn_fail(error, CLLRN_SIZE_OVERFLOW,
                            "%s: dim %" PRId64 " times stride %" PRId64 " overflows at axis %d",
                            role, dim, stride, axis);
        extent += span;
    }
    return CLLRN_SUCCESS;
}

cllrn_status lrn_tensor_check(const cllrn_tensor *tensor, const char *role, cllrn_error *error)
{
    if (!LRN_READABLE(tensor))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "%s: NULL or not initialised: begin with CLLRN_TENSOR_INIT", role);
    if (!lrn_element_is_dtype(tensor->dtype))
        return lrn_fail(error, CLLRN_INVALID_DTYPE,
                        "%s: unknown dtype %" PRId32
                        ", expected CLLRN_DTYPE_F32 (%d)..CLLRN_DTYPE_F64 (%d)",
                        role, tensor->dtype, CLLRN_DTYPE_F32, CLLRN_DTYPE_F64);
    cllrn_status status;
    if ((status = check_rank(tensor->rank, role, error)) != CLLRN_SUCCESS ||
        (status = check_channel_axis(tensor->channel_axis, tensor->rank, role, error)) !=
            CLLRN_SUCCESS)
        return status;
    if (tensor->channel_block != 0 && tensor->channel_block != 1 &&
        !is_block(tensor->channel_block))
        return lrn_fail(error, CLLRN_INVALID_BLOCK,
                        "%s: channel block %" PRId32 ", expected 0, 1, 4, 8, 16 or 32", role,
                        tensor->channel_block);
    if (tensor->reserved != 0)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "%s: reserved is %" PRId32 ", expected 0: begin with CLLRN_TENSOR_INIT",
                        role, tensor->reserved);
    for (int axis = 0; axis < tensor->rank; ++axis)
        if (tensor->dims[axis] < 0)
            return lrn_fail(error, CLLRN_INVALID_DIMS,
                            "%s: dim %d is %" PRId64 ", expected 0 or more", role, axis,
                            tensor->dims[axis]);
    return check_extent(tensor, role, error);
}

cllrn_status lrn_tensor_check_destination(const cllrn_tensor *tensor, const char *role,
                                          cllrn_error *error)
{
    const cllrn_status status = lrn_tensor_check(tensor, role, error);
    if (status != CLLRN_SUCCESS || lrn_tensor_elements(tensor) == 0)
        return status;
    const lrn_footprint footprint = lrn_tensor_footprint(tensor);
    for (int axis = 0; axis < footprint.count; ++axis)
        if (footprint.dims[axis] > 1 && footprint.strides[axis] == 0)
            return lrn_fail(error, CLLRN_INVALID_STRIDES,
                            "%s: stride 0 at axis %d of dim %" PRId64
                            ": a destination's elements must not share an address",
                            role, axis, tensor->dims[axis]);
    if (lrn_overlap_within(&footprint))
        return lrn_fail(error, CLLRN_INVALID_STRIDES,
                        "%s: these strides put two elements of a destination at one address", role);
    return CLLRN_SUCCESS;
}

/* float64 mixes with no other dtype; f16 and bf16 mix with f32, but not with each other. */
static bool dtypes_mix(cllrn_dtype a, cllrn_dtype b)
{
    return a == b || (a != CLLRN_DTYPE_F64 && b != CLLRN_DTYPE_F64 &&
                      (a == CLLRN_DTYPE_F32 || b == CLLRN_DTYPE_F32));
}

static cllrn_status check_pair(const cllrn_tensor *a, const char *a_role, const cllrn_tensor *b,
                               const char *b_role, cllrn_error *error)
{
    if (a->rank != b->rank)
        return lrn_fail(error, CLLRN_SHAPE_MISMATCH,
                        "%s has rank %" PRId32 ", %s %" PRId32 ", expected the same", a_role,
                        a->rank, b_role, b->rank);
    for (int axis = 0; axis < a->rank; ++axis)
        if (a->dims[axis] != b->dims[axis])
            return lrn_fail(error, CLLRN_SHAPE_MISMATCH,
                            "dim %d of %s is %" PRId64 ", of %s %" PRId64 ", expected the same",
                            axis, a_role, a->dims[axis], b_role, b->dims[axis]);
    if (lrn_tensor_channel_axis(a) != lrn_tensor_channel_axis(b))
        return lrn_fail(error, CLLRN_SHAPE_MISMATCH,
                        "channel axis of %s is %d, of %s %d, expected the same", a_role,
                        lrn_tensor_channel_axis(a), b_role, lrn_tensor_channel_axis(b));
    if (!dtypes_mix(a->dtype, b->dtype))
        return lrn_fail(
            error, CLLRN_SHAPE_MISMATCH,
            "dtype of %s is %s, of %s %s, expected the same, or f32 and one of f16, bf16", a_role,
            cllrn_dtype_string(a->dtype), b_role, cllrn_dtype_string(b->dtype));
    return CLLRN_SUCCESS;
}

cllrn_status lrn_tensor_check_all(const cllrn_params *params, const cllrn_tensor *src,
                                  const cllrn_tensor *dy, const cllrn_tensor *dst,
                                  cllrn_error *error)
{
    cllrn_status status;
    if ((status = lrn_tensor_check(src, "src", error)) != CLLRN_SUCCESS ||
        (dy != NULL && ((status = lrn_tensor_check(dy, "dy", error)) != CLLRN_SUCCESS ||
                        (status = check_pair(src, "src", dy, "dy", error)) != CLLRN_SUCCESS)) ||
        (status = lrn_tensor_check_destination(dst, "dst", error)) != CLLRN_SUCCESS ||
        (status = check_pair(src, "src", dst, "dst", error)) != CLLRN_SUCCESS ||
        (dy != NULL && (status = check_pair(dy, "dy", dst, "dst", error)) != CLLRN_SUCCESS))
        return status;
    for (int i = 0; i < params->window_count; ++i)
        if (-params->window[i].axis > src->rank - 1)
            return lrn_fail(error, CLLRN_INVALID_WINDOW,
                            "params: axis %" PRId32 " of the window, expected %" PRId32
                            "..0 for tensors of rank %" PRId32,
                            params->window[i].axis, 1 - src->rank, src->rank);
    return lrn_params_check_computed(params, error);
}

int lrn_tensor_channel_axis(const cllrn_tensor *tensor)
{
    return tensor->channel_axis < 0 ? tensor->channel_axis + tensor->rank : tensor->channel_axis;
}

int64_t lrn_tensor_block(const cllrn_tensor *tensor)
{
    return tensor->channel_block > 1 ? tensor->channel_block : 1;
}

int64_t lrn_tensor_elements(const cllrn_tensor *tensor)
{
    int64_t elements = 1;
    for (int axis = 0; axis < tensor->rank; ++axis)
        elements *= tensor->dims[axis];
    return elements;
}

unsigned lrn_tensor_window_axes(const cllrn_params *params, const cllrn_tensor *tensor)
{
    const int channels = lrn_tensor_channel_axis(tensor);
    unsigned axes = 0;
    int32_t name = 1 - tensor->rank; /* of the first axis beside the channels */
    for (int axis = 0; axis < tensor->rank; ++axis) {
        const int32_t wanted = axis == channels ? CLLRN_AXIS_CHANNEL : name++;
        for (int i = 0; i < params->window_count; ++i)
            if (params->window[i].axis == wanted)
                axes |= 1u << axis;
    }
    return axes;
}

/* Contiguous elements of an axis: the channel block, or 1. */
static int64_t block_of(const cllrn_tensor *tensor, int axis)
{
    return axis == lrn_tensor_channel_axis(tensor) ? lrn_tensor_block(tensor) : 1;
}

int64_t lrn_tensor_stride(const cllrn_tensor *tensor, int axis)
{
    const int64_t block = block_of(tensor, axis);
    return tensor->dims[axis] > block ? tensor->strides[axis] : block;
}

int64_t lrn_tensor_axis_offset(const cllrn_tensor *tensor, int axis, int64_t index)
{
    const int64_t block = block_of(tensor, axis);
    return index / block * tensor->strides[axis] + index % block;
}

lrn_footprint lrn_tensor_footprint(const cllrn_tensor *tensor)
{
    const int64_t block = lrn_tensor_block(tensor);
    lrn_footprint made = {.size = (int64_t)cllrn_dtype_size(tensor->dtype), .count = tensor->rank};
    for (int axis = 0; axis < tensor->rank; ++axis) {
        made.dims[axis] = tensor->dims[axis];
        made.strides[axis] = lrn_tensor_stride(tensor, axis);
    }
    if (block > 1) {
        int64_t *channels = &made.dims[lrn_tensor_channel_axis(tensor)];
        *channels = (*channels + block - 1) / block;
        made.dims[made.count] = block;
        made.strides[made.count++] = 1;
    }
    return made;
}

bool lrn_tensor_overlap(const cllrn_tensor *a, const cllrn_tensor *b, int64_t distance)
{
    const lrn_footprint of_a = lrn_tensor_footprint(a), of_b = lrn_tensor_footprint(b);
    return lrn_overlap_between(&of_a, &of_b, distance);
}

bool lrn_tensor_same_layout(const cllrn_tensor *a, const cllrn_tensor *b)
{
    if (a->dtype != b->dtype || lrn_tensor_block(a) != lrn_tensor_block(b))
        return false;
    for (int axis = 0; axis < a->rank; ++axis)
        if (lrn_tensor_stride(a, axis) != lrn_tensor_stride(b, axis))
            return false;
    return true;
}

void lrn_tensor_extent(const cllrn_tensor *tensor, int64_t *lowest, int64_t *highest)
{
    const lrn_footprint footprint = lrn_tensor_footprint(tensor);
    lrn_footprint_extent(&footprint, lowest, highest);
}

cllrn_status cllrn_tensor_span(const cllrn_tensor *tensor, int64_t *elements, int64_t *below,
                               cllrn_error *error)
{
    int64_t lowest = 0, highest = -1;
    const cllrn_status status = lrn_tensor_check(tensor, "tensor", error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (elements == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "tensor span: elements is NULL");
    if (lrn_tensor_elements(tensor) > 0)
        lrn_tensor_extent(tensor, &lowest, &highest);
    *elements = highest - lowest + 1;
    if (below != NULL)
        *below = -lowest;
    return CLLRN_SUCCESS;
}

bool lrn_tensor_next(const cllrn_tensor *tensor, unsigned axes, int64_t index[CLLRN_MAX_RANK])
{
    for (int axis = tensor->rank - 1; axis >= 0; --axis) {
        if ((axes >> axis & 1) == 0)
            continue;
        if (++index[axis] < tensor->dims[axis])
            return true;
        index[axis] = 0;
    }
    return false;
}

int64_t lrn_tensor_offset(const cllrn_tensor *tensor, const int64_t index[CLLRN_MAX_RANK])
{
    int64_t offset = 0;
    for (int axis = 0; axis < tensor->rank; ++axis)
        offset += lrn_tensor_axis_offset(tensor, axis, index[axis]);
    return offset;
}
