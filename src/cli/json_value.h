/* SPDX-License-Identifier: Apache-2.0 */
/* Reads JSON of unknown origin: a value is where its text begins, in a text that was checked. */
#ifndef CLI_JSON_VALUE_H
#define CLI_JSON_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct json_value {
    const char *at; /* NULL: there is no such value */
} json_value;

/*
 * Checks a whole text, of one value, at most 16 objects or arrays deep, and returns the value. None
 * if the text is wrong. The other functions take values of such a text, or none, and return none or
 * false for a value of another kind.
 */
json_value json_parse(const char *text);

/* The first member of an object with this name, which needs no escapes. */
json_value json_member(json_value object, const char *name);

/* The first item of an array, and the one after an item. */
json_value json_first(json_value array);
json_value json_next(json_value item);

bool json_is_null(json_value v);

/* False also for a text that does not fit, or has escapes that json_string never writes. */
bool json_get_text(json_value v, char *text, size_t size);
bool json_get_bool(json_value v, bool *value);
bool json_get_number(json_value v, double *value);
bool json_get_integer(json_value v, int64_t *value);

#endif
