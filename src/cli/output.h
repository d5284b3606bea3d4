/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An output file that appears under its name only when it is complete; an earlier
 * failure, even the end of the process, leaves nothing behind (see src/file.h). A
 * pipe, a terminal or a device gets the whole content at the commit.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "../file.h"

typedef struct output {
    FILE *file; /* write here; NULL when closed */
    char *path; /* symbolic links followed */
    int directory, lock;
    int stream; /* the descriptor that gets the content at the commit; 0: a regular file */
    lrn_file_output disk;
} output;

/* Whether a path names standard output, as "-" and /dev/stdout do. */
bool output_is_standard(const char *path);

/*
 * Opens a regular file, or a descriptor of this process that the path names ("-",
 * /dev/stdout), which is written from its current offset. A replaced file keeps its
 * mode. A symbolic link stays, and its target is written, whether the target exists
 * or not. False after a message, with nothing to discard.
 */
bool output_open(output *out, const char *path);

/* As output_open, or for a device or FIFO; opening a FIFO may wait for its reader. */
bool output_open_stream(output *out, const char *path);

/*
 * As output_open, for a regular file only. Its permissions are at most `mode`, even
 * where it replaces a file that has more.
 */
bool output_open_mode(output *out, const char *path, mode_t mode);

/*
 * Locks the file's directory until the commit or discard, waiting for other commands
 * that hold the lock: the old file cannot change between its being read and replaced.
 */
bool output_lock(output *out);

/* Syncs, names and closes the file. False after a message, with nothing left of the file. */
bool output_commit(output *out);

/* Removes the unfinished file. Allowed on an output that is zero, committed or discarded. */
void output_discard(output *out);

typedef struct named_file {
    const char *name; /* the option, for the message: "--json" */
    const char *path; /* NULL: not given */
} named_file;

/* EXIT_DONE if all files differ; else EXIT_USAGE after a message about two of them. */
int output_refuse_same(const named_file *files, size_t count);

#endif
