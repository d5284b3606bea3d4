/* SPDX-License-Identifier: Apache-2.0 */
/* An opened target device, with its context, queue and engine. */
#ifndef CLI_SUBJECT_H
#define CLI_SUBJECT_H

#include "device.h"

typedef struct subject {
    device device; /* DEVICE_OPENCL; or DEVICE_HOST, with context, queue and engine NULL */
    cl_context context;
    cl_command_queue queue;
    cllrn_engine *engine;
    char driver[256], version[256];
    bool fp64, nearest, inf_nan;
    bool quiet; /* print no build logs */
    int shown;  /* how many messages of the engine were printed */
} subject;

/* False after a message, with nothing open. *s must not move. */
bool subject_open(subject *s, const device *target, cl_command_queue_properties queue, bool quiet);

/* Waits for the queue, then releases everything. */
void subject_close(subject *s);

/* Creates a buffer; messages call it `what`. Not for the host. False after a message. */
bool subject_buffer(const subject *s, uint64_t size, const char *what, cl_mem *made);

/* Of the engine; 0 and "" for the host. */
size_t subject_program_count(const subject *s);
const char *subject_kernel_hash(const subject *s);

#endif
