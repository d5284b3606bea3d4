/* SPDX-License-Identifier: Apache-2.0 */
/* The host buffers of one case: the input of the device, and the expected output. */
#ifndef CLI_SPECIMEN_H
#define CLI_SPECIMEN_H

#include "cases.h"

/* A tensor in a buffer, between guard elements that no kernel may write. */
typedef struct sample {
    cllrn_tensor tensor;
    void *data;
    size_t size;  /* bytes */
    int64_t base; /* the offset of element (0, 0, ..), in elements */
} sample;

/* Which source the destination replaces. */
typedef enum alias { ALIAS_NONE, ALIAS_X, ALIAS_DY, ALIAS_COUNT } alias;

typedef struct specimen {
    const verify_case *c;
    alias in_place;
    sample x, dy, dst; /* dst: before the run; in place, a copy of x or dy */
    void *expected;    /* dst's whole buffer after the run, by the host build */
    void *result;      /* dst's whole buffer after the run, from the device */
} specimen;

extern const char *const alias_names[ALIAS_COUNT];

/* Whether the case can run with this aliasing. */
bool specimen_possible(const verify_case *c, alias in_place);

/* False after a message, with nothing to free. */
bool specimen_make(const verify_case *c, alias in_place, specimen *s);
void specimen_free(specimen *s);

/* What specimen_compare compares. */
typedef enum comparison {
    COMPARE_BITS,   /* the whole buffer */
    COMPARE_OUTSIDE /* only what is outside the tensor */
} comparison;

/* Compares the result with the expected buffer. False: `why` says what differs. */
enum { WHY_SIZE = 640 };
bool specimen_compare(const specimen *s, comparison how, char why[WHY_SIZE]);

/*
 * For one NaN or infinity in x or dy: whether the result differs from that of clean
 * inputs in exactly the elements that the bad element may reach. False: `why` says
 * which element is wrong.
 */
bool specimen_check_reach(const specimen *s, char why[WHY_SIZE]);

/* The digest of the result or of the expected buffer; for a slice, from its first position on. */
bool specimen_digest(const specimen *s, const void *buffer, uint64_t first_position,
                     uint64_t *digest);

/* The slice with one index of the first axis, in the same buffers. Not to be freed. */
specimen specimen_slice(const specimen *s, int64_t index);

/* "(1, 2, 3)" */
enum { INDEX_TEXT = 180 };
void specimen_index_text(const verify_case *c, const int64_t *index, char text[INDEX_TEXT]);

#endif
