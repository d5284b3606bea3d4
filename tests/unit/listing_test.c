/* SPDX-License-Identifier: Apache-2.0 */
/* Sources for offline compilers. */
#include "support.h"

#include <stdlib.h>

#include "engine.h"
#include "program.h"

static cllrn_program_info get(const cllrn_engine *engine, size_t number)
{
    cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_program_get(engine, number, &program, &error), &error);
    return program;
}

static size_t find(const cllrn_engine *engine, const char *kernel)
{
    const size_t count = cllrn_program_count(engine);
    for (size_t i = 0; i < count; ++i)
        if (strcmp(get(engine, i).name, kernel) == 0)
            return i;
    fail_msg("no kernel %s", kernel);
    return count;
}

/* Allocated. */
static char *source_of(const cllrn_engine *engine, size_t number)
{
    size_t needed = 0;
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_program_source(engine, number, NULL, 0, &needed, &error), &error);
    char *const text = malloc(needed);
    assert_non_null(text);
    assert_succeeded(cllrn_program_source(engine, number, text, needed, NULL, &error), &error);
    assert_int_equal(strlen(text), needed - 1);
    return text;
}

/* Each one's name, and nothing else of that kind, is its own, and tells all of the key. */
static void offline_program_get__names_and_options_SUCCESS(void **state)
{
    const size_t count = cllrn_program_count(NULL);
    (void)state;
    assert_int_equal(count, 144 + 132);
    for (size_t i = 0; i < count; ++i) {
        const cllrn_program_info one = get(NULL, i);
        const char *const direction =
            one.direction == CLLRN_DIRECTION_BACKWARD ? "backward" : "forward";
        char begin[CLLRN_KERNEL_NAME_SIZE];
        snprintf(begin, sizeof begin, "cllrn_%s_%s_", direction, one.variant);
        assert_int_equal(strncmp(one.name, begin, strlen(begin)), 0);
        assert_true(strlen(one.name) < sizeof one.name - 1);
        assert_true(strlen(one.arguments) < sizeof one.arguments - 1);
        assert_int_equal(strstr(one.options, "-DLRN_BACKWARD") != NULL,
                         one.direction == CLLRN_DIRECTION_BACKWARD);
        for (size_t j = 0; j < i; ++j)
            assert_string_not_equal(one.name, get(NULL, j).name);
    }
}

/* A pack made ahead holds every program that an engine on a device without vectors asks for. */
static void offline_program_get__covers_devices_without_vectors_SUCCESS(void **state)
{
    static const struct {
        const char *profile, *extensions;
        cl_ulong local_memory;
    } rows[] = {
        {"FULL_PROFILE", "", 32768},     {"FULL_PROFILE", "cl_khr_fp64", 1024},
        {"EMBEDDED_PROFILE", "", 16384}, /* Xilinx's runtime */
        {"EMBEDDED_PROFILE", "", 1024},  {"EMBEDDED_PROFILE", "cles_khr_int64", 16384},
    };
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r) {
        world w = world_handles();
        fake_device_settings *s = fake_settings(w.device);
        s->type = CL_DEVICE_TYPE_ACCELERATOR;
        s->profile = rows[r].profile;
        s->extensions = rows[r].extensions;
        s->local_memory = rows[r].local_memory;
        world_engine(&w);
        const size_t count = cllrn_program_count(w.engine);
        for (size_t i = 0; i < count; ++i)
            find(NULL, get(w.engine, i).name);
        assert_in_range(count, 28, 40);
        world_close(&w);
    }
}

/* Kinds of devices share a name only where the program is the same to the last option. */
static void program_kernel_name__of_all_devices_SUCCESS(void **state)
{
    enum { MOST = 8000 };
    static char names[MOST][CLLRN_KERNEL_NAME_SIZE], options[MOST][CLLRN_OPTIONS_SIZE];
    const lrn_variant *variants[MOST];
    size_t count = 0;
    (void)state;
    for (int kind = 0; kind < 3 * 2 * 2 * 5; ++kind) {
        lrn_program_key key;
        const bool int64 = kind % 2 == 0;
        const lrn_device_facts facts = {.cpu_like = kind / 20 == 0,
                                        .pipelined = kind / 20 == 1,
                                        .int64 = int64,
                                        .wide = int64,
                                        .fp64 = kind / 2 % 2 == 0,
                                        .vector_width = 1 << kind / 4 % 5,
                                        .local_memory = 32768};
        for (size_t i = 0; lrn_program_key_number(i, &facts, &key); ++i, ++count) {
            assert_true(count < MOST);
            variants[count] = key.variant;
            lrn_program_kernel_name(&key, int64, names[count]);
            lrn_program_options(&key, int64, options[count]);
        }
    }
    for (size_t i = 0; i < count; ++i)
        for (size_t j = 0; j < i; ++j)
            assert_int_equal(strcmp(names[i], names[j]) == 0,
                             variants[i] == variants[j] && strcmp(options[i], options[j]) == 0);
}

static void program_kernel_name__written_out_SUCCESS(void **state)
{
    const struct {
        lrn_program_key key;
        bool int64;
        const char *name;
    } rows[] = {
        {{variant_named("packed"), false, LRN_F32, 8, 5, LRN_POWER_3_4, false, false},
         true,
         "cllrn_forward_packed_f32_t5_p34_w8_i32_v3"},
        {{variant_named("stream"), true, LRN_ANY, 1, 9, LRN_POWER_AT_RUN_TIME, false, false},
         false,
         "cllrn_backward_stream_any_t9_w1_i32_o32_v3"},
        {{variant_named("separable"), true, LRN_F64, 1, 0, LRN_POWER_AT_RUN_TIME, true, false},
         true,
         "cllrn_backward_separable_f64_w1_i64_v3"},
        {{variant_named("column"), true, LRN_F32, 1, 5, LRN_POWER_3_4, false, true},
         true,
         "cllrn_backward_column_f32_t5_p34_disjoint_w1_i32_v3"},
        {{variant_named("column"), false, LRN_BF16, 16, 7, LRN_POWER_AT_RUN_TIME, false, false},
         true,
         "cllrn_forward_column_bf16_t7_w16_i32_v3"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        char name[CLLRN_KERNEL_NAME_SIZE];
        lrn_program_kernel_name(&rows[i].key, rows[i].int64, name);
        assert_string_equal(name, rows[i].name);
    }
}

static void offline_program_get__arguments_SUCCESS(void **state)
{
    static const char scalars[] = ", uint modes, float scale_hi, float scale_lo, float k, "
                                  "float beta_hi, float beta_lo, "
                                  "float gradient, float octave0, float octave1, "
                                  "float octave2, float octave3, float octave4";
    char expected[CLLRN_ARGUMENTS_SIZE];
    (void)state;
    snprintf(expected, sizeof expected, "%s%s",
             "global const uchar *src, global const uchar *dy, global uchar *dst, "
             "ulong src_offset, ulong dy_offset, ulong dst_offset, int outer, int channels, "
             "int inner, int src_outer, int src_channel, int src_inner, int dy_outer, "
             "int dy_channel, int dy_inner, int dst_outer, int dst_channel, int dst_inner, "
             "int lower, int tile_channels, int tile_positions",
             scalars);
    assert_string_equal(get(NULL, find(NULL, "cllrn_forward_stream_any_t5_w1_i32_v3")).arguments,
                        expected);
    snprintf(expected, sizeof expected, "%s%s",
             "global const uchar *src, global const uchar *dy, global uchar *dst, "
             "global float *scratch, ulong src_offset, ulong dy_offset, ulong dst_offset, "
             "ulong scratch_offset, long8 dims, long8 src_strides, long8 dy_strides, "
             "long8 dst_strides, int lower, int taps, long tile, int window_vectors",
             scalars);
    assert_string_equal(get(NULL, find(NULL, "cllrn_backward_separable_any_w1_i64_v3")).arguments,
                        expected);
}

/* An engine has those of its device: here without 64-bit integers and double. */
static void offline_program_get__of_an_engine_SUCCESS(void **state)
{
    world w = world_handles();
    (void)state;
    fake_settings(w.device)->profile = "EMBEDDED_PROFILE";
    world_engine(&w);
    const size_t count = cllrn_program_count(w.engine);
    assert_true(count > 0 && count < cllrn_program_count(NULL));
    for (size_t i = 0; i < count; ++i) {
        const cllrn_program_info one = get(w.engine, i);
        assert_string_equal(one.name + strlen(one.name) - 7, "_o32_v3");
        assert_null(strstr(one.arguments, "long"));
        assert_null(strstr(one.arguments, "double"));
    }
    world_close(&w);
}

static void offline_program_get__INVALID_ARGUMENT(void **state)
{
    const size_t numbers[] = {cllrn_program_count(NULL), SIZE_MAX};
    (void)state;
    for (size_t i = 0; i < 2; ++i) {
        cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
        cllrn_error error = error_blank();
        assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_program_get(NULL, numbers[i], &program, &error),
                      &error);
        assert_null(program.variant);
        assert_string_equal(program.name, "");
    }
    cllrn_program_info small = {.struct_size = sizeof small - 1};
    cllrn_error error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_program_get(NULL, 0, &small, &error), &error);
    assert_null(small.variant);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_program_get(NULL, 0, NULL, &error), &error);
}

/* It defines the name and every option, and the kernel is in it; a compiler tells of the rest. */
static void offline_source__stands_alone_SUCCESS(void **state)
{
    const size_t number = find(NULL, "cllrn_backward_separable_f64_w1_i64_v3");
    char *const text = source_of(NULL, number);
    (void)state;
    assert_non_null(strstr(text,
                           "#define LRN_KERNEL_NAME(name) cllrn_backward_separable_f64_w1_i64_v3\n"
                           "#define LRN_BACKWARD\n"
                           "#define LRN_DOUBLE\n"
                           "#define LRN_STORAGE 4\n"
                           "#define LRN_WIDTH 1\n"
                           "#define LRN_INDEX long\n"
                           "#define LRN_OFFSET ulong\n"));
    assert_non_null(strstr(text, "kernel void LRN_KERNEL_NAME(separable)("));
    assert_null(strstr(text, "#line"));
    free(text);
}

static void offline_source__sizes_BUFFER_TOO_SMALL(void **state)
{
    size_t needed = 0;
    (void)state;
    assert_int_equal(cllrn_program_source(NULL, 0, NULL, 0, &needed, NULL), CLLRN_SUCCESS);
    char *const text = malloc(needed + 1);
    const size_t sizes[] = {0, 1, needed - 1};
    for (size_t i = 0; i < 3; ++i) {
        cllrn_error error = error_blank();
        size_t untouched = 77;
        memset(text, '!', needed + 1);
        assert_failed(CLLRN_BUFFER_TOO_SMALL,
                      cllrn_program_source(NULL, 0, text, sizes[i], &untouched, &error), &error);
        assert_int_equal(untouched, 77);
        assert_int_equal(text[0], '!');
    }
    text[needed] = '!';
    assert_int_equal(cllrn_program_source(NULL, 0, text, needed, NULL, NULL), CLLRN_SUCCESS);
    assert_int_equal(text[needed - 1], '\0');
    assert_int_equal(text[needed], '!');
    free(text);
}

static void offline_source__INVALID_ARGUMENT(void **state)
{
    size_t untouched = 77;
    cllrn_error error = error_blank();
    (void)state;
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_program_source(NULL, 0, NULL, 0, NULL, &error),
                  &error);
    error = error_blank();
    assert_failed(
        CLLRN_INVALID_ARGUMENT,
        cllrn_program_source(NULL, cllrn_program_count(NULL), NULL, 0, &untouched, &error), &error);
    assert_int_equal(untouched, 77);
}

/* An engine with a kernel directory gives what it was read from. */
static void offline_source__of_an_engine_SUCCESS(void **state)
{
    world w = world_handles();
    (void)state;
    w.options.kernel_dir = KERNEL_DIR;
    world_engine(&w);
    const size_t number = find(w.engine, "cllrn_forward_group_any_t5_w1_i32_v3");
    lrn_source_list list = lrn_sources_list(&w.engine->sources, "group", false);
    memcpy(strstr(list.parts[list.count - 1], "kernel void"), "mangle", 6);
    char *const text = source_of(w.engine, number);
    assert_non_null(strstr(text, "mangle void"));
    assert_null(strstr(text, "kernel void"));
    free(text);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(offline_program_get__names_and_options_SUCCESS),
        TEST(offline_program_get__covers_devices_without_vectors_SUCCESS),
        TEST(program_kernel_name__of_all_devices_SUCCESS),
        TEST(program_kernel_name__written_out_SUCCESS),
        TEST(offline_program_get__arguments_SUCCESS),
        TEST(offline_program_get__of_an_engine_SUCCESS),
        TEST(offline_program_get__INVALID_ARGUMENT),
        TEST(offline_source__stands_alone_SUCCESS),
        TEST(offline_source__sizes_BUFFER_TOO_SMALL),
        TEST(offline_source__INVALID_ARGUMENT),
        TEST(offline_source__of_an_engine_SUCCESS),
    };
    return cmocka_run_group_tests_name("offline", tests, NULL, NULL);
}
