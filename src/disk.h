/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files, read and written whole. Functions return 0 or an errno, and take a
 * descriptor of a directory, which may be AT_FDCWD, and a name in it. Needs
 * nothing but libc: the command compiles it too, so that its outputs and the
 * entries of the cache are written in the same way.
 */
#ifndef LRN_DISK_H
#define LRN_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * openat, never waiting for the writer of a FIFO. The descriptor is closed in
 * programs that are started, and is none of 0 to 2: those are the standard
 * streams', also where a program runs without them, and what a driver prints to
 * one must not end up in a file. -1 and errno.
 */
int lrn_disk_open(int directory, const char *name, int flags, mode_t mode);

/* -------------------------------------------------------------------- reading */

/* What a file held, and who could have written it. */
typedef struct lrn_disk_content {
    unsigned char *data; /* for the caller to free; a zero is put behind it */
    size_t size;
    uid_t owner;
    mode_t mode;
} lrn_disk_content;

/*
 * Reads a regular file of at most `most` bytes. flags may be O_NOFOLLOW. EFBIG
 * for a larger one, EINVAL for what is no regular file, EISDIR for a directory.
 */
int lrn_disk_read(int directory, const char *name, int flags, size_t most,
                  lrn_disk_content *content);

/* What is wrong, for a message: strerror, but for what lrn_disk_read means by its codes. */
const char *lrn_disk_message(int code);

/* Whether only this process's user can have written a file, or only that user and root. */
bool lrn_disk_is_private(uid_t owner, mode_t mode);
bool lrn_disk_is_trusted(uid_t owner, mode_t mode);

/* -------------------------------------------------------------------- writing */

/*
 * A file that is being written, and appears under its name only when it is
 * complete. It has no name until then, so that nothing is left of it when the
 * process is killed; where the file system or the kernel cannot do that, a
 * temporary name, and a lock that tells lrn_disk_sweep that it is in use.
 */
typedef struct lrn_disk_file {
    int fd; /* to write to; 0: none is open */
    int directory;
    char temporary[32]; /* "": it has no name */
} lrn_disk_file;

/* The directory must stay open until the commit. The umask applies to mode. */
int lrn_disk_create(lrn_disk_file *file, int directory, mode_t mode);

/* Puts it on disk under its name, in the place of what had that name. Closes it, on failure too. */
int lrn_disk_commit(lrn_disk_file *file, const char *name);

/* Closes and removes it; fine where none is open. */
void lrn_disk_discard(lrn_disk_file *file);

/* All of it at once, mode 0600. */
int lrn_disk_write(int directory, const char *name, const void *data, size_t size);

/* Removes this user's temporary files whose writers are gone. What goes wrong does not matter. */
void lrn_disk_sweep(int directory);

/* Whether a name is that of a temporary file. */
bool lrn_disk_is_temporary(const char *name);

#endif
