/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include "message.h"
#include "number.h"
#include "printable.h"

#include "../size.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------------- facts */

/* A text of any length, for the caller to free; NULL where the query fails. */
static char *whole_text(cl_device_id id, cl_platform_id platform, cl_uint what)
{
    size_t length = 0;
    cl_int error = id ? clGetDeviceInfo(id, what, 0, NULL, &length)
                      : clGetPlatformInfo(platform, what, 0, NULL, &length);
    char *const text = error == CL_SUCCESS ? calloc(length + 1, 1) : NULL;
    if (text)
        error = id ? clGetDeviceInfo(id, what, length, text, NULL)
                   : clGetPlatformInfo(platform, what, length, text, NULL);
    if (error == CL_SUCCESS)
        return text;
    free(text);
    return NULL;
}

/* Gets what fits, as one line, without spaces at either end: some drivers pad names with them. */
static void get_text(cl_device_id id, cl_platform_id platform, cl_uint what, char text[256])
{
    char *const whole = whole_text(id, platform, what);
    snprintf(text, 256, "%s", whole ? whole + strspn(whole, " \t\r\n") : "");
    free(whole);
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
    printable_line(text);
}

cl_ulong device_number(cl_device_id id, cl_device_info what)
{
    union {
        cl_uint narrow;
        cl_ulong wide; /* also for bit-fields; a size_t has one of these sizes */
    } value = {.wide = 0};
    size_t size = 0;
    if (clGetDeviceInfo(id, what, sizeof value, &value, &size) != CL_SUCCESS)
        return 0;
    return size == sizeof value.narrow ? value.narrow : value.wide;
}

bool device_has_extension(cl_device_id id, const char *extension)
{
    char *const all = whole_text(id, NULL, CL_DEVICE_EXTENSIONS);
    bool found = false;
    char *rest = all;
    for (char *word = all ? strtok_r(all, " ", &rest) : NULL; word && !found;
         word = strtok_r(NULL, " ", &rest))
        found = strcmp(word, extension) == 0;
    free(all);
    return found;
}

const char *device_type_name(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU)
        return "GPU";
    if (type & CL_DEVICE_TYPE_ACCELERATOR)
        return "accelerator";
    return type & CL_DEVICE_TYPE_CPU ? "CPU" : "other";
}

/* ----------------------------------------------------------------------- list */

enum { NO_PLATFORM = -1001 }; /* CL_PLATFORM_NOT_FOUND_KHR, from the loader itself */

#define ADVICE                                                                                     \
    "install a driver (Debian's pocl-opencl-icd gives a CPU device), or use 'run --device host', " \
    "which needs none"

/* Sets *platforms, for the caller to free. False after a message. */
static bool load_platforms(cl_platform_id **platforms, cl_uint *count)
{
    cl_int error = clGetPlatformIDs(0, NULL, count);
    if (error == NO_PLATFORM || (error == CL_SUCCESS && *count == 0))
        return message_fail("no OpenCL platform; " ADVICE);
    *platforms = error == CL_SUCCESS ? calloc(*count, sizeof **platforms) : NULL;
    if (error == CL_SUCCESS && !*platforms)
        return message_fail("out of memory");
    if (error == CL_SUCCESS)
        error = clGetPlatformIDs(*count, *platforms, NULL);
    return message_check_opencl(error, "clGetPlatformIDs", "the OpenCL loader");
}

static device describe(cl_platform_id platform, cl_device_id id)
{
    device described = {.kind = DEVICE_OPENCL, .platform = platform, .id = id};
    char profile[256];
    get_text(id, NULL, CL_DEVICE_NAME, described.name);
    get_text(id, NULL, CL_DRIVER_VERSION, described.driver);
    get_text(id, NULL, CL_DEVICE_VERSION, described.version);
    get_text(id, NULL, CL_DEVICE_PROFILE, profile);
    get_text(NULL, platform, CL_PLATFORM_NAME, described.platform_name);
    get_text(NULL, platform, CL_PLATFORM_VERSION, described.platform_version);
    described.embedded = strncmp(profile, "EMBEDDED", 8) == 0;
    described.type = device_number(id, CL_DEVICE_TYPE);
    return described;
}

/* Appends the platform's devices. A broken platform, or an empty one, must not hide the others. */
static bool append_platform(device_list *list, cl_platform_id platform)
{
    cl_uint count = 0;
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count) != CL_SUCCESS || count == 0)
        return true;
    cl_device_id *const ids = calloc(count, sizeof *ids);
    size_t bytes;
    device *const devices = lrn_size((uint64_t)list->count + count, sizeof *devices, &bytes)
                                ? realloc(list->devices, bytes)
                                : NULL;
    if (devices)
        list->devices = devices;
    if (!ids || !devices) {
        free(ids);
        return message_fail("out of memory");
    }
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, ids, NULL) == CL_SUCCESS)
        for (cl_uint i = 0; i < count; ++i)
            list->devices[list->count++] = describe(platform, ids[i]);
    free(ids);
    return true;
}

bool device_list_load(device_list *list)
{
    cl_platform_id *platforms = NULL;
    cl_uint count = 0;
    *list = (device_list){NULL, 0};
    bool loaded = load_platforms(&platforms, &count);
    for (cl_uint i = 0; i < count && loaded; ++i)
        loaded = append_platform(list, platforms[i]);
    free(platforms);
    if (loaded && list->count == 0)
        loaded = message_fail("no OpenCL device: none of %u platforms has one; " ADVICE, count);
    if (!loaded)
        device_list_free(list);
    return loaded;
}

void device_list_free(device_list *list)
{
    free(list->devices);
    *list = (device_list){NULL, 0};
}

/* -------------------------------------------------------------------- resolve */

static const device *preferred(const device_list *list)
{
    static const cl_device_type order[] = {CL_DEVICE_TYPE_GPU, CL_DEVICE_TYPE_ACCELERATOR,
                                           CL_DEVICE_TYPE_CPU};
    for (size_t type = 0; type < sizeof order / sizeof order[0]; ++type)
        for (size_t i = 0; i < list->count; ++i)
            if (list->devices[i].type & order[type])
                return &list->devices[i];
    return &list->devices[0];
}

/* The first match, or NULL. A number is always an index, so "3050" never finds "RTX 3050". */
static const device *find(const device_list *list, const char *spec)
{
    int64_t index;
    if (number_parse_range(spec, INT64_MIN, INT64_MAX, &index))
        return index >= 0 && (uint64_t)index < list->count ? &list->devices[index] : NULL;
    for (size_t i = 0; i < list->count; ++i)
        if (strcasestr(list->devices[i].name, spec) ||
            strcasestr(list->devices[i].platform_name, spec))
            return &list->devices[i];
    return NULL;
}

static bool no_such_device(const device_list *list, const char *spec)
{
    char known[4096] = "";
    size_t used = 0;
    for (size_t i = 0; i < list->count && used < sizeof known; ++i)
        used += (size_t)snprintf(known + used, sizeof known - used, "%zu %s (%s), ", i,
                                 list->devices[i].name, list->devices[i].platform_name);
    return message_fail("no such device '%s'; there are: %shost, reference", spec, known);
}

static const device without_opencl[] = {
    [DEVICE_HOST] = {.kind = DEVICE_HOST, .name = "host"},
    [DEVICE_REFERENCE] = {.kind = DEVICE_REFERENCE, .name = "reference"},
};

bool device_resolve(const char *spec, device *found)
{
    const char *const variable = getenv("CLLRN_DEVICE");
    if (!spec && variable && *variable)
        spec = variable;
    for (int kind = DEVICE_HOST; spec && kind <= DEVICE_REFERENCE; ++kind) {
        if (strcmp(spec, without_opencl[kind].name) == 0) {
            *found = without_opencl[kind];
            return true;
        }
    }
    device_list list;
    if (!device_list_load(&list))
        return false;
    const device *const match = spec ? find(&list, spec) : preferred(&list);
    const bool resolved = match || no_such_device(&list, spec);
    if (match)
        *found = *match;
    device_list_free(&list);
    return resolved;
}
