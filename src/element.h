/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and stores single elements of every dtype in host memory. index is in elements. */
#ifndef LRN_ELEMENT_H
#define LRN_ELEMENT_H

#include <float.h>
#include <stdbool.h>

#include <cllrn_types.h>

#include "../cl/arguments.h"

/*
 * Stop the compilation if the compiler does not follow IEEE 754: results would
 * have other bits, or be wrong, without notice.
 */
#if FLT_EVAL_METHOD != 0
#error "IEEE 754: float is evaluated as double: build with -msse2 -mfpmath=sse -mstackrealign"
#endif

/*
 * Each part of -ffast-math that changes results defines a macro, except for
 * those of Clang that CMakeLists.txt switches off.
 */
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) ||     \
    defined(__NO_SIGNED_ZEROS__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0)
#error "IEEE 754: build without -ffast-math (Intel: with -fp-model=precise), -Ofast and their like"
#endif

_Static_assert(sizeof 1.0 == sizeof(double), "IEEE 754: build without -fsingle-precision-constant");

bool lrn_element_is_dtype(int32_t dtype);

/* The kernels' number of a dtype, LRN_F32 .. */
static inline int lrn_element_type(cllrn_dtype dtype)
{
    return dtype - CLLRN_DTYPE_F32 + LRN_F32;
}

/* The value of an element; exact, because a double holds every value of every dtype. */
double lrn_element_get(cllrn_dtype dtype, const void *data, int64_t index);

/* Stores value, rounded once, to nearest, ties to even; a NaN becomes the dtype's canonical NaN. */
void lrn_element_set(cllrn_dtype dtype, void *data, int64_t index, double value);

/* The bits of an element; every NaN gives the canonical NaN. */
uint64_t lrn_element_bits(cllrn_dtype dtype, const void *data, int64_t index);

#endif
