/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of a packed function: each sets TVM-FFI's error and returns false. */
#ifndef CLLRN_TVM_FFI_ERROR_H
#define CLLRN_TVM_FFI_ERROR_H

#include <cllrn.h>

#include <stdbool.h>

/* kind is "TypeError", for instance; where is the function, and perhaps the tensor. */
bool lrn_fail(const char *kind, const char *where, const char *message);

/* What a call of the library reported. */
bool lrn_fail_status(const char *where, const cllrn_error *error);

#endif
