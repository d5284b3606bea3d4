/* SPDX-License-Identifier: Apache-2.0 */
/* The tensor files of one `cllrn run`. */
#ifndef CLI_RUN_TENSORS_H
#define CLI_RUN_TENSORS_H

#include "options.h"
#include "tensor_file.h"

typedef struct tensors {
    tensor_file x;
    tensor_file dy;     /* backward only, else zero */
    tensor_file result; /* y or dx, not computed yet */
} tensors;

/*
 * Opens the files and checks that they fit each other. *made must be zero. False after a
 * message; call tensors_close in any case.
 */
bool tensors_open(tensors *made, const options *asked);

/* Closes x and dy. The caller closes the result's file. */
void tensors_close(tensors *t);

#endif
