/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The buffers of one shape. What has a type and window in common has x and dy in
 * common; all share the result's buffer and the scratch.
 */
#ifndef CLI_BENCH_BUFFERS_H
#define CLI_BENCH_BUFFERS_H

#include "workload.h"

enum { MAX_INPUTS = MAX_LIST * MAX_LIST };

typedef struct buffers {
    struct input {
        int32_t dtype;
        int64_t size;
        cl_mem x, dy;
    } inputs[MAX_INPUTS];
    int count;
    cl_mem dst, scratch;
} buffers;

/* Makes and fills them and tells the workloads. On failure a message was printed. Free in any case.
 */
bool buffers_make(buffers *b, const subject *on, workload_range all);
void buffers_free(buffers *b);

#endif
