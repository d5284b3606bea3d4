/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <tvm/ffi/c_api.h>

bool lrn_fail(const char *kind, const char *where, const char *message)
{
    const char *parts[] = {where, ": ", message};
    TVMFFIErrorSetRaisedFromCStrParts(kind, parts, 3);
    return false;
}

bool lrn_fail_status(const char *where, const cllrn_error *error)
{
    const char *kind = "RuntimeError";
    if (error->status == CLLRN_OUT_OF_MEMORY || error->cl_error == CL_OUT_OF_HOST_MEMORY ||
        error->cl_error == CL_MEM_OBJECT_ALLOCATION_FAILURE)
        kind = "MemoryError";
    else if (error->status < CLLRN_UNSUPPORTED)
        kind = "ValueError";
    else if (error->status < CLLRN_OUT_OF_MEMORY)
        kind = "NotImplementedError";
    return lrn_fail(kind, where, error->message);
}
