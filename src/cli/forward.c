/* SPDX-License-Identifier: Apache-2.0 */
#include "forward.h"

#include "message.h"
#include "opencl.h"

#include <time.h>

double forward_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* On this machine's processor, by one of the library's two functions for it. */
static bool run_here(const forward *job, const device *target, forward_report *report)
{
    if (job->variant)
        return message_fail("--variant %s needs an OpenCL device, not %s", job->variant,
                            target->name);
    cllrn_error error = CLLRN_ERROR_INIT;
    const double begin = forward_clock();
    const cllrn_status status =
        target->kind == DEVICE_HOST
            ? cllrn_host_forward(job->params, job->tensor, job->src, job->tensor, job->dst, &error)
            : cllrn_reference_forward(job->params, job->tensor, job->src, job->tensor, job->dst,
                                      &error);
    report->kernel = report->total = forward_clock() - begin;
    return message_check(status, &error);
}

bool forward_run(const forward *job, const device *target, forward_report *report)
{
    *report = (forward_report){.upload = -1, .kernel = -1, .download = -1, .total = -1};
    return target->kind == DEVICE_OPENCL ? opencl_forward(job, target, report)
                                         : run_here(job, target, report);
}
