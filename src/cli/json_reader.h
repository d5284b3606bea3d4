/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads JSON front to back. After a mistake in the text `failed` is set, every
 * loop ends and nothing more is read, so it is enough to look at the end.
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
    const char *at; /* NUL-terminated */
    bool failed;
} json_reader;

/* Takes the bracket that must be next, '{' or '['. */
void json_open(json_reader *r, char bracket);

/* True where another member, whose name is taken, or element follows; false behind the bracket. */
bool json_next_member(json_reader *r, bool *first, char *name, size_t size);
bool json_next_element(json_reader *r, bool *first);

/* A string, cut to fit; characters beyond ASCII that are written as escapes become '?'. */
void json_read_string(json_reader *r, char *text, size_t size);
double json_read_number(json_reader *r);

/* Whatever value is next. */
void json_skip(json_reader *r);

/* Nothing but space may follow. */
void json_end(json_reader *r);

#endif
