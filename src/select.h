/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kernel runs a problem, and with what launch: a pure function of the
 * shape, the window and the device's facts, so that it can be tested without a
 * device.
 */
#ifndef LRN_SELECT_H
#define LRN_SELECT_H

#include "device.h"
#include "params.h"
#include "sources.h"
#include "tensor.h"

/* What a program is compiled from; equal keys are the same program. */
typedef struct lrn_program_key {
    lrn_file file;
    int width; /* LRN_WIDTH */
    int taps;  /* LRN_TAPS; 0: the kernel takes any window */
    int power; /* LRN_POWER */
    bool wide; /* 64-bit LRN_INDEX */
} lrn_program_key;

typedef struct lrn_selection {
    const char *variant; /* a static string */
    const char *kernel;
    lrn_program_key key;
    bool general; /* takes the scratch and axis arguments of strided.cl */
    int32_t tile_channels, tile_positions;
    size_t global[3], local[3]; /* global[0] is a multiple of local[0]; the other locals are 1 */
    int64_t workers;            /* columns in work at once where scratch is used, else 0 */
} lrn_selection;

/*
 * aliasing is CLLRN_DISJOINT or CLLRN_IN_PLACE. variant NULL takes the first
 * that fits; a name takes that one.
 *
 * CLLRN_INVALID_VARIANT   no variant of that name, or it does not fit
 * CLLRN_UNSUPPORTED_SIZE  needs 64-bit integers, which the device lacks
 */
cllrn_status lrn_select(const lrn_shape *shape, const cllrn_params *params,
                        const lrn_device_facts *facts, int32_t aliasing, const char *variant,
                        lrn_selection *selection, cllrn_error *error);

/* The launch for a kernel that allows fewer work-items in a group than selected. */
void lrn_selection_limit(lrn_selection *selection, size_t group_size);

/* Bytes of scratch the launch needs. */
uint64_t lrn_selection_scratch(const lrn_selection *selection, const lrn_shape *shape);

/*
 * All programs that selection can ask for on a device of this vector width, by
 * number; false behind the last. What ahead-of-time compilers go through.
 */
bool lrn_program_key_number(size_t number, int vector_width, lrn_program_key *key);

/* The names in order of preference, NULL behind the last. */
const char *lrn_variant_name(size_t index);

#endif
