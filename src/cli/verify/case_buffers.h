/* SPDX-License-Identifier: Apache-2.0 */
/* The host buffers of one case: the input of the device, and the expected output. */
#ifndef CLI_CASE_BUFFERS_H
#define CLI_CASE_BUFFERS_H

#include "cases.h"
#include "operation.h"

/* A tensor in a buffer, between guard elements that no kernel may write. */
typedef struct guarded_tensor {
    cllrn_tensor tensor;
    void *data;
    size_t size;  /* bytes */
    int64_t base; /* the offset of element (0, 0, ..), in elements */
} guarded_tensor;

/* Which source the destination replaces. */
typedef enum alias { ALIAS_NONE, ALIAS_X, ALIAS_DY, ALIAS_COUNT } alias;

typedef struct case_buffers {
    const verify_case *c;
    alias in_place;
    guarded_tensor x, dy, dst; /* dst: before the run; in place, x or dy */
    void *expected;            /* dst's whole buffer after the run, by the host build */
    void *result;              /* dst's whole buffer after the run, from the device */
} case_buffers;

extern const char *const alias_names[ALIAS_COUNT];

/* Whether the case can run with this aliasing. */
bool case_buffers_possible(const verify_case *c, alias in_place);

/* False after a message, with nothing to free. */
bool case_buffers_make(const verify_case *c, alias in_place, case_buffers *s);
void case_buffers_free(case_buffers *s);

/* The case as an operation with its dst, and in place a source, in a buffer of dst's size. */
operation case_buffers_operation(const case_buffers *s, const void *dst);

/* Compares the result with the expected buffer. False: `why` says what differs. */
enum { WHY_SIZE = 640 };
bool case_buffers_compare(const case_buffers *s, char why[WHY_SIZE]);

/* Makes the result's elements the expected ones; what lies outside the tensor stays expected. */
void case_buffers_accept(const case_buffers *s);

/*
 * For one NaN or infinity in x or dy: whether the result differs from that of clean
 * inputs in exactly the elements that the bad element may reach. False: `why` says
 * which element is wrong.
 */
bool case_buffers_check_reach(const case_buffers *s, char why[WHY_SIZE]);

/* The digest of the result or of the expected buffer; for a slice, from its first position on. */
bool case_buffers_digest(const case_buffers *s, const void *buffer, uint64_t first_position,
                         uint64_t *digest);

/* The slice with one index of the first axis, in the same buffers. Not to be freed. */
case_buffers case_buffers_slice(const case_buffers *s, int64_t index);

#endif
