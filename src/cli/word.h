/* SPDX-License-Identifier: Apache-2.0 */
/* Keywords that options take as values, and what they stand for. */
#ifndef CLI_WORD_H
#define CLI_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct word {
    const char *name; /* NULL: the end of a list */
    int32_t value;
} word;

enum { ACROSS_CHANNELS = 1, WITHIN_CHANNEL = 2 };
extern const word word_regions[];
extern const word word_dtypes[];

/* False where the text is none of the keywords. Sets *value on success only. */
bool word_parse(const char *text, const word *words, int32_t *value);

/*
 * Takes the first item off a comma-separated list. *list becomes the rest, NULL after
 * the last item. False where *list is NULL. Items may be empty; length is in bytes.
 */
bool word_next(const char **list, const char **item, size_t *length);

#endif
