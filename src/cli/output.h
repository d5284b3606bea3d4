/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that appears under its name only when it is complete. Whatever happens
 * before, to the process too, leaves nothing behind: see src/disk.h. What is no
 * regular file, standard output among them, gets all of it at once then.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "../disk.h"

typedef struct output {
    FILE *file; /* write here; NULL when closed */
    char *path; /* symbolic links followed */
    int directory, lock;
    int stream; /* a descriptor that gets it in the end; 0: it is a file */
    lrn_disk_file disk;
} output;

/* Whether a name means standard output: "-" and /dev/stdout do. */
bool output_is_standard(const char *path);

/*
 * Begins the file, or what goes to a descriptor of this process that a name means
 * ("-", /dev/stdout), from where that stands. A file that it replaces keeps its
 * mode; a symbolic link stays one, and what it points to is written, be it there
 * or not. On failure a message was printed and there is nothing to discard.
 */
bool output_open(output *out, const char *path);

/* The same, or a device or FIFO: opening one may wait for its reader. */
bool output_open_stream(output *out, const char *path);

/* For a regular file only, which is to have no more rights than mode, the old one's included. */
bool output_open_mode(output *out, const char *path, mode_t mode);

/*
 * Waits for other commands that hold the lock of the file's directory, and keeps
 * it until the output is committed or discarded: so what was read of the old
 * file is still so when the new one replaces it.
 */
bool output_lock(output *out);

/* A path of what is being written, for another program to write to. */
void output_name(const output *out, char name[PATH_MAX]);

/* Syncs, names and closes. On failure a message was printed and nothing is left of it. */
bool output_commit(output *out);

/* Removes it; fine on an output that is zero, committed or discarded. */
void output_discard(output *out);

#endif
