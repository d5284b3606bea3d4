/* SPDX-License-Identifier: Apache-2.0 */
#include "fold.h"

#include <string.h>

void fold_print_arguments(FILE *to, int indent, const char *label, const char *format,
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

void fold_print(FILE *to, int indent, const char *label, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fold_print_arguments(to, indent, label, format, arguments);
    va_end(arguments);
}
