/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool number_parse_range(const char *text, int64_t least, int64_t greatest, int64_t *value)
{
    if (*text != '-' && !(*text >= '0' && *text <= '9'))
        return false; /* strtoll alone would skip spaces and take a plus */
    char *stop;
    errno = 0;
    const long long parsed = strtoll(text, &stop, 10);
    if (errno != 0 || stop == text || *stop != '\0' || parsed < least || parsed > greatest)
        return false;
    *value = parsed;
    return true;
}

bool number_parse_pair(const char *text, const char *separator, int64_t least, int64_t greatest,
                       int64_t *first, int64_t *second)
{
    char before[32];
    const char *const at = strstr(text, separator);
    if (!at || at - text >= (ptrdiff_t)sizeof before)
        return false;
    snprintf(before, sizeof before, "%.*s", (int)(at - text), text);
    return number_parse_range(before, least, greatest, first) &&
           number_parse_range(at + strlen(separator), least, greatest, second);
}

bool number_parse_double(const char *text, double *value)
{
    if (isspace((unsigned char)*text))
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
