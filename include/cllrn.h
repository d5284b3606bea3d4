/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clLRN: Local Response Normalization (LRN) on any OpenCL device.
 *
 * At every position of a tensor the forward direction computes, for each
 * channel c,
 *
 *     s[c] = k + (alpha / divisor) * sum of x[j]^2, j = c - lower .. c + upper
 *     y[c] = x[c] * s[c]^-beta
 *
 * and the backward direction computes the gradient
 *
 *     dx[c] = dy[c] * s[c]^-beta - (2 * alpha * beta / divisor) * x[c] *
 *             sum of dy[j] * x[j] * s[j]^(-beta - 1), j = c - upper .. c + lower
 *
 * A zero in dx is always +0, except that with beta 0 dx equals dy bit for bit.
 * The elements of a window are its taps; taps outside the tensor count as zero.
 * A window can also lie within a channel: j then runs over the neighbouring
 * positions, with the same lower and upper on each spatial axis.
 *
 * This header is the manual. Read it from the top:
 *
 *     status and errors     what every call returns, and why
 *     parameters            the window, the divisor and alpha, beta, k
 *     tensors               shapes and strides, in elements
 *     digest                one number that identifies a result on every device
 *     host and reference    the same operator on host memory, without OpenCL
 *     binary packs          compiled programs in one file or block of memory
 *     engine                your context and device, and the programs made for them
 *     plan                  one problem prepared for an engine
 *     enqueue               run a plan in your queue, on your buffers
 *     offline compilers     kernel sources, for devices without a compiler
 *
 * A complete program is in README.md.
 *
 * Conventions of this interface
 * - Structs begin with struct_size, set by their initialiser, so that they can
 *   grow without breaking programs built against an older header. Enumerations
 *   cross the interface as int32_t; dims, strides and sizes have 64 bits.
 * - Dims, strides and window sizes are in elements; offsets, buffer sizes and
 *   scratch sizes are in bytes.
 * - Every function that can fail returns a status, CLLRN_SUCCESS being 0, and
 *   takes a cllrn_error that may be NULL. When a call fails it has enqueued
 *   nothing, written nothing and set no out-parameter, except where a function
 *   says otherwise.
 * - cl_context, cl_device_id, cl_command_queue, cl_mem and cl_event belong to
 *   the caller. The library retains each object it stores and releases it later.
 * - The library has no global state: no initialisation and no exit handler. It
 *   prints nothing.
 * - Thread safety is stated for each function. Different objects may always be
 *   used by different threads.
 */
#ifndef CLLRN_H
#define CLLRN_H

/* The tables below are aligned by hand. */
/* clang-format off */

#include <stddef.h>
#include <stdint.h>

#ifdef __APPLE__
#include <OpenCL/cl.h>
#else
#include <CL/cl.h>
#endif

#include <cllrn_version.h>

#if defined(__GNUC__) && !defined(_WIN32)
#define CLLRN_API __attribute__((visibility("default")))
#else
#define CLLRN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ status */

/*
 * 1xx: a mistake of the caller. 2xx: legal, but not available on this device or
 * in this version. 3xx: a resource of the host. 4xx: OpenCL failed. Values
 * never change; new ones may be added.
 */
typedef int32_t cllrn_status;
enum {
    CLLRN_SUCCESS = 0,

    CLLRN_INVALID_ARGUMENT = 100,     /* a NULL pointer, or a struct_size this version cannot read */
    CLLRN_INVALID_CONVENTION = 101,   /* an unknown convention */
    CLLRN_INVALID_REGION = 102,       /* an unknown region, or spatial axes that the tensor does not have */
    CLLRN_INVALID_WINDOW = 103,       /* a size below 1, a negative lower or upper, or lower + upper + 1 >= 2^31 */
    CLLRN_INVALID_DIVISOR = 104,      /* a divisor that is zero or not finite */
    CLLRN_INVALID_DTYPE = 105,        /* an unknown dtype */
    CLLRN_INVALID_RANK = 106,         /* a rank outside 2..8 */
    CLLRN_INVALID_DIMS = 107,         /* a negative dim */
    CLLRN_INVALID_STRIDES = 108,      /* dst has a stride of 0, or two elements at one address */
    CLLRN_INVALID_CHANNEL_AXIS = 109, /* a channel axis outside -rank..rank-1 */
    CLLRN_SHAPE_MISMATCH = 110,       /* tensors whose dims, channel axes or dtypes do not match */
    CLLRN_SIZE_OVERFLOW = 111,        /* a product of sizes and strides exceeds 63 bits */
    CLLRN_INVALID_BUFFER = 112,       /* not a buffer, or its flags forbid what the kernel does */
    CLLRN_BUFFER_TOO_SMALL = 113,     /* the tensor exceeds the buffer, or a text its memory */
    CLLRN_INVALID_OFFSET = 114,       /* an offset that is not a multiple of the element size */
    CLLRN_PARTIAL_OVERLAP = 115,      /* dst overlaps a source in part, or scratch a tensor */
    CLLRN_SCRATCH_TOO_SMALL = 116,    /* less scratch than cllrn_plan_scratch_size says */
    CLLRN_INVALID_QUEUE = 117,        /* not a command queue */
    CLLRN_CONTEXT_MISMATCH = 118,     /* a buffer, queue or event of another context than the engine's */
    CLLRN_DEVICE_MISMATCH = 119,      /* queue of another device, or device not in the context */
    CLLRN_INVALID_WAIT_LIST = 120,    /* count and list do not match, or an entry is not an event */
    CLLRN_INVALID_VARIANT = 121,      /* no variant of that name, or one that cannot run this problem */
    CLLRN_INVALID_BLOCK = 122,        /* a channel block that is none of 0, 1, 4, 8, 16, 32 */

    CLLRN_UNSUPPORTED = 200,       /* legal, but not on this device: float64 where it lacks it */
    CLLRN_UNSUPPORTED_SIZE = 201,  /* needs 64-bit indices, which the device lacks: see cllrn_plan_create */
    CLLRN_NO_COMPILER = 202,       /* a program must be compiled, but the device has no compiler */

    CLLRN_OUT_OF_MEMORY = 300,   /* the host is out of memory */
    CLLRN_KERNEL_SOURCE = 301,   /* a file of the kernel directory is missing or unreadable */
    CLLRN_INVALID_PACK = 302,    /* not a binary pack, or a damaged or unreadable one */
    CLLRN_PACK_MISMATCH = 303,   /* a binary pack made for another device, driver or library */
    CLLRN_PROGRAM_MISSING = 304, /* the engine's binary pack lacks a program that a plan needs */
    CLLRN_UNTRUSTED_PACK = 305,  /* a binary pack file that another user could have written */

    CLLRN_OPENCL_FAILURE = 400, /* an OpenCL call failed; its code is in the error */
    CLLRN_BUILD_FAILURE = 401   /* a program did not build; the whole log went to the log callback */
};

/* The name of a status, "CLLRN_INVALID_RANK"; "unknown status" for any other number. Any thread. */
CLLRN_API const char *cllrn_status_string(cllrn_status status);

/* The name of an OpenCL code, "CL_OUT_OF_RESOURCES"; "OpenCL error" for others. Any thread. */
CLLRN_API const char *cllrn_opencl_error_string(int32_t cl_error);

/*
 * Why a call failed. Only a failing call fills it.
 *
 * Declare it as  cllrn_error error = CLLRN_ERROR_INIT;
 */
typedef struct cllrn_error {
    uint32_t struct_size;
    cllrn_status status;
    int32_t cl_error;  /* the OpenCL code, 0 if no OpenCL call failed */
    char message[512]; /* one line: the operation, the object, actual against expected */
} cllrn_error;

#define CLLRN_ERROR_INIT { sizeof(cllrn_error), 0, 0, { 0 } }

/* ----------------------------------------------------------------- version */

/* The library's version at run time, "1.2.3"; CLLRN_VERSION_STRING is the header's. Any thread. */
CLLRN_API const char *cllrn_version(void);

/*
 * The version of the arithmetic (the order of summation, and the powers). Two
 * libraries with the same arithmetic version give results with the same bits,
 * whatever their own versions are.
 */
#define CLLRN_ARITHMETIC_VERSION 3
CLLRN_API uint32_t cllrn_arithmetic_version(void);

/* -------------------------------------------------------------- parameters */

/*
 * How each framework's window size n gives lower, upper and the divisor. All
 * divisions are integer divisions. For odd n all but CLLRN_CONVENTION_TENSORFLOW agree.
 */
enum {
    CLLRN_CONVENTION_TORCH = 1,      /* lower n/2, upper (n-1)/2, divisor n: PyTorch's code, MNN */
    CLLRN_CONVENTION_ONNX = 2,       /* lower (n-1)/2, upper n/2, divisor n: ONNX, cuDNN, MIOpen */
    CLLRN_CONVENTION_ONEDNN = 3,     /* lower and upper (n-1)/2, divisor n: oneDNN, n-1 taps for even n */
    CLLRN_CONVENTION_TORCH_DOC = 4,  /* lower and upper n/2, divisor n: the formula PyTorch's documentation prints */
    CLLRN_CONVENTION_CAFFE = 5,      /* lower and upper (n-1)/2, divisor n, even n refused: Caffe, OpenCV, TensorRT */
    CLLRN_CONVENTION_TENSORFLOW = 6  /* n = 2r+1: lower and upper r, divisor 1, even n refused: TensorFlow, TFLite, NNAPI */
};

/* Which neighbours a window holds. */
enum {
    CLLRN_ACROSS_CHANNELS = 1, /* the same position in neighbouring channels */
    CLLRN_WITHIN_CHANNEL = 2   /* neighbouring positions in the same channel */
};

typedef struct cllrn_params {
    uint32_t struct_size;
    int32_t region;
    int64_t lower;  /* channels of the window before the output's own channel */
    int64_t upper;  /* channels after it; lower + upper + 1 < 2^31; both may exceed the channels */
    double divisor; /* divides alpha, also where taps lie outside the tensor; finite, not 0 */
    double alpha;   /* any value; NaN and Inf follow IEEE 754 */
    double beta;
    double k;
    /*
     * Within a channel the window spans the last spatial_axes axes of the
     * tensor (1..3), not counting the channel axis: 2 means height and width,
     * for NCHW and for NHWC. lower and upper then count positions, the same on
     * each of these axes. Ignored across channels.
     */
    int32_t spatial_axes;
    int32_t reserved; /* 0 */
} cllrn_params;

/*
 * Fills *params for a convention and its window size n, across channels.
 * struct_size is sizeof *params in the caller's program. Any field may be
 * changed afterwards.
 *
 * CLLRN_INVALID_ARGUMENT    params is NULL, or struct_size is not this struct's
 * CLLRN_INVALID_CONVENTION  convention is none of the above
 * CLLRN_INVALID_WINDOW      size < 1, size >= 2^31, or even with CLLRN_CONVENTION_CAFFE or CLLRN_CONVENTION_TENSORFLOW
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_params_init(cllrn_params *params, uint32_t struct_size,
                                         int32_t convention, int64_t size, double alpha,
                                         double beta, double k, cllrn_error *error);

/*
 * As cllrn_params_init, for windows within a channel: n positions on each of
 * spatial_axes axes; the divisor is n^spatial_axes (1 with CLLRN_CONVENTION_TENSORFLOW).
 * This is oneDNN's definition. Caffe's is the same with k = 1: Caffe ignores
 * the k it is given here.
 *
 * Statuses as for cllrn_params_init, and
 * CLLRN_INVALID_REGION  spatial_axes outside 1..3
 */
CLLRN_API cllrn_status cllrn_params_init_within(cllrn_params *params, uint32_t struct_size,
                                                int32_t convention, int64_t size,
                                                int32_t spatial_axes, double alpha, double beta,
                                                double k, cllrn_error *error);

/* ----------------------------------------------------------------- tensors */

#define CLLRN_MAX_RANK 8

/*
 * Element types. The 16-bit types are for storage only: every sum and power is
 * computed in float32, and each result is rounded once, to nearest, ties to
 * even. float64 is computed in float64.
 */
enum {
    CLLRN_DTYPE_F32 = 1,  /* IEEE 754 binary32 */
    CLLRN_DTYPE_F16 = 2,  /* IEEE 754 binary16 */
    CLLRN_DTYPE_BF16 = 3, /* the upper half of a binary32 */
    CLLRN_DTYPE_F64 = 4   /* IEEE 754 binary64 */
};

/*
 * A tensor's shape and memory layout. Element (i0, i1, ..) lies strides[0]*i0 +
 * strides[1]*i1 + .. elements after element (0, 0, ..). The buffer's offset, or
 * the host pointer, is the address of element (0, 0, ..).
 *
 * Strides may be negative; strides of a source may also be zero. The stride of
 * an axis with one element, or with one channel block, is not used and may have
 * any value. No two elements of a destination may share an address. A tensor
 * with a dim of 0 is empty: this is legal, and calls do nothing with it.
 */
typedef struct cllrn_tensor {
    uint32_t struct_size;
    int32_t dtype;
    int32_t rank;         /* 2..8 */
    int32_t channel_axis; /* 0..rank-1, or counted from the end: -1 is the last */
    int64_t dims[CLLRN_MAX_RANK];
    int64_t strides[CLLRN_MAX_RANK]; /* in elements */
    /*
     * 0 or 1: no channel blocks. B = 4, 8, 16 or 32: channels are stored in
     * blocks of B, as in nChw16c: channel c lies (c / B) * channel stride + c %
     * B elements after channel 0. If the last block is not full, its padding is
     * never read in a source and is set to zero in a destination.
     */
    int32_t channel_block;
    int32_t reserved; /* 0 */
} cllrn_tensor;

/*
 * Fills *tensor. strides NULL means C order without gaps: NCHW with
 * channel_axis 1, NHWC with channel_axis -1, for any number of spatial axes.
 * dims and strides may be arrays of *tensor itself. Errors not listed here are
 * found when the tensor is used, because the message can then name the tensor's
 * role.
 *
 * CLLRN_INVALID_ARGUMENT  tensor or dims is NULL, or struct_size is not this struct's
 * CLLRN_INVALID_RANK      rank outside 2..8
 * CLLRN_INVALID_DIMS      a negative dim
 * CLLRN_SIZE_OVERFLOW     the product of the dims exceeds 63 bits
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_tensor_init(cllrn_tensor *tensor, uint32_t struct_size, int32_t dtype,
                                         int32_t rank, const int64_t *dims, const int64_t *strides,
                                         int32_t channel_axis, cllrn_error *error);

/*
 * As cllrn_tensor_init, for a channel-blocked layout without gaps: the axes in
 * C order, the channel axis counted in blocks, and innermost the block_size
 * channels of a block. Rank 4, channel_axis 1 and block_size 16 give nChw16c.
 *
 * Statuses as for cllrn_tensor_init, and
 * CLLRN_INVALID_CHANNEL_AXIS  channel_axis outside -rank..rank-1
 * CLLRN_INVALID_BLOCK         block_size is none of 4, 8, 16, 32
 */
CLLRN_API cllrn_status cllrn_tensor_init_blocked(cllrn_tensor *tensor, uint32_t struct_size,
                                                 int32_t dtype, int32_t rank, const int64_t *dims,
                                                 int32_t channel_axis, int32_t block_size,
                                                 cllrn_error *error);

/*
 * Sets *elements to the extent of a tensor in memory: the elements from its
 * lowest to its highest address, both included, with gaps and with the padding
 * of the last channel block. Sets *below to how many of them lie below element
 * (0, 0, ..), which is 0 unless a stride is negative. Both are 0 for an empty
 * tensor. below may be NULL.
 *
 * Statuses: what is wrong with the tensor, as for cllrn_plan_create.
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_tensor_span(const cllrn_tensor *tensor, int64_t *elements,
                                         int64_t *below, cllrn_error *error);

/* Bytes of one element of a dtype, 0 for an unknown one. Any thread. */
CLLRN_API size_t cllrn_dtype_size(int32_t dtype);

/* "f32", "f16", "bf16", "f64"; "unknown dtype" for any other number. Any thread. */
CLLRN_API const char *cllrn_dtype_string(int32_t dtype);

/* ------------------------------------------------------------------ digest */

/*
 * Adds to *digest, modulo 2^64, a hash of every element's index and bits. All
 * NaNs count as one value. Set *digest to 0 before the first call. The index of
 * an element is channel + channels * (first_position + position), where
 * position counts in C order over the other axes. The digest therefore does not
 * depend on layout, strides or rank, and the digests of slices add up to the
 * digest of the whole tensor when each slice is given its first position. data
 * points to element (0, 0, ..) in host memory and may have any alignment.
 *
 * CLLRN_INVALID_ARGUMENT  a NULL pointer (data may be NULL for an empty tensor)
 * and what is wrong with the tensor, as for cllrn_plan_create.
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_digest(const cllrn_tensor *tensor, const void *data,
                                    uint64_t first_position, uint64_t *digest, cllrn_error *error);

/*
 * As cllrn_digest, for a box of a larger tensor: the box->dims elements that
 * begin at element (first[0], first[1], ..). whole_dims are the dims of the
 * larger tensor. first and whole_dims have box->rank entries. However a tensor
 * is divided into boxes, along the channels too, their digests add up to that
 * of the whole tensor.
 *
 * Statuses as for cllrn_digest, first and whole_dims being pointers too, and
 * CLLRN_INVALID_DIMS  the box exceeds the larger tensor
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_digest_box(const cllrn_tensor *box, const void *data,
                                        const int64_t *first, const int64_t *whole_dims,
                                        uint64_t *digest, cllrn_error *error);

/* ------------------------------------------------------ host and reference */

/*
 * Runs the kernels' arithmetic, compiled as C, on host memory. The results have
 * the same bits as on every device that rounds to nearest. src_data and
 * dst_data point to element (0, 0, ..) and may have any alignment; dst_data may
 * be src_data if both tensors have the same dtype, strides and block. Uses no
 * OpenCL device, one thread, and temporary memory for the elements along the
 * window's axes at one position.
 *
 * Statuses as for cllrn_plan_create and for the overlap in
 * cllrn_enqueue_forward, and CLLRN_OUT_OF_MEMORY. Any thread.
 */
CLLRN_API cllrn_status cllrn_host_forward(const cllrn_params *params, const cllrn_tensor *src,
                                          const void *src_data, const cllrn_tensor *dst,
                                          void *dst_data, cllrn_error *error);

/* The gradient: src is x, dy the gradient of y, dst becomes dx. dst may be src or dy. */
CLLRN_API cllrn_status cllrn_host_backward(const cllrn_params *params, const cllrn_tensor *src,
                                           const void *src_data, const cllrn_tensor *dy,
                                           const void *dy_data, const cllrn_tensor *dst,
                                           void *dst_data, cllrn_error *error);

/*
 * A reference to measure accuracy against: plain scalar C with compensated sums
 * and the C library's pow, computed in double (long double for float64) and
 * rounded to dst's type. Its time grows with the window. Otherwise as
 * cllrn_host_forward.
 */
CLLRN_API cllrn_status cllrn_reference_forward(const cllrn_params *params, const cllrn_tensor *src,
                                               const void *src_data, const cllrn_tensor *dst,
                                               void *dst_data, cllrn_error *error);
CLLRN_API cllrn_status cllrn_reference_backward(const cllrn_params *params,
                                                const cllrn_tensor *src, const void *src_data,
                                                const cllrn_tensor *dy, const void *dy_data,
                                                const cllrn_tensor *dst, void *dst_data,
                                                cllrn_error *error);

/*
 * As above, with results in double: dst_data is an array in C order without
 * gaps over src's dims, and overlaps no other memory. The terms of a gradient
 * may cancel, so its error has to be measured against the sum of the magnitudes
 * of its terms: magnitudes, NULL or an array like dst_data, receives that sum.
 */
CLLRN_API cllrn_status cllrn_reference_forward_f64(const cllrn_params *params,
                                                   const cllrn_tensor *src, const void *src_data,
                                                   double *dst_data, cllrn_error *error);
CLLRN_API cllrn_status cllrn_reference_backward_f64(const cllrn_params *params,
                                                    const cllrn_tensor *src, const void *src_data,
                                                    const cllrn_tensor *dy, const void *dy_data,
                                                    double *dst_data, double *magnitudes,
                                                    cllrn_error *error);

/* ------------------------------------------------------------ binary packs */

/*
 * The binaries of compiled programs, and what they were made for. `cllrn
 * compile` writes a pack to a file; an engine for a device without a compiler
 * is created with a pack; a runtime can store the pack that cllrn_engine_export
 * makes.
 *
 * Reading a pack is safe whatever its bytes are. Using one is not: the driver
 * runs its binaries as native code, so take packs only from those whose code
 * you would run. A pack is immutable; any thread. Its memory comes from malloc.
 */
typedef struct cllrn_pack cllrn_pack;

/* What a pack was made for. All of these texts must equal those of the engine. */
enum {
    CLLRN_PACK_LIBRARY = 0, /* cllrn_version() */
    CLLRN_PACK_KERNELS = 1, /* cllrn_engine_kernel_hash() */
    CLLRN_PACK_PLATFORM = 2,
    CLLRN_PACK_PLATFORM_VERSION = 3,
    CLLRN_PACK_DEVICE = 4,
    CLLRN_PACK_VENDOR = 5,
    CLLRN_PACK_DEVICE_VERSION = 6,
    CLLRN_PACK_DRIVER = 7,
    CLLRN_PACK_ADDRESS_BITS = 8, /* "32" or "64" */
    CLLRN_PACK_TEXTS = 9 /* the number of texts */
};

/*
 * Copies a pack from memory and checks all of it. The caller destroys *pack.
 *
 * CLLRN_INVALID_ARGUMENT  data or pack is NULL
 * CLLRN_INVALID_PACK      not a pack, a pack of another format, or a damaged one
 * CLLRN_OUT_OF_MEMORY
 */
CLLRN_API cllrn_status cllrn_pack_open(const void *data, size_t size, cllrn_pack **pack,
                                       cllrn_error *error);

/* pack may be NULL. */
CLLRN_API void cllrn_pack_destroy(cllrn_pack *pack);

/* The bytes to store, and how many; valid as long as the pack. */
CLLRN_API const void *cllrn_pack_data(const cllrn_pack *pack, size_t *size);

/* One of CLLRN_PACK_*, valid as long as the pack; "" for an unknown one. */
CLLRN_API const char *cllrn_pack_text(const cllrn_pack *pack, int32_t which);

/* How many programs the pack has. */
CLLRN_API size_t cllrn_pack_count(const cllrn_pack *pack);

/*
 * The name of program `index` of the pack, counted from 0; NULL after the last. Sets *kernel
 * to the name that its kernel has in the binary, "" for the usual name, and
 * *size to the bytes of the binary. kernel and size may be NULL.
 */
CLLRN_API const char *cllrn_pack_program(const cllrn_pack *pack, size_t index,
                                         const char **kernel, size_t *size);

/*
 * Makes an empty pack for any device. cllrn_pack_add fills it with SPIR-V
 * modules whose kernels were compiled from the sources of cllrn_program_source;
 * the driver of an engine's device compiles the modules. Only for devices whose
 * CL_DEVICE_IL_VERSION names SPIR-V and whose driver has cl_khr_il_program.
 *
 * CLLRN_INVALID_ARGUMENT  pack is NULL
 * CLLRN_OUT_OF_MEMORY
 */
CLLRN_API cllrn_status cllrn_pack_create(cllrn_pack **pack, cllrn_error *error);

/*
 * Makes a new pack, *sum, of a pack and one more binary, which a vendor's
 * offline compiler made or which is a SPIR-V module. The binary holds the
 * kernels of `count` programs. programs[i] is a name of
 * cllrn_program_get, and kernels[i] the name of its kernel in the
 * binary: the program's name where kernels or kernels[i] is NULL.
 *
 * CLLRN_INVALID_ARGUMENT  a NULL pointer, size or count 0, a name that is NULL, empty, given twice,
 *                         or in the pack already, more than 1024 programs
 * CLLRN_INVALID_PACK      *sum would have more than 1024 programs or 2^30 bytes, or the pack is for
 *                         any device and the binary is not SPIR-V
 * CLLRN_OUT_OF_MEMORY
 */
CLLRN_API cllrn_status cllrn_pack_add(const cllrn_pack *pack, const void *binary, size_t size,
                                      const char *const *programs, const char *const *kernels,
                                      size_t count, cllrn_pack **sum, cllrn_error *error);

/*
 * Whether a pack was made for a device and for the built-in kernels. If
 * any_driver is not 0, the versions of platform, device and driver are not
 * compared.
 *
 * CLLRN_INVALID_ARGUMENT  pack or device is NULL
 * CLLRN_PACK_MISMATCH     made for something else, or the device does not tell its name and
 *                         versions, or the pack is for any device and this one takes no SPIR-V
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 */
CLLRN_API cllrn_status cllrn_pack_check(const cllrn_pack *pack, cl_device_id device,
                                        int32_t any_driver, cllrn_error *error);

/* ------------------------------------------------------------------ engine */

/*
 * One context and one device of the caller, and the programs made for them. A
 * program is made when a plan first needs it:
 *
 *     by an engine with a binary pack   from the pack; nothing is ever compiled
 *     by any other engine               from a pack given to cllrn_engine_import,
 *                                       else from the disk cache,
 *                                       else by the device's compiler
 *
 * An imported or cached binary that cannot be used is skipped, and the log says
 * so.
 */
typedef struct cllrn_engine cllrn_engine;

/* Where a program came from. */
enum { CLLRN_ORIGIN_NONE = 0, CLLRN_ORIGIN_COMPILED = 1, CLLRN_ORIGIN_CACHED = 2, CLLRN_ORIGIN_PACKED = 3, CLLRN_ORIGIN_GIVEN = 4 };

/* "compiled", "cached", "packed", "given", "none"; "unknown origin" for any other. Any thread. */
CLLRN_API const char *cllrn_origin_string(int32_t origin);

/* Whether an engine uses the disk cache; see cllrn_engine_options. */
enum { CLLRN_CACHE_AUTO = 0, CLLRN_CACHE_OFF = 1, CLLRN_CACHE_ON = 2 };

enum { CLLRN_LOG_ERROR = 1, CLLRN_LOG_WARNING = 2, CLLRN_LOG_INFO = 3, CLLRN_LOG_DEBUG = 4 };

/*
 * Receives the engine's messages: programs compiled and loaded, from where, and
 * how long it took; what is wrong with a cache; whole build logs. Called on the
 * thread whose call caused the message. It may use other engines, but must not
 * call into the same engine.
 */
typedef void (*cllrn_log_fn)(void *user, int32_t level, const char *message);

/*
 * The allocator of engines, programs and plans: give both functions or neither.
 * Both must be thread-safe. Temporary memory of a call, kernel texts read from
 * a directory, and packs come from malloc.
 */
typedef void *(*cllrn_alloc_fn)(void *user, size_t size);
typedef void (*cllrn_free_fn)(void *user, void *memory);

typedef struct cllrn_engine_options {
    uint32_t struct_size;
    const char *kernel_dir; /* where the .cl files are; NULL or "": $CLLRN_KERNEL_DIR, else built in */
    cllrn_log_fn log;       /* may be NULL */
    void *log_user;
    cllrn_alloc_fn alloc; /* may be NULL: malloc and free */
    cllrn_free_fn free;
    void *alloc_user;

    /*
     * The disk cache: one file per program. Its directory has mode 0700 and is
     * created when the first program is stored, with its parent, but no
     * directory above that: a home directory is never created. A directory or
     * file of the cache is not used if it belongs to another user, if others
     * may write to it, or if it is a symbolic link. AUTO uses the cache unless
     * $CLLRN_CACHE is "off", "0", "no" or "false", in upper or lower case.
     */
    int32_t cache;         /* CLLRN_CACHE_AUTO, .. */
    int32_t any_driver;    /* not 0: a pack for other versions of platform, device, driver is fine */
    const char *cache_dir; /* NULL or "": $CLLRN_CACHE_DIR, $XDG_CACHE_HOME/cllrn, $HOME/.cache/cllrn, or none */
    uint64_t cache_limit;  /* bytes; the least recently used entries above it are removed; 0: 2^28 */

    /* The binary pack that all programs come from: a file name, or memory; NULL: none. */
    const char *pack;
    const void *pack_data; /* copied */
    size_t pack_size;
    /*
     * 0: a pack file must belong to this process's user or to root, and neither
     * group nor others may have write permission, because the driver runs what
     * they could write. This includes the user's own group: nothing tells
     * reliably who else is in it. Not 0: any file is accepted.
     */
    int32_t any_owner;
    int32_t reserved; /* 0 */
} cllrn_engine_options;

#define CLLRN_ENGINE_OPTIONS_INIT \
    { sizeof(cllrn_engine_options), 0, 0, 0, 0, 0, 0, CLLRN_CACHE_AUTO, 0, 0, 0, 0, 0, 0, 0, 0 }

/*
 * Makes an engine for one device of a context. Retains both until the engine
 * and every plan made from it are destroyed. Compiles nothing yet. options may
 * be NULL; its strings are copied. The environment is ignored in a set-user-id
 * process.
 *
 * The device may be a sub-device. Where the driver does not know a property of
 * the device, the least that any device has is assumed. Where the driver does
 * not know the device's name or versions, programs are not cached, and only
 * packs for any device fit. Every other failure of a query is returned.
 *
 * CLLRN_INVALID_ARGUMENT  context, device or engine is NULL, an unknown struct_size or cache,
 *                         one of alloc and free missing, both pack and pack_data
 * CLLRN_DEVICE_MISMATCH   the device is neither one of the context's nor a sub-device of one
 * CLLRN_KERNEL_SOURCE     a file of the kernel directory is missing or unreadable
 * CLLRN_INVALID_PACK      the pack cannot be read, is not a pack, or its tables are damaged
 * CLLRN_UNTRUSTED_PACK    another user could have written the pack; see any_owner
 * CLLRN_PACK_MISMATCH     the pack was made for another device, driver, library or kernels: the
 *                         message names both
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_engine_create(cl_context context, cl_device_id device,
                                           const cllrn_engine_options *options,
                                           cllrn_engine **engine, cllrn_error *error);

/*
 * Releases the engine. Plans made from it stay usable and keep what they need.
 * engine may be NULL. No other thread may be using the engine itself.
 */
CLLRN_API void cllrn_engine_destroy(cllrn_engine *engine);

/* The caller's own handles, not retained again. Any thread. */
CLLRN_API cl_context cllrn_engine_context(const cllrn_engine *engine);
CLLRN_API cl_device_id cllrn_engine_device(const cllrn_engine *engine);

/* The hash of the kernel sources in use, 16 hexadecimal digits, valid as long as the engine. */
CLLRN_API const char *cllrn_engine_kernel_hash(const cllrn_engine *engine);

/* How many programs the engine has made so far. Any thread. */
CLLRN_API size_t cllrn_engine_programs_made(cllrn_engine *engine);

/*
 * Makes the program of a name ahead of time.
 *
 * CLLRN_INVALID_ARGUMENT  a NULL pointer, or no program has this name
 * CLLRN_PROGRAM_MISSING   the engine's pack lacks the program
 * CLLRN_INVALID_PACK      the program's binary in the engine's pack is damaged
 * CLLRN_BUILD_FAILURE     the program does not build, or the driver refuses its binary
 * CLLRN_NO_COMPILER       the device's driver has no compiler
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_engine_build(cllrn_engine *engine, const char *name,
                                          cllrn_error *error);

/*
 * Makes a pack of all programs the engine has made so far. The caller destroys
 * the pack. Store its bytes, and pass them to cllrn_engine_import at the next
 * start.
 *
 * CLLRN_INVALID_ARGUMENT  engine or pack is NULL
 * CLLRN_UNSUPPORTED       the device does not tell its name and versions
 * CLLRN_INVALID_PACK      more than 2^30 bytes
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread. Waits for builds in progress; some drivers build again to give a binary.
 */
CLLRN_API cllrn_status cllrn_engine_export(cllrn_engine *engine, cllrn_pack **pack,
                                           cllrn_error *error);

/*
 * Gives the engine the binaries of an exported pack, for programs it has not
 * made yet. data is copied. A binary that is damaged, or that the driver no
 * longer accepts, is skipped.
 *
 * CLLRN_INVALID_ARGUMENT  engine or data is NULL
 * CLLRN_INVALID_PACK      not a pack, a pack of another format, or its tables are damaged
 * CLLRN_PACK_MISMATCH     made for another device, driver, library or kernels
 * CLLRN_OUT_OF_MEMORY
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_engine_import(cllrn_engine *engine, const void *data, size_t size,
                                           cllrn_error *error);

/* -------------------------------------------------------------------- plan */

/* A problem prepared for one engine: checked, its variant chosen, its program made. Immutable. */
typedef struct cllrn_plan cllrn_plan;

enum {
    CLLRN_DIRECTION_FORWARD = 1, /* src is x, dst becomes y */
    CLLRN_DIRECTION_BACKWARD = 2 /* src is x, dy the gradient of y, dst becomes dx */
};

/*
 * All tensors have the same dims and channel axis; their strides and channel
 * blocks may differ. Their dtypes are all float64, or any mixture of float32
 * and one of the 16-bit types.
 */
typedef struct cllrn_problem {
    uint32_t struct_size;
    int32_t direction;
    const cllrn_params *params; /* the pointed-to structs are copied */
    const cllrn_tensor *src;
    const cllrn_tensor *dst;
    const char *variant;     /* NULL: the library chooses; a name, for tests, forces a variant */
    const cllrn_tensor *dy;  /* CLLRN_DIRECTION_BACKWARD only, else NULL */
    int32_t aliasing;        /* of all enqueues: may save a program; or CLLRN_ALIASING_EITHER */
    int32_t reserved;        /* 0 */
} cllrn_problem;

#define CLLRN_PROBLEM_INIT { sizeof(cllrn_problem), CLLRN_DIRECTION_FORWARD, 0, 0, 0, 0, 0, 0, 0 }

/* Whether the destination of an enqueue is one of its sources. */
enum {
    CLLRN_ALIASING_EITHER = 0, /* in a problem only: either of the two below */
    CLLRN_ALIASING_DISJOINT = 1,     /* dst shares no element with a source */
    CLLRN_ALIASING_IN_PLACE = 2      /* the same buffer, offset, dtype, strides and block as src, or as dy */
};

/*
 * Checks the problem and makes its programs, which may take as long as the
 * device's compiler takes. Problems that differ in shape, alpha, beta or k
 * share programs, except that beta 0.75 has programs of its own.
 *
 * CLLRN_INVALID_ARGUMENT      a NULL pointer, an unknown struct_size, direction or aliasing
 * CLLRN_INVALID_REGION, CLLRN_INVALID_WINDOW, CLLRN_INVALID_DIVISOR
 * CLLRN_INVALID_DTYPE, CLLRN_INVALID_RANK, CLLRN_INVALID_DIMS, CLLRN_INVALID_CHANNEL_AXIS
 * CLLRN_INVALID_BLOCK
 * CLLRN_INVALID_STRIDES       dst has a zero stride or two elements at one address
 * CLLRN_SHAPE_MISMATCH        the tensors differ in dims or channel axis, or their dtypes cannot be
 *                             mixed; or aliasing is CLLRN_ALIASING_IN_PLACE, but dst has the dtype, strides
 *                             and block of no source
 * CLLRN_UNSUPPORTED           float64 on a device without it, or of the EMBEDDED profile
 * CLLRN_SIZE_OVERFLOW         a product of sizes and strides exceeds 63 bits
 * CLLRN_INVALID_VARIANT       the forced variant is unknown or cannot run this problem
 * CLLRN_UNSUPPORTED_SIZE      offsets of 2^30 elements or more, or channels and window that
 *                             add up to 2^31, on a device of the EMBEDDED profile
 * CLLRN_BUILD_FAILURE         the program does not build, or the driver refuses the pack's binary
 * CLLRN_NO_COMPILER           the device's driver has no compiler; create the engine with a pack
 * CLLRN_PROGRAM_MISSING       the engine's pack lacks the program, which the message names
 * CLLRN_INVALID_PACK          the program's binary in the engine's pack is damaged
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread. An engine makes one program at a time: other calls wait.
 */
CLLRN_API cllrn_status cllrn_plan_create(cllrn_engine *engine, const cllrn_problem *problem,
                                         cllrn_plan **plan, cllrn_error *error);

/*
 * plan may be NULL. No thread may be inside an enqueue of this plan; commands
 * already enqueued are not affected.
 */
CLLRN_API void cllrn_plan_destroy(cllrn_plan *plan);

/*
 * Bytes of scratch memory that an enqueue needs, for CLLRN_ALIASING_DISJOINT or
 * CLLRN_ALIASING_IN_PLACE; 0 for most plans, and for any other aliasing. Enqueues that
 * run at the same time need scratch memory of their own.
 */
CLLRN_API uint64_t cllrn_plan_scratch_size(const cllrn_plan *plan, int32_t aliasing);

/*
 * The name of the variant that runs, "planar" or "strided" for instance; a
 * static string. "none" for an empty tensor, and for CLLRN_ALIASING_IN_PLACE where dst
 * has the dtype and strides of no source.
 */
CLLRN_API const char *cllrn_plan_variant(const cllrn_plan *plan, int32_t aliasing);

/*
 * Where the program came from, CLLRN_ORIGIN_COMPILED or another; CLLRN_ORIGIN_NONE if
 * the variant is "none".
 */
CLLRN_API int32_t cllrn_plan_origin(const cllrn_plan *plan, int32_t aliasing);

/*
 * Makes the programs of these problems ahead of time, by creating each plan and
 * destroying it. Stops at the first failure and returns its status, as of
 * cllrn_plan_create; programs made before stay. Work that a driver does only at
 * a kernel's first launch, as PoCL does, is not done here. Any thread.
 *
 * CLLRN_INVALID_ARGUMENT  engine is NULL, or problems is NULL and count is not 0
 */
CLLRN_API cllrn_status cllrn_engine_prepare(cllrn_engine *engine,
                                            const cllrn_problem *const *problems, size_t count,
                                            cllrn_error *error);

/*
 * The names that cllrn_problem.variant takes, in order of preference; NULL
 * after the last. Any thread.
 */
CLLRN_API const char *cllrn_variant_name(size_t index);

/* ----------------------------------------------------------------- enqueue */

/* Kinds of memory that hold tensors; kinds for SVM and USM pointers are reserved. */
enum { CLLRN_MEMORY_BUFFER = 1 };

typedef struct cllrn_memory {
    uint32_t struct_size;
    int32_t kind;    /* CLLRN_MEMORY_BUFFER */
    cl_mem buffer;   /* a buffer or sub-buffer of the engine's context */
    uint64_t offset; /* bytes to element (0, 0, ..), a multiple of the element size */
} cllrn_memory;

#define CLLRN_MEMORY_INIT { sizeof(cllrn_memory), CLLRN_MEMORY_BUFFER, 0, 0 }

/*
 * Enqueues a forward plan as one kernel command, without blocking. The command
 * waits for the events of the wait list, on in-order and out-of-order queues
 * alike. If event is not NULL, *event is set to the command's event, which the
 * caller releases. For an empty tensor nothing is enqueued, or only a marker if
 * event is not NULL; src, dst and scratch may then be NULL.
 *
 * dst may be src, in place: the same buffer, offset, dtype, strides and block,
 * where a sub-buffer counts as the part of its parent buffer that it is. Any
 * other overlap of elements is refused; interleaved slices of one buffer that
 * share no element are fine. If src and dst lie in one buffer, pass the same
 * cl_mem for both: OpenCL leaves the behaviour undefined when a kernel uses a
 * buffer and its sub-buffer at once.
 *
 * scratch may be NULL if cllrn_plan_scratch_size is 0. Otherwise the command
 * may overwrite that many bytes of scratch, which must overlap no tensor. The
 * element of scratch is a float, for float64 tensors a double. The memory of a
 * buffer (for CL_MEM_USE_HOST_PTR the caller's) needs no more alignment than
 * its element.
 *
 * CLLRN_INVALID_ARGUMENT   a NULL plan, src or dst, a backward plan, an unknown struct_size or
 *                          memory kind
 * CLLRN_INVALID_QUEUE      queue is not a command queue
 * CLLRN_DEVICE_MISMATCH    the queue is not for the engine's device or one of its sub-devices
 * CLLRN_CONTEXT_MISMATCH   queue, buffer or event belong to another context
 * CLLRN_INVALID_BUFFER     not a buffer; src is write-only, dst read-only, or scratch either
 * CLLRN_INVALID_OFFSET     offset is not a multiple of the element size
 * CLLRN_BUFFER_TOO_SMALL   offset and tensor exceed the buffer
 * CLLRN_SCRATCH_TOO_SMALL  less scratch than needed, or none
 * CLLRN_PARTIAL_OVERLAP    dst and src share elements, but not in place, or scratch overlaps either
 * CLLRN_INVALID_VARIANT    the plan was forced to a variant that cannot run in place (or only in
 *                          place), or was made for the other aliasing
 * CLLRN_UNSUPPORTED_SIZE   an offset of 2^32 elements or more on a device without 64-bit integers
 * CLLRN_INVALID_WAIT_LIST  count and list do not match, or an entry is not an event
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 *
 * If the command itself fails, its event and the queue report the failure. Wait
 * for the queue before the process exits: what becomes of unfinished commands
 * then depends on the driver. Any number of threads may enqueue one plan at
 * once, each with its own scratch.
 */
CLLRN_API cllrn_status cllrn_enqueue_forward(const cllrn_plan *plan, cl_command_queue queue,
                                             const cllrn_memory *src, const cllrn_memory *dst,
                                             const cllrn_memory *scratch, cl_uint wait_count,
                                             const cl_event *wait_list, cl_event *event,
                                             cllrn_error *error);

/*
 * Enqueues a backward plan, as cllrn_enqueue_forward does a forward plan. dst
 * may be src or dy, in place. src and dy are only read and may overlap each
 * other.
 */
CLLRN_API cllrn_status cllrn_enqueue_backward(const cllrn_plan *plan, cl_command_queue queue,
                                              const cllrn_memory *src, const cllrn_memory *dy,
                                              const cllrn_memory *dst, const cllrn_memory *scratch,
                                              cl_uint wait_count, const cl_event *wait_list,
                                              cl_event *event, cllrn_error *error);

/* ------------------------------------------------------- offline compilers */

/*
 * Devices without a compiler, mainly FPGAs, run binaries that their vendor's
 * offline compiler made from sources. These functions give the sources: one for
 * each program that plans on a device can need (at most 200). Each source is
 * complete, needs no options, and holds one kernel with a name of its own, so
 * that any number of sources can go into one binary. `cllrn compile
 * --emit-source` writes them.
 *
 * Kernel names and argument lists are an ABI: a kernel that changes gets
 * another name. cl/kernel.h tells what the arguments mean.
 */
#define CLLRN_KERNEL_NAME_SIZE 64
#define CLLRN_OPTIONS_SIZE 200
#define CLLRN_ARGUMENTS_SIZE 1024

typedef struct cllrn_program_info {
    uint32_t struct_size;
    int32_t direction;   /* CLLRN_DIRECTION_FORWARD or CLLRN_DIRECTION_BACKWARD */
    const char *variant; /* a name of cllrn_variant_name; a static string */
    /*
     * cllrn_DIRECTION_VARIANT_TYPE[_tTAPS][_pPOWER]_wWIDTH_iINDEX[_o32]_vVERSION:
     * TYPE is the element type, "any" if an argument tells it; TAPS the window size, if the
     * kernel is unrolled for one; POWER the power beta, "34" for 3/4, if the kernel is for one
     * alone; WIDTH the floats in a vector; INDEX the bits of an index; _o32 means 32-bit buffer
     * offsets; VERSION is the arithmetic version.
     */
    char name[CLLRN_KERNEL_NAME_SIZE];
    char options[CLLRN_OPTIONS_SIZE];     /* macros of the source, as "-DNAME=VALUE .." */
    char arguments[CLLRN_ARGUMENTS_SIZE]; /* "TYPE NAME, TYPE NAME, ..", in their order */
} cllrn_program_info;

#define CLLRN_PROGRAM_INFO_INIT { sizeof(cllrn_program_info), 0, 0, { 0 }, { 0 }, { 0 } }

/*
 * The number of sources for an engine's device. For engine NULL: of sources
 * without vectors for any device, at most 400. They include every program that
 * an engine on an FPGA needs: first the programs with 64-bit offsets, then
 * those with 32-bit offsets (_o32), for devices of the EMBEDDED profile without
 * cles_khr_int64. With engine NULL these functions need no OpenCL platform. Any
 * thread.
 */
CLLRN_API size_t cllrn_program_count(const cllrn_engine *engine);

/*
 * Describes source `number`, counted from 0. The numbers are those of this
 * version of the library.
 *
 * CLLRN_INVALID_ARGUMENT  program is NULL or of an unknown struct_size, or number is not below the
 *                         count
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_program_get(const cllrn_engine *engine, size_t number,
                                                 cllrn_program_info *program,
                                                 cllrn_error *error);

/*
 * Writes source `number` and a final zero to text, which has size bytes, and
 * sets *needed to the bytes of both. text may be NULL, to ask for the size;
 * needed may be NULL. An engine with a kernel directory gives that directory's
 * sources.
 *
 * CLLRN_INVALID_ARGUMENT  both are NULL, or number is not below the count
 * CLLRN_BUFFER_TOO_SMALL  size is less than the source needs
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_program_source(const cllrn_engine *engine, size_t number, char *text,
                                            size_t size, size_t *needed, cllrn_error *error);

#ifdef __cplusplus
}
#endif

#endif
