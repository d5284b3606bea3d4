/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clLRN: Local Response Normalization on any OpenCL device.
 *
 *     s[c] = k + (alpha / divisor) * sum of x[j]^2, j = c - lower .. c + upper
 *     y[c] = x[c] * s[c]^-beta
 *
 * for every position of a tensor, c being its channel, and the gradient
 *
 *     dx[c] = dy[c] * s[c]^-beta - (2 * alpha * beta / divisor) * x[c] *
 *             sum of dy[j] * x[j] * s[j]^(-beta - 1), j = c - upper .. c + lower
 *
 * where a zero is always +0 (with beta 0 dx is dy, bit for bit). Taps outside
 * the tensor count as zero. A window can also lie within a channel: j then runs
 * over the positions around c, the same on each spatial axis. This header is the
 * manual; read it downwards:
 *
 *     status and errors     what every call returns, and why
 *     parameters            the window, the divisor and alpha, beta, k
 *     tensors               shapes and strides, in elements
 *     digest                one number for a result, the same on every device
 *     host and reference    the same operator without OpenCL
 *     binary packs          programs' binaries in one piece
 *     engine                one context and device of yours
 *     plan                  one problem made ready for that device
 *     enqueue               running it in your queue, on your buffers
 *     offline compilers     the kernels as sources, for devices without a compiler
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
 *   takes a cllrn_error that may be NULL. On failure nothing was enqueued,
 *   nothing was written and no out-parameter was touched, except where a
 *   function says otherwise.
 * - cl_context, cl_device_id, cl_command_queue, cl_mem and cl_event belong to
 *   the caller. What the library stores it retains, and releases later.
 * - Nothing here is global: there is no initialisation, no exit handler, and
 *   the library prints nothing.
 * - Thread safety: each function names its own. Different objects may always
 *   be used by different threads.
 */
#ifndef CLLRN_H
#define CLLRN_H

/* Set by hand: its tables read better so. */
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
 * The hundreds tell the kind: 1xx the caller's mistake, 2xx legal but not
 * available on this device or in this version, 3xx resources, 4xx OpenCL.
 * Values are frozen; new ones may be added.
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
    CLLRN_INVALID_STRIDES = 108,      /* a destination stride of zero, or two destination elements in one place */
    CLLRN_INVALID_CHANNEL_AXIS = 109, /* a channel axis outside -rank..rank-1 */
    CLLRN_SHAPE_MISMATCH = 110,       /* tensors whose dims, channel axes or dtypes do not go together */
    CLLRN_SIZE_OVERFLOW = 111,        /* sizes times strides that leave 63 bits */
    CLLRN_INVALID_BUFFER = 112,       /* not a buffer, or one a kernel may not read or write */
    CLLRN_BUFFER_TOO_SMALL = 113,     /* the tensor at its offset leaves the buffer, or a text its memory */
    CLLRN_INVALID_OFFSET = 114,       /* an offset that is not a multiple of the element size */
    CLLRN_PARTIAL_OVERLAP = 115,      /* source and destination share elements without being the same */
    CLLRN_SCRATCH_TOO_SMALL = 116,    /* less scratch than cllrn_plan_scratch_size says */
    CLLRN_INVALID_QUEUE = 117,        /* not a command queue */
    CLLRN_CONTEXT_MISMATCH = 118,     /* a buffer, queue or event of another context than the engine's */
    CLLRN_DEVICE_MISMATCH = 119,      /* a queue or engine device that is not the one expected */
    CLLRN_INVALID_WAIT_LIST = 120,    /* a wait list that is NULL with a count, or holds something that is no event */
    CLLRN_INVALID_VARIANT = 121,      /* no variant of that name, or one that cannot run this problem */
    CLLRN_INVALID_BLOCK = 122,        /* a channel block that is none of 0, 1, 4, 8, 16, 32 */

    CLLRN_UNSUPPORTED = 200,       /* legal, but not on this device: float64 where it has none */
    CLLRN_UNSUPPORTED_SIZE = 201,  /* needs 64-bit indices, which the device lacks: see cllrn_plan_create */
    CLLRN_NO_COMPILER = 202,       /* the device has no compiler for what would have to be built */

    CLLRN_OUT_OF_MEMORY = 300,   /* the host's memory ran out */
    CLLRN_KERNEL_SOURCE = 301,   /* the kernel directory lacks a file, or it cannot be read */
    CLLRN_INVALID_PACK = 302,    /* a binary pack that cannot be read, is damaged, or is none */
    CLLRN_PACK_MISMATCH = 303,   /* a binary pack made for another device, driver or library */
    CLLRN_PROGRAM_MISSING = 304, /* the engine's binary pack lacks a program that is needed */
    CLLRN_UNTRUSTED_PACK = 305,  /* a binary pack that another user can have written */

    CLLRN_OPENCL_FAILURE = 400, /* an OpenCL call failed; its code is in the error */
    CLLRN_BUILD_FAILURE = 401   /* a program did not build; the whole log went to the log callback */
};

/* The name of a status, "CLLRN_INVALID_RANK"; "unknown status" for any other number. Any thread. */
CLLRN_API const char *cllrn_status_string(cllrn_status status);

/* The name of an OpenCL code, "CL_OUT_OF_RESOURCES"; "OpenCL error" for others. Any thread. */
CLLRN_API const char *cllrn_opencl_error_string(int32_t cl_error);

/*
 * What went wrong: filled by a failing call, left alone by one that succeeds.
 * Declare it as  cllrn_error error = CLLRN_ERROR_INIT;
 */
typedef struct cllrn_error {
    uint32_t struct_size;
    cllrn_status status;
    int32_t cl_error;  /* the OpenCL code, 0 where OpenCL was not involved */
    char message[512]; /* one line: the operation, the object, actual against expected */
} cllrn_error;

#define CLLRN_ERROR_INIT { sizeof(cllrn_error), 0, 0, { 0 } }

/* ----------------------------------------------------------------- version */

/* The library's version at run time, "1.2.3"; CLLRN_VERSION_STRING is the header's. Any thread. */
CLLRN_API const char *cllrn_version(void);

/*
 * The version of the arithmetic: order of summation and powers. Results of two
 * libraries with the same number have the same bits, whatever their version.
 */
#define CLLRN_ARITHMETIC_VERSION 3
CLLRN_API uint32_t cllrn_arithmetic_version(void);

/* -------------------------------------------------------------- parameters */

/*
 * Where the window of n taps lies and what divides alpha. For odd n all but
 * CLLRN_TENSORFLOW agree. Integer division throughout.
 */
enum {
    CLLRN_TORCH = 1,      /* lower n/2, upper (n-1)/2, divisor n: PyTorch's code, MNN */
    CLLRN_ONNX = 2,       /* lower (n-1)/2, upper n/2, divisor n: ONNX, cuDNN, MIOpen */
    CLLRN_ONEDNN = 3,     /* lower and upper (n-1)/2, divisor n: oneDNN, n-1 taps for even n */
    CLLRN_TORCH_DOC = 4,  /* lower and upper n/2, divisor n: the formula PyTorch's documentation prints */
    CLLRN_CAFFE = 5,      /* lower and upper (n-1)/2, divisor n, even n refused: Caffe, OpenCV, TensorRT */
    CLLRN_TENSORFLOW = 6  /* n = 2r+1: lower and upper r, divisor 1, even n refused: TensorFlow, TFLite, NNAPI */
};

/* Which neighbours a window holds. */
enum {
    CLLRN_ACROSS_CHANNELS = 1, /* the same position in neighbouring channels */
    CLLRN_WITHIN_CHANNEL = 2   /* neighbouring positions in the same channel */
};

typedef struct cllrn_params {
    uint32_t struct_size;
    int32_t region;
    int64_t lower;  /* channels before the output's own that its window holds */
    int64_t upper;  /* channels behind it; lower + upper + 1 < 2^31, both may exceed the channels */
    double divisor; /* divides alpha: always this number, never the count of taps inside; not 0 */
    double alpha;   /* any value; NaN and Inf follow IEEE 754 */
    double beta;
    double k;
    /*
     * Within a channel lower and upper count positions, the same on each of
     * the tensor's last spatial_axes axes (1..3; the channels are not counted):
     * 2 is height and width of NCHW and of NHWC. Not looked at across channels.
     */
    int32_t spatial_axes;
    int32_t reserved; /* 0 */
} cllrn_params;

/*
 * Fills *params for a convention and its size n. struct_size is sizeof *params
 * as the caller sees it. Any field may be changed afterwards.
 *
 * CLLRN_INVALID_ARGUMENT    params is NULL, struct_size is not this struct's
 * CLLRN_INVALID_CONVENTION  convention is none of the above
 * CLLRN_INVALID_WINDOW      size < 1, size >= 2^31, or even with CLLRN_CAFFE or CLLRN_TENSORFLOW
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_params_init(cllrn_params *params, uint32_t struct_size,
                                         int32_t convention, int64_t size, double alpha,
                                         double beta, double k, cllrn_error *error);

/*
 * The same for windows within a channel, over spatial_axes axes of n positions
 * each; the divisor is n^spatial_axes (1 with CLLRN_TENSORFLOW). oneDNN's form;
 * Caffe's is the same with k = 1, whatever its k is.
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
 * Element types. The 16-bit ones are for storage: every sum and power is
 * computed in float32, and a result rounded once, to nearest, ties to even.
 * float64 is computed in float64.
 */
enum {
    CLLRN_F32 = 1,  /* IEEE 754 binary32 */
    CLLRN_F16 = 2,  /* IEEE 754 binary16 */
    CLLRN_BF16 = 3, /* the upper half of a binary32 */
    CLLRN_F64 = 4   /* IEEE 754 binary64 */
};

/*
 * A shape and where its elements lie. Element (i0, i1, ..) is strides[0]*i0 +
 * strides[1]*i1 + .. elements behind the buffer's offset (or the host
 * pointer), which is the address of element (0, 0, ..).
 *
 * Negative strides are allowed; zero strides on a source only. The stride of an
 * axis with one element, or with one channel block, is not used and may be
 * anything. A destination must not hold two elements in one place. A dim of 0 makes an empty tensor:
 * legal, and nothing is done.
 */
typedef struct cllrn_tensor {
    uint32_t struct_size;
    int32_t dtype;
    int32_t rank;         /* 2..8 */
    int32_t channel_axis; /* 0..rank-1, or counted from the end: -1 is the last */
    int64_t dims[CLLRN_MAX_RANK];
    int64_t strides[CLLRN_MAX_RANK]; /* in elements */
    /*
     * 0 or 1: channels lie by their stride. B of 4, 8, 16 or 32: channel c lies
     * c / B times the channel stride behind channel 0, and c % B elements
     * behind that, as in nChw16c. What fills up the last block is never read,
     * and is zero in a destination.
     */
    int32_t channel_block;
    int32_t reserved; /* 0 */
} cllrn_tensor;

/*
 * Fills *tensor. strides NULL means C order without gaps: with channel_axis 1
 * that is NCHW, with -1 NHWC, for any number of spatial axes. dims and strides
 * are copied first, so that they may be *tensor's own. Only the pointers
 * and the rank are checked here; the rest when the tensor is used, where the
 * message can name its role.
 *
 * CLLRN_INVALID_ARGUMENT  tensor or dims is NULL, struct_size is not this struct's
 * CLLRN_INVALID_RANK      rank outside 2..8
 * CLLRN_INVALID_DIMS      a negative dim
 * CLLRN_SIZE_OVERFLOW     the dims' product leaves 63 bits
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_tensor_init(cllrn_tensor *tensor, uint32_t struct_size, int32_t dtype,
                                         int32_t rank, const int64_t *dims, const int64_t *strides,
                                         int32_t channel_axis, cllrn_error *error);

/*
 * The same for a channel-blocked layout without gaps: C order, the channel axis
 * divided into blocks, the block_size elements of a block side by side. With
 * rank 4, channel_axis 1 and block_size 16 that is nChw16c.
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
 * Elements from the lowest to the highest place of a tensor, both counted and
 * what fills up a last block too, and how many of them lie below element
 * (0, 0, ..), which is where negative strides lead. 0 and 0 for an empty
 * tensor. below may be NULL.
 *
 * Statuses: what is wrong with the tensor, as for cllrn_plan_create. Any thread.
 */
CLLRN_API cllrn_status cllrn_tensor_span(const cllrn_tensor *tensor, int64_t *elements,
                                         int64_t *below, cllrn_error *error);

/* Bytes of one element of a dtype, 0 for an unknown one. Any thread. */
CLLRN_API size_t cllrn_dtype_size(int32_t dtype);

/* "f32", "f16", "bf16", "f64"; "unknown dtype" for any other number. Any thread. */
CLLRN_API const char *cllrn_dtype_string(int32_t dtype);

/* ------------------------------------------------------------------ digest */

/*
 * Adds to *digest, modulo 2^64, a hash of every element's logical index and
 * bits, NaNs counted as one value. Begin with 0. The index of an element is
 * channel + channels * (first_position + its position), positions being counted
 * in C order over the other axes; so the digest does not depend on layout,
 * strides or rank, and slices add up when each is given its first position.
 * data points to element (0, 0, ..) in host memory, of any alignment.
 *
 * CLLRN_INVALID_ARGUMENT  a NULL pointer (data may be NULL for an empty tensor)
 * and what is wrong with the tensor, as for cllrn_plan_create.
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_digest(const cllrn_tensor *tensor, const void *data,
                                    uint64_t first_position, uint64_t *digest, cllrn_error *error);

/*
 * The same for a box of a larger tensor: its elements from (first[0], first[1],
 * ..) on, box->dims of them on each axis. whole_dims are the larger tensor's;
 * both lists have box->rank entries. Any division of a tensor into boxes, of
 * its channels too, adds up to the digest of the whole.
 *
 * Statuses as for cllrn_digest, first and whole_dims being pointers too, and
 * CLLRN_INVALID_DIMS  the box leaves the larger tensor
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_digest_box(const cllrn_tensor *box, const void *data,
                                        const int64_t *first, const int64_t *whole_dims,
                                        uint64_t *digest, cllrn_error *error);

/* ------------------------------------------------------ host and reference */

/*
 * The kernels' own arithmetic compiled as C: the same bits as every device
 * that rounds to nearest. src and dst point to element (0, 0, ..) in host
 * memory, of any alignment; dst may be src with the same dtype and strides.
 * Needs no OpenCL device, uses one thread and temporary memory for one window's
 * axes.
 *
 * Statuses as for cllrn_plan_create and for the overlap in
 * cllrn_enqueue_forward, and CLLRN_OUT_OF_MEMORY. Any thread.
 */
CLLRN_API cllrn_status cllrn_host_forward(const cllrn_params *params, const cllrn_tensor *src,
                                          const void *src_data, const cllrn_tensor *dst,
                                          void *dst_data, cllrn_error *error);

/* The gradient: src is x, dy the gradient of y, dst becomes dx and may be either. */
CLLRN_API cllrn_status cllrn_host_backward(const cllrn_params *params, const cllrn_tensor *src,
                                           const void *src_data, const cllrn_tensor *dy,
                                           const void *dy_data, const cllrn_tensor *dst,
                                           void *dst_data, cllrn_error *error);

/*
 * The judge of accuracy: plain scalar C with compensated sums and the C
 * library's pow, in double (long double for float64), its result rounded to
 * dst's type. Its time grows with the window. Otherwise as cllrn_host_forward.
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
 * The same, as doubles: dst_data holds them in C order without gaps over src's
 * dims, and overlaps nothing. Of the gradient, whose terms may cancel,
 * magnitudes (NULL, or as many doubles) becomes the sum of the magnitudes of
 * its terms: what its error has to be measured against.
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
 * Programs' binaries in one piece of memory, with what they were made for. It
 * is what `cllrn compile` writes to a file, what an engine without a compiler
 * is made with, and what a runtime keeps where it likes (cllrn_engine_export).
 *
 * Reading one is safe whatever it holds. What an intact one holds is run as
 * native code by the driver: take packs from those only whose code you would run.
 * Immutable; any thread. Its memory comes from malloc.
 */
typedef struct cllrn_pack cllrn_pack;

/* What a pack was made for: all of it has to be what the engine finds. */
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
    CLLRN_PACK_TEXTS = 9 /* how many there are */
};

/*
 * Takes a copy of a pack in memory and checks all of it.
 *
 * CLLRN_INVALID_ARGUMENT  data or pack is NULL
 * CLLRN_INVALID_PACK      no pack, one of another format, or damaged
 * CLLRN_OUT_OF_MEMORY
 */
CLLRN_API cllrn_status cllrn_pack_open(const void *data, size_t size, cllrn_pack **pack,
                                       cllrn_error *error);

/* NULL is fine. */
CLLRN_API void cllrn_pack_destroy(cllrn_pack *pack);

/* The bytes to keep, valid as long as the pack. */
CLLRN_API const void *cllrn_pack_data(const cllrn_pack *pack, size_t *size);

/* One of CLLRN_PACK_*, valid as long as the pack; "" for an unknown one. */
CLLRN_API const char *cllrn_pack_text(const cllrn_pack *pack, int32_t which);

/*
 * The name of a program in the pack, NULL behind the last. *kernel, where
 * kernel is not NULL, becomes the name its kernel has in the binary, or "" for
 * the usual one; *size, where size is not NULL, the bytes of the binary.
 */
CLLRN_API const char *cllrn_pack_program(const cllrn_pack *pack, size_t index,
                                         const char **kernel, size_t *size);

/*
 * Makes an empty pack for any device, to be filled with SPIR-V: modules whose
 * kernels were compiled from the sources of cllrn_offline_source. An engine with
 * it has its device's driver compile them. Only for devices whose
 * CL_DEVICE_IL_VERSION names SPIR-V and whose driver has cl_khr_il_program.
 *
 * CLLRN_INVALID_ARGUMENT  pack is NULL
 * CLLRN_OUT_OF_MEMORY
 */
CLLRN_API cllrn_status cllrn_pack_create(cllrn_pack **pack, cllrn_error *error);

/*
 * Makes a pack of another and a binary that a vendor's offline compiler made, or
 * a module of SPIR-V, which holds the kernels of `count` programs. Their names
 * are those of cllrn_engine_program_name; kernels[i] is the name of the i-th
 * one's kernel in the binary (NULL, or kernels NULL: the program's).
 *
 * CLLRN_INVALID_ARGUMENT  a NULL pointer, size or count 0, a name that is NULL, empty, twice, or
 *                         in the pack already, more than 1024 programs
 * CLLRN_INVALID_PACK      it would have more than 1024 programs or 2^30 bytes, or is for any device
 *                         and this is no SPIR-V
 * CLLRN_OUT_OF_MEMORY
 */
CLLRN_API cllrn_status cllrn_pack_add(const cllrn_pack *pack, const void *binary, size_t size,
                                      const char *const *programs, const char *const *kernels,
                                      size_t count, cllrn_pack **sum, cllrn_error *error);

/*
 * Whether a pack is for a device and the kernels built in. any_driver other
 * than 0 overlooks the versions of platform, device and driver.
 *
 * CLLRN_INVALID_ARGUMENT  pack or device is NULL
 * CLLRN_PACK_MISMATCH     it is not, or the device does not tell its name and versions, or does not
 *                         take the SPIR-V of a pack for any device
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 */
CLLRN_API cllrn_status cllrn_pack_check(const cllrn_pack *pack, cl_device_id device,
                                        int32_t any_driver, cllrn_error *error);

/* ------------------------------------------------------------------ engine */

/*
 * One context and one device of the caller's, with the programs made for them.
 * A program is made when a plan first needs it, in one of these ways:
 *
 *     an engine with a binary pack   from the pack; nothing is ever compiled
 *     else                           from what cllrn_engine_import was given,
 *                                    else from the disk cache,
 *                                    else by the device's compiler
 *
 * What was given or cached and turns out to be of no use is as if it were not
 * there, and the log says so.
 */
typedef struct cllrn_engine cllrn_engine;

/* Where a program came from. */
enum { CLLRN_NO_PROGRAM = 0, CLLRN_COMPILED = 1, CLLRN_CACHED = 2, CLLRN_PACKED = 3, CLLRN_GIVEN = 4 };

/* "compiled", "cached", "packed", "given", "none"; "unknown origin" for any other. Any thread. */
CLLRN_API const char *cllrn_origin_string(int32_t origin);

/* Whether an engine uses the disk cache; see cllrn_engine_options. */
enum { CLLRN_CACHE_AUTO = 0, CLLRN_CACHE_OFF = 1, CLLRN_CACHE_ON = 2 };

enum { CLLRN_LOG_ERROR = 1, CLLRN_LOG_WARNING = 2, CLLRN_LOG_INFO = 3, CLLRN_LOG_DEBUG = 4 };

/*
 * Told what the engine does: programs compiled and loaded, from where, and how
 * long it took; what is wrong with a cache; whole build logs. Called from the
 * thread whose call caused it, with no lock held that another engine needs; it
 * must not call back into the same engine.
 */
typedef void (*cllrn_log_fn)(void *user, int32_t level, const char *message);

/*
 * Memory for engines, programs and plans; both or neither. Must be thread-safe.
 * What a call needs only while it runs, kernel texts read from a directory, and
 * packs come from malloc.
 */
typedef void *(*cllrn_alloc_fn)(void *user, size_t size);
typedef void (*cllrn_free_fn)(void *user, void *memory);

typedef struct cllrn_engine_options {
    uint32_t struct_size;
    const char *kernel_dir; /* read the .cl files from here; NULL or "": $CLLRN_KERNEL_DIR, else those built in */
    cllrn_log_fn log;       /* may be NULL */
    void *log_user;
    cllrn_alloc_fn alloc; /* may be NULL: malloc and free */
    cllrn_free_fn free;
    void *alloc_user;

    /*
     * The disk cache: a file for each program, in a directory of mode 0700
     * that is made when there is something to keep, with the one above it; a
     * home directory is not made. A directory or file of it is not used that is
     * another user's, that others may write to, or that is a symbolic link.
     * AUTO uses the cache but where $CLLRN_CACHE is "off", "0", "no" or "false",
     * in any case.
     */
    int32_t cache;         /* CLLRN_CACHE_AUTO, .. */
    int32_t any_driver;    /* not 0: takes a pack made for other versions of platform, device, driver */
    const char *cache_dir; /* NULL or "": $CLLRN_CACHE_DIR, $XDG_CACHE_HOME/cllrn, $HOME/.cache/cllrn, or none */
    uint64_t cache_limit;  /* bytes, above which the entries not used for longest go; 0: 2^28 */

    /* The binary pack, a file or memory, that all programs come from; NULL: none. */
    const char *pack;
    const void *pack_data; /* copied */
    size_t pack_size;
    /*
     * 0: a pack in a file must belong to this process's user or to root, and its
     * mode must let neither group nor others write: what they write would be run.
     * The user's own group is no exception, since nothing tells reliably who else
     * is in it. Not 0: any file is taken.
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
 * The device may be a sub-device. A property that its driver does not know is
 * taken for the least that any device has; where the driver does not know the
 * device's name or versions, programs are not cached, and only packs for any
 * device fit. A query that fails is told.
 *
 * CLLRN_INVALID_ARGUMENT  engine is NULL, an unknown struct_size or cache, one of alloc and free
 *                         missing, both pack and pack_data
 * CLLRN_DEVICE_MISMATCH   the device is neither one of the context's nor a sub-device of one
 * CLLRN_KERNEL_SOURCE     the kernel directory lacks a file
 * CLLRN_INVALID_PACK      the pack cannot be read, is none, or its tables are damaged
 * CLLRN_UNTRUSTED_PACK    another user can have written it; see any_owner
 * CLLRN_PACK_MISMATCH     it was made for another device, driver, library or kernels: the message
 *                         names both
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_engine_create(cl_context context, cl_device_id device,
                                           const cllrn_engine_options *options,
                                           cllrn_engine **engine, cllrn_error *error);

/*
 * Lets go of the engine; plans made from it stay usable and keep what they
 * need. NULL is fine. The caller makes sure that no other thread uses the
 * engine itself.
 */
CLLRN_API void cllrn_engine_destroy(cllrn_engine *engine);

/* The caller's own handles, not retained again. Any thread. */
CLLRN_API cl_context cllrn_engine_context(const cllrn_engine *engine);
CLLRN_API cl_device_id cllrn_engine_device(const cllrn_engine *engine);

/* The hash of the kernel sources in use, 16 hexadecimal digits, valid as long as the engine. */
CLLRN_API const char *cllrn_engine_kernel_hash(const cllrn_engine *engine);

/* How many programs the engine has made so far. Any thread. */
CLLRN_API size_t cllrn_engine_program_count(cllrn_engine *engine);

/*
 * Writes the name of one of all programs that plans of this engine can need,
 * fewer than 200, "cllrn_forward_planar_f32_t5_p34_w8_i32_v3" for instance (v3 being
 * the arithmetic version), and returns 1; 0 behind the last. Any thread.
 */
#define CLLRN_KERNEL_NAME_SIZE 64
CLLRN_API int32_t cllrn_engine_program_name(const cllrn_engine *engine, size_t number,
                                            char name[CLLRN_KERNEL_NAME_SIZE]);

/*
 * Makes a program ahead of time.
 *
 * CLLRN_INVALID_ARGUMENT  a NULL pointer, or no program has this name
 * CLLRN_PROGRAM_MISSING   the engine's pack lacks it
 * CLLRN_INVALID_PACK      its binary in the engine's pack is damaged
 * CLLRN_BUILD_FAILURE     it does not build, or the driver does not take its binary
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_engine_build(cllrn_engine *engine, const char *name,
                                          cllrn_error *error);

/*
 * All programs the engine has made so far, as a pack for the caller to destroy.
 * Keep its bytes, and hand them to cllrn_engine_import at the next start.
 *
 * CLLRN_INVALID_ARGUMENT  engine or pack is NULL
 * CLLRN_UNSUPPORTED       the device does not tell its name and versions
 * CLLRN_INVALID_PACK      more than 2^30 bytes
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread; waits for builds, and some drivers build anew for it.
 */
CLLRN_API cllrn_status cllrn_engine_export(cllrn_engine *engine, cllrn_pack **pack,
                                           cllrn_error *error);

/*
 * Gives the engine binaries that an export made, for programs it has not made
 * yet; data is copied. A binary that is damaged, or that the driver does not
 * take any more, is as if it were not there.
 *
 * CLLRN_INVALID_ARGUMENT  engine or data is NULL
 * CLLRN_INVALID_PACK      no pack, one of another format, or its tables are damaged
 * CLLRN_PACK_MISMATCH     made for another device, driver, library or kernels
 * CLLRN_OUT_OF_MEMORY
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_engine_import(cllrn_engine *engine, const void *data, size_t size,
                                           cllrn_error *error);

/* -------------------------------------------------------------------- plan */

/* One problem made ready for one engine: checked, a variant chosen, its program built. Immutable. */
typedef struct cllrn_plan cllrn_plan;

enum {
    CLLRN_FORWARD = 1, /* src is x, dst becomes y */
    CLLRN_BACKWARD = 2 /* src is x, dy the gradient of y, dst becomes dx */
};

/*
 * All tensors have the same dims and channel axis, and strides and blocks of
 * their own. Their dtypes are all float64; or float32 and one of the 16-bit
 * types, in any mixture.
 */
typedef struct cllrn_problem {
    uint32_t struct_size;
    int32_t direction;
    const cllrn_params *params; /* the pointed-to structs are copied */
    const cllrn_tensor *src;
    const cllrn_tensor *dst;
    const char *variant;     /* NULL: the best one; a name, for tests and measurements, forces it */
    const cllrn_tensor *dy;  /* CLLRN_BACKWARD only, else NULL */
    int32_t aliasing;        /* of all its enqueues, which may save a program; CLLRN_ANY_ALIASING: not known */
    int32_t reserved;        /* 0 */
} cllrn_problem;

#define CLLRN_PROBLEM_INIT { sizeof(cllrn_problem), CLLRN_FORWARD, 0, 0, 0, 0, 0, 0, 0 }

/* How the destination lies to the sources in an enqueue. */
enum {
    CLLRN_ANY_ALIASING = 0, /* in a problem: either */
    CLLRN_DISJOINT = 1,     /* no element in common */
    CLLRN_IN_PLACE = 2      /* the same buffer, offset, dtype, strides and block as src, or as dy */
};

/*
 * Checks the problem and builds what it needs; may take as long as the
 * device's compiler. Problems that differ in shape, alpha, beta or k share
 * programs, but for beta 0.75, which has programs of its own.
 *
 * CLLRN_INVALID_ARGUMENT      a NULL pointer, an unknown struct_size, direction or aliasing
 * CLLRN_INVALID_REGION, CLLRN_INVALID_WINDOW, CLLRN_INVALID_DIVISOR
 * CLLRN_INVALID_DTYPE, CLLRN_INVALID_RANK, CLLRN_INVALID_DIMS, CLLRN_INVALID_CHANNEL_AXIS
 * CLLRN_INVALID_BLOCK
 * CLLRN_INVALID_STRIDES       dst has a zero stride or two elements in one place
 * CLLRN_SHAPE_MISMATCH        the tensors differ in dims or channel axis, or mix dtypes otherwise;
 *                             only for CLLRN_IN_PLACE, but dst lies as no source does
 * CLLRN_UNSUPPORTED           float64 on a device without it, or of the EMBEDDED profile
 * CLLRN_SIZE_OVERFLOW         sizes times strides leave 63 bits
 * CLLRN_INVALID_VARIANT       the forced variant is unknown or cannot run this problem
 * CLLRN_UNSUPPORTED_SIZE      offsets of 2^30 elements or more, or channels and window that
 *                             add up to 2^31, on a device of the EMBEDDED profile
 * CLLRN_BUILD_FAILURE         the program does not build, or the driver refuses the pack's binary
 * CLLRN_NO_COMPILER           nor can any: the device's driver has no compiler; make the engine with
 *                             a pack
 * CLLRN_PROGRAM_MISSING       the engine's pack lacks the program, which the message names
 * CLLRN_INVALID_PACK          its binary in the engine's pack is damaged
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread; builds of one engine wait for one another.
 */
CLLRN_API cllrn_status cllrn_plan_create(cllrn_engine *engine, const cllrn_problem *problem,
                                         cllrn_plan **plan, cllrn_error *error);

/*
 * NULL is fine. The caller makes sure that no thread is inside an enqueue of
 * this plan; commands already enqueued are not affected.
 */
CLLRN_API void cllrn_plan_destroy(cllrn_plan *plan);

/*
 * Bytes of scratch an enqueue needs, for CLLRN_DISJOINT or CLLRN_IN_PLACE: 0
 * for most. Concurrent enqueues need one each. An unknown aliasing gives 0.
 */
CLLRN_API uint64_t cllrn_plan_scratch_size(const cllrn_plan *plan, int32_t aliasing);

/*
 * The variant that runs, "planar" or "strided" for instance; a static string.
 * "none" for an empty tensor, and for CLLRN_IN_PLACE where dst has the dtype
 * and strides of no source.
 */
CLLRN_API const char *cllrn_plan_variant(const cllrn_plan *plan, int32_t aliasing);

/* Where its program came from, CLLRN_COMPILED or another; CLLRN_NO_PROGRAM where the variant is "none". */
CLLRN_API int32_t cllrn_plan_origin(const cllrn_plan *plan, int32_t aliasing);

/*
 * Makes what the plans of these problems will need, ahead of time: makes each
 * plan and lets go of it. Stops at the first failure, whose status is that of
 * cllrn_plan_create; what was made before stays. What a driver leaves for a
 * kernel's first launch is left there (PoCL). Any thread.
 *
 * CLLRN_INVALID_ARGUMENT  engine is NULL, or problems with a count
 */
CLLRN_API cllrn_status cllrn_engine_prepare(cllrn_engine *engine,
                                            const cllrn_problem *const *problems, size_t count,
                                            cllrn_error *error);

/* The names a problem can be forced to, in order of preference; NULL behind the last. Any thread. */
CLLRN_API const char *cllrn_variant_name(size_t index);

/* ----------------------------------------------------------------- enqueue */

/* Kinds of memory a tensor can live in; SVM and USM pointers are reserved. */
enum { CLLRN_BUFFER = 1 };

typedef struct cllrn_memory {
    uint32_t struct_size;
    int32_t kind;    /* CLLRN_BUFFER */
    cl_mem buffer;   /* a buffer or sub-buffer of the engine's context */
    uint64_t offset; /* bytes to element (0, 0, ..), a multiple of the element size */
} cllrn_memory;

#define CLLRN_MEMORY_INIT { sizeof(cllrn_memory), CLLRN_BUFFER, 0, 0 }

/*
 * Enqueues a forward plan: one kernel command, never blocking. The command waits
 * for the events of the list, on in-order and out-of-order queues alike, and
 * sets *event when event is not NULL; the caller releases it. An empty tensor
 * enqueues nothing, or a marker where an event is asked for; its memories may
 * be NULL.
 *
 * dst may be src: the same buffer (sub-buffers count as the parts of their
 * parent they are), offset, dtype and strides. Any other overlap of elements is
 * refused; interleaved slices of one buffer that share no element are fine.
 * Where both lie in one buffer pass one and the same cl_mem: OpenCL leaves
 * undefined what a kernel sees that uses a buffer and its sub-buffer at once.
 * scratch may be NULL where cllrn_plan_scratch_size says 0; the command may
 * overwrite that many bytes of it, and it must overlap no tensor. Its element
 * is a float, with float64 a double. A buffer's memory (of CL_MEM_USE_HOST_PTR the
 * caller's own) need not be aligned to more than its element.
 *
 * CLLRN_INVALID_ARGUMENT   a NULL plan, src or dst, a backward plan, an unknown struct_size or
 *                          memory kind
 * CLLRN_INVALID_QUEUE      queue is not a command queue
 * CLLRN_DEVICE_MISMATCH    the queue is for another device than the engine's and its sub-devices
 * CLLRN_CONTEXT_MISMATCH   queue, buffer or event belong to another context
 * CLLRN_INVALID_BUFFER     not a buffer; src write-only, dst or scratch read-only
 * CLLRN_INVALID_OFFSET     offset not a multiple of the element size
 * CLLRN_BUFFER_TOO_SMALL   the tensor leaves the buffer
 * CLLRN_SCRATCH_TOO_SMALL  less scratch than needed, or none
 * CLLRN_PARTIAL_OVERLAP    src and dst, or scratch and either, share some elements
 * CLLRN_INVALID_VARIANT    a plan forced to a variant that cannot run in place (or only in place),
 *                          or made for the other aliasing
 * CLLRN_UNSUPPORTED_SIZE   an offset of 2^32 elements or more, device without 64-bit integers
 * CLLRN_INVALID_WAIT_LIST  count and list do not go together, or an entry is no event
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 *
 * A failure of the command itself shows on the event and on the queue. A
 * process that exits with work still in the queue is at its driver's mercy:
 * wait for it first. Any number of threads may enqueue one plan at once, each
 * with its own scratch.
 */
CLLRN_API cllrn_status cllrn_enqueue_forward(const cllrn_plan *plan, cl_command_queue queue,
                                             const cllrn_memory *src, const cllrn_memory *dst,
                                             const cllrn_memory *scratch, cl_uint wait_count,
                                             const cl_event *wait_list, cl_event *event,
                                             cllrn_error *error);

/*
 * Enqueues a backward plan: as cllrn_enqueue_forward. dst may be src or dy; src
 * and dy, which are only read, may overlap as they like.
 */
CLLRN_API cllrn_status cllrn_enqueue_backward(const cllrn_plan *plan, cl_command_queue queue,
                                              const cllrn_memory *src, const cllrn_memory *dy,
                                              const cllrn_memory *dst, const cllrn_memory *scratch,
                                              cl_uint wait_count, const cl_event *wait_list,
                                              cl_event *event, cllrn_error *error);

/* ------------------------------------------------------- offline compilers */

/*
 * Devices without a compiler, FPGAs above all, run what their vendor's offline
 * compiler made of a source. These are the sources, one for each program that
 * plans on a device can ask for (at most 200): each stands alone, needs no
 * options, and holds one kernel, whose name no other one has, so that any number
 * of them can go into one binary. `cllrn compile --emit-source` writes them.
 *
 * Kernel names and argument lists are an ABI: what changes behind a name changes
 * the name. cl/kernel.h tells what the arguments mean.
 */
#define CLLRN_OPTIONS_SIZE 200
#define CLLRN_ARGUMENTS_SIZE 1024

typedef struct cllrn_offline_program {
    uint32_t struct_size;
    int32_t direction;   /* CLLRN_FORWARD or CLLRN_BACKWARD */
    const char *variant; /* as of cllrn_variant_name; a static string */
    /*
     * cllrn_DIRECTION_VARIANT_TYPE[_tTAPS][_pPOWER]_wWIDTH_iINDEX[_o32]: the element type, "any"
     * where the arguments tell it; the window's taps, where unrolled; the power beta, "34" being
     * 3/4, where it is for one alone; floats in a vector; bits of an index; and whether offsets
     * have 32 bits.
     */
    char kernel[CLLRN_KERNEL_NAME_SIZE];
    char options[CLLRN_OPTIONS_SIZE];     /* what the source defines, as "-DNAME=VALUE .." */
    char arguments[CLLRN_ARGUMENTS_SIZE]; /* "TYPE NAME, TYPE NAME, ..", in their order */
} cllrn_offline_program;

#define CLLRN_OFFLINE_PROGRAM_INIT { sizeof(cllrn_offline_program), 0, 0, { 0 }, { 0 }, { 0 } }

/*
 * How many there are for an engine's device. NULL is any device that has no use
 * for vectors: every program that an engine on an FPGA asks for is in its list,
 * of at most 400. It has first the programs with 64-bit offsets, then those with
 * 32-bit offsets (_o32), which engines on devices of the EMBEDDED profile without
 * cles_khr_int64 ask for. The list and its sources need no OpenCL platform. Any
 * thread.
 */
CLLRN_API size_t cllrn_offline_count(const cllrn_engine *engine);

/*
 * Tells of one, numbered from 0. The numbers are those of this version of the
 * library.
 *
 * CLLRN_INVALID_ARGUMENT  program is NULL or of an unknown struct_size, number not below the count
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_offline_program_get(const cllrn_engine *engine, size_t number,
                                                 cllrn_offline_program *program,
                                                 cllrn_error *error);

/*
 * Writes its source, a zero behind it, to size bytes at text, and to *needed how
 * many bytes that are. Either may be NULL: text to ask for the size. Of an engine
 * with a kernel directory it is that directory's source.
 *
 * CLLRN_INVALID_ARGUMENT  both are NULL, or number is not below the count
 * CLLRN_BUFFER_TOO_SMALL  fewer bytes than needed
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_offline_source(const cllrn_engine *engine, size_t number, char *text,
                                            size_t size, size_t *needed, cllrn_error *error);

#ifdef __cplusplus
}
#endif

#endif
