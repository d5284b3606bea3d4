/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clLRN for TVM-FFI: packed functions on DLTensor, in libcllrn_tvm_ffi.so. From
 * Python:
 *
 *     module = tvm_ffi.load_module("libcllrn_tvm_ffi.so")
 *     module.lrn(x, y, 5, 1e-4, 0.75, 1.0)    writes y
 *     module.register()                       as cllrn.lrn and cllrn.lrn_backward
 *     tvm_ffi.get_global_func("cllrn.lrn")(x, y)
 *
 * The functions, each with its arguments in order:
 *
 *     lrn(x, y, OPTIONS)                 y from x
 *     lrn_backward(x, dy, dx, OPTIONS)   dx from x and dy, the gradient of y
 *     register()
 *
 * OPTIONS may end anywhere, and None stands for the default:
 *
 *     size          int    5         the window, in channels
 *     alpha         float  1e-4      any numbers; an int will do
 *     beta          float  0.75
 *     k             float  1.0
 *     convention    str    "torch"   or "onnx", "onednn", "torch-doc", "caffe", "tensorflow"
 *     region        str    "across"  channels, or "within" one: all axes but the
 *                                    first and the channels'
 *     channel_axis  int    1         -1 is the last
 *     device        str    None      for tensors in host memory: a part of the
 *                   or int           device's or platform's name, or its index in
 *                                    `cllrn devices`; None and "": $CLLRN_DEVICE,
 *                                    read once, else a GPU, an accelerator or a CPU
 *
 * cllrn_types.h says what they mean, and which tensors fit together. The caller
 * allocates the last tensor; it may be x or dy, but no other overlap is allowed.
 * TVM-FFI does not tell whether a tensor is read-only: one that is written to
 * must not be.
 *
 * Memory:
 *     kDLCPU and pinned host memory  used in place on devices that share it. The
 *         call returns when the result is complete.
 *     kDLOpenCL  `data` is the cl_mem, as DLPack says. TVM's own OpenCL runtime
 *         has a descriptor there, which must not be passed. The context is the
 *         buffer's, and device_id the device's index in it, unless there is only
 *         one. The queue is that of TVMFFIEnvSetStream(kDLOpenCL, device_id,
 *         cl_command_queue), on which the call does not wait for the result if all
 *         tensors are kDLOpenCL. Without one the call uses a queue of its own and
 *         returns when the result is complete: what writes the sources must have
 *         finished.
 *
 * Errors have these kinds and the library's message; nothing was then written:
 *     TypeError            an argument of another type, too few or too many
 *     ValueError           a mistake in a value: statuses 1xx
 *     NotImplementedError  a tensor of CUDA or others, what the device lacks, no
 *                          such device: 2xx (RuntimeError in Python)
 *     MemoryError          the host or the device is out of memory
 *     RuntimeError         OpenCL failed; or the process was forked from one that
 *                          had used a device: drivers do not survive that
 *
 * Any number of threads may call. The library stays loaded when its module is
 * released. It keeps the engines (cllrn_engine_share) of the last 8 devices and
 * contexts, and so retains the contexts.
 */
#ifndef CLLRN_TVM_FFI_H
#define CLLRN_TVM_FFI_H

#include <tvm/ffi/c_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Makes the functions global, under the names cllrn.lrn and cllrn.lrn_backward.
 * May be called again. Returns 0, or -1 with TVM-FFI's error set.
 */
TVM_FFI_DLL_EXPORT int cllrn_tvm_ffi_register(void);

/* What the module's functions are: TVMFFISafeCallType, for TVMFFIFunctionCreate. */
TVM_FFI_DLL_EXPORT int __tvm_ffi_lrn(void *self, const TVMFFIAny *arguments, int32_t count,
                                     TVMFFIAny *result);
TVM_FFI_DLL_EXPORT int __tvm_ffi_lrn_backward(void *self, const TVMFFIAny *arguments, int32_t count,
                                              TVMFFIAny *result);
TVM_FFI_DLL_EXPORT int __tvm_ffi_register(void *self, const TVMFFIAny *arguments, int32_t count,
                                          TVMFFIAny *result);

#ifdef __cplusplus
}
#endif

#endif
