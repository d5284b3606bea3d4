/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "printable.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void json_string(FILE *file, const char *text)
{
    fputc('"', file);
    while (*text) {
        const unsigned char *const c = (const unsigned char *)text;
        const size_t length = printable_length(text);
        if (*text == '"' || *text == '\\')
            fputc('\\', file);
        if (length > 0)
            fwrite(text, 1, length, file);
        else if (*c < 0x20 || *c == 0x7f)
            fprintf(file, "\\u%04x", *c);
        else
            fputs("\\ufffd", file);
        text += length ? length : 1;
    }
    fputc('"', file);
}

enum { LINES = 2 }; /* members to this depth begin on a new line */

/* Begins a member: a comma after the one before, its line and its name. */
static void begin_member(json *j, const char *name)
{
    const int depth = (int)strlen(j->closing);
    fputs(j->empty ? "" : ",", j->file);
    if (depth <= LINES)
        fprintf(j->file, "\n%*s", 2 * depth, "");
    else if (!j->empty)
        fputc(' ', j->file);
    if (name)
        fprintf(j->file, "\"%s\": ", name);
    j->empty = false;
}

static void open_group(json *j, char opening, char closing)
{
    fputc(opening, j->file);
    j->closing[strlen(j->closing)] = closing;
    j->empty = true;
}

json json_begin(FILE *file)
{
    json j = {.file = file};
    open_group(&j, '{', '}');
    return j;
}

void json_open_object(json *j, const char *name)
{
    begin_member(j, name);
    open_group(j, '{', '}');
}

void json_open_array(json *j, const char *name)
{
    begin_member(j, name);
    open_group(j, '[', ']');
}

void json_close(json *j)
{
    const size_t depth = strlen(j->closing);
    if (depth <= LINES && !j->empty)
        fprintf(j->file, "\n%*s", 2 * ((int)depth - 1), "");
    fprintf(j->file, "%c%s", j->closing[depth - 1], depth == 1 ? "\n" : "");
    j->closing[depth - 1] = '\0';
    j->empty = false;
}

void json_add_text(json *j, const char *name, const char *text)
{
    begin_member(j, name);
    if (text)
        json_string(j->file, text);
    else
        fputs("null", j->file);
}

void json_add_number(json *j, const char *name, double number)
{
    begin_member(j, name);
    if (isfinite(number))
        fprintf(j->file, "%.6g", number);
    else
        fputs("null", j->file);
}

double json_rounded(double number)
{
    char text[32];
    snprintf(text, sizeof text, "%.6g", number);
    return strtod(text, NULL);
}

void json_add_integer(json *j, const char *name, int64_t number)
{
    begin_member(j, name);
    fprintf(j->file, "%" PRId64, number);
}

void json_add_bool(json *j, const char *name, bool value)
{
    begin_member(j, name);
    fputs(value ? "true" : "false", j->file);
}

void json_add_integers(json *j, const char *name, const int64_t *numbers, int count)
{
    json_open_array(j, name);
    for (int i = 0; i < count; ++i)
        json_add_integer(j, NULL, numbers[i]);
    json_close(j);
}
