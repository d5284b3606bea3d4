/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors with memory of their own, watched: whatever no element lies in must stay as it was. */
#ifndef ARRAY_H
#define ARRAY_H

#include "support.h"

enum { ARRAY_BYTES = 1 << 17, ARRAY_ELEMENTS = 4096 };

typedef struct array {
    cllrn_tensor tensor;
    size_t count;                    /* elements, in the order of list_offsets */
    int64_t offsets[ARRAY_ELEMENTS]; /* their places */
    int64_t c_order[ARRAY_ELEMENTS]; /* their numbers in C order over the dims */
    int64_t element_size;
    unsigned char memory[ARRAY_BYTES];
    unsigned char *origin; /* element (0, 0, ..) */
} array;

/* Memory full of canaries, which as elements are NaNs. */
void array_open(array *a, const cllrn_tensor *tensor);

double array_get(const array *a, size_t element);
uint64_t array_bits(const array *a, size_t element);
void array_set(array *a, size_t element, double value);

/* Numbers in -most..most, rounded to the dtype. */
void array_fill(array *a, uint64_t *random, double most);

/* The elements of another, rounded. */
void array_copy(array *a, const array *from);

/* All but the elements holds canaries, and zeros where a written block is filled up. */
void array_check(const array *a, bool written);

/* A tensor of the same dims, in C order. */
cllrn_tensor array_plain(const cllrn_tensor *tensor);

#endif
