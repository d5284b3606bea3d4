/* SPDX-License-Identifier: Apache-2.0 */
/* A case's buffers in host memory: what goes to the device, and what must come back. */
#ifndef CLI_SPECIMEN_H
#define CLI_SPECIMEN_H

#include "cases.h"

/* A tensor in a buffer, with elements on both sides that nobody may touch. */
typedef struct sample {
    cllrn_tensor tensor;
    void *data;
    size_t size;  /* bytes */
    int64_t base; /* elements to element (0, 0, ..) */
} sample;

/* Where the destination lies. */
typedef enum alias { ALIAS_NONE, ALIAS_X, ALIAS_DY, ALIAS_COUNT } alias;

typedef struct specimen {
    const verify_case *c;
    alias in_place;
    sample x, dy, dst; /* dst is as it is before the run: a copy of x or of dy when in place */
    void *expected;    /* dst's buffer as it has to be afterwards, by the host build */
    void *result;      /* as it came back */
} specimen;

extern const char *const alias_names[ALIAS_COUNT];

/* Whether the case can run like that. */
bool specimen_possible(const verify_case *c, alias in_place);

/* On failure a message was printed and there is nothing to free. */
bool specimen_make(const verify_case *c, alias in_place, specimen *s);
void specimen_free(specimen *s);

/* How closely the result is looked at. */
typedef enum comparison {
    COMPARE_BITS,   /* the whole buffer */
    COMPARE_OUTSIDE /* only what is not of the tensor */
} comparison;

/* False says in why what differs. */
enum { WHY_SIZE = 640 };
bool specimen_compare(const specimen *s, comparison how, char why[WHY_SIZE]);

/*
 * For CONTENT_ONE_NAN and its like: the result differs from that of a clean x
 * and dy in exactly the elements that the bad one may reach.
 */
bool specimen_check_reach(const specimen *s, char why[WHY_SIZE]);

/* The digest of a result, or of what is expected; of a slice, with its first position. */
bool specimen_digest(const specimen *s, const void *buffer, uint64_t first_position,
                     uint64_t *digest);

/* The same buffers, the tensors narrowed to one index of the first axis. To be freed by nobody. */
specimen specimen_slice(const specimen *s, int64_t index);

/* "(1, 2, 3)" */
enum { INDEX_TEXT = 180 };
void specimen_index_text(const verify_case *c, const int64_t *index, char text[INDEX_TEXT]);

#endif
