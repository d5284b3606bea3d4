/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor.h"

#include <inttypes.h>
#include <string.h>

#include "error.h"
#include "overlap.h"

size_t cllrn_dtype_size(int32_t dtype)
{
    return dtype == CLLRN_F32 ? 4 : 0;
}

/* a * b for a, b >= 0; false when it leaves 63 bits. */
static bool multiply(int64_t a, int64_t b, int64_t *product)
{
    if (a != 0 && b > INT64_MAX / a)
        return false;
    *product = a * b;
    return true;
}

cllrn_status cllrn_tensor_init(cllrn_tensor *tensor, uint32_t struct_size, int32_t dtype,
                               int32_t rank, const int64_t *dims, const int64_t *strides,
                               int32_t channel_axis, cllrn_error *error)
{
    if (tensor == NULL || dims == NULL || struct_size < sizeof *tensor ||
        struct_size > LRN_MAX_STRUCT_SIZE)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "tensor init: tensor or dims is NULL, or struct_size %" PRIu32
                        ", expected %zu: pass sizeof of the struct",
                        struct_size, sizeof *tensor);
    if (rank < 2 || rank > CLLRN_MAX_RANK)
        return lrn_fail(error, CLLRN_INVALID_RANK, "tensor init: rank %" PRId32 ", expected 2..%d",
                        rank, CLLRN_MAX_RANK);

    /* A dim of 0 counts as 1 in the strides, so that an empty tensor's are not all 0. */
    int64_t steps[CLLRN_MAX_RANK];
    int64_t step = 1;
    for (int axis = rank - 1; axis >= 0; --axis) {
        if (dims[axis] < 0)
            return lrn_fail(error, CLLRN_INVALID_DIMS,
                            "tensor init: dim %d is %" PRId64 ", expected 0 or more", axis,
                            dims[axis]);
        steps[axis] = step;
        if (!multiply(step, dims[axis] > 0 ? dims[axis] : 1, &step))
            return lrn_fail(error, CLLRN_SIZE_OVERFLOW,
                            "tensor init: the product of the dims leaves 63 bits at axis %d", axis);
    }

    memset(tensor, 0, struct_size);
    tensor->struct_size = struct_size;
    tensor->dtype = dtype;
    tensor->rank = rank;
    tensor->channel_axis = channel_axis;
    for (int axis = 0; axis < rank; ++axis) {
        tensor->dims[axis] = dims[axis];
        tensor->strides[axis] = strides != NULL ? strides[axis] : steps[axis];
    }
    return CLLRN_SUCCESS;
}

/* Offsets leave room for the element size and for sums, hence 57 bits. */
static cllrn_status check_extent(const cllrn_tensor *tensor, const char *role, cllrn_error *error)
{
    const int64_t limit = INT64_MAX >> 6;
    int64_t elements = 1, extent = 0;
    for (int axis = 0; axis < tensor->rank; ++axis) {
        const int64_t dim = tensor->dims[axis], stride = tensor->strides[axis];
        int64_t span = 0;
        if (!multiply(elements, dim, &elements) || elements > limit)
            return lrn_fail(error, CLLRN_SIZE_OVERFLOW,
                            "%s: the product of the dims overflows at axis %d (dim %" PRId64 ")",
                            role, axis, dim);
        /* Also where the dim is 1 and the stride counts for nothing: it must not overflow later. */
        if (stride < -limit || stride > limit ||
            !multiply(dim > 0 ? dim - 1 : 0, stride < 0 ? -stride : stride, &span) ||
            span > limit - extent)
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
                        "%s: NULL or not initialised: call cllrn_tensor_init", role);
    if (cllrn_dtype_size(tensor->dtype) == 0)
        return lrn_fail(error, CLLRN_INVALID_DTYPE,
                        "%s: unknown dtype %" PRId32 ", expected CLLRN_F32 (%d)", role,
                        tensor->dtype, CLLRN_F32);
    if (tensor->rank < 2 || tensor->rank > CLLRN_MAX_RANK)
        return lrn_fail(error, CLLRN_INVALID_RANK, "%s: rank %" PRId32 ", expected 2..%d", role,
                        tensor->rank, CLLRN_MAX_RANK);
    if (tensor->channel_axis < -tensor->rank || tensor->channel_axis >= tensor->rank)
        return lrn_fail(error, CLLRN_INVALID_CHANNEL_AXIS,
                        "%s: channel axis %" PRId32 ", expected %" PRId32 "..%" PRId32
                        " for rank %" PRId32,
                        role, tensor->channel_axis, -tensor->rank, tensor->rank - 1, tensor->rank);
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
    for (int axis = 0; axis < tensor->rank; ++axis)
        if (tensor->dims[axis] > 1 && tensor->strides[axis] == 0)
            return lrn_fail(error, CLLRN_INVALID_STRIDES,
                            "%s: stride 0 at axis %d of dim %" PRId64
                            ": a destination's elements must not share a place",
                            role, axis, tensor->dims[axis]);
    if (lrn_overlap_within(tensor))
        return lrn_fail(error, CLLRN_INVALID_STRIDES,
                        "%s: these strides put two elements in one place: a destination's "
                        "elements must not share one",
                        role);
    return CLLRN_SUCCESS;
}

cllrn_status lrn_tensor_check_pair(const cllrn_tensor *src, const cllrn_tensor *dst,
                                   cllrn_error *error)
{
    if (src->rank != dst->rank)
        return lrn_fail(error, CLLRN_SHAPE_MISMATCH,
                        "src has rank %" PRId32 ", dst %" PRId32 ", expected the same", src->rank,
                        dst->rank);
    for (int axis = 0; axis < src->rank; ++axis)
        if (src->dims[axis] != dst->dims[axis])
            return lrn_fail(error, CLLRN_SHAPE_MISMATCH,
                            "dim %d of src is %" PRId64 ", of dst %" PRId64 ", expected the same",
                            axis, src->dims[axis], dst->dims[axis]);
    if (lrn_tensor_channel_axis(src) != lrn_tensor_channel_axis(dst))
        return lrn_fail(error, CLLRN_SHAPE_MISMATCH,
                        "channel axis of src is %d, of dst %d, expected the same",
                        lrn_tensor_channel_axis(src), lrn_tensor_channel_axis(dst));
    if (src->dtype != dst->dtype)
        return lrn_fail(error, CLLRN_SHAPE_MISMATCH,
                        "dtype of src is %" PRId32 ", of dst %" PRId32 ", expected the same",
                        src->dtype, dst->dtype);
    return CLLRN_SUCCESS;
}

int lrn_tensor_channel_axis(const cllrn_tensor *tensor)
{
    return tensor->channel_axis < 0 ? tensor->channel_axis + tensor->rank : tensor->channel_axis;
}

int64_t lrn_tensor_elements(const cllrn_tensor *tensor)
{
    int64_t elements = 1;
    for (int axis = 0; axis < tensor->rank; ++axis)
        elements *= tensor->dims[axis];
    return elements;
}

bool lrn_tensor_same_places(const cllrn_tensor *a, const cllrn_tensor *b)
{
    for (int axis = 0; axis < a->rank; ++axis)
        if (a->dims[axis] > 1 && a->strides[axis] != b->strides[axis])
            return false;
    return a->dtype == b->dtype;
}

void lrn_tensor_extent(const cllrn_tensor *tensor, int64_t *lowest, int64_t *highest)
{
    *lowest = *highest = 0;
    for (int axis = 0; axis < tensor->rank; ++axis) {
        const int64_t span = (tensor->dims[axis] - 1) * tensor->strides[axis];
        *(span < 0 ? lowest : highest) += span;
    }
}

/* An axis that is not the channels, with its stride on both sides. */
typedef struct axis_t {
    int64_t dim, src, dst;
} axis_t;

static int64_t magnitude(int64_t x)
{
    return x < 0 ? -x : x;
}

/* Steps through dst in larger strides first, through src where dst ties. */
static bool outside_of(const axis_t *a, const axis_t *b)
{
    if (magnitude(a->dst) != magnitude(b->dst))
        return magnitude(a->dst) > magnitude(b->dst);
    return magnitude(a->src) > magnitude(b->src);
}

/*
 * The axes other than the channels, largest strides first, neighbours merged
 * where one continues the other on both sides. Positions are independent of
 * each other, so their order may follow the memory.
 */
static int merge_axes(const cllrn_tensor *src, const cllrn_tensor *dst, axis_t *axes)
{
    const int channel_axis = lrn_tensor_channel_axis(src);
    int count = 0;
    for (int axis = 0; axis < src->rank; ++axis) {
        if (axis == channel_axis || src->dims[axis] == 1)
            continue;
        const axis_t one = {src->dims[axis], src->strides[axis], dst->strides[axis]};
        int place = count++;
        for (; place > 0 && outside_of(&one, &axes[place - 1]); --place)
            axes[place] = axes[place - 1];
        axes[place] = one;
    }
    int merged = 0;
    for (int i = 0; i < count; ++i) {
        axis_t *last = merged > 0 ? &axes[merged - 1] : NULL;
        if (last != NULL && last->src == axes[i].src * axes[i].dim &&
            last->dst == axes[i].dst * axes[i].dim) {
            last->dim *= axes[i].dim;
            last->src = axes[i].src;
            last->dst = axes[i].dst;
        } else {
            axes[merged++] = axes[i];
        }
    }
    return merged;
}

lrn_shape lrn_shape_make(const cllrn_tensor *src, const cllrn_tensor *dst)
{
    const int channel_axis = lrn_tensor_channel_axis(src);
    axis_t axes[CLLRN_MAX_RANK];
    const int count = merge_axes(src, dst, axes);
    lrn_shape shape;

    memset(&shape, 0, sizeof shape);
    /* Where a dim is 1 the stride means nothing and may be anything; 1 serves every kernel. */
    shape.channels = src->dims[channel_axis];
    shape.src.channel = shape.channels > 1 ? src->strides[channel_axis] : 1;
    shape.dst.channel = shape.channels > 1 ? dst->strides[channel_axis] : 1;
    lrn_tensor_extent(src, &shape.src.lowest, &shape.src.highest);
    lrn_tensor_extent(dst, &shape.dst.lowest, &shape.dst.highest);

    shape.inner = shape.src.inner = shape.dst.inner = 1;
    if (count > 0) {
        shape.inner = axes[count - 1].dim;
        shape.src.inner = axes[count - 1].src;
        shape.dst.inner = axes[count - 1].dst;
    }
    shape.outer = 1;
    for (int axis = 0; axis < LRN_MAX_OUTER; ++axis)
        shape.outer_dims[axis] = 1;
    for (; shape.outer_count < count - 1; ++shape.outer_count) {
        const axis_t *axis = &axes[shape.outer_count];
        shape.outer *= axis->dim;
        shape.outer_dims[shape.outer_count] = axis->dim;
        shape.src.outer[shape.outer_count] = axis->src;
        shape.dst.outer[shape.outer_count] = axis->dst;
    }
    return shape;
}

void lrn_tensor_columns(const cllrn_tensor *src, const cllrn_tensor *dst, lrn_column_fn visit,
                        void *user)
{
    const int channel_axis = lrn_tensor_channel_axis(src);
    int64_t index[CLLRN_MAX_RANK] = {0};
    int64_t src_offset = 0, dst_offset = 0;
    int axis;

    if (lrn_tensor_elements(src) == 0)
        return;
    do {
        visit(user, src_offset, dst_offset);
        /* The odometer: the last axis turns fastest. */
        for (axis = src->rank - 1; axis >= 0; --axis) {
            if (axis == channel_axis)
                continue;
            src_offset += src->strides[axis];
            dst_offset += dst->strides[axis];
            if (++index[axis] < src->dims[axis])
                break;
            src_offset -= src->dims[axis] * src->strides[axis];
            dst_offset -= dst->dims[axis] * dst->strides[axis];
            index[axis] = 0;
        }
    } while (axis >= 0);
}
