/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The buffers of all workloads of one shape. Workloads of one type share x and dy; all
 * workloads share the result's buffer and the scratch.
 */
#ifndef CLI_BENCH_BUFFERS_H
#define CLI_BENCH_BUFFERS_H

#include "workload.h"

typedef struct buffers {
    cl_mem made[2 * MAX_LIST + 2]; /* x and dy of each type, the result, the scratch */
    int count;
} buffers;

/*
 * Makes and fills the buffers and gives them to the workloads. False after a message;
 * call buffers_free in any case.
 */
bool buffers_make(buffers *b, const session *on, workload_range all);

/* Waits for all commands before. Allowed on buffers that are zero. */
void buffers_free(buffers *b, const session *on);

#endif
