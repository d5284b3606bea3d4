/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of all platforms, and the one that a text names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cllrn.h>

#include "environment.h"
#include "error.h"
#include "info.h"
#include "size.h"

enum { PLATFORM_NOT_FOUND = -1001 }; /* CL_PLATFORM_NOT_FOUND_KHR, from the loader itself */

#define ADVICE "install a driver (Debian's pocl-opencl-icd gives a CPU device)"

static cllrn_status load_platforms(cl_platform_id **platforms, cl_uint *count, cllrn_error *error)
{
    cl_int code = clGetPlatformIDs(0, NULL, count);
    if (code == PLATFORM_NOT_FOUND || (code == CL_SUCCESS && *count == 0))
        return lrn_fail(error, CLLRN_NO_DEVICE, "device list: no OpenCL platform: " ADVICE);
    *platforms = code == CL_SUCCESS ? lrn_size_alloc(*count, sizeof **platforms) : NULL;
    if (code == CL_SUCCESS && *platforms == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "device list: no memory for %u platforms",
                        (unsigned)*count);
    if (code == CL_SUCCESS)
        code = clGetPlatformIDs(*count, *platforms, NULL);
    return code == CL_SUCCESS ? CLLRN_SUCCESS
                              : lrn_fail_cl(error, code, "device list: listing the platforms");
}

cllrn_status cllrn_device_list(cl_device_id *devices, size_t room, size_t *count,
                               cllrn_error *error)
{
    cl_platform_id *platforms = NULL;
    cl_uint platform_count = 0;
    size_t total = 0;
    if (count == NULL || (devices == NULL && room > 0))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "device list: devices or count is NULL");
    cllrn_status status = load_platforms(&platforms, &platform_count, error);
    for (cl_uint i = 0; status == CLLRN_SUCCESS && i < platform_count; ++i) {
        const size_t rest = total < room ? room - total : 0;
        const cl_uint here = rest < CL_UINT_MAX ? (cl_uint)rest : CL_UINT_MAX;
        cl_uint found = 0;
        /* A broken platform, or an empty one, must not hide the others. */
        if (clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, here,
                           here > 0 ? devices + total : NULL, &found) == CL_SUCCESS)
            total += found;
    }
    free(platforms);
    if (status == CLLRN_SUCCESS && total == 0)
        status = lrn_fail(error, CLLRN_NO_DEVICE,
                          "device list: no OpenCL device: none of %u platforms has one: " ADVICE,
                          (unsigned)platform_count);
    if (status == CLLRN_SUCCESS)
        *count = total;
    return status;
}

/* *count devices, for the caller to free. */
static cllrn_status load(cl_device_id **devices, size_t *count, cllrn_error *error)
{
    size_t room = 0;
    cllrn_status status = cllrn_device_list(NULL, 0, &room, error);
    if (status != CLLRN_SUCCESS)
        return status;
    *devices = lrn_size_alloc(room, sizeof **devices);
    if (*devices == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "device find: no memory for %zu devices", room);
    status = cllrn_device_list(*devices, room, count, error);
    if (*count > room)
        *count = room; /* a device came meanwhile */
    return status;
}

static cl_device_id preferred(const cl_device_id *devices, size_t count)
{
    static const cl_device_type order[] = {CL_DEVICE_TYPE_GPU, CL_DEVICE_TYPE_ACCELERATOR,
                                           CL_DEVICE_TYPE_CPU};
    for (size_t kind = 0; kind < sizeof order / sizeof *order; ++kind)
        for (size_t i = 0; i < count; ++i) {
            cl_device_type type = 0;
            if (clGetDeviceInfo(devices[i], CL_DEVICE_TYPE, sizeof type, &type, NULL) ==
                    CL_SUCCESS &&
                (type & order[kind]) != 0)
                return devices[i];
        }
    return devices[0];
}

/* What fits of a text, without spaces at either end, which some drivers pad names with. */
typedef struct name_text {
    char chars[256];
} name_text;

/* "" where the driver does not answer. */
static cllrn_status get_name(lrn_info_of of, cl_uint property, name_text *name, cllrn_error *error)
{
    size_t size;
    cl_int code;
    char *const whole = lrn_info_get(of, property, &size, &code);
    if (whole == NULL && (code == CL_SUCCESS || code == CL_OUT_OF_HOST_MEMORY))
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "device find: no memory for a name");
    const char *const begin = whole != NULL ? whole + strspn(whole, " \t\r\n") : "";
    size_t length = strlen(begin);
    while (length > 0 && strchr(" \t\r\n", begin[length - 1]) != NULL)
        --length;
    const size_t most = sizeof name->chars - 1;
    snprintf(name->chars, sizeof name->chars, "%.*s", (int)(length < most ? length : most), begin);
    free(whole);
    return CLLRN_SUCCESS;
}

static cllrn_status get_names(cl_device_id id, name_text *device, name_text *platform,
                              cllrn_error *error)
{
    cl_platform_id of = NULL;
    if (clGetDeviceInfo(id, CL_DEVICE_PLATFORM, sizeof of, &of, NULL) != CL_SUCCESS)
        of = NULL;
    const cllrn_status status =
        get_name((lrn_info_of){.device = id}, CL_DEVICE_NAME, device, error);
    return status == CLLRN_SUCCESS
               ? get_name((lrn_info_of){.platform = of}, CL_PLATFORM_NAME, platform, error)
               : status;
}

/* A number is always an index, so that "3050" never finds "RTX 3050". */
static bool is_number(const char *spec)
{
    const char *const digits = spec + (*spec == '-');
    return *digits != '\0' && digits[strspn(digits, "0123456789")] == '\0';
}

/* Sets *device to the first match. */
static cllrn_status match(const cl_device_id *devices, size_t count, const char *spec,
                          cl_device_id *device, cllrn_error *error)
{
    char known[400] = "";
    size_t used = 0;
    const bool by_index = is_number(spec);
    const long long index = by_index ? strtoll(spec, NULL, 10) : -1; /* the nearest, if too large */
    if (index >= 0 && (unsigned long long)index < count) {
        *device = devices[index];
        return CLLRN_SUCCESS;
    }
    for (size_t i = 0; i < count; ++i) {
        name_text name, platform;
        const cllrn_status status = get_names(devices[i], &name, &platform, error);
        if (status != CLLRN_SUCCESS)
            return status;
        if (!by_index &&
            (strcasestr(name.chars, spec) != NULL || strcasestr(platform.chars, spec) != NULL)) {
            *device = devices[i];
            return CLLRN_SUCCESS;
        }
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%zu %s (%s)",
                                     i > 0 ? ", " : "", i, name.chars, platform.chars);
    }
    return lrn_fail(error, CLLRN_NO_DEVICE, "device find: no such device '%.60s'; there are: %s",
                    spec, known);
}

cllrn_status cllrn_device_find(const char *spec, cl_device_id *device, cllrn_error *error)
{
    cl_device_id *devices = NULL;
    size_t count = 0;
    if (device == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "device find: device is NULL");
    spec = lrn_environment(spec, "CLLRN_DEVICE");
    cllrn_status status = load(&devices, &count, error);
    if (status == CLLRN_SUCCESS && spec != NULL)
        status = match(devices, count, spec, device, error);
    else if (status == CLLRN_SUCCESS)
        *device = preferred(devices, count);
    free(devices);
    return status;
}
