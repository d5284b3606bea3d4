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

/* For lrn_program_key.power: the program takes any. */
#define LRN_POWER_AT_RUN_TIME (-1)

/* What a program is compiled from; equal keys are the same program. */
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
    bool general; /* takes the general list of arguments, see cl/kernel.h */
    int32_t tile_channels, tile_positions;
    size_t global[3], local[3]; /* global[0] is a multiple of local[0]; the other locals are 1 */
    int64_t slots;              /* of scratch for a work-item, in vectors of key.width; else 0 */
    int64_t workers;            /* that have them at once */
    int64_t slot_step, worker_step; /* see cl/kernel.h */
    int spread;                     /* work-items for each that works, 1..15 */
    bool streams;                   /* dst goes past the caches, being larger than they are */
} lrn_selection;

/* What is to be run. */
typedef struct lrn_request {
    const lrn_shape *shape;
    const cllrn_params *params;
    int32_t direction;   /* CLLRN_FORWARD or CLLRN_BACKWARD */
    int32_t aliasing;    /* CLLRN_DISJOINT or CLLRN_IN_PLACE */
    const char *variant; /* NULL takes the first that fits; a name takes that one */
} lrn_request;

/*
 * CLLRN_INVALID_VARIANT   no variant of that name, or it does not fit
 * CLLRN_UNSUPPORTED       float64, which the device lacks
 * CLLRN_UNSUPPORTED_SIZE  needs 64-bit integers, which the device lacks
 */
cllrn_status lrn_select(const lrn_request *request, const lrn_device_facts *facts,
                        lrn_selection *selection, cllrn_error *error);

/* The variant that a file holds the kernels of; a static string. */
const char *lrn_variant_of(lrn_file file);

/* The launch for a kernel that allows fewer work-items in a group than selected. */
void lrn_selection_limit(lrn_selection *selection, size_t group_size);

/* Bytes of scratch the launch needs, at whatever multiple of an element they begin. */
uint64_t lrn_selection_scratch(const lrn_selection *selection);

/*
 * All programs that selection can ask for on a device, by number; false behind
 * the last. What ahead-of-time compilers go through.
 */
bool lrn_program_key_number(size_t number, const lrn_device_facts *facts, lrn_program_key *key);
size_t lrn_program_key_count(const lrn_device_facts *facts);

#endif
