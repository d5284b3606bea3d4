/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the table of `cllrn bench` on stdout. */
#ifndef CLI_BENCH_SUMMARY_H
#define CLI_BENCH_SUMMARY_H

#include "bench.h"

/* Prints the device and the table's head. */
void summary_begin(const bench *b);

/* Prints the lines of one shape. */
void summary_shape(const bench *b, workload_range all);

/* Prints the time of a small launch, and of the programs' builds. */
void summary_end(const bench *b);

#endif
