/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <stdio.h>

#include "../cl/arguments.h"
#include "element.h"

/* Expands the rows of the key's list with X. */
#define EACH_ARGUMENT(key, X)                                                                      \
    if ((key)->taps > 0) {                                                                         \
        LRN_FAST_ARGUMENTS(X, X)                                                                   \
    } else {                                                                                       \
        LRN_GENERAL_ARGUMENTS(X, X)                                                                \
    }

static void append(char *text, size_t *length, const char *type, const char *name)
{
    *length += (size_t)snprintf(text + *length, CLLRN_ARGUMENTS_SIZE - *length, "%s%s%s",
                                *length > 0 ? ", " : "", type, name);
}

void lrn_arguments_text(const lrn_program_key *key, bool int64, char text[CLLRN_ARGUMENTS_SIZE])
{
    static const char *const elements[] = {[LRN_ANY] = "uchar",
                                           [LRN_F32] = "float",
                                           [LRN_F16] = "ushort",
                                           [LRN_BF16] = "ushort",
                                           [LRN_F64] = "double"};
    const bool f64 = key->storage == LRN_F64;
    char type_source[32], type_result[32];
    snprintf(type_source, sizeof type_source, "global const %s *", elements[key->storage]);
    snprintf(type_result, sizeof type_result, "global %s *", elements[key->storage]);
    const char *const type_scratch = f64 ? "global double *" : "global float *",
                      *const type_offset = int64 ? "ulong " : "uint ",
                      *const type_index = key->wide ? "long " : "int ",
                      *const type_axes = key->wide ? "long8 " : "int8 ", *const type_int = "int ",
                      *const type_uint = "uint ", *const type_scalar = f64 ? "double " : "float ";
    size_t length = 0;
#define APPEND(type, name, value) append(text, &length, type_##type, #name);
    EACH_ARGUMENT(key, APPEND)
}

uint32_t lrn_arguments_modes(const cllrn_plan *plan, const lrn_selection *selection)
{
    const lrn_shape *const shape = &plan->shape;
    const lrn_coefficients *const values = &plan->values;
    uint32_t modes = 0;
#define PACK(name, bits, value) modes |= (uint32_t)(value) << LRN_MODE_##name;
    LRN_MODES(PACK)
    return modes;
}

/* Sets arguments in order and keeps the first code that is not CL_SUCCESS. */
typedef struct setter {
    cl_kernel kernel;
    cl_uint next;
    cl_int code;
    bool wide, int64, f64; /* an index, an offset, a scalar has 64 bits */
} setter;

static void set(setter *to, size_t size, const void *value)
{
    if (to->code == CL_SUCCESS)
        to->code = clSetKernelArg(to->kernel, to->next++, size, value);
}

static void set_memory(setter *to, const lrn_memory *memory)
{
    if (to->code == CL_SUCCESS)
        to->code = lrn_memory_set_argument(memory, to->kernel, to->next++);
}
#define set_source set_memory
#define set_result set_memory
#define set_scratch set_memory

static void set_offset(setter *to, uint64_t wide)
{
    const cl_uint narrow = (cl_uint)wide;
    set(to, to->int64 ? sizeof wide : sizeof narrow, to->int64 ? (const void *)&wide : &narrow);
}

static void set_index(setter *to, int64_t wide)
{
    const cl_int narrow = (cl_int)wide;
    set(to, to->wide ? sizeof wide : sizeof narrow, to->wide ? (const void *)&wide : &narrow);
}

static void set_axes(setter *to, const int64_t wide[LRN_MAX_AXES])
{
    cl_int narrow[LRN_MAX_AXES];
    for (int axis = 0; axis < LRN_MAX_AXES; ++axis)
        narrow[axis] = (cl_int)wide[axis];
    set(to, LRN_MAX_AXES * (to->wide ? sizeof *wide : sizeof *narrow),
        to->wide ? (const void *)wide : narrow);
}

static void set_uint(setter *to, cl_uint value)
{
    set(to, sizeof value, &value);
}
#define set_int(to, value) set_uint(to, (cl_uint)(value))

static void set_scalar(setter *to, double wide)
{
    const cl_float narrow = (cl_float)wide;
    set(to, to->f64 ? sizeof wide : sizeof narrow, to->f64 ? (const void *)&wide : &narrow);
}

cl_int lrn_arguments_set(cl_kernel kernel, const cllrn_plan *plan, const lrn_selection *selection,
                         const lrn_operands *operands)
{
    const lrn_shape *const shape = &plan->shape;
    const lrn_coefficients *const values = &plan->values;
    setter to = {.kernel = kernel,
                 .code = CL_SUCCESS,
                 .wide = selection->key.wide,
                 .int64 = plan->engine->core.facts.int64,
                 .f64 = selection->key.storage == LRN_F64};
#define SET(type, name, value) set_##type(&to, value);
    EACH_ARGUMENT(&selection->key, SET)
    return to.code;
}
