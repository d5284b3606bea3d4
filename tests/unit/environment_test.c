/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The code for systems that tell nothing but the ids, with ids of the test's. */
static unsigned ids[4];
#define getuid() (ids[0])
#define geteuid() (ids[1])
#define getgid() (ids[2])
#define getegid() (ids[3])
#define LRN_COMPARE_IDS
#define lrn_environment environment_by_ids
#include "environment.c"
#undef lrn_environment
#undef getuid
#undef geteuid
#undef getgid
#undef getegid

/* The library's own, of this system. */
const char *lrn_environment(const char *option, const char *name);

static const char variable[] = "CLLRN_TEST_VARIABLE";

/* What this program says of itself when it is run with "show". */
enum { SHOWN = 0, HIDDEN = 3, NOT_SET_USER_ID = 4, NOT_RUN = 5 };

static int show(void)
{
    if (getuid() == geteuid())
        return NOT_SET_USER_ID;
    return lrn_environment(NULL, variable) == NULL ? HIDDEN : SHOWN;
}

static void environment__values_SUCCESS(void **state)
{
    (void)state;
    unsetenv(variable);
    assert_null(lrn_environment(NULL, variable));
    setenv(variable, "", 1);
    assert_null(lrn_environment(NULL, variable));
    setenv(variable, "value", 1);
    assert_string_equal(lrn_environment(NULL, variable), "value");

    assert_string_equal(lrn_environment("option", variable), "option");
    assert_string_equal(lrn_environment("", variable), "value");
    assert_string_equal(lrn_environment(NULL, variable), "value");
}

static void environment__other_ids_on_unknown_systems_SUCCESS(void **state)
{
    (void)state;
    setenv(variable, "value", 1);
    for (int different = 0; different <= 4; ++different) {
        for (int i = 0; i < 4; ++i)
            ids[i] = i == different ? 7 : 5;
        const char *value = environment_by_ids(NULL, variable);
        if (different < 4)
            assert_null(value);
        else
            assert_string_equal(value, "value");
    }
}

static const char *program;

/* Copies this program's file. */
static bool copy_self(const char *path)
{
    char block[65536];
    size_t got;
    FILE *from = fopen(program, "rb"), *to = fopen(path, "wb");
    bool good = from != NULL && to != NULL;
    while (good && (got = fread(block, 1, sizeof block, from)) > 0)
        good = fwrite(block, 1, got, to) == got;
    if (from != NULL)
        fclose(from);
    return to != NULL && fclose(to) == 0 && good;
}

/* As root: a copy that has one user's rights, run by another user. */
static void environment__set_user_id_program_SUCCESS(void **state)
{
    enum { OWNER = 65533, CALLER = 65534 };
    char directory[64], path[80];
    (void)state;
    if (geteuid() != 0) {
        print_message("not root: no file of another user can be made\n");
        skip();
    }
    directory_make(directory);
    snprintf(path, sizeof path, "%s/program", directory);
    assert_true(copy_self(path));
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(chown(path, OWNER, OWNER), 0);
    assert_int_equal(chmod(path, 04755), 0);
    setenv(variable, "value", 1);

    const pid_t child = fork();
    if (child == 0) {
        if (setgid(CALLER) == 0 && setuid(CALLER) == 0)
            execl(path, path, "show", (char *)NULL);
        _exit(NOT_RUN);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    directory_remove(directory);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_SET_USER_ID || WEXITSTATUS(status) == NOT_RUN) {
        print_message("no set-user-id program runs here: an emulator, or the file system's mode\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), HIDDEN);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(environment__values_SUCCESS),
        TEST(environment__other_ids_on_unknown_systems_SUCCESS),
        TEST(environment__set_user_id_program_SUCCESS),
    };
    program = argv[0];
    if (argc > 1 && strcmp(argv[1], "show") == 0)
        _exit(show()); /* leaks cannot be looked for in such a process */
    return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
