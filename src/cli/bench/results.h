/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the results of `cllrn bench` as JSON. */
#ifndef CLI_BENCH_RESULTS_H
#define CLI_BENCH_RESULTS_H

#include "bench.h"

#include <stdio.h>

/* Writes the whole object; the caller checks the file for errors. */
void results_write(const bench *b, FILE *file);

#endif
