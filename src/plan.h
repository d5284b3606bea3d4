/* SPDX-License-Identifier: Apache-2.0 */
/* The plan: all decisions about a problem that an enqueue needs. */
#ifndef LRN_PLAN_H
#define LRN_PLAN_H

#include "engine.h"
#include "coefficients.h"
#include "params.h"
#include "program.h"
#include "select.h"
#include "shape.h"
#include "tensor.h"

/* How to run a plan, disjoint or in place. */
typedef struct lrn_launch {
    bool available; /* false: in place is impossible, or the forced variant cannot */
    lrn_selection selection;
    lrn_program *program;     /* owned by the engine */
    const char *stand_in_for; /* the name of the missing program; NULL: none is missing */
    uint64_t scratch;
} lrn_launch;

struct cllrn_plan {
    cllrn_engine *engine;
    cllrn_direction direction;
    cllrn_tensor src, dy, dst; /* dy is set in the backward direction only */
    bool empty;                /* no elements; the fields below are not set */
    lrn_shape shape;
    int32_t lower, taps;
    lrn_coefficients values;
    lrn_launch launches[2]; /* see lrn_plan_launch */
};

/* Checks a problem; statuses as of cllrn_plan_create. */
cllrn_status lrn_problem_check(const cllrn_problem *problem, cllrn_error *error);

/* As cllrn_plan_create, for a problem that passed its check. */
cllrn_status lrn_plan_make(cllrn_engine *engine, const cllrn_problem *problem, cllrn_plan **plan,
                           cllrn_error *error);

/* The launch for CLLRN_ALIASING_DISJOINT or CLLRN_ALIASING_IN_PLACE. */
static inline const lrn_launch *lrn_plan_launch(const cllrn_plan *plan, cllrn_aliasing aliasing)
{
    return &plan->launches[aliasing == CLLRN_ALIASING_IN_PLACE];
}

#endif
