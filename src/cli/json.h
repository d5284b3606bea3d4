/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON: an object, with its commas and indents. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct json {
    FILE *file;
    char closing[8]; /* what closes each object or array that is open; "" after the end */
    bool empty;      /* the innermost has no member yet */
} json;

/* Begins an object. Its members, and theirs, are on lines of their own, what is in those not. */
json json_begin(FILE *file);

/* Add a member, named in an object, with a NULL name in an array; then open it till json_close. */
void json_open_object(json *j, const char *name);
void json_open_array(json *j, const char *name);

/* Closes the innermost that is open; the last time the object of json_begin. */
void json_close(json *j);

/* Add a member. A NULL text and a number that is not finite become null. */
void json_add_text(json *j, const char *name, const char *text);
void json_add_number(json *j, const char *name, double number);
void json_add_integer(json *j, const char *name, int64_t number);
void json_add_bool(json *j, const char *name, bool value);
void json_add_integers(json *j, const char *name, const int64_t *numbers, int count);

/* A finite number as json_add_number writes it, which keeps six digits. */
double json_rounded(double number);

/* Writes text as a quoted JSON string; bytes that are not UTF-8 become U+FFFD. */
void json_string(FILE *file, const char *text);

#endif
