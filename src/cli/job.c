/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include <cllrn_verify.h>
#include <time.h>

double job_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

cllrn_status job_run_host(const job *todo, cllrn_error *error)
{
    const operand *const src = &todo->src, *const dy = &todo->dy, *const dst = &todo->dst;
    if (todo->backward)
        return cllrn_host_backward(todo->params, &src->tensor, src->data, &dy->tensor, dy->data,
                                   &dst->tensor, dst->data, error);
    return cllrn_host_forward(todo->params, &src->tensor, src->data, &dst->tensor, dst->data,
                              error);
}

cllrn_status job_run_reference(const job *todo, cllrn_error *error)
{
    const operand *const src = &todo->src, *const dy = &todo->dy, *const dst = &todo->dst;
    if (todo->backward)
        return cllrn_reference_backward(todo->params, &src->tensor, src->data, &dy->tensor,
                                        dy->data, &dst->tensor, dst->data, error);
    return cllrn_reference_forward(todo->params, &src->tensor, src->data, &dst->tensor, dst->data,
                                   error);
}
