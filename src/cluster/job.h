/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ranks of a job, by MPI. LRN needs no exchange between slices, so ranks exchange a few numbers
 * alone: at the start what rank 0 has found, at the end sums. Waiting for other ranks sleeps, since
 * they may compute on the same processors.
 */
#ifndef CLUSTER_JOB_H
#define CLUSTER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct job {
    int rank, size;
} job;

void job_begin(job *j, int *argc, char ***argv);

/* Ends MPI, as every rank has to. */
void job_end(void);

/* Ends all ranks and the whole job with a status that is not 0. */
_Noreturn void job_abort(int status);

/* Gives all ranks the bytes that rank 0 has. */
void job_share(void *data, size_t size);

/* Whether `mine` is true on all ranks. */
bool job_agree(bool mine);

/* Each number becomes the sum over all ranks. */
void job_add_integers(uint64_t *numbers, int count);
void job_add_doubles(double *numbers, int count);

#endif
