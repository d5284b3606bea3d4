/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run from files to a file, slice by slice: while the device computes one, the
 * next is read and the one before is written, so memory is bounded whatever the
 * tensors' size.
 */
#ifndef CLI_STREAM_H
#define CLI_STREAM_H

#include "check.h"
#include "device.h"
#include "tensors.h"

typedef struct stream {
    const tensors *files;
    const job *whole; /* without data */
    const device *device;
    uint64_t slice; /* bytes a slice of all tensors may take; 0: what suits the device */
    bool checked;   /* against the reference and the host's bits */
    bool quiet;     /* shows no progress */
} stream;

/* How it went. Times are in seconds, negative where there is none or the device does not tell. */
typedef struct stream_report {
    uint64_t slices;
    int64_t slice_dims[CLLRN_MAX_RANK]; /* of the largest */
    const char *variant;                /* NULL but for OpenCL devices, as the transfers */
    int32_t origin;                     /* of its program, CLLRN_COMPILED or another */
    uint64_t scratch;                   /* in bytes */
    double upload, kernel, download;
    double hidden; /* of upload and download, beside a kernel */
    double read, written;
    uint64_t digest;
    check check; /* where asked for */
} stream_report;

/* On failure a message was printed and the result's file is undefined. */
bool stream_run(const stream *s, stream_report *report);

#endif
