/* SPDX-License-Identifier: Apache-2.0 */
/* A file of a report, in memory. */
#ifndef CLI_REPORT_FILE_H
#define CLI_REPORT_FILE_H

#include "sha256.h"

typedef struct report_file {
    const char *name;
    char *data;
    size_t size;
    sha256_text hash;
} report_file;

#endif
