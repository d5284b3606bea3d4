/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a verification as tables, and writes it as JSON or as JUnit's XML. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "totals.h"

#include <stdio.h>

/* Print the device, before the verification; the tables; the last line. */
void report_print_begin(const session *on);
void report_print(const totals *t);
void report_print_end(const totals *t);

typedef enum report_format { REPORT_NONE, REPORT_JSON, REPORT_JUNIT } report_format;

/* The format by the path's ending; REPORT_NONE for others. */
report_format report_format_of(const char *path);

/* Writes the report; format is not REPORT_NONE. The caller checks the file for errors. */
void report_write(const totals *t, report_format format, FILE *file);

#endif
