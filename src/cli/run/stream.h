/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes a tensor file slice by slice. While the device computes one slice, the next
 * is read and the previous is written; memory does not grow with the tensors.
 */
#ifndef CLI_RUN_STREAM_H
#define CLI_RUN_STREAM_H

#include "check.h"
#include "tensor_file.h"
#include "worker.h"

typedef struct stream {
    tensor_file x;
    tensor_file dy;     /* backward only, else zero */
    tensor_file result; /* y or dx, not computed yet */
    operation whole;    /* the problem of the whole tensors, without data */
    device device;
    uint64_t slice; /* bytes of all tensors of a slice; 0: chosen for the device */
    bool checked;   /* compare with the exact result and the host's bits */
    bool quiet;     /* show no progress */
} stream;

/* The report of a run. Times are in seconds, negative where the device reports none. */
typedef struct stream_report {
    slicing cut;
    worker_report worker;
    double read, written;
    uint64_t digest;
    check check; /* if stream.checked */
} stream_report;

/* False after a message; the result's file is then undefined. */
bool stream_run(const stream *s, stream_report *report);

#endif
