/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled only: what src/dlpack.c and versioned.h declare is what dlpack.h declares. */
#include "../../../src/dlpack.c"

#include <stddef.h>

#include <dlpack/dlpack.h>

#include "versioned.h"

#define SAME(ours, theirs)                                                                         \
    _Static_assert(offsetof(dl_tensor, ours) == offsetof(DLTensor, theirs) &&                      \
                       sizeof((dl_tensor *)0)->ours == sizeof((DLTensor *)0)->theirs,              \
                   #theirs " of DLTensor lies elsewhere")

SAME(data, data);
SAME(device_type, device.device_type);
SAME(device_id, device.device_id);
SAME(ndim, ndim);
SAME(code, dtype.code);
SAME(bits, dtype.bits);
SAME(lanes, dtype.lanes);
SAME(shape, shape);
SAME(strides, strides);
SAME(byte_offset, byte_offset);
_Static_assert(sizeof(dl_tensor) == sizeof(DLTensor), "DLTensor has another size");

_Static_assert((int)CODE_FLOAT == (int)kDLFloat && (int)CODE_BFLOAT == (int)kDLBfloat &&
                   (int)DEVICE_CPU == (int)kDLCPU && (int)DEVICE_CUDA_HOST == (int)kDLCUDAHost &&
                   (int)DEVICE_OPENCL == (int)kDLOpenCL &&
                   (int)DEVICE_ROCM_HOST == (int)kDLROCMHost,
               "a number of DLPack is another one");

/* The same for both: for versioned.h, and for a dlpack.h that has the struct. */
typedef struct DLManagedTensorVersioned managed;
_Static_assert(offsetof(managed, version.major) == 0 && offsetof(managed, version.minor) == 4 &&
                   offsetof(managed, manager_ctx) == 8 &&
                   offsetof(managed, deleter) == 8 + sizeof(void *) &&
                   offsetof(managed, flags) == 8 + 2 * sizeof(void *) &&
                   offsetof(managed, dl_tensor) == 16 + 2 * sizeof(void *),
               "DLManagedTensorVersioned has another layout");
#ifdef DLPACK_MAJOR_VERSION
_Static_assert(LRN_DLPACK_READ_ONLY == DLPACK_FLAG_BITMASK_READ_ONLY, "another read-only flag");
#endif
