/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of a packed function, read in order. */
#ifndef CLLRN_TVM_FFI_ARGUMENTS_H
#define CLLRN_TVM_FFI_ARGUMENTS_H

#include <tvm/ffi/c_api.h>

#include <stdbool.h>

enum { LRN_TEXT_SIZE = 256 };

struct lrn_arguments {
    const char *function; /* its name, for messages */
    const TVMFFIAny *values;
    int32_t count;
    int32_t next;
};

/*
 * Each reads the next argument, whose name is for messages. An omitted one, and
 * None, leave *value as it is. False if the argument is of another type: then
 * TVM-FFI's error is set.
 */
bool lrn_argument_int(struct lrn_arguments *arguments, const char *name, int64_t least,
                      int64_t most, int64_t *value);
bool lrn_argument_number(struct lrn_arguments *arguments, const char *name, double *value);
bool lrn_argument_text(struct lrn_arguments *arguments, const char *name,
                       char value[LRN_TEXT_SIZE]);
bool lrn_argument_text_or_index(struct lrn_arguments *arguments, const char *name,
                                char value[LRN_TEXT_SIZE]);
/* A tensor has no default. */
bool lrn_argument_tensor(struct lrn_arguments *arguments, const char *name, const DLTensor **value);

#endif
