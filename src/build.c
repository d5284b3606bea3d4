/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

#include <stdlib.h>

#include "info.h"
#include "pack.h"

cllrn_status lrn_build_status(cl_int code)
{
    return code == CL_OUT_OF_HOST_MEMORY ? CLLRN_OUT_OF_MEMORY : CLLRN_BUILD_FAILURE;
}

/* Some drivers report a missing compiler at the source, others at the build. */
static cllrn_status fail_without_compiler(cllrn_error *error, cl_int code, const char *name,
                                          const lrn_core *core)
{
    return lrn_fail_code(error, CLLRN_NO_COMPILER, code,
                         "plan create: building %s for %s, which has no compiler: make the engine "
                         "with a binary pack, or use another device or the host functions",
                         name, core->facts.name);
}

/* Builds *program, or releases it: then the build log is logged. */
static cllrn_status build(const lrn_core *core, cl_program made, const char *name,
                          const char *options, cl_program *program, cllrn_error *error)
{
    cllrn_status status;
    const cl_int code = clBuildProgram(made, 1, &core->device, options, NULL, NULL);
    if (code == CL_SUCCESS) {
        *program = made;
        return CLLRN_SUCCESS;
    }
    if (code == CL_COMPILER_NOT_AVAILABLE) {
        status = fail_without_compiler(error, code, name, core);
    } else {
        const lrn_info_of of = {.program = made, .device = core->device};
        size_t size;
        cl_int asked;
        char *const log = lrn_info_get(of, CL_PROGRAM_BUILD_LOG, &size, &asked);
        status = lrn_fail_code(error, lrn_build_status(code), code,
                               "plan create: building %s with \"%s\" for %s", name, options,
                               core->facts.name);
        lrn_log(core, CLLRN_LOG_ERROR, "building %s with \"%s\" failed; the log follows", name,
                options);
        /* Passed directly, because lrn_log would truncate it. */
        if (core->log != NULL)
            core->log(core->log_user, CLLRN_LOG_ERROR,
                      size > 0 && log != NULL ? log : "(no build log)");
        free(log);
    }
    clReleaseProgram(made);
    return status;
}

cllrn_status lrn_build_source(const lrn_core *core, const lrn_source_list *source, const char *name,
                              const char *options, cl_program *program, cllrn_error *error)
{
    cl_int code = CL_SUCCESS;
    const cl_program made = clCreateProgramWithSource(core->context, source->count,
                                                      (const char **)source->parts, NULL, &code);
    /* Xilinx's runtime returns CL_INVALID_OPERATION. */
    if (made == NULL && (code == CL_COMPILER_NOT_AVAILABLE || code == CL_INVALID_OPERATION))
        return fail_without_compiler(error, code, name, core);
    if (made == NULL)
        return lrn_fail_cl(error, code, "plan create: making the program %s", name);
    return build(core, made, name, options, program, error);
}

cllrn_status lrn_build_binary(const lrn_core *core, const void *binary, size_t size,
                              const char *name, const char *options, cl_program *program,
                              cllrn_error *error)
{
    const unsigned char *bytes = binary;
    cl_int code = CL_SUCCESS, accepted = CL_SUCCESS;
    const cl_program made =
        lrn_spirv_is(binary, size)
            ? lrn_spirv_program(core->target.platform, core->context, binary, size, &code)
            : clCreateProgramWithBinary(core->context, 1, &core->device, &size, &bytes, &accepted,
                                        &code);
    if (made == NULL)
        return lrn_fail_code(error, lrn_build_status(code), code,
                             "plan create: the binary of %s for %s", name, core->facts.name);
    if (accepted != CL_SUCCESS) {
        clReleaseProgram(made);
        return lrn_fail_code(error, CLLRN_BUILD_FAILURE, accepted,
                             "plan create: %s does not accept the binary of %s", core->facts.name,
                             name);
    }
    return build(core, made, name, options, program, error);
}

/* As lrn_info_get, for a list; CL_OUT_OF_HOST_MEMORY if memory ran out. */
static void *get_list(cl_program program, cl_uint property, size_t *size, cl_int *code)
{
    void *const list = lrn_info_get((lrn_info_of){.program = program}, property, size, code);
    if (list == NULL && *code == CL_SUCCESS)
        *code = CL_OUT_OF_HOST_MEMORY;
    return list;
}

cl_int lrn_build_find_device(const lrn_core *core, cl_program program, size_t *count, size_t *own)
{
    size_t size;
    cl_int code;
    cl_device_id *const devices = get_list(program, CL_PROGRAM_DEVICES, &size, &code);
    *count = size / sizeof *devices;
    if (code == CL_SUCCESS)
        code = lrn_device_find(core->device, devices, *count, own);
    free(devices);
    return code;
}

cl_int lrn_build_binary_of(const lrn_core *core, cl_program program, void **binary, size_t *size)
{
    size_t count, own, bytes;
    cl_int code = lrn_build_find_device(core, program, &count, &own);
    if (code != CL_SUCCESS || own == count)
        return code != CL_SUCCESS ? code : CL_INVALID_DEVICE;
    /* A program has a binary for each of its devices; NULL pointers skip the other devices'. */
    size_t *const sizes = get_list(program, CL_PROGRAM_BINARY_SIZES, &bytes, &code);
    unsigned char **const binaries = calloc(count, sizeof *binaries);
    void *content = NULL; /* after a failure the driver may have changed `binaries` */
    if (code == CL_SUCCESS &&
        (bytes < count * sizeof *sizes || sizes[own] == 0 || sizes[own] > LRN_PACK_MAX_SIZE))
        code = CL_INVALID_BINARY;
    if (code == CL_SUCCESS && (binaries == NULL || (content = malloc(sizes[own])) == NULL))
        code = CL_OUT_OF_HOST_MEMORY;
    if (code == CL_SUCCESS) {
        binaries[own] = content;
        code = clGetProgramInfo(program, CL_PROGRAM_BINARIES, count * sizeof *binaries, binaries,
                                NULL);
    }
    if (code == CL_SUCCESS) {
        *binary = content;
        *size = sizes[own];
    } else {
        free(content);
    }
    free(sizes);
    free(binaries);
    return code;
}
