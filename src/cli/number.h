/* SPDX-License-Identifier: Apache-2.0 */
/* Parses numbers strictly: the whole text must be one. Nothing sets a locale but "C". */
#ifndef CLI_NUMBER_H
#define CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* A decimal, with an optional minus, from least to greatest. Sets *value on success only. */
bool number_parse_range(const char *text, int64_t least, int64_t greatest, int64_t *value);

/* Two such numbers with a separator between them. */
bool number_parse_pair(const char *text, const char *separator, int64_t least, int64_t greatest,
                       int64_t *first, int64_t *second);

/* What strtod takes, nan and inf included, but no number that overflows. */
bool number_parse_double(const char *text, double *value);

#endif
