/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of all cases. A changed row changes digests: `cllrn verify --write-digests`. */
#ifndef CLI_CASE_ROWS_H
#define CLI_CASE_ROWS_H

#include "cases.h"

/* Types of x, dy and dst, as bits. */
enum {
    F32 = 1 << 0,
    F16 = 1 << 1,
    BF16 = 1 << 2,
    F64 = 1 << 3,
    F16_F32 = 1 << 4, /* type of x, type of dst */
    F32_F16 = 1 << 5,
    BF16_F32 = 1 << 6,
    F32_BF16 = 1 << 7,
    TYPE_COUNT = 8,
    NARROW = F16 | BF16,
    SAME = F32 | NARROW | F64,
    MIXED = F16_F32 | F32_F16 | BF16_F32 | F32_BF16,
    ALL = SAME | MIXED,
    NONE = 0
};

/* Directions, as bits. */
enum { FORWARD = 1, BACKWARD = 2, BOTH = FORWARD | BACKWARD };

extern const case_row case_rows[];
extern const int case_row_count;

#endif
