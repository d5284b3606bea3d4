/* SPDX-License-Identifier: Apache-2.0 */
/* A rectangular part of a tensor: its first index and its length on each axis. */
#ifndef CLI_BOX_H
#define CLI_BOX_H

#include <cllrn.h>

typedef struct box {
    int64_t first[CLLRN_MAX_RANK], dims[CLLRN_MAX_RANK];
} box;

#endif
