/* SPDX-License-Identifier: Apache-2.0 */
/* A verification: the device, the results of its cases, and their sums. */
#ifndef CLI_TOTALS_H
#define CLI_TOTALS_H

#include "facts.h"
#include "qualify.h"

#include "bench/bench.h"

/* The groups of types in the accuracy table: the type of all tensors, or mixed. */
enum { TYPES_MIXED = 4, TYPES_COUNT };

typedef struct accuracy_row {
    int cases, unsupported, runs;
    int worst_case;           /* the case with the greatest error; -1: none */
    struct accuracy accuracy; /* of all cases; `bound` and `where` are the worst case's */
} accuracy_row;

/* A combined digest: one of the float32 arithmetic, one of float64. */
typedef struct combined {
    uint64_t digest, expected;
    int cases, missing; /* cases without a digest: not supported, or failed to run */
} combined;

typedef struct totals {
    const facts *of;
    const char *list; /* "quick", "default", "full", "case" or "cases" */
    bool complete;    /* a whole list: combined digests have a meaning */
    case_result *results;
    int count, wanted, runs; /* count: results so far, of `wanted` cases */
    counts cases, sections[SECTION_COUNT], checks[CHECK_COUNT];
    int variant_runs[MAX_VARIANTS];
    accuracy_row accuracy[TYPES_COUNT][2]; /* forward, backward */
    combined quick[2], all[2];             /* [case_is_f64] */
    double seconds;
    bandwidth rates[MAX_BANDWIDTHS];
    int rate_count;
} totals;

extern const char *const types_names[TYPES_COUNT];

/* Makes room for the results; *t is zero but for of, list, complete. False after a message. */
bool totals_begin(totals *t, int wanted);
void totals_add(totals *t, const case_result *result);
void totals_end(totals *t);

/* The mean error of a row; how many cases a section has. */
double totals_mean(const accuracy_row *row);
int totals_cases(const counts row);

/* Whether a case failed that is not waived, or the built-in digests are not of these cases. */
bool totals_failed(const totals *t);

#endif
