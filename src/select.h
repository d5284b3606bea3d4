/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selects the kernel and the launch sizes for a problem: a pure function of the
 * shape, the window and the device's facts, so that tests need no device.
 */
#ifndef LRN_SELECT_H
#define LRN_SELECT_H

#include "variant.h"

/* The problem to select a kernel for. */
typedef struct lrn_request {
    const lrn_shape *shape;
    int32_t lower, taps;       /* the window: `taps` elements from `lower` before its own */
    int power;                 /* LRN_POWER_ZERO .., as in lrn_coefficients */
    cllrn_direction direction; /* CLLRN_DIRECTION_FORWARD or CLLRN_DIRECTION_BACKWARD */
    cllrn_aliasing aliasing;   /* CLLRN_ALIASING_DISJOINT or CLLRN_ALIASING_IN_PLACE */
    const char *variant;    /* NULL: the first that suits and fits; else this one, on any device */
    uint64_t scratch_limit; /* bytes; 0: facts->max_allocation, which also bounds other limits */
} lrn_request;

/*
 * Fills *selection; leaves it undefined on failure. Of the variants that suit the
 * device, those that are chosen for the problem come first, then the others that
 * can run it. *row is where in this order to begin, 0 for the best, and becomes the place of the
 * selection: call again with *row + 1 for the next best.
 *
 * CLLRN_INVALID_VARIANT   no variant of that name, or none left that can run the problem
 * CLLRN_UNSUPPORTED       float64, which the device lacks
 * CLLRN_UNSUPPORTED_SIZE  needs 64-bit indices, which the device lacks
 * CLLRN_SCRATCH_LIMIT     needs more scratch than the limit
 */
cllrn_status lrn_select(const lrn_request *request, const lrn_device_facts *facts, size_t *row,
                        lrn_selection *selection, cllrn_error *error);

/* Shrinks the work-groups of a launch to at most group_size work-items. */
void lrn_selection_limit(lrn_selection *selection, size_t group_size);

/*
 * Bytes of scratch that the launch needs, with room to align a scratch buffer
 * whose offset is any multiple of an element.
 */
uint64_t lrn_selection_scratch(const lrn_selection *selection);

/*
 * Turns the key of a program for one power class, or for disjoint tensors alone,
 * into that of the next more general program of the same variant; false if there
 * is none.
 */
bool lrn_program_key_general(lrn_program_key *key);

/* Whether the variant runs on the device unless another one is forced. */
bool lrn_variant_suits(const lrn_variant *variant, const lrn_device_facts *facts);

/*
 * Enumerates the programs that lrn_select can ask for on a device where no
 * variant is forced: sets *key to program `number`, counted from 0; false after
 * the last. Used to compile ahead of time.
 */
bool lrn_program_key_number(size_t number, const lrn_device_facts *facts, lrn_program_key *key);
size_t lrn_program_key_count(const lrn_device_facts *facts);

#endif
