/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include "descriptor.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef O_PATH
#define O_PATH O_RDONLY
#endif

/* --------------------------------------------------------------------- its name */

/* The length of a path up to its last component. */
static size_t directory_length(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/*
 * The target of a symbolic link, relative to the path's base, allocated; NULL and errno,
 * EINVAL or ENOENT for no link.
 */
static char *follow(const char *link)
{
    char target[PATH_MAX];
    const ssize_t length = readlink(link, target, sizeof target);
    if (length < 0)
        return NULL;
    const size_t directory = *target == '/' ? 0 : directory_length(link);
    char *const path = malloc(directory + (size_t)length + 1);
    if (!path)
        return NULL;
    memcpy(path, link, directory);
    memcpy(path + directory, target, (size_t)length);
    path[directory + (size_t)length] = '\0';
    return path;
}

/*
 * Follows symbolic links to the file, which need not exist; stops at a name of one of
 * this process's descriptors, whose file must not be opened anew. Allocated; NULL and
 * errno on failure.
 */
static char *resolve(const char *path)
{
    enum { MOST_LINKS = 40 };
    char *at = strdup(path);
    for (int links = 0; at && links < MOST_LINKS; ++links) {
        if (descriptor_of(at, STDOUT_FILENO) >= 0)
            return at;
        char *const next = follow(at);
        if (!next && errno != ENOMEM)
            return at;
        free(at);
        at = next;
    }
    if (at)
        errno = ELOOP;
    free(at);
    return NULL;
}

/* O_PATH needs no permission to list the directory. */
static int open_directory(const char *path)
{
    const size_t length = directory_length(path);
    char *const directory = length ? strndup(path, length) : strdup(".");
    const int fd = directory ? lrn_file_open(AT_FDCWD, directory, O_PATH | O_DIRECTORY, 0) : -1;
    free(directory);
    return fd;
}

/* ------------------------------------------------------------------- the stream */

void output_discard(output *out)
{
    if (out->file)
        fclose(out->file);
    lrn_file_discard(&out->disk);
    if (out->lock > 0)
        close(out->lock);
    if (out->directory > 0)
        close(out->directory);
    if (out->stream > 0)
        close(out->stream);
    free(out->path);
    memset(out, 0, sizeof *out);
}

/*
 * Creates the unnamed file and the FILE to write it. The FILE has a duplicate of the
 * descriptor, so that fclose reports errors while the file stays open. `exact`: the
 * umask does not apply to mode.
 */
static int begin(output *out, mode_t mode, bool exact)
{
    out->directory = open_directory(out->path);
    if (out->directory < 0)
        return errno;
    lrn_file_sweep(out->directory);
    int code = lrn_file_create(&out->disk, out->directory, mode);
    if (code == 0 && exact && fchmod(out->disk.fd, mode) != 0)
        code = errno;
    if (code != 0)
        return code;
    const int copy = fcntl(out->disk.fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (copy < 0)
        return errno;
    out->file = fdopen(copy, "wb");
    if (out->file)
        return 0;
    code = errno;
    close(copy);
    return code;
}

/* The descriptor of this process that the path leads to, or -1. */
static int descriptor_behind(const char *path)
{
    char *const resolved = resolve(path);
    const int descriptor = resolved ? descriptor_of(resolved, STDOUT_FILENO) : -1;
    free(resolved);
    return descriptor;
}

bool output_is_standard(const char *path)
{
    return descriptor_behind(path) == STDOUT_FILENO;
}

static bool begin_stream(output *out, const char *path, int stream)
{
    *out = (output){.stream = stream};
    if (stream < 0)
        return message_fail("%s: cannot be written: %s", path, strerror(errno));
    out->path = strdup(path);
    out->file = out->path ? descriptor_spool() : NULL;
    if (out->file)
        return true;
    output_discard(out);
    return false;
}

bool output_open(output *out, const char *path)
{
    const int descriptor = descriptor_behind(path);
    return descriptor >= 0 ? begin_stream(out, path, descriptor_duplicate(descriptor, true))
                           : output_open_mode(out, path, 0777);
}

bool output_open_stream(output *out, const char *path)
{
    struct stat status;
    if (descriptor_behind(path) >= 0 || stat(path, &status) != 0 ||
        !(S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode)))
        return output_open(out, path);
    return begin_stream(out, path, open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC));
}

/* Why a path cannot name a regular file to write; NULL if it can. *mode is 0 for a new file. */
static const char *refusal(const char *path, mode_t *mode)
{
    struct stat status;
    const bool exists = stat(path, &status) == 0;
    *mode = exists ? status.st_mode : 0;
    if (path[strlen(path) - 1] == '/')
        return "it names a directory";
    if (!exists && errno != ENOENT) /* such as a link that Linux refuses to follow */
        return strerror(errno);
    if (exists && S_ISDIR(*mode))
        return "it is a directory";
    if ((exists && !S_ISREG(*mode)) || descriptor_behind(path) >= 0)
        return "it is not a regular file";
    return exists && access(path, W_OK) != 0 ? strerror(errno) : NULL;
}

bool output_open_mode(output *out, const char *path, mode_t mode)
{
    mode_t old;
    memset(out, 0, sizeof *out);
    if (*path == '\0')
        return message_fail("the name of the output is empty");
    const char *const why = refusal(path, &old);
    if (why)
        return message_fail("%s: cannot be written: %s", path, why);
    out->path = resolve(path);
    const int code = out->path ? begin(out, mode & (old ? old : 0666), old != 0) : errno;
    if (code == 0)
        return true;
    output_discard(out);
    return message_fail("%s: cannot be written: %s in its directory", path, strerror(code));
}

bool output_lock(output *out)
{
    if (out->lock == 0)
        out->lock = lrn_file_open(out->directory, ".", O_RDONLY | O_DIRECTORY, 0);
    int locked = out->lock > 0 ? flock(out->lock, LOCK_EX | LOCK_NB) : -1;
    if (locked != 0 && errno == EWOULDBLOCK) {
        message_progress("waiting for another command that writes to the same directory");
        do
            locked = flock(out->lock, LOCK_EX);
        while (locked != 0 && errno == EINTR);
        message_progress("");
    }
    return locked == 0 || message_fail("%s: cannot be written: its directory cannot be locked: %s",
                                       out->path, strerror(errno));
}

bool output_commit(output *out)
{
    int code = 0;
    errno = 0; /* an earlier write error set ferror, but may have left no errno */
    if (fflush(out->file) != 0 || ferror(out->file))
        code = errno ? errno : EIO;
    if (out->stream > 0 && code == 0)
        code = descriptor_drain(out->file, out->stream);
    if (fclose(out->file) != 0 && code == 0)
        code = errno;
    out->file = NULL;
    if (out->stream == 0 && code == 0)
        code = lrn_file_commit(&out->disk, out->path + directory_length(out->path));
    if (code != 0)
        message_fail("%s: cannot be written: %s", out->path, strerror(code));
    output_discard(out);
    return code == 0;
}

/* -------------------------------------------------------------------- same file */

static bool status_of_directory(const char *path, struct stat *status)
{
    const int fd = open_directory(path);
    const bool known = fd >= 0 && fstat(fd, status) == 0;
    if (fd >= 0)
        close(fd);
    return known;
}

static bool same_inode(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Compares inodes, or, for files that do not exist yet, their directories and names. */
static bool is_same(const char *a, const char *b)
{
    struct stat of_a, of_b;
    const bool a_exists = stat(a, &of_a) == 0, b_exists = stat(b, &of_b) == 0;
    if (a_exists || b_exists)
        return a_exists && b_exists && same_inode(&of_a, &of_b);
    return strcmp(a + directory_length(a), b + directory_length(b)) == 0 &&
           status_of_directory(a, &of_a) && status_of_directory(b, &of_b) &&
           same_inode(&of_a, &of_b);
}

int output_refuse_same(const named_file *files, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        for (size_t j = i + 1; j < count; ++j)
            if (files[i].path && files[j].path && is_same(files[i].path, files[j].path))
                return message_usage("%s and %s are the same file, %s", files[i].name,
                                     files[j].name, files[j].path);
    return EXIT_DONE;
}
