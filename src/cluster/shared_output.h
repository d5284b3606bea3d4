/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An output file that all ranks write, each its own slices. Until all slices are there, the file
 * has another name:
 *
 *     .cllrn-X.tmp in the output's directory. Any rank that ends early removes the file. Where
 *     mpirun or all ranks are killed at once, the next command that writes to the directory does,
 *     as src/file.h says.
 *
 *     OUT.npy.partial with --resume. The file stays, and the next job goes on with it.
 *
 * Behind the tensor's data the file says what it is a part of, and which slices are written, with
 * their digests. The commit writes the header of the .npy file, and cuts this off. A slice of an
 * earlier job counts if the data has the digest: so it does not matter in which order a machine
 * that crashed had written its disk.
 */
#ifndef CLUSTER_SHARED_OUTPUT_H
#define CLUSTER_SHARED_OUTPUT_H

#include "job.h"

#include "../cli/run/slice.h"

#include <limits.h>

enum { SHARED_DESCRIPTION = 4096 }; /* bytes of a description, with its final zero */

typedef struct shared_output {
    slice_target target;
    char path[PATH_MAX], temporary[PATH_MAX]; /* absolute, symbolic links followed */
    const char *name;                         /* the user's, for messages */
    bool resumes;
    uint64_t end;   /* of the tensor's data; the description follows, then the records */
    uint64_t count; /* of slices */
} shared_output;

/*
 * Opens the file on all ranks, for `count` slices of the problem. Rank 0's
 * `description` says of which problem and which slices: others do not go on with the file. path
 * must outlive the output. False after a message, on all ranks: call shared_output_discard in any
 * case.
 */
bool shared_output_open(shared_output *out, const job *j, const problem *p, const char *path,
                        bool resumes, uint64_t count, const char description[SHARED_DESCRIPTION]);

/* Whether a slice is said to be written; *digest is then what its data should have. */
bool shared_output_recorded(const shared_output *out, uint64_t number, uint64_t *digest);

/* Says that a slice is written. False after a message. */
bool shared_output_record(const shared_output *out, uint64_t number, uint64_t digest);

/* How many slices are written, by all ranks. */
uint64_t shared_output_done(const shared_output *out);

/*
 * Gives the file its name after all ranks have come here, each with all its slices written. False
 * after a message, on all ranks.
 */
bool shared_output_commit(shared_output *out, const job *j);

/* Closes the file; removes it unless it was committed or the next job may go on with it. */
void shared_output_discard(shared_output *out);

#endif
