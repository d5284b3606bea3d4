/* SPDX-License-Identifier: Apache-2.0 */
#include "operation.h"

#include <cllrn_verify.h>
#include <time.h>

double operation_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

cllrn_status operation_run_host(const operation *todo, cllrn_error *error)
{
    const operand *const src = &todo->src, *const dy = &todo->dy, *const dst = &todo->dst;
    if (todo->backward)
        return cllrn_host_backward(todo->params, &src->tensor, src->data, &dy->tensor, dy->data,
                                   &dst->tensor, dst->data, error);
    return cllrn_host_forward(todo->params, &src->tensor, src->data, &dst->tensor, dst->data,
                              error);
}

cllrn_status operation_run_reference(const operation *todo, cllrn_error *error)
{
    const operand *const src = &todo->src, *const dy = &todo->dy, *const dst = &todo->dst;
    if (todo->backward)
        return cllrn_reference_backward(todo->params, &src->tensor, src->data, &dy->tensor,
                                        dy->data, &dst->tensor, dst->data, error);
    return cllrn_reference_forward(todo->params, &src->tensor, src->data, &dst->tensor, dst->data,
                                   error);
}

cllrn_problem operation_problem(const operation *todo, int32_t aliasing)
{
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.direction = todo->backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD;
    problem.params = todo->params;
    problem.src = &todo->src.tensor;
    problem.dy = todo->backward ? &todo->dy.tensor : NULL;
    problem.dst = &todo->dst.tensor;
    problem.variant = todo->variant;
    problem.aliasing = aliasing;
    return problem;
}
