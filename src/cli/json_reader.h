/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads JSON from front to back. The first error sets `failed`; then every loop ends
 * and nothing more is read, so the caller checks `failed` once, at the end.
 *
 *     json_open(&r, '{');
 *     for (bool first = true; json_next_member(&r, &first, name, sizeof name);)
 *         json_skip(&r);
 */
#ifndef CLI_JSON_READER_H
#define CLI_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct json_reader {
    const char *at; /* the next character; the text ends with a NUL */
    bool failed;
} json_reader;

/* Reads an opening bracket, '{' or '['; anything else is an error. */
void json_open(json_reader *r, char bracket);

/*
 * True where another member, whose name is read, or another element follows; false after reading
 * the closing bracket. `first` is true before the first call.
 */
bool json_next_member(json_reader *r, bool *first, char *name, size_t size);
bool json_next_element(json_reader *r, bool *first);

/* Reads a string, cut to fit; escapes of characters beyond ASCII become '?'. */
void json_read_string(json_reader *r, char *text, size_t size);
double json_read_number(json_reader *r);

/* Reads and ignores one value of any kind. */
void json_skip(json_reader *r);

/* Sets `failed` where anything but white space follows. */
void json_end(json_reader *r);

#endif
