/* SPDX-License-Identifier: Apache-2.0 */
/* Writes texts of unknown origin into HTML and XML. */
#ifndef CLI_MARKUP_H
#define CLI_MARKUP_H

#include <stdio.h>

/* Writes text for content or a quoted attribute; what is not printable becomes '?'. */
void markup_text(FILE *file, const char *text);

#endif
