/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short list of cases whose digests are written down: the host build and the
 * device must both give them. They come from the host build and change only
 * with CLLRN_ARITHMETIC_VERSION.
 *
 *     digests FILE           compare
 *     digests --write        print the file's new content, from the host build
 */
#include "device_test.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int32_t rank, axis;
    int64_t dims[5];
    int64_t lower, upper;
    double divisor, alpha, beta, k;
    content content;
} rows[] = {
    {4, 1, {1, 96, 13, 13}, 2, 2, 5, 1e-4, 0.75, 1.0, CONTENT_SPREAD},
    {4, 1, {2, 64, 14, 14}, 2, 2, 5, 1e-4, 0.75, 2.0, CONTENT_SPREAD},
    {4, -1, {2, 7, 9, 48}, 2, 2, 5, 1e-4, 0.75, 1.0, CONTENT_SPREAD},
    {4, 1, {2, 17, 5, 7}, 1, 1, 3, 2e-4, 0.5, 2.0, CONTENT_SPREAD},
    {4, -1, {3, 5, 5, 31}, 1, 1, 3, 2e-4, 0.5, 2.0, CONTENT_SPREAD},
    {4, 1, {2, 17, 5, 7}, 3, 3, 7, 1e-3, 1.0, 1.0, CONTENT_SPREAD},
    {4, -1, {2, 3, 4, 33}, 4, 4, 9, 1e-3, 1.0, 1.0, CONTENT_SPREAD},
    {4, 1, {2, 17, 5, 7}, 2, 2, 5, 1e-2, 0.6, 1.0, CONTENT_SPREAD},
    {4, -1, {2, 5, 3, 40}, 2, 2, 5, 1e-2, 0.6, 1.0, CONTENT_SPREAD},
    {4, 1, {2, 17, 5, 7}, 2, 2, 5, 1e-2, -1.3, 1.0, CONTENT_SPREAD},
    {4, 1, {1, 12, 5, 7}, 4, 4, 9, 1e-2, 3.7, 1.5, CONTENT_SPREAD},
    {4, 1, {2, 17, 5, 7}, 2, 2, 5, 1e-4, 0.0, 1.0, CONTENT_SPREAD},
    {3, 1, {3, 9, 4}, 1, 0, 2, 1e-4, 0.75, 1.0, CONTENT_SPREAD},
    {3, 1, {3, 9, 4}, 0, 1, 2, 1e-4, 0.75, 1.0, CONTENT_SPREAD},
    {3, 1, {3, 9, 4}, 2, 1, 4, 1e-4, 0.75, 1.0, CONTENT_SPREAD},
    {3, 1, {3, 9, 4}, 0, 0, 1, 1e-4, 0.75, 1.0, CONTENT_SPREAD},
    {2, 1, {5, 130}, 50, 49, 100, 1e-4, 0.75, 1.0, CONTENT_SPREAD},
    {4, 1, {2, 5, 3, 3}, 100000, 7, 5, 1e-3, 0.5, 1.0, CONTENT_SPREAD},
    {5, 1, {2, 8, 3, 2, 3}, 2, 2, 5, 1.0 / 8192, 0.75, 1.0, CONTENT_INTEGER},
    {4, 1, {2, 21, 5, 7}, 2, 2, 1, 1.0, 0.5, 1.0, CONTENT_INTEGER},
    {4, 1, {2, 20, 5, 7}, 2, 2, 5, 1e-4, 0.75, 1.0, CONTENT_HUGE},
    {4, 1, {2, 20, 5, 7}, 1, 1, 3, 1.0, 1.0, 1.0, CONTENT_SPECIAL},
    {4, -1, {2, 5, 7, 20}, 2, 2, 5, 1.0, 0.75, 0.0, CONTENT_SPECIAL},
    {4, 1, {2, 20, 5, 7}, 2, 2, 5, -1.0, 1.0, 1.0, CONTENT_SPECIAL},
    {4, 1, {2, 20, 5, 7}, 2, 2, 5, -1.0, 2.0, 0.5, CONTENT_INTEGER},
    {4, 1, {2, 20, 5, 7}, 2, 2, 5, 1.0, 12.5, 1.0, CONTENT_INTEGER},
};

enum { ROW_COUNT = sizeof rows / sizeof *rows };

static test_device device;
static uint64_t wanted[ROW_COUNT];

static test_case make_row(size_t i)
{
    test_case c;
    memset(&c, 0, sizeof c);
    c.rank = rows[i].rank;
    c.channel_axis = rows[i].axis;
    memcpy(c.dims, rows[i].dims, sizeof rows[i].dims);
    c.params.struct_size = sizeof c.params;
    c.params.region = CLLRN_ACROSS_CHANNELS;
    c.params.lower = rows[i].lower;
    c.params.upper = rows[i].upper;
    c.params.divisor = rows[i].divisor;
    c.params.alpha = rows[i].alpha;
    c.params.beta = rows[i].beta;
    c.params.k = rows[i].k;
    c.content = rows[i].content;
    c.seed = 1000 + i;
    return c;
}

static uint64_t digest_of(const cllrn_tensor *tensor, const float *data)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    uint64_t digest = 0;
    check(cllrn_digest(tensor, data, 0, &digest, &error), &error);
    return digest;
}

static void write_file(void)
{
    printf("# Digests of the cases of tests/device/digests.c, by the host build.\n");
    printf("arithmetic %d\n", CLLRN_ARITHMETIC_VERSION);
    for (size_t i = 0; i < ROW_COUNT; ++i) {
        const test_case c = make_row(i);
        case_data data;
        case_data_make(&c, &data);
        printf("%016" PRIx64 " ", digest_of(&data.dst, data.expected + data.dst_base));
        print_case(stdout, &c);
        printf("\n");
        case_data_free(&data);
    }
}

static bool read_file(const char *path)
{
    char line[512];
    size_t count = 0;
    int version = 0;
    FILE *stream = fopen(path, "r");
    if (stream == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return false;
    }
    while (fgets(line, sizeof line, stream) != NULL) {
        if (line[0] == '#' || sscanf(line, "arithmetic %d", &version) == 1)
            continue;
        if (count < ROW_COUNT)
            wanted[count] = strtoull(line, NULL, 16);
        ++count;
    }
    fclose(stream);
    if (version != CLLRN_ARITHMETIC_VERSION || count != ROW_COUNT) {
        fprintf(stderr, "%s: arithmetic %d with %zu digests, expected %d with %d\n", path, version,
                count, CLLRN_ARITHMETIC_VERSION, ROW_COUNT);
        return false;
    }
    return true;
}

static void host__every_row__has_the_written_digest(void **state)
{
    int failures = 0;
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; ++i) {
        const test_case c = make_row(i);
        case_data data;
        case_data_make(&c, &data);
        const uint64_t digest = digest_of(&data.dst, data.expected + data.dst_base);
        if (digest != wanted[i]) {
            printf("FAILED row %zu: host %016" PRIx64 ", written %016" PRIx64 ": ", i, digest,
                   wanted[i]);
            print_case(stdout, &c);
            printf("\n");
            ++failures;
        }
        case_data_free(&data);
    }
    assert_int_equal(failures, 0);
}

static void device__every_row__has_the_written_digest(void **state)
{
    int failures = 0;
    uint64_t all = 0;
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; ++i) {
        const test_case c = make_row(i);
        case_data data;
        case_data_make(&c, &data);
        const bool same = run_case(&device, &c, &data, NULL); /* the bits of data.expected */
        const uint64_t digest = digest_of(&data.dst, data.result + data.dst_base);
        if (!same || digest != wanted[i]) {
            printf("FAILED row %zu: device %016" PRIx64 ", written %016" PRIx64 ": ", i, digest,
                   wanted[i]);
            print_case(stdout, &c);
            printf("\n");
            ++failures;
        }
        all += digest * (i + 1);
        case_data_free(&data);
    }
    printf("digest of all %d rows on %s: %016" PRIx64 "\n", ROW_COUNT, device.name, all);
    assert_int_equal(failures, 0);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--write") == 0) {
        write_file();
        return EXIT_SUCCESS;
    }
    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE | --write\n", argv[0]);
        return 2;
    }
    if (!read_file(argv[1]))
        return EXIT_FAILURE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host__every_row__has_the_written_digest),
        cmocka_unit_test(device__every_row__has_the_written_digest),
    };
    test_device_open(&device);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_device_close(&device);
    return failed;
}
