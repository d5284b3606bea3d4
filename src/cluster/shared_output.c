/* SPDX-License-Identifier: Apache-2.0 */
#include "shared_output.h"

#include "../cli/message.h"
#include "../file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A record of zeros, as a new file has, is none. */
typedef struct record {
    uint64_t digest, check;
} record;

static record record_of(uint64_t number, uint64_t digest)
{
    return (record){digest, ~digest ^ (number + 1) * UINT64_C(0x9e3779b97f4a7c15)};
}

/* ------------------------------------------------------------- an early end */

/* What an early end removes; "": nothing. */
static char abandoned[PATH_MAX];

/* mpirun ends the other ranks by SIGTERM when one has ended. */
static void end_early(int signal_number)
{
    if (*abandoned != '\0')
        unlink(abandoned);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void *run_handlers(void *nothing)
{
    for (;;)
        pause();
    return nothing;
}

/*
 * A thread of its own runs the handlers: where a disk is slow, a thread that writes may not run
 * them within the second after which mpirun ends a rank by SIGKILL. Threads that start later
 * inherit the mask. abort() runs the handler in the thread that calls it.
 */
static void remove_on_signals(const char *path)
{
    const int signals[] = {SIGABRT, SIGTERM, SIGINT, SIGHUP};
    struct sigaction action = {.sa_handler = end_early};
    sigset_t blocked;
    pthread_t thread;
    memcpy(abandoned, path, strlen(path) + 1);
    sigemptyset(&action.sa_mask);
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i) {
        sigaction(signals[i], &action, NULL);
        if (signals[i] != SIGABRT)
            sigaddset(&blocked, signals[i]);
    }
    if (pthread_create(&thread, NULL, run_handlers, NULL) == 0)
        pthread_sigmask(SIG_BLOCK, &blocked, NULL);
}

/* --------------------------------------------------------------------- names */

static bool fail(const shared_output *out, int code)
{
    return message_fail("%s: cannot be written: %s", out->name, strerror(code));
}

/* Sets out->path; the file need not exist, but its directory has to. */
static bool resolve(shared_output *out)
{
    struct stat status;
    char copy[PATH_MAX], directory[PATH_MAX];
    if (strlen(out->name) >= sizeof copy)
        return fail(out, ENAMETOOLONG);
    if (stat(out->name, &status) == 0) {
        if (!S_ISREG(status.st_mode))
            return message_fail("%s: cannot be written: it is not a regular file, which ranks "
                                "can share",
                                out->name);
        return realpath(out->name, out->path) != NULL || fail(out, errno);
    }
    strcpy(copy, out->name);
    char *const slash = strrchr(copy, '/');
    const char *const base = slash ? slash + 1 : copy;
    if (*base == '\0' || strcmp(copy, "-") == 0)
        return message_fail("%s: cannot be written: it is not the name of a file", out->name);
    if (slash)
        *slash = '\0';
    if (realpath(!slash ? "." : slash == copy ? "/" : copy, directory) == NULL)
        return message_fail("%s: cannot be written: its directory: %s", out->name, strerror(errno));
    const int length = snprintf(out->path, sizeof out->path, "%s/%s", directory, base);
    return length < (int)sizeof out->path || fail(out, ENAMETOOLONG);
}

static bool name_temporary(shared_output *out)
{
    struct timespec now = {0, 0};
    const size_t room = sizeof out->temporary;
    const int directory = (int)(strrchr(out->path, '/') - out->path) + 1;
    clock_gettime(CLOCK_REALTIME, &now);
    const uint64_t number = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    const int length = out->resumes
                           ? snprintf(out->temporary, room, "%s.partial", out->path)
                           : snprintf(out->temporary, room, "%.*s.cllrn-%016" PRIx64 ".tmp",
                                      directory, out->path, number);
    return length < (int)room || fail(out, ENAMETOOLONG);
}

/* ----------------------------------------------------------------- its content */

static bool move_all(int fd, bool writes, void *data, size_t size, uint64_t offset)
{
    for (char *at = data; size > 0;) {
        const ssize_t moved =
            writes ? pwrite(fd, at, size, (off_t)offset) : pread(fd, at, size, (off_t)offset);
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved <= 0) {
            errno = moved < 0 ? errno : EIO;
            return false;
        }
        at += moved;
        size -= (size_t)moved;
        offset += (uint64_t)moved;
    }
    return true;
}

static int descriptor_of_file(const shared_output *out)
{
    return fileno(out->target.file.file);
}

static uint64_t offset_of(const shared_output *out, uint64_t number)
{
    return out->end + SHARED_DESCRIPTION + number * sizeof(record);
}

/*
 * Takes an earlier job's file, or makes a new one: the description comes last, so that an
 * unfinished beginning begins anew.
 */
static bool describe(shared_output *out, const char description[SHARED_DESCRIPTION])
{
    static const char nothing[SHARED_DESCRIPTION];
    const int fd = descriptor_of_file(out);
    const uint64_t size = offset_of(out, out->count);
    char found[SHARED_DESCRIPTION], written[SHARED_DESCRIPTION];
    struct stat status;
    if (fstat(fd, &status) != 0)
        return fail(out, errno);
    if (status.st_size != 0) {
        if (!move_all(fd, false, found, sizeof found, out->end))
            memset(found, 1, sizeof found);
        if ((uint64_t)status.st_size == size && memcmp(found, description, sizeof found) == 0)
            return true;
        if ((uint64_t)status.st_size != size || memcmp(found, nothing, sizeof found) != 0)
            return message_fail("%s is unfinished output of other inputs, options or slices: run "
                                "with the same, or remove it",
                                out->temporary);
    }
    memcpy(written, description, sizeof written);
    return (ftruncate(fd, (off_t)size) == 0 &&
            move_all(fd, true, written, sizeof written, out->end)) ||
           fail(out, errno);
}

/* ---------------------------------------------------------------------- opening */

static bool open_file(shared_output *out, int flags, mode_t mode)
{
    const int fd = lrn_file_open(AT_FDCWD, out->temporary, O_RDWR | O_NOFOLLOW | flags, mode);
    out->target.file.file = fd < 0 ? NULL : fdopen(fd, "r+b");
    return out->target.file.file != NULL || message_fail("%s: cannot be written: %s: %s", out->name,
                                                         out->temporary, strerror(errno));
}

/* Locks the file, which tells other jobs, and sweeps of the directory, that it is in use. */
static bool lock(const shared_output *out)
{
    const int fd = descriptor_of_file(out);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return true;
    return message_fail("%s: another job is writing it", out->temporary);
}

/* A file that replaces another keeps its mode. */
static bool create(shared_output *out, const char description[SHARED_DESCRIPTION])
{
    struct stat old;
    const bool replaces = stat(out->path, &old) == 0;
    if (replaces && access(out->path, W_OK) != 0)
        return fail(out, errno);
    if (!open_file(out, O_CREAT | (out->resumes ? 0 : O_EXCL), 0666) || !lock(out))
        return false;
    if (replaces && fchmod(descriptor_of_file(out), old.st_mode & 07777) != 0)
        return fail(out, errno);
    return describe(out, description);
}

static void sweep(const shared_output *out)
{
    char directory[PATH_MAX];
    strcpy(directory, out->path);
    *strrchr(directory, '/') = '\0';
    const int fd = lrn_file_open(AT_FDCWD, *directory ? directory : "/", O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return;
    lrn_file_sweep(fd);
    close(fd);
}

/* Finds where the data ends, and so what follows, by the header that the file gets. */
static bool measure(shared_output *out, const problem *p)
{
    tensor_file copy = p->result;
    char *text = NULL;
    size_t size;
    FILE *const memory = open_memstream(&text, &size);
    const bool made = memory && tensor_file_begin(&copy, memory, out->name);
    if (memory)
        fclose(memory);
    free(text);
    out->target.file.offset = copy.offset;
    out->target.file.path = out->name;
    out->end = copy.offset + copy.size;
    return made || fail(out, errno);
}

/* Gives all ranks the paths that rank 0 has found. */
static void share_paths(shared_output *out)
{
    struct {
        char path[PATH_MAX], temporary[PATH_MAX];
    } found;
    memcpy(found.path, out->path, sizeof found.path);
    memcpy(found.temporary, out->temporary, sizeof found.temporary);
    job_share(&found, sizeof found);
    memcpy(out->path, found.path, sizeof found.path);
    memcpy(out->temporary, found.temporary, sizeof found.temporary);
}

bool shared_output_open(shared_output *out, const job *j, const problem *p, const char *path,
                        bool resumes, uint64_t count, const char description[SHARED_DESCRIPTION])
{
    const slicing_axes axes = problem_axes(p);
    const bool first = j->rank == 0;
    *out = (shared_output){.name = path, .resumes = resumes, .count = count};
    out->target = (slice_target){.box = slicing_whole(&axes), .file = p->result};
    if (!job_agree(!first || (resolve(out) && name_temporary(out))) || !job_agree(measure(out, p)))
        return false;
    share_paths(out);
    if (first)
        sweep(out);
    if (!resumes)
        remove_on_signals(out->temporary);
    /* Every rank is ready to remove the file, which rank 0 creates now. */
    return job_agree(true) && job_agree(!first || create(out, description)) &&
           job_agree(first || open_file(out, 0, 0));
}

/* --------------------------------------------------------------------- records */

static bool is_record(uint64_t number, const record *found)
{
    return record_of(number, found->digest).check == found->check;
}

static bool read_records(const shared_output *out, uint64_t number, uint64_t count, record *found)
{
    return move_all(descriptor_of_file(out), false, found, count * sizeof *found,
                    offset_of(out, number));
}

bool shared_output_recorded(const shared_output *out, uint64_t number, uint64_t *digest)
{
    record found;
    if (!read_records(out, number, 1, &found) || !is_record(number, &found))
        return false;
    *digest = found.digest;
    return true;
}

bool shared_output_record(const shared_output *out, uint64_t number, uint64_t digest)
{
    record made = record_of(number, digest);
    return move_all(descriptor_of_file(out), true, &made, sizeof made, offset_of(out, number)) ||
           fail(out, errno);
}

uint64_t shared_output_done(const shared_output *out)
{
    enum { AT_ONCE = 256 };
    record found[AT_ONCE];
    uint64_t done = 0;
    for (uint64_t begin = 0; begin < out->count; begin += AT_ONCE) {
        const uint64_t left = out->count - begin, count = left < AT_ONCE ? left : AT_ONCE;
        if (!read_records(out, begin, count, found))
            break;
        for (uint64_t i = 0; i < count; ++i)
            done += is_record(begin + i, &found[i]);
    }
    return done;
}

/* -------------------------------------------------------------------------- end */

/* A file system without fsync answers EINVAL. */
static bool settle(const shared_output *out)
{
    return fsync(descriptor_of_file(out)) == 0 || errno == EINVAL || fail(out, errno);
}

static bool publish(shared_output *out)
{
    FILE *const file = out->target.file.file;
    tensor_file header = out->target.file;
    if (!tensor_file_begin(&header, file, out->name))
        return false;
    if (ftruncate(fileno(file), (off_t)out->end) != 0)
        return fail(out, errno);
    return settle(out) && (rename(out->temporary, out->path) == 0 || fail(out, errno));
}

bool shared_output_commit(shared_output *out, const job *j)
{
    const bool done = job_agree(settle(out)) && job_agree(j->rank != 0 || publish(out));
    if (done)
        out->temporary[0] = abandoned[0] = '\0';
    return done;
}

void shared_output_discard(shared_output *out)
{
    if (out->target.file.file)
        fclose(out->target.file.file);
    if (out->temporary[0] != '\0' && !out->resumes)
        unlink(out->temporary);
    *out = (shared_output){.name = out->name};
}
