/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes a tensor in a .npy file. */
#ifndef CLI_RUN_TENSOR_FILE_H
#define CLI_RUN_TENSOR_FILE_H

#include "npy.h"
#include "operation.h"
#include "slicing.h"

#include <cllrn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct tensor_file {
    npy_header header;
    npy_element element; /* the file's; data in memory is never swapped */
    uint64_t size;       /* of the data, in bytes; 0 for an empty tensor */
    uint64_t offset;     /* of the data in the file */
    FILE *file;          /* NULL when closed */
    const char *path;    /* the caller's, for messages */
} tensor_file;

/* The dtype expected in a file. The user has to say that uint16 or raw bytes are bfloat16. */
typedef struct tensor_file_dtype {
    int32_t required;   /* 0: any */
    bool bits_are_bf16; /* false: refuse uint16 and raw bytes */
    const char *option; /* the option that decides, for messages */
} tensor_file_dtype;

/*
 * Opens a file; its size must match its header. path must outlive the tensor. False
 * after a message; call tensor_file_close in any case.
 */
bool tensor_file_open(tensor_file *tensor, const char *path, const tensor_file_dtype *expected);

/* Allowed on a tensor_file that is zero. */
void tensor_file_close(tensor_file *tensor);

/*
 * Makes a tensor_file of the same shape and order, with no file yet. dtype 0 means dtype
 * and byte order of `like`; else the order is this machine's. False after a message.
 */
bool tensor_file_derive(tensor_file *tensor, const tensor_file *like, int32_t dtype);

/* Writes the header of a derived tensor_file into a file, which the caller closes. */
bool tensor_file_begin(tensor_file *tensor, FILE *file, const char *path);

/*
 * A hash of the data, or, of more than a megabyte, of 256 pieces of it: it tells tensors apart that
 * differ in more than a few elements, wherever their files lie. False after a message.
 */
bool tensor_file_sample(const tensor_file *tensor, uint64_t *sample);

/*
 * Describes a part of these dims in memory, but for its data: without gaps, in the file's order.
 * False after a message.
 */
bool tensor_file_describe(const tensor_file *tensor, const int64_t *dims, int32_t channel_axis,
                          operand *part);

/* Read or write a part, gapless in memory. Writing leaves data undefined. False after a message. */
bool tensor_file_read(const tensor_file *tensor, const box *part, void *data);
bool tensor_file_write(const tensor_file *tensor, const box *part, void *data);

#endif
