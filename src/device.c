/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "info.h"
#include "query.h"

/* Workarounds for single drivers, one entry each, with its reason. */
static const struct {
    const char *platform; /* prefix of the platform's name */
    bool scalar;          /* treat its CPUs like GPUs: many scalar work-items */
    const char *options;  /* for its compiler, or NULL */
} quirks[] = {
    /*
     * llvmpipe vectorizes across work-items itself: scalar work-items in groups
     * of 64 were 5 times faster than float4.
     */
    {"rusticl", .scalar = true},
    /*
     * Clang's optimizer turns comparisons of `modes >> 13 & 7` into a switch on
     * a 3-bit integer. Oclgrind 21.10 does not clear the upper bits of that
     * integer's byte, so no case matches: kernels that take element types at
     * run time (group, stream) stored the wrong type.
     */
    {"Oclgrind", .options = " -cl-opt-disable"},
};

cl_int lrn_device_find(cl_device_id device, const cl_device_id *list, size_t count, size_t *index)
{
    static const cl_device_id none = NULL;
    for (;;) {
        cl_device_id parent = NULL;
        for (*index = 0; *index < count; ++*index)
            if (list[*index] == device)
                return CL_SUCCESS;
        /* OpenCL 1.1 has no sub-devices. */
        const cl_int code = lrn_query_or(
            clGetDeviceInfo(device, CL_DEVICE_PARENT_DEVICE, sizeof parent, &parent, NULL), &parent,
            &none, sizeof parent);
        if (code != CL_SUCCESS || parent == NULL || parent == device)
            return code;
        device = parent;
    }
}

/* Queries *value, which keeps its default if the driver does not know the query. */
static cl_int get(cl_device_id device, cl_device_info info, size_t size, void *value)
{
    unsigned char otherwise[16 * sizeof(size_t)];
    memcpy(otherwise, value, size);
    return lrn_query_or(clGetDeviceInfo(device, info, size, value, NULL), value, otherwise, size);
}

static cllrn_status fail_query(cllrn_error *error, cl_int code, const char *name)
{
    return lrn_fail_cl(error, code, "engine create: asking the device for %s", name);
}

enum { PLATFORM_NAME, DEVICE_NAME, DRIVER, EXTENSIONS, TEXTS };

static void free_texts(char *texts[TEXTS])
{
    for (int i = 0; i < TEXTS; ++i)
        free(texts[i]);
}

/* Queries all texts, "" where the driver does not know one. The caller calls free_texts. */
static cllrn_status get_texts(cl_platform_id platform, cl_device_id device, char *texts[TEXTS],
                              cllrn_error *error)
{
    static const struct {
        cl_uint info;
        const char *name;
    } queries[TEXTS] = {
        [PLATFORM_NAME] = {CL_PLATFORM_NAME, "CL_PLATFORM_NAME"},
        [DEVICE_NAME] = {CL_DEVICE_NAME, "CL_DEVICE_NAME"},
        [DRIVER] = {CL_DRIVER_VERSION, "CL_DRIVER_VERSION"},
        [EXTENSIONS] = {CL_DEVICE_EXTENSIONS, "CL_DEVICE_EXTENSIONS"},
    };
    cllrn_status status = CLLRN_SUCCESS;
    for (int i = 0; i < TEXTS && status == CLLRN_SUCCESS; ++i) {
        const cl_int code = i == PLATFORM_NAME
                                ? lrn_info_platform(platform, queries[i].info, &texts[i])
                                : lrn_info_device(device, queries[i].info, &texts[i]);
        if (code == CL_INVALID_VALUE)
            texts[i] = calloc(1, 1);
        else if (code != CL_SUCCESS)
            status = fail_query(error, code, queries[i].name);
        if (status == CLLRN_SUCCESS && texts[i] == NULL)
            status = lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine create: no memory for %s",
                              queries[i].name);
    }
    if (status != CLLRN_SUCCESS)
        free_texts(texts);
    return status;
}

cllrn_status lrn_device_facts_get(cl_device_id device, lrn_device_facts *facts, cllrn_error *error)
{
    /* The defaults are the least that any device has: correct everywhere, fast nowhere. */
    cl_device_type type = 0;
    cl_uint units = 0, width = 0;
    cl_ulong local_memory = 0, cache = 0;
    cl_device_local_mem_type local_type = CL_LOCAL;
    cl_platform_id platform = NULL;
    size_t sizes[16] = {0}, group = 0;
    char profile[32] = "EMBEDDED_PROFILE";
    const struct {
        cl_device_info info;
        const char *name;
        size_t size;
        void *value;
    } queries[] = {
        {CL_DEVICE_TYPE, "CL_DEVICE_TYPE", sizeof type, &type},
        {CL_DEVICE_PLATFORM, "CL_DEVICE_PLATFORM", sizeof platform, &platform},
        {CL_DEVICE_MAX_COMPUTE_UNITS, "CL_DEVICE_MAX_COMPUTE_UNITS", sizeof units, &units},
        {CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, "CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT", sizeof width,
         &width},
        {CL_DEVICE_MAX_WORK_GROUP_SIZE, "CL_DEVICE_MAX_WORK_GROUP_SIZE", sizeof group, &group},
        {CL_DEVICE_MAX_WORK_ITEM_SIZES, "CL_DEVICE_MAX_WORK_ITEM_SIZES", sizeof sizes, sizes},
        {CL_DEVICE_LOCAL_MEM_SIZE, "CL_DEVICE_LOCAL_MEM_SIZE", sizeof local_memory, &local_memory},
        {CL_DEVICE_LOCAL_MEM_TYPE, "CL_DEVICE_LOCAL_MEM_TYPE", sizeof local_type, &local_type},
        {CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, "CL_DEVICE_GLOBAL_MEM_CACHE_SIZE", sizeof cache, &cache},
        {CL_DEVICE_PROFILE, "CL_DEVICE_PROFILE", sizeof profile - 1, profile},
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; ++i) {
        const cl_int code = get(device, queries[i].info, queries[i].size, queries[i].value);
        if (code != CL_SUCCESS)
            return fail_query(error, code, queries[i].name);
    }
    char *texts[TEXTS] = {NULL};
    const cllrn_status status = get_texts(platform, device, texts, error);
    if (status != CLLRN_SUCCESS)
        return status;

    /* A device of both types, as Oclgrind reports, counts as a GPU. */
    facts->cpu_like = (type & CL_DEVICE_TYPE_CPU) != 0 && (type & CL_DEVICE_TYPE_GPU) == 0;
    facts->options = "";
    for (size_t i = 0; i < sizeof quirks / sizeof *quirks; ++i)
        if (strncmp(texts[PLATFORM_NAME], quirks[i].platform, strlen(quirks[i].platform)) == 0) {
            facts->cpu_like = facts->cpu_like && !quirks[i].scalar;
            if (quirks[i].options != NULL)
                facts->options = quirks[i].options;
        }
    facts->pipelined = (type & CL_DEVICE_TYPE_ACCELERATOR) != 0 &&
                       (type & (CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU)) == 0;
    /* An EMBEDDED device may have 64-bit integers, but takes only 256 bytes of arguments. */
    facts->wide = strcmp(profile, "EMBEDDED_PROFILE") != 0;
    facts->int64 = facts->wide || lrn_info_has_word(texts[EXTENSIONS], "cles_khr_int64");
    /* The general kernels' arguments exceed these 256 bytes if their scalars are doubles. */
    facts->fp64 = facts->wide && lrn_info_has_word(texts[EXTENSIONS], "cl_khr_fp64");
    facts->platform = platform;
    facts->vector_width = 1;
    while (facts->vector_width < 16 && (cl_uint)facts->vector_width * 2 <= width)
        facts->vector_width *= 2;
    facts->compute_units = units > 0 ? units : 1;
    facts->max_group_size = (int64_t)(sizes[0] < group ? sizes[0] : group);
    if (facts->max_group_size < 1)
        facts->max_group_size = 1;
    facts->local_memory = local_memory > INT64_MAX ? INT64_MAX : (int64_t)local_memory;
    facts->local_is_global = local_type == CL_GLOBAL;
    facts->cache = cache > INT64_MAX ? INT64_MAX : (int64_t)cache;
    snprintf(facts->name, sizeof facts->name, "%.63s (%.31s, driver %.31s)",
             *texts[DEVICE_NAME] != '\0' ? texts[DEVICE_NAME] : "device", texts[PLATFORM_NAME],
             texts[DRIVER]);
    free_texts(texts);
    return CLLRN_SUCCESS;
}
