/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel's arguments, from the lists of cl/arguments.h: their text and their values. */
#ifndef LRN_SRC_ARGUMENTS_H
#define LRN_SRC_ARGUMENTS_H

#include "memory.h"
#include "plan.h"

/* Each needs a valid memory, also if the kernel does not use it. */
typedef struct lrn_operands {
    lrn_memory src, dy, dst, scratch;
} lrn_operands;

/* Writes the kernel's parameters, in order: "TYPE NAME, TYPE NAME, ..". */
void lrn_arguments_text(const lrn_program_key *key, bool int64, char text[CLLRN_ARGUMENTS_SIZE]);

/* Packs the argument `modes`. */
uint32_t lrn_arguments_modes(const cllrn_plan *plan, const lrn_selection *selection);

/* Sets all arguments of the kernel; returns the first code that is not CL_SUCCESS. */
cl_int lrn_arguments_set(cl_kernel kernel, const cllrn_plan *plan, const lrn_selection *selection,
                         const lrn_operands *operands);

#endif
