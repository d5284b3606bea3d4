/* SPDX-License-Identifier: Apache-2.0 */
/* File names of one command line that mean the same file. */
#ifndef CLI_SAME_FILE_H
#define CLI_SAME_FILE_H

#include <stddef.h>

typedef struct named_file {
    const char *name; /* how the command line calls it: "--json" */
    const char *path; /* NULL: not given */
} named_file;

/* EXIT_DONE where each is another file; else EXIT_USAGE after a message that names two. */
int same_file_refuse(const named_file *files, size_t count);

#endif
