/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Not a test of its own: enqueues one plan, or creates and destroys plans, many
 * times beside the fake OpenCL, for ci/overhead.sh to count the instructions of.
 *
 *     unit_overhead enqueue|plan forward|backward|power
 *
 * power is a forward problem with beta 0.6, which has a table of its powers near k.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

enum { CALLS = 101 };

static bool enqueue(bool backward)
{
    scene s;
    scene_fast(&s, backward);
    for (int i = 0; i < CALLS; ++i)
        if (scene_run(&s, NULL, NULL) != CLLRN_SUCCESS)
            return false;
    scene_close(&s);
    return true;
}

/* The programs exist from the second plan on. */
static bool make_plans(bool backward, double beta)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, beta, 1.0);
    const cllrn_tensor tensor = make_nchw(8, 96, 55, 55);
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    world w = world_open();
    bool made = true;
    problem.direction = backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD;
    problem.params = &params;
    problem.src = problem.dst = &tensor;
    problem.dy = backward ? &tensor : NULL;
    problem.aliasing = CLLRN_ALIASING_DISJOINT;
    for (int i = 0; i < CALLS && made; ++i) {
        cllrn_plan *plan = NULL;
        made = cllrn_plan_create(w.engine, &problem, &plan, &error) == CLLRN_SUCCESS;
        cllrn_plan_destroy(plan);
    }
    world_close(&w);
    return made;
}

int main(int argc, char **argv)
{
    const char *const what = argc == 3 ? argv[1] : "", *const kind = argc == 3 ? argv[2] : "";
    const bool backward = strcmp(kind, "backward") == 0;
    bool done;
    if (strcmp(what, "enqueue") == 0) {
        done = enqueue(backward);
    } else if (strcmp(what, "plan") == 0) {
        done = make_plans(backward, strcmp(kind, "power") == 0 ? 0.6 : 0.75);
    } else {
        fprintf(stderr, "usage: %s enqueue|plan forward|backward|power\n", argv[0]);
        return 2;
    }
    printf("%d calls\n", CALLS);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
