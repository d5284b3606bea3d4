/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for people, which fit a terminal. */
#ifndef CLI_FOLD_H
#define CLI_FOLD_H

#include <stdarg.h>
#include <stdio.h>

/*
 * Prints a label, padded to indent columns, and a text. What does not fit into 80
 * columns goes on in further lines, indented so too; a longer word is not broken.
 */
__attribute__((format(printf, 4, 5))) void fold_print(FILE *to, int indent, const char *label,
                                                      const char *format, ...);
__attribute__((format(printf, 4, 0))) void fold_print_arguments(FILE *to, int indent,
                                                                const char *label,
                                                                const char *format,
                                                                va_list arguments);

#endif
