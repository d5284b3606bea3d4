/* SPDX-License-Identifier: Apache-2.0 */
/* The engines that calls use. The last few are kept, so that their programs are made once. */
#ifndef CLLRN_TVM_FFI_ENGINES_H
#define CLLRN_TVM_FFI_ENGINES_H

#include <cllrn.h>

enum { LRN_SPEC_SIZE = 256 };

/*
 * The engine of a device of a context; or, if context is NULL, in a context of the
 * library's own, the engine of the device that cllrn_device_find finds for spec,
 * which has less than LRN_SPEC_SIZE characters. cllrn_engine_destroy releases it.
 * Any thread.
 */
cllrn_status lrn_engine_open(cl_context context, cl_device_id device, const char *spec,
                             cllrn_engine **engine, cllrn_error *error);

#endif
