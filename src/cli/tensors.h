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

/* On failure a message was printed; free them in any case. *made has to be zero. */
bool tensors_load(tensors *made, const options *asked);
void tensors_free(tensors *t);

#endif
