/* SPDX-License-Identifier: Apache-2.0 */
/* Finds arguments of a command line that name the same file. */
#ifndef CLI_SAME_FILE_H
#define CLI_SAME_FILE_H

#include <stddef.h>

typedef struct named_file {
    const char *name; /* the option, for the message: "--json" */
    const char *path; /* NULL: not given */
} named_file;

/* EXIT_DONE if all files differ; else EXIT_USAGE after a message about two of them. */
int same_file_refuse(const named_file *files, size_t count);

#endif
