/* SPDX-License-Identifier: Apache-2.0 */
#define LRN_DOUBLE
#define LRN_HOST_NAME(name) name##_f64
#include "host_run.h"

bool lrn_host_run_f64(const lrn_host_job *job)
{
    return run(job);
}
