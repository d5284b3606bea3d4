/* SPDX-License-Identifier: Apache-2.0 */
/* The results of all cases, added up. */
#ifndef CLI_TALLY_H
#define CLI_TALLY_H

#include "qualify.h"

/* The types that accuracy is told of: of dst, or mixed. */
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
    double greatest, bound; /* in eps, and the bound of its case */
    int worst_case;         /* -1: none */
    int64_t where[CLLRN_MAX_RANK];
    double share; /* the greatest of a case's own bound */
} accuracy_row;

typedef struct section_row {
    int passed, failed, unsupported;
} section_row;

/* Combined digests, of the types computed in float32 and of float64. */
typedef struct combined {
    uint64_t digest, expected;
    int cases, missing; /* those the device could not run, or that failed to */
} combined;

typedef struct tally {
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
} tally;

const char *types_name(kind_of_types types);

/* On failure a message was printed. */
bool tally_begin(tally *t, int greatest_count);
void tally_add(tally *t, const case_result *result);
void tally_end(tally *t);

#endif
