/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The common part of all OpenCL layers here. A layer copies the dispatch table of the
 * implementation below it and replaces some entries by its own functions.
 *
 * A loader ignores a layer that it cannot load. So each layer appends a line with its
 * counts to the file CLLRN_LAYER_LOG at the end of the process, as a proof that it ran.
 */
#ifndef LAYER_H
#define LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <CL/cl_layer.h>

extern const cl_icd_dispatch *layer_below;

/* Defined by each layer. */
extern const char layer_name[];
void layer_put_entries(cl_icd_dispatch *table);
void layer_report(FILE *file); /* prints one line */

/* Answers a clGet*Info call with a value of size bytes. */
cl_int layer_answer(const void *value, size_t size, size_t room, void *out, size_t *size_out);
#define LAYER_ANSWER(type, value)                                                                  \
    return layer_answer(&(type){value}, sizeof(type), room, out, size_out)
#define LAYER_ANSWER_TEXT(text) return layer_answer(text, sizeof text, room, out, size_out)

/* Whether devices have a compiler: not if CLLRN_LAYER_COMPILER=no is in the environment. */
bool layer_has_compiler(void);

#endif
