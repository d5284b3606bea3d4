/* SPDX-License-Identifier: Apache-2.0 */
/* Reports what `cllrn bench` found: a table on stdout, and JSON. */
#ifndef CLI_BENCH_REPORT_H
#define CLI_BENCH_REPORT_H

#include "findings.h"

#include <stdio.h>

/* Prints the device and the table's head. */
void report_begin(const findings *f);

/* Prints the lines of one shape. */
void report_shape(const findings *f, workload_range all);

/* Prints the time of a small launch, and of the programs' builds. */
void report_end(const findings *f);

/* Writes the whole object; the caller checks the file for errors. */
void report_json(const findings *f, FILE *file);

#endif
