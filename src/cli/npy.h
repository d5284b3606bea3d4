/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of NumPy's .npy files, versions 1, 2 and 3: a magic number, a
 * length, and a Python dictionary with the keys descr, fortran_order and shape.
 * Nothing in a file is trusted; reading one allocates nothing.
 */
#ifndef CLI_NPY_H
#define CLI_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    NPY_MAX_RANK = 64,      /* NumPy's own limit */
    NPY_MAX_DESCR = 32,     /* with its terminating zero */
    NPY_MAX_HEADER = 65535, /* what version 1 can hold; NumPy itself reads 10000 */
    NPY_MAX_PREAMBLE = 12
};

typedef enum npy_status {
    NPY_SUCCESS,
    NPY_NOT_NPY,   /* another magic number */
    NPY_VERSION,   /* not 1, 2 or 3 */
    NPY_TRUNCATED, /* the file ends inside the header */
    NPY_TOO_LONG,  /* a header of more than NPY_MAX_HEADER bytes */
    NPY_SYNTAX,    /* not the dictionary it has to be */
    NPY_KEY,       /* a key unknown, missing or there twice */
    NPY_DTYPE,     /* structured, or no dtype at all */
    NPY_SHAPE,     /* a dim negative or above 2^63-1, or too many of them */
    NPY_OVERFLOW,  /* the data's size leaves 63 bits */
    NPY_IO         /* reading or writing failed */
} npy_status;

typedef struct npy_header {
    char descr[NPY_MAX_DESCR]; /* printable ASCII */
    bool fortran_order;
    int rank;
    int64_t dims[NPY_MAX_RANK];
} npy_header;

/* One line: what is wrong, actual against expected. */
typedef struct npy_error {
    char message[256];
} npy_error;

/* What a descr says of an element: "<f4", "float32" and "single" are {'f', 4}. */
typedef struct npy_element {
    char kind;    /* a letter: 'f' float, 'u' unsigned, 'V' raw bytes, and so on */
    int size;     /* in bytes */
    bool swapped; /* not in this machine's byte order */
} npy_element;

/*
 * As NumPy reads it: an optional order of "<>=|", a letter and a number of 1 to 4
 * digits, or a one-letter code of a float or uint16; or the name of such a type.
 * False for anything else.
 */
bool npy_parse_descr(const char *descr, npy_element *element);
void npy_format_descr(const npy_element *element, char descr[NPY_MAX_DESCR]);

/* Turns round the bytes of each element; size is a multiple of element_size. */
void npy_swap(void *data, size_t size, size_t element_size);

/* Reads the dictionary in text, which needs no terminating zero. *header is set only on success. */
npy_status npy_parse(const char *text, size_t length, npy_header *header, npy_error *error);

/*
 * Reads a file from its beginning up to its data, which begins at *data_offset.
 * Both out-parameters are set only on success.
 */
npy_status npy_read(FILE *file, npy_header *header, uint64_t *data_offset, npy_error *error);

/* Bytes of data behind the header, for elements of element_size bytes. */
npy_status npy_data_size(const npy_header *header, size_t element_size, uint64_t *size,
                         npy_error *error);

/* Writes magic number, length and dictionary, version 1, padded to 64 bytes as NumPy does. */
npy_status npy_write(FILE *file, const npy_header *header, npy_error *error);

#endif
