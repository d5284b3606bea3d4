/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills a case's tensors with numbers. The generator is our own, so that they are the
 * same on every machine; they go by logical index, the same in every layout.
 */
#ifndef CLI_CONTENT_H
#define CLI_CONTENT_H

#include "cases.h"

/* Fills x, or dy; data points to element (0, 0, ..). */
void content_fill(const verify_case *c, bool dy, const cllrn_tensor *tensor, void *data);

/* The index of the one NaN or infinity of CONTENT_ONE_NAN, CONTENT_ONE_INF and CONTENT_NAN_DY. */
void content_bad_index(const verify_case *c, int64_t index[CLLRN_MAX_RANK]);

#endif
