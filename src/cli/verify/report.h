/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a verification as JSON, or as JUnit's XML. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "totals.h"

#include <stdio.h>

/* A verification: the device, the results and their list. */
typedef struct verification {
    const session *on;
    const totals *totals;
    const char *list; /* "quick", "default", "full", "case" or "cases" */
    size_t programs;
    bool complete; /* a whole list: combined digests have a meaning */
    bool failed;
} verification;

typedef enum report_format { REPORT_NONE, REPORT_JSON, REPORT_JUNIT } report_format;

/* The format by the path's ending; REPORT_NONE for others. */
report_format report_format_of(const char *path);

/* Writes the report; format is not REPORT_NONE. The caller checks the file for errors. */
void report_write(const verification *v, report_format format, FILE *file);

#endif
