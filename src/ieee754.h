/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stops the compilation if the compiler does not follow IEEE 754: results would
 * have other bits, or be wrong, without notice.
 */
#ifndef LRN_IEEE754_H
#define LRN_IEEE754_H

#include <float.h>

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

#endif
