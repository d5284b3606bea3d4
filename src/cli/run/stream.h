/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes a tensor file slice by slice. While a device computes one slice, the next is read and
 * the previous is written; memory does not grow with the tensors. Several devices share the work:
 * each takes the next slice when it has room for one, so that a faster device computes more.
 */
#ifndef CLI_RUN_STREAM_H
#define CLI_RUN_STREAM_H

#include "check.h"
#include "slice.h"
#include "worker.h"

typedef struct stream {
    const problem *problem;
    const slice_target *targets; /* what to compute */
    int target_count;            /* at most SLICING_PART_BOXES; 0: nothing, on no device */
    device devices[DEVICE_MOST];
    int device_count;
    uint64_t slice; /* bytes of all tensors of a slice; 0: chosen for the devices */
    bool checked;   /* compare with the exact result and the host's bits */
    bool digested;  /* compute the digest */
    bool quiet;     /* show no progress */
} stream;

/* What a device did. Times are in seconds, negative where the device reports none. */
typedef struct stream_share {
    uint64_t slices;
    uint64_t bytes; /* of all tensors in these slices */
    worker_report worker;
    double read, written; /* of the files; those of several devices overlap */
    uint64_t digest;      /* of these slices */
    check check;          /* likewise, if stream.checked */
} stream_share;

/* The report of a run. */
typedef struct stream_report {
    uint64_t count;                /* of slices */
    uint64_t bytes;                /* of all tensors in the targets */
    int64_t steps[CLLRN_MAX_RANK]; /* dims of the largest slice */
    stream_share shares[DEVICE_MOST];
    stream_share all; /* the sums, but for the worker's */
} stream_report;

/* False after a message; the result's file is then undefined. */
bool stream_run(const stream *s, stream_report *report);

#endif
