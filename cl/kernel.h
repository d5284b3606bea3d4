/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all kernels share beyond the arithmetic: their parameters, and loads and stores of elements
 * of every type.
 *
 * LRN_STORAGE is the element type of all tensors: LRN_F32, LRN_F16, LRN_BF16, LRN_F64 (with
 * LRN_DOUBLE), or LRN_ANY, with which `modes` gives each tensor's own type at run time.
 */
#ifndef LRN_KERNEL_H
#define LRN_KERNEL_H

#include "window.h"

#ifndef LRN_STORAGE
#ifdef LRN_DOUBLE
#define LRN_STORAGE LRN_F64
#else
#define LRN_STORAGE LRN_ANY
#endif
#endif

/* The power class: a constant if the program is built for one alone; else `modes` gives it. */
#ifdef LRN_POWER
#define LRN_POWER_IN(modes) LRN_POWER
#else
#define LRN_POWER LRN_POWER_IN(modes)
#define LRN_POWER_IN(modes) ((int)((modes) >> LRN_MODE_POWER & 7))
#endif

/* Runs a statement with `power`, in a copy of the code for each of the most used power classes. */
#define LRN_BY_POWER(CLASS, STATEMENT)                                                             \
    do {                                                                                           \
        if ((CLASS) == LRN_POWER_3_4) {                                                            \
            const int power = LRN_POWER_3_4;                                                       \
            STATEMENT;                                                                             \
        } else if ((CLASS) == LRN_POWER_NEAR) {                                                    \
            const int power = LRN_POWER_NEAR;                                                      \
            STATEMENT;                                                                             \
        } else {                                                                                   \
            const int power = (CLASS);                                                             \
            STATEMENT;                                                                             \
        }                                                                                          \
    } while (0)

/*
 * Powers that are not ordinary (see arithmetic.h) are rare, so kernels compute several elements as
 * if all powers were ordinary. If one was not, `special` is set, and this computes the elements
 * again: with s near k and far from k by the expression BOTH, which tells whether a power was
 * special, and every other power by the statement CAREFULLY.
 */
#define LRN_AGAIN(CLASS, special, BOTH, CAREFULLY)                                                 \
    do {                                                                                           \
        if ((CLASS) == LRN_POWER_NEAR && special)                                                  \
            special = BOTH;                                                                        \
        if (special)                                                                               \
            CAREFULLY;                                                                             \
    } while (0)

/* Type of buffer offsets: uint on devices without 64-bit integers. */
#ifndef LRN_OFFSET
#define LRN_OFFSET ulong
#endif
typedef LRN_OFFSET offset_t;

/* A field of `modes`, see arguments.h. */
#define LRN_MODE(name)                                                                             \
    ((int)(modes >> LRN_MODE_##name & ((2u << (LRN_MODE_##name##_LAST - LRN_MODE_##name)) - 1u)))

#if LRN_STORAGE == LRN_F32
typedef float element_t;
#elif LRN_STORAGE == LRN_F64
typedef double element_t;
#elif LRN_STORAGE == LRN_ANY
typedef uchar element_t;
#else
typedef ushort element_t;
#endif

typedef LRN_JOIN(LRN_INDEX, 8) index8_t;

/* With LRN_DISJOINT dst is no source, and GPUs load the sources by their path for constant data. */
#ifdef LRN_DISJOINT
#define LRN_RESTRICT restrict
#else
#define LRN_RESTRICT
#endif

/* The parameters of a kernel, from the lists of arguments.h. */
#define LRN_PARAMETER_source global const element_t *LRN_RESTRICT
#define LRN_PARAMETER_result global element_t *LRN_RESTRICT
#define LRN_PARAMETER_scratch global scalar_t *
#define LRN_PARAMETER_offset offset_t
#define LRN_PARAMETER_index index_t
#define LRN_PARAMETER_axes index8_t
#define LRN_PARAMETER_int int
#define LRN_PARAMETER_uint uint
#define LRN_PARAMETER_scalar scalar_t
#define LRN_FIRST_PARAMETER(type, name, value) LRN_PARAMETER_##type name
#define LRN_NEXT_PARAMETER(type, name, value) , LRN_PARAMETER_##type name
#define LRN_FAST_PARAMETERS LRN_FAST_ARGUMENTS(LRN_FIRST_PARAMETER, LRN_NEXT_PARAMETER)
#define LRN_GENERAL_PARAMETERS LRN_GENERAL_ARGUMENTS(LRN_FIRST_PARAMETER, LRN_NEXT_PARAMETER)
/* The same names as the arguments of a function that has these parameters. */
#define LRN_FIRST_NAME(type, name, value) name
#define LRN_NEXT_NAME(type, name, value) , name
#define LRN_FAST_NAMES LRN_FAST_ARGUMENTS(LRN_FIRST_NAME, LRN_NEXT_NAME)
#define LRN_GENERAL_NAMES LRN_GENERAL_ARGUMENTS(LRN_FIRST_NAME, LRN_NEXT_NAME)

#define LRN_SCALARS                                                                                \
    ((lrn_scalars){scale_hi,                                                                       \
                   scale_lo,                                                                       \
                   k,                                                                              \
                   beta_hi,                                                                        \
                   beta_lo,                                                                        \
                   gradient,                                                                       \
                   {octave0, octave1, octave2, octave3, octave4},                                  \
                   LRN_SLOPES(-beta_hi),                                                           \
                   LRN_MODE(PARITY),                                                               \
                   LRN_MODE(NEXT_PARITY)})

/* The channels of dst, rounded up to whole blocks of 2^shift. */
static inline index_t lrn_padded(index_t channels, int shift)
{
    const index_t rest = ((index_t)1 << shift) - 1;
    return (channels + rest) & ~rest;
}

/* LRN_AT: p advanced by `offset` elements. LRN_TYPE: the element type of SRC, DY or DST. */
#if LRN_STORAGE == LRN_ANY
/* In two steps: 4 * offset can overflow int32; 2 * offset cannot. */
#define LRN_AT(p, type, offset)                                                                    \
    ((p) + 2 * (offset) + ((type) == LRN_F32 ? 2 * (offset) : (index_t)0))
#define LRN_TYPE(tensor) LRN_MODE(tensor##_TYPE)
#else
#define LRN_AT(p, type, offset) ((p) + (offset))
#define LRN_TYPE(tensor) LRN_STORAGE
#endif

#if LRN_STORAGE != LRN_F64

/*
 * float to float16 and bfloat16 by integer operations: to nearest, ties to even, every NaN to the
 * canonical NaN. vstore_half_rte would leave the bits of a NaN to the device.
 */
LRN_INLINE bits_t lrn_to_f16(real_t x)
{
    const bits_t bits = LRN_BITS(x), magnitude = bits & (bits_t)(0x7fffffffu);
    /* Below 2^-14, adding 1/2 rounds to multiples of 2^-24, as float16 subnormals are. */
    const bits_t small = LRN_BITS(LRN_REAL(magnitude) + (real_t)(0.5f)) - (bits_t)(0x3f000000u);
    const bits_t normal =
        (magnitude - (bits_t)(0x38000000u - 0xfffu) + ((magnitude >> 13) & (bits_t)(1u))) >> 13;
    const bits_t finite = magnitude < (bits_t)(0x38800000u) ? small : normal;
    const bits_t large = magnitude > (bits_t)(0x7f800000u)
                             ? (bits_t)(0x7e00u)
                             : (bits_t)(0x7c00u) | ((bits >> 16) & (bits_t)(0x8000u));
    return magnitude >= (bits_t)(0x47800000u) ? large : finite | ((bits >> 16) & (bits_t)(0x8000u));
}

/* x has no NaN but the canonical one, which is rounded to that of bfloat16 like a number. */
LRN_INLINE bits_t lrn_to_bf16(real_t x)
{
    const bits_t bits = LRN_BITS(x);
    return (bits + (bits_t)(0x7fffu) + ((bits >> 16) & (bits_t)(1u))) >> 16;
}

#endif

/*
 * Element `at` of a kernel's argument src, dy or dst, whose TENSOR is SRC, DY or DST. In two
 * steps, because an offset_t may be wider than an index_t.
 */
#define LRN_ELEMENT(name, TENSOR, at)                                                              \
    LRN_AT(LRN_AT(name, LRN_TYPE(TENSOR), name##_offset), LRN_TYPE(TENSOR), at)
/* For the fast kernels: channel 0 of a position. */
#define LRN_LINE(name, TENSOR, item, position)                                                     \
    LRN_ELEMENT(name, TENSOR, (item)*name##_outer + (position)*name##_inner)

/* Element `at` of p, converted to the type of the arithmetic. */
LRN_INLINE scalar_t lrn_get(global const element_t *p, int type, index_t at)
{
    p = LRN_AT(p, type, at);
#if LRN_STORAGE == LRN_F64
    return *p;
#else
    if (type == LRN_F32)
        return *(global const float *)p;
    if (type == LRN_F16)
        return vload_half(0, (global const half *)p);
    return as_float((uint) * (global const ushort *)p << 16);
#endif
}

/* LRN_WIDTH neighbours, of which only the first `count` are loaded; the rest are 0. */
static inline real_t lrn_load(global const element_t *p, int type, index_t at, int count)
{
#if LRN_WIDTH == 1
    return lrn_get(p, type, at);
#else
    p = LRN_AT(p, type, at);
#if LRN_STORAGE == LRN_F64
    if (count == LRN_WIDTH)
        return LRN_LOAD_GLOBAL(p);
#else
    if (count == LRN_WIDTH) {
        if (type == LRN_F32)
            return LRN_LOAD_GLOBAL((global const float *)p);
        if (type == LRN_F16)
            return LRN_LOAD_HALVES(p);
        return LRN_REAL(LRN_JOIN(convert_uint, LRN_WIDTH)(LRN_LOAD_USHORTS(p)) << 16);
    }
#endif
    scalar_t part[LRN_WIDTH];
    for (int i = 0; i < LRN_WIDTH; ++i)
        part[i] = i < count ? lrn_get(p, type, i) : 0;
    return LRN_LOAD(part);
#endif
}

/* Stores the first `count` of LRN_WIDTH neighbours. */
static inline void lrn_store(real_t x, global element_t *p, int type, index_t at, int count)
{
    p = LRN_AT(p, type, at);
#if LRN_STORAGE == LRN_F64 && LRN_WIDTH == 1
    *p = x;
#elif LRN_STORAGE == LRN_F64
    double part[LRN_WIDTH];
    if (count == LRN_WIDTH) {
        LRN_STORE_GLOBAL(x, p);
        return;
    }
    LRN_STORE(x, part);
    for (int i = 0; i < count; ++i)
        p[i] = part[i];
#elif LRN_WIDTH == 1
    if (type == LRN_F32)
        *(global float *)p = x;
    else
        *(global ushort *)p = (ushort)(type == LRN_F16 ? lrn_to_f16(x) : lrn_to_bf16(x));
#else
    if (type == LRN_F32 && count == LRN_WIDTH) {
        LRN_STORE_GLOBAL(x, (global float *)p);
    } else if (type == LRN_F16 && count == LRN_WIDTH) {
        LRN_STORE_HALVES(x, p);
    } else if (count == LRN_WIDTH) {
        LRN_STORE_USHORTS(LRN_JOIN(convert_ushort, LRN_WIDTH)(lrn_to_bf16(x)), p);
    } else if (type == LRN_F32) {
        float part[LRN_WIDTH];
        LRN_STORE(x, part);
        for (int i = 0; i < count; ++i)
            ((global float *)p)[i] = part[i];
    } else {
        uint part[LRN_WIDTH];
        LRN_STORE_WORDS(type == LRN_F16 ? lrn_to_f16(x) : lrn_to_bf16(x), part);
        for (int i = 0; i < count; ++i)
            ((global ushort *)p)[i] = (ushort)part[i];
    }
#endif
}

/* Stores the first `count` elements of a vector, `stride` apart. */
static inline void lrn_scatter(real_t x, global element_t *p, int type, index_t at, index_t stride,
                               int count)
{
#if LRN_WIDTH == 1
    lrn_store(x, p, type, at, count);
#else
    scalar_t part[LRN_WIDTH];
    LRN_STORE(x, part);
#if LRN_STORAGE == LRN_F64
    for (int i = 0; i < count; ++i)
        p[at + i * stride] = part[i];
#else
    uint words[LRN_WIDTH];
    p = LRN_AT(p, type, at);
    if (type == LRN_F32) {
        for (int i = 0; i < count; ++i)
            ((global float *)p)[i * stride] = part[i];
        return;
    }
    LRN_STORE_WORDS(type == LRN_F16 ? lrn_to_f16(x) : lrn_to_bf16(x), words);
    for (int i = 0; i < count; ++i)
        ((global ushort *)p)[i * stride] = (ushort)words[i];
#endif
#endif
}

/*
 * Stores a whole vector. With `stream` the store bypasses the caches, and the address must be
 * aligned to the vector's size. It is up to the device to complete such stores before the command
 * ends.
 */
LRN_INLINE void lrn_store_whole(real_t x, global element_t *p, int type, index_t at, int stream)
{
#if defined(LRN_STREAM) && LRN_STORAGE == LRN_F32
    if (stream) {
        LRN_STREAM(x, (global real_t *)(p + at));
        return;
    }
#endif
    lrn_store(x, p, type, at, LRN_WIDTH);
}

#ifndef LRN_DOUBLE

/* A vector of first, first + 1 .. */
LRN_INLINE bits_t lrn_lanes_from(int first)
{
    bits_t lanes = (bits_t)((uint)first);
#if LRN_WIDTH > 1
    const uint numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    lanes += LRN_JOIN(vload, LRN_WIDTH)(0, numbers);
#endif
    return lanes;
}

/* All bits set where a number is not in 0 .. count - 1. AVX2 would pack a comparison's mask. */
LRN_INLINE bits_t lrn_outside(bits_t numbers, index_t count)
{
    return (bits_t)(0u) - ((numbers | ((bits_t)((uint)count - 1u) - numbers)) >> 31);
}

#endif

/*
 * x[at] of a window's shift register. A variable index would keep the array out of registers.
 * Bits are masked because compilers turn a choice between elements into such an index.
 */
static inline real_t lrn_pick(const real_t *x, int at)
{
    bits_t picked = (bits_t)(0u);
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j)
        picked |= LRN_BITS(x[j]) & (bits_t)(j == at ? 0xffffffffu : 0u);
    return LRN_REAL(picked);
}

static inline void lrn_shift_in(real_t *x, real_t next)
{
#pragma unroll
    for (int j = 0; j < LRN_TAPS - 1; ++j)
        x[j] = x[j + 1];
    x[LRN_TAPS - 1] = next;
}

/*
 * The shift registers of a walk along the channels, which takes in channel j + upper when it is at
 * channel j. Backward it gives dx of channel j - lower, whose mirrored window is in the last three.
 */
typedef struct lrn_registers {
    real_t x[LRN_TAPS]; /* channels j - lower .. j + upper */
#ifdef LRN_BACKWARD
    real_t dy[LRN_TAPS], factors[LRN_TAPS], powers[LRN_TAPS]; /* j - (LRN_TAPS - 1) .. j */
#endif
} lrn_registers;

static inline void lrn_registers_clear(lrn_registers *r)
{
#pragma unroll
    for (int i = 0; i < LRN_TAPS; ++i) {
        r->x[i] = (real_t)(0.0f);
#ifdef LRN_BACKWARD
        r->dy[i] = r->factors[i] = r->powers[i] = (real_t)(0.0f);
#endif
    }
}

#ifdef LRN_BACKWARD
/* Takes in dy of channel j. If there is no channel j, dy is zero. */
static inline void lrn_registers_put(lrn_registers *r, int power, real_t dy, int is_channel,
                                     int lower, lrn_scalars scalars)
{
    real_t factor = (real_t)(0.0f), power_of_s = factor;
    if (is_channel)
        factor = lrn_gradient_factor(power, lrn_pick(r->x, lower),
                                     lrn_window_sum_unrolled(r->x, r->x), scalars, &power_of_s);
    lrn_shift_in(r->dy, dy);
    lrn_shift_in(r->factors, factor);
    lrn_shift_in(r->powers, power_of_s);
}

#endif

/* y of channel j or, backward, dx of channel j - lower. */
static inline real_t lrn_registers_result(const lrn_registers *r, int power, int lower,
                                          lrn_scalars scalars)
{
#ifdef LRN_BACKWARD
    const int upper = LRN_TAPS - 1 - lower;
    return lrn_gradient(power, r->x[0], lrn_pick(r->dy, upper), lrn_pick(r->powers, upper),
                        lrn_window_sum_unrolled(r->dy, r->factors), scalars);
#else
    return lrn_normalize(power, lrn_pick(r->x, lower), lrn_window_sum_unrolled(r->x, r->x),
                         scalars);
#endif
}

/*
 * What a work-item of a kernel for CPUs computes of one item, which is an index of `outer`. A row
 * is a channel, or a block of 2^shift channels.
 */
typedef struct lrn_tile {
    global const element_t *x, *dy; /* the item's element (0, 0); packed: a position's channel 0 */
    global element_t *to;
    index_t channels, rows, size; /* of the item; size: its elements */
    index_t plane;                /* elements of a row */
    int shift, block;             /* block = 2^shift */
    index_t begin, end;           /* channels of the tile; all ends are exclusive */
    index_t left, right;          /* positions of the tile */
    int lower, upper;             /* channels that a window reaches before and after its own */
    uint modes;
    lrn_scalars scalars;
    /* A kernel sets these: elements of dst before an aligned vector; whether stores are aligned
     * and bypass the caches. */
    int skew, stream;
} lrn_tile;

/* Sets all that does not depend on the item. Returns whether the work-item has a tile. */
static inline int lrn_tile_set(lrn_tile *t, LRN_FAST_PARAMETERS)
{
    const index_t tiles = inner < tile_positions ? 1 : inner / tile_positions;
    const index_t number = (index_t)get_global_id(0);
    t->channels = channels;
    t->shift = LRN_MODE(DST_SHIFT);
    t->plane = inner << t->shift;
    t->block = 1 << t->shift;
    t->rows = lrn_padded(channels, t->shift) >> t->shift;
    t->size = t->rows * t->plane;
    t->begin = (index_t)get_global_id(1) * tile_channels;
    t->end = channels - t->begin <= tile_channels ? channels : t->begin + tile_channels;
    t->left = number * tile_positions;
    t->right = number == tiles - 1 ? inner : t->left + tile_positions;
    t->lower = lower;
    t->upper = LRN_TAPS - 1 - lower;
    t->modes = modes;
    t->scalars = LRN_SCALARS;
    return number < tiles && t->begin < channels;
}

/* Sets t's pointers to channel 0 of a position of an item. */
#define LRN_TILE_AT(t, item, position)                                                             \
    ((t).x = LRN_LINE(src, SRC, item, position), (t).dy = LRN_LINE(dy, DY, item, position),        \
     (t).to = LRN_LINE(dst, DST, item, position))

/*
 * Stands before a kernel whose vectors are explicit. Intel's compiler does not join its work-items
 * to wider vectors then: that takes up to a minute of compiling, and gains nothing.
 */
#if LRN_WIDTH > 1
#define LRN_EXPLICIT __attribute__((vec_type_hint(real_t)))
#else
#define LRN_EXPLICIT
#endif

/*
 * A kernel's file holds both directions; LRN_BACKWARD selects the one that is built. Sources for
 * offline compilers define the whole name, see cllrn_program_info.
 */
#ifndef LRN_KERNEL_NAME
#ifdef LRN_BACKWARD
#define LRN_KERNEL_NAME(name) backward_##name
#else
#define LRN_KERNEL_NAME(name) forward_##name
#endif
#endif

#endif
