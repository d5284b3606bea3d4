/* SPDX-License-Identifier: Apache-2.0 */
/* What `cllrn run` says of a run on stdout. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "check.h"
#include "job.h"

typedef struct table {
    const device *device;
    const job *job;
    bool fortran_order, gradient_fortran_order; /* of src and dst, and of dy */
    const job_report *report;
    uint64_t digest;
    const check *check; /* NULL: not asked for */
} table;

void table_print(const table *t);

#endif
