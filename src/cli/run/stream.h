/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes a tensor file slice by slice. While the device computes one slice, the next
 * is read and the previous is written; memory does not grow with the tensors.
 */
#ifndef CLI_RUN_STREAM_H
#define CLI_RUN_STREAM_H

#include "check.h"
#include "device.h"
#include "tensor_file.h"

typedef struct tensors {
    tensor_file x;
    tensor_file dy;     /* backward only, else zero */
    tensor_file result; /* y or dx, not computed yet */
} tensors;

typedef struct stream {
    const tensors *files;
    const operation *whole; /* the problem of the whole tensors, without data */
    const device *device;
    uint64_t slice; /* bytes of all tensors of a slice; 0: chosen for the device */
    bool checked;   /* compare with the exact result and the host's bits */
    bool quiet;     /* show no progress */
} stream;

/* The report of a run. Times are in seconds, negative where the device reports none. */
typedef struct stream_report {
    uint64_t slices;
    int64_t slice_dims[CLLRN_MAX_RANK]; /* of the largest slice */
    const char *variant;                /* NULL but for OpenCL devices */
    int32_t origin;                     /* of the program: CLLRN_ORIGIN_COMPILED or another */
    uint64_t scratch;                   /* in bytes */
    double upload, kernel, download;
    double hidden; /* transfer time that overlapped a kernel */
    double read, written;
    uint64_t digest;
    check check; /* if stream.checked */
} stream_report;

/* False after a message; the result's file is then undefined. */
bool stream_run(const stream *s, stream_report *report);

#endif
