/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "hash.h"
#include "info.h"

/* A text that OpenCL tells has a query. */
static const struct {
    const char *name;
    bool of_driver; /* any_driver ignores this text */
    cl_uint info;
    const char *query;
} rows[CLLRN_PACK_TEXTS] = {
    [CLLRN_PACK_LIBRARY] = {.name = "library version"},
    [CLLRN_PACK_KERNELS] = {.name = "kernels"},
    [CLLRN_PACK_PLATFORM] = {"platform", false, LRN_NAMED(CL_PLATFORM_NAME)},
    [CLLRN_PACK_PLATFORM_VERSION] = {"platform version", true, LRN_NAMED(CL_PLATFORM_VERSION)},
    [CLLRN_PACK_DEVICE] = {"device", false, LRN_NAMED(CL_DEVICE_NAME)},
    [CLLRN_PACK_VENDOR] = {"vendor", false, LRN_NAMED(CL_DEVICE_VENDOR)},
    [CLLRN_PACK_DEVICE_VERSION] = {"device version", true, LRN_NAMED(CL_DEVICE_VERSION)},
    [CLLRN_PACK_DRIVER] = {"driver", true, LRN_NAMED(CL_DRIVER_VERSION)},
    [CLLRN_PACK_ADDRESS_BITS] = {.name = "address bits"},
};

/* Copies whole to text and frees whole. A longer text is cut, and a hash tells it from others. */
static void keep(char *whole, char text[LRN_TARGET_TEXT])
{
    if (strlen(whole) < LRN_TARGET_TEXT)
        snprintf(text, LRN_TARGET_TEXT, "%s", whole);
    else
        snprintf(text, LRN_TARGET_TEXT, "%.230s.. #%016" PRIx64, whole, lrn_hash_text(0, whole));
    free(whole);
}

cllrn_status lrn_target_get(cl_device_id device, const char *kernel_hash, const char *what,
                            lrn_target *target, cllrn_error *error)
{
    static const cl_platform_id unknown = NULL;
    memset(target, 0, sizeof *target);
    target->device = device;
    cl_int code = lrn_query_or(clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof target->platform,
                                               &target->platform, NULL),
                               &target->platform, &unknown, sizeof unknown);
    if (code != CL_SUCCESS)
        return lrn_fail_cl(error, code, "%s: asking the device for CL_DEVICE_PLATFORM", what);
    snprintf(target->texts[CLLRN_PACK_LIBRARY], LRN_TARGET_TEXT, "%s", cllrn_version());
    snprintf(target->texts[CLLRN_PACK_KERNELS], LRN_TARGET_TEXT, "%s", kernel_hash);
    target->complete = true;
    for (int i = CLLRN_PACK_PLATFORM; i < CLLRN_PACK_ADDRESS_BITS; ++i) {
        const bool of_platform = i <= CLLRN_PACK_PLATFORM_VERSION;
        const lrn_info_of of = {.platform = of_platform ? target->platform : NULL,
                                .device = of_platform ? NULL : device};
        char *text;
        const cllrn_status status =
            lrn_info_text(of, rows[i].info, rows[i].query, what, &text, error);
        if (status != CLLRN_SUCCESS)
            return status;
        target->complete = target->complete && text != NULL;
        if (text != NULL)
            keep(text, target->texts[i]);
    }
    /* The same driver can make binaries for 32-bit and for 64-bit pointers. */
    cl_uint bits = 0;
    code = clGetDeviceInfo(device, CL_DEVICE_ADDRESS_BITS, sizeof bits, &bits, NULL);
    if (code != CL_SUCCESS && code != CL_INVALID_VALUE)
        return lrn_fail_cl(error, code, "%s: asking the device for CL_DEVICE_ADDRESS_BITS", what);
    snprintf(target->texts[CLLRN_PACK_ADDRESS_BITS], LRN_TARGET_TEXT, "%u", (unsigned)bits);
    target->complete = target->complete && code == CL_SUCCESS;
    return CLLRN_SUCCESS;
}

bool lrn_target_is_any(const char *const *made)
{
    for (int i = CLLRN_PACK_PLATFORM; i < CLLRN_PACK_TEXTS; ++i)
        if (*made[i] != '\0')
            return false;
    return true;
}

/* ---------------------------------------------------------------------------- SPIR-V */

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

/* Whether the device takes SPIR-V and its driver has the function for it. */
static cllrn_status check_spirv(const lrn_target *here, const char *what, cllrn_error *error)
{
    char *versions;
    const cllrn_status status = lrn_info_text((lrn_info_of){.device = here->device}, IL_VERSION,
                                              "CL_DEVICE_IL_VERSION", what, &versions, error);
    if (status != CLLRN_SUCCESS)
        return status;
    const bool accepted = versions != NULL && strstr(versions, "SPIR-V") != NULL &&
                          here->platform != NULL && find(here->platform) != NULL;
    free(versions);
    if (accepted)
        return CLLRN_SUCCESS;
    return lrn_fail(error, CLLRN_PACK_MISMATCH,
                    "%.200s: holds SPIR-V, which this device does not take: make one for it", what);
}

cllrn_status lrn_target_match(const lrn_target *here, const char *const *made, bool any_driver,
                              const char *what, cllrn_error *error)
{
    const bool any = lrn_target_is_any(made);
    if (!here->complete && !any)
        return lrn_fail(error, CLLRN_PACK_MISMATCH,
                        "%s: this device does not tell its name and versions, so that nothing is "
                        "known to fit it",
                        what);
    const int end = any ? CLLRN_PACK_PLATFORM : CLLRN_PACK_TEXTS;
    for (int i = 0; i < end; ++i)
        if (strcmp(here->texts[i], made[i]) != 0 && !(any_driver && rows[i].of_driver))
            return lrn_fail(error, CLLRN_PACK_MISMATCH,
                            "%.120s: made for %s \"%.80s\" (%.30s, driver %.30s), but this is %s "
                            "\"%.80s\" (%.30s, driver %.30s): make it anew here",
                            what, rows[i].name, made[i], made[CLLRN_PACK_DEVICE],
                            made[CLLRN_PACK_DRIVER], rows[i].name, here->texts[i],
                            here->texts[CLLRN_PACK_DEVICE], here->texts[CLLRN_PACK_DRIVER]);
    return any ? check_spirv(here, what, error) : CLLRN_SUCCESS;
}
