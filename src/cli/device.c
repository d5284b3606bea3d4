/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include "message.h"
#include "option.h"
#include "printable.h"

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

/* Some drivers pad names with spaces. */
void device_text(cl_device_id id, cl_platform_id platform, cl_uint what, char *text, size_t size)
{
    char *const whole = whole_text(id, platform, what);
    snprintf(text, size, "%s", whole ? whole + strspn(whole, " \t\r\n") : "");
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

/* As message_check; where there is no device, also says what needs none. */
static bool check(cllrn_status status, const cllrn_error *error)
{
    return status == CLLRN_NO_DEVICE
               ? message_fail("%s; '--device host' and '--device reference' need none",
                              message_of_library(status, error))
               : message_check(status, error);
}

static device describe(cl_device_id id)
{
    device described = {.kind = DEVICE_OPENCL, .id = id};
    char profile[256];
    clGetDeviceInfo(id, CL_DEVICE_PLATFORM, sizeof described.platform, &described.platform, NULL);
    device_text(id, NULL, CL_DEVICE_NAME, described.name, sizeof described.name);
    device_text(id, NULL, CL_DRIVER_VERSION, described.driver, sizeof described.driver);
    device_text(id, NULL, CL_DEVICE_VERSION, described.version, sizeof described.version);
    device_text(id, NULL, CL_DEVICE_PROFILE, profile, sizeof profile);
    device_text(NULL, described.platform, CL_PLATFORM_NAME, described.platform_name,
                sizeof described.platform_name);
    device_text(NULL, described.platform, CL_PLATFORM_VERSION, described.platform_version,
                sizeof described.platform_version);
    described.embedded = strncmp(profile, "EMBEDDED", 8) == 0;
    described.type = device_number(id, CL_DEVICE_TYPE);
    return described;
}

bool device_list_load(device_list *list)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    size_t room = 0, count = 0;
    *list = (device_list){NULL, 0};
    if (!check(cllrn_device_list(NULL, 0, &room, &error), &error))
        return false;
    cl_device_id *const ids = calloc(room, sizeof *ids);
    list->devices = calloc(room, sizeof *list->devices);
    const bool loaded = ids && list->devices
                            ? check(cllrn_device_list(ids, room, &count, &error), &error)
                            : message_fail("out of memory");
    for (size_t i = 0; loaded && i < count && i < room; ++i)
        list->devices[list->count++] = describe(ids[i]);
    free(ids);
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

static const device without_opencl[] = {
    [DEVICE_HOST] = {.kind = DEVICE_HOST, .name = "host"},
    [DEVICE_REFERENCE] = {.kind = DEVICE_REFERENCE, .name = "reference"},
};

/* NULL where neither names a device. */
static const char *option_or_variable(const char *spec)
{
    const char *const variable = getenv("CLLRN_DEVICE");
    return spec || !variable || !*variable ? spec : variable;
}

bool device_is_reference(const char *spec)
{
    const char *const named = option_or_variable(spec);
    return named && strcmp(named, without_opencl[DEVICE_REFERENCE].name) == 0;
}

bool device_resolve(const char *spec, device *found)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cl_device_id id;
    spec = option_or_variable(spec);
    for (int kind = DEVICE_HOST; spec && kind <= DEVICE_REFERENCE; ++kind) {
        if (strcmp(spec, without_opencl[kind].name) == 0) {
            *found = without_opencl[kind];
            return true;
        }
    }
    if (!check(cllrn_device_find(spec, &id, &error), &error))
        return false;
    *found = describe(id);
    return true;
}

/* Whether a device's bits do not depend on what else computes the result. False after a message. */
static bool has_common_bits(const device *one)
{
    if (one->kind == DEVICE_REFERENCE)
        return message_fail("reference computes alone: it rounds otherwise than other devices");
    return one->kind == DEVICE_HOST ||
           (device_number(one->id, CL_DEVICE_SINGLE_FP_CONFIG) & CL_FP_ROUND_TO_NEAREST) != 0 ||
           message_fail("%s computes alone: it does not round to nearest", one->name);
}

bool device_resolve_list(const char *specs, device found[DEVICE_MOST], int *count)
{
    const char *list = option_or_variable(specs), *item;
    size_t length;
    if (!list) {
        *count = 1;
        return device_resolve(NULL, found);
    }
    for (*count = 0; option_next_item(&list, &item, &length); ++*count) {
        char spec[256];
        if (*count == DEVICE_MOST)
            return message_fail("more than %d devices", DEVICE_MOST);
        if (length == 0 || length >= sizeof spec)
            return message_fail("no such device '%.*s'", (int)length, item);
        snprintf(spec, sizeof spec, "%.*s", (int)length, item);
        if (!device_resolve(spec, &found[*count]))
            return false;
    }
    for (int i = 0; *count > 1 && i < *count; ++i)
        if (!has_common_bits(&found[i]))
            return false;
    return true;
}
