/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fixed list of cases of `cllrn verify`. A number means the same case in every
 * list and on every machine.
 */
#ifndef CLI_CASES_H
#define CLI_CASES_H

#include <cllrn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What a case tests. */
typedef enum section {
    SECTION_TYPES,
    SECTION_LAYOUTS,
    SECTION_WINDOWS,
    SECTION_POWERS,
    SECTION_SPECIAL,
    SECTION_FMA,
    SECTION_REPEAT,
    SECTION_NETWORKS,
    SECTION_COUNT
} section;

/* The lists; each includes the shorter ones. */
typedef enum case_list { LIST_QUICK, LIST_DEFAULT, LIST_FULL, LIST_COUNT } case_list;

/* The memory layout of a tensor. */
typedef enum layout {
    LAYOUT_C,        /* C order, no gaps */
    LAYOUT_LAST,     /* channels last, else C order */
    LAYOUT_FORTRAN,  /* the first axis fastest */
    LAYOUT_PADDED,   /* C order with gaps at every axis */
    LAYOUT_REVERSED, /* negative strides on all axes */
    LAYOUT_PERMUTED, /* axes in another order, with gaps */
    LAYOUT_REPEATED, /* stride 0 on the first axis: for a source only */
    LAYOUT_BLOCK4,
    LAYOUT_BLOCK8,
    LAYOUT_BLOCK16,
    LAYOUT_BLOCK32,
    LAYOUT_COUNT
} layout;

/* The values of a tensor. */
typedef enum content {
    CONTENT_SPREAD,  /* ordinary numbers without zeros; s covers [1.5, 8] k and more */
    CONTENT_INTEGER, /* -8..7: the sums are exact in every type */
    CONTENT_LARGE,   /* up to 60000: squares beyond float16 */
    CONTENT_HUGE,    /* some squares overflow the arithmetic */
    CONTENT_SPECIAL, /* zeros, infinities and NaNs among ordinary numbers */
    CONTENT_ONE_NAN, /* one NaN at one x */
    CONTENT_ONE_INF, /* one infinity at one x */
    CONTENT_NAN_DY,  /* one NaN at one dy */
    CONTENT_TRAP,    /* single numbers, chosen with alpha and k, that a false fma rounds wrongly */
    CONTENT_SUBNORMAL, /* not compared: devices may flush them */
    CONTENT_TIES,      /* x halfway between two numbers of dst's 16-bit type */
    CONTENT_COUNT
} content;

/* A row of the table that cases are made of: one case for each of its types and directions. */
typedef struct case_row {
    enum section section;
    int types[LIST_COUNT]; /* by list, as bits: types added to those of the shorter lists */
    int directions;        /* as bits: 1 forward, 2 backward */
    int32_t rank, channel_axis;
    int64_t dims[CLLRN_MAX_RANK];
    layout x_layout, dst_layout; /* dy has dst_layout too */
    int x_offset, dst_offset;    /* elements */
    int64_t lower, upper;
    double divisor;
    int32_t spatial_axes; /* 0: across channels */
    double alpha, beta, k;
    enum content content;
} case_row;

/* The types of tensors; the name is "f16", or "f16>f32" where src and dst differ. */
typedef struct case_types {
    const char *name;
    int32_t x, dy, dst;
} case_types;

/* The table: case_rows.c. */
enum { CASE_TYPES = 8 };
extern const case_types case_types_of_rows[CASE_TYPES];
extern const case_row case_rows[];
extern const int case_row_count;

typedef struct verify_case {
    int number;
    case_list list; /* the shortest list with this case */
    bool backward;
    case_types types;
    case_row row;
    cllrn_params params;
} verify_case;

int cases_count(void);

/* number is 0 to cases_count() - 1. */
verify_case cases_get(int number);

extern const char *const section_names[SECTION_COUNT], *const list_names[LIST_COUNT],
                                                           *const content_names[CONTENT_COUNT];

/* The case in one line. */
typedef struct case_text {
    char chars[300];
} case_text;
case_text case_describe(const verify_case *c);

/* Writes the case's line of `cllrn verify --list`. */
void case_write_line(FILE *file, const verify_case *c);

/* Whether the tensors are float64. */
bool case_is_f64(const verify_case *c);

/* Whether results have infinities or NaNs, or sums overflow. */
bool case_needs_inf_nan(const verify_case *c);

/* Why a device that has, or lacks, these cannot run the case; NULL if it can. */
const char *case_unsupported(const verify_case *c, bool fp64, bool inf_nan);

/* Whether devices have to agree on the bits of the result: some flush subnormals. */
bool case_has_digest(const verify_case *c);

/* Whether the result has an error bound, whatever the order of summation. */
bool case_has_bound(const verify_case *c);

/* The number of elements of each tensor. */
int64_t case_elements(const verify_case *c);

/* Makes a tensor of the case's shape in a layout. False after a message: the list has a mistake. */
bool case_tensor(const verify_case *c, layout how, int32_t dtype, cllrn_tensor *tensor);

/*
 * Fills x, or dy, whose element (0, 0, ..) is at data. The generator is our own, so that the
 * values are the same on every machine; they go by logical index, the same in every layout.
 */
void case_fill(const verify_case *c, bool dy, const cllrn_tensor *tensor, void *data);

/* The index of the one NaN or infinity of CONTENT_ONE_NAN, CONTENT_ONE_INF and CONTENT_NAN_DY. */
void case_bad_index(const verify_case *c, int64_t index[CLLRN_MAX_RANK]);

#endif
