/* SPDX-License-Identifier: Apache-2.0 */
/* The tensors of one `cllrn run`, which go together. */
#ifndef CLI_TENSORS_H
#define CLI_TENSORS_H

#include "options.h"
#include "tensor_file.h"

typedef struct tensors {
    tensor_file x;
    tensor_file dy;     /* backward only, else zero */
    tensor_file result; /* y or dx, yet to be computed */
} tensors;

/* On failure a message was printed; close them in any case. *made has to be zero. */
bool tensors_open(tensors *made, const options *asked);

/* But for the result's file, which is the caller's. */
void tensors_close(tensors *t);

#endif
