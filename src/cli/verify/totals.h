/* SPDX-License-Identifier: Apache-2.0 */
/* Sums up the results of all cases. */
#ifndef CLI_TOTALS_H
#define CLI_TOTALS_H

#include "qualify.h"

/* The groups of types in the accuracy table: the type of all tensors, or mixed. */
typedef enum kind_of_types {
    TYPES_F32,
    TYPES_F16,
    TYPES_BF16,
    TYPES_F64,
    TYPES_MIXED,
    TYPES_COUNT
} kind_of_types;

typedef struct accuracy_row {
    int cases, unsupported, runs;
    int64_t compared;
    double sum;             /* of the errors */
    double greatest, bound; /* the greatest error and its case's bound, in eps */
    int worst_case;         /* -1: none */
    int64_t where[CLLRN_MAX_RANK];
    double share; /* the greatest error / bound of a case */
} accuracy_row;

typedef struct section_row {
    int passed, failed, unsupported;
} section_row;

/* A combined digest: one of the float32 arithmetic, one of float64. */
typedef struct combined {
    uint64_t digest, expected;
    int cases, missing; /* cases without a digest: not supported, or failed to run */
} combined;

typedef struct totals {
    case_result *results;
    int count;
    int passed, failed, unsupported;
    int variant_runs[MAX_VARIANTS];
    int runs;
    accuracy_row accuracy[TYPES_COUNT][2]; /* forward, backward */
    section_row sections[SECTION_COUNT];
    section_row checks[CHECK_COUNT];
    combined quick[2], all[2]; /* [case_is_f64] */
    double seconds;
} totals;

const char *types_name(kind_of_types types);

/* Makes room for the results of greatest_count cases. False after a message. */
bool totals_begin(totals *t, int greatest_count);
void totals_add(totals *t, const case_result *result);
void totals_end(totals *t);

#endif
