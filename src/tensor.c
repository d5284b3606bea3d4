/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor.h"

#include <inttypes.h>
#include <string.h>

#include "error.h"
#include "overlap.h"
#include "params.h"

/* In the order of their numbers. */
static const struct {
    const char *name;
    size_t size;
} dtypes[] = {{"f32", 4}, {"f16", 2}, {"bf16", 2}, {"f64", 8}};

static bool is_dtype(cllrn_dtype dtype)
{
    return dtype >= CLLRN_DTYPE_F32 && dtype <= CLLRN_DTYPE_F64;
}

size_t cllrn_dtype_size(cllrn_dtype dtype)
{
    return is_dtype(dtype) ? dtypes[dtype - CLLRN_DTYPE_F32].size : 0;
}

const char *cllrn_dtype_string(cllrn_dtype dtype)
{
    return is_dtype(dtype) ? dtypes[dtype - CLLRN_DTYPE_F32].name : "unknown dtype";
}

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
                    is_dtype(rank) ? ", which is a dtype" : "", CLLRN_MAX_RANK);
}

cllrn_status cllrn_tensor_set(cllrn_tensor *tensor, cllrn_dtype dtype, int32_t rank,
                              const int64_t *dims, const int64_t *strides, int32_t channel_axis,
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
                         .channel_axis = channel_axis};
    /* A dim of 0 counts as 1 in the strides: those of an empty tensor are not all 0. */
    int64_t step = 1;
    for (int axis = rank - 1; axis >= 0; --axis) {
        if (dims[axis] < 0)
            return lrn_fail(error, CLLRN_INVALID_DIMS,
                            "tensor set: dim %d is %" PRId64 ", expected 0 or more", axis,
                            dims[axis]);
        made.dims[axis] = dims[axis];
        made.strides[axis] = strides != NULL ? strides[axis] : step;
        if (!multiply(step, dims[axis] > 0 ? dims[axis] : 1, &step))
            return lrn_fail(error, CLLRN_SIZE_OVERFLOW,
                            "tensor set: the product of the dims leaves 63 bits at axis %d", axis);
    }

    *tensor = made;
    return CLLRN_SUCCESS;
}

static bool is_block(int32_t block)
{
    return block == 4 || block == 8 || block == 16 || block == 32;
}

static bool is_channel_axis(int32_t axis, int32_t rank)
{
    return axis >= -rank && axis < rank;
}

cllrn_status cllrn_tensor_set_blocked(cllrn_tensor *tensor, cllrn_dtype dtype, int32_t rank,
                                      const int64_t *dims, int32_t channel_axis, int32_t block_size,
                                      cllrn_error *error)
{
    cllrn_tensor plain = CLLRN_TENSOR_INIT;
    cllrn_status status = cllrn_tensor_set(&plain, dtype, rank, dims, NULL, channel_axis, error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (!is_channel_axis(channel_axis, rank))
        return lrn_fail(error, CLLRN_INVALID_CHANNEL_AXIS,
                        "tensor set: channel axis %" PRId32 ", expected %" PRId32 "..%" PRId32
                        " for rank %" PRId32,
                        channel_axis, -rank, rank - 1, rank);
    if (!is_block(block_size))
        return lrn_fail(error, CLLRN_INVALID_BLOCK,
                        "tensor set: channel block %" PRId32 ", expected 4, 8, 16 or 32",
                        block_size);

    const int channels = lrn_tensor_channel_axis(&plain);
    int64_t strides[CLLRN_MAX_RANK], step = block_size;
    for (int axis = rank - 1; axis >= 0; --axis) {
        int64_t count = dims[axis] > 0 ? dims[axis] : 1;
        if (axis == channels)
            count = (count - 1) / block_size + 1;
        strides[axis] = step;
        if (!multiply(step, count, &step))
            return lrn_fail(error, CLLRN_SIZE_OVERFLOW,
                            "tensor set: the product of the dims and the block leaves 63 bits at "
                            "axis %d",
                            axis);
    }
    status = cllrn_tensor_set(tensor, dtype, rank, dims, strides, channel_axis, error);
    if (status == CLLRN_SUCCESS)
        tensor->channel_block = block_size;
    return status;
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
    if (!is_dtype(tensor->dtype))
        return lrn_fail(error, CLLRN_INVALID_DTYPE,
                        "%s: unknown dtype %" PRId32
                        ", expected CLLRN_DTYPE_F32 (%d)..CLLRN_DTYPE_F64 (%d)",
                        role, tensor->dtype, CLLRN_DTYPE_F32, CLLRN_DTYPE_F64);
    const cllrn_status status = check_rank(tensor->rank, role, error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (!is_channel_axis(tensor->channel_axis, tensor->rank))
        return lrn_fail(error, CLLRN_INVALID_CHANNEL_AXIS,
                        "%s: channel axis %" PRId32 ", expected %" PRId32 "..%" PRId32
                        " for rank %" PRId32,
                        role, tensor->channel_axis, -tensor->rank, tensor->rank - 1, tensor->rank);
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
    const lrn_places places = lrn_tensor_places(tensor);
    for (int axis = 0; axis < places.count; ++axis)
        if (places.dims[axis] > 1 && places.strides[axis] == 0)
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

static cllrn_status check_pair(const cllrn_tensor *src, const cllrn_tensor *other, const char *role,
                               cllrn_error *error)
{
    if (src->rank != other->rank)
        return lrn_fail(error, CLLRN_SHAPE_MISMATCH,
                        "src has rank %" PRId32 ", %s %" PRId32 ", expected the same", src->rank,
                        role, other->rank);
    for (int axis = 0; axis < src->rank; ++axis)
        if (src->dims[axis] != other->dims[axis])
            return lrn_fail(error, CLLRN_SHAPE_MISMATCH,
                            "dim %d of src is %" PRId64 ", of %s %" PRId64 ", expected the same",
                            axis, src->dims[axis], role, other->dims[axis]);
    if (lrn_tensor_channel_axis(src) != lrn_tensor_channel_axis(other))
        return lrn_fail(error, CLLRN_SHAPE_MISMATCH,
                        "channel axis of src is %d, of %s %d, expected the same",
                        lrn_tensor_channel_axis(src), role, lrn_tensor_channel_axis(other));
    return CLLRN_SUCCESS;
}

/* float64 mixes with no other dtype; f16 and bf16 mix with f32, but not with each other. */
static bool dtypes_mix(cllrn_dtype a, cllrn_dtype b)
{
    return a == b || (a != CLLRN_DTYPE_F64 && b != CLLRN_DTYPE_F64 &&
                      (a == CLLRN_DTYPE_F32 || b == CLLRN_DTYPE_F32));
}

static cllrn_status check_dtypes(const cllrn_tensor *a, const char *a_role, const cllrn_tensor *b,
                                 const char *b_role, cllrn_error *error)
{
    if (dtypes_mix(a->dtype, b->dtype))
        return CLLRN_SUCCESS;
    return lrn_fail(error, CLLRN_SHAPE_MISMATCH,
                    "dtype of %s is %s, of %s %s, expected the same, or f32 and one of f16, bf16",
                    a_role, cllrn_dtype_string(a->dtype), b_role, cllrn_dtype_string(b->dtype));
}

cllrn_status lrn_tensor_check_all(const cllrn_params *params, const cllrn_tensor *src,
                                  const cllrn_tensor *dy, const cllrn_tensor *dst,
                                  cllrn_error *error)
{
    cllrn_status status;
    if ((status = lrn_tensor_check(src, "src", error)) != CLLRN_SUCCESS ||
        (dy != NULL && ((status = lrn_tensor_check(dy, "dy", error)) != CLLRN_SUCCESS ||
                        (status = check_pair(src, dy, "dy", error)) != CLLRN_SUCCESS ||
                        (status = check_dtypes(src, "src", dy, "dy", error)) != CLLRN_SUCCESS)) ||
        (status = lrn_tensor_check_destination(dst, "dst", error)) != CLLRN_SUCCESS ||
        (status = check_pair(src, dst, "dst", error)) != CLLRN_SUCCESS ||
        (status = check_dtypes(src, "src", dst, "dst", error)) != CLLRN_SUCCESS ||
        (dy != NULL && (status = check_dtypes(dy, "dy", dst, "dst", error)) != CLLRN_SUCCESS))
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

int lrn_tensor_window_axes(const cllrn_params *params, const cllrn_tensor *tensor,
                           int axes[CLLRN_MAX_WINDOW])
{
    const int channels = lrn_tensor_channel_axis(tensor);
    int count = 0;
    int32_t name = 1 - tensor->rank; /* of the first axis beside the channels */
    for (int axis = 0; axis < tensor->rank; ++axis) {
        const int32_t wanted = axis == channels ? CLLRN_AXIS_CHANNEL : name++;
        for (int i = 0; i < params->window_count; ++i)
            if (params->window[i].axis == wanted)
                axes[count++] = axis;
    }
    return count;
}

/* Contiguous elements of an axis: the channel block, or 1. */
static int64_t block_of(const cllrn_tensor *tensor, int axis)
{
    return axis == lrn_tensor_channel_axis(tensor) ? lrn_tensor_block(tensor) : 1;
}

/* The stride of an axis; a small number, the same for all tensors, if the stride is not used. */
static int64_t stride_of(const cllrn_tensor *tensor, int axis)
{
    const int64_t block = block_of(tensor, axis);
    return tensor->dims[axis] > block ? tensor->strides[axis] : block;
}

int64_t lrn_tensor_offset(const cllrn_tensor *tensor, int axis, int64_t index)
{
    const int64_t block = block_of(tensor, axis);
    return index / block * tensor->strides[axis] + index % block;
}

lrn_places lrn_tensor_places(const cllrn_tensor *tensor)
{
    const int64_t block = lrn_tensor_block(tensor);
    lrn_places places = {.count = tensor->rank};
    for (int axis = 0; axis < tensor->rank; ++axis) {
        places.dims[axis] = tensor->dims[axis];
        places.strides[axis] = stride_of(tensor, axis);
    }
    if (block > 1) {
        int64_t *channels = &places.dims[lrn_tensor_channel_axis(tensor)];
        *channels = (*channels + block - 1) / block;
        places.dims[places.count] = block;
        places.strides[places.count++] = 1;
    }
    return places;
}

bool lrn_tensor_same_places(const cllrn_tensor *a, const cllrn_tensor *b)
{
    if (a->dtype != b->dtype || lrn_tensor_block(a) != lrn_tensor_block(b))
        return false;
    for (int axis = 0; axis < a->rank; ++axis)
        if (stride_of(a, axis) != stride_of(b, axis))
            return false;
    return true;
}

void lrn_tensor_extent(const cllrn_tensor *tensor, int64_t *lowest, int64_t *highest)
{
    const lrn_places places = lrn_tensor_places(tensor);
    *lowest = *highest = 0;
    for (int axis = 0; axis < places.count; ++axis) {
        const int64_t span = (places.dims[axis] - 1) * places.strides[axis];
        *(span < 0 ? lowest : highest) += span;
    }
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

/* One axis: its dim, and its strides in src, dy and dst. */
typedef struct axis_t {
    int64_t dim, src, dy, dst;
} axis_t;

static axis_t axis_of(int axis, const cllrn_tensor *src, const cllrn_tensor *dy,
                      const cllrn_tensor *dst)
{
    return (axis_t){src->dims[axis], stride_of(src, axis), stride_of(dy, axis),
                    stride_of(dst, axis)};
}

static int64_t magnitude(int64_t x)
{
    return x < 0 ? -x : x;
}

/* The order of axes from outer to inner: larger strides in dst first, then in src. */
static bool outside_of(const axis_t *a, const axis_t *b)
{
    if (magnitude(a->dst) != magnitude(b->dst))
        return magnitude(a->dst) > magnitude(b->dst);
    return magnitude(a->src) > magnitude(b->src);
}

/* Whether two axes merge: a step of the outer one is the whole length of the inner one. */
static bool continues(const axis_t *outer, const axis_t *inner)
{
    return outer->src == inner->src * inner->dim && outer->dy == inner->dy * inner->dim &&
           outer->dst == inner->dst * inner->dim;
}

static void insert(axis_t *axes, int *count, axis_t one)
{
    int place = (*count)++;
    for (; place > 0 && outside_of(&one, &axes[place - 1]); --place)
        axes[place] = axes[place - 1];
    axes[place] = one;
}

static int merge(axis_t *axes, int count)
{
    int merged = 0;
    for (int i = 0; i < count; ++i) {
        axis_t *last = merged > 0 ? &axes[merged - 1] : NULL;
        if (last != NULL && continues(last, &axes[i])) {
            const int64_t dim = last->dim * axes[i].dim;
            *last = axes[i];
            last->dim = dim;
        } else {
            axes[merged++] = axes[i];
        }
    }
    return merged;
}

static void put_axis(lrn_shape *shape, int at, axis_t axis)
{
    shape->dims[at] = axis.dim;
    shape->src.strides[at] = axis.src;
    shape->dy.strides[at] = axis.dy;
    shape->dst.strides[at] = axis.dst;
}

static void make_side(const cllrn_tensor *tensor, lrn_side *side)
{
    side->dtype = tensor->dtype;
    for (int64_t block = lrn_tensor_block(tensor); block > 1; block /= 2)
        ++side->block_shift;
    lrn_tensor_extent(tensor, &side->lowest, &side->highest);
}

lrn_shape lrn_shape_make(const cllrn_params *params, const cllrn_tensor *src,
                         const cllrn_tensor *dy, const cllrn_tensor *dst)
{
    lrn_shape shape;
    axis_t positions[CLLRN_MAX_RANK];
    int window[CLLRN_MAX_WINDOW], count = 0;
    bool spanned[CLLRN_MAX_RANK] = {false};
    if (dy == NULL)
        dy = src;

    memset(&shape, 0, sizeof shape);
    make_side(src, &shape.src);
    make_side(dy, &shape.dy);
    make_side(dst, &shape.dst);
    shape.blocked =
        shape.src.block_shift > 0 || shape.dy.block_shift > 0 || shape.dst.block_shift > 0;

    for (int axis = 0; axis < LRN_MAX_AXES; ++axis)
        shape.dims[axis] = 1;
    shape.within = lrn_params_within(params);
    shape.window_count = lrn_tensor_window_axes(params, src, window);
    for (int i = 0; i < shape.window_count; ++i) {
        spanned[window[i]] = true;
        put_axis(&shape, i, axis_of(window[i], src, dy, dst));
    }
    /* A channel axis in blocks stays separate: it merges with no other axis. */
    if (shape.blocked && shape.within) {
        const int axis = lrn_tensor_channel_axis(src);
        spanned[axis] = true;
        put_axis(&shape, shape.window_count, axis_of(axis, src, dy, dst));
    }
    for (int axis = 0; axis < src->rank; ++axis)
        if (!spanned[axis] && src->dims[axis] > 1)
            insert(positions, &count, axis_of(axis, src, dy, dst));
    count = merge(positions, count);
    if (count == 0)
        positions[count++] = (axis_t){1, 1, 1, 1};
    for (int i = 0; i < count; ++i)
        put_axis(&shape, LRN_MAX_AXES - count + i, positions[i]);

    shape.positions = 1;
    for (int axis = shape.window_count; axis < LRN_MAX_AXES; ++axis)
        shape.positions *= shape.dims[axis];
    return shape;
}

bool lrn_shape_is_simple(const lrn_shape *shape)
{
    if (shape->window_count > 1 || shape->within)
        return false;
    for (int axis = shape->window_count; axis < LRN_INNER - 1; ++axis)
        if (shape->dims[axis] > 1)
            return false;
    return true;
}

bool lrn_tensor_next(const cllrn_tensor *tensor, const int *excluded, int excluded_count,
                     int64_t index[CLLRN_MAX_RANK])
{
    for (int axis = tensor->rank - 1; axis >= 0; --axis) {
        bool skip = false;
        for (int i = 0; i < excluded_count; ++i)
            skip = skip || excluded[i] == axis;
        if (skip)
            continue;
        if (++index[axis] < tensor->dims[axis])
            return true;
        index[axis] = 0;
    }
    return false;
}

int64_t lrn_tensor_place(const cllrn_tensor *tensor, const int64_t index[CLLRN_MAX_RANK])
{
    int64_t place = 0;
    for (int axis = 0; axis < tensor->rank; ++axis)
        place += lrn_tensor_offset(tensor, axis, index[axis]);
    return place;
}
