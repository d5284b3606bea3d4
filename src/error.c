/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cllrn.h>

#define NAME(value)                                                                                \
    case value:                                                                                    \
        return #value

const char *cllrn_status_string(cllrn_status status)
{
    switch (status) {
        NAME(CLLRN_SUCCESS);
        NAME(CLLRN_INVALID_ARGUMENT);
        NAME(CLLRN_INVALID_CONVENTION);
        NAME(CLLRN_INVALID_WINDOW);
        NAME(CLLRN_INVALID_DIVISOR);
        NAME(CLLRN_INVALID_DTYPE);
        NAME(CLLRN_INVALID_RANK);
        NAME(CLLRN_INVALID_DIMS);
        NAME(CLLRN_INVALID_STRIDES);
        NAME(CLLRN_INVALID_CHANNEL_AXIS);
        NAME(CLLRN_SHAPE_MISMATCH);
        NAME(CLLRN_SIZE_OVERFLOW);
        NAME(CLLRN_INVALID_BUFFER);
        NAME(CLLRN_BUFFER_TOO_SMALL);
        NAME(CLLRN_INVALID_OFFSET);
        NAME(CLLRN_PARTIAL_OVERLAP);
        NAME(CLLRN_SCRATCH_TOO_SMALL);
        NAME(CLLRN_INVALID_QUEUE);
        NAME(CLLRN_CONTEXT_MISMATCH);
        NAME(CLLRN_DEVICE_MISMATCH);
        NAME(CLLRN_INVALID_WAIT_LIST);
        NAME(CLLRN_INVALID_VARIANT);
        NAME(CLLRN_INVALID_BLOCK);
        NAME(CLLRN_INVALID_ALIASING);
        NAME(CLLRN_UNSUPPORTED);
        NAME(CLLRN_UNSUPPORTED_SIZE);
        NAME(CLLRN_NO_COMPILER);
        NAME(CLLRN_SCRATCH_LIMIT);
        NAME(CLLRN_NO_DEVICE);
        NAME(CLLRN_OUT_OF_MEMORY);
        NAME(CLLRN_KERNEL_SOURCE);
        NAME(CLLRN_INVALID_PACK);
        NAME(CLLRN_PACK_MISMATCH);
        NAME(CLLRN_PROGRAM_MISSING);
        NAME(CLLRN_UNTRUSTED_PACK);
        NAME(CLLRN_OPENCL_FAILURE);
        NAME(CLLRN_BUILD_FAILURE);
    default:
        return "unknown status";
    }
}

const char *cllrn_opencl_error_string(int32_t cl_error)
{
    switch (cl_error) {
        NAME(CL_DEVICE_NOT_FOUND);
        NAME(CL_DEVICE_NOT_AVAILABLE);
        NAME(CL_COMPILER_NOT_AVAILABLE);
        NAME(CL_MEM_OBJECT_ALLOCATION_FAILURE);
        NAME(CL_OUT_OF_RESOURCES);
        NAME(CL_OUT_OF_HOST_MEMORY);
        NAME(CL_PROFILING_INFO_NOT_AVAILABLE);
        NAME(CL_MEM_COPY_OVERLAP);
        NAME(CL_BUILD_PROGRAM_FAILURE);
        NAME(CL_MISALIGNED_SUB_BUFFER_OFFSET);
        NAME(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
        NAME(CL_LINKER_NOT_AVAILABLE);
        NAME(CL_KERNEL_ARG_INFO_NOT_AVAILABLE);
        NAME(CL_INVALID_VALUE);
        NAME(CL_INVALID_DEVICE_TYPE);
        NAME(CL_INVALID_PLATFORM);
        NAME(CL_INVALID_DEVICE);
        NAME(CL_INVALID_CONTEXT);
        NAME(CL_INVALID_QUEUE_PROPERTIES);
        NAME(CL_INVALID_COMMAND_QUEUE);
        NAME(CL_INVALID_HOST_PTR);
        NAME(CL_INVALID_MEM_OBJECT);
        NAME(CL_INVALID_BINARY);
        NAME(CL_INVALID_BUILD_OPTIONS);
        NAME(CL_INVALID_PROGRAM);
        NAME(CL_INVALID_PROGRAM_EXECUTABLE);
        NAME(CL_INVALID_KERNEL_NAME);
        NAME(CL_INVALID_KERNEL_DEFINITION);
        NAME(CL_INVALID_KERNEL);
        NAME(CL_INVALID_ARG_INDEX);
        NAME(CL_INVALID_ARG_VALUE);
        NAME(CL_INVALID_ARG_SIZE);
        NAME(CL_INVALID_KERNEL_ARGS);
        NAME(CL_INVALID_WORK_DIMENSION);
        NAME(CL_INVALID_WORK_GROUP_SIZE);
        NAME(CL_INVALID_WORK_ITEM_SIZE);
        NAME(CL_INVALID_GLOBAL_OFFSET);
        NAME(CL_INVALID_EVENT_WAIT_LIST);
        NAME(CL_INVALID_EVENT);
        NAME(CL_INVALID_OPERATION);
        NAME(CL_INVALID_BUFFER_SIZE);
        NAME(CL_INVALID_GLOBAL_WORK_SIZE);
        NAME(CL_INVALID_PROPERTY);
    default:
        return "OpenCL error";
    }
}

#undef NAME

bool lrn_readable(const void *pointer, size_t known)
{
    uint32_t size; /* the first field of every public struct */
    if (pointer == NULL)
        return false;
    memcpy(&size, pointer, sizeof size);
    if (size < known || size > LRN_MAX_STRUCT_SIZE)
        return false;
    for (size_t i = known; i < size; ++i)
        if (((const unsigned char *)pointer)[i] != 0)
            return false;
    return true;
}

cllrn_status lrn_opencl_status(int32_t code)
{
    return code == CL_OUT_OF_HOST_MEMORY ? CLLRN_OUT_OF_MEMORY : CLLRN_OPENCL_FAILURE;
}

cllrn_status lrn_fail_code(cllrn_error *error, cllrn_status status, int32_t code,
                           const char *format, ...)
{
    va_list arguments;
    if (!LRN_FILLABLE(error))
        return status;
    error->status = status;
    error->cl_error = code;
    va_start(arguments, format);
    const int length = vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    if (code != CL_SUCCESS && length >= 0 && (size_t)length < sizeof error->message)
        snprintf(error->message + length, sizeof error->message - (size_t)length, ": %s (%d)",
                 cllrn_opencl_error_string(code), code);
    /* Keep the message one line, whatever names a damaged file or a driver contains. */
    for (char *c = error->message; *c != '\0'; ++c)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
    return status;
}

void lrn_error_copy(cllrn_error *to, const cllrn_error *from)
{
    if (!LRN_FILLABLE(to))
        return;
    to->status = from->status;
    to->cl_error = from->cl_error;
    memcpy(to->message, from->message, sizeof to->message);
}
