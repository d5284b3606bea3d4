/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include <inttypes.h>
#include <string.h>

#include "element.h"
#include "error.h"

static lrn_request request_of(const cllrn_plan *plan, const cllrn_problem *problem,
                              cllrn_aliasing aliasing)
{
    return (lrn_request){.shape = &plan->shape,
                         .lower = plan->lower,
                         .taps = plan->taps,
                         .power = plan->values.power,
                         .direction = plan->direction,
                         .aliasing = aliasing,
                         .variant = problem->variant,
                         .scratch_limit = problem->scratch_limit};
}

/* Whether a program cannot be had, because the engine cannot compile it. */
static bool is_missing(cllrn_status status)
{
    return status == CLLRN_PROGRAM_MISSING || status == CLLRN_NO_COMPILER;
}

/*
 * Finds a program that stands in for the missing one of launch->selection, at
 * `row` of the variants: the general one of the same variant, else that of the
 * next variant which can run the problem. Returns `status` if there is none.
 */
static cllrn_status find_stand_in(cllrn_engine *engine, const lrn_request *request, size_t row,
                                  lrn_launch *launch, cllrn_status status, cllrn_error *error)
{
    const lrn_program_key missing = launch->selection.key;
    for (;;) {
        cllrn_error other = CLLRN_ERROR_INIT;
        if (!lrn_program_key_general(&launch->selection.key)) {
            ++row;
            if (lrn_select(request, &engine->core.facts, &row, &launch->selection, NULL) !=
                CLLRN_SUCCESS)
                return status;
        }
        const cllrn_status got =
            lrn_programs_get(&engine->programs, &launch->selection.key, &launch->program, &other);
        if (got == CLLRN_SUCCESS)
            launch->stand_in_for =
                lrn_programs_stand_in(&engine->programs, &missing, launch->program);
        else if (!is_missing(got))
            lrn_error_copy(error, &other);
        if (!is_missing(got))
            return got;
    }
}

/* Opens one launch of a plan for the request, as far as the caller needs. */
typedef cllrn_status open_launch_fn(cllrn_plan *plan, const lrn_request *request,
                                    const lrn_device_facts *facts, lrn_launch *launch,
                                    cllrn_error *error);

/* Selects a kernel, and no more. */
static cllrn_status select_launch(cllrn_plan *plan, const lrn_request *request,
                                  const lrn_device_facts *facts, lrn_launch *launch,
                                  cllrn_error *error)
{
    size_t row = 0;
    (void)plan;
    const cllrn_status status = lrn_select(request, facts, &row, &launch->selection, error);
    if (status == CLLRN_SUCCESS)
        launch->scratch = lrn_selection_scratch(&launch->selection);
    return status;
}

/* Selects a kernel and makes its program. */
static cllrn_status open_launch(cllrn_plan *plan, const lrn_request *request,
                                const lrn_device_facts *facts, lrn_launch *launch,
                                cllrn_error *error)
{
    cllrn_engine *const engine = plan->engine;
    size_t row = 0;
    cllrn_status status = lrn_select(request, facts, &row, &launch->selection, error);
    if (status == CLLRN_SUCCESS)
        status =
            lrn_programs_get(&engine->programs, &launch->selection.key, &launch->program, error);
    if (is_missing(status))
        status = find_stand_in(engine, request, row, launch, status, error);
    if (is_missing(status) && !lrn_variant_suits(launch->selection.key.variant, facts))
        return lrn_fail(
            error, CLLRN_INVALID_VARIANT,
            "plan create: variant \"%s\" is for other devices than %s: its programs are "
            "compiled here, never packed, and this engine cannot compile: do not force it",
            request->variant, facts->name);
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
    return lrn_tensor_same_layout(&plan->src, &plan->dst) ||
           (plan->direction == CLLRN_DIRECTION_BACKWARD &&
            lrn_tensor_same_layout(&plan->dy, &plan->dst));
}

/* Opens what the problem's aliasing asks for: one of the launches, or both. */
static cllrn_status open_launches(cllrn_plan *plan, const cllrn_problem *problem,
                                  open_launch_fn *open, const lrn_device_facts *facts,
                                  cllrn_error *error)
{
    const lrn_request disjoint = request_of(plan, problem, CLLRN_ALIASING_DISJOINT),
                      in_place = request_of(plan, problem, CLLRN_ALIASING_IN_PLACE);
    const bool possible = can_be_in_place(plan);
    /* Of both, a forced variant needs to fit one. */
    const bool lenient = problem->aliasing == CLLRN_ALIASING_EITHER && problem->variant != NULL;
    cllrn_status status = CLLRN_SUCCESS;
    if (problem->aliasing == CLLRN_ALIASING_IN_PLACE && !possible)
        return lrn_fail(
            error, CLLRN_SHAPE_MISMATCH,
            "plan create: only for CLLRN_ALIASING_IN_PLACE, but dst has the dtype, strides and "
            "block of no source");
    if (problem->aliasing != CLLRN_ALIASING_IN_PLACE)
        status = open(plan, &disjoint, facts, &plan->launches[0], error);
    if (problem->aliasing == CLLRN_ALIASING_DISJOINT || !possible ||
        (status != CLLRN_SUCCESS && !(lenient && status == CLLRN_INVALID_VARIANT)))
        return status;
    const cllrn_status second = open(plan, &in_place, facts, &plan->launches[1], error);
    return lenient && second == CLLRN_INVALID_VARIANT ? status : second;
}

cllrn_status lrn_problem_check(const cllrn_problem *problem, cllrn_error *error)
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

/* Fills all of a plan that does not depend on the engine. */
static void describe(cllrn_plan *plan, const cllrn_problem *problem)
{
    plan->direction = problem->direction;
    plan->src = *problem->src;
    plan->dst = *problem->dst;
    if (problem->dy != NULL)
        plan->dy = *problem->dy;
    plan->empty = lrn_tensor_elements(problem->src) == 0;
    if (plan->empty)
        return;
    plan->shape = lrn_shape_make(problem->params, problem->src, problem->dy, problem->dst);
    plan->lower = lrn_params_lower(problem->params);
    plan->taps = lrn_params_taps(problem->params);
    plan->values = lrn_coefficients_make(problem->params, problem->src->dtype == CLLRN_DTYPE_F64);
}

cllrn_status cllrn_plan_create(cllrn_engine *engine, const cllrn_problem *problem, cllrn_plan **out,
                               cllrn_error *error)
{
    cllrn_status status;
    if (engine == NULL || out == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "plan create: engine or plan is NULL");
    status = lrn_problem_check(problem, error);
    return status == CLLRN_SUCCESS ? lrn_plan_make(engine, problem, out, error) : status;
}

cllrn_status lrn_plan_make(cllrn_engine *engine, const cllrn_problem *problem, cllrn_plan **out,
                           cllrn_error *error)
{
    cllrn_status status;
    cllrn_plan *plan = lrn_alloc(&engine->core, sizeof *plan);
    if (plan == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "plan create: no memory for the plan");
    atomic_fetch_add_explicit(&engine->references, 1, memory_order_relaxed);
    plan->engine = engine;
    describe(plan, problem);
    /* A failure on the way, such as a missing program, may not be the last word. */
    cllrn_error failure = CLLRN_ERROR_INIT;
    if (!plan->empty && (status = open_launches(plan, problem, open_launch, &engine->core.facts,
                                                &failure)) != CLLRN_SUCCESS) {
        lrn_error_copy(error, &failure);
        cllrn_plan_destroy(plan);
        return status;
    }
    *out = plan;
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_problem_program(const cllrn_engine *engine, const cllrn_problem *problem,
                                   char name[CLLRN_KERNEL_NAME_SIZE], cllrn_error *error)
{
    const lrn_device_facts *facts = engine != NULL ? &engine->core.facts : &lrn_any_device;
    const cllrn_status status =
        name == NULL ? lrn_fail(error, CLLRN_INVALID_ARGUMENT, "problem program: name is NULL")
                     : lrn_problem_check(problem, error);
    if (status != CLLRN_SUCCESS)
        return status;
    cllrn_plan plan;
    lrn_selection selection;
    size_t row = 0;
    describe(&plan, problem);
    if (plan.empty) {
        *name = '\0';
        return CLLRN_SUCCESS;
    }
    const lrn_request request = request_of(&plan, problem, problem->aliasing);
    const cllrn_status selected = lrn_select(&request, facts, &row, &selection, error);
    if (selected == CLLRN_SUCCESS)
        lrn_program_kernel_name(&selection.key, facts->int64, name);
    return selected;
}

cllrn_status cllrn_problem_scratch_size(const cllrn_engine *engine, const cllrn_problem *problem,
                                        uint64_t *size, cllrn_error *error)
{
    cllrn_status status = engine == NULL || size == NULL
                              ? lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                                         "problem scratch size: engine or size is NULL")
                              : lrn_problem_check(problem, error);
    if (status != CLLRN_SUCCESS)
        return status;
    cllrn_plan plan = {.direction = CLLRN_DIRECTION_FORWARD};
    cllrn_error failure = CLLRN_ERROR_INIT;
    describe(&plan, problem);
    if (!plan.empty)
        status = open_launches(&plan, problem, select_launch, &engine->core.facts, &failure);
    if (status != CLLRN_SUCCESS) {
        lrn_error_copy(error, &failure);
        return status;
    }
    const uint64_t disjoint = plan.launches[0].scratch, in_place = plan.launches[1].scratch;
    *size = disjoint > in_place ? disjoint : in_place;
    return CLLRN_SUCCESS;
}

void cllrn_plan_destroy(cllrn_plan *plan)
{
    if (plan == NULL)
        return;
    cllrn_engine *engine = plan->engine;
    lrn_free(&engine->core, plan);
    lrn_engine_release(engine); /* the plan's reference */
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

const char *cllrn_plan_program(const cllrn_plan *plan, cllrn_aliasing aliasing)
{
    const lrn_launch *launch = launch_of(plan, aliasing);
    return launch != NULL ? launch->program->name : "none";
}

const char *cllrn_plan_stand_in_for(const cllrn_plan *plan, cllrn_aliasing aliasing)
{
    const lrn_launch *launch = launch_of(plan, aliasing);
    return launch != NULL ? launch->stand_in_for : NULL;
}
