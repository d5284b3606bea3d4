/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a .npy file of float32 that look random, in little memory:
 *     large_tensor FILE C|F DIM...
 * The elements are the same bytes whatever the shape and order.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 128, PREAMBLE = 10, CHUNK = 1 << 18 };

/* Xorshift: 24 bits of it, spread over -12 .. 12. */
static float next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (float)(int32_t)(*state >> 40) * (24.0f / 16777216.0f) - 12.0f;
}

static bool write_header(FILE *file, bool fortran_order, int rank, char **dims)
{
    char text[HEADER - PREAMBLE + 1], shape[HEADER] = "";
    for (int i = 0; i < rank; ++i) {
        strncat(shape, dims[i], sizeof shape - strlen(shape) - 1);
        strncat(shape, i + 1 < rank ? ", " : "", sizeof shape - strlen(shape) - 1);
    }
    const int length =
        snprintf(text, sizeof text, "{'descr': '<f4', 'fortran_order': %s, 'shape': (%s), }",
                 fortran_order ? "True" : "False", shape);
    if (length < 0 || length >= HEADER - PREAMBLE)
        return false;
    memset(text + length, ' ', (size_t)(HEADER - PREAMBLE - length));
    text[HEADER - PREAMBLE - 1] = '\n';
    const unsigned char preamble[PREAMBLE] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, HEADER - PREAMBLE, 0};
    return fwrite(preamble, 1, PREAMBLE, file) == PREAMBLE &&
           fwrite(text, 1, HEADER - PREAMBLE, file) == HEADER - PREAMBLE;
}

/* The bytes are a float32's in the order of the machines this runs on, little endian. */
static bool write_elements(FILE *file, uint64_t count)
{
    static float chunk[CHUNK];
    uint64_t state = 88172645463325252;
    while (count > 0) {
        const size_t size = count < CHUNK ? (size_t)count : CHUNK;
        for (size_t i = 0; i < size; ++i)
            chunk[i] = next(&state);
        if (fwrite(chunk, sizeof *chunk, size, file) != size)
            return false;
        count -= size;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: %s FILE C|F DIM...\n", argv[0]);
        return 2;
    }
    uint64_t count = 1;
    for (int i = 3; i < argc; ++i)
        count *= strtoull(argv[i], NULL, 10);
    FILE *const file = fopen(argv[1], "wb");
    if (!file) {
        perror(argv[1]);
        return 1;
    }
    bool written = write_header(file, *argv[2] == 'F', argc - 3, argv + 3);
    written = written && write_elements(file, count);
    written = fclose(file) == 0 && written;
    if (!written)
        perror(argv[1]);
    return written ? 0 : 1;
}
