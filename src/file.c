/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_FREE = STDERR_FILENO + 1 };

#ifndef O_TMPFILE
#define O_TMPFILE 0 /* opens no directory to write: every file gets a temporary name */
#endif

int lrn_file_open(int directory, const char *name, int flags, mode_t mode)
{
    const int fd = openat(directory, name, flags | O_CLOEXEC | O_NONBLOCK, mode);
    if (fd < 0 || fd >= FIRST_FREE)
        return fd;
    const int copy = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE);
    const int code = errno;
    close(fd);
    errno = code;
    return copy;
}

/* -------------------------------------------------------------------- reading */

static int read_all(int fd, unsigned char *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        const ssize_t got = read(fd, data + at, size - at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : EIO; /* the file shrank */
        at += (size_t)got;
    }
    return 0;
}

static int read_open(int fd, size_t most, lrn_file_content *content)
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
    const size_t size = (size_t)status.st_size;
    unsigned char *data = malloc(size + 1);
    if (data == NULL)
        return ENOMEM;
    const int code = read_all(fd, data, size);
    if (code != 0) {
        free(data);
        return code;
    }
    data[size] = '\0';
    *content = (lrn_file_content){data, size, status.st_uid, status.st_mode & 07777};
    return 0;
}

int lrn_file_read(int directory, const char *name, int flags, size_t most,
                  lrn_file_content *content)
{
    const int fd = lrn_file_open(directory, name, O_RDONLY | flags, 0);
    if (fd < 0)
        return errno;
    const int code = read_open(fd, most, content);
    close(fd);
    return code;
}

const char *lrn_file_message(int code)
{
    return code == EINVAL   ? "it is not a regular file"
           : code == EISDIR ? "it is a directory"
           : code == EFBIG  ? "it is too large"
           : code == ELOOP  ? "it is a symbolic link, or a loop of them"
                            : strerror(code);
}

static bool is_writable_by_others(mode_t mode)
{
    return (mode & (S_IWGRP | S_IWOTH)) != 0;
}

bool lrn_file_is_private(uid_t owner, mode_t mode)
{
    return owner == geteuid() && !is_writable_by_others(mode);
}

bool lrn_file_is_trusted(uid_t owner, mode_t mode)
{
    return (owner == geteuid() || owner == 0) && !is_writable_by_others(mode);
}

/* ---------------------------------------------------------- names of temporaries */

static const char prefix[] = ".cllrn-", suffix[] = ".tmp";

enum { PREFIX = sizeof prefix - 1, DIGITS = 16, ATTEMPTS = 100 };

/* A name from the time. Names need not be secret: O_EXCL refuses existing files. */
static void make_name(char name[32], int attempt)
{
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_REALTIME, &now);
    const uint64_t number = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    snprintf(name, 32, "%s%016" PRIx64 "%s", prefix, number + (uint64_t)attempt, suffix);
}

bool lrn_file_is_temporary(const char *name)
{
    return strncmp(name, prefix, PREFIX) == 0 &&
           strspn(name + PREFIX, "0123456789abcdef") == DIGITS &&
           strcmp(name + PREFIX + DIGITS, suffix) == 0;
}

/* -------------------------------------------------------------------- writing */

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
    return 0;
}

/*
 * Syncs a file to disk. Closing a copy of the descriptor reports the errors
 * that only close reports, and keeps the file open.
 */
static int settle(int fd)
{
    while (fsync(fd) != 0) {
        if (errno == EINVAL) /* this file system does not support fsync */
            break;
        if (errno != EINTR)
            return errno;
    }
    const int copy = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE);
    return copy >= 0 && (close(copy) == 0 || errno == EINTR) ? 0 : errno;
}

/*
 * Locks a file until it is closed, to mark it as in use. False if a sweep has
 * taken the file for abandoned and removed it. A file system without locks has
 * no sweeps either.
 */
static bool claim(int fd)
{
    struct stat status;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return false;
    return fstat(fd, &status) != 0 || status.st_nlink > 0;
}

static int create_named(lrn_file_output *file, int directory, mode_t mode)
{
    for (int attempt = 0; attempt < ATTEMPTS; ++attempt) {
        make_name(file->temporary, attempt);
        const int fd = lrn_file_open(directory, file->temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
        if (fd < 0 && errno != EEXIST)
            return errno;
        if (fd >= 0 && claim(fd)) {
            file->fd = fd;
            file->directory = directory;
            return 0;
        }
        if (fd >= 0)
            close(fd);
    }
    return EEXIST;
}

/* The path by which a file without a name can be linked. */
static void descriptor_path(int fd, char path[32])
{
    snprintf(path, 32, "/proc/self/fd/%d", fd);
}

static bool create_unnamed(lrn_file_output *file, int directory, mode_t mode)
{
    char path[32];
    const int fd = lrn_file_open(directory, ".", O_TMPFILE | O_RDWR, mode);
    if (fd < 0)
        return false;
    descriptor_path(fd, path);
    if (access(path, F_OK) != 0) { /* no /proc */
        close(fd);
        return false;
    }
    (void)claim(fd); /* in case it gets a temporary name */
    *file = (lrn_file_output){fd, directory, ""};
    return true;
}

/*
 * Copies the content to a file with a temporary name, where linkat is
 * forbidden, as Android forbids it to applications.
 */
static int name_by_copy(lrn_file_output *file)
{
    unsigned char buffer[1 << 14];
    lrn_file_output copy = {0};
    struct stat status;
    ssize_t got = 0;
    if (fstat(file->fd, &status) != 0 || lseek(file->fd, 0, SEEK_SET) != 0)
        return errno;
    int code = create_named(&copy, file->directory, 0600);
    if (code == 0 && fchmod(copy.fd, status.st_mode & 07777) != 0)
        code = errno;
    while (code == 0 && (got = read(file->fd, buffer, sizeof buffer)) != 0)
        if (got > 0)
            code = write_all(copy.fd, buffer, (size_t)got);
        else if (errno != EINTR)
            code = errno;
    close(file->fd);
    *file = copy;
    return code == 0 ? settle(file->fd) : code;
}

/* Links a file without a name under `name` or, if `name` exists, under a temporary name. */
static int link_unnamed(lrn_file_output *file, const char *name)
{
    char path[32], temporary[32];
    descriptor_path(file->fd, path);
    if (linkat(AT_FDCWD, path, file->directory, name, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    for (int attempt = 0; errno == EEXIST && attempt < ATTEMPTS; ++attempt) {
        make_name(temporary, attempt);
        if (linkat(AT_FDCWD, path, file->directory, temporary, AT_SYMLINK_FOLLOW) == 0) {
            memcpy(file->temporary, temporary, sizeof temporary);
            return 0;
        }
    }
    return name_by_copy(file);
}

int lrn_file_create(lrn_file_output *file, int directory, mode_t mode)
{
    *file = (lrn_file_output){0};
    return create_unnamed(file, directory, mode) ? 0 : create_named(file, directory, mode);
}

int lrn_file_commit(lrn_file_output *file, const char *name)
{
    int code = settle(file->fd);
    if (code == 0 && *file->temporary == '\0')
        code = link_unnamed(file, name);
    if (code == 0 && *file->temporary != '\0') {
        if (renameat(file->directory, file->temporary, file->directory, name) == 0)
            *file->temporary = '\0';
        else
            code = errno;
    }
    lrn_file_discard(file);
    return code;
}

void lrn_file_discard(lrn_file_output *file)
{
    if (file->fd == 0)
        return;
    if (*file->temporary != '\0')
        unlinkat(file->directory, file->temporary, 0);
    close(file->fd);
    *file = (lrn_file_output){0};
}

int lrn_file_write(int directory, const char *name, const void *data, size_t size)
{
    lrn_file_output file;
    int code = lrn_file_create(&file, directory, 0600);
    if (code == 0)
        code = write_all(file.fd, data, size);
    if (code == 0)
        return lrn_file_commit(&file, name);
    lrn_file_discard(&file);
    return code;
}

/* ------------------------------------------------------------------- sweeping */

static void remove_abandoned(int directory, const char *name)
{
    struct stat status;
    /* Opened for writing, because an exclusive lock over NFS needs it. */
    const int fd = lrn_file_open(directory, name, O_WRONLY | O_NOFOLLOW, 0);
    if (fd < 0)
        return;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(directory, name, 0);
    close(fd);
}

DIR *lrn_file_list(int directory)
{
    const int fd = lrn_file_open(directory, ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *const list = fd >= 0 ? fdopendir(fd) : NULL;
    if (list == NULL && fd >= 0)
        close(fd);
    return list;
}

void lrn_file_sweep(int directory)
{
    DIR *const list = lrn_file_list(directory);
    if (list == NULL)
        return;
    for (const struct dirent *item; (item = readdir(list)) != NULL;)
        if (lrn_file_is_temporary(item->d_name))
            remove_abandoned(directory, item->d_name);
    closedir(list);
}
