/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include "machine.h"

#include "../../file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const fact_names[FACT_COUNT] = {
    [FACT_OPENCL_VERSION] = "OpenCL Version",
    [FACT_PRODUCT] = "Conformant Product",
    [FACT_CPU] = "CPU Type",
    [FACT_SYSTEM] = "OS Name and Version Number",
    [FACT_TYPE] = "Compute Device Type",
    [FACT_NAME] = "Compute Device Name",
    [FACT_VENDOR] = "Compute Device Vendor",
    [FACT_VERSION] = "Compute Device Version",
    [FACT_DRIVER] = "Compute Device Driver Version",
    [FACT_C_VERSION] = "Compute Device OpenCL C Version",
    [FACT_PROFILE] = "Compute Device Profile",
    [FACT_PLATFORM_NAME] = "Platform Name",
    [FACT_PLATFORM_VENDOR] = "Platform Vendor",
    [FACT_PLATFORM_PROFILE] = "Platform Profile",
    [FACT_PLATFORM_VERSION] = "Platform Version",
    [FACT_TESTS] = "Tests version",
    [FACT_COMPUTE_UNITS] = "CL_DEVICE_MAX_COMPUTE_UNITS",
    [FACT_MAX_ALLOCATION] = "CL_DEVICE_MAX_MEM_ALLOC_SIZE",
    [FACT_IMAGES] = "CL_DEVICE_IMAGE_SUPPORT",
    [FACT_GLOBAL_MEMORY] = "CL_DEVICE_GLOBAL_MEM_SIZE",
    [FACT_CONSTANT_MEMORY] = "CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE",
    [FACT_LOCAL_MEMORY] = "CL_DEVICE_LOCAL_MEM_SIZE",
    [FACT_EXTENSIONS] = "CL_DEVICE_EXTENSIONS",
};

const char *fact_text(const facts *f, fact which)
{
    return which == FACT_EXTENSIONS ? f->extensions : f->texts[which];
}

char *fact_room(facts *f, fact which, size_t *size)
{
    *size = which == FACT_EXTENSIONS ? sizeof f->extensions : sizeof f->texts[0];
    return which == FACT_EXTENSIONS ? f->extensions : f->texts[which];
}

bool facts_are_of_opencl(const facts *f)
{
    return f->texts[FACT_TYPE][0] != '\0';
}

/* Facts that are answers of the device or its platform: texts. */
static const struct {
    fact which;
    bool of_platform;
    cl_uint query;
} texts[] = {
    {FACT_NAME, false, CL_DEVICE_NAME},
    {FACT_VENDOR, false, CL_DEVICE_VENDOR},
    {FACT_VERSION, false, CL_DEVICE_VERSION},
    {FACT_DRIVER, false, CL_DRIVER_VERSION},
    {FACT_C_VERSION, false, CL_DEVICE_OPENCL_C_VERSION},
    {FACT_PROFILE, false, CL_DEVICE_PROFILE},
    {FACT_PLATFORM_NAME, true, CL_PLATFORM_NAME},
    {FACT_PLATFORM_VENDOR, true, CL_PLATFORM_VENDOR},
    {FACT_PLATFORM_PROFILE, true, CL_PLATFORM_PROFILE},
    {FACT_PLATFORM_VERSION, true, CL_PLATFORM_VERSION},
    {FACT_EXTENSIONS, false, CL_DEVICE_EXTENSIONS},
};

/* ... and numbers. */
static const struct {
    fact which;
    cl_device_info query;
} numbers[] = {
    {FACT_COMPUTE_UNITS, CL_DEVICE_MAX_COMPUTE_UNITS},
    {FACT_MAX_ALLOCATION, CL_DEVICE_MAX_MEM_ALLOC_SIZE},
    {FACT_IMAGES, CL_DEVICE_IMAGE_SUPPORT},
    {FACT_GLOBAL_MEMORY, CL_DEVICE_GLOBAL_MEM_SIZE},
    {FACT_CONSTANT_MEMORY, CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE},
    {FACT_LOCAL_MEMORY, CL_DEVICE_LOCAL_MEM_SIZE},
};

static void get_answers(facts *f, const device *on)
{
    size_t size;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        char *const room = fact_room(f, texts[i].which, &size);
        device_text(texts[i].of_platform ? NULL : on->id, on->platform, texts[i].query, room, size);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i)
        snprintf(f->texts[numbers[i].which], FACT_SIZE, "%" PRIu64,
                 (uint64_t)device_number(on->id, numbers[i].query));
    const char *const type = on->type & CL_DEVICE_TYPE_GPU           ? "GPU"
                             : on->type & CL_DEVICE_TYPE_ACCELERATOR ? "ACCELERATOR"
                             : on->type & CL_DEVICE_TYPE_CPU         ? "CPU"
                                                                     : "CUSTOM";
    snprintf(f->texts[FACT_TYPE], FACT_SIZE, "CL_DEVICE_TYPE_%s", type);
    /* The version is "OpenCL 3.0 ...". */
    if (strncmp(on->version, "OpenCL ", 7) == 0)
        snprintf(f->texts[FACT_OPENCL_VERSION], FACT_SIZE, "%.*s",
                 (int)strcspn(on->version + 7, " "), on->version + 7);
}

static void get_machine(facts *f)
{
    char architecture[64];
    machine_architecture(architecture, sizeof architecture);
    machine_processor(f->texts[FACT_CPU], FACT_SIZE);
    machine_system(f->texts[FACT_SYSTEM], FACT_SIZE);
    const size_t used = strlen(f->texts[FACT_CPU]);
    if (strcmp(f->texts[FACT_CPU], architecture) != 0)
        snprintf(f->texts[FACT_CPU] + used, FACT_SIZE - used, ", %s", architecture);
}

void facts_get(facts *f, const session *on)
{
    memset(f, 0, sizeof *f);
    snprintf(f->version, sizeof f->version, "%s", cllrn_version());
    f->arithmetic = cllrn_arithmetic_version();
    snprintf(f->kernels, sizeof f->kernels, "%s", session_kernel_hash(on));
    f->fp64 = on->fp64;
    f->nearest = on->nearest;
    f->inf_nan = on->inf_nan;
    get_machine(f);
    if (on->device.kind == DEVICE_OPENCL)
        get_answers(f, &on->device);
    else
        snprintf(f->texts[FACT_NAME], FACT_SIZE, "%s", on->device.name);
    snprintf(f->texts[FACT_PRODUCT], FACT_SIZE, "clLRN %s on %.200s", f->version,
             f->texts[FACT_NAME]);
    snprintf(f->texts[FACT_TESTS], FACT_SIZE, "cllrn verify %s, arithmetic %" PRId64, f->version,
             f->arithmetic);
}

void facts_finish(facts *f, const session *on)
{
    enum { MOST = 1 << 28 };
    lrn_file_content command;
    f->programs = (int64_t)session_program_count(on);
    snprintf(f->date, sizeof f->date, "%s", machine_date().chars);
    if (lrn_file_read(AT_FDCWD, "/proc/self/exe", 0, MOST, &command) != 0)
        return;
    f->command = sha256(command.data, command.size);
    free(command.data);
}
