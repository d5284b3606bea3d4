/* SPDX-License-Identifier: Apache-2.0 */
/* Strict numbers: the whole text or nothing. The locale stays "C", since nothing sets it. */
#ifndef CLI_NUMBER_H
#define CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal, with an optional minus. *value is set only on success, as below. */
bool number_parse_int64(const char *text, int64_t *value);

/* The same from least to greatest. */
bool number_parse_range(const char *text, int64_t least, int64_t greatest, int64_t *value);

/* "LO,HI" */
bool number_parse_pair(const char *text, int64_t *first, int64_t *second);

/* What strtod takes, nan and inf too, but nothing that overflows. */
bool number_parse_double(const char *text, double *value);

#endif
