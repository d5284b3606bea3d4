/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are read or written as streams, since they can only be taken in their order. */
#ifndef CLI_DESCRIPTOR_H
#define CLI_DESCRIPTOR_H

#include <stdbool.h>
#include <stdio.h>

/*
 * The descriptor of this process that a name means: "-" is the standard one given,
 * /dev/stdout is 1, /dev/fd/3 and /proc/self/fd/3 are 3. -1 for any other name.
 */
int descriptor_of(const char *path, int standard);

/*
 * Another descriptor of what one stands for, with its offset and flags; none of 0
 * to 2, and closed in programs that are started. -1 and errno, which is EBADF for
 * one that is not open for writing, or reading.
 */
int descriptor_duplicate(int descriptor, bool writing);

/* An empty file in $TMPDIR or /tmp that has no name, to read and write; NULL after a message. */
FILE *descriptor_spool(void);

/* Writes all of a file, from its beginning, to a descriptor. 0, or an errno. */
int descriptor_drain(FILE *from, int to);

#endif
