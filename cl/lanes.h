/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies of runs of few elements, such as channel blocks make, between a tensor and scratch: lanes
 * of all runs at once, N = 1, 2, 4, 8 or 16 neighbours of each; N is at most LRN_WIDTH.
 */
#ifndef LRN_LANES_H
#define LRN_LANES_H

#include "kernel.h"

/*
 * Runs of a slice: neighbours in scratch, in a tensor `stride` apart or in blocks. Slice t of the
 * tile has `count` runs of `length` elements.
 */
typedef struct runs {
    index_t count, length;
    index_t zeros;                    /* of padding behind each run, which only dst has */
    index_t inner;                    /* runs of the inner loop */
    index_t outer_distance, distance; /* in scratch */
    index_t outer_step, step;         /* in the tensor, as `stride` */
    index_t stride;
    int shift;           /* elements of a run are in blocks of 2^shift */
    index_t ahead;       /* in the tensor, to the elements to prefetch; 0 if there are none */
    index_t lanes_ahead; /* the same for copies of lanes, which nothing else prefetches */
} runs;

#if LRN_WIDTH > 1

#if LRN_STORAGE == LRN_F64
#define SCRATCH_TYPE LRN_F64
#else
#define SCRATCH_TYPE LRN_F32
#endif

/*
 * load_lanesN and store_lanesN load and store the first N lanes of a vector, which are its part
 * LOW. The type of N elements is that of one with the suffix.
 */
#if !defined(__clang__)
#define DEFINE_LANES(N, suffix, LOW)                                                               \
    LRN_INLINE real_t load_lanes##N(global const element_t *p, int type, index_t at)               \
    {                                                                                              \
        return lrn_load(p, type, at, N);                                                           \
    }                                                                                              \
    LRN_INLINE void store_lanes##N(real_t x, global element_t *p, int type, index_t at)            \
    {                                                                                              \
        lrn_store(x, p, type, at, N);                                                              \
    }
#elif LRN_STORAGE == LRN_F64
#define DEFINE_LANES(N, suffix, LOW)                                                               \
    typedef double##suffix __attribute__((aligned(sizeof(double)))) doubles##N;                    \
    LRN_INLINE real_t load_lanes##N(global const element_t *p, int type, index_t at)               \
    {                                                                                              \
        real_t x = (real_t)(0);                                                                    \
        x.LOW = *(global const doubles##N *)(p + at);                                              \
        return x;                                                                                  \
    }                                                                                              \
    LRN_INLINE void store_lanes##N(real_t x, global element_t *p, int type, index_t at)            \
    {                                                                                              \
        *(global doubles##N *)(p + at) = x.LOW;                                                    \
    }
#else
typedef LRN_JOIN(ushort, LRN_WIDTH) words_t;

LRN_INLINE real_t from_words(words_t words, int type)
{
    if (type == LRN_F16) {
#ifdef LRN_FROM_HALVES
        return LRN_FROM_HALVES(words);
#else
        ushort part[LRN_WIDTH];
        LRN_STORE_WORDS(words, part);
        return LRN_JOIN(vload_half, LRN_WIDTH)(0, (private const half *)part);
#endif
    }
    return LRN_REAL(LRN_JOIN(convert_uint, LRN_WIDTH)(words) << 16);
}

LRN_INLINE words_t to_words(real_t x, int type)
{
    if (type == LRN_F16)
        return LRN_TO_HALVES(x);
    return LRN_JOIN(convert_ushort, LRN_WIDTH)(lrn_to_bf16(x));
}

#define DEFINE_LANES(N, suffix, LOW)                                                               \
    typedef float##suffix __attribute__((aligned(sizeof(float)))) floats##N;                       \
    typedef ushort##suffix __attribute__((aligned(sizeof(ushort)))) ushorts##N;                    \
    LRN_INLINE real_t load_lanes##N(global const element_t *p, int type, index_t at)               \
    {                                                                                              \
        real_t x = (real_t)(0);                                                                    \
        words_t words = (words_t)(0);                                                              \
        p = LRN_AT(p, type, at);                                                                   \
        if (type == LRN_F32) {                                                                     \
            x.LOW = *(global const floats##N *)p;                                                  \
            return x;                                                                              \
        }                                                                                          \
        words.LOW = *(global const ushorts##N *)p;                                                 \
        return from_words(words, type);                                                            \
    }                                                                                              \
    LRN_INLINE void store_lanes##N(real_t x, global element_t *p, int type, index_t at)            \
    {                                                                                              \
        p = LRN_AT(p, type, at);                                                                   \
        if (type == LRN_F32)                                                                       \
            *(global floats##N *)p = x.LOW;                                                        \
        else                                                                                       \
            *(global ushorts##N *)p = to_words(x, type).LOW;                                       \
    }
#endif

/*
 * fetch_lanesN copies N lanes of each run into scratch, put_lanesN to a tensor; there the lanes
 * whose bits `mask` clears become zeros. Where runs of N elements follow one another in the tensor,
 * a whole vector is copied, if it has several runs: GROUP of them. NEXT is the vector that begins
 * with its next run.
 */
#define DEFINE_COPIES(N, suffix, LOW, GROUP, NEXT)                                                 \
    DEFINE_LANES(N, suffix, LOW)                                                                   \
    LRN_RARE void fetch_lanes##N(global scalar_t *to, global const element_t *from, int type,      \
                                 const runs *all)                                                  \
    {                                                                                              \
        const runs r = *all;                                                                       \
        const index_t grouped = GROUP > 1 && r.step == N ? r.inner / GROUP * GROUP : 0;            \
        for (index_t row = 0; row * r.inner < r.count; ++row) {                                    \
            global scalar_t *lanes = to + row * r.outer_distance;                                  \
            index_t at = row * r.outer_step, i = 0;                                                \
            for (; i < grouped; i += GROUP, at += LRN_WIDTH) {                                     \
                real_t x = lrn_load(from, type, at, LRN_WIDTH);                                    \
                LRN_PREFETCH(LRN_AT(from, type, at + r.lanes_ahead), 0);                           \
                for (int j = 0; j < GROUP; ++j, x = x.NEXT, lanes += r.distance)                   \
                    store_lanes##N(x, (global element_t *)lanes, SCRATCH_TYPE, 0);                 \
            }                                                                                      \
            for (; i < r.inner; ++i, at += r.step, lanes += r.distance) {                          \
                LRN_PREFETCH(LRN_AT(from, type, at + r.lanes_ahead), 0);                           \
                store_lanes##N(load_lanes##N(from, type, at), (global element_t *)lanes,           \
                               SCRATCH_TYPE, 0);                                                   \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    LRN_RARE void put_lanes##N(global const scalar_t *from, global element_t *to, int type,        \
                               const runs *all, bits_t mask)                                       \
    {                                                                                              \
        const runs r = *all;                                                                       \
        const index_t grouped = GROUP > 1 && r.step == N ? r.inner / GROUP * GROUP : 0;            \
        for (index_t row = 0; row * r.inner < r.count; ++row) {                                    \
            global const scalar_t *lanes = from + row * r.outer_distance;                          \
            index_t at = row * r.outer_step, i = 0;                                                \
            for (; i < grouped; i += GROUP, at += LRN_WIDTH) {                                     \
                real_t x = (real_t)(0);                                                            \
                for (int j = 0; j < GROUP; ++j, lanes += r.distance) {                             \
                    x.LOW = load_lanes##N((global const element_t *)lanes, SCRATCH_TYPE, 0).LOW;   \
                    x = x.NEXT;                                                                    \
                }                                                                                  \
                LRN_PREFETCH(LRN_AT(to, type, at + r.lanes_ahead), 1);                             \
                lrn_store(LRN_REAL(LRN_BITS(x) & mask), to, type, at, LRN_WIDTH);                  \
            }                                                                                      \
            for (; i < r.inner; ++i, at += r.step, lanes += r.distance) {                          \
                LRN_PREFETCH(LRN_AT(to, type, at + r.lanes_ahead), 1);                             \
                store_lanes##N(LRN_REAL(LRN_BITS(LRN_LOAD_GLOBAL(lanes)) & mask), to, type, at);   \
            }                                                                                      \
        }                                                                                          \
    }

#if LRN_WIDTH == 2
DEFINE_COPIES(1, , s0, 1, s01)
DEFINE_COPIES(2, 2, s01, 1, s01)
#elif LRN_WIDTH == 4
DEFINE_COPIES(1, , s0, 1, s0123)
DEFINE_COPIES(2, 2, s01, 1, s0123)
DEFINE_COPIES(4, 4, s0123, 1, s0123)
#elif LRN_WIDTH == 8
DEFINE_COPIES(1, , s0, 1, s01234567)
DEFINE_COPIES(2, 2, s01, 1, s01234567)
DEFINE_COPIES(4, 4, s0123, 2, s45670123)
DEFINE_COPIES(8, 8, s01234567, 1, s01234567)
#else
DEFINE_COPIES(1, , s0, 1, s0123456789abcdef)
DEFINE_COPIES(2, 2, s01, 1, s0123456789abcdef)
DEFINE_COPIES(4, 4, s0123, 4, s456789abcdef0123)
DEFINE_COPIES(8, 8, s01234567, 2, s89abcdef01234567)
DEFINE_COPIES(16, 16, s0123456789abcdef, 1, s0123456789abcdef)
#endif

/* The elements of a run as runs of one element. */
LRN_INLINE runs elements_of(const runs *r)
{
    runs elements = *r;
    elements.count = elements.inner = r->length;
    elements.outer_distance = elements.outer_step = 0;
    elements.distance = 1;
    elements.step = r->stride;
    return elements;
}

/* The lanes to copy at once of runs of `length` elements. */
LRN_INLINE int lanes_of(index_t length)
{
    int lanes = LRN_WIDTH;
    while (lanes > length)
        lanes /= 2;
    return lanes;
}

/* Copies `length` elements of each run into scratch. */
LRN_RARE void fetch_lanes(global scalar_t *to, global const element_t *from, int type,
                          index_t length, const runs *r)
{
    const int lanes = lanes_of(length);
    for (index_t next = 0; next < length; next += lanes) {
        /* The last lanes are moved back to end with the run. */
        const index_t i = length - next < lanes ? length - lanes : next;
        if (lanes == 1)
            fetch_lanes1(to + i, LRN_AT(from, type, i), type, r);
        else if (lanes == 2)
            fetch_lanes2(to + i, LRN_AT(from, type, i), type, r);
#if LRN_WIDTH >= 4
        else if (lanes == 4)
            fetch_lanes4(to + i, LRN_AT(from, type, i), type, r);
#endif
#if LRN_WIDTH >= 8
        else if (lanes == 8)
            fetch_lanes8(to + i, LRN_AT(from, type, i), type, r);
#endif
#if LRN_WIDTH == 16
        else
            fetch_lanes16(to + i, LRN_AT(from, type, i), type, r);
#endif
    }
}

/* Copies `length` elements of each run to a tensor, and zeros behind them up to element `end`. */
LRN_RARE void put_lanes(global const scalar_t *from, global element_t *to, int type, index_t length,
                        index_t end, const runs *all)
{
    const int lanes = lanes_of(end);
    for (index_t next = 0; next < end; next += lanes) {
        const index_t i = end - next < lanes ? end - lanes : next;
        scalar_bits_t kept[LRN_WIDTH];
        runs r = *all;
        for (int lane = 0; lane < LRN_WIDTH; ++lane)
            kept[lane] = i + lane % lanes < length ? ~(scalar_bits_t)0 : 0;
        const bits_t mask = LRN_JOIN(vload, LRN_WIDTH)(0, kept);
        /* Scratch has nothing there: any element will do. */
        if (i >= length)
            r.distance = r.outer_distance = 0;
        global const scalar_t *first = i < length ? from + i : from;
        if (lanes == 1)
            put_lanes1(first, LRN_AT(to, type, i), type, &r, mask);
        else if (lanes == 2)
            put_lanes2(first, LRN_AT(to, type, i), type, &r, mask);
#if LRN_WIDTH >= 4
        else if (lanes == 4)
            put_lanes4(first, LRN_AT(to, type, i), type, &r, mask);
#endif
#if LRN_WIDTH >= 8
        else if (lanes == 8)
            put_lanes8(first, LRN_AT(to, type, i), type, &r, mask);
#endif
#if LRN_WIDTH == 16
        else
            put_lanes16(first, LRN_AT(to, type, i), type, &r, mask);
#endif
    }
}

#endif

#endif
