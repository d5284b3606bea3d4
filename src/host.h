/* SPDX-License-Identifier: Apache-2.0 */
/* What the host and the reference implementation of the operator share. */
#ifndef LRN_HOST_H
#define LRN_HOST_H

#include <stdbool.h>

#include <cllrn_types.h>

/*
 * Checks the arguments of a run on host memory. who begins the messages: "host
 * forward", "reference backward" and so on. dy is NULL in the forward
 * direction. dst may be src or dy in place; any other overlap is refused.
 */
cllrn_status lrn_host_check(const char *who, const cllrn_params *params, const cllrn_tensor *src,
                            const void *src_data, const cllrn_tensor *dy, const void *dy_data,
                            const cllrn_tensor *dst, const void *dst_data, cllrn_error *error);

/* Writes zeros to the padding of a destination's last channel block. */
void lrn_host_clear_padding(const cllrn_tensor *dst, void *dst_data);

/* A run, not empty, whose arguments passed lrn_host_check. dy is NULL in the forward direction. */
typedef struct lrn_host_job {
    const cllrn_params *params;
    const cllrn_tensor *src, *dy, *dst;
    const void *src_data, *dy_data;
    void *dst_data;
} lrn_host_job;

/* Run the kernels' arithmetic in float and in double. False: out of memory. */
bool lrn_host_run_f32(const lrn_host_job *job);
bool lrn_host_run_f64(const lrn_host_job *job);

#endif
