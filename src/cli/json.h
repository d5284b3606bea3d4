/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdio.h>

/* Writes text as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void json_string(FILE *file, const char *text);

#endif
