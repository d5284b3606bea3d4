/* SPDX-License-Identifier: Apache-2.0 */
#include "cl_error.h"

#include "message.h"

bool cl_error_check(cl_int error, const char *call, const char *object)
{
    return error == CL_SUCCESS || message_fail("%s failed on %s: %s (%d)", call, object,
                                               cllrn_opencl_error_string(error), (int)error);
}
