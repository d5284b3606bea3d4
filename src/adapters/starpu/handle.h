/* SPDX-License-Identifier: Apache-2.0 */
/* StarPU's handles as tensors. */
#ifndef CLLRN_STARPU_HANDLE_H
#define CLLRN_STARPU_HANDLE_H

#include <cllrn.h>
#include <starpu.h>

/* A handle's tensor and where it is on a memory node. */
typedef struct lrn_view {
    cllrn_tensor tensor;
    cllrn_memory device; /* on the node of an OpenCL worker */
    void *host;          /* on the node of a CPU worker */
} lrn_view;

/* What is expected of a handle. */
typedef struct lrn_expectation {
    const char *name; /* for messages */
    cllrn_dtype dtype;
    int32_t channel_axis;
    const cllrn_tensor *tensor; /* for a vector; NULL: none was given */
} lrn_expectation;

/*
 * Describes a handle as its interface on a memory node, which a task gets too, says. Statuses are
 * those of cllrn_starpu_prepare and cllrn_starpu_codelet.
 */
cllrn_status lrn_view_make(const lrn_expectation *expected, starpu_data_handle_t handle,
                           const void *interface, lrn_view *view, cllrn_error *error);

/* As cllrn_starpu_filter, for parameters and a channel axis. */
cllrn_status lrn_filter_make(const cllrn_params *params, int32_t channel_axis,
                             starpu_data_handle_t handle, int32_t axis, uint32_t parts,
                             struct starpu_data_filter *filter, cllrn_error *error);

#endif
