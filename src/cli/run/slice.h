/* SPDX-License-Identifier: Apache-2.0 */
/* A slice of a problem: a box of its tensors, read into memory, computed there, and written. */
#ifndef CLI_RUN_SLICE_H
#define CLI_RUN_SLICE_H

#include "problem.h"

typedef struct slice {
    box box;
    operation operation; /* on the box; the operands lie in the caller's memory, on pages */
    size_t memory;       /* bytes that all operands take there */
} slice;

/* A box of the result, and the file that gets it: gapless and in the order of the whole. */
typedef struct slice_target {
    box box;
    tensor_file file; /* its header has the dims of the box */
} slice_target;

/* Describes a slice. memory may be NULL, to learn how much it takes. False after a message. */
bool slice_make(slice *s, const problem *p, const box *part, void *memory);

/* Reads x, and dy, into the slice's memory. False after a message. */
bool slice_read(const slice *s, const problem *p);

/* Adds the digest of the slice's result. False after a message. */
bool slice_digest(const slice *s, const problem *p, uint64_t *digest);

/* Writes the result, which lies in the target's box. The result in memory is then undefined. */
bool slice_write(const slice *s, const slice_target *target);

#endif
