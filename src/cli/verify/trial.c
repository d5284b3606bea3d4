/* SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

#include "printable.h"
#include "storage.h"

#include "../../size.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRATCH_OFFSET = 3 }; /* elements: any multiple of the element size is allowed */

/* The objects of one run; end() releases those that are not NULL. */
typedef struct trial {
    const session *on;
    const specimen *s;
    char *why;
    cllrn_plan *plan;
    cl_mem x, dy, dst, scratch; /* dst is x or dy when in place */
    cl_event done;
} trial;

static bool backward(const trial *t)
{
    return t->s->c->direction == CLLRN_DIRECTION_BACKWARD;
}

static int32_t aliasing(const trial *t)
{
    return t->s->in_place == ALIAS_NONE ? CLLRN_ALIASING_DISJOINT : CLLRN_ALIASING_IN_PLACE;
}

static bool check(const trial *t, cl_int error, const char *call)
{
    if (error != CL_SUCCESS)
        snprintf(t->why, WHY_SIZE, "%s failed: %s (%d)", call, cllrn_opencl_error_string(error),
                 (int)error);
    return error == CL_SUCCESS;
}

static bool check_library(const trial *t, cllrn_status status, const cllrn_error *error)
{
    if (status != CLLRN_SUCCESS)
        snprintf(t->why, WHY_SIZE, "%s: %s", cllrn_status_string(status), error->message);
    printable_line(t->why); /* the message may hold a device's name */
    return status == CLLRN_SUCCESS;
}

static trial_outcome make_plan(trial *t, const char *variant)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.direction = t->s->c->direction;
    problem.params = &t->s->c->params;
    problem.src = &t->s->x.tensor;
    problem.dst = &t->s->dst.tensor;
    problem.dy = backward(t) ? &t->s->dy.tensor : NULL;
    problem.variant = variant;
    const cllrn_status status = cllrn_plan_create(t->on->engine, &problem, &t->plan, &error);
    if (variant && status == CLLRN_INVALID_VARIANT)
        return TRIAL_NOT_POSSIBLE;
    if (!check_library(t, status, &error))
        return TRIAL_FAILED;
    if (variant && strcmp(cllrn_plan_variant(t->plan, aliasing(t)), "none") == 0)
        return TRIAL_NOT_POSSIBLE;
    return TRIAL_RAN;
}

static bool make_buffer(const trial *t, const void *data, size_t size, cl_mem *buffer)
{
    cl_int error;
    *buffer = clCreateBuffer(t->on->context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, size,
                             (void *)(uintptr_t)data, &error);
    return check(t, error, "clCreateBuffer");
}

/* Fills the scratch with NaNs, so that a kernel that reads before it writes shows. */
static bool make_scratch(trial *t, uint64_t size)
{
    const int32_t dtype = case_is_f64(t->s->c) ? CLLRN_DTYPE_F64 : CLLRN_DTYPE_F32;
    const size_t element = cllrn_dtype_size(dtype);
    const uint64_t count = (size + element - 1) / element + SCRATCH_OFFSET;
    size_t bytes = 0;
    void *const poison = lrn_size(count, element, &bytes) ? malloc(bytes) : NULL;
    if (!poison) {
        snprintf(t->why, WHY_SIZE, "out of memory for %" PRIu64 " bytes of scratch",
                 count * element);
        return false;
    }
    storage_poison(dtype, poison, (int64_t)count);
    const bool made = make_buffer(t, poison, bytes, &t->scratch);
    free(poison);
    return made;
}

static bool make_buffers(trial *t)
{
    const specimen *const s = t->s;
    const uint64_t scratch = cllrn_plan_scratch_size(t->plan, aliasing(t));
    if (!make_buffer(t, s->x.data, s->x.size, &t->x) ||
        (backward(t) && !make_buffer(t, s->dy.data, s->dy.size, &t->dy)))
        return false;
    t->dst = s->in_place == ALIAS_X ? t->x : t->dy;
    if (s->in_place == ALIAS_NONE && !make_buffer(t, s->dst.data, s->dst.size, &t->dst))
        return false;
    return scratch == 0 || make_scratch(t, scratch);
}

static cllrn_memory memory_of(const sample *of, cl_mem buffer)
{
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    memory.buffer = buffer;
    memory.offset = (uint64_t)of->base * cllrn_dtype_size(of->tensor.dtype);
    return memory;
}

static bool enqueue(trial *t)
{
    const specimen *const s = t->s;
    cllrn_error error = CLLRN_ERROR_INIT;
    const cllrn_memory x = memory_of(&s->x, t->x), dst = memory_of(&s->dst, t->dst);
    cllrn_memory scratch = CLLRN_MEMORY_INIT;
    scratch.buffer = t->scratch;
    scratch.offset =
        SCRATCH_OFFSET * cllrn_dtype_size(case_is_f64(s->c) ? CLLRN_DTYPE_F64 : CLLRN_DTYPE_F32);
    const cllrn_memory *const scratch_memory = t->scratch ? &scratch : NULL;
    if (!backward(t))
        return check_library(t,
                             cllrn_enqueue_forward(t->plan, t->on->queue, &x, &dst, scratch_memory,
                                                   0, NULL, &t->done, &error),
                             &error);
    const cllrn_memory dy = memory_of(&s->dy, t->dy);
    return check_library(t,
                         cllrn_enqueue_backward(t->plan, t->on->queue, &x, &dy, &dst,
                                                scratch_memory, 0, NULL, &t->done, &error),
                         &error);
}

static bool wait(const trial *t)
{
    const char *what = "the kernel";
    const cl_int error = session_wait(t->done, &what);
    return check(t, error, what);
}

static bool run(trial *t)
{
    return make_buffers(t) && enqueue(t) && wait(t) &&
           check(t,
                 clEnqueueReadBuffer(t->on->queue, t->dst, CL_TRUE, 0, t->s->dst.size, t->s->result,
                                     0, NULL, NULL),
                 "clEnqueueReadBuffer");
}

static void end(trial *t)
{
    session_finish(t->on);
    if (t->done)
        clReleaseEvent(t->done);
    if (t->s->in_place == ALIAS_NONE)
        session_release(t->dst);
    session_release(t->x);
    session_release(t->dy);
    session_release(t->scratch);
    cllrn_plan_destroy(t->plan);
}

trial_outcome trial_run(const session *on, const specimen *s, const char *variant, const char **ran,
                        char why[WHY_SIZE])
{
    if (on->device.kind == DEVICE_HOST) {
        memcpy(s->result, s->expected, s->dst.size);
        if (ran)
            *ran = "host";
        return variant ? TRIAL_NOT_POSSIBLE : TRIAL_RAN;
    }
    trial t = {.on = on, .s = s, .why = why};
    trial_outcome outcome = make_plan(&t, variant);
    if (ran && t.plan)
        *ran = cllrn_plan_variant(t.plan, aliasing(&t));
    if (outcome == TRIAL_RAN && !run(&t))
        outcome = TRIAL_FAILED;
    end(&t);
    return outcome;
}
