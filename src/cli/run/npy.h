/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and writes the header of NumPy's .npy files, versions 1, 2 and 3: a magic
 * number, a length, and a Python dictionary with the keys descr, fortran_order and
 * shape. Checks everything that a file says; reading allocates nothing.
 *
 * Functions that take a path return false after a message that begins with the path,
 * and set their out-parameters on success only.
 */
#ifndef CLI_RUN_NPY_H
#define CLI_RUN_NPY_H

#include <cllrn_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    NPY_MAX_RANK = 64,     /* NumPy's own limit */
    NPY_MAX_DESCR = 32,    /* including the terminating zero */
    NPY_MAX_HEADER = 65535 /* the limit of version 1; NumPy reads 10000 at most */
};

typedef struct npy_header {
    char descr[NPY_MAX_DESCR]; /* printable ASCII */
    bool fortran_order;
    int rank;
    int64_t dims[NPY_MAX_RANK];
} npy_header;

/*
 * The element type of a descr. NumPy has no bfloat16: files hold its bits as uint16, or, by
 * ml_dtypes, as two raw bytes.
 */
typedef struct npy_element {
    int32_t dtype;
    bool raw;     /* bfloat16 is 'V2', not 'u2' */
    bool swapped; /* not in this machine's byte order */
} npy_element;

/*
 * Parses a descr as NumPy does: an optional byte order of "<>=|", then "f4" or the one-letter
 * code "f"; or a name, as "float32". False, with *element untouched, for types that the library
 * has not.
 */
bool npy_parse_descr(const char *descr, npy_element *element);
void npy_format_descr(const npy_element *element, char descr[NPY_MAX_DESCR]);

/* Reverses the bytes of each element. size, in bytes, is a multiple of element_size. */
void npy_swap(void *data, size_t size, size_t element_size);

/* Parses the dictionary in text, which needs no terminating zero. */
bool npy_parse(const char *text, size_t length, const char *path, npy_header *header);

/* Reads the header from the file's first byte. The data begins at *data_offset, in bytes. */
bool npy_read(FILE *file, const char *path, npy_header *header, uint64_t *data_offset);

/* The size in bytes of the data after the header, for elements of element_size bytes. */
bool npy_data_size(const npy_header *header, size_t element_size, const char *path, uint64_t *size);

/* Writes the dictionary, on one line, into text, as snprintf does, and returns its length. */
size_t npy_format(const npy_header *header, char *text, size_t size);

/*
 * Writes magic number, length and dictionary, version 1, padded to 64 bytes as NumPy does, and
 * flushes the file. The data is to begin at *data_offset.
 */
bool npy_write(FILE *file, const char *path, const npy_header *header, uint64_t *data_offset);

#endif
