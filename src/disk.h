/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, read and written; 0 or an errno. */
#ifndef LRN_DISK_H
#define LRN_DISK_H

#include <stddef.h>

/*
 * Reads a regular file of at most `most` bytes, a zero put behind them; *data
 * is for the caller to free. EFBIG for a larger one, EINVAL for what is no
 * regular file. directory may be AT_FDCWD.
 */
int lrn_disk_read(int directory, const char *name, size_t most, unsigned char **data, size_t *size);

/* Writes a file, mode 0600, that appears under its name only when it is complete and on disk. */
int lrn_disk_write(int directory, const char *name, const void *data, size_t size);

/* Whether a name is that of a file lrn_disk_write has not completed. */
int lrn_disk_is_temporary(const char *name);

#endif
