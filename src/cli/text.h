/* SPDX-License-Identifier: Apache-2.0 */
/* A short text passed by value, for the arguments of a message. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <cllrn.h>

typedef struct text {
    char chars[CLLRN_MAX_RANK * 24];
} text;

/* "1x96x55x55" with the separator "x"; at most CLLRN_MAX_RANK numbers. */
text text_of_list(const int64_t *numbers, int count, const char *separator);

#endif
