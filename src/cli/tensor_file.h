/* SPDX-License-Identifier: Apache-2.0 */
/* A tensor of floats in a .npy file. */
#ifndef CLI_TENSOR_FILE_H
#define CLI_TENSOR_FILE_H

#include "npy.h"

#include <cllrn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct tensor_file {
    npy_header header;
    float *data; /* in the file's order */
    size_t size; /* in bytes; 0 for an empty tensor */
} tensor_file;

/*
 * Reads a file whose size is what its header says, decided before anything is
 * allocated. On failure a message was printed and *tensor is untouched.
 */
bool tensor_file_load(tensor_file *tensor, const char *path);
void tensor_file_free(tensor_file *tensor);

/* Writes other data of the same shape, dtype and order; path is for the message. */
bool tensor_file_store(const tensor_file *tensor, const float *data, FILE *file, const char *path);

/* The shape and order as the library takes them. */
bool tensor_file_describe(const tensor_file *tensor, int32_t channel_axis, cllrn_tensor *described);

#endif
