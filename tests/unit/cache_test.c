/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"

static const lrn_program_key ordinary = {
    .variant = lrn_variants_any, .storage = LRN_F32, .width = 1, .taps = 5, .power = LRN_POWER_3_4};

static const char suffix[] = ".program";

/* The linker's --wrap puts it in place of the real one: what the library calls itself. */
const char *__wrap_cllrn_version(void);
static const char *library_version = CLLRN_VERSION_STRING;

const char *__wrap_cllrn_version(void)
{
    return library_version;
}

/* A world whose engine has a cache in a directory that is not there yet. */
typedef struct cached {
    world w;
    char top[64], directory[80];
} cached;

static void cached_world(cached *c)
{
    c->w = world_handles();
    c->w.options.cache = CLLRN_CACHE_ON;
    c->w.options.cache_dir = c->directory;
}

static void cached_open(cached *c)
{
    directory_make(c->top);
    snprintf(c->directory, sizeof c->directory, "%s/a/b", c->top);
    cached_world(c);
    world_engine(&c->w);
}

/* The next start of the program. */
static void cached_restart(cached *c)
{
    world_close(&c->w);
    cached_world(c);
    world_engine(&c->w);
}

static void cached_close(cached *c)
{
    world_close(&c->w);
    directory_remove(c->top);
}

/* Gets a program, which has to be right wherever it comes from. */
static int32_t origin_of(const cached *c, const lrn_program_key *key)
{
    lrn_program *program = NULL;
    lrn_program copy = {.key = *key};
    cllrn_error error = error_blank();
    assert_succeeded(lrn_programs_get(&c->w.engine->programs, key, &program, &error), &error);
    lrn_program_options(key, true, copy.options);
    size_t last = 0;
    while (fake_build_options(last + 1) != NULL)
        ++last;
    assert_string_equal(fake_build_options(last), copy.options);
    assert_string_equal(program->kernel, "forward_column");
    return program->origin;
}

static size_t entries(const cached *c, char found[320])
{
    return directory_list(c->directory, suffix, found);
}

static void cache__second_start_hits_SUCCESS(void **state)
{
    char found[320];
    struct stat status;
    cached c;
    (void)state;
    cached_open(&c);
    assert_int_equal(stat(c.directory, &status), -1); /* nothing was to be kept yet */

    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);

    assert_int_equal(entries(&c, found), 1);
    assert_int_equal(stat(c.directory, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(stat(found, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    cached_restart(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_CACHED);
    assert_int_equal(fake_calls("clCreateProgramWithSource"), 1);
    cached_close(&c);
}

static void cache__everything_in_the_key_counts_SUCCESS(void **state)
{
    char found[320];
    cached c;
    (void)state;
    cached_open(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    for (int field = 0; field < 6; ++field) {
        world_close(&c.w);
        fake_verify();
        fake_reset(); /* the platform's texts are those of the first device */
        cached_world(&c);
        fake_device_settings *s = fake_settings(c.w.device);
        const char **const texts[] = {&s->name,    &s->driver,   &s->vendor,
                                      &s->version, &s->platform, &s->platform_version};
        *texts[field] = "another";
        world_engine(&c.w);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    }
    world_close(&c.w);
    cached_world(&c);
    fake_settings(c.w.device)->address_bits = 32;
    world_engine(&c.w);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    lrn_program_key other = ordinary;
    other.taps = 7;
    cached_restart(&c);
    assert_int_equal(origin_of(&c, &other), CLLRN_ORIGIN_COMPILED);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_CACHED);
    assert_int_equal(entries(&c, found), 9);
    cached_close(&c);
}

/* Texts of any length are part of the key, to their ends. */
static void cache__long_texts_SUCCESS(void **state)
{
    static char text[6000];
    char found[320];
    cached c;
    (void)state;
    memset(text, 'x', sizeof text - 1);
    cached_open(&c);
    for (int round = 0; round < 4; ++round) {
        world_close(&c.w);
        cached_world(&c);
        fake_device_settings *s = fake_settings(c.w.device);
        text[sizeof text - 2] = round % 2 == 0 ? 'y' : 'z';
        s->name = s->version = text;
        world_engine(&c.w);
        assert_int_equal(origin_of(&c, &ordinary),
                         round < 2 ? CLLRN_ORIGIN_COMPILED : CLLRN_ORIGIN_CACHED);
    }
    assert_int_equal(entries(&c, found), 2);
    cached_close(&c);
}

/* Programs of another library, or of other kernels, are kept beside this one's. */
static void cache__of_other_libraries_and_kernels_SUCCESS(void **state)
{
    char found[320], path[128], command[400];
    cached c;
    (void)state;
    cached_open(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);

    library_version = "9.9.9";
    cached_restart(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    library_version = CLLRN_VERSION_STRING;
    assert_int_equal(entries(&c, found), 2);

    snprintf(path, sizeof path, "%s/cl", c.top);
    snprintf(command, sizeof command, "cp -r '%s' '%s' && echo '/* another */' >>'%s/column.cl'",
             KERNEL_DIR, path, path);
    assert_int_equal(system(command), 0);
    world_close(&c.w);
    cached_world(&c);
    c.w.options.kernel_dir = path;
    world_engine(&c.w);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    assert_int_equal(entries(&c, found), 3);

    cached_restart(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_CACHED);
    cached_close(&c);
}

/* In the place of an entry, whole and with every checksum right, but of something else. */
static void cache__entry_of_something_else_is_dropped_SUCCESS(void **state)
{
    enum { NAME = CLLRN_PACK_TEXTS, OPTIONS, KERNEL, TWO, NONE, WAYS };
    (void)state;
    for (int way = 0; way < WAYS; ++way) {
        char found[320];
        cached c;
        cllrn_pack *right = NULL, *wrong = NULL;
        const char *texts[CLLRN_PACK_TEXTS];
        cached_open(&c);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
        assert_int_equal(entries(&c, found), 1);
        assert_int_equal(lrn_pack_read(AT_FDCWD, found, 0, false, "pack", &right, NULL),
                         CLLRN_SUCCESS);
        lrn_pack_row rows[] = {right->rows[0], right->rows[0]};
        memcpy(texts, right->texts, sizeof texts);
        rows[1].name = "another";
        if (way < CLLRN_PACK_TEXTS)
            texts[way] = "another";
        else if (way == NAME)
            rows[0].name = "another";
        else if (way == OPTIONS)
            rows[0].options = "-DANOTHER";
        else if (way == KERNEL)
            rows[0].kernel = "forward_column";
        const size_t count = way == NONE ? 0 : way == TWO ? 2 : 1;
        assert_int_equal(lrn_pack_make(texts, rows, count, &wrong, NULL), CLLRN_SUCCESS);
        FILE *file = fopen(found, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(wrong->data, 1, wrong->size, file), wrong->size);
        assert_int_equal(fclose(file), 0);

        cached_restart(&c);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
        cached_restart(&c);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_CACHED);
        cllrn_pack_destroy(wrong);
        cllrn_pack_destroy(right);
        cached_close(&c);
    }
}

/* Drivers that compile when a kernel is made have no binary before. */
static void cache__driver_compiles_late_SUCCESS(void **state)
{
    cached c;
    (void)state;
    cached_open(&c);
    fake_settings(c.w.device)->late = true;
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    cached_restart(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_CACHED);
    cached_close(&c);
}

/* Where: option, then variable, then XDG, then home; never where others could look first. */
static void cache__directory_SUCCESS(void **state)
{
    char top[64], path[128];
    const struct {
        const char *option, *cllrn, *xdg, *home, *expected; /* below top */
    } rows[] = {
        {"option", "variable", "xdg", "home", "option"},
        {NULL, "variable", "xdg", "home", "variable"},
        {NULL, NULL, "xdg", "home", "xdg/cllrn"},
        {NULL, NULL, NULL, "home", "home/.cache/cllrn"},
        {NULL, NULL, NULL, NULL, NULL},
        {"", "variable 2", "xdg", "home", "variable 2"},
        {"", "", "xdg 2", "home", "xdg 2/cllrn"},
        {"", "", "", "", NULL},
    };
    (void)state;
    directory_make(top);
    snprintf(path, sizeof path, "%s/home", top);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        cached c = {.w = world_handles()};
        char option[128];
        const struct {
            const char *name, *value;
        } variables[] = {{"CLLRN_CACHE_DIR", rows[i].cllrn},
                         {"XDG_CACHE_HOME", rows[i].xdg},
                         {"HOME", rows[i].home}};
        for (int v = 0; v < 3; ++v) {
            snprintf(path, sizeof path, "%s/%s", top, variables[v].value);
            if (variables[v].value != NULL)
                setenv(variables[v].name, *variables[v].value != '\0' ? path : "", 1);
            else
                unsetenv(variables[v].name);
        }
        snprintf(option, sizeof option, "%s/%s", top, rows[i].option);
        if (rows[i].option != NULL && *rows[i].option == '\0')
            *option = '\0';
        c.w.options.cache = CLLRN_CACHE_ON;
        c.w.options.cache_dir = rows[i].option != NULL ? option : NULL;
        world_engine(&c.w);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
        if (rows[i].expected != NULL) {
            char found[320];
            snprintf(path, sizeof path, "%s/%s", top, rows[i].expected);
            assert_int_equal(directory_list(path, suffix, found), 1);
        } else {
            assert_false(lrn_cache_is_on(&c.w.engine->programs.cache));
        }
        world_close(&c.w);
    }
    /* Relative ones are none. */
    setenv("XDG_CACHE_HOME", "relative", 1);
    setenv("HOME", "relative", 1);
    world w = world_handles();
    w.options.cache = CLLRN_CACHE_ON;
    world_engine(&w);
    assert_false(lrn_cache_is_on(&w.engine->programs.cache));
    world_close(&w);
    unsetenv("CLLRN_CACHE_DIR");
    unsetenv("XDG_CACHE_HOME");
    directory_remove(top);
}

static void count_warnings(void *user, int32_t level, const char *message)
{
    (void)message;
    *(int *)user += level == CLLRN_LOG_WARNING;
}

static void cache__where_it_is_wanted_SUCCESS(void **state)
{
    const struct {
        int32_t option;
        const char *variable;
        bool expected;
        int warnings;
    } rows[] = {
        {CLLRN_CACHE_AUTO, NULL, true, 0},     {CLLRN_CACHE_AUTO, "off", false, 0},
        {CLLRN_CACHE_AUTO, "OFF", false, 0},   {CLLRN_CACHE_AUTO, "0", false, 0},
        {CLLRN_CACHE_AUTO, "no", false, 0},    {CLLRN_CACHE_AUTO, "No", false, 0},
        {CLLRN_CACHE_AUTO, "False", false, 0}, {CLLRN_CACHE_AUTO, "on", true, 0},
        {CLLRN_CACHE_AUTO, "", true, 0},       {CLLRN_CACHE_AUTO, "1", true, 0},
        {CLLRN_CACHE_AUTO, "?", true, 1},      {CLLRN_CACHE_AUTO, "offf", true, 1},
        {CLLRN_CACHE_OFF, "on", false, 0},     {CLLRN_CACHE_ON, "off", true, 0},
        {CLLRN_CACHE_ON, "?", true, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        support_setup(NULL);
        if (rows[i].variable != NULL)
            setenv("CLLRN_CACHE", rows[i].variable, 1);
        else
            unsetenv("CLLRN_CACHE");
        world w = world_handles();
        int warnings = 0;
        w.options.cache = rows[i].option;
        w.options.cache_dir = KERNEL_DIR "/missing";
        w.options.log = count_warnings;
        w.options.log_user = &warnings;
        world_engine(&w);
        assert_int_equal(lrn_cache_is_on(&w.engine->programs.cache), rows[i].expected);
        assert_int_equal(warnings, rows[i].warnings);
        world_close(&w);
    }
    for (int32_t wrong = -1; wrong <= 3; wrong += 4) {
        world w = world_handles();
        cllrn_engine *engine = UNTOUCHED;
        cllrn_error error = error_blank();
        w.options.cache = wrong;
        assert_failed(CLLRN_INVALID_ARGUMENT,
                      cllrn_engine_create(w.context, w.device, &w.options, &engine, &error),
                      &error);
        assert_ptr_equal(engine, UNTOUCHED);
        world_close(&w);
    }
}

/* Of a device that does not tell who it is nothing is known to fit. */
static void cache__device_does_not_tell_SUCCESS(void **state)
{
    (void)state;
    world w = world_handles();
    cllrn_pack *pack = UNTOUCHED;
    cllrn_error error = error_blank();
    /* No driver says so much of itself. */
    fake_lie("clGetDeviceInfo CL_DEVICE_VENDOR (size)", NULL, (64 << 20) + 1);
    w.options.cache = CLLRN_CACHE_ON;
    w.options.cache_dir = KERNEL_DIR "/missing";
    world_engine(&w);
    assert_false(lrn_cache_is_on(&w.engine->programs.cache));
    assert_failed(CLLRN_UNSUPPORTED, cllrn_engine_export(w.engine, &pack, &error), &error);
    assert_ptr_equal(pack, UNTOUCHED);
    world_close(&w);
}

static bool is_another_user; /* than the one whose files they are */

uid_t __real_geteuid(void);
uid_t __wrap_geteuid(void);

uid_t __wrap_geteuid(void)
{
    return __real_geteuid() + is_another_user;
}

static void cache__directory_of_others_is_refused_SUCCESS(void **state)
{
    char found[320];
    const mode_t modes[] = {0720, 0702, 0777};
    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; ++i) {
        cached c;
        cached_open(&c);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
        assert_int_equal(entries(&c, found), 1);
        assert_int_equal(chmod(c.directory, modes[i]), 0);
        cached_restart(&c);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
        assert_false(lrn_cache_is_on(&c.w.engine->programs.cache));
        cached_close(&c);
    }
    cached c;
    cached_open(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    is_another_user = true;
    cached_restart(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    assert_false(lrn_cache_is_on(&c.w.engine->programs.cache));
    is_another_user = false;
    cached_close(&c);
}

static void cache__directory_cannot_be_made_SUCCESS(void **state)
{
    static const char *const names[] = {"/dev/null/cllrn", "/proc/cllrn/x", "/dev/null"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        cached c = {.w = world_handles()};
        c.w.options.cache = CLLRN_CACHE_ON;
        c.w.options.cache_dir = names[i];
        world_engine(&c.w);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
        assert_false(lrn_cache_is_on(&c.w.engine->programs.cache));
        world_close(&c.w);
    }
}

/* Whatever fails in creating, building and kernel lookup: the entry goes, the result is right. */
static void cache__driver_refuses_binary_SUCCESS(void **state)
{
    char found[320];
    (void)state;
    for (int stage = 0; stage < 4; ++stage) {
        cached c;
        cached_open(&c);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
        cached_restart(&c);
        if (stage == 0)
            fake_settings(c.w.device)->binary_status = CL_INVALID_BINARY;
        else if (stage == 1)
            fake_settings(c.w.device)->binary_result = CL_BUILD_PROGRAM_FAILURE;
        else if (stage == 2)
            fake_fail(3, CL_INVALID_KERNEL_NAME, false); /* binary, build, kernel */
        else
            fake_fail(1, CL_OUT_OF_RESOURCES, false);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
        assert_int_equal(entries(&c, found), 1); /* a new one */
        fake_settings(c.w.device)->binary_status = CL_SUCCESS;
        cached_restart(&c);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_CACHED);
        cached_close(&c);
    }
}

/* Every OpenCL call on the way to an entry and back. */
static void cache__every_opencl_call_SUCCESS(void **state)
{
    (void)state;
    for (int warm = 0; warm <= 1; ++warm)
        for (size_t n = 1;; ++n) {
            cached c;
            lrn_program *program = UNTOUCHED;
            cllrn_error error = error_blank();
            support_setup(NULL);
            cached_open(&c);
            if (warm) {
                assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
                cached_restart(&c);
            }
            fake_fail(n, CL_OUT_OF_RESOURCES, false);
            const cllrn_status status =
                lrn_programs_get(&c.w.engine->programs, &ordinary, &program, &error);
            const char *call = fake_failed(0);
            fake_fail(0, CL_SUCCESS, false);
            /* Compiling may fail; keeping and taking from the cache may not. */
            if (call != NULL && !warm &&
                (strcmp(call, "clBuildProgram") == 0 ||
                 strcmp(call, "clCreateProgramWithSource") == 0 ||
                 strcmp(call, "clCreateKernel") == 0 ||
                 strncmp(call, "clGetKernelWorkGroupInfo", 24) == 0))
                assert_int_not_equal(status, CLLRN_SUCCESS);
            else
                assert_succeeded(status, &error);
            cached_close(&c);
            assert_int_equal(support_teardown(NULL), 0);
            if (call == NULL) {
                assert_true(n > 3);
                break;
            }
        }
}

/* Every allocation and every call to the file system; afterwards the next start is right. */
static void cache__every_allocation_and_file_call_SUCCESS(void **state)
{
    (void)state;
    for (int warm = 0; warm <= 1; ++warm)
        for (int mode = 0; mode < 4; ++mode)
            for (size_t n = 1;; ++n) {
                cached c;
                char found[320];
                lrn_program *program = UNTOUCHED;
                cllrn_error error = error_blank();
                support_setup(NULL);
                cached_open(&c);
                if (warm) {
                    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
                    cached_restart(&c);
                }
                if (mode < 2)
                    memory_fail(n, mode == 1);
                else
                    disk_fail(n, n % 2 == 0 ? ENOSPC : EIO, mode == 3);
                const cllrn_status status =
                    lrn_programs_get(&c.w.engine->programs, &ordinary, &program, &error);
                const bool failed = mode < 2 ? memory_failed() > 0 : disk_calls() >= n;
                memory_fail(0, false);
                disk_fail(0, 0, false);
                /* The first two are the program's own memory and lock. */
                if (mode < 2 && failed && n <= 2)
                    assert_failed(CLLRN_OUT_OF_MEMORY, status, &error);
                else
                    assert_succeeded(status, &error);
                assert_int_equal(directory_list(c.directory, ".tmp", found), 0);
                cached_restart(&c);
                const int32_t origin = origin_of(&c, &ordinary);
                if (!failed)
                    assert_int_equal(origin, CLLRN_ORIGIN_CACHED);
                cached_restart(&c);
                assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_CACHED);
                cached_close(&c);
                assert_int_equal(support_teardown(NULL), 0);
                if (!failed) {
                    assert_true(n > 3);
                    break;
                }
            }
}

/* The oldest goes first, and what was used is young. */
static void cache__is_bounded_SUCCESS(void **state)
{
    enum { KEYS = 5 };
    lrn_program_key keys[KEYS];
    char found[320];
    struct stat status;
    cached c;
    (void)state;
    for (int i = 0; i < KEYS; ++i) {
        keys[i] = ordinary;
        keys[i].width = 1 << i;
    }
    cached_open(&c);
    assert_int_equal(origin_of(&c, &keys[0]), CLLRN_ORIGIN_COMPILED);
    assert_int_equal(entries(&c, found), 1);
    assert_int_equal(stat(found, &status), 0);
    world_close(&c.w);

    cached_world(&c);
    c.w.options.cache_limit = (uint64_t)status.st_size * 3 + 512; /* of three entries */
    world_engine(&c.w);
    for (int i = 1; i < KEYS; ++i) {
        usleep(20000); /* file systems keep time in steps */
        assert_int_equal(origin_of(&c, &keys[0]), CLLRN_ORIGIN_CACHED);
        world_close(&c.w);
        cached_world(&c);
        c.w.options.cache_limit = (uint64_t)status.st_size * 3 + 512;
        world_engine(&c.w);
        usleep(20000);
        assert_int_equal(origin_of(&c, &keys[i]), CLLRN_ORIGIN_COMPILED);
        assert_true(entries(&c, found) <= 3);
    }
    assert_int_equal(entries(&c, found), 3);
    cached_restart(&c);
    assert_int_equal(origin_of(&c, &keys[0]), CLLRN_ORIGIN_CACHED);
    assert_int_equal(origin_of(&c, &keys[KEYS - 1]), CLLRN_ORIGIN_CACHED);
    assert_int_equal(origin_of(&c, &keys[1]), CLLRN_ORIGIN_COMPILED);
    cached_close(&c);
}

/* What is no entry is neither counted nor removed, whatever it resembles. */
static void cache__files_of_others_stay_SUCCESS(void **state)
{
    static const char *const names[] = {"README",
                                        "0123456789abcdef",
                                        "0123456789abcdef.program.old",
                                        "0123456789abcdeg.program",
                                        "notes.program",
                                        "00123456789abcdef.program"};
    const struct timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
    enum { FILES = sizeof names / sizeof *names };
    char path[FILES][160], found[320];
    struct stat status;
    cached c;
    (void)state;
    cached_open(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    assert_int_equal(entries(&c, found), 1);
    assert_int_equal(stat(found, &status), 0);
    for (int i = 0; i < FILES; ++i) {
        snprintf(path[i], sizeof path[i], "%s/%s", c.directory, names[i]);
        FILE *file = fopen(path[i], "w");
        assert_non_null(file);
        fclose(file);
        assert_int_equal(truncate(path[i], 1 << 20), 0);
        assert_int_equal(utimensat(AT_FDCWD, path[i], old, 0), 0);
    }
    world_close(&c.w);
    cached_world(&c);
    c.w.options.cache_limit = (uint64_t)status.st_size * 5 / 2; /* two entries */
    world_engine(&c.w);
    for (int width = 2; width <= 8; width *= 2) {
        lrn_program_key key = ordinary;
        key.width = width;
        usleep(20000); /* file systems keep time in steps */
        assert_int_equal(origin_of(&c, &key), CLLRN_ORIGIN_COMPILED);
    }
    for (int i = 0; i < FILES; ++i)
        assert_int_equal(stat(path[i], &status), 0);
    assert_int_equal(entries(&c, found), 2 + 3); /* three of the files end like entries */
    cached_close(&c);
}

/* An entry of no use is gone, though nothing could be put in its place. */
static void cache__bad_entry_is_removed_BUILD_FAILURE(void **state)
{
    (void)state;
    for (int damaged = 0; damaged <= 1; ++damaged) {
        char found[320];
        cached c;
        lrn_program *program = UNTOUCHED;
        cllrn_error error = error_blank();
        cached_open(&c);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
        assert_int_equal(entries(&c, found), 1);
        cached_restart(&c);
        if (damaged)
            assert_int_equal(truncate(found, 100), 0);
        else
            fake_settings(c.w.device)->binary_status = CL_INVALID_BINARY;
        fake_settings(c.w.device)->build_result = CL_BUILD_PROGRAM_FAILURE;
        assert_failed(CLLRN_BUILD_FAILURE,
                      lrn_programs_get(&c.w.engine->programs, &ordinary, &program, &error), &error);
        assert_ptr_equal(program, UNTOUCHED);
        assert_int_equal(entries(&c, found), 0);
        cached_close(&c);
    }
}

/* Without memory or descriptors nothing is known of an entry: it stays. */
static void cache__entry_that_could_not_be_read_stays_SUCCESS(void **state)
{
    static const int codes[] = {0, EMFILE, ENFILE}; /* 0: memory */
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; ++i) {
        char found[320];
        cached c;
        size_t n = 1;
        bool failed = true;
        cached_open(&c);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
        for (; failed; ++n) {
            lrn_program *program = NULL;
            cached_restart(&c);
            if (codes[i] == 0)
                memory_fail(n, true);
            else
                disk_fail(n, codes[i], true);
            fake_settings(c.w.device)->build_result = CL_BUILD_PROGRAM_FAILURE;
            const cllrn_status status =
                lrn_programs_get(&c.w.engine->programs, &ordinary, &program, NULL);
            failed = codes[i] == 0 ? memory_failed() > 0 : disk_calls() >= n;
            memory_fail(0, false);
            disk_fail(0, 0, false);
            if (!failed)
                assert_int_equal(status, CLLRN_SUCCESS);
            assert_int_equal(entries(&c, found), 1);
        }
        assert_true(n > 3);
        cached_close(&c);
    }
}

static void cache__larger_than_its_limit_SUCCESS(void **state)
{
    char found[320];
    cached c;
    (void)state;
    directory_make(c.top);
    snprintf(c.directory, sizeof c.directory, "%s/a", c.top);
    cached_world(&c);
    c.w.options.cache_limit = 100;
    world_engine(&c.w);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    assert_int_equal(entries(&c, found), 0);
    cached_close(&c);
}

/* What a killed process began is gone after the next start that looks into the cache. */
static void cache__abandoned_files_go_SUCCESS(void **state)
{
    char path[128], found[320];
    cached c;
    (void)state;
    cached_open(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    snprintf(path, sizeof path, "%s/.cllrn-0123456789abcdef.tmp", c.directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    cached_restart(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_CACHED);
    assert_int_equal(directory_list(c.directory, ".tmp", found), 0);
    cached_close(&c);
}

/* Also in a directory that is private now, but once was open. */
static void cache__entry_of_others_is_dropped_SUCCESS(void **state)
{
    enum { GROUP, ANYONE, LINK, OWNER, KINDS };
    (void)state;
    for (int kind = 0; kind < (geteuid() == 0 ? KINDS : OWNER); ++kind) {
        char found[320], moved[128];
        struct stat status;
        cached c;
        cached_open(&c);
        snprintf(moved, sizeof moved, "%s/entry", c.top);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
        assert_int_equal(entries(&c, found), 1);
        if (kind == GROUP)
            assert_int_equal(chmod(found, 0620), 0);
        else if (kind == ANYONE)
            assert_int_equal(chmod(found, 0602), 0);
        else if (kind == OWNER)
            assert_int_equal(chown(found, 12345, 12345), 0);
        else
            assert_true(rename(found, moved) == 0 && symlink(moved, found) == 0);
        cached_restart(&c);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
        assert_int_equal(lstat(found, &status), 0); /* a new one */
        assert_true(S_ISREG(status.st_mode) && (status.st_mode & 0777) == 0600);
        assert_int_equal(status.st_uid, geteuid());
        cached_restart(&c);
        assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_CACHED);
        cached_close(&c);
    }
}

static void cache__directory_is_a_link_SUCCESS(void **state)
{
    char moved[128];
    cached c;
    (void)state;
    cached_open(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    snprintf(moved, sizeof moved, "%s/elsewhere", c.top);
    assert_true(rename(c.directory, moved) == 0 && symlink(moved, c.directory) == 0);
    cached_restart(&c);
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    assert_false(lrn_cache_is_on(&c.w.engine->programs.cache));
    cached_close(&c);
}

/* It belongs to whoever makes users, and its parents too. */
static void cache__home_is_not_made_SUCCESS(void **state)
{
    char top[64], home[80];
    struct stat status;
    (void)state;
    directory_make(top);
    snprintf(home, sizeof home, "%s/home", top);
    unsetenv("CLLRN_CACHE_DIR");
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", home, 1);
    world w = world_handles();
    w.options.cache = CLLRN_CACHE_ON;
    world_engine(&w);
    const cached c = {.w = w};
    assert_int_equal(origin_of(&c, &ordinary), CLLRN_ORIGIN_COMPILED);
    assert_false(lrn_cache_is_on(&w.engine->programs.cache));
    assert_int_equal(stat(home, &status), -1);
    world_close(&w);
    directory_remove(top);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cache__second_start_hits_SUCCESS),
        TEST(cache__everything_in_the_key_counts_SUCCESS),
        TEST(cache__long_texts_SUCCESS),
        TEST(cache__of_other_libraries_and_kernels_SUCCESS),
        TEST(cache__entry_of_something_else_is_dropped_SUCCESS),
        TEST(cache__driver_compiles_late_SUCCESS),
        TEST(cache__directory_SUCCESS),
        TEST(cache__where_it_is_wanted_SUCCESS),
        TEST(cache__device_does_not_tell_SUCCESS),
        TEST(cache__directory_of_others_is_refused_SUCCESS),
        TEST(cache__directory_cannot_be_made_SUCCESS),
        TEST(cache__driver_refuses_binary_SUCCESS),
        TEST(cache__every_opencl_call_SUCCESS),
        TEST(cache__every_allocation_and_file_call_SUCCESS),
        TEST(cache__is_bounded_SUCCESS),
        TEST(cache__files_of_others_stay_SUCCESS),
        TEST(cache__bad_entry_is_removed_BUILD_FAILURE),
        TEST(cache__entry_that_could_not_be_read_stays_SUCCESS),
        TEST(cache__larger_than_its_limit_SUCCESS),
        TEST(cache__abandoned_files_go_SUCCESS),
        TEST(cache__entry_of_others_is_dropped_SUCCESS),
        TEST(cache__directory_is_a_link_SUCCESS),
        TEST(cache__home_is_not_made_SUCCESS),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    unsetenv("CLLRN_CACHE_DIR");
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
