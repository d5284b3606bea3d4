/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

#include <stdlib.h>

#include "pack.h"
#include "size.h"

/* No build log comes near this size: a driver that reports a longer one returns garbage. */
#define MAX_LOG_SIZE ((size_t)64 << 20)

/* The build log, to be freed with lrn_free; NULL if there is no log or no memory. */
static char *build_log(const lrn_core *core, cl_program program)
{
    size_t size = 0;
    if (clGetProgramBuildInfo(program, core->device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) !=
            CL_SUCCESS ||
        size == 0 || size > MAX_LOG_SIZE)
        return NULL;
    char *log = lrn_alloc(core, size + 1);
    if (log != NULL && clGetProgramBuildInfo(program, core->device, CL_PROGRAM_BUILD_LOG, size, log,
                                             NULL) != CL_SUCCESS) {
        lrn_free(core, log);
        log = NULL;
    }
    return log;
}

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
        char *log = build_log(core, made);
        status = lrn_fail_code(error, lrn_build_status(code), code,
                               "plan create: building %s with \"%s\" for %s", name, options,
                               core->facts.name);
        lrn_log(core, CLLRN_LOG_ERROR, "building %s with \"%s\" failed; the log follows", name,
                options);
        /* Passed directly, because lrn_log would truncate it. */
        if (core->log != NULL)
            core->log(core->log_user, CLLRN_LOG_ERROR, log != NULL ? log : "(no build log)");
        lrn_free(core, log);
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

cl_int lrn_build_find_device(const lrn_core *core, cl_program program, cl_uint *count, size_t *own)
{
    cl_int code = clGetProgramInfo(program, CL_PROGRAM_NUM_DEVICES, sizeof *count, count, NULL);
    if (code == CL_SUCCESS && (*count == 0 || *count > 65536))
        code = CL_INVALID_PROGRAM;
    if (code != CL_SUCCESS)
        return code;
    cl_device_id *devices = lrn_size_alloc(*count, sizeof *devices);
    code = devices == NULL ? CL_OUT_OF_HOST_MEMORY
                           : clGetProgramInfo(program, CL_PROGRAM_DEVICES, *count * sizeof *devices,
                                              devices, NULL);
    if (code == CL_SUCCESS)
        code = lrn_device_find(core->device, devices, *count, own);
    free(devices);
    return code;
}

cl_int lrn_build_binary_of(const lrn_core *core, cl_program program, void **binary, size_t *size)
{
    cl_uint count;
    size_t own;
    cl_int code = lrn_build_find_device(core, program, &count, &own);
    if (code != CL_SUCCESS || own == count)
        return code != CL_SUCCESS ? code : CL_INVALID_DEVICE;
    /* A program has a binary for each of its devices; NULL pointers skip the other devices'. */
    unsigned char **binaries = calloc(count, sizeof *binaries);
    size_t *sizes = lrn_size_alloc(count, sizeof *sizes);
    void *bytes = NULL; /* after a failure the driver may have changed `binaries` */
    code = binaries == NULL || sizes == NULL ? CL_OUT_OF_HOST_MEMORY
                                             : clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES,
                                                                count * sizeof *sizes, sizes, NULL);
    if (code == CL_SUCCESS && (sizes[own] == 0 || sizes[own] > LRN_PACK_MAX_SIZE))
        code = CL_INVALID_BINARY;
    if (code == CL_SUCCESS && (bytes = malloc(sizes[own])) == NULL)
        code = CL_OUT_OF_HOST_MEMORY;
    if (code == CL_SUCCESS) {
        binaries[own] = bytes;
        code = clGetProgramInfo(program, CL_PROGRAM_BINARIES, count * sizeof *binaries, binaries,
                                NULL);
    }
    if (code == CL_SUCCESS) {
        *binary = bytes;
        *size = sizes[own];
    } else {
        free(bytes);
    }
    free(sizes);
    free(binaries);
    return code;
}
