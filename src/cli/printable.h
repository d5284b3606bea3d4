/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts from outside (names of files, devices and programs, build logs), made
 * safe for a terminal, which takes control characters for commands. UTF-8 stays.
 */
#ifndef CLI_PRINTABLE_H
#define CLI_PRINTABLE_H

#include <stddef.h>
#include <stdio.h>

/* Bytes of the character that a text begins with; 0 for a control character or ill-formed UTF-8. */
size_t printable_length(const char *text);

/* Makes one line of a text: what is not printable becomes '?', byte by byte. */
void printable_line(char *text);

/* The same as a copy, cut to fit, for the arguments of printf. */
typedef struct printable {
    char chars[4096];
} printable;
printable printable_copy(const char *text);

/* Prints lines: new lines and tabs are kept. */
void printable_print(FILE *file, const char *text);

#endif
