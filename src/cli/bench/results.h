/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_BENCH_RESULTS_H
#define CLI_BENCH_RESULTS_H

#include "bench.h"

#include <stdio.h>

/* Writes all of it as JSON; errors show on the file. */
void results_write(const bench *b, FILE *file);

#endif
