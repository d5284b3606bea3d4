/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing whole files. Functions return 0 or an errno; they take a
 * directory descriptor, which may be AT_FDCWD, and a name in that directory.
 * Needs only libc: the command compiles this file too, and writes its outputs
 * as the cache writes its entries.
 */
#ifndef LRN_FILE_H
#define LRN_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * openat with O_CLOEXEC and O_NONBLOCK, so that a FIFO does not block. The
 * descriptor is never 0 to 2: a process may run without standard streams, and
 * what a driver prints to them must not end up in a file. Returns -1 and sets
 * errno on failure.
 */
int lrn_file_open(int directory, const char *name, int flags, mode_t mode);

/* -------------------------------------------------------------------- reading */

/* A file's content, owner and mode. */
typedef struct lrn_file_content {
    unsigned char *data; /* the caller frees it; a zero byte follows the content */
    size_t size;
    uid_t owner;
    mode_t mode;
} lrn_file_content;

/*
 * Reads a regular file of at most `most` bytes. flags may be O_NOFOLLOW.
 * Returns EFBIG for a larger file, EISDIR for a directory, EINVAL for anything
 * else that is not regular.
 */
int lrn_file_read(int directory, const char *name, int flags, size_t most,
                  lrn_file_content *content);

/* The message for a code of lrn_file_read: strerror, except where that puzzles. */
const char *lrn_file_message(int code);

/* Whether only this process's user (trusted: or root) can have written a file. */
bool lrn_file_is_private(uid_t owner, mode_t mode);
bool lrn_file_is_trusted(uid_t owner, mode_t mode);

/* -------------------------------------------------------------------- writing */

/*
 * A file that is being written. It appears under its name only when it is
 * complete. Until then it has no name, so that nothing is left of it if the
 * process is killed. If the file system or the kernel cannot do that, the file
 * has a temporary name, and a lock that tells lrn_file_sweep that it is in use.
 */
typedef struct lrn_file_output {
    int fd; /* the descriptor to write to; 0: no file is open */
    int directory;
    char temporary[32]; /* "": the file has no name */
} lrn_file_output;

/* Opens a file to write; directory must stay open until the commit. The umask applies to mode. */
int lrn_file_create(lrn_file_output *file, int directory, mode_t mode);

/* Syncs the file, then gives it its name, replacing an older file. Closes it, on failure too. */
int lrn_file_commit(lrn_file_output *file, const char *name);

/* Closes and removes the file; does nothing if no file is open. */
void lrn_file_discard(lrn_file_output *file);

/* Creates, writes and commits a file of mode 0600. */
int lrn_file_write(int directory, const char *name, const void *data, size_t size);

/* Opens a directory to list it; NULL on failure. */
DIR *lrn_file_list(int directory);

/* Removes this user's temporary files whose writers have ended; ignores errors. */
void lrn_file_sweep(int directory);

/* Whether a name is the name of a temporary file. */
bool lrn_file_is_temporary(const char *name);

#endif
