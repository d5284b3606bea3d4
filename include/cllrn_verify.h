/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * clLRN without a device: the operator on host memory, with the bits that every
 * device gives; a reference that judges accuracy; and a digest, one number that
 * identifies a result. They qualify a device, or check a runtime that uses it.
 * This header needs no OpenCL. Its functions are in the library, and also alone
 * in the static library of the CMake target cllrn::host, for programs on
 * machines without OpenCL.
 */
#ifndef CLLRN_VERIFY_H
#define CLLRN_VERIFY_H

/* The tables below are aligned by hand. */
/* clang-format off */

#include <cllrn_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------ host and reference */
/** @defgroup host_and_reference Host and reference
 * @{ */

/**
 * Runs the kernels' arithmetic, compiled as C, on host memory. The results have
 * the same bits as on every device that rounds to nearest. src_data and
 * dst_data point to element (0, 0, ..) and may have any alignment; dst_data may
 * be src_data if both tensors have the same dtype, strides and block. Uses no
 * OpenCL device, one thread, and temporary memory for the elements along the
 * window's axes at one position.
 *
 * Statuses as for cllrn_plan_create and for the overlap in
 * cllrn_enqueue, and CLLRN_OUT_OF_MEMORY. Any thread.
 */
CLLRN_API cllrn_status cllrn_host_forward(const cllrn_params *params, const cllrn_tensor *src,
                                          const void *src_data, const cllrn_tensor *dst,
                                          void *dst_data, cllrn_error *error);

/** The gradient: src is x, dy the gradient of y, dst becomes dx. dst may be src or dy. */
CLLRN_API cllrn_status cllrn_host_backward(const cllrn_params *params, const cllrn_tensor *src,
                                           const void *src_data, const cllrn_tensor *dy,
                                           const void *dy_data, const cllrn_tensor *dst,
                                           void *dst_data, cllrn_error *error);

/**
 * A reference to measure accuracy against: plain scalar C with compensated sums
 * and the C library's pow, computed in double (long double for float64) and
 * rounded to dst's type. Its time grows with the window. Otherwise as
 * cllrn_host_forward.
 */
CLLRN_API cllrn_status cllrn_reference_forward(const cllrn_params *params, const cllrn_tensor *src,
                                               const void *src_data, const cllrn_tensor *dst,
                                               void *dst_data, cllrn_error *error);

/** The gradient, as of cllrn_host_backward. */
CLLRN_API cllrn_status cllrn_reference_backward(const cllrn_params *params,
                                                const cllrn_tensor *src, const void *src_data,
                                                const cllrn_tensor *dy, const void *dy_data,
                                                const cllrn_tensor *dst, void *dst_data,
                                                cllrn_error *error);

/**
 * As cllrn_reference_forward, with results in double: dst_data is an array in C
 * order without gaps over src's dims, and overlaps no other memory.
 */
CLLRN_API cllrn_status cllrn_reference_forward_f64(const cllrn_params *params,
                                                   const cllrn_tensor *src, const void *src_data,
                                                   double *dst_data, cllrn_error *error);

/**
 * The gradient, with results in double as of cllrn_reference_forward_f64. Its
 * terms may cancel, so its error has to be measured against the sum of the
 * magnitudes of its terms: magnitudes, NULL or an array like dst_data, receives
 * that sum.
 */
CLLRN_API cllrn_status cllrn_reference_backward_f64(const cllrn_params *params,
                                                    const cllrn_tensor *src, const void *src_data,
                                                    const cllrn_tensor *dy, const void *dy_data,
                                                    double *dst_data, double *magnitudes,
                                                    cllrn_error *error);

/** @} */
/* ------------------------------------------------------------------ digest */
/** @defgroup digest Digest
 * @{ */

/**
 * Adds to *digest, modulo 2^64, a hash of every element's index and bits. All
 * NaNs count as one value. Set *digest to 0 before the first call. The index of
 * an element is channel + channels * (first_position + position), where
 * position counts in C order over the other axes. The digest therefore does not
 * depend on layout, strides or rank, and the digests of slices add up to the
 * digest of the whole tensor when each slice is given its first position. data
 * points to element (0, 0, ..) in host memory and may have any alignment.
 *
 *     CLLRN_INVALID_ARGUMENT  a NULL pointer (data may be NULL for an empty tensor)
 * and what is wrong with the tensor, as for cllrn_plan_create.
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_digest(const cllrn_tensor *tensor, const void *data,
                                    uint64_t first_position, uint64_t *digest, cllrn_error *error);

/**
 * As cllrn_digest, for a box of a larger tensor: the box->dims elements that
 * begin at element (first[0], first[1], ..). whole_dims are the dims of the
 * larger tensor. first and whole_dims have box->rank entries. However a tensor
 * is divided into boxes, along the channels too, their digests add up to that
 * of the whole tensor.
 *
 * Statuses as for cllrn_digest, first and whole_dims being pointers too, and
 *
 *     CLLRN_INVALID_DIMS  the box exceeds the larger tensor
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_digest_box(const cllrn_tensor *box, const void *data,
                                        const int64_t *first, const int64_t *whole_dims,
                                        uint64_t *digest, cllrn_error *error);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
