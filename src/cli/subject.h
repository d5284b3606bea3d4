/* SPDX-License-Identifier: Apache-2.0 */
/* A device that is verified or measured, with what is open on it. */
#ifndef CLI_SUBJECT_H
#define CLI_SUBJECT_H

#include "device.h"

typedef struct subject {
    device device; /* DEVICE_OPENCL, or DEVICE_HOST, where nothing below is open */
    cl_context context;
    cl_command_queue queue;
    cllrn_engine *engine;
    char driver[256], version[256];
    bool fp64, nearest, inf_nan;
    bool quiet; /* does not print build logs */
    int shown;  /* messages of the engine's */
} subject;

/* On failure a message was printed and nothing is open. The subject must not move. */
bool subject_open(subject *s, const device *target, cl_command_queue_properties queue, bool quiet);

/* Waits for the queue first. */
void subject_close(subject *s);

/* A buffer for what; on failure a message was printed. Not on the host. */
bool subject_buffer(const subject *s, uint64_t size, const char *what, cl_mem *made);

/* 0 and "" on the host. */
size_t subject_program_count(const subject *s);
const char *subject_kernel_hash(const subject *s);

#endif
