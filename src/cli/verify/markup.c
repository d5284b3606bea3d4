/* SPDX-License-Identifier: Apache-2.0 */
#include "markup.h"

#include "printable.h"

#include <stdbool.h>
#include <string.h>

/* U+FFFE and U+FFFF, which XML excludes. */
static bool is_excluded(const char *text)
{
    return strncmp(text, "\xef\xbf\xbe", 3) == 0 || strncmp(text, "\xef\xbf\xbf", 3) == 0;
}

void markup_text(FILE *file, const char *text)
{
    while (*text) {
        const size_t length = printable_length(text);
        if (strchr("&<>\"'", *text))
            fprintf(file, "&#%d;", *text);
        else if (length > 0 && !is_excluded(text))
            fwrite(text, 1, length, file);
        else
            fputc('?', file);
        text += length ? length : 1;
    }
}
