/* SPDX-License-Identifier: Apache-2.0 */
/* Parses numbers strictly: the whole text must be one. Nothing sets a locale but "C". */
#ifndef CLI_NUMBER_H
#define CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal, with an optional minus. This and the others set *value on success only. */
bool number_parse_int64(const char *text, int64_t *value);

/* A decimal from least to greatest, both included. */
bool number_parse_range(const char *text, int64_t least, int64_t greatest, int64_t *value);

/* "LO,HI" */
bool number_parse_pair(const char *text, int64_t *first, int64_t *second);

/* What strtod takes, nan and inf included, but no number that overflows. */
bool number_parse_double(const char *text, double *value);

#endif
