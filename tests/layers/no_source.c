/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OpenCL layer without compilers: programs can only be made of binaries. All other
 * ways fail with CL_COMPILER_NOT_AVAILABLE.
 */
#include "layer.h"

#include <stdatomic.h>
#include <string.h>

const char layer_name[] = "no source";

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
    return layer_below->clCreateProgramWithBinary(context, count, devices, lengths, texts, status,
                                                  code);
}

void layer_report(FILE *file)
{
    fprintf(file, "no_source: %zu sources refused, %zu binaries\n", atomic_load(&refused),
            atomic_load(&binaries));
}

void layer_put_entries(cl_icd_dispatch *table)
{
    table->clCreateProgramWithSource = create_with_source;
    /* The table's entry is a void *, and C cannot convert a function pointer to one. */
    cl_program(CL_API_CALL *const il)(cl_context, const void *, size_t, cl_int *) = create_with_il;
    memcpy(&table->clCreateProgramWithIL, &il, sizeof il);
    table->clCreateProgramWithBinary = create_with_binary;
}
