/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Parses a number that must be followed by `terminator`; *end points to it. */
static bool parse_int64(const char *text, char terminator, int64_t *value, const char **end)
{
    if (*text != '-' && !(*text >= '0' && *text <= '9'))
        return false; /* strtoll alone would skip spaces and take a plus */
    char *stop;
    errno = 0;
    const long long parsed = strtoll(text, &stop, 10);
    if (errno != 0 || stop == text || *stop != terminator)
        return false;
    *value = parsed;
    *end = stop;
    return true;
}

bool number_parse_int64(const char *text, int64_t *value)
{
    const char *end;
    return parse_int64(text, '\0', value, &end);
}

bool number_parse_range(const char *text, int64_t least, int64_t greatest, int64_t *value)
{
    int64_t parsed;
    if (!number_parse_int64(text, &parsed) || parsed < least || parsed > greatest)
        return false;
    *value = parsed;
    return true;
}

bool number_parse_pair(const char *text, int64_t *first, int64_t *second)
{
    const char *end;
    int64_t low;
    if (!parse_int64(text, ',', &low, &end) || !number_parse_int64(end + 1, second))
        return false;
    *first = low;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool number_parse_double(const char *text, double *value)
{
    if (is_space(*text))
        return false;
    char *stop;
    errno = 0;
    const double parsed = strtod(text, &stop);
    if (stop == text || *stop != '\0')
        return false;
    if (errno == ERANGE && isinf(parsed)) /* underflow sets ERANGE too, but only rounds */
        return false;
    *value = parsed;
    return true;
}
