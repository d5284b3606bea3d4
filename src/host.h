/* SPDX-License-Identifier: Apache-2.0 */
/* What the two operators without OpenCL share: the checks of their arguments. */
#ifndef LRN_HOST_H
#define LRN_HOST_H

#include <cllrn.h>

/*
 * Checks everything a forward on host memory needs; "host" or "reference" says
 * who asks. dst may be src in place; other overlap is refused.
 */
cllrn_status lrn_host_check(const char *who, const cllrn_params *params, const cllrn_tensor *src,
                            const void *src_data, const cllrn_tensor *dst, const void *dst_data,
                            cllrn_error *error);

#endif
