/* SPDX-License-Identifier: Apache-2.0 */
/* A tensor in a .npy file. */
#ifndef CLI_TENSOR_FILE_H
#define CLI_TENSOR_FILE_H

#include "npy.h"

#include <cllrn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct tensor_file {
    npy_header header;
    int32_t dtype;
    bool swapped; /* the file is not in this machine's byte order; data always is */
    void *data;   /* in the file's order */
    size_t size;  /* in bytes; 0 for an empty tensor */
} tensor_file;

/* What may be in a file. NumPy has no bfloat16: its bits are kept as uint16, so one has to say so.
 */
typedef struct tensor_file_dtype {
    int32_t required;   /* 0: any */
    bool u2_is_bf16;    /* else it is refused */
    const char *option; /* the one that decides, for messages */
} tensor_file_dtype;

/*
 * Reads a file whose size is what its header says, decided before anything is
 * allocated. On failure a message was printed and *tensor is untouched.
 */
bool tensor_file_load(tensor_file *tensor, const char *path, const tensor_file_dtype *expected);

/*
 * Makes one of the same shape and order with room for data; dtype 0 is the
 * other's, and its byte order. On failure a message was printed and *tensor is
 * untouched.
 */
bool tensor_file_create(tensor_file *tensor, const tensor_file *like, int32_t dtype);
void tensor_file_free(tensor_file *tensor);

/* Writes it, which leaves data in the file's byte order; path is for the message. */
bool tensor_file_store(tensor_file *tensor, FILE *file, const char *path);

/* The shape and order as the library takes them. */
bool tensor_file_describe(const tensor_file *tensor, int32_t channel_axis, cllrn_tensor *described);

#endif
