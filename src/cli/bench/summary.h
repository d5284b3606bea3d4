/* SPDX-License-Identifier: Apache-2.0 */
/* What `cllrn bench` says on stdout. */
#ifndef CLI_BENCH_SUMMARY_H
#define CLI_BENCH_SUMMARY_H

#include "bench.h"

/* The device and the table's head. */
void summary_begin(const bench *b);

/* The rows of one shape. */
void summary_shape(const bench *b, workload_range all);

/* The launch and the programs. */
void summary_end(const bench *b);

#endif
