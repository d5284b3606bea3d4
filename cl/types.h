/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types and operations that the arithmetic is made of, for OpenCL C 1.2 and for C11.
 *
 * The arithmetic uses only + - * fma, comparisons, conversions and integer operations. IEEE 754
 * and OpenCL define their results exactly, while sqrt, /, powr, exp2 and log2 may differ between
 * devices. No product feeds a bare + or -, so a compiler that contracts to fma in spite of
 * FP_CONTRACT OFF changes nothing.
 *
 * A scalar_t is a float, or a double with LRN_DOUBLE. A real_t is a vector of LRN_WIDTH scalars:
 * 1, 2, 4, 8 or 16 of them in OpenCL, one in C.
 */
#ifndef LRN_TYPES_H
#define LRN_TYPES_H

#include "arguments.h"

#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__)

#pragma OPENCL FP_CONTRACT OFF

#ifndef LRN_WIDTH
#define LRN_WIDTH 1
#endif

#ifdef LRN_DOUBLE
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
typedef double scalar_t;
typedef ulong scalar_bits_t;
typedef long scalar_mask_t;
#define LRN_SCALAR_NAME double
#define LRN_BITS_NAME ulong
#define LRN_MASK_NAME long
#define LRN_SCALAR_BITS(x) as_ulong(x)
#define LRN_BITS_SCALAR(x) as_double(x)
#else
typedef float scalar_t;
typedef uint scalar_bits_t;
typedef int scalar_mask_t;
#define LRN_SCALAR_NAME float
#define LRN_BITS_NAME uint
#define LRN_MASK_NAME int
#define LRN_SCALAR_BITS(x) as_uint(x)
#define LRN_BITS_SCALAR(x) as_float(x)
#endif

#define LRN_FMA(a, b, c) fma(a, b, c)
#define LRN_MAX(a, b) max(a, b)
#define LRN_CONSTANT constant

/*
 * LRN_INLINE: inner loops must hold no calls. Clang calls a function that is used twice, and a
 * call passes vectors through memory. LRN_RARE: rare code stays out of line, so that inner loops
 * stay small. LRN_ONCE: the bulk of a kernel stays out of line, because PoCL compiles the kernel
 * itself three times. Work-item functions such as get_global_id() would bring it back in line.
 */
#ifdef __clang__
#define LRN_INLINE static inline __attribute__((always_inline))
#if LRN_WIDTH > 1 /* not on GPUs, where a call passes its arguments through memory */
#define LRN_RARE static __attribute__((noinline))
#endif
#endif

#else

#define LRN_C /* compiled as C11, not as OpenCL C */

#include <math.h>
#include <stdint.h>
#include <string.h>

/*
 * For a function with many fma: one clone uses the processor's fma instruction, the other calls
 * the C library. Both give the same bits; the instruction is several times faster. Not under
 * ThreadSanitizer, which is not ready yet when the loader chooses a clone.
 */
#define LRN_FMA_CLONES
#if defined(__SANITIZE_THREAD__)
#define LRN_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LRN_TSAN
#endif
#endif
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__has_attribute) && !defined(LRN_TSAN)
#if __has_attribute(target_clones)
#undef LRN_FMA_CLONES
#ifdef __clang__ /* clang inlines unasked, and rejects flatten beside target_clones */
#define LRN_FMA_CLONES __attribute__((target_clones("fma", "default")))
#else
#define LRN_FMA_CLONES __attribute__((target_clones("fma", "default"), flatten))
#endif
#endif
#endif

#define LRN_WIDTH 1
#ifdef LRN_DOUBLE
typedef double scalar_t;
typedef uint64_t scalar_bits_t;
#define LRN_FMA(a, b, c) fma(a, b, c)
#else
typedef float scalar_t;
typedef uint32_t scalar_bits_t;
#define LRN_FMA(a, b, c) fmaf(a, b, c)
#endif

static inline scalar_bits_t lrn_scalar_bits(scalar_t x)
{
    scalar_bits_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline scalar_t lrn_bits_scalar(scalar_bits_t bits)
{
    scalar_t x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

#define LRN_SCALAR_BITS(x) lrn_scalar_bits(x)
#define LRN_BITS_SCALAR(x) lrn_bits_scalar(x)
#define LRN_MAX(a, b) ((a) > (b) ? (a) : (b))
#define LRN_CONSTANT static const

#endif

#define LRN_PASTE(a, b) a##b
#define LRN_JOIN(a, b) LRN_PASTE(a, b)
#if LRN_WIDTH == 1
typedef scalar_t real_t;
typedef scalar_bits_t bits_t;
typedef int mask_t;
#define LRN_BITS(x) LRN_SCALAR_BITS(x)
#define LRN_REAL(x) LRN_BITS_SCALAR(x)
#define LRN_ANY_LANE(mask) (mask)
#define LRN_FIRST(v) (v)
#define LRN_LOAD(p) (*(p))
#define LRN_STORE(v, p) (*(p) = (v))
#define LRN_LOAD_GLOBAL(p) (*(p))
#define LRN_STORE_GLOBAL(v, p) (*(p) = (v))
#else
typedef LRN_JOIN(LRN_SCALAR_NAME, LRN_WIDTH) real_t;
typedef LRN_JOIN(LRN_BITS_NAME, LRN_WIDTH) bits_t;
typedef LRN_JOIN(LRN_MASK_NAME, LRN_WIDTH) mask_t;
#define LRN_BITS(x) LRN_JOIN(LRN_JOIN(as_, LRN_BITS_NAME), LRN_WIDTH)(x)
#define LRN_REAL(x) LRN_JOIN(LRN_JOIN(as_, LRN_SCALAR_NAME), LRN_WIDTH)(x)
/* any() written out: PoCL 3.1's goes lane by lane and cost up to a fifth of a kernel's time. */
#define LRN_ANY_LANE2(mask) ((mask).x | (mask).y)
#define LRN_ANY_LANE4(mask) LRN_ANY_LANE2((mask).lo | (mask).hi)
#define LRN_ANY_LANE8(mask) LRN_ANY_LANE4((mask).lo | (mask).hi)
#define LRN_ANY_LANE16(mask) LRN_ANY_LANE8((mask).lo | (mask).hi)
#define LRN_ANY_LANE(mask) LRN_JOIN(LRN_ANY_LANE, LRN_WIDTH)(mask)
#define LRN_FIRST(v) ((v).s0)
#define LRN_STORE_WORDS(v, p) LRN_JOIN(vstore, LRN_WIDTH)(v, 0, p)
#ifdef __clang__
/* vload and vstore: PoCL 3.1 makes them of pairs, which the compiler does not always merge. */
typedef real_t __attribute__((aligned(sizeof(scalar_t)))) unaligned_real_t;
typedef LRN_JOIN(ushort, LRN_WIDTH) __attribute__((aligned(2))) unaligned_ushorts_t;
#define LRN_LOAD(p) (*(private const unaligned_real_t *)(p))
#define LRN_STORE(v, p) (*(private unaligned_real_t *)(p) = (v))
#define LRN_LOAD_GLOBAL(p) (*(global const unaligned_real_t *)(p))
#define LRN_STORE_GLOBAL(v, p) (*(global unaligned_real_t *)(p) = (v))
#define LRN_LOAD_USHORTS(p) (*(global const unaligned_ushorts_t *)(p))
#define LRN_STORE_USHORTS(v, p) (*(global unaligned_ushorts_t *)(p) = (v))
/* Prefetches the cache line at p: for a store if the constant `write` is 1, else for a load. */
#ifndef __SPIR__ /* SPIR-V has no such instruction */
#define LRN_PREFETCH(p, write) __builtin_prefetch((private const void *)(uintptr_t)(p), write)
#endif
#if __has_builtin(__builtin_nontemporal_store)
/* A store that bypasses the caches; p must be aligned to the vector's size. */
#define LRN_STREAM(v, p) __builtin_nontemporal_store(v, p)
#endif
#if defined(__F16C__) || defined(__aarch64__)
/* One conversion instruction a vector: PoCL 3.1's vload_half goes element by element. */
typedef half __attribute__((ext_vector_type(LRN_WIDTH))) halves_t;
#define LRN_FROM_HALVES(bits) __builtin_convertvector(__builtin_astype(bits, halves_t), real_t)
#define LRN_TO_HALVES(v)                                                                           \
    __builtin_astype(__builtin_convertvector(v, halves_t), LRN_JOIN(ushort, LRN_WIDTH))
#define LRN_LOAD_HALVES(p) LRN_FROM_HALVES(LRN_LOAD_USHORTS(p))
#endif
#else
#define LRN_LOAD(p) LRN_JOIN(vload, LRN_WIDTH)(0, p)
#define LRN_STORE(v, p) LRN_STORE_WORDS(v, p)
#define LRN_LOAD_GLOBAL(p) LRN_LOAD(p)
#define LRN_STORE_GLOBAL(v, p) LRN_STORE(v, p)
#define LRN_LOAD_USHORTS(p) LRN_LOAD((global const ushort *)(p))
#define LRN_STORE_USHORTS(v, p) LRN_STORE(v, (global ushort *)(p))
#endif
#ifndef LRN_LOAD_HALVES
#define LRN_LOAD_HALVES(p) LRN_JOIN(vload_half, LRN_WIDTH)(0, (global const half *)(p))
#define LRN_TO_HALVES(v) LRN_JOIN(convert_ushort, LRN_WIDTH)(lrn_to_f16(v))
#endif
#define LRN_STORE_HALVES(v, p) LRN_STORE_USHORTS(LRN_TO_HALVES(v), p)
#endif

#ifndef LRN_PREFETCH
#define LRN_PREFETCH(p, write) ((void)(p))
#endif

#ifndef LRN_INLINE
#define LRN_INLINE static inline
#endif
#ifndef LRN_RARE
#define LRN_RARE static inline
#endif
#define LRN_ONCE LRN_RARE

/*
 * Polynomials of degree 1, 2, 4 and 5 in x by Horner's scheme. The coefficients begin with the
 * highest one, which may be another polynomial.
 */
#define LRN_POLYNOMIAL1(x, a, b) LRN_FMA((real_t)(a), x, (real_t)(b))
#define LRN_POLYNOMIAL2(x, a, b, c) LRN_POLYNOMIAL1(x, LRN_POLYNOMIAL1(x, a, b), c)
#define LRN_POLYNOMIAL4(x, a, b, c, d, e) LRN_POLYNOMIAL2(x, LRN_POLYNOMIAL2(x, a, b, c), d, e)
#define LRN_POLYNOMIAL5(x, a, b, c, d, e, f)                                                       \
    LRN_POLYNOMIAL1(x, LRN_POLYNOMIAL4(x, a, b, c, d, e), f)

/* s = k + (scale_hi + scale_lo) * sum; s is raised to the power -(beta_hi + beta_lo). */
typedef struct lrn_scalars {
    scalar_t scale_hi, scale_lo; /* alpha / divisor in two parts */
    scalar_t k;
    scalar_t beta_hi, beta_lo; /* beta in two parts */
    scalar_t gradient;         /* -2 alpha beta / divisor */
    scalar_t octaves[5];       /* for lrn_power_near: s^-beta at five powers of 2 */
    scalar_t slopes[10];
    int parity, next_parity; /* LRN_BETA_* of beta and of beta + 1 */
} lrn_scalars;

#ifdef LRN_DOUBLE
#define LRN_MAGNITUDE_BITS 0x7fffffffffffffffu
#define LRN_NAN_BITS 0x7ff8000000000000u
#define LRN_INF_BITS 0x7ff0000000000000u
#define LRN_NORMAL_BITS 0x0010000000000000u /* the least normal number */
#define LRN_ONE_BITS 0x3ff0000000000000u
#define LRN_SIGN_SHIFT 63
#define LRN_SPECIAL_BITS 0x7fe0000000000000u        /* LRN_INF_BITS - LRN_NORMAL_BITS */
#define LRN_GREATEST_WHOLE_BITS 0x408fe80000000000u /* 1021: see lrn_times_exp2 */
#define LRN_SUBNORMAL_BIAS 64.0
#define LRN_SUBNORMAL_SCALE 18446744073709551616.0 /* 2^64 */
#define LRN_FAR 2000.0                             /* beyond it 2^n is infinite and 2^-n zero */
#define LRN_HALFWAY 1000.0
#else
#define LRN_MAGNITUDE_BITS 0x7fffffffu
#define LRN_NAN_BITS 0x7fc00000u
#define LRN_INF_BITS 0x7f800000u
#define LRN_NORMAL_BITS 0x00800000u
#define LRN_ONE_BITS 0x3f800000u
#define LRN_SIGN_SHIFT 31
#define LRN_SPECIAL_BITS 0x72000000u /* bits of 2^102, less LRN_NORMAL_BITS: see lrn_power_one */
#define LRN_GREATEST_WHOLE_BITS 0x42fa0000u /* 125 */
#define LRN_SUBNORMAL_BIAS 32.0f
#define LRN_SUBNORMAL_SCALE 4294967296.0f /* 2^32 */
#define LRN_FAR 200.0f
#define LRN_HALFWAY 100.0f
#endif

/*
 * The initialiser of slopes for b = -beta in [-1, 0): ((1 + f)^b - 1) / f = slopes[0] + slopes[1]
 * f + .. for f in [sqrt(1/2) - 1, sqrt(2) - 1). Each slope is b times a polynomial in b. Over
 * both f and b, the polynomials together minimise the greatest relative error of (1 + f)^b, which
 * is 2^-26. Their coefficients are rounded to float one by one from the last, and the rest are
 * fitted again after each.
 */
#ifdef LRN_DOUBLE
#define LRN_SLOPES(b)                                                                              \
    {                                                                                              \
        0                                                                                          \
    }
#else
#define LRN_SLOPE4(b, c3, c2, c1, c0) ((b)*LRN_FMA(LRN_FMA(LRN_FMA(c3, b, c2), b, c1), b, c0))
#define LRN_SLOPE5(b, c4, c3, c2, c1, c0) LRN_SLOPE4(b, LRN_FMA(c4, b, c3), c2, c1, c0)
#define LRN_SLOPES(b)                                                                              \
    {                                                                                              \
        (b) * 0.99999994f, (b)*LRN_FMA(0.499994487f, b, -0.500002921f),                            \
            (b)*LRN_FMA(LRN_FMA(0.166666985f, b, -0.500005364f), b, 0.333334565f),                 \
            LRN_SLOPE4(b, 0.0416621231f, -0.250234634f, 0.458411634f, -0.24995397f),               \
            LRN_SLOPE5(b, 0.00829471834f, -0.0832261518f, 0.292428046f, -0.415762305f,             \
                       0.200270683f),                                                              \
            LRN_SLOPE5(b, -0.0284712184f, 0.101092026f, -0.321476877f, 0.373529643f,               \
                       -0.167266935f),                                                             \
            LRN_SLOPE5(b, 0.0602803193f, -0.0964109227f, 0.345368773f, -0.351258636f,              \
                       0.137378663f),                                                              \
            LRN_SLOPE5(b, -0.0668000057f, 0.216603875f, -0.29916063f, 0.392649829f,                \
                       -0.120454781f),                                                             \
            LRN_SLOPE5(b, 0.0379349105f, -0.432210177f, 0.207454637f, -0.366141558f,               \
                       0.150915608f),                                                              \
            LRN_SLOPE5(b, -0.0329638682f, 0.26203385f, -0.170906946f, 0.125883237f,                \
                       -0.126848608f),                                                             \
    }
#endif

/* x with every NaN replaced by the canonical one. */
LRN_INLINE real_t lrn_canonical(real_t x)
{
    return (LRN_BITS(x) & (bits_t)(LRN_MAGNITUDE_BITS)) > (bits_t)(LRN_INF_BITS)
               ? LRN_REAL((bits_t)(LRN_NAN_BITS))
               : x;
}

#endif
