/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a specimen on the subject. */
#ifndef CLI_TRIAL_H
#define CLI_TRIAL_H

#include "specimen.h"
#include "subject.h"

typedef enum trial_outcome {
    TRIAL_RAN,          /* s->result holds dst's whole buffer */
    TRIAL_NOT_POSSIBLE, /* the variant cannot run this */
    TRIAL_FAILED        /* why says at what */
} trial_outcome;

/*
 * variant NULL is the one the library selects. *ran, if not NULL, becomes the
 * variant's name. Nothing is left running, whatever happens.
 */
trial_outcome trial_run(const subject *on, const specimen *s, const char *variant, const char **ran,
                        char why[WHY_SIZE]);

#endif
