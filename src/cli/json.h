/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdio.h>

/* Writes text as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void json_string(FILE *file, const char *text);

/* A member of an object and the comma behind it; a number that JSON does not know is null. */
void json_text(FILE *file, const char *name, const char *text);
void json_double(FILE *file, const char *name, double value);

#endif
