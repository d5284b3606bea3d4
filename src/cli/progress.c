/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static bool shown;

void progress_show(const char *text)
{
    if (!isatty(STDERR_FILENO) || (!*text && !shown))
        return;
    shown = *text != '\0';
    fprintf(stderr, "\r%-60.60s%s", text, shown ? "" : "\r");
    fflush(stderr);
}
