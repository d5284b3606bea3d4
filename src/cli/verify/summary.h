/* SPDX-License-Identifier: Apache-2.0 */
/* A verification as a table for people, on stdout. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "report.h"

/* What is verified, before it is. */
void summary_print_begin(const subject *on);

/* The tables. */
void summary_print(const verification *v);

/* The last line alone. */
void summary_print_end(const verification *v);

#endif
