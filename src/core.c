/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info.h"

void *lrn_alloc(const lrn_core *core, size_t size)
{
    void *memory = core->alloc != NULL ? core->alloc(core->alloc_user, size) : malloc(size);
    if (memory != NULL)
        memset(memory, 0, size);
    return memory;
}

void lrn_free(const lrn_core *core, void *memory)
{
    if (core->free == NULL)
        free(memory);
    else if (memory != NULL)
        core->free(core->alloc_user, memory);
}

void lrn_log(const lrn_core *core, cllrn_log_level level, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    if (core->log == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    core->log(core->log_user, level, message);
}

static cllrn_status check_device(cl_context context, cl_device_id device, cllrn_error *error)
{
    size_t size, index;
    cl_int code;
    cl_device_id *const devices =
        lrn_info_get((lrn_info_of){.context = context}, CL_CONTEXT_DEVICES, &size, &code);
    const size_t count = size / sizeof *devices;
    if (code != CL_SUCCESS)
        return lrn_fail_cl(error, code, "engine create: asking the context for its devices");
    if (devices == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine create: no memory for %zu devices",
                        count);
    /* For a sub-device some drivers list its parent in the context. */
    code = lrn_device_find(device, devices, count, &index);
    free(devices);
    if (code != CL_SUCCESS && code != CL_INVALID_DEVICE)
        return lrn_fail_cl(error, code, "engine create: asking the device for its parent");
    if (index == count)
        return lrn_fail(error, CLLRN_DEVICE_MISMATCH,
                        "engine create: the device is none of the context's %zu", count);
    return CLLRN_SUCCESS;
}

lrn_core lrn_core_make(const cllrn_engine_options *options)
{
    return (lrn_core){
        .log = options->log,
        .log_user = options->log_user,
        .alloc = options->alloc,
        .free = options->free,
        .alloc_user = options->alloc_user,
    };
}

cllrn_status lrn_core_open(lrn_core *core, cl_context context, cl_device_id device,
                           const char *kernel_hash, cllrn_error *error)
{
    cl_int code;
    cllrn_status status = check_device(context, device, error);
    if (status == CLLRN_SUCCESS)
        status = lrn_target_get(device, kernel_hash, "engine create", &core->target, error);
    if (status == CLLRN_SUCCESS)
        status = lrn_device_facts_get(&core->target, &core->facts, error);
    if (status != CLLRN_SUCCESS)
        return status;
    if ((code = clRetainContext(context)) != CL_SUCCESS)
        return lrn_fail_cl(error, code, "engine create: retaining the context");
    core->context = context;
    if ((code = clRetainDevice(device)) != CL_SUCCESS)
        return lrn_fail_cl(error, code, "engine create: retaining the device");
    core->device = device;
    return CLLRN_SUCCESS;
}

void lrn_core_close(const lrn_core *core)
{
    if (core->device != NULL)
        clReleaseDevice(core->device);
    if (core->context != NULL)
        clReleaseContext(core->context);
}
