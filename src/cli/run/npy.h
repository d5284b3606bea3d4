/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and writes the header of NumPy's .npy files, versions 1, 2 and 3: a magic
 * number, a length, and a Python dictionary with the keys descr, fortran_order and
 * shape. Checks everything that a file says; reading allocates nothing.
 */
#ifndef CLI_RUN_NPY_H
#define CLI_RUN_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    NPY_MAX_RANK = 64,      /* NumPy's own limit */
    NPY_MAX_DESCR = 32,     /* including the terminating zero */
    NPY_MAX_HEADER = 65535, /* the limit of version 1; NumPy reads 10000 at most */
    NPY_MAX_PREAMBLE = 12
};

typedef enum npy_status {
    NPY_NOT_NPY,   /* another magic number */
    NPY_VERSION,   /* not 1, 2 or 3 */
    NPY_TRUNCATED, /* the file ends inside the header */
    NPY_TOO_LONG,  /* a header of more than NPY_MAX_HEADER bytes */
    NPY_SYNTAX,    /* the header is no such dictionary */
    NPY_KEY,       /* an unknown, missing or repeated key */
    NPY_DTYPE,     /* a structured dtype, or none */
    NPY_SHAPE,     /* a negative dim, one above 2^63-1, or too many dims */
    NPY_OVERFLOW,  /* the data's size exceeds 2^63-1 bytes */
    NPY_IO         /* reading or writing failed */
} npy_status;

typedef struct npy_header {
    char descr[NPY_MAX_DESCR]; /* printable ASCII */
    bool fortran_order;
    int rank;
    int64_t dims[NPY_MAX_RANK];
} npy_header;

typedef struct npy_error {
    npy_status status;
    char message[256]; /* one line: what is wrong, actual against expected */
} npy_error;

/* The element type of a descr: "<f4", "float32" and "single" are {'f', 4}. */
typedef struct npy_element {
    char kind;    /* a letter: 'f' float, 'u' unsigned, 'V' raw bytes, and so on */
    int size;     /* in bytes */
    bool swapped; /* not in this machine's byte order */
} npy_element;

/*
 * Parses a descr as NumPy does: an optional byte order of "<>=|", then a letter and a
 * number of 1 to 4 digits, or a one-letter code of a float or uint16; or the name of
 * such a type. False for anything else.
 */
bool npy_parse_descr(const char *descr, npy_element *element);
void npy_format_descr(const npy_element *element, char descr[NPY_MAX_DESCR]);

/* Reverses the bytes of each element. size, in bytes, is a multiple of element_size. */
void npy_swap(void *data, size_t size, size_t element_size);

/*
 * Parses the dictionary in text, which needs no terminating zero. Sets *header on success only.
 * This and those below return false with *error.
 */
bool npy_parse(const char *text, size_t length, npy_header *header, npy_error *error);

/*
 * Reads the header from the file's first byte. *data_offset becomes the offset of the
 * data in bytes. Sets both out-parameters on success only.
 */
bool npy_read(FILE *file, npy_header *header, uint64_t *data_offset, npy_error *error);

/* The size in bytes of the data after the header, for elements of element_size bytes. */
bool npy_data_size(const npy_header *header, size_t element_size, uint64_t *size, npy_error *error);

/* Writes magic number, length and dictionary, version 1, padded to 64 bytes as NumPy does. */
bool npy_write(FILE *file, const npy_header *header, npy_error *error);

#endif
