/* SPDX-License-Identifier: Apache-2.0 */
/* For LD_PRELOAD: there is no memory for copies of long texts. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

enum { LONG = 5000 };

char *strdup(const char *text);

char *strdup(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *const copy = size > LONG ? NULL : malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}
