/* SPDX-License-Identifier: Apache-2.0 */
#include "cllrn_dlpack.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "versioned.h"

static cllrn_status fail(cllrn_error *error, cllrn_status status, const char *format, ...)
{
    va_list arguments;
    if (error == NULL || error->struct_size < sizeof *error)
        return status;
    error->status = status;
    error->cl_error = 0;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return status;
}

cllrn_status cllrn_dlpack_open(const struct DLManagedTensorVersioned *managed, int32_t writable,
                               const DLTensor **tensor, cllrn_error *error)
{
    if (managed == NULL || tensor == NULL)
        return fail(error, CLLRN_INVALID_ARGUMENT, "dlpack open: managed or tensor is NULL");
    if (managed->version.major != LRN_DLPACK_MAJOR)
        return fail(error, CLLRN_UNSUPPORTED,
                    "dlpack open: a tensor of DLPack %" PRIu32 ".%" PRIu32
                    ", expected version %d: ask its producer for that one",
                    managed->version.major, managed->version.minor, LRN_DLPACK_MAJOR);
    if (writable != 0 && (managed->flags & LRN_DLPACK_READ_ONLY) != 0)
        return fail(error, CLLRN_INVALID_BUFFER,
                    "dlpack open: a read-only tensor, expected one to write to: pass a copy");
    *tensor = &managed->dl_tensor;
    return CLLRN_SUCCESS;
}

typedef struct operand {
    const DLTensor *from;
    cllrn_tensor tensor;
    cllrn_memory memory;
} operand;

static cllrn_status run(cllrn_engine *engine, cl_command_queue queue, cllrn_direction direction,
                        const cllrn_params *params, int32_t channel_axis, operand *src, operand *dy,
                        operand *dst, cl_uint wait_count, const cl_event *wait_list,
                        cl_event *event, cllrn_error *error)
{
    operand *const all[] = {src, dy, dst};
    for (int i = 0; i < 3; ++i) {
        if (all[i] == NULL)
            continue;
        const cllrn_tensor tensor = CLLRN_TENSOR_INIT;
        const cllrn_memory memory = CLLRN_MEMORY_INIT;
        all[i]->tensor = tensor;
        all[i]->memory = memory;
        const cllrn_status status = cllrn_tensor_from_dlpack(
            all[i]->from, channel_axis, &all[i]->tensor, &all[i]->memory, error);
        if (status != CLLRN_SUCCESS)
            return status;
    }
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.direction = direction;
    problem.params = params;
    problem.src = &src->tensor;
    problem.dy = dy != NULL ? &dy->tensor : NULL;
    problem.dst = &dst->tensor;
    cllrn_operands operands = CLLRN_OPERANDS_INIT;
    operands.src = &src->memory;
    operands.dy = dy != NULL ? &dy->memory : NULL;
    operands.dst = &dst->memory;
    return cllrn_run(engine, queue, &problem, &operands, wait_count, wait_list, event, error);
}

cllrn_status cllrn_dlpack_forward(cllrn_engine *engine, cl_command_queue queue,
                                  const cllrn_params *params, int32_t channel_axis,
                                  const DLTensor *src, const DLTensor *dst, cl_uint wait_count,
                                  const cl_event *wait_list, cl_event *event, cllrn_error *error)
{
    operand x = {.from = src}, y = {.from = dst};
    return run(engine, queue, CLLRN_DIRECTION_FORWARD, params, channel_axis, &x, NULL, &y,
               wait_count, wait_list, event, error);
}

cllrn_status cllrn_dlpack_backward(cllrn_engine *engine, cl_command_queue queue,
                                   const cllrn_params *params, int32_t channel_axis,
                                   const DLTensor *src, const DLTensor *dy, const DLTensor *dst,
                                   cl_uint wait_count, const cl_event *wait_list, cl_event *event,
                                   cllrn_error *error)
{
    operand x = {.from = src}, gradient = {.from = dy}, dx = {.from = dst};
    return run(engine, queue, CLLRN_DIRECTION_BACKWARD, params, channel_axis, &x, &gradient, &dx,
               wait_count, wait_list, event, error);
}
