/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums over a window in the canonical order. The taps, from the lowest element on, fall into
 * blocks of powers of two, the binary digits of the number of taps from the largest down. Each
 * block is summed by pairs. Elements outside the axis count as zeros. A product enters through
 * fma only.
 *
 * The order depends on the number of taps alone, so all kernels and the host have the same bits;
 * it costs about log2(taps) roundings instead of taps. Here are two implementations: unrolled, and
 * element by element. Valid as OpenCL C 1.2 and as C11.
 */
#ifndef LRN_WINDOW_H
#define LRN_WINDOW_H

#include "arithmetic.h"

/* Window size that the fast kernels are unrolled for. */
#ifndef LRN_TAPS
#define LRN_TAPS 5
#endif

/* Signed type of dims, strides and indices: 64 bits where 32 cannot hold them. */
#ifndef LRN_INDEX
#ifdef LRN_C
#define LRN_INDEX int64_t
#else
#define LRN_INDEX int
#endif
#endif
typedef LRN_INDEX index_t;

/* Offset of index c on an axis in blocks of 2^shift; `stride` is from block to block. */
static inline index_t lrn_channel(index_t c, index_t stride, int shift)
{
    return (c >> shift) * stride + (c & ((1 << shift) - 1));
}

#ifndef LRN_C

#if LRN_TAPS > 15
#error "lrn_window_sum_unrolled has blocks of 8, 4, 2 and 1 products"
#endif

/* Sums of 2, 4 and 8 products a b. No loops: late unrolling keeps arrays out of registers. */
LRN_INLINE real_t lrn_block2(const real_t *a, const real_t *b)
{
    return LRN_FMA(a[0], b[0], a[1] * b[1]);
}

LRN_INLINE real_t lrn_block4(const real_t *a, const real_t *b)
{
    return lrn_block2(a, b) + lrn_block2(a + 2, b + 2);
}

LRN_INLINE real_t lrn_block8(const real_t *a, const real_t *b)
{
    return lrn_block4(a, b) + lrn_block4(a + 4, b + 4);
}

/* The sum of LRN_TAPS products a b. */
LRN_INLINE real_t lrn_window_sum_unrolled(const real_t *a, const real_t *b)
{
    real_t total = (real_t)(0.0f);
    const int fours = LRN_TAPS & 8, twos = LRN_TAPS & 12, ones = LRN_TAPS & 14; /* block offsets */
    if (LRN_TAPS & 8)
        total = lrn_block8(a, b);
    if (LRN_TAPS & 4)
        total = fours ? total + lrn_block4(a + fours, b + fours) : lrn_block4(a, b);
    if (LRN_TAPS & 2)
        total = twos ? total + lrn_block2(a + twos, b + twos) : lrn_block2(a, b);
    if (LRN_TAPS & 1)
        total = LRN_FMA(a[ones], b[ones], total);
    return total;
}

#endif

/*
 * Elements are products a b, or numbers b if `products` is 0. LRN_PAIR is the sum of two elements,
 * LRN_LAST that of `total` and an element.
 */
#define LRN_PAIR(products, a0, b0, a1, b1) ((products) ? LRN_FMA(a0, b0, (a1) * (b1)) : (b0) + (b1))
#define LRN_LAST(products, total, a, b) ((products) ? LRN_FMA(a, b, total) : (total) + (b))

/* Levels of a binary tree over `taps` elements, without the elements themselves. */
static inline int lrn_level_count(int taps)
{
    int levels = 0;
    while (taps >> (levels + 1) != 0)
        ++levels;
    return levels;
}

/*
 * Defines real_t NAME(CONTEXT, length, first, taps): the sum of `taps` elements from index
 * `first` on, where elements outside 0 .. length - 1 are zeros. FETCH(index, a, b) sets a and b
 * for an index inside.
 *
 * Elements are added like the digits of a binary counter: level l holds the finished sum of 2^l
 * elements. After the last element, the levels are the blocks of the canonical order. Pairs
 * before the first element inside and after the last are zeros and are skipped, so the time
 * depends on the elements inside only.
 */
#define LRN_DEFINE_SUM(NAME, CONTEXT, products, FETCH)                                             \
    static inline real_t NAME(CONTEXT, index_t length, index_t first, int taps)                    \
    {                                                                                              \
        const index_t left = length - first; /* elements from `first` to the end */                \
        const int end = left >= taps ? taps : left > 0 ? (int)left : 0;                            \
        const int stop = (end & 1) && end < taps ? end + 1 : end;                                  \
        const int begin = first >= 0 ? 0 : -first < end ? (int)-first & ~1 : end;                  \
        real_t levels[31], a0 = (real_t)(0), b0 = a0, total = a0;                                  \
        if (begin >= end)                                                                          \
            return total;                                                                          \
        for (int level = 1; (begin >> level) != 0; ++level)                                        \
            levels[level] = (real_t)(0); /* the skipped pairs */                                   \
        for (int at = begin; at < stop; ++at) {                                                    \
            real_t a = (real_t)(0), b = a;                                                         \
            const index_t index = first + at;                                                      \
            if (index >= 0 && index < length) {                                                    \
                FETCH(index, a, b)                                                                 \
            }                                                                                      \
            if ((at & 1) == 0) {                                                                   \
                a0 = a;                                                                            \
                b0 = b;                                                                            \
                continue;                                                                          \
            }                                                                                      \
            real_t sum = LRN_PAIR(products, a0, b0, a, b);                                         \
            int level = 1;                                                                         \
            for (; (at >> level) & 1; ++level)                                                     \
                sum = levels[level] + sum;                                                         \
            levels[level] = sum;                                                                   \
        }                                                                                          \
        int done = 0;                                                                              \
        for (int level = lrn_level_count(taps); level >= 1; --level) {                             \
            const int size = 1 << level, whole = (stop & ~1) - done;                               \
            if ((taps & size) == 0)                                                                \
                continue;                                                                          \
            real_t block = (real_t)(0);                                                            \
            if (whole >= size)                                                                     \
                block = levels[level];                                                             \
            else /* the rest of this block and all blocks after it are zeros */                    \
                for (int l = 1; (whole >> l) != 0; ++l)                                            \
                    if ((whole >> l) & 1)                                                          \
                        block = levels[l] + block;                                                 \
            total = total + block;                                                                 \
            if (whole < size)                                                                      \
                break;                                                                             \
            done += size;                                                                          \
        }                                                                                          \
        if ((taps & 1) && stop == taps)                                                            \
            total = LRN_LAST(products, total, a0, b0);                                             \
        return total;                                                                              \
    }

/* A window over up to three axes; unused axes come first and have one tap. */
typedef struct lrn_box {
    index_t dims[3];
    int taps[3], upper[3];
} lrn_box;

#endif
