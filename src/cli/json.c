/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <math.h>
#include <stddef.h>

/* Bytes of the well-formed UTF-8 sequence at text, 0 where there is none (Unicode, table 3-7). */
static size_t utf8_length(const unsigned char *text)
{
    const unsigned char lead = text[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    const size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; ++i)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

void json_string(FILE *file, const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    fputc('"', file);
    while (*c) {
        const size_t length = utf8_length(c);
        if (length == 0) {
            fputs("\\ufffd", file);
            ++c;
        } else if (*c < 0x20 || *c == 0x7f) {
            fprintf(file, "\\u%04x", *c++);
        } else {
            if (*c == '"' || *c == '\\')
                fputc('\\', file);
            fwrite(c, 1, length, file);
            c += length;
        }
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
