/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes a tensor file slice by slice. While the device computes one slice, the next
 * is read and the previous is written; memory does not grow with the tensors.
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
    device device;
    uint64_t slice; /* bytes of all tensors of a slice; 0: chosen for the device */
    bool checked;   /* compare with the exact result and the host's bits */
    bool digested;  /* compute the digest */
    bool quiet;     /* show no progress */
} stream;

/* The report of a run. Times are in seconds, negative where the device reports none. */
typedef struct stream_report {
    uint64_t count;                /* of slices */
    uint64_t bytes;                /* of all tensors in the targets */
    int64_t steps[CLLRN_MAX_RANK]; /* dims of the largest */
    worker_report worker;
    double read, written;
    uint64_t digest;
    check check; /* if stream.checked */
} stream_report;

/* False after a message; the result's file is then undefined. */
bool stream_run(const stream *s, stream_report *report);

#endif
