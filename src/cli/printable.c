/* SPDX-License-Identifier: Apache-2.0 */
#include "printable.h"

/* The length of the UTF-8 sequence at text; 0 if ill-formed (Unicode, table 3-7). */
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

size_t printable_length(const char *text)
{
    const unsigned char *const c = (const unsigned char *)text;
    if (c[0] < 0x20 || c[0] == 0x7f || (c[0] == 0xc2 && c[1] < 0xa0))
        return 0;
    return utf8_length(c);
}

void printable_line(char *text)
{
    while (*text) {
        const size_t length = printable_length(text);
        if (length == 0)
            *text = '?';
        text += length ? length : 1;
    }
}

printable printable_copy(const char *text)
{
    printable copy;
    snprintf(copy.chars, sizeof copy.chars, "%s", text);
    printable_line(copy.chars);
    return copy;
}

void printable_print(FILE *file, const char *text)
{
    while (*text) {
        const size_t length = printable_length(text);
        if (length > 0)
            fwrite(text, 1, length, file);
        else
            fputc(*text == '\n' || *text == '\t' ? *text : '?', file);
        text += length ? length : 1;
    }
}
