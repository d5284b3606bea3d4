/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers a case's tensors hold: by a generator of our own, the same on
 * every machine, and by logical index, the same in every layout.
 */
#ifndef CLI_CONTENT_H
#define CLI_CONTENT_H

#include "cases.h"

extern const char *const content_names[CONTENT_COUNT];

typedef enum content_role { CONTENT_X, CONTENT_DY } content_role;

/* data points to element (0, 0, ..). */
void content_fill(const verify_case *c, content_role role, const cllrn_tensor *tensor, void *data);

/* The index of the one NaN or infinity of CONTENT_ONE_NAN and its like. */
void content_bad_index(const verify_case *c, int64_t index[CLLRN_MAX_RANK]);

#endif
