/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that appears under its name only when it is complete: written beside
 * it, synced, renamed. Whatever happens before leaves nothing behind, signals
 * included; so there are at most two outputs at a time.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

enum { OUTPUT_MOST = 2 };

typedef struct output {
    FILE *file; /* write here; NULL when closed */
    char *path;
    char *temporary;
} output;

/* Opens the temporary file. On failure a message was printed and there is nothing to discard. */
bool output_open(output *out, const char *path);

/* Syncs, renames and closes. On failure a message was printed and the temporary file is gone. */
bool output_commit(output *out);

/* Removes the temporary file; fine on an output that is zero, committed or discarded. */
void output_discard(output *out);

#endif
