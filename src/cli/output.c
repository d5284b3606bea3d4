/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700 /* realpath; glibc does not count it as POSIX */
#include "output.h"

#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The last five are for drivers that crash. */
static const int fatal_signals[] = {
    SIGHUP,  SIGINT,  SIGPIPE, SIGQUIT, SIGTERM, SIGXCPU,
    SIGXFSZ, SIGABRT, SIGBUS,  SIGFPE,  SIGILL,  SIGSEGV,
};
enum { FATAL_SIGNALS = sizeof fatal_signals / sizeof fatal_signals[0] };

/*
 * What the handler removes. Copies that are never freed, since a driver's thread
 * may take the signal while this one commits.
 */
static struct {
    char path[PATH_MAX];
    volatile sig_atomic_t armed;
} removed_by_signal[OUTPUT_MOST];

static void remove_and_die(int number)
{
    for (int i = 0; i < OUTPUT_MOST; ++i)
        if (removed_by_signal[i].armed)
            unlink(removed_by_signal[i].path);
    raise(number); /* SA_RESETHAND made it deadly again; it arrives when the handler returns */
}

static void arm(const char *temporary)
{
    int i = 0;
    while (i < OUTPUT_MOST - 1 && removed_by_signal[i].armed)
        ++i;
    snprintf(removed_by_signal[i].path, PATH_MAX, "%s", temporary);
    removed_by_signal[i].armed = 1;
}

static void disarm(const char *temporary)
{
    for (int i = 0; i < OUTPUT_MOST; ++i)
        if (strcmp(removed_by_signal[i].path, temporary) == 0)
            removed_by_signal[i].armed = 0;
}

static void handle_signals(void)
{
    for (size_t i = 0; i < FATAL_SIGNALS; ++i) {
        struct sigaction action;
        if (sigaction(fatal_signals[i], NULL, &action) != 0 || action.sa_handler != SIG_DFL)
            continue; /* ignored by whoever started us (nohup), and stays so */
        memset(&action, 0, sizeof action);
        action.sa_handler = remove_and_die;
        action.sa_flags = (int)SA_RESETHAND;
        sigemptyset(&action.sa_mask);
        sigaction(fatal_signals[i], &action, NULL);
    }
}

static void block_signals(sigset_t *before)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < FATAL_SIGNALS; ++i)
        sigaddset(&set, fatal_signals[i]);
    sigprocmask(SIG_BLOCK, &set, before);
}

static void restore_signals(const sigset_t *before)
{
    sigprocmask(SIG_SETMASK, before, NULL);
}

/* The file itself behind symbolic links, so that a link to it stays one. */
static char *resolve(const char *path)
{
    char *const resolved = realpath(path, NULL);
    return resolved ? resolved : strdup(path); /* there is no such file yet */
}

/* "dir/.cllrn-PID-N.tmp" for "dir/file", not longer for a file with the longest name there can be.
 */
static char *temporary_name(const char *path, int number)
{
    const char *const slash = strrchr(path, '/');
    const size_t directory = slash ? (size_t)(slash - path) + 1 : 0;
    const size_t size = directory + 64;
    char *const name = malloc(size);
    if (name) {
        memcpy(name, path, directory);
        snprintf(name + directory, size - directory, ".cllrn-%ld-%d.tmp", (long)getpid(), number);
    }
    return name;
}

/* mkstemp would give mode 0600; the file is to have the mode any new file has. */
static int create_temporary(output *out)
{
    enum { ATTEMPTS = 100 };
    for (int number = 0; number < ATTEMPTS; ++number) {
        out->temporary = temporary_name(out->path, number);
        if (!out->temporary)
            return -1;
        const int fd = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0)
            return fd;
        const int reason = errno;
        free(out->temporary);
        out->temporary = NULL;
        errno = reason;
        if (reason != EEXIST)
            return -1;
    }
    return -1;
}

/* Renaming onto it must be what the user means: no device, FIFO, directory or protected file. */
static bool may_replace(const char *path)
{
    struct stat status;
    if (*path == '\0')
        return message_fail("the name of the output is empty");
    if (path[strlen(path) - 1] == '/')
        return message_fail("%s: cannot be written: it names a directory", path);
    if (stat(path, &status) != 0)
        return true; /* whatever is wrong with the directory shows when the file is created */
    if (S_ISDIR(status.st_mode))
        return message_fail("%s: cannot be written: it is a directory", path);
    if (!S_ISREG(status.st_mode))
        return message_fail("%s: cannot be written: it is not a regular file", path);
    if (access(path, W_OK) != 0)
        return message_fail("%s: cannot be written: %s", path, strerror(errno));
    return true;
}

static void forget(output *out)
{
    free(out->path);
    free(out->temporary);
    memset(out, 0, sizeof *out);
}

/* Removes what was created so far; the caller has blocked the signals. */
static void abandon(output *out)
{
    if (out->file)
        fclose(out->file);
    if (out->temporary) {
        unlink(out->temporary);
        disarm(out->temporary);
    }
    forget(out);
}

bool output_open(output *out, const char *path)
{
    memset(out, 0, sizeof *out);
    if (!may_replace(path))
        return false;
    out->path = resolve(path);
    if (!out->path)
        return message_fail("out of memory");

    sigset_t before;
    block_signals(&before);
    const int fd = create_temporary(out);
    if (fd >= 0)
        out->file = fdopen(fd, "wb");
    const int reason = errno;
    const bool opened = out->file != NULL;
    if (opened) {
        arm(out->temporary);
        handle_signals();
    } else {
        if (fd >= 0)
            close(fd);
        abandon(out);
    }
    restore_signals(&before);
    return opened ||
           message_fail("%s: cannot be written: %s in its directory", path, strerror(reason));
}

/* Leaves the first error in errno; file is closed in any case. */
static bool sync_and_close(FILE *file)
{
    bool synced = fflush(file) == 0 && !ferror(file);
    if (synced && fsync(fileno(file)) != 0)
        synced = errno == EINVAL; /* a file system without fsync */
    const int reason = errno;
    const bool closed = fclose(file) == 0;
    if (!synced)
        errno = reason;
    return synced && closed;
}

bool output_commit(output *out)
{
    sigset_t before;
    block_signals(&before);
    const bool complete = sync_and_close(out->file);
    out->file = NULL;
    const bool renamed = complete && rename(out->temporary, out->path) == 0;
    if (renamed) {
        disarm(out->temporary);
        forget(out);
    } else {
        message_fail("%s: cannot be written: %s", out->path, strerror(errno));
        abandon(out);
    }
    restore_signals(&before);
    return renamed;
}

void output_discard(output *out)
{
    sigset_t before;
    block_signals(&before);
    abandon(out);
    restore_signals(&before);
}
