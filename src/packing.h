/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors without their gaps: where elements lie, and copies of them between host memories. */
#ifndef LRN_PACKING_H
#define LRN_PACKING_H

#include <stdbool.h>

#include <cllrn_types.h>

/* The elements of a tensor in the order of their addresses, as far as strides tell. */
typedef struct lrn_packing {
    size_t element; /* bytes */
    int count; /* of axes, at least one, the outermost first; repeated elements have none */
    int64_t dims[CLLRN_MAX_RANK + 1], strides[CLLRN_MAX_RANK + 1]; /* in elements */
    int64_t elements;                                              /* the product of the dims */
    int64_t lowest, span; /* lowest offset; elements from it to the highest offset */
    cllrn_tensor tensor;  /* of the same elements without gaps */
} lrn_packing;

/* Precondition: the tensor passed its checks and is not empty. */
lrn_packing lrn_packing_make(const cllrn_tensor *tensor);

/* Whether some bytes between the first and the last element may belong to somebody else. */
bool lrn_packing_has_gaps(const lrn_packing *packing);

/* Copies between a tensor, data being its element (0, 0, ..), and its elements without gaps. */
void lrn_packing_gather(const lrn_packing *packing, const void *data, void *packed);
void lrn_packing_scatter(const lrn_packing *packing, const void *packed, void *data);

#endif
