/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selects the kernel and the launch sizes for a problem: a pure function of the
 * shape, the window and the device's facts, so that tests need no device.
 */
#ifndef LRN_SELECT_H
#define LRN_SELECT_H

#include "device.h"
#include "params.h"
#include "sources.h"
#include "tensor.h"

/* For lrn_program_key.power: the program takes any beta. */
#define LRN_POWER_AT_RUN_TIME (-1)

/* What determines a program; equal keys mean the same program. */
typedef struct lrn_program_key {
    lrn_file file;
    bool backward;
    int storage; /* LRN_STORAGE */
    int width;   /* LRN_WIDTH */
    int taps;    /* LRN_TAPS; 0: the kernel takes any window */
    int power;   /* LRN_POWER or LRN_POWER_AT_RUN_TIME */
    bool wide;   /* 64-bit LRN_INDEX */
} lrn_program_key;

typedef struct lrn_selection {
    const char *variant; /* a static string */
    const char *kernel;
    lrn_program_key key;
    bool general; /* the kernel takes the general arguments of cl/arguments.h */
    int32_t tile_channels, tile_positions;
    size_t global[3], local[3]; /* global[0] is a multiple of local[0]; the other locals are 1 */
    int64_t slots;              /* scratch of one worker, in vectors of key.width; 0: no scratch */
    int64_t workers;            /* work-items that need scratch at the same time */
    int64_t slot_step, worker_step; /* see cl/arguments.h */
    int spread;                     /* work-items per worker, 1..15; only the first works */
    bool streams;                   /* store dst past the caches, which it would exceed */
} lrn_selection;

/* The problem to select a kernel for. */
typedef struct lrn_request {
    const lrn_shape *shape;
    const cllrn_params *params;
    cllrn_direction direction; /* CLLRN_DIRECTION_FORWARD or CLLRN_DIRECTION_BACKWARD */
    cllrn_aliasing aliasing;   /* CLLRN_ALIASING_DISJOINT or CLLRN_ALIASING_IN_PLACE */
    const char *variant; /* NULL: the first variant that fits; else this one */
} lrn_request;

/*
 * Fills *selection; leaves it undefined on failure.
 *
 * CLLRN_INVALID_VARIANT   no variant of that name, or it cannot run the problem
 * CLLRN_UNSUPPORTED       float64, which the device lacks
 * CLLRN_UNSUPPORTED_SIZE  needs 64-bit indices, which the device lacks
 */
cllrn_status lrn_select(const lrn_request *request, const lrn_device_facts *facts,
                        lrn_selection *selection, cllrn_error *error);

/* The name of the variant whose kernels a file holds; a static string. */
const char *lrn_variant_of(lrn_file file);

/* Shrinks the work-groups of a launch to at most group_size work-items. */
void lrn_selection_limit(lrn_selection *selection, size_t group_size);

/*
 * Bytes of scratch that the launch needs, with room to align a scratch buffer
 * whose offset is any multiple of an element.
 */
uint64_t lrn_selection_scratch(const lrn_selection *selection);

/*
 * Enumerates the programs that lrn_select can ask for on a device: sets *key to
 * program `number`, counted from 0; false after the last. Used to compile ahead
 * of time.
 */
bool lrn_program_key_number(size_t number, const lrn_device_facts *facts, lrn_program_key *key);
size_t lrn_program_key_count(const lrn_device_facts *facts);

#endif
