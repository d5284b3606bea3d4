/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every OpenCL layer here has: it copies the entries of what is below it,
 * and puts some of its own in their place.
 *
 * A loader ignores a layer it cannot load. So the file that CLLRN_LAYER_LOG
 * names is the proof that the layer was there: at the end of the process it gets
 * a line of what passed through.
 */
#ifndef LAYER_H
#define LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <CL/cl_layer.h>

extern const cl_icd_dispatch *layer_below;

/* Each layer's own. */
extern const char layer_name[];
void layer_put_entries(cl_icd_dispatch *table);
void layer_report(FILE *file); /* one line */

/* The answer to a clGet*Info call. */
cl_int layer_answer(const void *value, size_t size, size_t room, void *out, size_t *size_out);
#define LAYER_ANSWER(type, value)                                                                  \
    return layer_answer(&(type){value}, sizeof(type), room, out, size_out)
#define LAYER_ANSWER_TEXT(text) return layer_answer(text, sizeof text, room, out, size_out)

/* Whether the device has a compiler: not with CLLRN_LAYER_COMPILER=no in the environment. */
bool layer_has_compiler(void);

#endif
