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

/* Whether the path's ending, .json or .xml, names a format. */
bool report_has_format(const char *path);

/* Writes the report in the path's format. The caller checks the file for errors. */
void report_write(const totals *t, const char *path, FILE *file);

#endif
