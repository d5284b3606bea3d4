/* SPDX-License-Identifier: Apache-2.0 */
/* Reports what `cllrn bench` found: a table on stdout, and JSON. */
#ifndef CLI_BENCH_REPORT_H
#define CLI_BENCH_REPORT_H

#include "workload.h"

#include <stdio.h>

/* What one call of the command found. */
typedef struct findings {
    const request *asked;
    session on;
    workload_range workloads;
    copy *copies; /* the best of each kind, for every shape and number of bytes */
    int copy_count;
    timing launch; /* the run of a tensor of 8 elements */
} findings;

/* Prints the device and the table's head. */
void report_begin(const findings *f);

/* Prints the lines of one shape. */
void report_shape(const findings *f, workload_range all);

/* Prints the time of a small launch, and of the programs' builds. */
void report_end(const findings *f);

/* Writes the whole object; the caller checks the file for errors. */
void report_json(const findings *f, FILE *file);

#endif
