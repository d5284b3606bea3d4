/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn_enqueue: checks of queue, wait list and operands, kernel launch. */
#include "enqueue.h"

#include <inttypes.h>

#include "arguments.h"
#include "device.h"
#include "error.h"
#include "overlap.h"
#include "info.h"

/* What every step of one enqueue call needs. */
typedef struct invocation {
    const cllrn_plan *plan;
    const lrn_core *core; /* of the plan's engine */
    cl_command_queue queue;
    cl_uint wait_count;
    const cl_event *wait_list;
    cl_event *event;
    cllrn_error *error;
} invocation;

static cllrn_status check_queue(const invocation *call)
{
    const lrn_core *const core = call->core;
    const cl_command_queue queue = call->queue;
    cl_context context = NULL;
    cl_device_id device = NULL;
    size_t found = 0;
    cl_int code;
    if (queue == NULL)
        return lrn_fail(call->error, CLLRN_INVALID_QUEUE, "enqueue: queue is NULL");
    /* Unknown queries default to the engine's: clEnqueueNDRangeKernel refuses other queues too. */
    code =
        lrn_query_or(clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL),
                     &context, &core->context, sizeof context);
    if (code == CL_SUCCESS)
        code = lrn_query_or(
            clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL), &device,
            &core->device, sizeof device);
    if (code == CL_INVALID_COMMAND_QUEUE)
        return lrn_fail_code(call->error, CLLRN_INVALID_QUEUE, code, "enqueue: queue");
    if (code != CL_SUCCESS)
        return lrn_fail_cl(call->error, code,
                           "enqueue: asking the queue for its context and device");
    if (context != core->context)
        return lrn_fail(call->error, CLLRN_CONTEXT_MISMATCH,
                        "enqueue: the queue is of context %p, the engine of %p", (void *)context,
                        (void *)core->context);
    /* A queue of a sub-device of the engine's device runs the same programs. */
    code = lrn_device_find(device, &core->device, 1, &found);
    if (code != CL_SUCCESS)
        return lrn_fail_cl(call->error, code, "enqueue: asking the queue's device for its parent");
    if (found == 1)
        return lrn_fail(call->error, CLLRN_DEVICE_MISMATCH,
                        "enqueue: the queue is for device %p, the engine for %p", (void *)device,
                        (void *)core->device);
    return CLLRN_SUCCESS;
}

cllrn_status lrn_enqueue_check_waits(const lrn_core *core, cl_uint count, const cl_event *list,
                                     cllrn_error *error)
{
    if ((count == 0) != (list == NULL))
        return lrn_fail(error, CLLRN_INVALID_WAIT_LIST,
                        "enqueue: wait list is %s with a count of %" PRIu32,
                        list == NULL ? "NULL" : "given", count);
    for (cl_uint i = 0; i < count; ++i) {
        cl_context context = NULL;
        cl_int code = CL_INVALID_EVENT;
        /* Unknown queries default to the engine's: the enqueue refuses other events too. */
        if (list[i] != NULL)
            code = lrn_query_or(
                clGetEventInfo(list[i], CL_EVENT_CONTEXT, sizeof context, &context, NULL), &context,
                &core->context, sizeof context);
        if (code == CL_INVALID_EVENT)
            return lrn_fail_code(error, CLLRN_INVALID_WAIT_LIST, code,
                                 "enqueue: entry %" PRIu32 " of the wait list", i);
        if (code != CL_SUCCESS)
            return lrn_fail_cl(error, code, "enqueue: asking event %" PRIu32 " for its context", i);
        if (context != core->context)
            return lrn_fail(error, CLLRN_CONTEXT_MISMATCH,
                            "enqueue: event %" PRIu32
                            " of the wait list is of context %p, the engine of %p",
                            i, (void *)context, (void *)core->context);
    }
    return CLLRN_SUCCESS;
}

static cllrn_status check_tensor_memory(const invocation *call, const char *role,
                                        const cllrn_memory *memory, cl_mem_flags forbidden,
                                        const lrn_layout *layout, lrn_memory *out)
{
    const size_t element = cllrn_dtype_size(layout->dtype);
    const lrn_memory_use use = {role,
                                forbidden,
                                element,
                                (uint64_t)-layout->lowest * element,
                                (uint64_t)(layout->highest - layout->lowest + 1) * element,
                                CLLRN_BUFFER_TOO_SMALL};
    return lrn_memory_check(call->core, memory, &use, out, call->error);
}

/* Whether the ranges of two memories overlap. */
static bool meet(const lrn_memory *a, const lrn_memory *b)
{
    return a->space == b->space && a->begin < b->end && b->begin < a->end;
}

static cllrn_status check_scratch(const invocation *call, const lrn_launch *launch,
                                  const cllrn_memory *scratch, lrn_operands *at)
{
    at->scratch = at->dst; /* a kernel without scratch takes any memory */
    at->scratch.offset = 0;
    if (launch->scratch == 0)
        return CLLRN_SUCCESS;
    if (scratch == NULL)
        return lrn_fail(call->error, CLLRN_SCRATCH_TOO_SMALL,
                        "enqueue: no scratch, expected %" PRIu64 " bytes", launch->scratch);
    const bool f64 = call->plan->src.dtype == CLLRN_DTYPE_F64;
    const lrn_memory_use use = {"scratch",
                                CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY,
                                f64 ? sizeof(double) : sizeof(float),
                                0,
                                launch->scratch,
                                CLLRN_SCRATCH_TOO_SMALL};
    const cllrn_status status =
        lrn_memory_check(call->core, scratch, &use, &at->scratch, call->error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (meet(&at->scratch, &at->src) || meet(&at->scratch, &at->dy) || meet(&at->scratch, &at->dst))
        return lrn_fail(call->error, CLLRN_PARTIAL_OVERLAP,
                        "enqueue: scratch, %" PRIu64 " bytes at %" PRIu64
                        ", overlaps a tensor in the same memory",
                        launch->scratch, at->scratch.address);
    return CLLRN_SUCCESS;
}

/*
 * Refuses a partial overlap of dst and a source. If dst is the source in place,
 * sets *in_place; else leaves *in_place unchanged.
 */
static cllrn_status check_source(const invocation *call, const char *role, const lrn_memory *source,
                                 const cllrn_tensor *tensor, const lrn_memory *dst, bool *in_place)
{
    if (source->space != dst->space)
        return CLLRN_SUCCESS;
    if (source->address == dst->address && lrn_tensor_same_layout(tensor, &call->plan->dst)) {
        *in_place = true;
        return CLLRN_SUCCESS;
    }
    const int64_t distance = (int64_t)dst->address - (int64_t)source->address;
    if (lrn_tensor_overlap(tensor, &call->plan->dst, distance))
        return lrn_fail(call->error, CLLRN_PARTIAL_OVERLAP,
                        "enqueue: %s and dst share some elements of one memory, %s at byte %" PRIu64
                        ", dst at %" PRIu64 ": make them the same or disjoint",
                        role, role, source->address, dst->address);
    return CLLRN_SUCCESS;
}

/* Finds whether dst is a source, in place, or none; refuses a partial overlap. */
static cllrn_status find_aliasing(const invocation *call, const lrn_operands *at,
                                  cllrn_aliasing *aliasing)
{
    bool in_place = false;
    cllrn_status status =
        check_source(call, "src", &at->src, &call->plan->src, &at->dst, &in_place);
    if (status == CLLRN_SUCCESS && call->plan->direction == CLLRN_DIRECTION_BACKWARD)
        status = check_source(call, "dy", &at->dy, &call->plan->dy, &at->dst, &in_place);
    *aliasing = in_place ? CLLRN_ALIASING_IN_PLACE : CLLRN_ALIASING_DISJOINT;
    return status;
}

/*
 * An empty tensor: nothing to launch, but an event if the caller wants one.
 * Precondition: queue and wait list are checked.
 */
static cllrn_status enqueue_nothing(const invocation *call)
{
    cl_event marker;
    if (call->event == NULL)
        return CLLRN_SUCCESS;
    const cl_int code =
        clEnqueueMarkerWithWaitList(call->queue, call->wait_count, call->wait_list, &marker);
    if (code != CL_SUCCESS)
        return lrn_fail_cl(call->error, code, "enqueue: marker for an empty tensor");
    *call->event = marker;
    return CLLRN_SUCCESS;
}

static cllrn_status launch_kernel(const invocation *call, const lrn_launch *launch,
                                  const lrn_operands *at)
{
    const lrn_selection *selection = &launch->selection;
    cl_kernel kernel = NULL;
    cl_event done = NULL;
    cllrn_status status = lrn_program_take_kernel(launch->program, "enqueue", &kernel, call->error);
    if (status != CLLRN_SUCCESS)
        return status;
    cl_int code = lrn_arguments_set(kernel, call->plan, selection, at);
    if (code != CL_SUCCESS) {
        status = lrn_fail_cl(call->error, code, "enqueue: setting the arguments of %s",
                             launch->program->kernel);
    } else {
        code = clEnqueueNDRangeKernel(call->queue, kernel, 3, NULL, selection->global,
                                      selection->local, call->wait_count, call->wait_list,
                                      call->event != NULL ? &done : NULL);
        if (code != CL_SUCCESS)
            status = lrn_fail_cl(call->error, code, "enqueue: launching %s of %zu x %zu x %zu",
                                 launch->program->kernel, selection->global[0],
                                 selection->global[1], selection->global[2]);
    }
    lrn_program_put_kernel(launch->program, kernel);
    if (status == CLLRN_SUCCESS && call->event != NULL)
        *call->event = done;
    return status;
}

/* Checks the operands of a plan that is not empty, and launches its kernel. */
static cllrn_status enqueue(const invocation *call, const cllrn_operands *operands)
{
    const cllrn_plan *const plan = call->plan;
    const bool backward = plan->direction == CLLRN_DIRECTION_BACKWARD;
    cllrn_status status;
    lrn_operands at; /* in the forward direction dy is src */
    cllrn_aliasing aliasing;

    if (!backward && operands->dy != NULL)
        return lrn_fail(call->error, CLLRN_INVALID_ARGUMENT,
                        "enqueue: dy is given, but the plan is forward: set it to NULL");
    if ((status = check_tensor_memory(call, "src", operands->src, CL_MEM_WRITE_ONLY,
                                      &plan->shape.src, &at.src)) != CLLRN_SUCCESS)
        return status;
    at.dy = at.src;
    if ((backward && (status = check_tensor_memory(call, "dy", operands->dy, CL_MEM_WRITE_ONLY,
                                                   &plan->shape.dy, &at.dy)) != CLLRN_SUCCESS) ||
        (status = check_tensor_memory(call, "dst", operands->dst, CL_MEM_READ_ONLY,
                                      &plan->shape.dst, &at.dst)) != CLLRN_SUCCESS ||
        (status = find_aliasing(call, &at, &aliasing)) != CLLRN_SUCCESS)
        return status;
    const lrn_launch *const launch = lrn_plan_launch(plan, aliasing);
    if (!launch->available)
        return lrn_fail(call->error, CLLRN_INVALID_ALIASING,
                        "enqueue: dst is %s, but the plan was not made for that: set "
                        "cllrn_problem.aliasing to %s or CLLRN_ALIASING_EITHER, and force no "
                        "variant that cannot",
                        aliasing == CLLRN_ALIASING_IN_PLACE ? "a source, in place" : "no source",
                        aliasing == CLLRN_ALIASING_IN_PLACE ? "CLLRN_ALIASING_IN_PLACE"
                                                            : "CLLRN_ALIASING_DISJOINT");
    if ((status = check_scratch(call, launch, operands->scratch, &at)) != CLLRN_SUCCESS)
        return status;
    return launch_kernel(call, launch, &at);
}

cllrn_status cllrn_enqueue(const cllrn_plan *plan, cl_command_queue queue,
                           const cllrn_operands *operands, cl_uint wait_count,
                           const cl_event *wait_list, cl_event *event, cllrn_error *error)
{
    cllrn_status status;
    if (plan == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "enqueue: plan is NULL");
    if (!LRN_READABLE(operands) || operands->reserved != 0)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "enqueue: operands is NULL or not initialised: use CLLRN_OPERANDS_INIT");
    const invocation call = {plan, &plan->engine->core, queue, wait_count, wait_list, event, error};
    if ((status = check_queue(&call)) != CLLRN_SUCCESS ||
        (status = lrn_enqueue_check_waits(call.core, wait_count, wait_list, error)) !=
            CLLRN_SUCCESS)
        return status;
    return plan->empty ? enqueue_nothing(&call) : enqueue(&call, operands);
}
