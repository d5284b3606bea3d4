/* SPDX-License-Identifier: Apache-2.0 */
/* Writes texts: lists of numbers, and lines that fit a terminal. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <cllrn.h>
#include <stdarg.h>
#include <stdio.h>

/* A short text passed by value, for the arguments of a message. */
typedef struct short_text {
    char chars[CLLRN_MAX_RANK * 24];
} short_text;

/* "1x96x55x55" with the separator "x"; at most CLLRN_MAX_RANK numbers. */
short_text text_of_list(const int64_t *numbers, int count, const char *separator);

/*
 * Prints a label, padded to `indent` columns, then a text. Text beyond column 80
 * continues on further lines with the same indent; a longer word is not broken.
 */
__attribute__((format(printf, 4, 5))) void text_fold(FILE *to, int indent, const char *label,
                                                     const char *format, ...);
__attribute__((format(printf, 4, 0))) void
text_fold_arguments(FILE *to, int indent, const char *label, const char *format, va_list arguments);

#endif
