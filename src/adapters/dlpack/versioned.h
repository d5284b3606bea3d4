/* SPDX-License-Identifier: Apache-2.0 */
/* DLManagedTensorVersioned of DLPack 1.x, which dlpack.h has from 1.0 on. */
#ifndef CLLRN_DLPACK_VERSIONED_H
#define CLLRN_DLPACK_VERSIONED_H

#include <dlpack/dlpack.h>

enum { LRN_DLPACK_MAJOR = 1, LRN_DLPACK_READ_ONLY = 1 };

#ifndef DLPACK_MAJOR_VERSION
struct DLManagedTensorVersioned {
    struct {
        uint32_t major, minor;
    } version;
    void *manager_ctx;
    void (*deleter)(struct DLManagedTensorVersioned *self);
    uint64_t flags;
    DLTensor dl_tensor;
};
#elif DLPACK_MAJOR_VERSION != 1
#error "the adapter knows DLPack 1.x and 0.x: take a dlpack.h of one of them"
#endif

#endif
