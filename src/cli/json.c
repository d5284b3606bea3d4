/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "printable.h"

#include <math.h>
#include <stddef.h>

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

void json_text(FILE *file, const char *name, const char *text)
{
    fprintf(file, "\"%s\": ", name);
    json_string(file, text);
    fputs(", ", file);
}

void json_double(FILE *file, const char *name, double value)
{
    if (isfinite(value))
        fprintf(file, "\"%s\": %.6g, ", name, value);
    else
        fprintf(file, "\"%s\": null, ", name);
}
