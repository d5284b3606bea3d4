/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a case once on the device. */
#ifndef CLI_CASE_RUN_H
#define CLI_CASE_RUN_H

#include "case_buffers.h"
#include "session.h"

typedef enum run_outcome {
    RUN_DONE,         /* s->result holds dst's whole buffer */
    RUN_NOT_POSSIBLE, /* the variant cannot run this */
    RUN_FAILED        /* `why` says which call failed */
} run_outcome;

/*
 * Runs a variant; NULL: the selected one. *ran becomes the variant's name; NULL if there was
 * no plan. Waits for all commands, also after a failure.
 */
run_outcome case_run(const session *on, const case_buffers *s, const char *variant,
                     const char **ran, char why[WHY_SIZE]);

#endif
