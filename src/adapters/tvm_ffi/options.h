/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a call: the arguments behind the tensors, see cllrn_tvm_ffi.h. */
#ifndef CLLRN_TVM_FFI_OPTIONS_H
#define CLLRN_TVM_FFI_OPTIONS_H

#include <cllrn.h>

#include "arguments.h"

#define LRN_OPTIONS                                                                                \
    "size=5, alpha=1e-4, beta=0.75, k=1.0, convention=\"torch\", region=\"across\", "              \
    "channel_axis=1, device=None"
enum { LRN_OPTION_COUNT = 8 };

struct lrn_options {
    int64_t size;
    double alpha;
    double beta;
    double k;
    int64_t channel_axis;
    char convention[LRN_TEXT_SIZE];
    char region[LRN_TEXT_SIZE];
    char device[LRN_TEXT_SIZE]; /* "" for the default */
};

/* Reads all of them; false with TVM-FFI's error set. */
bool lrn_options_read(struct lrn_arguments *arguments, struct lrn_options *options);

/* Fills *params, for tensors of a rank; false with TVM-FFI's error set. */
bool lrn_options_params(const char *function, const struct lrn_options *options, int32_t rank,
                        cllrn_params *params);

#endif
