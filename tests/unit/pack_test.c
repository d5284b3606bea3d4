/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "hash.h"
#include "engine.h"

static const char *const texts[CLLRN_PACK_TEXTS] = {
    "0.1.0", "0123456789abcdef", "platform", "1", "device", "vendor", "2", "3", "64"};

static const char one[] = "the first binary", two[] = "the second, longer binary";

/* Three programs in two binaries. */
static const lrn_pack_row rows[] = {
    {.name = "forward_a", "-DA", "", one, sizeof one},
    {.name = "forward_b", "", "kernel_b", two, sizeof two},
    {.name = "forward_c", "", "kernel_c", two, sizeof two},
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

/*
 * A pack as told: written as it stands here, with every checksum right, unless a test spoils
 * something. Two programs in two binaries.
 */
enum { DRAFT_ROWS = LRN_PACK_PROGRAMS + 1, DRAFT_TEXT = 4200, DRAFT_SIZE = 128 * 1024 };

typedef struct draft_text {
    const char *text;
    uint32_t length; /* as told and as written; 0: the text's with its zero */
} draft_text;

typedef struct draft_row {
    uint32_t index;
    draft_text texts[3]; /* name, options, kernel */
} draft_row;

typedef struct draft {
    const char *head;
    uint32_t format, programs, binaries, reserved;
    uint64_t more_tables, more_size, more_checksum; /* than there is */
    const char *texts[CLLRN_PACK_TEXTS];
    draft_row rows[DRAFT_ROWS];
    const char *payloads[2];
    uint64_t sizes[2]; /* of binaries as told */
    uint64_t more_binary_checksum;
    size_t behind_tables, behind_payloads; /* zeros */
    size_t cut;                            /* so many bytes are handed over; 0: all */
} draft;

static void draft_ordinary(draft *d)
{
    memset(d, 0, sizeof *d);
    d->head = "clLRNpk\n";
    d->format = LRN_PACK_FORMAT;
    d->programs = d->binaries = 2;
    memcpy(d->texts, texts, sizeof texts);
    d->rows[0] = (draft_row){0, {{"a", 0}, {"-DA", 0}, {"", 0}}};
    d->rows[1] = (draft_row){1, {{"b", 0}, {"", 0}, {"kernel_b", 0}}};
    d->payloads[0] = "first"; /* and its zero */
    d->payloads[1] = "second";
    for (int i = 0; i < 2; ++i)
        d->sizes[i] = strlen(d->payloads[i]) + 1;
}

static void put(unsigned char *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; ++i)
        at[i] = (unsigned char)(value >> (8 * i));
}

static size_t put_text(unsigned char *at, draft_text text)
{
    const uint32_t length = text.length != 0 ? text.length : (uint32_t)strlen(text.text) + 1;
    put(at, length, 4);
    memcpy(at + 4, text.text, length);
    return 4 + length;
}

/* What a binary's checksum covers, by the format's description. */
static uint64_t draft_checksum(const draft *d, uint32_t index)
{
    uint64_t hash = 0;
    for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
        hash = lrn_hash_text(hash, d->texts[i]);
    for (uint32_t row = 0; row < d->programs; ++row)
        for (int i = 0; i < 3 && d->rows[row].index == index; ++i)
            hash = lrn_hash_text(hash, d->rows[row].texts[i].text);
    return lrn_hash(hash, d->payloads[index], strlen(d->payloads[index]) + 1);
}

static size_t draft_write(const draft *d, unsigned char *out)
{
    size_t at = LRN_PACK_HEADER;
    memset(out, 0, DRAFT_SIZE);
    for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
        at += put_text(out + at, (draft_text){d->texts[i], 0});
    for (uint32_t row = 0; row < d->programs; ++row) {
        put(out + at, d->rows[row].index, 4);
        at += 4;
        for (int i = 0; i < 3; ++i)
            at += put_text(out + at, d->rows[row].texts[i]);
    }
    for (uint32_t i = 0; i < d->binaries; ++i, at += 16) {
        put(out + at, d->sizes[i], 8);
        put(out + at + 8, draft_checksum(d, i) + d->more_binary_checksum, 8);
    }
    at += d->behind_tables;
    const size_t tables = at - LRN_PACK_HEADER;
    for (uint32_t i = 0; i < d->binaries; ++i)
        if (d->sizes[i] == strlen(d->payloads[i]) + 1) {
            at = (at + 15) / 16 * 16;
            memcpy(out + at, d->payloads[i], (size_t)d->sizes[i]);
            at += (size_t)d->sizes[i];
        }
    if (d->behind_payloads != 0)
        at = (at + 15) / 16 * 16 + d->behind_payloads;
    memcpy(out, d->head, 8);
    put(out + 8, d->format, 4);
    put(out + 12, d->programs, 4);
    put(out + 16, d->binaries, 4);
    put(out + 20, d->reserved, 4);
    put(out + 24, tables + d->more_tables, 8);
    put(out + 32, at + d->more_size, 8);
    put(out + 40, lrn_hash(lrn_hash(0, out, 40), out + LRN_PACK_HEADER, tables) + d->more_checksum,
        8);
    return d->cut != 0 ? d->cut : at;
}

static cllrn_status draft_open(const draft *d, cllrn_pack **pack, cllrn_error *error)
{
    static unsigned char bytes[DRAFT_SIZE];
    const size_t size = draft_write(d, bytes);
    return cllrn_pack_open(bytes, size, pack, error);
}

static void pack_open__by_the_formats_description_SUCCESS(void **state)
{
    static draft d;
    cllrn_pack *pack = NULL;
    cllrn_error error = error_blank();
    (void)state;
    draft_ordinary(&d);
    assert_succeeded(draft_open(&d, &pack, &error), &error);
    assert_int_equal(pack->row_count, 2);
    assert_string_equal(pack->rows[0].options, "-DA");
    assert_string_equal(pack->rows[1].kernel, "kernel_b");
    assert_memory_equal(pack->rows[1].binary, "second", 7);
    assert_int_equal(pack->rows[1].size, 7);
    cllrn_pack_destroy(pack);
}

static char long_text[DRAFT_TEXT];

static void spoil_length(draft *d)
{
    d->cut = LRN_PACK_HEADER - 1;
}
static void spoil_head(draft *d)
{
    d->head = "clLRNpk\r";
}
static void spoil_format(draft *d)
{
    d->format = LRN_PACK_FORMAT + 1;
}
static void spoil_size_up(draft *d)
{
    d->more_size = 1;
}
static void spoil_size_down(draft *d)
{
    d->more_size = UINT64_MAX;
}
static void spoil_tables(draft *d)
{
    d->more_tables = 64;
}
static void spoil_tables_far(draft *d)
{
    d->more_tables = UINT64_MAX - 300;
}
static void spoil_checksum(draft *d)
{
    d->more_checksum = 1;
}
static void spoil_reserved(draft *d)
{
    d->reserved = 1;
}
static void spoil_more_binaries_than_programs(draft *d)
{
    d->programs = 1;
}
static void spoil_long_text(draft *d)
{
    d->rows[1].texts[2] = (draft_text){long_text, 4097};
    long_text[4095] = 'x';
    long_text[4096] = '\0';
}
static void spoil_text_without_end(draft *d)
{
    d->rows[1].texts[2].length = 8;
}
static void spoil_text_in_two(draft *d)
{
    d->rows[1].texts[2] = (draft_text){"ker\0nel", 8};
}
static void spoil_empty_binary(draft *d)
{
    d->payloads[0] = "fifteen letters"; /* the second one's place is within the pack */
    d->sizes[0] = 16;
    d->payloads[1] = "";
    d->sizes[1] = 0;
}
static void spoil_binary_behind_the_end(draft *d)
{
    /* "first" ends 10 bytes before a multiple of 16, and so does the pack. */
    d->sizes[1] = UINT64_MAX - 9;
}
static void spoil_binary_around_the_end(draft *d)
{
    /* The first one begins where its payload would and reaches 32 bytes back, the second the end.
     */
    d->sizes[0] = UINT64_MAX - 31;
    d->payloads[0] = "";
    d->sizes[1] = 32 + 7;
    d->behind_payloads = 7;
}
static void spoil_unused_binary(draft *d)
{
    d->rows[1].index = 0;
}
static void spoil_behind_tables(draft *d)
{
    d->behind_tables = 16;
}
static void spoil_behind_payloads(draft *d)
{
    d->behind_payloads = 1;
}
static void spoil_index(draft *d)
{
    d->programs = 3;
    d->rows[2] = (draft_row){2, {{"c", 0}, {"", 0}, {"", 0}}};
}
static void spoil_name(draft *d)
{
    d->rows[1].texts[0].text = "";
}
static void spoil_second_of_a_name(draft *d)
{
    d->rows[1].texts[0].text = "a";
}
static void spoil_any_device(draft *d)
{
    for (int i = CLLRN_PACK_PLATFORM; i < CLLRN_PACK_TEXTS; ++i)
        d->texts[i] = "";
}
static void spoil_binary_checksum(draft *d)
{
    d->more_binary_checksum = 1;
}

/* Each is right but for one thing, and what is wrong with it is said. */
static void pack_open__one_thing_wrong_INVALID_PACK(void **state)
{
    static const struct {
        void (*spoil)(draft *d);
        const char *due;
    } cases[] = {
        {spoil_length, "no clLRN pack"},
        {spoil_head, "no clLRN pack"},
        {spoil_format, "format "},
        {spoil_size_up, " bytes, expected "},
        {spoil_size_down, " bytes, expected "},
        {spoil_tables, "tables are larger"},
        {spoil_tables_far, "tables are larger"},
        {spoil_checksum, "tables have another checksum"},
        {spoil_reserved, "reserved field"},
        {spoil_more_binaries_than_programs, "more programs than"},
        {spoil_long_text, "tables contradict"},
        {spoil_text_without_end, "tables contradict"},
        {spoil_text_in_two, "tables contradict"},
        {spoil_empty_binary, "tables contradict"},
        {spoil_binary_behind_the_end, "tables contradict"},
        {spoil_binary_around_the_end, "tables contradict"},
        {spoil_unused_binary, "tables contradict"},
        {spoil_behind_tables, "tables contradict"},
        {spoil_behind_payloads, "tables contradict"},
        {spoil_index, "tables contradict"},
        {spoil_name, "tables contradict"},
        {spoil_second_of_a_name, "tables contradict"},
        {spoil_any_device, "no SPIR-V"},
        {spoil_binary_checksum, "a has another checksum"},
    };
    static draft d;
    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        cllrn_pack *pack = UNTOUCHED;
        cllrn_error error = error_blank();
        draft_ordinary(&d);
        cases[i].spoil(&d);
        assert_failed(CLLRN_INVALID_PACK, draft_open(&d, &pack, &error), &error);
        if (strstr(error.message, cases[i].due) == NULL)
            fail_msg("case %zu: \"%s\", expected \"%s\"", i, error.message, cases[i].due);
        assert_ptr_equal(pack, UNTOUCHED);
    }
}

/* A binary's checksum covers what it is told to be for, whatever the tables' one says. */
static void pack_open__binary_of_something_else_INVALID_PACK(void **state)
{
    static unsigned char bytes[DRAFT_SIZE], others[DRAFT_SIZE];
    static draft d;
    (void)state;
    for (int part = 0; part < CLLRN_PACK_TEXTS + 3; ++part) {
        cllrn_pack *pack = UNTOUCHED;
        cllrn_error error = error_blank();
        char other[32]; /* of the same length: the tables keep their places */
        const char **const of_rows[] = {&d.rows[1].texts[0].text, &d.rows[0].texts[1].text,
                                        &d.rows[1].texts[2].text};
        const char **const text =
            part < CLLRN_PACK_TEXTS ? &d.texts[part] : of_rows[part - CLLRN_PACK_TEXTS];
        draft_ordinary(&d);
        const size_t size = draft_write(&d, bytes);
        snprintf(other, sizeof other, "%s", *text);
        ++other[0];
        *text = other;
        assert_int_equal(draft_write(&d, others), size);
        /* One's tables with the other's checksums of binaries. */
        const size_t end = LRN_PACK_HEADER + (size_t)bytes[24] + 256 * (size_t)bytes[25];
        memcpy(others + end - 32, bytes + end - 32, 32);
        put(others + 40,
            lrn_hash(lrn_hash(0, others, 40), others + LRN_PACK_HEADER, end - LRN_PACK_HEADER), 8);
        assert_failed(CLLRN_INVALID_PACK, cllrn_pack_open(others, size, &pack, &error), &error);
        assert_non_null(strstr(error.message, "has another checksum: make it anew"));
        assert_ptr_equal(pack, UNTOUCHED);
    }
}

/* The most of each, and one more. */
static void pack_open__limits_INVALID_PACK(void **state)
{
    static draft d;
    static char names[DRAFT_ROWS][12];
    (void)state;
    for (uint32_t more = 0; more < 2; ++more) {
        cllrn_pack *pack = NULL;
        cllrn_error error = error_blank();
        draft_ordinary(&d);
        d.programs = LRN_PACK_PROGRAMS + more;
        for (uint32_t i = 0; i < d.programs; ++i) {
            snprintf(names[i], sizeof names[i], "%x", i);
            d.rows[i] = (draft_row){i % 2, {{names[i], 0}, {"", 0}, {"", 0}}};
        }
        cllrn_status status = draft_open(&d, &pack, &error);
        if (more == 0) {
            assert_succeeded(status, &error);
            assert_int_equal(pack->row_count, LRN_PACK_PROGRAMS);
            cllrn_pack *sum = UNTOUCHED;
            status = cllrn_pack_add(pack, "b", 1, (const char *const[]){"one more"}, NULL, 1, &sum,
                                    &error);
            assert_failed(CLLRN_INVALID_PACK, status, &error);
            assert_non_null(strstr(error.message, "1025 programs, expected at most 1024"));
            assert_ptr_equal(sum, UNTOUCHED);
            cllrn_pack_destroy(pack);
        } else {
            assert_failed(CLLRN_INVALID_PACK, status, &error);
            assert_non_null(strstr(error.message, "more programs than"));
            assert_null(pack);
        }
    }
    cllrn_pack *pack = NULL;
    cllrn_error error = error_blank();
    draft_ordinary(&d);
    memset(long_text, 'x', sizeof long_text);
    long_text[4095] = '\0';
    d.rows[1].texts[2] = (draft_text){long_text, 0};
    assert_succeeded(draft_open(&d, &pack, &error), &error);
    cllrn_pack_destroy(pack);
}

/* Counts that the tables have no room for are refused before anything is made of them. */
static void pack_open__counts_without_room_INVALID_PACK(void **state)
{
    static unsigned char bytes[DRAFT_SIZE];
    static draft d;
    cllrn_pack *pack = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    draft_ordinary(&d);
    const size_t size = draft_write(&d, bytes);
    const size_t tables = (size_t)bytes[24] + 256 * (size_t)bytes[25];
    put(bytes + 12, 900, 4);
    put(bytes + 40, lrn_hash(lrn_hash(0, bytes, 40), bytes + LRN_PACK_HEADER, tables), 8);
    const size_t before = memory_calls();
    assert_failed(CLLRN_INVALID_PACK, cllrn_pack_open(bytes, size, &pack, &error), &error);
    assert_non_null(strstr(error.message, "more programs than"));
    assert_int_equal(memory_calls(), before + 1); /* the copy */
    assert_ptr_equal(pack, UNTOUCHED);
}

/* Larger than anything that could be read again. */
static void pack_make__too_large_INVALID_PACK(void **state)
{
    static const lrn_pack_row large[] = {{.name = "a", "", "", one, (size_t)LRN_PACK_MAX_SIZE}};
    cllrn_pack *pack = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    const size_t before = memory_calls();
    assert_failed(CLLRN_INVALID_PACK, lrn_pack_make(texts, large, 1, &pack, &error), &error);
    assert_int_equal(memory_calls(), before);
    assert_ptr_equal(pack, UNTOUCHED);
}

static void pack_read__files_INVALID_PACK(void **state)
{
    static const char *const names[] = {KERNEL_DIR "/missing/pack", "/", "/dev/null",
                                        KERNEL_DIR "/kernel.h"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        cllrn_pack *pack = UNTOUCHED;
        cllrn_error error = error_blank();
        assert_failed(CLLRN_INVALID_PACK,
                      lrn_pack_read(AT_FDCWD, names[i], 0, true, names[i], &pack, &error), &error);
        assert_non_null(strstr(error.message, names[i]));
        assert_ptr_equal(pack, UNTOUCHED);
    }
}

/* A pack in a file of a directory of its own. */
static void make_file(char directory[64], char path[80])
{
    cllrn_pack *pack = make();
    directory_make(directory);
    snprintf(path, 80, "%s/pack", directory);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(pack->data, 1, pack->size, file), pack->size);
    assert_int_equal(fclose(file), 0);
    cllrn_pack_destroy(pack);
}

/* What others may write is not executed, unless the caller says so. */
static void pack_read__writable_by_others_UNTRUSTED_PACK(void **state)
{
    static const mode_t modes[] = {0620, 0602, 0666};
    char directory[64], path[80];
    (void)state;
    make_file(directory, path);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; ++i) {
        cllrn_pack *pack = UNTOUCHED;
        cllrn_error error = error_blank();
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_failed(CLLRN_UNTRUSTED_PACK,
                      lrn_pack_read(AT_FDCWD, path, 0, false, path, &pack, &error), &error);
        assert_non_null(strstr(error.message, path));
        assert_ptr_equal(pack, UNTOUCHED);
        error = error_blank();
        assert_succeeded(lrn_pack_read(AT_FDCWD, path, 0, true, path, &pack, &error), &error);
        assert_whole(pack);
        cllrn_pack_destroy(pack);
    }
    directory_remove(directory);
}

static void pack_read__every_allocation_OUT_OF_MEMORY(void **state)
{
    char directory[64], path[80];
    (void)state;
    make_file(directory, path);
    for (size_t n = 1;; ++n) {
        cllrn_pack *copy = UNTOUCHED;
        cllrn_error error = error_blank();
        memory_fail(n, false);
        const cllrn_status status = lrn_pack_read(AT_FDCWD, path, 0, false, path, &copy, &error);
        const bool failed = memory_failed() > 0;
        memory_fail(0, false);
        if (!failed) {
            assert_succeeded(status, &error);
            cllrn_pack_destroy(copy);
            assert_true(n > 3);
            break;
        }
        assert_failed(CLLRN_OUT_OF_MEMORY, status, &error);
        assert_ptr_equal(copy, UNTOUCHED);
    }
    directory_remove(directory);
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
            assert_true(n > 7);
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
        TEST(pack_open__by_the_formats_description_SUCCESS),
        TEST(pack_open__one_thing_wrong_INVALID_PACK),
        TEST(pack_open__binary_of_something_else_INVALID_PACK),
        TEST(pack_open__limits_INVALID_PACK),
        TEST(pack_open__counts_without_room_INVALID_PACK),
        TEST(pack_make__too_large_INVALID_PACK),
        TEST(pack_read__files_INVALID_PACK),
        TEST(pack_read__writable_by_others_UNTRUSTED_PACK),
        TEST(pack_read__every_allocation_OUT_OF_MEMORY),
        TEST(pack_add__many_programs_of_one_binary_SUCCESS),
        TEST(pack_add__wrong_INVALID_ARGUMENT),
        TEST(pack__every_allocation_OUT_OF_MEMORY),
        TEST(pack_check__device_and_driver_PACK_MISMATCH),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
