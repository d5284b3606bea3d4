/* SPDX-License-Identifier: Apache-2.0 */
/* A tensor in a .npy file. */
#ifndef CLI_TENSOR_FILE_H
#define CLI_TENSOR_FILE_H

#include "box.h"
#include "npy.h"

#include <cllrn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct tensor_file {
    npy_header header;
    int32_t dtype;
    char kind;        /* NumPy's letter for it: bfloat16 is 'u' or 'V' */
    bool swapped;     /* the file is not in this machine's byte order; data in memory always is */
    uint64_t size;    /* of the data, in bytes; 0 for an empty tensor */
    uint64_t offset;  /* of the data in the file */
    FILE *file;       /* NULL when closed */
    const char *path; /* the caller's, for messages */
} tensor_file;

/*
 * What may be in a file. NumPy has no bfloat16: its bits are kept as uint16, or as
 * two raw bytes by ml_dtypes, so one has to say so.
 */
typedef struct tensor_file_dtype {
    int32_t required;   /* 0: any */
    bool bits_are_bf16; /* else they are refused */
    const char *option; /* the one that decides, for messages */
} tensor_file_dtype;

/*
 * Opens a file whose size is what its header says. On failure a message was
 * printed and *tensor is untouched. path has to outlive the tensor.
 */
bool tensor_file_open(tensor_file *tensor, const char *path, const tensor_file_dtype *expected);

/* Fine on one that is zero. */
void tensor_file_close(tensor_file *tensor);

/*
 * Makes one of the same shape and order that has no file yet; dtype 0 is the
 * other's, and its byte order. On failure a message was printed and *tensor is
 * untouched.
 */
bool tensor_file_derive(tensor_file *tensor, const tensor_file *like, int32_t dtype);

/* Writes the header of such a one into a file, which stays the caller's to close. */
bool tensor_file_begin(tensor_file *tensor, FILE *file, const char *path);

/* The shape and order as the library takes them. */
bool tensor_file_describe(const tensor_file *tensor, int32_t channel_axis, cllrn_tensor *described);

/* The same of a part that lies in memory without gaps, in the file's order. */
bool tensor_file_describe_box(const tensor_file *tensor, const box *part, int32_t channel_axis,
                              cllrn_tensor *described);

/* Reads a part into memory, or writes it, which leaves data undefined. */
bool tensor_file_read(const tensor_file *tensor, const box *part, void *data);
bool tensor_file_write(const tensor_file *tensor, const box *part, void *data);

#endif
