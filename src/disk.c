/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char temporary_prefix[] = ".cllrn-";

static int read_all(int fd, unsigned char *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        const ssize_t got = read(fd, data + at, size - at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : EIO; /* it shrank */
        at += (size_t)got;
    }
    return 0;
}

static int read_open(int fd, size_t most, unsigned char **data, size_t *size)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    if (!S_ISREG(status.st_mode))
        return EINVAL;
    if (status.st_size < 0 || (uintmax_t)status.st_size > most)
        return EFBIG;
    const size_t length = (size_t)status.st_size;
    unsigned char *buffer = malloc(length + 1);
    if (buffer == NULL)
        return ENOMEM;
    const int code = read_all(fd, buffer, length);
    if (code != 0) {
        free(buffer);
        return code;
    }
    buffer[length] = '\0';
    *data = buffer;
    *size = length;
    return 0;
}

/* Not blocking: a FIFO is refused, not waited for. */
int lrn_disk_read(int directory, const char *name, size_t most, unsigned char **data, size_t *size)
{
    const int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno;
    const int code = read_open(fd, most, data, size);
    close(fd);
    return code;
}

static int write_all(int fd, const unsigned char *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        const ssize_t put = write(fd, data + at, size - at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? errno : ENOSPC;
        at += (size_t)put;
    }
    /* EINVAL: a file system that has no such thing */
    return fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
}

/* Opens a file of a name that nobody else has, threads of this process neither. */
static int create_temporary(int directory, char *name, size_t size, int *fd)
{
    enum { ATTEMPTS = 100 };
    for (int attempt = 0; attempt < ATTEMPTS; ++attempt) {
        snprintf(name, size, "%s%ld-%d.tmp", temporary_prefix, (long)getpid(), attempt);
        *fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (*fd >= 0)
            return 0;
        if (errno != EEXIST)
            return errno;
    }
    return EEXIST;
}

int lrn_disk_write(int directory, const char *name, const void *data, size_t size)
{
    char temporary[64];
    int fd;
    int code = create_temporary(directory, temporary, sizeof temporary, &fd);
    if (code != 0)
        return code;
    code = write_all(fd, data, size);
    if (close(fd) != 0 && code == 0)
        code = errno;
    if (code == 0 && renameat(directory, temporary, directory, name) != 0)
        code = errno;
    if (code != 0)
        unlinkat(directory, temporary, 0);
    return code;
}

int lrn_disk_is_temporary(const char *name)
{
    return strncmp(name, temporary_prefix, sizeof temporary_prefix - 1) == 0;
}
