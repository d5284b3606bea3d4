/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OpenCL layer under which nothing can be compiled: every way to make a
 * program but that from binaries fails with CL_COMPILER_NOT_AVAILABLE.
 *
 * A loader ignores a layer it cannot load. So the file that CLLRN_LAYER_LOG
 * names is the proof that this one was there: at the end of the process it gets
 * a line that says how many sources were refused, and how many binaries passed.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CL/cl_layer.h>

static const cl_icd_dispatch *target; /* what is below */
static cl_icd_dispatch table;         /* a copy of it, with entries of our own */
static atomic_size_t refused, binaries;

static cl_program refuse(cl_int *code)
{
    atomic_fetch_add(&refused, 1);
    if (code != NULL)
        *code = CL_COMPILER_NOT_AVAILABLE;
    return NULL;
}

static cl_program CL_API_CALL create_with_source(cl_context context, cl_uint count,
                                                 const char **strings, const size_t *lengths,
                                                 cl_int *code)
{
    (void)context;
    (void)count;
    (void)strings;
    (void)lengths;
    return refuse(code);
}

static cl_program CL_API_CALL create_with_il(cl_context context, const void *il, size_t size,
                                             cl_int *code)
{
    (void)context;
    (void)il;
    (void)size;
    return refuse(code);
}

static cl_program CL_API_CALL create_with_binary(cl_context context, cl_uint count,
                                                 const cl_device_id *devices, const size_t *lengths,
                                                 const unsigned char **texts, cl_int *status,
                                                 cl_int *code)
{
    atomic_fetch_add(&binaries, 1);
    return target->clCreateProgramWithBinary(context, count, devices, lengths, texts, status, code);
}

static void report(void)
{
    const char *const path = getenv("CLLRN_LAYER_LOG");
    FILE *const file = path != NULL ? fopen(path, "a") : NULL;
    if (file == NULL)
        return;
    fprintf(file, "no_source: %zu sources refused, %zu binaries\n", atomic_load(&refused),
            atomic_load(&binaries));
    fclose(file);
}

CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info info, size_t room, void *out,
                                               size_t *size_out)
{
    if (info != CL_LAYER_API_VERSION)
        return CL_INVALID_VALUE;
    if (out != NULL && room < sizeof(cl_layer_api_version))
        return CL_INVALID_VALUE;
    if (out != NULL)
        *(cl_layer_api_version *)out = CL_LAYER_API_VERSION_100;
    if (size_out != NULL)
        *size_out = sizeof(cl_layer_api_version);
    return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint count, const cl_icd_dispatch *below,
                                            cl_uint *count_out, const cl_icd_dispatch **out)
{
    if (count < sizeof table / sizeof(void *) || below == NULL || count_out == NULL || out == NULL)
        return CL_INVALID_VALUE;
    target = below;
    table = *below;
    table.clCreateProgramWithSource = create_with_source;
    /* Its entry is a void *, to which C converts no function. */
    cl_program(CL_API_CALL *const il)(cl_context, const void *, size_t, cl_int *) = create_with_il;
    memcpy(&table.clCreateProgramWithIL, &il, sizeof il);
    table.clCreateProgramWithBinary = create_with_binary;
    atexit(report);
    *count_out = sizeof table / sizeof(void *);
    *out = &table;
    return CL_SUCCESS;
}
