/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any window, region and strides; a work-item sums the window of each element that it computes.
 * The baseline: every other kernel equals it bit for bit.
 *
 * Legal when dst is disjoint from the sources. Needs no scratch. The time grows with the size of
 * the window; backward, with the square of the size.
 *
 * Global size: at least (positions, any, 1); dimension 1 covers the elements of the window axes.
 */
#ifndef LRN_KERNEL_H
#include "kernel.h"
#endif

/* The three window axes of one position; unused axes come first and have one tap. */
typedef struct volume {
    global const element_t *src, *dy;
    index_t dims[3], src_strides[3], dy_strides[3];
    int lower[3], taps[3];
    int src_type, dy_type, src_shift, dy_shift; /* blocks are on the last axis */
} volume;

static inline scalar_t source(const volume *v, index_t i0, index_t i1, index_t i2)
{
    return lrn_get(v->src, v->src_type,
                   i0 * v->src_strides[0] + i1 * v->src_strides[1] +
                       lrn_channel(i2, v->src_strides[2], v->src_shift));
}

typedef struct row_of {
    const volume *v;
    index_t i0, i1;
} row_of;

#define FETCH_SQUARE(index, a, b) a = b = source(row.v, row.i0, row.i1, index);
LRN_DEFINE_SUM(row_squares, row_of row, FETCH_SQUARE, LRN_PAIR_PRODUCTS, LRN_LAST_PRODUCT)

typedef struct plane_of {
    const volume *v;
    index_t i0, i2;
} plane_of;

#define FETCH_ROW(index, a, b)                                                                     \
    a = row_squares((row_of){plane.v, plane.i0, index}, plane.v->dims[2],                          \
                    plane.i2 - plane.v->lower[2], plane.v->taps[2]);
LRN_DEFINE_SUM(plane_squares, plane_of plane, FETCH_ROW, LRN_PAIR_SUMS, LRN_LAST_SUM)

typedef struct volume_of {
    const volume *v;
    index_t i1, i2;
} volume_of;

#define FETCH_PLANE(index, a, b)                                                                   \
    a = plane_squares((plane_of){all.v, index, all.i2}, all.v->dims[1], all.i1 - all.v->lower[1],  \
                      all.v->taps[1]);
LRN_DEFINE_SUM(volume_squares, volume_of all, FETCH_PLANE, LRN_PAIR_SUMS, LRN_LAST_SUM)

static inline scalar_t squares(const volume *v, index_t i0, index_t i1, index_t i2)
{
    return volume_squares((volume_of){v, i1, i2}, v->dims[0], i0 - v->lower[0], v->taps[0]);
}

#ifdef LRN_BACKWARD

static inline scalar_t gradient_source(const volume *v, index_t i0, index_t i1, index_t i2)
{
    return lrn_get(v->dy, v->dy_type,
                   i0 * v->dy_strides[0] + i1 * v->dy_strides[1] +
                       lrn_channel(i2, v->dy_strides[2], v->dy_shift));
}

/* What the sums of the gradient's terms over mirrored windows need. */
typedef struct terms {
    const volume *v;
    index_t i0, i1, i2;
    int power;
    lrn_scalars scalars;
} terms;

static inline int mirrored(const volume *v, int axis)
{
    return v->taps[axis] - 1 - v->lower[axis];
}

#define FETCH_TERM(index, a, b)                                                                    \
    scalar_t unused;                                                                               \
    a = gradient_source(t.v, t.i0, t.i1, index);                                                   \
    b = lrn_gradient_factor(t.power, source(t.v, t.i0, t.i1, index),                               \
                            squares(t.v, t.i0, t.i1, index), t.scalars, &unused);
LRN_DEFINE_SUM(row_terms, terms t, FETCH_TERM, LRN_PAIR_PRODUCTS, LRN_LAST_PRODUCT)

#define FETCH_ROW_TERMS(index, a, b)                                                               \
    const terms row = {t.v, t.i0, index, t.i2, t.power, t.scalars};                                \
    a = row_terms(row, t.v->dims[2], t.i2 - mirrored(t.v, 2), t.v->taps[2]);
LRN_DEFINE_SUM(plane_terms, terms t, FETCH_ROW_TERMS, LRN_PAIR_SUMS, LRN_LAST_SUM)

#define FETCH_PLANE_TERMS(index, a, b)                                                             \
    const terms plane = {t.v, index, t.i1, t.i2, t.power, t.scalars};                              \
    a = plane_terms(plane, t.v->dims[1], t.i1 - mirrored(t.v, 1), t.v->taps[1]);
LRN_DEFINE_SUM(volume_terms, terms t, FETCH_PLANE_TERMS, LRN_PAIR_SUMS, LRN_LAST_SUM)

#endif

kernel void LRN_KERNEL_NAME(strided)(LRN_GENERAL_PARAMETERS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const int src_type = LRN_TYPE(SRC), dst_type = LRN_TYPE(DST);
    const lrn_axes axes = lrn_axes_make(dims, src_strides, dy_strides, dst_strides);
    if ((index_t)get_global_id(0) >= lrn_position_count(&axes, modes))
        return;
    const lrn_position position = lrn_position_make(&axes, get_global_id(0), 0, modes);

    volume v;
    v.src = LRN_AT(src, src_type, src_offset);
    v.src = LRN_AT(v.src, src_type, position.src);
    v.src_type = src_type;
    v.src_shift = LRN_MODE(WITHIN) ? 0 : LRN_MODE(SRC_SHIFT);
#ifdef LRN_BACKWARD
    v.dy_type = LRN_TYPE(DY);
    v.dy = LRN_AT(dy, v.dy_type, dy_offset);
    v.dy = LRN_AT(v.dy, v.dy_type, position.dy);
    v.dy_shift = LRN_MODE(WITHIN) ? 0 : LRN_MODE(DY_SHIFT);
#endif
    const int dst_shift = LRN_MODE(WITHIN) ? 0 : LRN_MODE(DST_SHIFT);
    index_t dst_steps[3];
    for (int axis = 0; axis < 3; ++axis) {
        const int at = axis - (3 - LRN_MODE(WINDOW_COUNT));
        v.dims[axis] = at >= 0 ? axes.dims[at] : 1;
        v.src_strides[axis] = at >= 0 ? axes.src[at] : 0;
        v.dy_strides[axis] = at >= 0 ? axes.dy[at] : 0;
        dst_steps[axis] = at >= 0 ? axes.dst[at] : 0;
        v.lower[axis] = at >= 0 ? lower : 0;
        v.taps[axis] = at >= 0 ? taps : 1;
    }
    dst = LRN_AT(dst, dst_type, dst_offset);
    dst = LRN_AT(dst, dst_type, position.dst);

    const index_t padded = lrn_padded(v.dims[2], dst_shift);
    const index_t elements = v.dims[0] * v.dims[1] * padded;
    for (index_t n = get_global_id(1); n < elements; n += get_global_size(1)) {
        const index_t i2 = n % padded, i1 = n / padded % v.dims[1], i0 = n / padded / v.dims[1];
        const index_t to =
            i0 * dst_steps[0] + i1 * dst_steps[1] + lrn_channel(i2, dst_steps[2], dst_shift);
        if (position.padding || i2 >= v.dims[2]) {
            lrn_set(0, dst, dst_type, to);
            continue;
        }
        const scalar_t x = source(&v, i0, i1, i2), sum = squares(&v, i0, i1, i2);
#ifdef LRN_BACKWARD
        scalar_t power;
        lrn_gradient_factor(LRN_POWER, x, sum, scalars, &power);
        const terms t = {&v, i0, i1, i2, LRN_POWER, scalars};
        const scalar_t total = volume_terms(t, v.dims[0], i0 - mirrored(&v, 0), v.taps[0]);
        const scalar_t dx =
            lrn_gradient(LRN_POWER, x, gradient_source(&v, i0, i1, i2), power, total, scalars);
        lrn_set(dx, dst, dst_type, to);
#else
        lrn_set(lrn_normalize(LRN_POWER, x, sum, scalars), dst, dst_type, to);
#endif
    }
}
