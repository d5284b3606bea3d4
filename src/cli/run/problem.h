/* SPDX-License-Identifier: Apache-2.0 */
/* What a run computes: the parameters, the files of x and dy, and the result, as the options say.
 */
#ifndef CLI_RUN_PROBLEM_H
#define CLI_RUN_PROBLEM_H

#include "options.h"
#include "tensor_file.h"

typedef struct problem {
    cllrn_params params;
    tensor_file x;
    tensor_file dy;     /* backward only, else zero */
    tensor_file result; /* y or dx: its shape and dtype, with no file yet */
    operation whole;    /* on the whole tensors, without data; points to params */
} problem;

/*
 * Opens the sources, and checks that they and the result fit each other. *p must not move, and the
 * options' texts must outlive the problem. False after a message; call problem_close in any case.
 */
bool problem_open(problem *p, const options *o);

/* Closes the sources. Allowed on a problem that is zero. */
void problem_close(problem *p);

/* How the tensors may be cut, in the order of x's file. */
slicing_axes problem_axes(const problem *p);

#endif
