/* SPDX-License-Identifier: Apache-2.0 */
#include "operation.h"

#include "message.h"

#include "../size.h"

#include <cllrn_verify.h>
#include <inttypes.h>
#include <time.h>

double operation_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

cllrn_status operation_run(const operation *todo, bool reference, cllrn_error *error)
{
    const operand *const src = &todo->src, *const dy = &todo->dy, *const dst = &todo->dst;
    if (todo->backward)
        return (reference ? cllrn_reference_backward
                          : cllrn_host_backward)(todo->params, &src->tensor, src->data, &dy->tensor,
                                                 dy->data, &dst->tensor, dst->data, error);
    return (reference ? cllrn_reference_forward : cllrn_host_forward)(
        todo->params, &src->tensor, src->data, &dst->tensor, dst->data, error);
}

bool operation_run_exact(const operation *todo, exact *made)
{
    const cllrn_tensor *const src = &todo->src.tensor, *const dy = &todo->dy.tensor;
    cllrn_error error = CLLRN_ERROR_INIT;
    uint64_t count = 1;
    for (int axis = 0; axis < src->rank; ++axis)
        count *= (uint64_t)src->dims[axis];
    const uint64_t doubles = todo->backward ? 2 * count : count;
    made->values = lrn_size_alloc(doubles, sizeof *made->values);
    if (!made->values)
        return message_fail("out of memory for %" PRIu64 " doubles to check against", doubles);
    made->magnitudes = made->values + (doubles - count);
    const cllrn_status status =
        todo->backward
            ? cllrn_reference_backward_f64(todo->params, src, todo->src.data, dy, todo->dy.data,
                                           made->values, made->magnitudes, &error)
            : cllrn_reference_forward_f64(todo->params, src, todo->src.data, made->values, &error);
    if (message_check(status, &error))
        return true;
    free(made->values);
    return false;
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
