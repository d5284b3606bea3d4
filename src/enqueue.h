/* SPDX-License-Identifier: Apache-2.0 */
/* What cllrn_run checks as cllrn_enqueue does. */
#ifndef LRN_ENQUEUE_H
#define LRN_ENQUEUE_H

#include "core.h"

/*
 * Checks a wait list.
 *
 * CLLRN_INVALID_WAIT_LIST, CLLRN_CONTEXT_MISMATCH, CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 */
cllrn_status lrn_enqueue_check_waits(const lrn_core *core, cl_uint count, const cl_event *list,
                                     cllrn_error *error);

#endif
