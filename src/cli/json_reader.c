/* SPDX-License-Identifier: Apache-2.0 */
#include "json_reader.h"

#include <stdlib.h>
#include <string.h>

static void skip_space(json_reader *r)
{
    r->at += strspn(r->at, " \t\r\n");
}

static bool take(json_reader *r, char c)
{
    skip_space(r);
    if (r->failed || *r->at != c)
        return false;
    ++r->at;
    return true;
}

static void expect(json_reader *r, char c)
{
    if (!take(r, c))
        r->failed = true;
}

void json_open(json_reader *r, char bracket)
{
    expect(r, bracket);
}

/* Whether another member or element follows; reads the closing bracket after the last. */
static bool next(json_reader *r, bool *first, char bracket)
{
    if (r->failed || take(r, bracket))
        return false;
    if (!*first)
        expect(r, ',');
    *first = false;
    return !r->failed;
}

bool json_next_member(json_reader *r, bool *first, char *name, size_t size)
{
    if (!next(r, first, '}'))
        return false;
    json_read_string(r, name, size);
    expect(r, ':');
    return !r->failed;
}

bool json_next_element(json_reader *r, bool *first)
{
    return next(r, first, ']');
}

/* Reads the escape after a backslash. */
static char read_escape(json_reader *r)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char letter = *r->at;
    if (letter == 'u' && strspn(r->at + 1, "0123456789abcdefABCDEF") >= 4) {
        const char digits[] = {r->at[1], r->at[2], r->at[3], r->at[4], '\0'};
        const unsigned long code = strtoul(digits, NULL, 16);
        r->at += 5;
        return code > 0 && code < 0x80 ? (char)code : '?';
    }
    const char *const found = letter ? strchr(letters, letter) : NULL;
    if (!found) {
        r->failed = true;
        return '?';
    }
    ++r->at;
    return meanings[found - letters];
}

void json_read_string(json_reader *r, char *text, size_t size)
{
    size_t length = 0;
    expect(r, '"');
    while (!r->failed && *r->at != '"') {
        if ((unsigned char)*r->at < 0x20) { /* or the end of the text */
            r->failed = true;
            break;
        }
        char c = *r->at++;
        if (c == '\\')
            c = read_escape(r);
        if (length + 1 < size)
            text[length++] = c;
    }
    text[length] = '\0';
    expect(r, '"');
}

double json_read_number(json_reader *r)
{
    skip_space(r);
    char *end;
    const size_t length = strspn(r->at, "+-.0123456789eE");
    const double value = strtod(r->at, &end);
    if (r->failed || length == 0 || *r->at == '+' || *r->at == '.' || end != r->at + length) {
        r->failed = true;
        return 0;
    }
    r->at = end;
    return value;
}

static void skip_word(json_reader *r)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; ++i) {
        if (strncmp(r->at, words[i], strlen(words[i])) == 0) {
            r->at += strlen(words[i]);
            return;
        }
    }
    r->failed = true;
}

static void skip_nested(json_reader *r, int depth)
{
    enum { DEEPEST = 64 };
    char text[2];
    bool first = true;
    skip_space(r);
    if (depth > DEEPEST)
        r->failed = true;
    else if (take(r, '{'))
        while (json_next_member(r, &first, text, sizeof text))
            skip_nested(r, depth + 1);
    else if (take(r, '['))
        while (json_next_element(r, &first))
            skip_nested(r, depth + 1);
    else if (*r->at == '"')
        json_read_string(r, text, sizeof text);
    else if (*r->at == '-' || (*r->at >= '0' && *r->at <= '9'))
        json_read_number(r);
    else
        skip_word(r);
}

void json_skip(json_reader *r)
{
    skip_nested(r, 0);
}

void json_end(json_reader *r)
{
    skip_space(r);
    if (*r->at)
        r->failed = true;
}
