/* SPDX-License-Identifier: Apache-2.0 */
/* What a binary is made for, besides its program: library, kernels, device and driver. */
#ifndef LRN_TARGET_H
#define LRN_TARGET_H

#include <stdbool.h>

#include <cllrn.h>

enum { LRN_TARGET_TEXT = 256 };

/* Texts by CLLRN_PACK_*. Of a text that is too long: its beginning, and a hash of all of it. */
typedef struct lrn_target {
    cl_device_id device;
    cl_platform_id platform; /* NULL: unknown */
    char texts[CLLRN_PACK_TEXTS][LRN_TARGET_TEXT];
    bool complete; /* false: the device does not tell all texts, so no binary is known to fit */
} lrn_target;

/*
 * Queries the texts about a device. Fails if a query that the driver knows
 * fails; what begins the message.
 */
cllrn_status lrn_target_get(cl_device_id device, const char *kernel_hash, const char *what,
                            lrn_target *target, cllrn_error *error);

/* Whether `made`, the texts of a pack, is for any device: all texts about the device are empty. */
bool lrn_target_is_any(const char *const *made);

/*
 * Checks that binaries made for `made` run on `here`; those for any device are
 * SPIR-V, which not every device takes. any_driver ignores the versions of
 * platform, device and driver. The message of CLLRN_PACK_MISMATCH names both
 * sides; what begins it.
 *
 * CLLRN_PACK_MISMATCH, CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 */
cllrn_status lrn_target_match(const lrn_target *here, const char *const *made, bool any_driver,
                              const char *what, cllrn_error *error);

/* Whether a binary is a SPIR-V module, of either byte order. */
bool lrn_spirv_is(const void *binary, size_t size);

/* Creates a program from a module, for a device that takes it. NULL on failure, with *code set. */
cl_program lrn_spirv_program(cl_platform_id platform, cl_context context, const void *module,
                             size_t size, cl_int *code);

#endif
