/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the table of `cllrn run`. */
#ifndef CLI_RUN_TABLE_H
#define CLI_RUN_TABLE_H

#include "stream.h"

#include <stdio.h>

typedef struct table {
    const device *device;
    const operation *operation;                 /* of the whole tensors */
    bool fortran_order, gradient_fortran_order; /* of src and dst, and of dy */
    const stream_report *report;
    bool checked;
    double seconds; /* since the command began */
    FILE *to;
} table;

void table_print(const table *t);

#endif
