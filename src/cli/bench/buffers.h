/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The buffers of all workloads of one shape. Workloads of one type share x and dy; all
 * workloads share the result's buffer and the scratch.
 */
#ifndef CLI_BENCH_BUFFERS_H
#define CLI_BENCH_BUFFERS_H

#include "workload.h"

typedef struct buffers {
    struct input {
        int32_t dtype;
        cl_mem x, dy;
    } inputs[MAX_LIST]; /* one for each type */
    int count;
    cl_mem dst, scratch;
} buffers;

/*
 * Makes and fills the buffers and gives them to the workloads. False after a message;
 * call buffers_free in any case.
 */
bool buffers_make(buffers *b, const session *on, workload_range all);
void buffers_free(buffers *b);

#endif
