/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include "message.h"
#include "opencl.h"

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

static bool run_here(const job *todo, const device *target, job_report *report)
{
    if (todo->variant)
        return message_fail("--variant %s needs an OpenCL device, not %s", todo->variant,
                            target->name);
    if (target->pack)
        return message_fail("--pack %s needs an OpenCL device, not %s", target->pack, target->name);
    cllrn_error error = CLLRN_ERROR_INIT;
    const double begin = job_clock();
    const cllrn_status status =
        target->kind == DEVICE_HOST ? job_run_host(todo, &error) : job_run_reference(todo, &error);
    report->kernel = report->total = job_clock() - begin;
    return message_check(status, &error);
}

bool job_run(const job *todo, const device *target, job_report *report)
{
    *report = (job_report){.upload = -1, .kernel = -1, .download = -1, .total = -1};
    return target->kind == DEVICE_OPENCL ? opencl_run(todo, target, report)
                                         : run_here(todo, target, report);
}
