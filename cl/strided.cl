/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any window, region and strides; a work-item sums the window of each element that it computes.
 * The baseline: every other kernel equals it bit for bit.
 *
 * Legal when dst is disjoint from the sources. Needs no scratch. The time grows with the size of
 * the window; backward, with the square of the size.
 *
 * Global size: (any, any, 1). One dimension covers the positions, the other one the elements of
 * the window axes; dimension 0 covers the one whose neighbours are nearer in dst, so that
 * neighbouring work-items load and store neighbours.
 */
#include "general.h"

/* The window axes of one position. */
typedef struct volume {
    global const element_t *x, *dy;
    lrn_tensor src, dy_axes;
    lrn_box box, mirrored;
    int power;
    lrn_scalars scalars;
} volume;

/* An element of a volume. */
typedef struct place {
    const volume *v;
    index_t i0, i1, i2;
} place;

static inline scalar_t source(place p)
{
    return lrn_get(p.v->x, p.v->src.type, lrn_tensor_offset(&p.v->src, p.i0, p.i1, p.i2));
}

/* The last arguments of a sum over the window of element i along an axis of a box. */
#define WINDOW(box, axis, i)                                                                       \
    (box).dims[axis], (i) + (box).upper[axis] - ((box).taps[axis] - 1), (box).taps[axis]

#define FETCH_SQUARE(index, a, b) a = b = source((place){p.v, p.i0, p.i1, index});
LRN_DEFINE_SUM(row_squares, place p, 1, FETCH_SQUARE)

#define FETCH_ROW(index, a, b)                                                                     \
    b = row_squares((place){p.v, p.i0, index, p.i2}, WINDOW(p.v->box, 2, p.i2));
LRN_DEFINE_SUM(plane_squares, place p, 0, FETCH_ROW)

#define FETCH_PLANE(index, a, b)                                                                   \
    b = plane_squares((place){p.v, index, p.i1, p.i2}, WINDOW(p.v->box, 1, p.i1));
LRN_DEFINE_SUM(volume_squares, place p, 0, FETCH_PLANE)

#ifdef LRN_BACKWARD

static inline scalar_t gradient_source(place p)
{
    return lrn_get(p.v->dy, p.v->dy_axes.type, lrn_tensor_offset(&p.v->dy_axes, p.i0, p.i1, p.i2));
}

/* A term of the gradient's sum over a mirrored window is dy times this factor. */
static inline scalar_t factor_of(place p, scalar_t *power_of_s)
{
    const scalar_t sum = volume_squares(p, WINDOW(p.v->box, 0, p.i0));
    return lrn_gradient_factor(p.v->power, source(p), sum, p.v->scalars, power_of_s);
}

#define FETCH_TERM(index, a, b)                                                                    \
    const place term = {p.v, p.i0, p.i1, index};                                                   \
    scalar_t unused;                                                                               \
    a = gradient_source(term);                                                                     \
    b = factor_of(term, &unused);
LRN_DEFINE_SUM(row_terms, place p, 1, FETCH_TERM)

#define FETCH_ROW_TERMS(index, a, b)                                                               \
    b = row_terms((place){p.v, p.i0, index, p.i2}, WINDOW(p.v->mirrored, 2, p.i2));
LRN_DEFINE_SUM(plane_terms, place p, 0, FETCH_ROW_TERMS)

#define FETCH_PLANE_TERMS(index, a, b)                                                             \
    b = plane_terms((place){p.v, index, p.i1, p.i2}, WINDOW(p.v->mirrored, 1, p.i1));
LRN_DEFINE_SUM(volume_terms, place p, 0, FETCH_PLANE_TERMS)

#endif

static inline index_t magnitude(index_t stride)
{
    return stride < 0 ? -stride : stride;
}

/* Whether elements are nearer than positions: the rule of launch_strided in src/variant_any.c. */
static inline int elements_are_nearer(const lrn_axes *axes, uint modes)
{
    const int in_block = LRN_MODE(DST_SHIFT) > 0 && !LRN_MODE(WITHIN);
    return in_block || axes->dims[7] == 1 ||
           magnitude(axes->dst[LRN_MODE(WINDOW_COUNT) - 1]) <
               magnitude(lrn_position_step(axes->dst, LRN_MODE(DST_SHIFT), modes));
}

kernel void LRN_KERNEL_NAME(strided)(LRN_GENERAL_PARAMETERS)
{
    const lrn_axes axes = lrn_axes_make(dims, src_strides, dy_strides, dst_strides);
    volume v;
    v.src = lrn_tensor_make(axes.src, LRN_TYPE(SRC), LRN_MODE(SRC_SHIFT), modes);
    v.dy_axes = lrn_tensor_make(axes.dy, LRN_TYPE(DY), LRN_MODE(DY_SHIFT), modes);
    const lrn_tensor to = lrn_tensor_make(axes.dst, LRN_TYPE(DST), LRN_MODE(DST_SHIFT), modes);
    lrn_box_set(&v.box, &axes, taps, taps - 1 - lower, modes);
    lrn_box_set(&v.mirrored, &axes, taps, lower, modes);
    v.power = LRN_POWER;
    v.scalars = LRN_SCALARS;

    const index_t padded = lrn_padded(v.box.dims[2], to.shift);
    const index_t elements = v.box.dims[0] * v.box.dims[1] * padded;
    const index_t positions = lrn_position_count(&axes, 1, modes);
    const int nearer = elements_are_nearer(&axes, modes);
    for (index_t at = get_global_id(nearer); at < positions; at += get_global_size(nearer)) {
        const lrn_position position = lrn_position_make(&axes, at, 1, modes);
        global element_t *const line = LRN_ELEMENT(dst, DST, position.dst);
        v.x = LRN_ELEMENT(src, SRC, position.src);
        v.dy = LRN_ELEMENT(dy, DY, position.dy);
        for (index_t n = get_global_id(!nearer); n < elements; n += get_global_size(!nearer)) {
            const place p = {&v, n / padded / v.box.dims[1], n / padded % v.box.dims[1],
                             n % padded};
            scalar_t result = 0;
            if (position.count > 0 && p.i2 < v.box.dims[2]) {
#ifdef LRN_BACKWARD
                scalar_t power_of_s;
                factor_of(p, &power_of_s);
                const scalar_t total = volume_terms(p, WINDOW(v.mirrored, 0, p.i0));
                result = lrn_gradient(LRN_POWER, source(p), gradient_source(p), power_of_s, total,
                                      v.scalars);
#else
                const scalar_t sum = volume_squares(p, WINDOW(v.box, 0, p.i0));
                result = lrn_normalize(LRN_POWER, source(p), sum, v.scalars);
#endif
            }
            const index_t own = lrn_tensor_offset(&to, p.i0, p.i1, p.i2);
            lrn_store(result, line, to.type, own, 1);
            for (index_t i = 1; i < position.count + position.zeros; ++i)
                lrn_store(0, line, to.type, own + i, 1);
        }
    }
}
