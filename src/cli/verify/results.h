/* SPDX-License-Identifier: Apache-2.0 */
/* The results of a verification as JSON, which `cllrn verify --help` documents. */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include "totals.h"

#include <stdio.h>

#define RESULTS_SCHEMA "cllrn-verify-1"

/* The caller checks the file for errors. */
void results_write(const totals *t, FILE *file);

/* Writes the cases as `cllrn verify --list` does. */
void results_write_list(const totals *t, FILE *file);

/*
 * Reads what results_write wrote: the same results give the same text again. The text may be
 * anything. On success *t needs totals_end, and keeps the pointer to *of. NULL on success, else
 * the name of a member that is missing or wrong.
 */
const char *results_read(const char *text, facts *of, totals *t);

#endif
