/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table that cases.c makes cases of: a row gives one case for each of its types
 * and directions. A changed row changes digests: `cllrn verify --write-digests`.
 */
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

typedef struct case_row {
    section section;
    int types[LIST_FULL + 1]; /* by list: types added to those of the shorter lists */
    int directions;
    int32_t rank, channel_axis;
    int64_t dims[CLLRN_MAX_RANK];
    layout x_layout, dst_layout;
    int x_offset, dst_offset;
    int64_t lower, upper;
    double divisor;
    int32_t spatial_axes; /* 0: across channels */
    double alpha, beta, k;
    content content;
} case_row;

extern const case_row case_rows[];
extern const int case_row_count;

#endif
