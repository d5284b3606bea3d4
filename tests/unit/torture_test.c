/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damaged packs and cache entries by the thousand: bytes flipped, cut off,
 * added, fields of the header set to hostile values with the checksum made
 * right again. What comes of each is a program that is right, or a refusal.
 */
#include "support.h"

#include <stdlib.h>

#include "hash.h"
#include "engine.h"

enum { VARIANTS = 12000 };

static const lrn_program_key ordinary = {
    .variant = lrn_variants_any, .storage = LRN_F32, .width = 1, .taps = 5, .power = LRN_POWER_3_4};

static void put(unsigned char *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; ++i)
        at[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static void make_checksum_right(unsigned char *data, size_t size)
{
    const uint64_t tables = get(data + 24, 8);
    if (size >= LRN_PACK_HEADER && tables <= size - LRN_PACK_HEADER)
        put(data + 40, lrn_hash(lrn_hash(0, data, 40), data + LRN_PACK_HEADER, (size_t)tables), 8);
}

static uint64_t hostile(uint64_t *seed, size_t size)
{
    static const uint64_t values[] = {0,
                                      1,
                                      2,
                                      3,
                                      47,
                                      48,
                                      49,
                                      255,
                                      4096,
                                      4097,
                                      65535,
                                      65536,
                                      0x7fffffff,
                                      0x80000000,
                                      0xfffffff0,
                                      0xffffffff,
                                      UINT64_C(0x7fffffffffffffff),
                                      UINT64_C(0x8000000000000000),
                                      UINT64_C(0xfffffffffffffff0),
                                      UINT64_MAX};
    const int64_t which = random_below(seed, 26);
    if (which < 20)
        return values[which];
    return (uint64_t)size + (uint64_t)random_below(seed, 65) - 32;
}

/* Damages data, of size bytes with room for 64 more, and returns its new size. */
static size_t damage(uint64_t *seed, unsigned char *data, size_t size)
{
    const size_t head = LRN_PACK_HEADER + (size_t)get(data + 24, 8);
    const size_t reach = random_below(seed, 4) == 0 ? size : head; /* mostly what is parsed */
    switch (random_below(seed, 6)) {
    case 0:
        for (int64_t flips = 1 + random_below(seed, 4); flips > 0; --flips)
            data[random_below(seed, (int64_t)reach)] ^= (unsigned char)(1 << random_below(seed, 8));
        return size;
    case 1:
        return (size_t)random_below(seed, (int64_t)reach);
    case 2: {
        const size_t more = (size_t)random_below(seed, 64) + 1;
        for (size_t i = 0; i < more; ++i)
            data[size + i] = (unsigned char)random_below(seed, 256);
        if (random_below(seed, 2)) {
            put(data + 32, size + more, 8);
            make_checksum_right(data, size + more);
        }
        return size + more;
    }
    case 3: { /* another version, or another library's, device's or program's */
        data[random_below(seed, 2) ? 8 : 48 + random_below(seed, (int64_t)head - 48)] ^=
            (unsigned char)(1 + random_below(seed, 255));
        make_checksum_right(data, size);
        return size;
    }
    case 4: /* a field of the header */
        put(data + 8 + 4 * random_below(seed, 8), hostile(seed, size),
            random_below(seed, 2) ? 4 : 8);
        make_checksum_right(data, size);
        return size;
    default: /* a number of the tables */
        put(data + 48 + random_below(seed, (int64_t)head - 48 - 8), hostile(seed, size),
            random_below(seed, 2) ? 4 : 8);
        make_checksum_right(data, size);
        return size;
    }
}

/* The bytes of a pack: of one program, which is what a cache entry is too, or of two. */
static unsigned char *make_bytes(size_t *size, bool several)
{
    world w = world_open();
    lrn_program *program;
    cllrn_pack *pack = NULL;
    lrn_program_key other = ordinary;
    other.backward = true;
    assert_int_equal(lrn_programs_get(&w.engine->programs, &ordinary, &program, NULL),
                     CLLRN_SUCCESS);
    if (several)
        assert_int_equal(lrn_programs_get(&w.engine->programs, &other, &program, NULL),
                         CLLRN_SUCCESS);
    assert_int_equal(cllrn_engine_export(w.engine, &pack, NULL), CLLRN_SUCCESS);
    unsigned char *bytes = malloc(pack->size);
    memcpy(bytes, pack->data, pack->size);
    *size = pack->size;
    cllrn_pack_destroy(pack);
    world_close(&w);
    return bytes;
}

/* Whatever it came from, it is what the compiler makes of the key. */
static void assert_right(const world *w, lrn_program *program)
{
    cl_int code = CL_SUCCESS;
    char options[CLLRN_OPTIONS_SIZE];
    lrn_source_list list = lrn_sources_list(&w->engine->sources, "column", false);
    lrn_program_options(&ordinary, true, options);
    cl_program expected =
        clCreateProgramWithSource(w->context, list.count, list.parts, NULL, &code);
    assert_int_equal(clBuildProgram(expected, 1, &w->device, options, NULL, NULL), CL_SUCCESS);
    assert_true(fake_same_program(expected, program->program));
    clReleaseProgram(expected);
}

typedef struct counts {
    size_t refused, packed, given, cached, compiled;
} counts;

static void count_origin(counts *c, int32_t origin)
{
    c->packed += origin == CLLRN_ORIGIN_PACKED;
    c->given += origin == CLLRN_ORIGIN_IMPORTED;
    c->cached += origin == CLLRN_ORIGIN_CACHED;
    c->compiled += origin == CLLRN_ORIGIN_COMPILED;
}

static void try_pack(const unsigned char *data, size_t size, counts *c)
{
    world w = world_handles();
    lrn_program *program = NULL;
    cllrn_error error = error_blank();
    w.options.pack_data = data;
    w.options.pack_size = size;
    cllrn_status status = cllrn_engine_create(w.context, w.device, &w.options, &w.engine, &error);
    if (status == CLLRN_SUCCESS)
        status = lrn_programs_get(&w.engine->programs, &ordinary, &program, &error);
    if (status == CLLRN_SUCCESS) {
        assert_right(&w, program);
        count_origin(c, program->origin);
        assert_int_equal(program->origin, CLLRN_ORIGIN_PACKED);
    } else {
        assert_true(status == CLLRN_INVALID_PACK || status == CLLRN_PACK_MISMATCH ||
                    status == CLLRN_PROGRAM_MISSING);
        /* What assert_failed() takes for a mistake in a format may be in a damaged name. */
        for (char *at = error.message; (at = strchr(at, '#')) != NULL;)
            *at = '?';
        assert_failed(status, status, &error);
        ++c->refused;
    }
    world_close(&w);
}

static void try_import(const unsigned char *data, size_t size, counts *c)
{
    world w = world_open();
    lrn_program *program = NULL;
    cllrn_error error = error_blank();
    const cllrn_status status = cllrn_engine_import(w.engine, data, size, NULL);
    assert_true(status == CLLRN_SUCCESS || status == CLLRN_INVALID_PACK ||
                status == CLLRN_PACK_MISMATCH);
    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);
    assert_right(&w, program);
    count_origin(c, program->origin);
    world_close(&w);
}

static void try_entry(const char *path, const char *directory, const unsigned char *data,
                      size_t size, counts *c)
{
    world w = world_handles();
    lrn_program *program = NULL;
    cllrn_error error = error_blank();
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
    w.options.cache = CLLRN_CACHE_ON;
    w.options.cache_dir = directory;
    world_engine(&w);
    assert_succeeded(lrn_programs_get(&w.engine->programs, &ordinary, &program, &error), &error);
    assert_right(&w, program);
    count_origin(c, program->origin);
    world_close(&w);
}

static void torture__packs_and_entries_SUCCESS(void **state)
{
    char directory[64], path[320];
    size_t sizes[2];
    uint64_t seed = 5;
    counts c = {0, 0, 0, 0, 0};
    unsigned char *const whole[] = {make_bytes(&sizes[0], false), make_bytes(&sizes[1], true)};
    unsigned char *data = malloc(sizes[1] + 64);
    (void)state;
    directory_make(directory);
    for (int variant = 0; variant < VARIANTS; ++variant) {
        const int which = variant % 2;
        fake_reset();
        if (variant == 0) { /* how its file is called */
            world w = world_handles();
            lrn_program *program = NULL;
            w.options.cache = CLLRN_CACHE_ON;
            w.options.cache_dir = directory;
            world_engine(&w);
            assert_int_equal(lrn_programs_get(&w.engine->programs, &ordinary, &program, NULL),
                             CLLRN_SUCCESS);
            world_close(&w);
            assert_int_equal(directory_list(directory, ".program", path), 1);
            try_entry(path, directory, whole[0], sizes[0], &c);
            assert_int_equal(c.cached, 1);
            fake_reset();
        }
        memcpy(data, whole[which], sizes[which]);
        const size_t size = damage(&seed, data, sizes[which]);
        if (variant % 3 == 0)
            try_pack(data, size, &c);
        else if (variant % 3 == 1)
            try_import(data, size, &c);
        else
            try_entry(path, directory, data, size, &c);
        fake_verify();
    }
    print_message("%d damaged: %zu refused, %zu compiled, %zu packed, %zu given, %zu cached, all "
                  "right\n",
                  VARIANTS, c.refused, c.compiled, c.packed, c.given, c.cached);
    assert_true(c.refused > VARIANTS / 6 && c.compiled > VARIANTS / 4);
    free(data);
    free(whole[0]);
    free(whole[1]);
    directory_remove(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(torture__packs_and_entries_SUCCESS)};
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("torture", tests, NULL, NULL);
}
