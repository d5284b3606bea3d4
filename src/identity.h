/* SPDX-License-Identifier: Apache-2.0 */
/* What a program's binary depends on, beside the program: library, kernels, device, driver. */
#ifndef LRN_IDENTITY_H
#define LRN_IDENTITY_H

#include <stdbool.h>

#include <cllrn.h>

enum { LRN_IDENTITY_TEXT = 256 };

/* By CLLRN_PACK_*; a longer text is its beginning and a hash of the whole. */
typedef struct lrn_identity {
    char texts[CLLRN_PACK_TEXTS][LRN_IDENTITY_TEXT];
    bool
        complete; /* false: the device does not tell all of it, so that no binary is known to fit */
} lrn_identity;

/* platform NULL is unknown. A query that fails is told in `error`; what begins its message. */
cllrn_status lrn_identity_get(cl_platform_id platform, cl_device_id device, const char *kernel_hash,
                              const char *what, lrn_identity *identity, cllrn_error *error);

/* Whether something was made for any device: nothing is told of one. */
bool lrn_identity_is_any(const char *const *made);

/*
 * Whether binaries made for `made` run on `here`. any_driver overlooks the
 * versions of platform, device and driver. CLLRN_PACK_MISMATCH names both; what
 * begins the message.
 */
cllrn_status lrn_identity_match(const lrn_identity *here, const char *const *made, bool any_driver,
                                const char *what, cllrn_error *error);

#endif
