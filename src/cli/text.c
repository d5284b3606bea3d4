/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

short_text text_of_list(const int64_t *numbers, int count, const char *separator)
{
    short_text t = {""};
    size_t used = 0;
    for (int i = 0; i < count; ++i)
        used += (size_t)snprintf(t.chars + used, sizeof t.chars - used, "%s%" PRId64,
                                 i ? separator : "", numbers[i]);
    return t;
}

void text_fold_arguments(FILE *to, int indent, const char *label, const char *format,
                         va_list arguments)
{
    enum { COLUMNS = 80 };
    char whole[4096];
    int column = fprintf(to, "%-*s", indent, label);
    vsnprintf(whole, sizeof whole, format, arguments);
    for (const char *at = whole; *at;) {
        const int spaces = (int)strspn(at, " ");
        const int word = (int)strcspn(at + spaces, " ");
        if (column > indent && column + spaces + word > COLUMNS)
            column = fprintf(to, "\n%*s%.*s", indent, "", word, at + spaces) - 1;
        else
            column += fprintf(to, "%.*s", spaces + word, at);
        at += spaces + word;
    }
    fputc('\n', to);
}

void text_fold(FILE *to, int indent, const char *label, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_fold_arguments(to, indent, label, format, arguments);
    va_end(arguments);
}
