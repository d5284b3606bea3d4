/* SPDX-License-Identifier: Apache-2.0 */
/* The operator on host memory: what its two implementations share. */
#ifndef LRN_HOST_H
#define LRN_HOST_H

#include <stdbool.h>

#include <cllrn.h>

/*
 * Checks everything a run on host memory needs; who is "host forward",
 * "reference backward" and so on. dy is NULL in the forward direction. dst may
 * be src or dy in place; other overlap is refused.
 */
cllrn_status lrn_host_check(const char *who, const cllrn_params *params, const cllrn_tensor *src,
                            const void *src_data, const cllrn_tensor *dy, const void *dy_data,
                            const cllrn_tensor *dst, const void *dst_data, cllrn_error *error);

/* Writes zeros where a destination's last channel block is not full. */
void lrn_host_clear_padding(const cllrn_tensor *dst, void *dst_data);

/* One run with arguments that passed the check, not empty; dy is NULL in the forward direction. */
typedef struct lrn_host_job {
    const cllrn_params *params;
    const cllrn_tensor *src, *dy, *dst;
    const void *src_data, *dy_data;
    void *dst_data;
} lrn_host_job;

/* The kernels' arithmetic in float and in double. false: out of memory. */
bool lrn_host_run_f32(const lrn_host_job *job);
bool lrn_host_run_f64(const lrn_host_job *job);

#endif
