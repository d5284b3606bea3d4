/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of tensor files: the right bytes, and how they are asked for. Pieces that
 * lie near each other are read in one call through a buffer of 64 KB.
 */
#include "run/tensor_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 64 << 10, NEAR = 4 << 10, OFFSET = 128 };

static struct {
    int calls;
    size_t bytes, greatest;
} reads;

/* In the place of the C library's, whatever its name is where files are large. */
ssize_t pread(int fd, void *to, size_t size, off_t offset)
{
    ++reads.calls;
    reads.bytes += size;
    reads.greatest = size > reads.greatest ? size : reads.greatest;
    return lseek(fd, offset, SEEK_SET) < 0 ? -1 : read(fd, to, size);
}

/* float32 of rows x columns, each element its own number; the path goes at once. */
static tensor_file make_file(int64_t rows, int64_t columns)
{
    tensor_file made = {.header = {.rank = 2, .dims = {rows, columns}},
                        .element = {.dtype = CLLRN_DTYPE_F32},
                        .size = (uint64_t)(rows * columns) * sizeof(float),
                        .offset = OFFSET,
                        .file = tmpfile(),
                        .path = "test.npy"};
    assert_non_null(made.file);
    float *const row = malloc((size_t)columns * sizeof *row);
    assert_non_null(row);
    assert_int_equal(fseek(made.file, OFFSET, SEEK_SET), 0);
    for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j)
            row[j] = (float)(i * columns + j);
        assert_int_equal(fwrite(row, sizeof *row, (size_t)columns, made.file), columns);
    }
    assert_int_equal(fflush(made.file), 0);
    free(row);
    memset(&reads, 0, sizeof reads);
    return made;
}

/* All rows of some columns, with what reading wants and may not write beside it. */
static void assert_columns(const tensor_file *file, int64_t first, int64_t count)
{
    const int64_t rows = file->header.dims[0], columns = file->header.dims[1];
    const box part = {.first = {0, first}, .dims = {rows, count}};
    const size_t elements = (size_t)(rows * count);
    float *const data = malloc((elements + 2) * sizeof *data);
    assert_non_null(data);
    data[0] = data[elements + 1] = -1;
    memset(&reads, 0, sizeof reads);

    assert_true(tensor_file_read(file, &part, data + 1));

    assert_true(data[0] == -1 && data[elements + 1] == -1);
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < count; ++j)
            if (data[1 + i * count + j] != (float)(i * columns + first + j))
                fail_msg("row %d, column %d is %g", (int)i, (int)j,
                         (double)data[1 + i * count + j]);
    free(data);
}

static void read__pieces_near_each_other_ONE_CALL(void **state)
{
    tensor_file file = make_file(100, 100);
    (void)state;
    assert_columns(&file, 3, 5);
    assert_int_equal(reads.calls, 1);
    assert_true(reads.bytes == (99 * 100 + 5) * sizeof(float));
    tensor_file_close(&file);
}

static void read__more_than_the_buffer_holds_SEVERAL_CALLS(void **state)
{
    /* 400 bytes apart: 164 pieces of up to 336 bytes fit, or 163 longer ones. */
    const struct {
        int64_t rows, count;
        int calls;
    } cases[] = {{164, 84, 1}, {165, 84, 2}, {328, 84, 2}, {329, 84, 3},
                 {163, 85, 1}, {164, 85, 2}, {1000, 1, 7}, {984, 99, 7}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        tensor_file file = make_file(cases[i].rows, 100);
        assert_columns(&file, 100 - cases[i].count, cases[i].count);
        assert_int_equal(reads.calls, cases[i].calls);
        assert_true(reads.greatest <= BUFFER);
        tensor_file_close(&file);
    }
}

static void read__gap_longer_than_a_call_is_worth_EACH_PIECE(void **state)
{
    /* A piece of 4 bytes, and a gap of 4 KB or one element more. */
    (void)state;
    for (int more = 0; more < 2; ++more) {
        tensor_file file = make_file(20, NEAR / 4 + 1 + more);
        assert_columns(&file, 1, 1);
        assert_int_equal(reads.calls, more ? 20 : 2);
        assert_true(reads.bytes == 20 * sizeof(float) || !more);
        tensor_file_close(&file);
    }
}

static void read__distance_of_half_the_buffer_TWO_PIECES(void **state)
{
    const int64_t half = BUFFER / 2 / (int64_t)sizeof(float);
    (void)state;
    for (int more = 0; more < 2; ++more) {
        tensor_file file = make_file(7, half + more);
        assert_columns(&file, 1, half - 1); /* the gap is small */
        assert_int_equal(reads.calls, more ? 7 : 4);
        assert_true(reads.greatest <= BUFFER);
        tensor_file_close(&file);
    }
}

static void read__pieces_longer_than_the_buffer_EACH_PIECE(void **state)
{
    const int64_t columns = 3 * BUFFER / (int64_t)sizeof(float);
    (void)state;
    tensor_file file = make_file(3, columns);
    assert_columns(&file, 0, columns - 1);
    assert_int_equal(reads.calls, 3);
    assert_true(reads.greatest == (size_t)(columns - 1) * sizeof(float));
    tensor_file_close(&file);
}

static void read__one_piece_ONE_CALL(void **state)
{
    tensor_file file = make_file(50, 1000);
    const box part = {.first = {3, 0}, .dims = {40, 1000}};
    float *const data = malloc(40 * 1000 * sizeof *data);
    (void)state;
    assert_non_null(data);
    assert_true(tensor_file_read(&file, &part, data));
    assert_int_equal(reads.calls, 1);
    assert_true(reads.bytes == 40 * 1000 * sizeof(float));
    assert_true(data[0] == 3000 && data[39999] == 42999);
    free(data);
    tensor_file_close(&file);
}

static void read__file_that_became_shorter_FAILED(void **state)
{
    tensor_file file = make_file(100, 100);
    const box part = {.first = {0, 3}, .dims = {100, 5}};
    float data[500];
    (void)state;
    assert_int_equal(ftruncate(fileno(file.file), OFFSET + 99 * 100 * sizeof(float)), 0);
    assert_false(tensor_file_read(&file, &part, data));
    tensor_file_close(&file);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__pieces_near_each_other_ONE_CALL),
        cmocka_unit_test(read__more_than_the_buffer_holds_SEVERAL_CALLS),
        cmocka_unit_test(read__gap_longer_than_a_call_is_worth_EACH_PIECE),
        cmocka_unit_test(read__distance_of_half_the_buffer_TWO_PIECES),
        cmocka_unit_test(read__pieces_longer_than_the_buffer_EACH_PIECE),
        cmocka_unit_test(read__one_piece_ONE_CALL),
        cmocka_unit_test(read__file_that_became_shorter_FAILED),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
