/* SPDX-License-Identifier: Apache-2.0 */
/* A verification as a file: JSON, or JUnit's XML. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "tally.h"

#include <stdio.h>

/* What was verified with what. */
typedef struct verification {
    const subject *on;
    const tally *tally;
    const char *list; /* "quick" .., or "case" for a single one */
    size_t programs;
    bool complete; /* a whole list, so that combined digests mean something */
    bool failed;
} verification;

typedef enum report_format { REPORT_NONE, REPORT_JSON, REPORT_JUNIT } report_format;

/* By the ending; REPORT_NONE for others. */
report_format report_format_of(const char *path);

/* Writes it as the format says, which is not REPORT_NONE. */
void report_write(const verification *v, report_format format, FILE *file);

#endif
