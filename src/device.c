/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "info.h"

enum {
    SVM_CAPABILITIES = 0x1053, /* CL_DEVICE_SVM_CAPABILITIES, of OpenCL 2.0 */
    SVM_FINE_GRAIN_SYSTEM = 1 << 2,
};

/* Workarounds for single drivers, one entry each, with its reason. */
static const struct {
    const char *platform; /* prefix of the platform's name */
    bool scalar;          /* treat its CPUs like GPUs: many scalar work-items */
    bool slow_local;      /* local memory of its CPUs takes more time than it saves */
    const char *options;  /* for its compiler, or NULL */
} quirks[] = {
    /*
     * llvmpipe vectorizes across work-items itself: scalar work-items in groups
     * of 64 were 5 times faster than float4. Its work-items do not wait for cache
     * lines as those of GPUs do: column took half of the time of group.
     */
    {"rusticl", .scalar = true, .slow_local = true},
    /*
     * Clang's optimizer turns comparisons of `modes >> 13 & 7` into a switch on
     * a 3-bit integer. Oclgrind 21.10 does not clear the upper bits of that
     * integer's byte, so no case matches: kernels that take element types at
     * run time (group, stream) stored the wrong type. Its check for uninitialized
     * values is wrong about Clang's shuffles of two vectors.
     */
    {"Oclgrind", .options = " -cl-opt-disable -DLRN_SHUFFLE2"},
};

bool lrn_is_gpu(const lrn_device_facts *facts)
{
    return !facts->cpu_like && (!facts->pipelined || facts->offline);
}

bool lrn_is_fpga(const lrn_device_facts *facts)
{
    return !facts->cpu_like && facts->pipelined;
}

const lrn_device_facts lrn_any_device = {.pipelined = true,
                                         .offline = true,
                                         .int64 = true,
                                         .wide = true,
                                         .fp64 = true,
                                         .vector_width = 1,
                                         .compute_units = 1,
                                         .max_group_size = 1,
                                         .local_memory = INT64_MAX,
                                         .name = "any device"};
const lrn_device_facts lrn_any_embedded = {.pipelined = true,
                                           .offline = true,
                                           .vector_width = 1,
                                           .compute_units = 1,
                                           .max_group_size = 1,
                                           .local_memory = INT64_MAX,
                                           .name = "any EMBEDDED device"};

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

/*
 * The functions for pointers, newer than OpenCL 1.2: none must be needed to
 * load the library. The loader exports those of OpenCL itself, the platform
 * gives its extensions.
 */
static void find_pointer_functions(cl_platform_id platform, bool svm, bool usm,
                                   lrn_device_facts *facts)
{
    static const char *const names[] = {"clSetKernelArgSVMPointer", "clSetKernelArgMemPointerINTEL",
                                        "clGetMemAllocInfoINTEL"};
    void *found[3] = {svm ? dlsym(RTLD_DEFAULT, names[0]) : NULL};
    for (int i = 0; i < 3 && platform != NULL; ++i)
        if (found[i] == NULL && (i == 0 ? svm : usm))
            found[i] = clGetExtensionFunctionAddressForPlatform(platform, names[i]);
    if (found[1] == NULL || found[2] == NULL)
        found[1] = found[2] = NULL;
    /* ISO C has no conversion from void * to a function. */
    memcpy(&facts->set_svm, &found[0], sizeof found[0]);
    memcpy(&facts->set_usm, &found[1], sizeof found[1]);
    memcpy(&facts->usm_info, &found[2], sizeof found[2]);
}

cllrn_status lrn_device_facts_get(const lrn_target *target, lrn_device_facts *facts,
                                  cllrn_error *error)
{
    const cl_device_id device = target->device;
    const char *const platform = target->texts[CLLRN_PACK_PLATFORM],
                      *const name = target->texts[CLLRN_PACK_DEVICE];
    /* The defaults are the least that any device has: correct everywhere, fast nowhere. */
    cl_device_type type = 0;
    cl_uint units = 0, width = 0;
    cl_ulong local_memory = 0, cache = 0, allocation = 0;
    cl_bitfield svm = 0;
    cl_bool unified = CL_FALSE;
    size_t sizes[16] = {0}, group = 0;
    char profile[32] = "EMBEDDED_PROFILE";
    const struct {
        cl_device_info info;
        const char *name;
        size_t size;
        void *value;
    } queries[] = {
        {LRN_NAMED(CL_DEVICE_TYPE), sizeof type, &type},
        {LRN_NAMED(CL_DEVICE_MAX_COMPUTE_UNITS), sizeof units, &units},
        {LRN_NAMED(CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT), sizeof width, &width},
        {LRN_NAMED(CL_DEVICE_MAX_WORK_GROUP_SIZE), sizeof group, &group},
        {LRN_NAMED(CL_DEVICE_MAX_WORK_ITEM_SIZES), sizeof sizes, sizes},
        {LRN_NAMED(CL_DEVICE_LOCAL_MEM_SIZE), sizeof local_memory, &local_memory},
        {LRN_NAMED(CL_DEVICE_MAX_MEM_ALLOC_SIZE), sizeof allocation, &allocation},
        {LRN_NAMED(CL_DEVICE_GLOBAL_MEM_CACHE_SIZE), sizeof cache, &cache},
        {LRN_NAMED(CL_DEVICE_PROFILE), sizeof profile - 1, profile},
        {LRN_NAMED(CL_DEVICE_HOST_UNIFIED_MEMORY), sizeof unified, &unified},
        {SVM_CAPABILITIES, "CL_DEVICE_SVM_CAPABILITIES", sizeof svm, &svm},
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; ++i) {
        const cl_int code = get(device, queries[i].info, queries[i].size, queries[i].value);
        if (code != CL_SUCCESS)
            return lrn_fail_cl(error, code, "engine create: asking the device for %s",
                               queries[i].name);
    }
    char *extensions;
    const cllrn_status status =
        lrn_info_text((lrn_info_of){.device = device}, LRN_NAMED(CL_DEVICE_EXTENSIONS),
                      "engine create", &extensions, error);
    if (status != CLLRN_SUCCESS)
        return status;
    const bool int64 = extensions != NULL && lrn_info_has_word(extensions, "cles_khr_int64");
    const bool fp64 = extensions != NULL && lrn_info_has_word(extensions, "cl_khr_fp64");
    const bool usm =
        extensions != NULL && lrn_info_has_word(extensions, "cl_intel_unified_shared_memory");
    free(extensions);
    find_pointer_functions(target->platform, svm != 0, usm, facts);
    facts->system_svm = facts->set_svm != NULL && (svm & SVM_FINE_GRAIN_SYSTEM) != 0;
    facts->shares_host_memory = (type & CL_DEVICE_TYPE_CPU) != 0 || unified;

    /* A device of both types, as Oclgrind reports, counts as a GPU. */
    const bool cpu = (type & CL_DEVICE_TYPE_CPU) != 0 && (type & CL_DEVICE_TYPE_GPU) == 0;
    facts->cpu_like = cpu;
    facts->slow_local = false;
    facts->options = "";
    for (size_t i = 0; i < sizeof quirks / sizeof *quirks; ++i)
        if (strncmp(platform, quirks[i].platform, strlen(quirks[i].platform)) == 0) {
            facts->cpu_like = cpu && !quirks[i].scalar;
            facts->slow_local = cpu && quirks[i].slow_local;
            if (quirks[i].options != NULL)
                facts->options = quirks[i].options;
        }
    facts->pipelined = (type & CL_DEVICE_TYPE_ACCELERATOR) != 0 &&
                       (type & (CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU)) == 0;
    /* An EMBEDDED device may have 64-bit integers, but takes only 256 bytes of arguments. */
    facts->wide = strcmp(profile, "EMBEDDED_PROFILE") != 0;
    facts->int64 = facts->wide || int64;
    /* The general kernels' arguments exceed these 256 bytes if their scalars are doubles. */
    facts->fp64 = facts->wide && fp64;
    facts->vector_width = 1;
    while (facts->vector_width < 16 && (cl_uint)facts->vector_width * 2 <= width)
        facts->vector_width *= 2;
    facts->compute_units = units > 0 ? units : 1;
    facts->max_group_size = (int64_t)(sizes[0] < group ? sizes[0] : group);
    if (facts->max_group_size < 1)
        facts->max_group_size = 1;
    facts->local_memory = local_memory > INT64_MAX ? INT64_MAX : (int64_t)local_memory;
    facts->max_allocation = allocation > INT64_MAX ? INT64_MAX : (int64_t)allocation;
    facts->cache = cache > INT64_MAX ? INT64_MAX : (int64_t)cache;
    snprintf(facts->name, sizeof facts->name, "%.63s (%.31s, driver %.31s)",
             *name != '\0' ? name : "device", platform, target->texts[CLLRN_PACK_DRIVER]);
    return CLLRN_SUCCESS;
}
