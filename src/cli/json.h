/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdio.h>

/* Writes text as a quoted JSON string; bytes that are not UTF-8 become U+FFFD. */
void json_string(FILE *file, const char *text);

/* Write a member of an object and a comma; a number that is not finite becomes null. */
void json_text(FILE *file, const char *name, const char *text);
void json_double(FILE *file, const char *name, double value);

#endif
