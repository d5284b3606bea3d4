/* SPDX-License-Identifier: Apache-2.0 */
#define LRN_HOST_NAME(name) name##_f32
#include "host_run.h"

bool lrn_host_run_f32(const lrn_host_job *job)
{
    return run(job);
}
