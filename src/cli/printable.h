/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes texts from outside (names of files, devices and programs, build logs) safe
 * for a terminal, which obeys control characters. UTF-8 stays.
 */
#ifndef CLI_PRINTABLE_H
#define CLI_PRINTABLE_H

#include <stddef.h>
#include <stdio.h>

/* The length in bytes of the first character; 0 for a control character or ill-formed UTF-8. */
size_t printable_length(const char *text);

/* Makes a text one line: every byte that is not printable becomes '?'. */
void printable_line(char *text);

/* A copy made one line and cut to fit, for the arguments of printf. */
typedef struct printable {
    char chars[4096];
} printable;
printable printable_copy(const char *text);

/* Prints a text of several lines: keeps newlines and tabs, replaces other control characters. */
void printable_print(FILE *file, const char *text);

#endif
