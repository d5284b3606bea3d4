/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs on file systems where every file has a name, and where it need not
 * have one; what the command's own tests cannot arrange.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool names_only;

int __real_openat(int directory, const char *name, int flags, ...);
int __wrap_openat(int directory, const char *name, int flags, ...);

int __wrap_openat(int directory, const char *name, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = va_arg(arguments, mode_t); /* src/file.c always passes one */
    va_end(arguments);
    if (names_only && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return __real_openat(directory, name, flags, mode);
}

static char place[32];

static int enter(void **state)
{
    (void)state;
    names_only = false;
    strcpy(place, "/tmp/cllrn-output-XXXXXX");
    return mkdtemp(place) && chdir(place) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", place);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static int count_files(void)
{
    int count = -1;
    FILE *const list = popen("find . -type f | wc -l", "r");
    assert_non_null(list);
    assert_int_equal(fscanf(list, "%d", &count), 1);
    pclose(list);
    return count;
}

static void put(const char *path, const char *text, mode_t mode)
{
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void assert_holds(const char *path, const char *expected, mode_t mode)
{
    char text[64];
    struct stat status;
    FILE *const file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, mode);
}

static void write_output(const char *path, const char *text)
{
    output out;
    assert_true(output_open(&out, path));
    fputs(text, out.file);
    assert_true(output_commit(&out));
    assert_null(out.file);
    output_discard(&out);
}

static void output_commit__modes_SUCCESS(void **state)
{
    static const mode_t modes[] = {0600, 0644, 0666, 0200, 0755};
    (void)state;
    umask(026);
    for (int way = 0; way <= 1; ++way) {
        names_only = way == 1;
        write_output("new", "text");
        assert_holds("new", "text", 0640);
        unlink("new");
        for (size_t i = 0; i < sizeof modes / sizeof *modes; ++i) {
            put("old", "longer than the new one", modes[i]);
            write_output("old", "text");
            struct stat status;
            assert_int_equal(stat("old", &status), 0);
            assert_int_equal(status.st_mode & 07777, modes[i]);
            chmod("old", 0600);
            assert_holds("old", "text", 0600);
            unlink("old");
        }
        output out;
        put("old", "old", 0666);
        assert_true(output_open_mode(&out, "old", 0755));
        assert_true(output_commit(&out));
        assert_holds("old", "", 0644);
        unlink("old");
        assert_int_equal(count_files(), 0);
    }
    umask(022);
}

static void output_commit__links_SUCCESS(void **state)
{
    (void)state;
    umask(022);
    for (int way = 0; way <= 1; ++way) {
        names_only = way == 1;
        assert_int_equal(mkdir("below", 0700), 0);
        assert_int_equal(symlink("below/second", "first"), 0);
        assert_int_equal(symlink("../target", "below/second"), 0);
        write_output("first", "made");
        assert_holds("target", "made", 0644);
        chmod("target", 0600);
        write_output("below/second", "again");
        assert_holds("first", "again", 0600);
        assert_int_equal(count_files(), 1);
        assert_int_equal(system("rm -r first target below"), 0);
    }
}

/* An output of another process, which is killed then, or goes on until it is told. */
static pid_t begin_elsewhere(const char *path, bool killed, int *stop)
{
    int told[2], stopped[2];
    char byte = 0;
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(stopped), 0);
    const pid_t child = fork();
    if (child == 0) {
        output out;
        close(stopped[1]);
        const bool begun = output_open(&out, path) && fputs("part", out.file) >= 0 &&
                           fflush(out.file) == 0 && write(told[1], "x", 1) == 1;
        if (killed)
            raise(SIGKILL);
        _exit(begun && read(stopped[0], &byte, 1) == 0 && output_commit(&out) ? 0 : 1);
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

static void output_open__others_were_killed_SUCCESS(void **state)
{
    int none, stop, ended = -1;
    output out;
    (void)state;
    umask(022);
    begin_elsewhere("file", true, &none);
    close(none);
    assert_int_equal(count_files(), 0); /* a file without a name: nothing is left */
    names_only = true;
    begin_elsewhere("file", true, &none);
    close(none);
    assert_int_equal(count_files(), 1);
    const pid_t other = begin_elsewhere("other", false, &stop);
    assert_int_equal(count_files(), 1); /* it removed what the killed one left, and has its own */

    assert_true(output_open(&out, "file"));

    assert_int_equal(count_files(), 2);
    output_discard(&out);
    assert_int_equal(count_files(), 1);
    close(stop);
    assert_int_equal(waitpid(other, &ended, 0), other);
    assert_int_equal(ended, 0);
    assert_holds("other", "part", 0644);
    assert_int_equal(count_files(), 1);
}

/* Two that read, add and write: nothing is lost, whoever comes first. */
static void output_lock__each_waits_SUCCESS(void **state)
{
    enum { PROCESSES = 8 };
    (void)state;
    umask(022);
    put("count", "0", 0644);
    for (int i = 0; i < PROCESSES; ++i) {
        if (fork() != 0)
            continue;
        int number = -1;
        output out;
        bool done = output_open(&out, "count") && output_lock(&out);
        FILE *const old = fopen("count", "r");
        done = done && old && fscanf(old, "%d", &number) == 1;
        usleep(20000);
        done = done && fprintf(out.file, "%d", number + 1) > 0 && output_commit(&out);
        _exit(done ? 0 : 1);
    }
    for (int i = 0; i < PROCESSES; ++i) {
        int ended = -1;
        assert_true(wait(&ended) > 0);
        assert_int_equal(ended, 0);
    }
    assert_holds("count", "8", 0644);
    assert_int_equal(count_files(), 1);
}

/* What failed once is missing, though what comes later is written. */
static void output_commit__an_earlier_write_failed(void **state)
{
    output out;
    const struct rlimit none = {0, RLIM_INFINITY};
    struct rlimit before;
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    put("file", "old", 0644);
    assert_true(output_open(&out, "file"));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    fputs("first", out.file);
    assert_int_equal(fflush(out.file), EOF);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    fputs("second", out.file);
    assert_false(output_commit(&out));
    assert_null(out.file);
    assert_holds("file", "old", 0644);
    assert_int_equal(count_files(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(output_commit__modes_SUCCESS, enter, leave),
        cmocka_unit_test_setup_teardown(output_commit__links_SUCCESS, enter, leave),
        cmocka_unit_test_setup_teardown(output_open__others_were_killed_SUCCESS, enter, leave),
        cmocka_unit_test_setup_teardown(output_lock__each_waits_SUCCESS, enter, leave),
        cmocka_unit_test_setup_teardown(output_commit__an_earlier_write_failed, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
