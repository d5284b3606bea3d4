/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_OPENCL_H
#define CLI_OPENCL_H

#include "job.h"

/* job_run for OpenCL devices. Nothing is left running in the device, whatever happened. */
bool opencl_run(const job *todo, const device *target, job_report *report);

#endif
