/* SPDX-License-Identifier: Apache-2.0 */
/* A part of a tensor: on each axis, where it begins and how long it is. */
#ifndef CLI_BOX_H
#define CLI_BOX_H

#include <cllrn.h>

typedef struct box {
    int64_t first[CLLRN_MAX_RANK], dims[CLLRN_MAX_RANK];
} box;

#endif
