/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"

enum { LARGE = 300000 }; /* more than any piece that is read or written at once */

/* A directory of the test's own, and its descriptor. */
typedef struct place {
    char path[64];
    int fd;
} place;

static place place_open(void)
{
    place p;
    directory_make(p.path);
    p.fd = open(p.path, O_RDONLY | O_DIRECTORY);
    assert_true(p.fd >= 0);
    return p;
}

static void place_close(const place *p)
{
    close(p->fd);
    directory_remove(p->path);
}

static size_t files_in(const place *p, const char *suffix)
{
    char found[320];
    return directory_list(p->path, suffix, found);
}

static void put(const place *p, const char *name, const char *text)
{
    const int fd = openat(p->fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void assert_holds(const place *p, const char *name, const void *data, size_t size)
{
    lrn_file_content content = {0};
    assert_int_equal(lrn_file_read(p->fd, name, O_NOFOLLOW, LARGE, &content), 0);
    assert_int_equal(content.size, size);
    assert_memory_equal(content.data, data, size);
    free(content.data);
}

static unsigned char *make_large(void)
{
    uint64_t seed = 1;
    unsigned char *data = malloc(LARGE);
    assert_non_null(data);
    for (size_t i = 0; i < LARGE; ++i)
        data[i] = (unsigned char)random_next(&seed);
    return data;
}

/* Both ways a file can be written: without a name until it is complete, and with a temporary one.
 */
static int (*const ways[])(int directory, const char *name, int flags) = {NULL, disk_names_only};
enum { WAYS = sizeof ways / sizeof *ways };

/* ----------------------------------------------------------------------- opening */

static void disk_open__not_for_other_programs_SUCCESS(void **state)
{
    const place p = place_open();
    (void)state;
    put(&p, "file", "text");
    const int fd = lrn_file_open(p.fd, "file", O_RDONLY, 0);
    assert_true(fd > 2);
    assert_int_equal(fcntl(fd, F_GETFD, 0), FD_CLOEXEC);
    close(fd);
    place_close(&p);
}

/* What a driver prints to a closed stream would end up in a file that has its number. */
static void disk_open__standard_streams_closed_SUCCESS(void **state)
{
    const place p = place_open();
    (void)state;
    put(&p, "file", "text");
    for (int stream = 0; stream <= 2; ++stream) {
        const int kept = fcntl(stream, F_DUPFD_CLOEXEC, 10);
        close(stream);

        const int fd = lrn_file_open(p.fd, "file", O_RDONLY, 0);

        const int flags = fcntl(fd, F_GETFD, 0), reused = fcntl(stream, F_GETFD, 0);
        dup2(kept, stream);
        close(kept);
        assert_true(fd > 2);
        assert_int_equal(flags, FD_CLOEXEC);
        assert_int_equal(reused, -1);
        close(fd);
    }
    place_close(&p);
}

static void disk_open__no_descriptor_above_EMFILE(void **state)
{
    const place p = place_open();
    (void)state;
    put(&p, "file", "text");
    const int kept = fcntl(0, F_DUPFD_CLOEXEC, 10);
    close(0);
    disk_fail_in("fcntl", 1, EMFILE, false);

    const int fd = lrn_file_open(p.fd, "file", O_RDONLY, 0), code = errno;

    disk_fail(0, 0, false);
    const int reused = fcntl(0, F_GETFD, 0);
    dup2(kept, 0);
    close(kept);
    assert_int_equal(fd, -1);
    assert_int_equal(code, EMFILE);
    assert_int_equal(reused, -1);
    place_close(&p);
}

/* ----------------------------------------------------------------------- reading */

static void disk_read__in_pieces_SUCCESS(void **state)
{
    const place p = place_open();
    unsigned char *data = make_large();
    lrn_file_content content = {0};
    (void)state;
    assert_int_equal(lrn_file_write(p.fd, "file", data, LARGE), 0);
    assert_int_equal(fchmodat(p.fd, "file", 0640, 0), 0);
    disk_fail_in("read", 2, EINTR, false);

    assert_int_equal(lrn_file_read(p.fd, "file", 0, LARGE, &content), 0);

    assert_int_equal(content.size, LARGE);
    assert_memory_equal(content.data, data, LARGE);
    assert_int_equal(content.data[LARGE], 0);
    assert_int_equal(content.owner, geteuid());
    assert_int_equal(content.mode, 0640);
    free(content.data);
    free(data);
    place_close(&p);
}

/* What is no regular file of a bounded size is refused, and nothing is waited for. */
static void disk_read__others_EINVAL(void **state)
{
    const place p = place_open();
    char path[80];
    lrn_file_content content = {UNTOUCHED, 7, 7, 7};
    (void)state;
    snprintf(path, sizeof path, "%s/fifo", p.path);
    assert_int_equal(mkfifo(path, 0600), 0);
    put(&p, "file", "four");
    assert_int_equal(symlinkat("file", p.fd, "link"), 0);
    alarm(20); /* a FIFO that is waited for ends the test */

    assert_int_equal(lrn_file_read(p.fd, "fifo", 0, LARGE, &content), EINVAL);
    assert_int_equal(lrn_file_read(AT_FDCWD, "/dev/zero", 0, LARGE, &content), EINVAL);
    assert_int_equal(lrn_file_read(AT_FDCWD, "/dev/null", 0, LARGE, &content), EINVAL);
    assert_int_equal(lrn_file_read(AT_FDCWD, p.path, 0, LARGE, &content), EISDIR);
    assert_int_equal(lrn_file_read(p.fd, "file", 0, 3, &content), EFBIG);
    assert_int_equal(lrn_file_read(p.fd, "nothing", 0, LARGE, &content), ENOENT);
    assert_int_equal(lrn_file_read(p.fd, "link", O_NOFOLLOW, LARGE, &content), ELOOP);

    alarm(0);
    assert_ptr_equal(content.data, UNTOUCHED);
    assert_int_equal(content.size, 7);
    assert_int_equal(lrn_file_read(p.fd, "link", 0, 4, &content), 0);
    free(content.data);
    place_close(&p);
}

static const place *shrinking;

static void shrink(const char *function)
{
    if (strcmp(function, "read") != 0)
        return;
    disk_before = NULL;
    put(shrinking, "file", "t");
}

static void disk_read__shrinks_EIO(void **state)
{
    const place p = place_open();
    lrn_file_content content = {UNTOUCHED, 7, 7, 7};
    (void)state;
    put(&p, "file", "text");
    shrinking = &p;
    disk_before = shrink;
    assert_int_equal(lrn_file_read(p.fd, "file", 0, LARGE, &content), EIO);
    assert_null(disk_before);
    assert_ptr_equal(content.data, UNTOUCHED);
    place_close(&p);
}

static void disk_read__every_failure_EIO(void **state)
{
    const place p = place_open();
    (void)state;
    put(&p, "file", "text");
    for (size_t n = 1;; ++n) {
        lrn_file_content content = {UNTOUCHED, 7, 7, 7};
        disk_fail(n, EIO, false);
        const int code = lrn_file_read(p.fd, "file", 0, LARGE, &content);
        const bool done = disk_calls() < n;
        disk_fail(0, 0, false);
        if (code == 0) { /* only its close failed, or nothing did */
            assert_string_equal(content.data, "text");
            free(content.data);
        } else {
            assert_int_equal(code, EIO);
            assert_ptr_equal(content.data, UNTOUCHED);
        }
        if (done) {
            assert_true(n > 3);
            break;
        }
    }
    place_close(&p);
}

static void disk_is_trusted__owner_and_mode(void **state)
{
    const uid_t me = geteuid(), other = me + 1;
    (void)state;
    const struct {
        uid_t owner;
        mode_t mode;
        bool private, trusted;
    } rows[] = {
        {me, 0600, true, true},   {me, 0755, true, true},   {me, 0620, false, false},
        {me, 0602, false, false}, {me, 0777, false, false}, {other, 0600, false, false},
        {0, 0644, me == 0, true}, {0, 0664, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        assert_int_equal(lrn_file_is_private(rows[i].owner, rows[i].mode), rows[i].private);
        assert_int_equal(lrn_file_is_trusted(rows[i].owner, rows[i].mode), rows[i].trusted);
    }
    if (me == 0) { /* what is root's is trusted by others, and is not theirs alone */
        assert_int_equal(seteuid(12345), 0);
        const bool private = lrn_file_is_private(0, 0644), trusted = lrn_file_is_trusted(0, 0644);
        assert_int_equal(seteuid(0), 0);
        assert_false(private);
        assert_true(trusted);
    }
}

/* ----------------------------------------------------------------------- writing */

static void disk_write__appears_and_replaces_SUCCESS(void **state)
{
    unsigned char *data = make_large();
    (void)state;
    for (size_t way = 0; way < WAYS; ++way) {
        const place p = place_open();
        struct stat status;
        disk_before_open = ways[way];

        assert_int_equal(lrn_file_write(p.fd, "file", data, LARGE), 0);

        assert_holds(&p, "file", data, LARGE);
        assert_int_equal(fstatat(p.fd, "file", &status, 0), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        assert_int_equal(status.st_nlink, 1);
        assert_int_equal(lrn_file_write(p.fd, "file", "new", 3), 0);
        assert_holds(&p, "file", "new", 3);
        assert_int_equal(files_in(&p, ""), 1);
        place_close(&p);
    }
    disk_before_open = NULL;
    free(data);
}

/* It has its mode from the beginning: nobody else can open it meanwhile. */
static void disk_create__not_there_before_its_commit_SUCCESS(void **state)
{
    (void)state;
    for (size_t way = 0; way < WAYS; ++way) {
        const place p = place_open();
        struct stat status;
        lrn_file_output file;
        put(&p, "file", "old");
        disk_before_open = ways[way];

        assert_int_equal(lrn_file_create(&file, p.fd, 0640), 0);

        assert_true(file.fd > 2);
        assert_int_equal(fstat(file.fd, &status), 0);
        assert_int_equal(status.st_mode & 0777 & ~0640u, 0);
        assert_int_equal(write(file.fd, "new", 3), 3);
        assert_holds(&p, "file", "old", 3);
        assert_int_equal(files_in(&p, ".tmp"), *file.temporary != '\0');
        assert_int_equal(*file.temporary != '\0' || ways[way] == NULL, true);
        lrn_file_discard(&file);
        assert_int_equal(files_in(&p, ""), 1);
        assert_int_equal(file.fd, 0);
        lrn_file_discard(&file);
        place_close(&p);
    }
    disk_before_open = NULL;
}

static void disk_write__interrupted_SUCCESS(void **state)
{
    unsigned char *data = make_large();
    static const char *const functions[] = {"write", "fsync"};
    (void)state;
    for (size_t i = 0; i < 2; ++i) {
        const place p = place_open();
        disk_fail_in(functions[i], 1, EINTR, false);
        assert_int_equal(lrn_file_write(p.fd, "file", data, LARGE), 0);
        assert_true(disk_calls() > 1);
        disk_fail(0, 0, false);
        assert_holds(&p, "file", data, LARGE);
        place_close(&p);
    }
    free(data);
}

/* A file system that cannot sync is none of the user's faults; one that fails to is an error. */
static void disk_write__fsync(void **state)
{
    const place p = place_open();
    (void)state;
    put(&p, "file", "old");
    disk_fail_in("fsync", 1, EINVAL, true);
    assert_int_equal(lrn_file_write(p.fd, "file", "new", 3), 0);
    assert_true(disk_calls() > 0);
    assert_holds(&p, "file", "new", 3);
    disk_fail_in("fsync", 1, EIO, true);
    assert_int_equal(lrn_file_write(p.fd, "file", "newer", 5), EIO);
    disk_fail(0, 0, false);
    assert_holds(&p, "file", "new", 3);
    place_close(&p);
}

/* A write of no bytes, again and again, is a full disk. */
static void disk_write__no_bytes_ENOSPC(void **state)
{
    const place p = place_open();
    (void)state;
    put(&p, "file", "old");
    disk_fail_in("write", 1, 0, true);
    assert_int_equal(lrn_file_write(p.fd, "file", "new", 3), ENOSPC);
    disk_fail(0, 0, false);
    assert_holds(&p, "file", "old", 3);
    assert_int_equal(files_in(&p, ""), 1);
    place_close(&p);
}

/* Network file systems tell at the close what went wrong in writing. */
static void disk_write__close_EIO(void **state)
{
    (void)state;
    for (size_t way = 0; way < WAYS; ++way) {
        const place p = place_open();
        put(&p, "file", "old");
        lrn_file_output file;
        disk_before_open = ways[way];
        assert_int_equal(lrn_file_create(&file, p.fd, 0600), 0);
        assert_int_equal(write(file.fd, "new", 3), 3);
        disk_fail_in("close", 1, EIO, false);
        assert_int_equal(lrn_file_commit(&file, "file"), EIO);
        disk_fail(0, 0, false);
        assert_int_equal(file.fd, 0);
        assert_holds(&p, "file", "old", 3);
        assert_int_equal(files_in(&p, ""), 1);
        place_close(&p);
    }
    disk_before_open = NULL;
}

/* Whatever fails: the old file or the new one, whole, and nothing else. */
static void disk_write__every_failure(void **state)
{
    (void)state;
    for (size_t way = 0; way < WAYS; ++way)
        for (int lasting = 0; lasting <= 1; ++lasting)
            for (size_t n = 1;; ++n) {
                const place p = place_open();
                put(&p, "file", "old");
                disk_before_open = ways[way];
                disk_fail(n, ENOSPC, lasting);
                const int code = lrn_file_write(p.fd, "file", "new", 3);
                const bool done = disk_calls() < n;
                disk_fail(0, 0, false);
                disk_before_open = NULL;
                assert_true(code == 0 || code == ENOSPC);
                assert_holds(&p, "file", code == 0 ? "new" : "old", 3);
                assert_int_equal(files_in(&p, ""), 1);
                place_close(&p);
                if (done) {
                    assert_true(n > 5);
                    break;
                }
            }
}

/* As on Android, whose applications may not link. */
static void disk_write__links_forbidden_SUCCESS(void **state)
{
    const place p = place_open();
    unsigned char *data = make_large();
    struct stat status;
    (void)state;
    lrn_file_output file;
    assert_int_equal(lrn_file_create(&file, p.fd, 0600), 0);
    assert_int_equal(fchmod(file.fd, 0646), 0);
    for (size_t at = 0; at < LARGE;)
        at += (size_t)write(file.fd, data + at, LARGE - at);
    disk_fail_in("linkat", 1, EACCES, true);

    assert_int_equal(lrn_file_commit(&file, "file"), 0);

    disk_fail(0, 0, false);
    assert_holds(&p, "file", data, LARGE);
    assert_int_equal(fstatat(p.fd, "file", &status, 0), 0);
    assert_int_equal(status.st_mode & 07777, 0646);
    assert_int_equal(files_in(&p, ""), 1);
    /* The copy may fail as well. */
    disk_fail_in("linkat fsync", 2, EIO, true);
    assert_int_equal(lrn_file_write(p.fd, "file", "new", 3), EIO);
    disk_fail(0, 0, false);
    assert_holds(&p, "file", data, LARGE);
    assert_int_equal(files_in(&p, ""), 1);
    free(data);
    place_close(&p);
}

/* What has no name gets one by way of /proc. */
static void disk_write__no_proc_SUCCESS(void **state)
{
    const place p = place_open();
    lrn_file_output file;
    (void)state;
    disk_fail_in("access", 1, ENOENT, true);
    assert_int_equal(lrn_file_create(&file, p.fd, 0600), 0);
    disk_fail(0, 0, false);
    assert_true(lrn_file_is_temporary(file.temporary));
    assert_int_equal(lrn_file_commit(&file, "file"), 0);
    assert_holds(&p, "file", "", 0);
    place_close(&p);
}

/* A file that is there already, whoever's it is, is not written to. */
static char taken[32];

static int take_first_names(int directory, const char *name, int flags)
{
    if ((flags & O_CREAT) == 0 || *taken != '\0')
        return disk_names_only(directory, name, flags);
    snprintf(taken, sizeof taken, "%s", name);
    return symlinkat("victim", directory, name) == 0 ? 0 : errno;
}

static void disk_write__name_is_taken_SUCCESS(void **state)
{
    const place p = place_open();
    (void)state;
    put(&p, "victim", "old");
    *taken = '\0';
    disk_before_open = take_first_names;

    assert_int_equal(lrn_file_write(p.fd, "file", "new", 3), 0);

    disk_before_open = NULL;
    assert_true(*taken != '\0');
    assert_holds(&p, "file", "new", 3);
    assert_holds(&p, "victim", "old", 3);
    place_close(&p);
}

/* ---------------------------------------------------------------------- sweeping */

/* Writes a part in another process, which is then killed, or stays until *stop is closed. */
static pid_t begin_elsewhere(const place *p, bool killed, int *stop)
{
    int told[2], stopped[2];
    char byte = 0;
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(stopped), 0);
    const pid_t child = fork();
    if (child == 0) {
        lrn_file_output file;
        close(stopped[1]);
        disk_before_open = disk_names_only;
        if (lrn_file_create(&file, p->fd, 0600) != 0 || write(file.fd, "part", 4) != 4 ||
            write(told[1], "x", 1) != 1)
            _exit(1);
        if (killed)
            raise(SIGKILL);
        _exit(read(stopped[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(told[1]);
    close(stopped[0]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    close(told[0]);
    *stop = stopped[1];
    if (killed)
        assert_int_equal(waitpid(child, NULL, 0), child);
    return child;
}

static void disk_sweep__knows_its_own_SUCCESS(void **state)
{
    const place p = place_open();
    int none, stop;
    char path[128];
    (void)state;
    put(&p, "victim", "old");
    assert_int_equal(symlinkat("victim", p.fd, ".cllrn-0000000000000001.tmp"), 0);
    snprintf(path, sizeof path, "%s/.cllrn-0000000000000002.tmp", p.path);
    assert_int_equal(mkfifo(path, 0600), 0);
    const int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    put(&p, ".cllrn-ghijklmnopqrstuv.tmp", "");
    put(&p, ".cllrn-0000000000000003.tmp.txt", "");
    put(&p, "x.cllrn-0000000000000003.tmp", "");
    begin_elsewhere(&p, true, &none);
    close(none);
    const pid_t writer = begin_elsewhere(&p, false, &stop);
    assert_int_equal(files_in(&p, ""), 6);
    alarm(20);

    lrn_file_sweep(p.fd);

    alarm(0);
    assert_int_equal(files_in(&p, ""), 5); /* what was killed is gone */
    assert_holds(&p, "victim", "old", 3);
    assert_holds(&p, ".cllrn-ghijklmnopqrstuv.tmp", "", 0);
    assert_int_equal(faccessat(p.fd, ".cllrn-0000000000000001.tmp", F_OK, AT_SYMLINK_NOFOLLOW), 0);
    assert_holds(&p, ".cllrn-0000000000000003.tmp.txt", "", 0);
    assert_holds(&p, "x.cllrn-0000000000000003.tmp", "", 0);
    assert_int_equal(faccessat(p.fd, ".cllrn-0000000000000002.tmp", F_OK, 0), 0);
    close(stop);
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    lrn_file_sweep(p.fd);
    assert_int_equal(files_in(&p, ""), 4);
    if (geteuid() == 0) { /* who alone can make files of others */
        put(&p, ".cllrn-0000000000000004.tmp", "theirs");
        assert_int_equal(fchownat(p.fd, ".cllrn-0000000000000004.tmp", 12345, 12345, 0), 0);
        lrn_file_sweep(p.fd);
        assert_int_equal(files_in(&p, ""), 5);
    }
    close(reader);
    place_close(&p);
}

/* However many were killed, and whatever their process ids: the next one is written. */
static void disk_write__hundreds_left_SUCCESS(void **state)
{
    const place p = place_open();
    char name[32];
    (void)state;
    for (int i = 0; i < 300; ++i) {
        snprintf(name, sizeof name, ".cllrn-%d-%d.tmp", (int)getpid(), i);
        put(&p, name, "left");
        snprintf(name, sizeof name, ".cllrn-%016x.tmp", i);
        put(&p, name, "left");
    }
    for (size_t way = 0; way < WAYS; ++way) {
        disk_before_open = ways[way];
        assert_int_equal(lrn_file_write(p.fd, "file", "new", 3), 0);
        assert_int_equal(lrn_file_write(p.fd, "file", "new", 3), 0);
    }
    disk_before_open = NULL;
    assert_int_equal(files_in(&p, ""), 601);
    place_close(&p);
}

/* Between the creation of a file and its lock a sweeper takes it for abandoned. */
static const place *swept;

static void remove_before_lock(const char *function)
{
    char found[320];
    if (strcmp(function, "flock") != 0)
        return;
    disk_before = NULL;
    assert_int_equal(directory_list(swept->path, ".tmp", found), 1);
    assert_int_equal(unlink(found), 0);
}

static void disk_write__others_sweep_meanwhile_SUCCESS(void **state)
{
    (void)state;
    for (int removed = 0; removed <= 1; ++removed) {
        const place p = place_open();
        disk_before_open = disk_names_only;
        if (removed) {
            swept = &p;
            disk_before = remove_before_lock;
        } else { /* it has the lock, and is about to remove the file */
            disk_fail_in("flock", 1, EWOULDBLOCK, false);
        }
        assert_int_equal(lrn_file_write(p.fd, "file", "new", 3), 0);
        disk_fail(0, 0, false);
        assert_null(disk_before);
        assert_holds(&p, "file", "new", 3);
        assert_int_equal(files_in(&p, ".tmp"), removed ? 0 : 1);
        place_close(&p);
    }
    disk_before_open = NULL;
}

/* While it has a temporary name, which is short, to replace another file. */
static void sweep_before_rename(const char *function)
{
    if (strcmp(function, "renameat") != 0)
        return;
    disk_before = NULL;
    assert_int_equal(files_in(swept, ".tmp"), 1);
    lrn_file_sweep(swept->fd);
}

static void disk_commit__others_sweep_meanwhile_SUCCESS(void **state)
{
    (void)state;
    for (size_t way = 0; way < WAYS; ++way) {
        const place p = place_open();
        struct stat written, found;
        lrn_file_output file;
        put(&p, "file", "old");
        disk_before_open = ways[way];
        assert_int_equal(lrn_file_create(&file, p.fd, 0600), 0);
        assert_int_equal(write(file.fd, "new", 3), 3);
        assert_int_equal(fstat(file.fd, &written), 0);
        swept = &p;
        disk_before = sweep_before_rename;
        assert_int_equal(lrn_file_commit(&file, "file"), 0);
        assert_null(disk_before);
        assert_holds(&p, "file", "new", 3);
        assert_int_equal(fstatat(p.fd, "file", &found, 0), 0);
        assert_true(found.st_ino == written.st_ino); /* no copy of it */
        place_close(&p);
    }
    disk_before_open = NULL;
}

/* There nothing is swept, and everything is written. */
static void disk_write__no_locks_SUCCESS(void **state)
{
    const place p = place_open();
    (void)state;
    put(&p, ".cllrn-0000000000000001.tmp", "left");
    disk_before_open = disk_names_only;
    disk_fail_in("flock", 1, ENOLCK, true);
    assert_int_equal(lrn_file_write(p.fd, "file", "new", 3), 0);
    lrn_file_sweep(p.fd);
    disk_fail(0, 0, false);
    disk_before_open = NULL;
    assert_int_equal(files_in(&p, ""), 2);
    place_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(disk_open__not_for_other_programs_SUCCESS),
        TEST(disk_open__standard_streams_closed_SUCCESS),
        TEST(disk_open__no_descriptor_above_EMFILE),
        TEST(disk_read__in_pieces_SUCCESS),
        TEST(disk_read__others_EINVAL),
        TEST(disk_read__shrinks_EIO),
        TEST(disk_read__every_failure_EIO),
        TEST(disk_is_trusted__owner_and_mode),
        TEST(disk_write__appears_and_replaces_SUCCESS),
        TEST(disk_create__not_there_before_its_commit_SUCCESS),
        TEST(disk_write__interrupted_SUCCESS),
        TEST(disk_write__fsync),
        TEST(disk_write__no_bytes_ENOSPC),
        TEST(disk_write__close_EIO),
        TEST(disk_write__every_failure),
        TEST(disk_write__links_forbidden_SUCCESS),
        TEST(disk_write__no_proc_SUCCESS),
        TEST(disk_write__name_is_taken_SUCCESS),
        TEST(disk_sweep__knows_its_own_SUCCESS),
        TEST(disk_write__hundreds_left_SUCCESS),
        TEST(disk_write__others_sweep_meanwhile_SUCCESS),
        TEST(disk_write__no_locks_SUCCESS),
        TEST(disk_commit__others_sweep_meanwhile_SUCCESS),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
