/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>

#include "engine.h"

static const lrn_program_key ordinary = {.variant = lrn_variants_any,
                                         .backward = false,
                                         .storage = LRN_F32,
                                         .width = 1,
                                         .taps = 5,
                                         .power = LRN_POWER_3_4,
                                         .wide = false};

/* Every message of the log, and whether one of them is the expected build log to the byte. */
typedef struct heard {
    size_t count, errors;
    const char *expected;
    bool seen;
} heard;

static void listen(void *user, int32_t level, const char *message)
{
    heard *h = user;
    ++h->count;
    h->errors += level == CLLRN_LOG_ERROR;
    h->seen = h->seen || (h->expected != NULL && strcmp(h->expected, message) == 0);
}

static void program_get__same_key_builds_once_SUCCESS(void **state)
{
    world w = world_open();
    lrn_program *first = NULL, *second = NULL;
    cllrn_error error = error_blank();
    (void)state;

    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &first, &error), &error);
    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &second, &error), &error);

    assert_ptr_equal(first, second);
    assert_int_equal(fake_calls("clBuildProgram"), 1);
    assert_int_equal(cllrn_engine_programs_made(w.engine), 1);
    assert_int_equal(fake_live_programs(), 1);
    world_close(&w);
    assert_int_equal(fake_live_programs(), 0);
}

static void program_get__each_field_of_the_key_counts_SUCCESS(void **state)
{
    enum { KEYS = 9 };
    lrn_program_key keys[KEYS];
    lrn_program *programs[KEYS];
    world w = world_open();
    (void)state;
    for (int i = 0; i < KEYS; ++i)
        keys[i] = ordinary;
    keys[1].variant = lrn_variants_cpu;
    keys[2].width = 4;
    keys[3].taps = 7;
    keys[4].power = LRN_POWER_AT_RUN_TIME;
    keys[5].wide = true;
    keys[6].backward = true;
    keys[7].storage = LRN_BF16;
    keys[8].storage = LRN_F64;

    for (int round = 0; round < 2; ++round)
        for (int i = 0; i < KEYS; ++i) {
            lrn_program *program = NULL;
            assert_int_equal(lrn_programs_get(&w.engine->programs, &keys[i], &program, NULL),
                             CLLRN_SUCCESS);
            for (int j = 0; j < i; ++j)
                assert_ptr_not_equal(program, programs[j]);
            if (round == 1)
                assert_ptr_equal(program, programs[i]);
            programs[i] = program;
        }

    assert_int_equal(cllrn_engine_programs_made(w.engine), KEYS);
    for (size_t i = 0; i < KEYS; ++i)
        for (size_t j = 0; j < i; ++j)
            if (keys[i].variant == keys[j].variant)
                assert_string_not_equal(fake_build_options(i), fake_build_options(j));
    world_close(&w);
}

static void program_options__say_all_of_the_key_SUCCESS(void **state)
{
    char options[CLLRN_OPTIONS_SIZE];
    lrn_program_key key = ordinary;
    (void)state;

    lrn_program_options(&key, true, options);
    assert_string_equal(options, "-cl-std=CL1.2 -w -DLRN_STORAGE=1 -DLRN_WIDTH=1 -DLRN_TAPS=5 "
                                 "-DLRN_POWER=2 -DLRN_INDEX=int -DLRN_OFFSET=ulong");
    key.taps = 0;
    key.wide = true;
    key.width = 16;
    key.power = LRN_POWER_AT_RUN_TIME;
    key.storage = LRN_ANY;
    key.backward = true;
    lrn_program_options(&key, true, options);
    assert_string_equal(options, "-cl-std=CL1.2 -w -DLRN_BACKWARD -DLRN_STORAGE=0 -DLRN_WIDTH=16 "
                                 "-DLRN_INDEX=long -DLRN_OFFSET=ulong");
    key.storage = LRN_F64;
    key.backward = false;
    key.width = 1;
    lrn_program_options(&key, true, options);
    assert_string_equal(options, "-cl-std=CL1.2 -w -DLRN_DOUBLE -DLRN_STORAGE=4 -DLRN_WIDTH=1 "
                                 "-DLRN_INDEX=long -DLRN_OFFSET=ulong");
    /* A device without 64-bit integers must not even see their names. */
    key.wide = false;
    lrn_program_options(&key, false, options);
    assert_null(strstr(options, "long"));
}

static void program_options__of_all_keys_different_SUCCESS(void **state)
{
    static char all[200][CLLRN_OPTIONS_SIZE], names[200][CLLRN_KERNEL_NAME_SIZE];
    const lrn_device_facts facts = {
        .cpu_like = true, .int64 = true, .wide = true, .fp64 = true, .vector_width = 16};
    lrn_program_key keys[200];
    (void)state;
    for (size_t i = 0; lrn_program_key_number(i, &facts, &keys[i]); ++i) {
        assert_true(i < 199);
        lrn_program_options(&keys[i], true, all[i]);
        /* None is cut short. */
        assert_true(strlen(all[i]) < sizeof all[i] - 1);
        assert_string_equal(all[i] + strlen(all[i]) - strlen("=ulong"), "=ulong");
        lrn_program_kernel_name(&keys[i], true, names[i]);
        assert_true(strlen(names[i]) < sizeof names[i] - 1);
        for (size_t j = 0; j < i; ++j) {
            assert_string_not_equal(names[i], names[j]);
            if (keys[i].variant == keys[j].variant)
                assert_string_not_equal(all[i], all[j]);
        }
    }
}

/* A workaround is part of what identifies a binary: kept with it, and asked for with it. */
static void program_get__platform_needs_an_option_SUCCESS(void **state)
{
    world w = world_handles();
    lrn_program *program = NULL;
    cllrn_error error = error_blank();
    (void)state;
    fake_settings(w.device)->platform = "Oclgrind";
    world_engine(&w);

    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);

    char expected[CLLRN_OPTIONS_SIZE + 32];
    lrn_program_options(&ordinary, true, expected);
    strcat(expected, " -cl-opt-disable -DLRN_SHUFFLE2");
    assert_string_equal(program->options, expected);
    assert_string_equal(fake_build_options(0), expected);
    world_close(&w);
}

static void program_get__build_fails_BUILD_FAILURE(void **state)
{
    static char huge[1 << 20];
    memset(huge, 'e', sizeof huge - 1);
    memcpy(huge, "first\n", 6);
    memcpy(huge + sizeof huge - 6, "last\n", 6);
    const char *const logs[] = {huge, "one line", "", NULL};
    const cl_int codes[] = {CL_BUILD_PROGRAM_FAILURE, CL_INVALID_BUILD_OPTIONS,
                            CL_OUT_OF_RESOURCES};
    (void)state;

    for (size_t i = 0; i < sizeof logs / sizeof *logs; ++i)
        for (size_t j = 0; j < sizeof codes / sizeof *codes; ++j) {
            heard h = {.expected = logs[i]};
            world w = world_handles();
            lrn_program *program = UNTOUCHED;
            cllrn_error error = error_blank();
            w.options.log = listen;
            w.options.log_user = &h;
            world_engine(&w);
            fake_settings(w.device)->build_log = logs[i];
            fake_settings(w.device)->build_result = codes[j];
            h.count = h.errors = 0;

            cllrn_status status =
                lrn_programs_get(&w.engine->programs, &ordinary, &program, &error);

            assert_failed(CLLRN_BUILD_FAILURE, status, &error);
            assert_int_equal(error.cl_error, codes[j]);
            assert_non_null(strstr(error.message, "column.cl"));
            assert_non_null(strstr(error.message, "-DLRN_TAPS=5"));
            assert_non_null(strstr(error.message, "fake device"));
            assert_ptr_equal(program, UNTOUCHED);
            assert_int_equal(h.errors, h.count);
            assert_int_equal(h.count, 2);
            assert_true(h.seen || logs[i] == NULL);
            assert_int_equal(fake_live_programs(), 0);
            assert_int_equal(cllrn_engine_programs_made(w.engine), 0);

            /* The engine is as good as before. */
            fake_settings(w.device)->build_result = CL_SUCCESS;
            status = lrn_programs_get(&w.engine->programs, &ordinary, &program, NULL);
            assert_int_equal(status, CLLRN_SUCCESS);
            world_close(&w);
        }
}

static void program_get__build_fails_without_a_log_callback_BUILD_FAILURE(void **state)
{
    world w = world_open();
    lrn_program *program = UNTOUCHED;
    (void)state;
    fake_settings(w.device)->build_result = CL_BUILD_PROGRAM_FAILURE;

    const cllrn_status status = lrn_programs_get(&w.engine->programs, &ordinary, &program, NULL);

    assert_int_equal(status, CLLRN_BUILD_FAILURE);
    assert_ptr_equal(program, UNTOUCHED);
    world_close(&w);
}

/* Drivers that tell another size of the log than it has, or end it without a zero. */
static void program_get__log_of_another_size_BUILD_FAILURE(void **state)
{
    static const char log[] = "a log of forty characters without an end", none[] = "(no build log)";
    static const struct {
        const char *query;
        const char *bytes;
        size_t size;
        const char *expected;
    } rows[] = {
        {"clGetProgramBuildInfo CL_PROGRAM_BUILD_LOG (size)", NULL, 7, none},
        {"clGetProgramBuildInfo CL_PROGRAM_BUILD_LOG (size)", NULL, 1000, log},
        {"clGetProgramBuildInfo CL_PROGRAM_BUILD_LOG (size)", NULL, 0, none},
        {"clGetProgramBuildInfo CL_PROGRAM_BUILD_LOG (size)", NULL, SIZE_MAX, none},
        {"clGetProgramBuildInfo CL_PROGRAM_BUILD_LOG", log, sizeof log - 1, log},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        heard h = {.expected = rows[i].expected};
        world w = world_handles();
        lrn_program *program = UNTOUCHED;
        cllrn_error error = error_blank();
        w.options.log = listen;
        w.options.log_user = &h;
        world_engine(&w);
        fake_settings(w.device)->build_result = CL_BUILD_PROGRAM_FAILURE;
        /* Of a log that is not to end in a zero the size is its last character's. */
        fake_settings(w.device)->build_log = rows[i].bytes != NULL ? log + 1 : log;
        fake_lie(rows[i].query, rows[i].bytes, rows[i].size);

        const cllrn_status status =
            lrn_programs_get(&w.engine->programs, &ordinary, &program, &error);

        assert_failed(CLLRN_BUILD_FAILURE, status, &error);
        assert_int_equal(error.cl_error, CL_BUILD_PROGRAM_FAILURE);
        assert_ptr_equal(program, UNTOUCHED);
        assert_true(h.seen);
        world_close(&w);
    }
}

static void program_get__opencl_fails_its_status(void **state)
{
    static const struct {
        size_t call; /* 1: the program, 2: the build */
        cl_int code;
        cllrn_status status;
    } rows[] = {
        {1, CL_OUT_OF_HOST_MEMORY, CLLRN_OUT_OF_MEMORY},
        {1, CL_OUT_OF_RESOURCES, CLLRN_OPENCL_FAILURE},
        {1, -9999, CLLRN_OPENCL_FAILURE},
        {1, CL_COMPILER_NOT_AVAILABLE, CLLRN_NO_COMPILER},
        {1, CL_INVALID_OPERATION, CLLRN_NO_COMPILER}, /* what Xilinx's runtime says */
        {2, CL_COMPILER_NOT_AVAILABLE, CLLRN_NO_COMPILER},
        {2, CL_OUT_OF_HOST_MEMORY, CLLRN_OUT_OF_MEMORY},
        {2, CL_INVALID_BUILD_OPTIONS, CLLRN_BUILD_FAILURE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        world w = world_open();
        lrn_program *program = UNTOUCHED;
        cllrn_error error = error_blank();
        fake_fail(rows[i].call, rows[i].code, false);

        const cllrn_status status =
            lrn_programs_get(&w.engine->programs, &ordinary, &program, &error);

        assert_failed(rows[i].status, status, &error);
        assert_int_equal(error.cl_error, rows[i].code);
        assert_ptr_equal(program, UNTOUCHED);
        world_close(&w);
    }
}

static void program_get__success_is_logged_SUCCESS(void **state)
{
    heard h = {0};
    world w = world_handles();
    lrn_program *program;
    (void)state;
    w.options.log = listen;
    w.options.log_user = &h;
    world_engine(&w);
    h.count = 0;

    assert_int_equal(lrn_programs_get(&w.engine->programs, &ordinary, &program, NULL),
                     CLLRN_SUCCESS);
    assert_int_equal(lrn_programs_get(&w.engine->programs, &ordinary, &program, NULL),
                     CLLRN_SUCCESS);

    assert_int_equal(h.count, 1);
    assert_int_equal(h.errors, 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(program_get__same_key_builds_once_SUCCESS),
        TEST(program_get__each_field_of_the_key_counts_SUCCESS),
        TEST(program_options__say_all_of_the_key_SUCCESS),
        TEST(program_options__of_all_keys_different_SUCCESS),
        TEST(program_get__platform_needs_an_option_SUCCESS),
        TEST(program_get__build_fails_BUILD_FAILURE),
        TEST(program_get__build_fails_without_a_log_callback_BUILD_FAILURE),
        TEST(program_get__log_of_another_size_BUILD_FAILURE),
        TEST(program_get__opencl_fails_its_status),
        TEST(program_get__success_is_logged_SUCCESS),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
