/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a verification as a table on stdout. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "report.h"

/* Prints the device, before the verification. */
void summary_print_begin(const session *on);

/* Prints the tables. */
void summary_print(const verification *v);

/* Prints the last line. */
void summary_print_end(const verification *v);

#endif
