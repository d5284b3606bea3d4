/* SPDX-License-Identifier: Apache-2.0 */
#include "case_run.h"

#include "element.h"
#include "printable.h"

#include "../../size.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRATCH_OFFSET = 3 }; /* elements: any multiple of the element size is allowed */

/* The objects of one run; end() releases those that are not NULL. */
typedef struct objects {
    const session *on;
    const case_buffers *s;
    int32_t aliasing;
    char *why;
    cllrn_plan *plan;
    cllrn_memory x, dy, dst, scratch; /* dst is x or dy when in place */
    cl_event done;
} objects;

static bool check(const objects *o, cl_int error, const char *call)
{
    if (error != CL_SUCCESS)
        snprintf(o->why, WHY_SIZE, "%s failed: %s (%d)", call, cllrn_opencl_error_string(error),
                 (int)error);
    return error == CL_SUCCESS;
}

static bool check_library(const objects *o, cllrn_status status, const cllrn_error *error)
{
    if (status != CLLRN_SUCCESS)
        snprintf(o->why, WHY_SIZE, "%s: %s", cllrn_status_string(status), error->message);
    printable_line(o->why); /* the message may hold a device's name */
    return status == CLLRN_SUCCESS;
}

static run_outcome make_plan(objects *o, const char *variant)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    operation todo = case_buffers_operation(o->s, o->s->result);
    todo.variant = variant;
    const cllrn_problem problem = operation_problem(&todo, o->aliasing);
    const cllrn_status status = cllrn_plan_create(o->on->engine, &problem, &o->plan, &error);
    if (variant && status == CLLRN_INVALID_VARIANT)
        return RUN_NOT_POSSIBLE;
    return check_library(o, status, &error) ? RUN_DONE : RUN_FAILED;
}

static bool make_memory(const objects *o, const guarded_tensor *from, cllrn_memory *made)
{
    cl_int error;
    *made = (cllrn_memory)CLLRN_MEMORY_INIT;
    made->offset = (uint64_t)from->base * cllrn_dtype_size(from->tensor.dtype);
    made->buffer = clCreateBuffer(o->on->context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                                  from->size, from->data, &error);
    return check(o, error, "clCreateBuffer");
}

/* Fills the scratch with NaNs, so that a kernel that reads before it writes shows. */
static bool make_scratch(objects *o, uint64_t size)
{
    const int32_t arithmetic = element_arithmetic(o->s->dst.tensor.dtype);
    const size_t element = cllrn_dtype_size(arithmetic);
    const uint64_t count = (size + element - 1) / element + SCRATCH_OFFSET;
    const guarded_tensor poison = {.tensor.dtype = arithmetic,
                                   .data = lrn_size_alloc(count, element),
                                   .size = (size_t)count * element,
                                   .base = SCRATCH_OFFSET};
    if (!poison.data) {
        snprintf(o->why, WHY_SIZE, "out of memory for %" PRIu64 " bytes of scratch",
                 count * element);
        return false;
    }
    element_poison(arithmetic, poison.data, (int64_t)count);
    const bool made = make_memory(o, &poison, &o->scratch);
    free(poison.data);
    return made;
}

static bool make_memories(objects *o)
{
    const case_buffers *const s = o->s;
    const uint64_t scratch = cllrn_plan_scratch_size(o->plan, o->aliasing);
    if (!make_memory(o, &s->x, &o->x) || (s->c->backward && !make_memory(o, &s->dy, &o->dy)))
        return false;
    o->dst = s->in_place == ALIAS_X ? o->x : o->dy;
    return (s->in_place != ALIAS_NONE || make_memory(o, &s->dst, &o->dst)) &&
           (scratch == 0 || make_scratch(o, scratch));
}

static bool enqueue(objects *o)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_operands operands = CLLRN_OPERANDS_INIT;
    operands.src = &o->x;
    operands.dy = o->s->c->backward ? &o->dy : NULL;
    operands.dst = &o->dst;
    operands.scratch = o->scratch.buffer ? &o->scratch : NULL;
    return check_library(
        o, cllrn_enqueue(o->plan, o->on->queue, &operands, 0, NULL, &o->done, &error), &error);
}

/* Waits for the kernel and reads its result. */
static bool finish(const objects *o)
{
    const char *what = "the kernel";
    const cl_int error = session_wait(o->done, &what);
    return check(o, error, what) &&
           check(o,
                 clEnqueueReadBuffer(o->on->queue, o->dst.buffer, CL_TRUE, 0, o->s->dst.size,
                                     o->s->result, 0, NULL, NULL),
                 "clEnqueueReadBuffer");
}

static void end(objects *o)
{
    session_finish(o->on);
    if (o->done)
        clReleaseEvent(o->done);
    if (o->s->in_place == ALIAS_NONE)
        session_release(o->dst.buffer);
    session_release(o->x.buffer);
    session_release(o->dy.buffer);
    session_release(o->scratch.buffer);
    cllrn_plan_destroy(o->plan);
}

run_outcome case_run(const session *on, const case_buffers *s, const char *variant,
                     const char **ran, char why[WHY_SIZE])
{
    if (on->device.kind == DEVICE_HOST) {
        memcpy(s->result, s->expected, s->dst.size);
        *ran = "host";
        return variant ? RUN_NOT_POSSIBLE : RUN_DONE;
    }
    objects o = {.on = on, .s = s, .why = why};
    o.aliasing = s->in_place == ALIAS_NONE ? CLLRN_ALIASING_DISJOINT : CLLRN_ALIASING_IN_PLACE;
    run_outcome outcome = make_plan(&o, variant);
    *ran = o.plan ? cllrn_plan_variant(o.plan, o.aliasing) : NULL;
    if (outcome == RUN_DONE && !(make_memories(&o) && enqueue(&o) && finish(&o)))
        outcome = RUN_FAILED;
    end(&o);
    return outcome;
}
