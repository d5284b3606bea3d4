/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>

#include "pack.h"

static const char *const texts[CLLRN_PACK_TEXTS] = {
    "0.1.0", "0123456789abcdef", "platform", "1", "device", "vendor", "2", "3", "64"};

static const char one[] = "the first binary", two[] = "the second, longer binary";

/* Three programs in two binaries. */
static const lrn_pack_row rows[] = {
    {"forward_a", "-DA", "", one, sizeof one},
    {"forward_b", "", "kernel_b", two, sizeof two},
    {"forward_c", "", "kernel_c", two, sizeof two},
};
enum { ROWS = sizeof rows / sizeof *rows };

static cllrn_pack *make(void)
{
    cllrn_pack *pack = NULL;
    cllrn_error error = error_blank();
    assert_succeeded(lrn_pack_make(texts, rows, ROWS, &pack, &error), &error);
    return pack;
}

static void assert_whole(const cllrn_pack *pack)
{
    const char *kernel;
    size_t size;
    for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
        assert_string_equal(cllrn_pack_text(pack, i), texts[i]);
    assert_int_equal(pack->row_count, ROWS);
    for (size_t i = 0; i < ROWS; ++i) {
        assert_string_equal(cllrn_pack_program(pack, i, &kernel, &size), rows[i].name);
        assert_string_equal(kernel, rows[i].kernel);
        assert_int_equal(size, rows[i].size);
        const lrn_pack_row *row = lrn_pack_find(pack, rows[i].name);
        assert_string_equal(row->options, rows[i].options);
        assert_memory_equal(row->binary, rows[i].binary, rows[i].size);
        assert_int_equal((uintptr_t)row->binary % 16, (uintptr_t)pack->data % 16);
        assert_true(lrn_pack_intact(pack, row));
    }
    assert_ptr_equal(lrn_pack_find(pack, "forward_b")->binary,
                     lrn_pack_find(pack, "forward_c")->binary);
    assert_null(lrn_pack_find(pack, "forward_d"));
    assert_null(cllrn_pack_program(pack, ROWS, NULL, NULL));
    assert_string_equal(cllrn_pack_text(pack, CLLRN_PACK_TEXTS), "");
    assert_string_equal(cllrn_pack_text(pack, -1), "");
}

static void pack_make__what_went_in_comes_out_SUCCESS(void **state)
{
    (void)state;
    cllrn_pack *pack = make(), *copy = NULL;
    size_t size = 0;
    assert_whole(pack);
    const void *data = cllrn_pack_data(pack, &size);
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_pack_open(data, size, &copy, &error), &error);
    cllrn_pack_destroy(pack);
    assert_whole(copy);
    cllrn_pack_destroy(copy);
    cllrn_pack_destroy(NULL);
}

static void pack_make__nothing_SUCCESS(void **state)
{
    cllrn_pack *pack = NULL;
    (void)state;
    assert_int_equal(lrn_pack_make(texts, NULL, 0, &pack, NULL), CLLRN_SUCCESS);
    assert_int_equal(pack->row_count, 0);
    cllrn_pack_destroy(pack);
}

/* The format is what files have: it changes with its number only. */
static void pack_make__bytes_are_frozen_SUCCESS(void **state)
{
    (void)state;
    cllrn_pack *pack = make();
    const unsigned char head[] = {'c', 'l', 'L', 'R', 'N', 'p', 'k', '\n', 2, 0, 0, 0,
                                  3,   0,   0,   0,   2,   0,   0,   0,    0, 0, 0, 0};
    assert_memory_equal(pack->data, head, sizeof head);
    uint64_t checksum = 0;
    for (int i = 0; i < 8; ++i)
        checksum |= (uint64_t)pack->data[40 + i] << (8 * i);
    assert_int_equal(pack->size, 346);
    assert_true(checksum == UINT64_C(0x518426461ba40c18));
    cllrn_pack_destroy(pack);
}

static void pack_open__not_a_pack_INVALID_PACK(void **state)
{
    static const char *const others[] = {"x", "clLRNpk", "clLRNpk\n", "\x93NUMPY", "#!/bin/sh\n"};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i) {
        cllrn_pack *pack = UNTOUCHED;
        cllrn_error error = error_blank();
        const cllrn_status status = cllrn_pack_open(others[i], strlen(others[i]), &pack, &error);
        assert_failed(CLLRN_INVALID_PACK, status, &error);
        assert_ptr_equal(pack, UNTOUCHED);
    }
}

static void pack_open__null_INVALID_ARGUMENT(void **state)
{
    cllrn_pack *pack = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_pack_open(NULL, 3, &pack, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_pack_open("abc", 3, NULL, &error), &error);
    assert_ptr_equal(pack, UNTOUCHED);
}

static void pack_open__too_large_INVALID_PACK(void **state)
{
    cllrn_pack *pack = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    const size_t before = memory_calls();
    assert_failed(CLLRN_INVALID_PACK,
                  cllrn_pack_open("abc", (size_t)LRN_PACK_MAX_SIZE + 1, &pack, &error), &error);
    assert_int_equal(memory_calls(), before);
}

static void pack_open__other_format_INVALID_PACK(void **state)
{
    (void)state;
    cllrn_pack *pack = make(), *out = UNTOUCHED;
    cllrn_error error = error_blank();
    pack->data[8] = 3;
    assert_failed(CLLRN_INVALID_PACK, cllrn_pack_open(pack->data, pack->size, &out, &error),
                  &error);
    assert_non_null(strstr(error.message, "format 3, expected 2"));
    cllrn_pack_destroy(pack);
}

/* A flipped bit anywhere but in the zeros between binaries is noticed. */
static void pack_open__any_bit_INVALID_PACK(void **state)
{
    size_t accepted = 0;
    (void)state;
    cllrn_pack *pack = make();
    for (size_t i = 0; i < pack->size * 8; ++i) {
        cllrn_pack *out = UNTOUCHED;
        pack->data[i / 8] ^= (unsigned char)(1 << (i % 8));
        const cllrn_status status = cllrn_pack_open(pack->data, pack->size, &out, NULL);
        if (status == CLLRN_SUCCESS) {
            ++accepted;
            assert_whole(out);
            cllrn_pack_destroy(out);
        } else {
            assert_int_equal(status, CLLRN_INVALID_PACK);
            assert_ptr_equal(out, UNTOUCHED);
        }
        pack->data[i / 8] ^= (unsigned char)(1 << (i % 8));
    }
    assert_true(accepted < 2 * 16 * 8);
    cllrn_pack_destroy(pack);
}

static void pack_open__any_length_INVALID_PACK(void **state)
{
    (void)state;
    cllrn_pack *pack = make(), *out = UNTOUCHED;
    unsigned char longer[512] = {0};
    for (size_t size = 0; size < pack->size; ++size)
        assert_int_equal(cllrn_pack_open(pack->data, size, &out, NULL), CLLRN_INVALID_PACK);
    assert_true(pack->size < sizeof longer);
    memcpy(longer, pack->data, pack->size);
    for (size_t size = pack->size + 1; size <= sizeof longer; ++size)
        assert_int_equal(cllrn_pack_open(longer, size, &out, NULL), CLLRN_INVALID_PACK);
    assert_ptr_equal(out, UNTOUCHED);
    cllrn_pack_destroy(pack);
}

static void pack_read__files_INVALID_PACK(void **state)
{
    static const char *const names[] = {"/nonexistent/pack", "/", "/dev/null",
                                        KERNEL_DIR "/kernel.h"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        cllrn_pack *pack = UNTOUCHED;
        cllrn_error error = error_blank();
        assert_failed(CLLRN_INVALID_PACK, lrn_pack_read(names[i], true, &pack, &error), &error);
        assert_non_null(strstr(error.message, names[i]));
        assert_ptr_equal(pack, UNTOUCHED);
    }
}

static void pack_add__many_programs_of_one_binary_SUCCESS(void **state)
{
    static const char *const names[] = {"x", "y", "z"}, *const kernels[] = {"kx", NULL, "kz"};
    (void)state;
    cllrn_pack *pack = make(), *sum = NULL, *more = NULL;
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_pack_add(pack, "vendor", 6, names, kernels, 3, &sum, &error), &error);
    assert_succeeded(
        cllrn_pack_add(sum, "other", 5, (const char *const[]){"w"}, NULL, 1, &more, &error),
        &error);
    assert_int_equal(more->row_count, ROWS + 4);
    assert_string_equal(more->rows[ROWS].kernel, "kx");
    assert_string_equal(more->rows[ROWS + 1].kernel, "y");
    assert_string_equal(more->rows[ROWS + 3].kernel, "w");
    assert_ptr_equal(more->rows[ROWS].binary, more->rows[ROWS + 2].binary);
    assert_memory_equal(more->rows[ROWS].binary, "vendor", 6);
    for (size_t i = 0; i < more->row_count; ++i)
        assert_true(lrn_pack_intact(more, &more->rows[i]));
    cllrn_pack_destroy(more);
    cllrn_pack_destroy(sum);
    cllrn_pack_destroy(pack);
}

static void pack_add__wrong_INVALID_ARGUMENT(void **state)
{
    static char huge[5000];
    const char *const good[] = {"x"}, *const none[] = {NULL}, *const empty[] = {""},
                      *const known[] = {"forward_a"}, *const twice[] = {"x", "x"},
                      *const large[] = {huge};
    memset(huge, 'x', sizeof huge - 1);
    (void)state;
    cllrn_pack *pack = make();
    const struct {
        const cllrn_pack *pack;
        const void *binary;
        size_t size;
        const char *const *programs, *const *kernels;
        size_t count;
    } calls[] = {
        {NULL, "b", 1, good, NULL, 1},  {pack, NULL, 1, good, NULL, 1},
        {pack, "b", 0, good, NULL, 1},  {pack, "b", 1, NULL, NULL, 1},
        {pack, "b", 1, good, NULL, 0},  {pack, "b", 1, none, NULL, 1},
        {pack, "b", 1, empty, NULL, 1}, {pack, "b", 1, known, NULL, 1},
        {pack, "b", 1, twice, NULL, 2}, {pack, "b", 1, large, NULL, 1},
        {pack, "b", 1, good, large, 1}, {pack, "b", 1, good, NULL, 1025},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i) {
        cllrn_pack *sum = UNTOUCHED;
        cllrn_error error = error_blank();
        const cllrn_status status =
            cllrn_pack_add(calls[i].pack, calls[i].binary, calls[i].size, calls[i].programs,
                           calls[i].kernels, calls[i].count, &sum, &error);
        assert_failed(CLLRN_INVALID_ARGUMENT, status, &error);
        assert_ptr_equal(sum, UNTOUCHED);
    }
    cllrn_pack_destroy(pack);
}

static void pack__every_allocation_OUT_OF_MEMORY(void **state)
{
    (void)state;
    cllrn_pack *pack = make();
    const char *const names[] = {"x"};
    for (size_t n = 1;; ++n) {
        cllrn_pack *sum = NULL, *copy = NULL;
        cllrn_error error = error_blank();
        memory_fail(n, false);
        cllrn_status status = cllrn_pack_add(pack, "b", 1, names, NULL, 1, &sum, &error);
        if (status == CLLRN_SUCCESS)
            status = cllrn_pack_open(sum->data, sum->size, &copy, &error);
        const bool failed = memory_failed() > 0;
        memory_fail(0, false);
        if (failed)
            assert_failed(CLLRN_OUT_OF_MEMORY, status, &error);
        cllrn_pack_destroy(sum);
        cllrn_pack_destroy(copy);
        if (!failed) {
            assert_true(n > 8);
            break;
        }
    }
    cllrn_pack_destroy(pack);
}

static void pack_check__device_and_driver_PACK_MISMATCH(void **state)
{
    (void)state;
    world w = world_open();
    cllrn_pack *pack = NULL;
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_engine_export(w.engine, &pack, &error), &error);
    assert_succeeded(cllrn_pack_check(pack, w.device, 0, &error), &error);

    fake_settings(w.device)->driver = "9.9";
    assert_failed(CLLRN_PACK_MISMATCH, cllrn_pack_check(pack, w.device, 0, &error), &error);
    assert_non_null(strstr(error.message, "driver \"1.0\""));
    assert_non_null(strstr(error.message, "driver \"9.9\""));
    error = error_blank();
    assert_succeeded(cllrn_pack_check(pack, w.device, 1, &error), &error);

    fake_settings(w.device)->address_bits = 32;
    assert_failed(CLLRN_PACK_MISMATCH, cllrn_pack_check(pack, w.device, 1, &error), &error);
    assert_non_null(strstr(error.message, "address bits \"64\""));
    error = error_blank();
    fake_settings(w.device)->address_bits = 64;

    fake_settings(w.device)->name = "another device";
    assert_failed(CLLRN_PACK_MISMATCH, cllrn_pack_check(pack, w.device, 1, &error), &error);
    assert_non_null(strstr(error.message, "\"fake device\""));
    assert_non_null(strstr(error.message, "\"another device\""));
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_pack_check(NULL, w.device, 1, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_pack_check(pack, NULL, 1, &error), &error);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pack_make__what_went_in_comes_out_SUCCESS),
        TEST(pack_make__nothing_SUCCESS),
        TEST(pack_make__bytes_are_frozen_SUCCESS),
        TEST(pack_open__not_a_pack_INVALID_PACK),
        TEST(pack_open__null_INVALID_ARGUMENT),
        TEST(pack_open__too_large_INVALID_PACK),
        TEST(pack_open__other_format_INVALID_PACK),
        TEST(pack_open__any_bit_INVALID_PACK),
        TEST(pack_open__any_length_INVALID_PACK),
        TEST(pack_read__files_INVALID_PACK),
        TEST(pack_add__many_programs_of_one_binary_SUCCESS),
        TEST(pack_add__wrong_INVALID_ARGUMENT),
        TEST(pack__every_allocation_OUT_OF_MEMORY),
        TEST(pack_check__device_and_driver_PACK_MISMATCH),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
