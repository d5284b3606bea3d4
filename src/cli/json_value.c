/* SPDX-License-Identifier: Apache-2.0 */
#include "json_value.h"

#include "printable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 16 };

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Each skip function returns what follows one value or token; NULL where there is none. */
static const char *skip_word(const char *at, const char *word)
{
    const size_t length = strlen(word);
    return strncmp(at, word, length) == 0 ? at + length : NULL;
}

static const char *skip_digits(const char *at)
{
    const size_t count = strspn(at, "0123456789");
    return count > 0 ? at + count : NULL;
}

static const char *skip_number(const char *at)
{
    at += *at == '-';
    at = *at == '0' ? at + 1 : skip_digits(at);
    if (at && *at == '.')
        at = skip_digits(at + 1);
    if (at && (*at == 'e' || *at == 'E')) {
        ++at;
        at = skip_digits(at + (*at == '+' || *at == '-'));
    }
    return at;
}

static const char *skip_text(const char *at)
{
    if (*at++ != '"')
        return NULL;
    while (*at != '"') {
        if (*at == '\\') {
            const bool unicode = at[1] == 'u';
            if (unicode ? strspn(at + 2, "0123456789abcdefABCDEF") < 4
                        : at[1] == '\0' || !strchr("\"\\/bfnrt", at[1]))
                return NULL;
            at += unicode ? 6 : 2;
            continue;
        }
        const size_t length = printable_length(at);
        if (length == 0)
            return NULL;
        at += length;
    }
    return at + 1;
}

static const char *skip_value(const char *at, int depth);

/* Skips an object, whose members have names, or an array. */
static const char *skip_group(const char *at, char closing, int depth)
{
    at = skip_space(at + 1);
    if (*at == closing)
        return at + 1;
    for (;; ++at) {
        at = skip_space(at);
        if (closing == '}') {
            at = skip_text(at);
            at = at ? skip_space(at) : NULL;
            if (!at || *at++ != ':')
                return NULL;
        }
        at = skip_value(skip_space(at), depth - 1);
        if (!at)
            return NULL;
        at = skip_space(at);
        if (*at == closing)
            return at + 1;
        if (*at != ',')
            return NULL;
    }
}

static const char *skip_value(const char *at, int depth)
{
    switch (depth > 0 ? *at : '\0') {
    case '{':
        return skip_group(at, '}', depth);
    case '[':
        return skip_group(at, ']', depth);
    case '"':
        return skip_text(at);
    case 't':
        return skip_word(at, "true");
    case 'f':
        return skip_word(at, "false");
    case 'n':
        return skip_word(at, "null");
    default:
        return skip_number(at);
    }
}

json_value json_parse(const char *text)
{
    const json_value whole = {skip_space(text)};
    const char *const end = skip_value(whole.at, DEEPEST);
    return end && *skip_space(end) == '\0' ? whole : (json_value){NULL};
}

/* ---------------------------------------------------------------------- groups */

static bool begins_with(json_value v, char c)
{
    return v.at && *v.at == c;
}

/* What a group's first member or item begins with; none for an empty group. */
static json_value enter(json_value group, char closing)
{
    const char *const at = skip_space(group.at + 1);
    return (json_value){*at == closing ? NULL : at};
}

json_value json_member(json_value object, const char *name)
{
    const size_t length = strlen(name);
    json_value at = begins_with(object, '{') ? enter(object, '}') : (json_value){NULL};
    while (at.at) {
        const char *const text = at.at;
        const json_value value = {skip_space(skip_space(skip_text(text)) + 1)};
        if (strncmp(text + 1, name, length) == 0 && text[1 + length] == '"')
            return value;
        at = json_next(value);
    }
    return at;
}

json_value json_first(json_value array)
{
    return begins_with(array, '[') ? enter(array, ']') : (json_value){NULL};
}

json_value json_next(json_value item)
{
    const char *const end = item.at ? skip_space(skip_value(item.at, DEEPEST)) : NULL;
    return (json_value){end && *end == ',' ? skip_space(end + 1) : NULL};
}

/* ---------------------------------------------------------------------- values */

bool json_is_null(json_value v)
{
    return begins_with(v, 'n');
}

bool json_get_text(json_value v, char *text, size_t size)
{
    if (!begins_with(v, '"'))
        return false;
    size_t used = 0;
    for (const char *at = v.at + 1; *at != '"'; ++at, ++used) {
        char c = *at;
        if (c == '\\') {
            char digits[5] = "";
            c = *++at;
            if (c == 'u') {
                memcpy(digits, at + 1, 4);
                const long code = strtol(digits, NULL, 16);
                c = (char)code;
                at += 4;
                if (code == 0 || code >= 0x80)
                    return false;
            } else if (c != '"' && c != '\\') {
                return false;
            }
        }
        if (used + 1 >= size)
            return false;
        text[used] = c;
    }
    text[used] = '\0';
    return true;
}

bool json_get_bool(json_value v, bool *value)
{
    if (!begins_with(v, 't') && !begins_with(v, 'f'))
        return false;
    *value = *v.at == 't';
    return true;
}

static bool is_number(json_value v)
{
    return v.at && (*v.at == '-' || (*v.at >= '0' && *v.at <= '9'));
}

bool json_get_number(json_value v, double *value)
{
    if (!is_number(v))
        return false;
    *value = strtod(v.at, NULL);
    return true;
}

bool json_get_integer(json_value v, int64_t *value)
{
    char *end;
    if (!is_number(v))
        return false;
    errno = 0;
    *value = strtoll(v.at, &end, 10);
    return errno == 0 && *end != '.' && *end != 'e' && *end != 'E';
}
