/* SPDX-License-Identifier: Apache-2.0 */
/* Wraps output to the width of a terminal. */
#ifndef CLI_FOLD_H
#define CLI_FOLD_H

#include <stdarg.h>
#include <stdio.h>

/*
 * Prints a label, padded to `indent` columns, then a text. Text beyond column 80
 * continues on further lines with the same indent; a longer word is not broken.
 */
__attribute__((format(printf, 4, 5))) void fold_print(FILE *to, int indent, const char *label,
                                                      const char *format, ...);
__attribute__((format(printf, 4, 0))) void fold_print_arguments(FILE *to, int indent,
                                                                const char *label,
                                                                const char *format,
                                                                va_list arguments);

#endif
