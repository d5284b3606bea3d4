/* SPDX-License-Identifier: Apache-2.0 */
/* What `cllrn verify` measures with the means of `cllrn bench`. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "session.h"

/* The rate of one problem and of the fastest copy of as many bytes, in 10^9 bytes a second. */
typedef struct bandwidth {
    char direction[16], layout[16], shape[64];
    double gb_per_s, copy_gb_per_s;
} bandwidth;

enum { MAX_BANDWIDTHS = 8 };

/*
 * Measures both directions in float32, size 5, channels first and last, for a second or two: of
 * one image, and of 16 if the device is large and fast enough. Returns how many; fewer after a
 * message.
 */
int bench_bandwidths(const session *on, bandwidth found[MAX_BANDWIDTHS]);

#endif
