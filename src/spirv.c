/* SPDX-License-Identifier: Apache-2.0 */
#include "spirv.h"

#include <stdlib.h>
#include <string.h>

#include "info.h"

/* From OpenCL 2.1 and cl_khr_il_program; headers of OpenCL 1.2 lack them. */
#define IL_VERSION 0x105B /* CL_DEVICE_IL_VERSION */
typedef cl_program(CL_API_CALL *create_fn)(cl_context context, const void *il, size_t length,
                                           cl_int *code);

bool lrn_spirv_is(const void *binary, size_t size)
{
    static const unsigned char little[] = {0x03, 0x02, 0x23, 0x07},
                               big[] = {0x07, 0x23, 0x02, 0x03};
    return size > sizeof little &&
           (memcmp(binary, little, sizeof little) == 0 || memcmp(binary, big, sizeof big) == 0);
}

/* Looks up only the extension's function: not every loader has that of OpenCL 2.1. */
static create_fn find(cl_platform_id platform)
{
    create_fn found = NULL;
    void *const address =
        clGetExtensionFunctionAddressForPlatform(platform, "clCreateProgramWithILKHR");
    memcpy(&found, &address, sizeof found); /* ISO C has no cast from object to function pointers */
    return found;
}

cl_int lrn_spirv_accepted(cl_platform_id platform, cl_device_id device, bool *accepted)
{
    char *versions;
    *accepted = false;
    const cl_int code = lrn_info_device(device, IL_VERSION, &versions);
    if (code != CL_SUCCESS)
        return code == CL_INVALID_VALUE ? CL_SUCCESS : code;
    if (versions == NULL)
        return CL_OUT_OF_HOST_MEMORY;
    *accepted = strstr(versions, "SPIR-V") != NULL && platform != NULL && find(platform) != NULL;
    free(versions);
    return CL_SUCCESS;
}

cl_program lrn_spirv_program(cl_platform_id platform, cl_context context, const void *module,
                             size_t size, cl_int *code)
{
    const create_fn create = find(platform);
    if (create == NULL) {
        *code = CL_INVALID_OPERATION;
        return NULL;
    }
    return create(context, module, size, code);
}
