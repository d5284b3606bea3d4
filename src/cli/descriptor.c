/* SPDX-License-Identifier: Apache-2.0 */
#include "descriptor.h"

#include "message.h"
#include "number.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int descriptor_of(const char *path, int standard)
{
    static const char *const standards[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    static const char *const directories[] = {"/dev/fd/", "/proc/self/fd/"};
    int64_t number;
    if (strcmp(path, "-") == 0)
        return standard;
    for (int i = 0; i < 3; ++i)
        if (strcmp(path, standards[i]) == 0)
            return i;
    for (int i = 0; i < 2; ++i) {
        const size_t length = strlen(directories[i]);
        if (strncmp(path, directories[i], length) == 0 &&
            number_parse_range(path + length, 0, INT_MAX, &number))
            return (int)number;
    }
    return -1;
}

int descriptor_duplicate(int descriptor, bool writing)
{
    const int flags = fcntl(descriptor, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) != (writing ? O_RDONLY : O_WRONLY))
        return fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    errno = EBADF;
    return -1;
}

FILE *descriptor_spool(void)
{
    const char *const variable = getenv("TMPDIR");
    const char *const directory = variable && *variable ? variable : "/tmp";
    char name[PATH_MAX];
    FILE *file = NULL;
    const int length = snprintf(name, sizeof name, "%s/cllrn-XXXXXX", directory);
    const int fd = length < (int)sizeof name ? mkstemp(name) : -1;
    if (fd >= 0) {
        unlink(name);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        file = fdopen(fd, "w+b");
    }
    if (!file) {
        message_fail("%s: no temporary file can be made for a stream: %s", directory,
                     strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    return file;
}

/* Whether an error of write is temporary. Waits until a full non-blocking pipe has room. */
static bool is_for_now(int code, int to)
{
    struct pollfd room = {.fd = to, .events = POLLOUT};
    if (code == EAGAIN || code == EWOULDBLOCK)
        poll(&room, 1, -1);
    return code == EAGAIN || code == EWOULDBLOCK || code == EINTR;
}

static int write_all(int to, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t put = write(to, bytes, size);
        if (put < 0 && is_for_now(errno, to))
            continue;
        if (put <= 0)
            return put < 0 ? errno : ENOSPC;
        bytes += put;
        size -= (size_t)put;
    }
    return 0;
}

int descriptor_drain(FILE *from, int to)
{
    static char bytes[1 << 16];
    off_t offset = 0;
    for (;;) {
        const ssize_t got = pread(fileno(from), bytes, sizeof bytes, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : 0;
        const int code = write_all(to, bytes, (size_t)got);
        if (code != 0)
            return code;
        offset += got;
    }
}
