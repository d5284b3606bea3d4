/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_OPENCL_H
#define CLI_OPENCL_H

#include "forward.h"

/* forward_run for OpenCL devices. Nothing is left running in the device, whatever happened. */
bool opencl_forward(const forward *job, const device *target, forward_report *report);

#endif
