/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a specimen once on the session. */
#ifndef CLI_TRIAL_H
#define CLI_TRIAL_H

#include "specimen.h"
#include "session.h"

typedef enum trial_outcome {
    TRIAL_RAN,          /* s->result holds dst's whole buffer */
    TRIAL_NOT_POSSIBLE, /* the variant cannot run this */
    TRIAL_FAILED        /* `why` says which call failed */
} trial_outcome;

/*
 * Runs a variant; NULL: the selected one. *ran, if not NULL, becomes the variant's
 * name. Waits for all commands, also after a failure.
 */
trial_outcome trial_run(const session *on, const specimen *s, const char *variant, const char **ran,
                        char why[WHY_SIZE]);

#endif
