/* SPDX-License-Identifier: Apache-2.0 */
/* Names that options take, and what they stand for. */
#ifndef CLI_WORD_H
#define CLI_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct word {
    const char *name; /* NULL ends a list */
    int32_t value;
} word;

extern const word word_regions[];
extern const word word_dtypes[];

/* False where the text is none of the words; *value is set only on success. */
bool word_parse(const char *text, const word *words, int32_t *value);

/*
 * Takes the first item off a list between commas, which becomes NULL behind its
 * last; false where the list is NULL. Items may be empty.
 */
bool word_next(const char **list, const char **item, size_t *length);

#endif
