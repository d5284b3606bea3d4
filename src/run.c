/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn_run: one problem on memory of any kind, with all that a plan and an enqueue need. */
#include <cllrn.h>

#include "engine.h"
#include "enqueue.h"
#include "plan.h"
#include "staging.h"
#include "tensor.h"

/* What every step of one call needs. */
typedef struct invocation {
    cllrn_engine *engine;
    cl_command_queue queue;
    cllrn_problem problem; /* with the tensors and operands that the kernel gets */
    cllrn_operands operands;
    cl_uint wait_count;
    const cl_event *wait_list;
} invocation;

/* The engine's own queue, made by the thread that first needs it. */
static cllrn_status get_queue(cllrn_engine *engine, cl_command_queue *queue, cllrn_error *error)
{
    const lrn_core *const core = &engine->core;
    cl_int code = CL_SUCCESS;
    *queue = atomic_load_explicit(&engine->queue, memory_order_acquire);
    if (*queue != NULL)
        return CLLRN_SUCCESS;
    const cl_command_queue made = clCreateCommandQueue(core->context, core->device, 0, &code);
    if (made == NULL)
        return lrn_fail_cl(error, code, "run: making the engine's own queue");
    if (atomic_compare_exchange_strong(&engine->queue, queue, made))
        *queue = made;
    else
        clReleaseCommandQueue(made);
    return CLLRN_SUCCESS;
}

/* Waits for a command, and fails as it did. */
static cllrn_status await(cl_event event, const char *what, cllrn_error *error)
{
    cl_int state = CL_COMPLETE;
    cl_int code = clWaitForEvents(1, &event);
    /* The state tells the cause; some drivers wait for a command that fails, and say nothing. */
    const cl_int asked =
        clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
    if (asked == CL_SUCCESS && state < 0)
        code = state;
    return code == CL_SUCCESS ? CLLRN_SUCCESS
                              : lrn_fail_cl(error, code, "run: waiting for %s", what);
}

/* Makes the plan and its scratch, enqueues it, and gives up both: OpenCL keeps what it needs. */
static cllrn_status launch(const invocation *call, cllrn_aliasing aliasing, cl_event *event,
                           cllrn_error *error)
{
    cllrn_problem problem = call->problem;
    cllrn_operands operands = call->operands;
    cllrn_memory scratch = CLLRN_MEMORY_INIT;
    cllrn_plan *plan;
    problem.aliasing = aliasing;
    cllrn_status status = lrn_plan_make(call->engine, &problem, &plan, error);
    if (status != CLLRN_SUCCESS)
        return status;
    const uint64_t size = cllrn_plan_scratch_size(plan, aliasing);
    if (size > 0 && operands.scratch == NULL) {
        status = lrn_staging_buffer(&call->engine->core, "scratch", CL_MEM_READ_WRITE, size, NULL,
                                    &scratch.buffer, error);
        operands.scratch = &scratch;
    }
    if (status == CLLRN_SUCCESS)
        status = cllrn_enqueue(plan, call->queue, &operands, call->wait_count, call->wait_list,
                               event, error);
    if (scratch.buffer != NULL)
        clReleaseMemObject(scratch.buffer);
    cllrn_plan_destroy(plan);
    return status;
}

/* Whether a source is dst, so that the problem runs in place. */
static bool is_in_place(const lrn_stage *source, const lrn_stage *dst)
{
    if (source->given == NULL || dst->given == NULL)
        return false;
    const bool same = source->memory.kind == CLLRN_MEMORY_BUFFER
                          ? source->memory.buffer == dst->memory.buffer &&
                                source->memory.offset == dst->memory.offset
                          : source->address == dst->address;
    return same && lrn_tensor_same_layout(&source->tensor, &dst->tensor);
}

static cllrn_status launch_staged(invocation *call, const lrn_staging *staging, cl_event *kernel,
                                  cllrn_error *error)
{
    const lrn_stage *const src = &staging->stages[LRN_STAGE_SRC],
                           *const dy = &staging->stages[LRN_STAGE_DY],
                           *const dst = &staging->stages[LRN_STAGE_DST];
    cllrn_error failure = CLLRN_ERROR_INIT;
    cllrn_status status;
    call->problem.src = &src->tensor;
    call->problem.dst = &dst->tensor;
    call->operands.src = src->given != NULL ? &src->memory : NULL;
    call->operands.dst = dst->given != NULL ? &dst->memory : NULL;
    if (call->problem.dy != NULL) {
        call->problem.dy = &dy->tensor;
        call->operands.dy = dy->given != NULL ? &dy->memory : NULL;
    }
    if (is_in_place(src, dst) || (call->problem.dy != NULL && is_in_place(dy, dst)))
        return launch(call, CLLRN_ALIASING_IN_PLACE, kernel, error);
    /* Only cllrn_enqueue can tell that two sub-buffers are the same memory. */
    status = launch(call, CLLRN_ALIASING_DISJOINT, kernel, &failure);
    if (status == CLLRN_INVALID_ALIASING)
        return launch(call, CLLRN_ALIASING_IN_PLACE, kernel, error);
    if (status != CLLRN_SUCCESS)
        lrn_error_copy(error, &failure);
    return status;
}

/* Brings dst home after its kernel, and gives its event to the caller or waits for it. */
static cllrn_status finish(const invocation *call, lrn_staging *staging, bool own_queue,
                           cl_event kernel, cl_event *event, cllrn_error *error)
{
    cl_event fetched = NULL;
    cllrn_status status = lrn_staging_fetch(staging, call->queue, kernel, &fetched, error);
    if (status == CLLRN_SUCCESS && event == NULL)
        status = await(kernel, "the kernel", error);
    if (status == CLLRN_SUCCESS && event == NULL && fetched != NULL)
        status = await(fetched, "dst", error);
    if (status == CLLRN_SUCCESS && event != NULL && own_queue) {
        const cl_int code = clFlush(call->queue);
        if (code != CL_SUCCESS)
            status = lrn_fail_cl(error, code, "run: flushing the engine's own queue");
    }
    const cl_event last = fetched != NULL ? fetched : kernel;
    if (status != CLLRN_SUCCESS)
        clWaitForEvents(1, &last); /* the caller may free its memory now */
    if (status == CLLRN_SUCCESS && event != NULL)
        *event = last;
    else
        clReleaseEvent(last);
    if (last != kernel)
        clReleaseEvent(kernel);
    return status;
}

static cllrn_status run_staged(invocation *call, bool own_queue, cl_event *event,
                               cllrn_error *error)
{
    const lrn_core *const core = &call->engine->core;
    lrn_staging staging;
    cl_event kernel = NULL;
    cllrn_status status = lrn_staging_plan(&staging, core, &call->problem, &call->operands, error);
    if (status == CLLRN_SUCCESS && staging.waits && call->wait_count > 0) {
        status = lrn_enqueue_check_waits(core, call->wait_count, call->wait_list, error);
        const cl_int code = status == CLLRN_SUCCESS
                                ? clWaitForEvents(call->wait_count, call->wait_list)
                                : CL_SUCCESS;
        if (code != CL_SUCCESS)
            status = lrn_fail_cl(error, code, "run: waiting for the events of the wait list");
    }
    if (status != CLLRN_SUCCESS)
        return status;
    status = lrn_staging_open(&staging, error);
    if (status == CLLRN_SUCCESS)
        status = launch_staged(call, &staging, &kernel, error);
    if (status == CLLRN_SUCCESS)
        status = finish(call, &staging, own_queue, kernel, event, error);
    lrn_staging_close(&staging);
    return status;
}

cllrn_status cllrn_run(cllrn_engine *engine, cl_command_queue queue, const cllrn_problem *problem,
                       const cllrn_operands *operands, cl_uint wait_count,
                       const cl_event *wait_list, cl_event *event, cllrn_error *error)
{
    const bool own_queue = queue == NULL;
    cllrn_status status;
    if (engine == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "run: engine is NULL");
    if (!LRN_READABLE(operands) || operands->reserved != 0)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "run: operands is NULL or not initialised: use CLLRN_OPERANDS_INIT");
    if ((status = lrn_problem_check(problem, error)) != CLLRN_SUCCESS ||
        (own_queue && (status = get_queue(engine, &queue, error)) != CLLRN_SUCCESS))
        return status;
    invocation call = {engine, queue, *problem, *operands, wait_count, wait_list};
    if (lrn_tensor_elements(problem->src) > 0)
        return run_staged(&call, own_queue, event, error);
    lrn_staging nothing = {.core = &engine->core};
    cl_event marker = NULL;
    status = launch(&call, CLLRN_ALIASING_DISJOINT, event != NULL ? &marker : NULL, error);
    return status == CLLRN_SUCCESS && event != NULL
               ? finish(&call, &nothing, own_queue, marker, event, error)
               : status;
}
