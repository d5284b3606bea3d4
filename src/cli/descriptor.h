/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors of pipes, terminals and other streams, which cannot seek. */
#ifndef CLI_DESCRIPTOR_H
#define CLI_DESCRIPTOR_H

#include <stdbool.h>
#include <stdio.h>

/*
 * The descriptor of this process that a path names: "-" is `standard`, /dev/stdout
 * is 1, /dev/fd/3 and /proc/self/fd/3 are 3. -1 for any other path.
 */
int descriptor_of(const char *path, int standard);

/*
 * Duplicates a descriptor, as dup does: both share offset and flags. The new one is
 * above 2 and is closed on exec. -1 and errno on failure; errno is EBADF where the
 * descriptor is not open for writing, or else for reading.
 */
int descriptor_duplicate(int descriptor, bool writing);

/* An unnamed empty file in $TMPDIR or /tmp, for reading and writing; NULL after a message. */
FILE *descriptor_spool(void);

/* Writes a whole file, from its first byte, to a descriptor. Returns 0 or an errno. */
int descriptor_drain(FILE *from, int to);

#endif
