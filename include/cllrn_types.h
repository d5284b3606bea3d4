/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * clLRN's values: statuses and errors, the operator's parameters, tensors. They
 * need no OpenCL. cllrn.h and cllrn_verify.h include this header; cllrn.h says
 * what the operator computes and how to read the manual.
 */
#ifndef CLLRN_TYPES_H
#define CLLRN_TYPES_H

/* The tables below are aligned by hand. */
/* clang-format off */

#include <stddef.h>
#include <stdint.h>

#include <cllrn_version.h>

/** Marks the functions that the shared library exports. */
#if defined(__GNUC__) && !defined(_WIN32)
#define CLLRN_API __attribute__((visibility("default")))
#else
#define CLLRN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ status */
/** @defgroup status Status
 * @{ */

/**
 * 1xx: a mistake of the caller. 2xx: legal, but not available on this device or
 * in this version. 3xx: a resource of the host. 4xx: OpenCL failed. Values
 * never change; new ones may be added.
 */
typedef int32_t cllrn_status;
enum {
    CLLRN_SUCCESS = 0,

    CLLRN_INVALID_ARGUMENT = 100,     /**< a NULL pointer, a struct_size this version cannot read, a reserved field not 0 */
    CLLRN_INVALID_CONVENTION = 101,   /**< an unknown convention */
    /* 102 is not used */
    CLLRN_INVALID_WINDOW = 103,       /**< a size below 1, a negative lower or upper, lower + upper + 1 >= 2^31, or
                                         not 1 to 3 different axes that the tensor has */
    CLLRN_INVALID_DIVISOR = 104,      /**< a divisor that is zero or not finite */
    CLLRN_INVALID_DTYPE = 105,        /**< an unknown dtype */
    CLLRN_INVALID_RANK = 106,         /**< a rank outside 2..8 */
    CLLRN_INVALID_DIMS = 107,         /**< a negative dim */
    CLLRN_INVALID_STRIDES = 108,      /**< dst has a stride of 0, or two elements at one address */
    CLLRN_INVALID_CHANNEL_AXIS = 109, /**< a channel axis outside -rank..rank-1 */
    CLLRN_SHAPE_MISMATCH = 110,       /**< tensors whose dims, channel axes or dtypes do not match */
    CLLRN_SIZE_OVERFLOW = 111,        /**< a product of sizes and strides exceeds 63 bits */
    CLLRN_INVALID_BUFFER = 112,       /**< not a buffer or pointer that the kernel can use so */
    CLLRN_BUFFER_TOO_SMALL = 113,     /**< the tensor exceeds its memory, or a text its own */
    CLLRN_INVALID_OFFSET = 114,       /**< an offset or address that is not a multiple of the element size */
    CLLRN_PARTIAL_OVERLAP = 115,      /**< dst overlaps a source in part, or scratch a tensor */
    CLLRN_SCRATCH_TOO_SMALL = 116,    /**< less scratch than cllrn_plan_scratch_size says */
    CLLRN_INVALID_QUEUE = 117,        /**< not a command queue */
    CLLRN_CONTEXT_MISMATCH = 118,     /**< a buffer, queue or event of another context than the engine's */
    CLLRN_DEVICE_MISMATCH = 119,      /**< queue of another device, or device not in the context */
    CLLRN_INVALID_WAIT_LIST = 120,    /**< count and list do not match, or an entry is not an event */
    CLLRN_INVALID_VARIANT = 121,      /**< no variant of that name, or one that cannot run this problem */
    CLLRN_INVALID_BLOCK = 122,        /**< a channel block that is none of 0, 1, 4, 8, 16, 32 */
    CLLRN_INVALID_ALIASING = 123,     /**< dst is a source, or is none, which the plan was not made for */

    CLLRN_UNSUPPORTED = 200,       /**< legal, but not on this device or not yet: float64, windows of certain axes */
    CLLRN_UNSUPPORTED_SIZE = 201,  /**< needs 64-bit indices, which the device lacks: see cllrn_plan_create */
    CLLRN_NO_COMPILER = 202,       /**< a program must be compiled, but the device has no compiler */
    CLLRN_SCRATCH_LIMIT = 203,     /**< every variant that can run the problem needs too much scratch */
    CLLRN_NO_DEVICE = 204,         /**< no OpenCL platform, no device, or none that the text names */

    CLLRN_OUT_OF_MEMORY = 300,   /**< the host is out of memory */
    CLLRN_KERNEL_SOURCE = 301,   /**< a file of the kernel directory is missing or unreadable */
    CLLRN_INVALID_PACK = 302,    /**< not a binary pack, or a damaged or unreadable one */
    CLLRN_PACK_MISMATCH = 303,   /**< a binary pack made for another device, driver or library */
    CLLRN_PROGRAM_MISSING = 304, /**< the engine's binary pack lacks a program that a plan needs */
    CLLRN_UNTRUSTED_PACK = 305,  /**< a binary pack file that another user could have written */

    CLLRN_OPENCL_FAILURE = 400, /**< an OpenCL call failed; its code is in the error */
    CLLRN_BUILD_FAILURE = 401   /**< a program did not build; the whole log went to the log callback */
};

/** The name of a status, "CLLRN_INVALID_RANK"; "unknown status" for any other number. Any thread. */
CLLRN_API const char *cllrn_status_string(cllrn_status status);

/** The name of an OpenCL code, "CL_OUT_OF_RESOURCES"; "OpenCL error" for others. Any thread. */
CLLRN_API const char *cllrn_opencl_error_string(int32_t cl_error);

/**
 * Why a call failed. Only a failing call fills it.
 *
 * Declare it as  cllrn_error error = CLLRN_ERROR_INIT;
 */
typedef struct cllrn_error {
    uint32_t struct_size; /**< set by the initialiser */
    cllrn_status status; /**< what the call returned */
    int32_t cl_error;  /**< the OpenCL code, 0 if no OpenCL call failed */
    char message[512]; /**< one line: the operation, the object, actual against expected */
} cllrn_error;

/** The initialiser of cllrn_error. */
#define CLLRN_ERROR_INIT { sizeof(cllrn_error), 0, 0, { 0 } }

/** @} */
/* ----------------------------------------------------------------- version */
/** @defgroup version Version
 * @{ */

/** The library's version at run time, "1.2.3"; CLLRN_VERSION_STRING is the header's. Any thread. */
CLLRN_API const char *cllrn_version(void);

/**
 * The version of the arithmetic (the order of summation, and the powers). Two
 * libraries with the same arithmetic version give results with the same bits,
 * whatever their own versions are.
 */
#define CLLRN_ARITHMETIC_VERSION 3

/** The CLLRN_ARITHMETIC_VERSION of the library at run time. Any thread. */
CLLRN_API uint32_t cllrn_arithmetic_version(void);

/** @} */
/* -------------------------------------------------------------- parameters */
/** @defgroup parameters Parameters
 * @{ */

/**
 * How each framework's window size n gives lower, upper and the divisor. All
 * divisions are integer divisions. For odd n all but CLLRN_CONVENTION_TENSORFLOW agree.
 */
typedef int32_t cllrn_convention;
enum {
    CLLRN_CONVENTION_TORCH = 1,      /**< lower n/2, upper (n-1)/2, divisor n: PyTorch's code, MNN */
    CLLRN_CONVENTION_ONNX = 2,       /**< lower (n-1)/2, upper n/2, divisor n: ONNX, cuDNN, MIOpen */
    CLLRN_CONVENTION_ONEDNN = 3,     /**< lower and upper (n-1)/2, divisor n: oneDNN, n-1 taps for even n */
    CLLRN_CONVENTION_TORCH_DOC = 4,  /**< lower and upper n/2, divisor n: the formula PyTorch's documentation prints */
    CLLRN_CONVENTION_CAFFE = 5,      /**< lower and upper (n-1)/2, divisor n, even n refused: Caffe, OpenCV, TensorRT */
    CLLRN_CONVENTION_TENSORFLOW = 6  /**< n = 2r+1: lower and upper r, divisor 1, even n refused: TensorFlow, TFLite, NNAPI */
};

/**
 * The window's extent on one axis of the tensor: the output's own element,
 * `lower` elements before it and `upper` after it. lower + upper + 1 < 2^31;
 * both may exceed the tensor.
 */
typedef struct cllrn_window {
    int32_t axis;     /**< CLLRN_AXIS_CHANNEL, or -1, -2, ..: see below */
    int32_t reserved; /**< 0 */
    int64_t lower;    /**< elements before the own one */
    int64_t upper;    /**< elements after it */
} cllrn_window;

/**
 * An axis of a window is the channel axis, wherever the tensor has it, or one
 * of the other axes, counted from the last: -1 is the width and -2 the height,
 * for NCHW, for NHWC and for channel-blocked layouts alike.
 */
#define CLLRN_AXIS_CHANNEL 0

/** The most axes of a window. */
#define CLLRN_MAX_WINDOW 3

/**
 * The operator's parameters: a window, a divisor, and alpha, beta and k.
 *
 * A window is a box: it spans one to three axes, the channel axis among them or
 * not, in any order. The windows of other software, as axes:
 *
 *     across channels: PyTorch, ONNX, cuDNN, TensorFlow, Caffe, ..  {CHANNEL}
 *     within a channel: Caffe, oneDNN, MIOpen; Arm's IN_MAP_2D      {-2, -1}
 *     one spatial axis: Arm Compute Library's IN_MAP_1D             {-1}
 *     OpenVINO LRN-1, axes [1]                                      {CHANNEL}
 *     OpenVINO LRN-1, axes [2, 3] of rank 4                         {-2, -1}
 *     OpenVINO LRN-1, axes [1, 2, 3] of rank 4                      {CHANNEL, -2, -1}
 *     NNEF local_response_normalization, size [1, n, 1, 1]          {CHANNEL}
 *     NNEF local_response_normalization, size [1, 1, m, n]          {-2, -1}
 *     OpenVX vx_khr_nn, across maps; within a map                   {CHANNEL}; {-2, -1}
 *
 * OpenVINO has n/2 for every lower and upper, and the divisor n^axes. NNEF has
 * one n for each axis, there lower (n-1)/2 and upper n/2, and their product as
 * the divisor.
 *
 * Computed today: the channel axis alone; or the last one, two or three other
 * axes with the same lower and the same upper on each. Any other box is
 * CLLRN_UNSUPPORTED where it meets a tensor.
 */
typedef struct cllrn_params {
    uint32_t struct_size; /**< set by the initialiser */
    int32_t window_count;                  /**< axes that the window spans, 1..3 */
    cllrn_window window[CLLRN_MAX_WINDOW]; /**< the first window_count of them; the rest is ignored */
    double divisor; /**< divides alpha, also where taps lie outside the tensor; finite, not 0 */
    double alpha;   /**< any value; NaN and Inf follow IEEE 754 */
    double beta;    /**< the exponent, likewise any value */
    double k;       /**< what the sum is added to, likewise any value */
} cllrn_params;

/** The initialiser of cllrn_params. */
#define CLLRN_PARAMS_INIT \
    { sizeof(cllrn_params), 0, { { 0, 0, 0, 0 }, { 0, 0, 0, 0 }, { 0, 0, 0, 0 } }, 0, 0, 0, 0 }

/**
 * Fills *params, which began as CLLRN_PARAMS_INIT, for a convention and its
 * window size n, across channels. Any field may be changed afterwards.
 *
 *     CLLRN_INVALID_ARGUMENT    params is NULL, or its struct_size is not this struct's
 *     CLLRN_INVALID_CONVENTION  convention is none of the above
 *     CLLRN_INVALID_WINDOW      size < 1, size >= 2^31, or even with CLLRN_CONVENTION_CAFFE or
 *                               CLLRN_CONVENTION_TENSORFLOW
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_params_across(cllrn_params *params, cllrn_convention convention,
                                           int64_t size, double alpha, double beta, double k,
                                           cllrn_error *error);

/**
 * As cllrn_params_across, for windows within a channel: n positions on each of
 * the last `axes` axes beside the channels; the divisor is n^axes (1 with
 * CLLRN_CONVENTION_TENSORFLOW). This is oneDNN's definition. Caffe's is the
 * same with k = 1: Caffe ignores the k it is given here.
 *
 * Statuses as for cllrn_params_across, and
 *
 *     CLLRN_INVALID_WINDOW  axes outside 1..3
 */
CLLRN_API cllrn_status cllrn_params_within(cllrn_params *params, cllrn_convention convention,
                                           int64_t size, int32_t axes, double alpha, double beta,
                                           double k, cllrn_error *error);

/** @} */
/* ----------------------------------------------------------------- tensors */
/** @defgroup tensors Tensors
 * @{ */

/** The most axes of a tensor. */
#define CLLRN_MAX_RANK 8

/**
 * Element types. The 16-bit types are for storage only: every sum and power is
 * computed in float32, and each result is rounded once, to nearest, ties to
 * even. float64 is computed in float64.
 *
 * The numbers are no ranks, so that an exchanged dtype and rank are an error.
 */
typedef int32_t cllrn_dtype;
enum {
    CLLRN_DTYPE_F32 = 17,  /**< IEEE 754 binary32 */
    CLLRN_DTYPE_F16 = 18,  /**< IEEE 754 binary16 */
    CLLRN_DTYPE_BF16 = 19, /**< the upper half of a binary32 */
    CLLRN_DTYPE_F64 = 20   /**< IEEE 754 binary64 */
};

/**
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
    uint32_t struct_size; /**< set by the initialiser */
    cllrn_dtype dtype;    /**< CLLRN_DTYPE_F32 or another */
    int32_t rank;         /**< 2..8 */
    int32_t channel_axis; /**< 0..rank-1, or counted from the end: -1 is the last */
    int64_t dims[CLLRN_MAX_RANK];    /**< the first `rank` of them; elements along each axis */
    int64_t strides[CLLRN_MAX_RANK]; /**< in elements */
    /**
     * 0 or 1: no channel blocks. B = 4, 8, 16 or 32: channels are stored in
     * blocks of B, as in nChw16c: channel c lies (c / B) * channel stride + c %
     * B elements after channel 0. If the last block is not full, its padding is
     * never read in a source and is set to zero in a destination.
     */
    int32_t channel_block;
    int32_t reserved; /**< 0 */
} cllrn_tensor;

/** The initialiser of cllrn_tensor. */
#define CLLRN_TENSOR_INIT { sizeof(cllrn_tensor), 0, 0, 0, { 0 }, { 0 }, 0, 0 }

/**
 * Fills *tensor, which began as CLLRN_TENSOR_INIT. strides NULL means C order
 * without gaps: NCHW with channel_axis 1, NHWC with channel_axis -1, for any
 * number of spatial axes.
 * dims and strides may be arrays of *tensor itself. Errors not listed here are
 * found when the tensor is used, because the message can then name the tensor's
 * role.
 *
 *     CLLRN_INVALID_ARGUMENT  tensor or dims is NULL, or struct_size is not this struct's
 *     CLLRN_INVALID_RANK      rank outside 2..8, as a dtype in its place is
 *     CLLRN_INVALID_DIMS      a negative dim
 *     CLLRN_SIZE_OVERFLOW     the product of the dims exceeds 63 bits
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_tensor_set(cllrn_tensor *tensor, cllrn_dtype dtype, int32_t rank,
                                        const int64_t *dims, const int64_t *strides,
                                        int32_t channel_axis, cllrn_error *error);

/**
 * As cllrn_tensor_set, for a channel-blocked layout without gaps: the axes in
 * C order, the channel axis counted in blocks, and innermost the block_size
 * channels of a block. Rank 4, channel_axis 1 and block_size 16 give nChw16c.
 *
 * Statuses as for cllrn_tensor_set, and
 *
 *     CLLRN_INVALID_CHANNEL_AXIS  channel_axis outside -rank..rank-1
 *     CLLRN_INVALID_BLOCK         block_size is none of 4, 8, 16, 32
 */
CLLRN_API cllrn_status cllrn_tensor_set_blocked(cllrn_tensor *tensor, cllrn_dtype dtype,
                                                int32_t rank, const int64_t *dims,
                                                int32_t channel_axis, int32_t block_size,
                                                cllrn_error *error);

/**
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

/** Bytes of one element of a dtype, 0 for an unknown one. Any thread. */
CLLRN_API size_t cllrn_dtype_size(cllrn_dtype dtype);

/** "f32", "f16", "bf16", "f64"; "unknown dtype" for any other number. Any thread. */
CLLRN_API const char *cllrn_dtype_string(cllrn_dtype dtype);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
