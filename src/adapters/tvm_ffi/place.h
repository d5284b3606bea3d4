/* SPDX-License-Identifier: Apache-2.0 */
/* Where a call runs. */
#ifndef CLLRN_TVM_FFI_PLACE_H
#define CLLRN_TVM_FFI_PLACE_H

#include <cllrn.h>

struct lrn_place {
    cllrn_engine *engine;   /* the caller destroys it */
    cl_command_queue queue; /* NULL: the engine's own */
};

/*
 * The device of a buffer, and TVM-FFI's stream for it. device_id is the number of
 * the device in the buffer's context, if the context has several.
 */
cllrn_status lrn_place_of_buffer(cl_mem buffer, int32_t device_id, struct lrn_place *place,
                                 cllrn_error *error);

/* The device of a name, as for cllrn_device_find; for tensors in host memory. */
cllrn_status lrn_place_of_name(const char *name, struct lrn_place *place, cllrn_error *error);

#endif
