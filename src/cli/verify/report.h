/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a verification as tables. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "totals.h"

/* Print the device, before the verification; the tables; the last line. */
void report_print_begin(const facts *f);
void report_print(const totals *t);
void report_print_end(const totals *t);

#endif
