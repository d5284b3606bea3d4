/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one case on the session, with every check. */
#ifndef CLI_QUALIFY_H
#define CLI_QUALIFY_H

#include "accuracy.h"
#include "session.h"

typedef enum verdict {
    VERDICT_PASSED,
    VERDICT_FAILED,
    VERDICT_UNSUPPORTED, /* the device lacks float64, or infinities and NaNs */
    VERDICT_WAIVED,      /* failed, but the user gave a reason to accept that */
    VERDICT_COUNT
} verdict;

typedef enum check_kind {
    CHECK_SELECTED, /* the selected variant gives the host's bits */
    CHECK_VARIANTS, /* so does each other variant that can run the case */
    CHECK_IN_PLACE, /* so does each variant that can run in place of x, or of dy */
    CHECK_ACCURACY, /* the error is within its bound */
    CHECK_LOCALITY, /* a NaN or an infinity reaches exactly the windows that hold it */
    CHECK_REPEAT,   /* ten runs have one digest, and the slices' digests add up to it */
    CHECK_DIGEST,   /* the digest is the built-in one */
    CHECK_COUNT
} check_kind;

extern const char *const verdict_names[VERDICT_COUNT], *const check_names[CHECK_COUNT];

enum { MAX_VARIANTS = 16 };

typedef int counts[VERDICT_COUNT];

enum { WAIVER_SIZE = 256 };

typedef struct case_result {
    verify_case c;
    verdict verdict;
    counts checks[CHECK_COUNT]; /* passed or failed */
    int runs;
    int variant_runs[MAX_VARIANTS]; /* by the index of cllrn_variant_name, forced or selected */
    bool measured;
    struct accuracy accuracy; /* its numbers, and the seconds, as JSON writes them */
    bool digested;
    uint64_t digest;
    double seconds;
    char why[WHY_SIZE]; /* the first failure in words, or why the case is unsupported */
    char waiver[WAIVER_SIZE];
} case_result;

/*
 * effort limits the runs: the quick list runs only the selected variant in place;
 * "strided", whose gradient costs taps^2 for each element, runs only where it takes
 * seconds. The variants of `without`, a comma-separated list or NULL, run only where
 * they are selected.
 */
void qualify_case(const session *on, const verify_case *c, case_list effort, const char *without,
                  case_result *result);

#endif
