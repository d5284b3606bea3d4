/* SPDX-License-Identifier: Apache-2.0 */
/* One case on the subject: every check there is for it. */
#ifndef CLI_QUALIFY_H
#define CLI_QUALIFY_H

#include "accuracy.h"
#include "subject.h"

typedef enum verdict {
    VERDICT_PASSED,
    VERDICT_FAILED,
    VERDICT_UNSUPPORTED, /* float64, or infinities and NaNs, which the device lacks */
    VERDICT_COUNT
} verdict;

typedef enum check_kind {
    CHECK_SELECTED, /* the variant that the library chooses has the host's bits */
    CHECK_VARIANTS, /* as has each other one that can run the case */
    CHECK_IN_PLACE, /* and each that can run it in place of x, and of dy */
    CHECK_ACCURACY, /* the result is within its bound of the exact one */
    CHECK_LOCALITY, /* a NaN or an infinity reaches the windows that hold it */
    CHECK_REPEAT,   /* ten runs, and the slices added up, have one digest */
    CHECK_DIGEST,   /* which is the one written down */
    CHECK_COUNT
} check_kind;

enum { MAX_VARIANTS = 16 };

typedef struct case_result {
    verify_case c;
    verdict verdict;
    struct {
        int passed, failed;
    } checks[CHECK_COUNT];
    int runs;
    int variant_runs[MAX_VARIANTS]; /* by cllrn_variant_name's index, forced or selected */
    bool measured;
    struct accuracy accuracy;
    bool digested;
    uint64_t digest;
    double seconds;
    char why[WHY_SIZE]; /* the first failure */
} case_result;

/*
 * effort bounds what is run: in the quick list the selected variant only in
 * place; and "strided", whose gradient costs taps^2 for an element, only where
 * that ends in seconds. without, names between commas or NULL, are variants that
 * run only where they are selected.
 */
void qualify_case(const subject *on, const verify_case *c, case_list effort, const char *without,
                  case_result *result);

const char *check_name(check_kind kind);

#endif
