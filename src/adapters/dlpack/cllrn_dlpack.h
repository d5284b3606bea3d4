/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clLRN on DLPack's tensors, wherever they lie, in libcllrn_dlpack. With any
 * dlpack.h from 0.6 on.
 *
 *     cl_device_id device;
 *     cllrn_engine *engine;
 *     cllrn_params params = CLLRN_PARAMS_INIT;
 *     cllrn_device_find(NULL, &device, &error);
 *     cllrn_engine_share(NULL, device, &engine, &error);
 *     cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0, &error);
 *     cllrn_dlpack_forward(engine, NULL, &params, 1, x, y, 0, NULL, NULL, &error);
 *     cllrn_engine_destroy(engine);
 *
 * is y = LRN(x) on tensors in host memory, channels being axis 1. example.c is a
 * complete program. cllrn.h has the engine, the parameters and the statuses.
 *
 * Tensors stay the caller's: nothing here calls a deleter or keeps a pointer.
 */
#ifndef CLLRN_DLPACK_H
#define CLLRN_DLPACK_H

#include <cllrn.h>
#include <dlpack/dlpack.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Runs LRN: dst becomes y, of which src is x. All tensors have the same shape,
 * and float32, float64, float16 or bfloat16 elements; strides and byte_offset
 * are honoured. channel_axis may count from the end: -1 is NHWC. dst may be src.
 *
 * kDLCPU, kDLCUDAHost and kDLROCMHost are host memory, which is used in place
 * where the device shares it; see cllrn_run. For kDLOpenCL, data is the cl_mem,
 * of the engine's context; device_id is not used. Tensors of both kinds may be
 * mixed.
 *
 * queue NULL is a queue of the engine's own. The work waits for the events of
 * the wait list. With event NULL the call returns when dst is complete;
 * otherwise *event, which the caller releases, is complete when dst is.
 *
 * CLLRN_INVALID_ARGUMENT  a NULL tensor, or a NULL shape
 * CLLRN_INVALID_DTYPE     another dtype, or more than one lane
 * CLLRN_UNSUPPORTED       a tensor on another device, such as kDLCUDA: copy it to the CPU first
 * CLLRN_INVALID_BUFFER    data is NULL, but the tensor is not empty
 * and the statuses of cllrn_run. Any thread.
 */
CLLRN_API cllrn_status cllrn_dlpack_forward(cllrn_engine *engine, cl_command_queue queue,
                                            const cllrn_params *params, int32_t channel_axis,
                                            const DLTensor *src, const DLTensor *dst,
                                            cl_uint wait_count, const cl_event *wait_list,
                                            cl_event *event, cllrn_error *error);

/* The gradient: src is x, dy the gradient of y, dst becomes dx. dst may be src or dy. */
CLLRN_API cllrn_status cllrn_dlpack_backward(cllrn_engine *engine, cl_command_queue queue,
                                             const cllrn_params *params, int32_t channel_axis,
                                             const DLTensor *src, const DLTensor *dy,
                                             const DLTensor *dst, cl_uint wait_count,
                                             const cl_event *wait_list, cl_event *event,
                                             cllrn_error *error);

/*
 * Sets *tensor to the tensor of a managed one, valid as long as that; writable is
 * not 0 if the tensor is to be written to. A DLManagedTensor, which has neither
 * version nor flags, needs no such call: pass its dl_tensor.
 *
 * CLLRN_INVALID_ARGUMENT  managed or tensor is NULL
 * CLLRN_UNSUPPORTED       the major version is not 1: its fields may be others. The caller has to
 *                         call its deleter nonetheless, as DLPack demands.
 * CLLRN_INVALID_BUFFER    writable, but the tensor has the read-only flag
 * Any thread.
 */
struct DLManagedTensorVersioned; /* of dlpack.h from 1.0 on */
CLLRN_API cllrn_status cllrn_dlpack_open(const struct DLManagedTensorVersioned *managed,
                                         int32_t writable, const DLTensor **tensor,
                                         cllrn_error *error);

#ifdef __cplusplus
}
#endif

#endif
