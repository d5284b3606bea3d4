/* SPDX-License-Identifier: Apache-2.0 */
/* Copies between tensors and the slices of a worker's scratch, see slices.h. */
#ifndef LRN_RUNS_H
#define LRN_RUNS_H

#include "general.h"
#include "lanes.h"
#include "slices.h"

typedef global scalar_t *slice_t;
typedef global const scalar_t *const_slice_t;

/*
 * FOR_VECTORS: the vectors of a slice that are this work-item's, up to element `end`.
 * GROUP: where a work-group keeps what is the same for its work-items. On GPUs that is local
 * memory, because it is too much for registers.
 *
 * With vectors one work-item of a group works. On PoCL, too: its version 3.1 does not compile such
 * barriers and local memory.
 */
#if LRN_WIDTH > 1 || defined(POCL_DEVICE_ADDRESS_BITS)
#define FOR_VECTORS(v, begin, end) for (index_t v = begin; v < (end); v += LRN_WIDTH)
#define WAIT_FOR_ALL()
#define GROUP private
#else
#define FOR_VECTORS(v, begin, end)                                                                 \
    for (index_t v = (begin) + (index_t)get_local_id(0); v < (end); v += (index_t)get_local_size(0))
#define WAIT_FOR_ALL() barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#define GROUP local
#define GROUP_IS_SHARED
#endif

/*
 * A walk prefetches the slice AHEAD steps further on: slices are far apart in a tensor, a cache
 * line or a few of each, which hardware does not foresee. Without a walk, elements so many vectors
 * further on are prefetched.
 */
#define AHEAD 2
#define AHEAD_VECTORS 32

/* Where a slice begins in a tensor. */
LRN_INLINE index_t walk_offset(GROUP const lrn_slices *s, GROUP const lrn_tensor *t, index_t slice)
{
    const int axis = 2 - s->axes; /* the walk's */
    if (!s->walks)
        return 0;
    return axis == 2 ? lrn_channel(slice, t->steps[2], t->shift)
                     : slice * (axis == 1 ? t->steps[1] : t->steps[0]);
}

/* Not LRN_INLINE: see lrn_next_power. */
static inline runs runs_of(GROUP const lrn_slices *s, GROUP const lrn_tensor *t,
                           index_t position_step, index_t count, index_t zeros)
{
    runs r;
    const index_t step0 = s->axes == 2 ? t->steps[1] : 0;
    r.ahead = s->walks ? 0 : AHEAD_VECTORS * LRN_WIDTH;
    r.lanes_ahead = s->walks ? walk_offset(s, t, AHEAD) : AHEAD_VECTORS * LRN_WIDTH;
    r.shift = 0;
    if (s->tile_distance == 1) {
        r.length = count;
        r.zeros = zeros;
        r.stride = position_step;
        r.count = s->dims[0] * s->dims[1];
        r.inner = s->dims[1];
        r.outer_distance = s->distance[0];
        r.distance = s->distance[1];
        r.outer_step = step0;
        r.step = t->steps[2];
        if (r.stride == 1 && r.step == r.length && r.distance == r.length) {
            /* The runs follow one another: they are one. */
            r.length *= r.inner;
            r.count /= r.inner;
            r.inner = 1;
        }
    } else {
        r.length = s->dims[1];
        r.stride = t->steps[2];
        r.shift = t->shift;
        r.zeros = lrn_padded(r.length, r.shift) - r.length;
        r.count = count * s->dims[0];
        r.inner = s->dims[0];
        r.outer_distance = s->tile_distance;
        r.distance = s->distance[0];
        r.outer_step = position_step;
        r.step = step0;
        if (r.inner == 1) {
            r.inner = count;
            r.distance = s->tile_distance;
            r.step = position_step;
        }
    }
    return r;
}

/* Run n of each outer step. No divisions: runs may be as short as a vector. */
#define FOR_RUNS(r, outer, n)                                                                      \
    for (index_t outer = 0; outer < (r)->count / (r)->inner; ++outer)                              \
        for (index_t n = 0; n < (r)->inner; ++n)

#if LRN_WIDTH == 1
/* Where run n of all begins in a slice of scratch, and in one of the tensor. */
LRN_INLINE index_t run_in_slice(const runs *r, index_t n)
{
    return n / r->inner * r->outer_distance + n % r->inner * r->distance;
}

LRN_INLINE index_t run_in_tensor(const runs *r, index_t n)
{
    return n / r->inner * r->outer_step + n % r->inner * r->step;
}
#endif

/* A slice to prefetch, a vector at a time, while another one is computed. */
typedef struct later {
    global const element_t *slice;
    int type;
    index_t at;              /* the next vector */
    index_t left, runs_left; /* elements of this run, and runs of this outer step */
    index_t length, inner;   /* of each run, and of each outer step */
    index_t next;            /* from the end of a run to the next run */
    index_t next_outer;      /* added to that where an outer step ends */
} later;

/* What to prefetch of a tensor at step t. */
LRN_INLINE void later_set(later *l, GROUP const lrn_slices *s, GROUP const lrn_tensor *t,
                          const runs *r, global const element_t *from, index_t step)
{
    const index_t slice = step + AHEAD < s->steps ? step + AHEAD : s->steps - 1;
    l->slice = LRN_AT(from, t->type, walk_offset(s, t, slice));
    l->type = t->type;
    l->at = 0;
    l->left = l->length = r->length;
    l->runs_left = l->inner = r->inner;
    l->next = r->step - (r->length + LRN_WIDTH - 1) / LRN_WIDTH * LRN_WIDTH;
    l->next_outer = r->outer_step - r->inner * r->step;
}

/* Prefetches the next vector, for a store if the constant `write` is 1; also past the slice. */
LRN_INLINE void prefetch_next(later *l, int write)
{
#if LRN_WIDTH > 1
    if (l == 0)
        return;
    if (write)
        LRN_PREFETCH(LRN_AT(l->slice, l->type, l->at), 1);
    else
        LRN_PREFETCH(LRN_AT(l->slice, l->type, l->at), 0);
    l->at += LRN_WIDTH;
    l->left -= LRN_WIDTH;
    if (l->left <= 0) {
        l->at += l->next;
        l->left = l->length;
        if (--l->runs_left == 0) {
            l->at += l->next_outer;
            l->runs_left = l->inner;
        }
    }
#endif
}

#if LRN_WIDTH > 1
/* Whether runs are neighbours in the tensor, too, and at least a vector long. */
LRN_INLINE int are_vectors(const runs *r)
{
    return r->stride == 1 && r->shift == 0 && r->zeros == 0 && r->length >= LRN_WIDTH;
}

/* Such runs may be a single vector: the loops keep `r` in registers. */
LRN_INLINE void fetch_vectors(slice_t to, global const element_t *from, int type, runs r)
{
    /* The last vector is moved back to end with the run. */
    const index_t last = r.length - LRN_WIDTH;
    FOR_RUNS (&r, outer, n) {
        slice_t run = to + outer * r.outer_distance + n * r.distance;
        const index_t at = outer * r.outer_step + n * r.step;
        for (index_t i = 0; i < last; i += LRN_WIDTH) {
            LRN_PREFETCH(LRN_AT(from, type, at + i + r.ahead), 0);
            LRN_STORE_GLOBAL(lrn_load(from, type, at + i, LRN_WIDTH), run + i);
        }
        LRN_PREFETCH(LRN_AT(from, type, at + last + r.ahead), 0);
        LRN_STORE_GLOBAL(lrn_load(from, type, at + last, LRN_WIDTH), run + last);
    }
}

LRN_INLINE void put_vectors(const_slice_t from, global element_t *to, int type, runs r)
{
    const index_t last = r.length - LRN_WIDTH;
    FOR_RUNS (&r, outer, n) {
        const_slice_t run = from + outer * r.outer_distance + n * r.distance;
        const index_t at = outer * r.outer_step + n * r.step;
        for (index_t i = 0; i < last; i += LRN_WIDTH) {
            LRN_PREFETCH(LRN_AT(to, type, at + i + r.ahead), 1);
            lrn_store(LRN_LOAD_GLOBAL(run + i), to, type, at + i, LRN_WIDTH);
        }
        LRN_PREFETCH(LRN_AT(to, type, at + last + r.ahead), 1);
        lrn_store(LRN_LOAD_GLOBAL(run + last), to, type, at + last, LRN_WIDTH);
    }
}
#endif

/* Elements of a run that follow one another in a tensor, up to element `end`. */
LRN_INLINE index_t run_block(const runs *r, index_t end)
{
    return r->shift > 0 ? (index_t)1 << r->shift : end;
}

/* Copies a slice of a tensor into scratch. */
LRN_RARE void fetch(slice_t to, global const element_t *from, int type, const runs *r)
{
#if LRN_WIDTH > 1
    if (are_vectors(r)) {
        fetch_vectors(to, from, type, *r);
        return;
    }
    if (r->stride != 1 && r->shift == 0) {
        const runs elements = elements_of(r);
        FOR_RUNS (r, outer, n) {
            fetch_lanes(to + outer * r->outer_distance + n * r->distance,
                        LRN_AT(from, type, outer * r->outer_step + n * r->step), type, 1,
                        &elements);
        }
        return;
    }
    const index_t block = run_block(r, r->length);
    for (index_t first = 0; first < r->length; first += block) {
        const index_t rest = r->length - first, length = rest < block ? rest : block;
        global const element_t *begin = LRN_AT(from, type, lrn_channel(first, r->stride, r->shift));
        runs piece = *r;
        piece.length = length;
        if (length <= LRN_WIDTH)
            fetch_lanes(to + first, begin, type, length, r);
        else
            fetch_vectors(to + first, begin, type, piece);
    }
#else
    FOR_VECTORS (e, 0, r->count * r->length) {
        const index_t n = e / r->length, i = e % r->length;
        to[run_in_slice(r, n) + i] =
            lrn_get(from, type, run_in_tensor(r, n) + lrn_channel(i, r->stride, r->shift));
    }
#endif
}

/* Copies a slice from scratch to dst, and zeros behind its runs. */
LRN_RARE void put(const_slice_t from, global element_t *to, int type, const runs *r)
{
    const index_t end = r->length + r->zeros;
#if LRN_WIDTH > 1
    if (are_vectors(r)) {
        put_vectors(from, to, type, *r);
        return;
    }
    if (r->stride != 1 && r->shift == 0) {
        FOR_RUNS (r, outer, n) {
            const_slice_t run = from + outer * r->outer_distance + n * r->distance;
            const index_t at = outer * r->outer_step + n * r->step;
            for (index_t i = 0; i < r->length; i += LRN_WIDTH)
                lrn_scatter(LRN_LOAD_GLOBAL(run + i), to, type, at + i * r->stride, r->stride,
                            r->length - i < LRN_WIDTH ? (int)(r->length - i) : LRN_WIDTH);
        }
        return;
    }
    const index_t block = run_block(r, end);
    for (index_t first = 0; first < end; first += block) {
        const index_t length = r->length - first;
        global element_t *begin = LRN_AT(to, type, lrn_channel(first, r->stride, r->shift));
        runs piece = *r;
        piece.length = block;
        if (block <= LRN_WIDTH || length < block)
            put_lanes(from + first, begin, type, length, block, r);
        else
            put_vectors(from + first, begin, type, piece);
    }
#else
    FOR_VECTORS (e, 0, r->count * end) {
        const index_t n = e / end, i = e % end;
        const scalar_t value = i < r->length ? from[run_in_slice(r, n) + i] : 0;
        lrn_store(value, to, type, run_in_tensor(r, n) + lrn_channel(i, r->stride, r->shift), 1);
    }
#endif
}

#endif
