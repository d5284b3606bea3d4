/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes a rank's slices as StarPU tasks: while the workers compute, the next slice is read and
 * the previous is written. Each worker takes the next task when it is free, so all devices of the
 * node are busy however fast they are. Memory does not grow with the tensors.
 */
#ifndef CLUSTER_PIPELINE_H
#define CLUSTER_PIPELINE_H

#include "shared_output.h"

#include <cllrn_starpu.h>

typedef struct pipeline_report {
    uint64_t computed, kept;                       /* slices; kept: of an earlier job */
    uint64_t elements;                             /* computed */
    uint64_t digest;                               /* of all slices of the rank */
    double started, read, wait, digested, written; /* of the rank's main thread, in seconds */
    double kernel;                                 /* of all workers */
    double transfer;                  /* of operands to the workers' devices, and of results back */
    uint64_t opencl_workers, workers; /* of StarPU */
} pipeline_report;

typedef struct pipeline {
    const problem *problem;
    const slicing *cut;
    const shared_output *output;
    uint64_t begin, end; /* the rank's slices */
    bool digested;       /* compute digests: they take more time than the rest of the host's work */
    bool shows_progress;
} pipeline;

/* Starts StarPU, computes the slices, and ends StarPU. False after a message. */
bool pipeline_run(const pipeline *p, pipeline_report *report);

#endif
