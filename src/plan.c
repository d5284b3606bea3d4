/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include <inttypes.h>
#include <string.h>

#include "element.h"
#include "error.h"

/* Selects a kernel and makes its program. */
static cllrn_status open_launch(cllrn_plan *plan, const cllrn_problem *problem,
                                cllrn_aliasing aliasing, cllrn_error *error)
{
    lrn_launch *launch = &plan->launches[aliasing == CLLRN_ALIASING_IN_PLACE];
    const lrn_request request = {.shape = &plan->shape,
                                 .taps = plan->taps,
                                 .power = plan->values.power,
                                 .direction = plan->direction,
                                 .aliasing = aliasing,
                                 .variant = problem->variant};
    size_t row = 0;
    cllrn_status status =
        lrn_select(&request, &plan->engine->core.facts, &row, &launch->selection, error);
    if (status == CLLRN_SUCCESS)
        status = lrn_programs_get(&plan->engine->programs, &launch->selection.key, &launch->program,
                                  error);
    if (status != CLLRN_SUCCESS)
        return status;
    launch->available = true;
    launch->scratch = lrn_selection_scratch(&launch->selection);
    lrn_selection_limit(&launch->selection, launch->program->group_size);
    return CLLRN_SUCCESS;
}

/* In place needs a source with the layout of dst; else there is nothing to build for it. */
static bool can_be_in_place(const cllrn_plan *plan)
{
    return lrn_tensor_same_places(&plan->src, &plan->dst) ||
           (plan->direction == CLLRN_DIRECTION_BACKWARD &&
            lrn_tensor_same_places(&plan->dy, &plan->dst));
}

static cllrn_status open_in_place(cllrn_plan *plan, const cllrn_problem *problem,
                                  cllrn_error *error)
{
    if (!can_be_in_place(plan))
        return lrn_fail(
            error, CLLRN_SHAPE_MISMATCH,
            "plan create: only for CLLRN_ALIASING_IN_PLACE, but dst has the dtype, strides and "
            "block of no source");
    return open_launch(plan, problem, CLLRN_ALIASING_IN_PLACE, error);
}

static cllrn_status open_both(cllrn_plan *plan, const cllrn_problem *problem, cllrn_error *error)
{
    const bool forced = problem->variant != NULL;
    cllrn_error before = CLLRN_ERROR_INIT;
    if (LRN_FILLABLE(error))
        before = *error;
    cllrn_status status = open_launch(plan, problem, CLLRN_ALIASING_DISJOINT, error);
    if (status != CLLRN_SUCCESS && !(forced && status == CLLRN_INVALID_VARIANT))
        return status;
    if (can_be_in_place(plan)) {
        const cllrn_status in_place = open_launch(plan, problem, CLLRN_ALIASING_IN_PLACE, error);
        /* A forced variant needs to fit one of the two: a single refusal is not an error. */
        if (!forced || in_place != CLLRN_INVALID_VARIANT)
            status = in_place;
    }
    if (status == CLLRN_SUCCESS && LRN_FILLABLE(error))
        *error = before;
    return status;
}

static cllrn_status open_launches(cllrn_plan *plan, const cllrn_problem *problem,
                                  cllrn_error *error)
{
    switch (problem->aliasing) {
    case CLLRN_ALIASING_DISJOINT:
        return open_launch(plan, problem, CLLRN_ALIASING_DISJOINT, error);
    case CLLRN_ALIASING_IN_PLACE:
        return open_in_place(plan, problem, error);
    default:
        return open_both(plan, problem, error);
    }
}

static cllrn_status check_problem(const cllrn_problem *problem, cllrn_error *error)
{
    cllrn_status status;
    if (!LRN_READABLE(problem))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "plan create: problem is NULL or not initialised: use CLLRN_PROBLEM_INIT");
    if (problem->direction != CLLRN_DIRECTION_FORWARD &&
        problem->direction != CLLRN_DIRECTION_BACKWARD)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "plan create: unknown direction %" PRId32
                        ", expected CLLRN_DIRECTION_FORWARD (%d) "
                        "or CLLRN_DIRECTION_BACKWARD (%d)",
                        problem->direction, CLLRN_DIRECTION_FORWARD, CLLRN_DIRECTION_BACKWARD);
    if (problem->aliasing < CLLRN_ALIASING_DISJOINT || problem->aliasing > CLLRN_ALIASING_EITHER)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "plan create: unknown aliasing %" PRId32
                        ", expected CLLRN_ALIASING_DISJOINT (%d), CLLRN_ALIASING_IN_PLACE (%d) or "
                        "CLLRN_ALIASING_EITHER (%d)",
                        problem->aliasing, CLLRN_ALIASING_DISJOINT, CLLRN_ALIASING_IN_PLACE,
                        CLLRN_ALIASING_EITHER);
    if (problem->reserved != 0)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "plan create: reserved of the problem is %" PRId32 ", expected 0",
                        problem->reserved);
    if ((problem->direction == CLLRN_DIRECTION_BACKWARD) != (problem->dy != NULL))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "plan create: dy is %s in the %s direction",
                        problem->dy ? "given" : "NULL", problem->dy ? "forward" : "backward");
    if ((status = lrn_params_check(problem->params, error)) != CLLRN_SUCCESS)
        return status;
    return lrn_tensor_check_all(problem->params, problem->src, problem->dy, problem->dst, error);
}

cllrn_status cllrn_plan_create(cllrn_engine *engine, const cllrn_problem *problem, cllrn_plan **out,
                               cllrn_error *error)
{
    cllrn_status status;
    if (engine == NULL || out == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "plan create: engine or plan is NULL");
    if ((status = check_problem(problem, error)) != CLLRN_SUCCESS)
        return status;

    cllrn_plan *plan = lrn_alloc(&engine->core, sizeof *plan);
    if (plan == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "plan create: no memory for the plan");
    lrn_engine_retain(engine);
    plan->engine = engine;
    plan->direction = problem->direction;
    plan->src = *problem->src;
    plan->dst = *problem->dst;
    if (problem->dy != NULL)
        plan->dy = *problem->dy;
    plan->empty = lrn_tensor_elements(problem->src) == 0;
    if (!plan->empty) {
        plan->shape = lrn_shape_make(problem->params, problem->src, problem->dy, problem->dst);
        plan->lower = lrn_params_lower(problem->params);
        plan->taps = lrn_params_taps(problem->params);
        plan->values = lrn_params_values(problem->params, problem->src->dtype == CLLRN_DTYPE_F64);
        if ((status = open_launches(plan, problem, error)) != CLLRN_SUCCESS) {
            cllrn_plan_destroy(plan);
            return status;
        }
    }
    *out = plan;
    return CLLRN_SUCCESS;
}

void cllrn_plan_destroy(cllrn_plan *plan)
{
    if (plan == NULL)
        return;
    cllrn_engine *engine = plan->engine;
    lrn_free(&engine->core, plan);
    lrn_engine_release(engine);
}

static const lrn_launch *launch_of(const cllrn_plan *plan, cllrn_aliasing aliasing)
{
    if (aliasing != CLLRN_ALIASING_DISJOINT && aliasing != CLLRN_ALIASING_IN_PLACE)
        return NULL;
    const lrn_launch *launch = lrn_plan_launch(plan, aliasing);
    return launch->available ? launch : NULL;
}

uint64_t cllrn_plan_scratch_size(const cllrn_plan *plan, cllrn_aliasing aliasing)
{
    const lrn_launch *launch = launch_of(plan, aliasing);
    return launch != NULL ? launch->scratch : 0;
}

const char *cllrn_plan_variant(const cllrn_plan *plan, cllrn_aliasing aliasing)
{
    const lrn_launch *launch = launch_of(plan, aliasing);
    return launch != NULL ? launch->selection.key.variant->name : "none";
}

cllrn_origin cllrn_plan_origin(const cllrn_plan *plan, cllrn_aliasing aliasing)
{
    const lrn_launch *launch = launch_of(plan, aliasing);
    return launch != NULL ? launch->program->origin : CLLRN_ORIGIN_NONE;
}

cllrn_status cllrn_engine_prepare(cllrn_engine *engine, const cllrn_problem *const *problems,
                                  size_t count, cllrn_error *error)
{
    if (engine == NULL || (problems == NULL && count > 0))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "engine prepare: engine or problems is NULL");
    for (size_t i = 0; i < count; ++i) {
        cllrn_plan *plan = NULL;
        const cllrn_status status = cllrn_plan_create(engine, problems[i], &plan, error);
        if (status != CLLRN_SUCCESS)
            return status;
        cllrn_plan_destroy(plan); /* the engine keeps the programs */
    }
    return CLLRN_SUCCESS;
}
