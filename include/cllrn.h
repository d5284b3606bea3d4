/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @mainpage
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
 * positions. In general a window is a box; each of its axes has a lower and an
 * upper of its own.
 *
 * The headers are the manual. Read them from the top:
 *
 *     cllrn_types.h
 *       status and errors     what every call returns, and why
 *       version               of the library, and of the arithmetic
 *       parameters            the window, the divisor and alpha, beta, k
 *       tensors               shapes and strides, in elements
 *     cllrn.h
 *       devices               what is there, and which one a text names
 *       binary packs          compiled programs in one file or block of memory
 *       engine                your context and device, and the programs made for them
 *       plan                  one problem prepared for an engine
 *       enqueue               run a plan in your queue, on your buffers
 *       run                   a plan, its memory and an enqueue in one call; host memory too
 *       DLPack                tensors of other libraries
 *       offline compilers     kernel sources, for devices without a compiler
 *     cllrn_verify.h          not included by cllrn.h
 *       host and reference    the same operator on host memory, without OpenCL
 *       digest                one number that identifies a result on every device
 *
 * A complete program is in README.md.
 *
 * Conventions of this interface
 * - Declare every struct with its initialiser, as  cllrn_tensor t = CLLRN_TENSOR_INIT;
 *   It sets struct_size, so that structs can grow without breaking programs
 *   built against an older header, and zeros the reserved fields, which must
 *   stay 0: anything else is CLLRN_INVALID_ARGUMENT.
 * - Enumerations are int32_t; dims, strides and sizes have 64 bits.
 * - Dims, strides and window sizes are in elements; offsets, buffer sizes and
 *   scratch sizes are in bytes.
 * - Every function that can fail returns a status, CLLRN_SUCCESS being 0, and
 *   takes a cllrn_error that may be NULL. When a call fails it has enqueued
 *   nothing, written nothing and set no out-parameter, except where a function
 *   says otherwise.
 * - cl_context, cl_device_id, cl_command_queue, cl_mem and cl_event belong to
 *   the caller. The library retains each object it stores and releases it later.
 * - The library has no initialisation and no exit handler, and prints nothing.
 *   Its only global state is the list of the engines of cllrn_engine_share.
 * - Thread safety is stated for each function. Different objects may always be
 *   used by different threads.
 */
#ifndef CLLRN_H
#define CLLRN_H

/* The tables below are aligned by hand. */
/* clang-format off */

#ifdef __APPLE__
#include <OpenCL/cl.h>
#else
#include <CL/cl.h>
#endif

#include <cllrn_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ----------------------------------------------------------------- devices */
/** @defgroup devices Devices
 * @{ */

/**
 * Lists the devices of all platforms, in the order and with the index of `cllrn
 * devices`. Writes the first `room` of them to devices, and sets *count to how
 * many there are. devices may be NULL if room is 0. A platform that fails, or
 * has no device, is passed over.
 *
 *     CLLRN_INVALID_ARGUMENT  count is NULL, or devices is NULL and room is not 0
 *     CLLRN_NO_DEVICE         no platform, or no device: the message names a package that gives one
 *     CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread. When it fails, devices may have been written to.
 */
CLLRN_API cllrn_status cllrn_device_list(cl_device_id *devices, size_t room, size_t *count,
                                         cllrn_error *error);

/**
 * Finds the device that spec names: an index of cllrn_device_list, or a part of
 * a device's or a platform's name in upper or lower case, of which the first
 * match counts. A number is always an index. spec NULL or "" means
 * $CLLRN_DEVICE; where that is not set, or in a set-user-id process, the first
 * GPU, else the first accelerator, else the first CPU.
 *
 *     CLLRN_INVALID_ARGUMENT  device is NULL
 *     CLLRN_NO_DEVICE         as for cllrn_device_list; or no such device: the message lists all
 *     CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_device_find(const char *spec, cl_device_id *device,
                                         cllrn_error *error);

/** @} */
/* ------------------------------------------------------------ binary packs */
/** @defgroup binary_packs Binary packs
 * @{ */

/**
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

/** What a pack was made for. All of these texts must equal those of the engine. */
typedef int32_t cllrn_pack_field;
enum {
    CLLRN_PACK_LIBRARY = 0, /**< cllrn_version() */
    CLLRN_PACK_KERNELS = 1, /**< cllrn_engine_kernel_hash() */
    CLLRN_PACK_PLATFORM = 2,
    CLLRN_PACK_PLATFORM_VERSION = 3,
    CLLRN_PACK_DEVICE = 4,
    CLLRN_PACK_VENDOR = 5,
    CLLRN_PACK_DEVICE_VERSION = 6,
    CLLRN_PACK_DRIVER = 7,
    CLLRN_PACK_ADDRESS_BITS = 8, /**< "32" or "64" */
    CLLRN_PACK_TEXTS = 9 /**< the number of texts */
};

/**
 * Copies a pack from memory and checks all of it. The caller destroys *pack.
 *
 *     CLLRN_INVALID_ARGUMENT  data or pack is NULL
 *     CLLRN_INVALID_PACK      not a pack, a pack of another format, or a damaged one
 *     CLLRN_OUT_OF_MEMORY
 */
CLLRN_API cllrn_status cllrn_pack_open(const void *data, size_t size, cllrn_pack **pack,
                                       cllrn_error *error);

/** pack may be NULL. */
CLLRN_API void cllrn_pack_destroy(cllrn_pack *pack);

/** The bytes to store, and how many; valid as long as the pack. */
CLLRN_API const void *cllrn_pack_data(const cllrn_pack *pack, size_t *size);

/** One of CLLRN_PACK_*, valid as long as the pack; "" for an unknown one. */
CLLRN_API const char *cllrn_pack_text(const cllrn_pack *pack, cllrn_pack_field field);

/** How many programs the pack has. */
CLLRN_API size_t cllrn_pack_count(const cllrn_pack *pack);

/**
 * The name of program `index` of the pack, counted from 0; NULL after the last. Sets *kernel
 * to the name that its kernel has in the binary, "" for the usual name, and
 * *size to the bytes of the binary. kernel and size may be NULL.
 */
CLLRN_API const char *cllrn_pack_program(const cllrn_pack *pack, size_t index,
                                         const char **kernel, size_t *size);

/**
 * Makes an empty pack for any device. cllrn_pack_add fills it with SPIR-V
 * modules whose kernels were compiled from the sources of cllrn_program_source;
 * the driver of an engine's device compiles the modules. Only for devices whose
 * CL_DEVICE_IL_VERSION names SPIR-V and whose driver has cl_khr_il_program.
 *
 *     CLLRN_INVALID_ARGUMENT  pack is NULL
 *     CLLRN_OUT_OF_MEMORY
 */
CLLRN_API cllrn_status cllrn_pack_create(cllrn_pack **pack, cllrn_error *error);

/**
 * Makes a new pack, *sum, of a pack and one more binary, which a vendor's
 * offline compiler made or which is a SPIR-V module. The binary holds the
 * kernels of `count` programs. programs[i] is a name of
 * cllrn_program_get, and kernels[i] the name of its kernel in the
 * binary: the program's name where kernels or kernels[i] is NULL.
 *
 *     CLLRN_INVALID_ARGUMENT  a NULL pointer, size or count 0, a name that is NULL, empty, given
 *                             twice, or in the pack already, more than 1024 programs
 *     CLLRN_INVALID_PACK      *sum would have more than 1024 programs or 2^30 bytes, or the pack is
 *                             for any device and the binary is not SPIR-V
 *     CLLRN_OUT_OF_MEMORY
 */
CLLRN_API cllrn_status cllrn_pack_add(const cllrn_pack *pack, const void *binary, size_t size,
                                      const char *const *programs, const char *const *kernels,
                                      size_t count, cllrn_pack **sum, cllrn_error *error);

/**
 * Whether a pack was made for a device and for the built-in kernels. If
 * any_driver is not 0, the versions of platform, device and driver are not
 * compared.
 *
 *     CLLRN_INVALID_ARGUMENT  pack or device is NULL
 *     CLLRN_PACK_MISMATCH     made for something else, or the device does not tell its name and
 *                             versions, or the pack is for any device and this one takes no SPIR-V
 *     CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 */
CLLRN_API cllrn_status cllrn_pack_check(const cllrn_pack *pack, cl_device_id device,
                                        int32_t any_driver, cllrn_error *error);

/** @} */
/* ------------------------------------------------------------------ engine */
/** @defgroup engine Engine
 * @{ */

/**
 * One context and one device of the caller, and the programs made for them. A
 * program is made when a plan first needs it, from the first of these that has
 * it:
 *
 *     1. a program of the caller's, given to cllrn_engine_add, or a pack given
 *        to cllrn_engine_import, the newest first
 *     2. the binary pack of the engine's options; such an engine never compiles
 *     3. the disk cache
 *     4. the device's compiler
 *
 * An imported or cached binary that cannot be used is skipped, and the log says
 * so. A failure is not remembered: the next call tries again.
 *
 * Any number of threads may use an engine. A thread waits for another thread
 * only while that one makes the very program it needs; different programs are
 * made at the same time, and a plan whose programs exist waits for nobody.
 */
typedef struct cllrn_engine cllrn_engine;

/** Where a program came from. */
typedef int32_t cllrn_origin;
enum {
    CLLRN_ORIGIN_NONE = 0,
    CLLRN_ORIGIN_COMPILED = 1,
    CLLRN_ORIGIN_CACHED = 2,
    CLLRN_ORIGIN_PACKED = 3,
    CLLRN_ORIGIN_IMPORTED = 4, /**< cllrn_engine_import */
    CLLRN_ORIGIN_CALLER = 5    /**< cllrn_engine_add */
};

/**
 * "compiled", "cached", "packed", "imported", "caller", "none"; "unknown origin"
 * for any other. Any thread.
 */
CLLRN_API const char *cllrn_origin_string(cllrn_origin origin);

/** Whether an engine uses the disk cache; see cllrn_engine_options. */
typedef int32_t cllrn_cache_mode;
enum { CLLRN_CACHE_AUTO = 0, CLLRN_CACHE_OFF = 1, CLLRN_CACHE_ON = 2 };

/** How grave a message is. */
typedef int32_t cllrn_log_level;
enum { CLLRN_LOG_ERROR = 1, CLLRN_LOG_WARNING = 2, CLLRN_LOG_INFO = 3, CLLRN_LOG_DEBUG = 4 };

/**
 * Receives the engine's messages: programs compiled and loaded, from where, and
 * how long it took; what is wrong with a cache; whole build logs. Called on the
 * thread whose call caused the message, or on a thread of cllrn_engine_prepare;
 * by several threads at once if several use the engine.
 *
 * No lock is held during a call, so the function may call into this engine and
 * into others. A program that is being made is not available inside it: what
 * asks for one fails with CLLRN_INVALID_ARGUMENT instead of waiting.
 */
typedef void (*cllrn_log_fn)(void *user, cllrn_log_level level, const char *message);

/**
 * The allocator of engines, programs and plans: give both functions or neither.
 * Both must be thread-safe; no lock is held during a call. Temporary memory of
 * a call, kernel texts read from a directory, and packs come from malloc.
 */
typedef void *(*cllrn_alloc_fn)(void *user, size_t size);
/** Releases what cllrn_alloc_fn gave. */
typedef void (*cllrn_free_fn)(void *user, void *memory);

/** How an engine gets its programs, and whom it tells. */
typedef struct cllrn_engine_options {
    uint32_t struct_size; /**< set by the initialiser */
    const char *kernel_dir; /**< where the .cl files are; NULL or "": $CLLRN_KERNEL_DIR, else built in */
    cllrn_log_fn log;       /**< may be NULL */
    void *log_user; /**< passed to log */
    cllrn_alloc_fn alloc; /**< may be NULL: malloc and free */
    cllrn_free_fn free;   /**< NULL where alloc is */
    void *alloc_user;     /**< passed to alloc and free */

    /**
     * The disk cache: one file per program. Its directory has mode 0700 and is
     * created when the first program is stored, with its parent, but no
     * directory above that: a home directory is never created. A directory or
     * file of the cache is not used if it belongs to another user (but for files
     * of root), if others may write to it, or if it is a symbolic link. AUTO uses the cache unless
     * $CLLRN_CACHE is "off", "0", "no" or "false", in upper or lower case.
     */
    cllrn_cache_mode cache; /**< CLLRN_CACHE_AUTO, .. */
    int32_t any_driver;    /**< not 0: a pack for other versions of platform, device, driver is fine */
    const char *cache_dir; /**< NULL or "": $CLLRN_CACHE_DIR, $XDG_CACHE_HOME/cllrn, $HOME/.cache/cllrn, or none */
    uint64_t cache_limit;  /**< bytes; the least recently used entries above it are removed; 0: 2^28 */

    /** The binary pack that all programs come from: a file name, or memory; NULL: none. */
    const char *pack;
    const void *pack_data; /**< copied */
    size_t pack_size;      /**< the bytes of pack_data */
    /**
     * 0: a pack file must belong to this process's user or to root, and neither
     * group nor others may have write permission, because the driver runs what
     * they could write. This includes the user's own group: nothing tells
     * reliably who else is in it. Not 0: any file is accepted.
     */
    int32_t any_owner;
    int32_t reserved; /**< 0 */
} cllrn_engine_options;

/** The initialiser of cllrn_engine_options. */
#define CLLRN_ENGINE_OPTIONS_INIT \
    { sizeof(cllrn_engine_options), 0, 0, 0, 0, 0, 0, CLLRN_CACHE_AUTO, 0, 0, 0, 0, 0, 0, 0, 0 }

/**
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
 *     CLLRN_INVALID_ARGUMENT  context, device or engine is NULL, an unknown struct_size or cache,
 *                             one of alloc and free missing, both pack and pack_data
 *     CLLRN_DEVICE_MISMATCH   the device is neither one of the context's nor a sub-device of one
 *     CLLRN_KERNEL_SOURCE     a file of the kernel directory is missing or unreadable
 *     CLLRN_INVALID_PACK      the pack cannot be read, is not a pack, or its tables are damaged
 *     CLLRN_UNTRUSTED_PACK    another user could have written the pack; see any_owner
 *     CLLRN_PACK_MISMATCH     the pack was made for another device, driver, library or kernels: the
 *                             message names both
 *     CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_engine_create(cl_context context, cl_device_id device,
                                           const cllrn_engine_options *options,
                                           cllrn_engine **engine, cllrn_error *error);

/**
 * Sets *engine to the engine that all callers in the process have who ask for
 * this context and device; so libraries that know nothing of each other make
 * each program once. It is made, with default options, where nobody has one.
 * context NULL means a context that the library makes for this device alone,
 * the same for all who pass NULL; cllrn_engine_context returns it.
 *
 * Each call is matched by one of cllrn_engine_destroy; the last one releases
 * the engine. An engine of cllrn_engine_create is never shared. Each copy of the
 * library in a process, as static linking makes, has engines of its own.
 *
 *     CLLRN_INVALID_ARGUMENT  device or engine is NULL
 * and as for cllrn_engine_create. Any thread. Waits for other threads while they
 * make a shared engine.
 */
CLLRN_API cllrn_status cllrn_engine_share(cl_context context, cl_device_id device,
                                          cllrn_engine **engine, cllrn_error *error);

/**
 * Releases the engine. Plans made from it stay usable and keep what they need.
 * engine may be NULL. No other thread may be using the engine itself; of a
 * shared engine, none on behalf of this caller.
 */
CLLRN_API void cllrn_engine_destroy(cllrn_engine *engine);

/** The engine's context, not retained again. Any thread. */
CLLRN_API cl_context cllrn_engine_context(const cllrn_engine *engine);

/** The engine's device, not retained again. Any thread. */
CLLRN_API cl_device_id cllrn_engine_device(const cllrn_engine *engine);

/** The hash of the kernel sources in use, 16 hexadecimal digits, valid as long as the engine. */
CLLRN_API const char *cllrn_engine_kernel_hash(const cllrn_engine *engine);

/** How many programs the engine has made so far. Any thread. */
CLLRN_API size_t cllrn_engine_programs_made(cllrn_engine *engine);

/** Room for the name of a program and a final zero; see cllrn_program_get. */
#define CLLRN_KERNEL_NAME_SIZE 64

/**
 * Makes the program of a name ahead of time.
 *
 *     CLLRN_INVALID_ARGUMENT  a NULL pointer, or no program has this name
 *     CLLRN_PROGRAM_MISSING   the engine's pack lacks the program
 *     CLLRN_INVALID_PACK      the program's binary in the engine's pack is damaged
 *     CLLRN_BUILD_FAILURE     the program does not build, or the driver refuses its binary
 *     CLLRN_NO_COMPILER       the device's driver has no compiler
 *     CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_engine_build(cllrn_engine *engine, const char *name,
                                          cllrn_error *error);

/**
 * Makes a pack of all programs the engine has made so far. The caller destroys
 * the pack. Store its bytes, and pass them to cllrn_engine_import at the next
 * start.
 *
 *     CLLRN_INVALID_ARGUMENT  engine or pack is NULL
 *     CLLRN_UNSUPPORTED       the device does not tell its name and versions
 *     CLLRN_INVALID_PACK      more than 2^30 bytes
 *     CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread. Programs that another thread is still making are not in the pack;
 * some drivers build again to give a binary.
 */
CLLRN_API cllrn_status cllrn_engine_export(cllrn_engine *engine, cllrn_pack **pack,
                                           cllrn_error *error);

/**
 * Gives the engine the binaries of an exported pack, for programs it has not
 * made yet. data is copied. A binary that is damaged, or that the driver no
 * longer accepts, is skipped.
 *
 *     CLLRN_INVALID_ARGUMENT  engine or data is NULL
 *     CLLRN_INVALID_PACK      not a pack, a pack of another format, or its tables are damaged
 *     CLLRN_PACK_MISMATCH     made for another device, driver, library or kernels
 *     CLLRN_OUT_OF_MEMORY
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_engine_import(cllrn_engine *engine, const void *data, size_t size,
                                           cllrn_error *error);

/**
 * Gives the engine kernels of a program of the caller's, which was built for the
 * engine's device: a runtime may have one program for many libraries, or one
 * binary on an FPGA. names[i] is the name of a program of cllrn_program_get, and
 * kernels[i] the name of its kernel in `program`: names[i] where kernels or
 * kernels[i] is NULL. names NULL with count 0 means every kernel whose name is
 * the name of a program of this device. The kernels must have been compiled
 * from the sources of cllrn_program_source.
 *
 * The program is retained until the engine and its plans are destroyed. A
 * program that the engine has made already is not replaced.
 *
 *     CLLRN_INVALID_ARGUMENT  engine or program is NULL or no program, names and count do not
 *                             match, a name that is no program of the device, a kernel that the
 *                             program lacks, no such kernel at all, or the program is not built
 *     CLLRN_CONTEXT_MISMATCH  the program is of another context
 *     CLLRN_DEVICE_MISMATCH   the program is not for the engine's device
 *     CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * On failure no kernel is taken. Any thread.
 */
CLLRN_API cllrn_status cllrn_engine_add(cllrn_engine *engine, cl_program program,
                                        const char *const *names, const char *const *kernels,
                                        size_t count, cllrn_error *error);

/** @} */
/* -------------------------------------------------------------------- plan */
/** @defgroup plan Plan
 * @{ */

/** A problem prepared for one engine: checked, its variant chosen, its program made. Immutable. */
typedef struct cllrn_plan cllrn_plan;

/** What a problem computes. */
typedef int32_t cllrn_direction;
enum {
    CLLRN_DIRECTION_FORWARD = 1, /**< src is x, dst becomes y */
    CLLRN_DIRECTION_BACKWARD = 2 /**< src is x, dy the gradient of y, dst becomes dx */
};

/** Whether the destination of an enqueue is one of its sources. */
typedef int32_t cllrn_aliasing;
enum {
    CLLRN_ALIASING_DISJOINT = 0, /**< dst shares no element with a source */
    CLLRN_ALIASING_IN_PLACE = 1, /**< the same buffer, offset, dtype, strides and block as src, or as dy */
    CLLRN_ALIASING_EITHER = 2    /**< in a problem only: either of these, for up to two programs */
};

/**
 * All tensors have the same dims and channel axis; their strides and channel
 * blocks may differ. Their dtypes are all float64, or any mixture of float32
 * and one of the 16-bit types.
 */
typedef struct cllrn_problem {
    uint32_t struct_size; /**< set by the initialiser */
    cllrn_direction direction;  /**< CLLRN_DIRECTION_FORWARD by default */
    const cllrn_params *params; /**< the pointed-to structs are copied */
    const cllrn_tensor *src;    /**< x */
    const cllrn_tensor *dst;    /**< y, or backward dx */
    const char *variant;     /**< NULL: the library chooses; a name, for tests, forces a variant */
    const cllrn_tensor *dy;  /**< CLLRN_DIRECTION_BACKWARD only, else NULL */
    cllrn_aliasing aliasing; /**< of the enqueues; CLLRN_ALIASING_DISJOINT by default */
    int32_t reserved;        /**< 0 */
    /**
     * The most bytes of scratch that an enqueue may need; variants that need
     * more are passed over. 0, and more than that: what the device allows for
     * one buffer (CL_DEVICE_MAX_MEM_ALLOC_SIZE).
     */
    uint64_t scratch_limit;
} cllrn_problem;

/** The initialiser of cllrn_problem. */
#define CLLRN_PROBLEM_INIT \
    { sizeof(cllrn_problem), CLLRN_DIRECTION_FORWARD, 0, 0, 0, 0, 0, 0, 0, 0 }

/**
 * Checks the problem and makes its programs, which may take as long as the
 * device's compiler takes. Problems that differ in shape, alpha, beta or k
 * share programs, except that beta 0.75 has programs of its own.
 *
 * If a program is missing, and the engine cannot compile it (it has a pack, or
 * the device no compiler), another program stands in for it: the general one of
 * the same variant, else that of the next variant which can run the problem.
 * The log says so once; see cllrn_plan_stand_in_for.
 *
 *     CLLRN_INVALID_ARGUMENT  a NULL pointer, an unknown struct_size, direction or aliasing, a
 *                             reserved field that is not 0
 *     CLLRN_INVALID_WINDOW, CLLRN_INVALID_DIVISOR
 *     CLLRN_INVALID_DTYPE, CLLRN_INVALID_RANK, CLLRN_INVALID_DIMS, CLLRN_INVALID_CHANNEL_AXIS
 *     CLLRN_INVALID_BLOCK
 *     CLLRN_INVALID_STRIDES   dst has a zero stride or two elements at one address
 *     CLLRN_SHAPE_MISMATCH    the tensors differ in dims or channel axis, or their dtypes cannot be
 *                             mixed; or aliasing is CLLRN_ALIASING_IN_PLACE, but dst has the dtype,
 *                             strides and block of no source
 *     CLLRN_UNSUPPORTED       float64 on a device without it, or of the EMBEDDED profile; or a
 *                             window that is not computed yet, see cllrn_params
 *     CLLRN_SIZE_OVERFLOW     a product of sizes and strides exceeds 63 bits
 *     CLLRN_INVALID_VARIANT   the forced variant is unknown, cannot run this problem, or is for
 *                             other devices while the engine cannot compile its program
 *     CLLRN_SCRATCH_LIMIT     the problem needs more scratch than scratch_limit, or than the device
 *                             allows for one buffer
 *     CLLRN_UNSUPPORTED_SIZE  offsets of 2^30 elements or more, or channels and window that add up
 *                             to 2^31, on a device of the EMBEDDED profile
 *     CLLRN_BUILD_FAILURE     the program does not build, or the driver refuses the pack's binary
 *     CLLRN_NO_COMPILER       the device's driver has no compiler; create the engine with a pack
 *     CLLRN_PROGRAM_MISSING   the engine's pack lacks the program, which the message names, and
 *                             every other one that could stand in for it
 *     CLLRN_INVALID_PACK      the program's binary in the engine's pack is damaged
 *     CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 * Any thread. Waits for another thread only while that one makes a program that
 * this plan needs. A plan whose program exists costs about 7,000 instructions to
 * make and destroy, and takes no lock, so there is no need to keep plans.
 */
CLLRN_API cllrn_status cllrn_plan_create(cllrn_engine *engine, const cllrn_problem *problem,
                                         cllrn_plan **plan, cllrn_error *error);

/**
 * plan may be NULL. No thread may be inside an enqueue of this plan; commands
 * already enqueued are not affected.
 */
CLLRN_API void cllrn_plan_destroy(cllrn_plan *plan);

/**
 * Bytes of scratch memory that an enqueue needs, for CLLRN_ALIASING_DISJOINT or
 * CLLRN_ALIASING_IN_PLACE; 0 for most plans, and for any other aliasing. Enqueues that
 * run at the same time need scratch memory of their own.
 */
CLLRN_API uint64_t cllrn_plan_scratch_size(const cllrn_plan *plan, cllrn_aliasing aliasing);

/**
 * The name of the variant that runs, "planar" or "strided" for instance; a
 * static string. "none" for an empty tensor, and for CLLRN_ALIASING_IN_PLACE where dst
 * has the dtype and strides of no source.
 */
CLLRN_API const char *cllrn_plan_variant(const cllrn_plan *plan, cllrn_aliasing aliasing);

/**
 * The name of the program that runs, as of cllrn_program_get; "none" if the
 * variant is "none". Valid as long as the plan.
 */
CLLRN_API const char *cllrn_plan_program(const cllrn_plan *plan, cllrn_aliasing aliasing);

/**
 * The name of the program that the plan should have, but that was missing, so
 * that the one of cllrn_plan_program stands in for it: slower, with the same
 * bits. NULL if none is missing. Valid as long as the plan.
 */
CLLRN_API const char *cllrn_plan_stand_in_for(const cllrn_plan *plan, cllrn_aliasing aliasing);

/**
 * Where the program came from, CLLRN_ORIGIN_COMPILED or another; CLLRN_ORIGIN_NONE if
 * the variant is "none".
 */
CLLRN_API cllrn_origin cllrn_plan_origin(const cllrn_plan *plan, cllrn_aliasing aliasing);

/**
 * Writes the name of the program that a problem needs, as of cllrn_program_get,
 * and makes nothing: for a list of the programs that a pack must have. For
 * CLLRN_ALIASING_EITHER, that of CLLRN_ALIASING_DISJOINT; "" for an empty
 * tensor. engine NULL means any device without a compiler: a full one, without
 * vectors.
 *
 *     CLLRN_INVALID_ARGUMENT  name is NULL
 * and what is wrong with the problem, as for cllrn_plan_create. Any thread.
 */
CLLRN_API cllrn_status cllrn_problem_program(const cllrn_engine *engine,
                                             const cllrn_problem *problem,
                                             char name[CLLRN_KERNEL_NAME_SIZE], cllrn_error *error);

/**
 * Sets *size to the scratch memory that the problem needs, in bytes, and makes
 * nothing: what cllrn_plan_scratch_size says of a plan for the problem, for
 * CLLRN_ALIASING_EITHER the larger of both. A program that stands in for a
 * missing one may need another size; see cllrn_plan_stand_in_for.
 *
 *     CLLRN_INVALID_ARGUMENT  engine or size is NULL
 * and what is wrong with the problem, as for cllrn_plan_create. Any thread.
 */
CLLRN_API cllrn_status cllrn_problem_scratch_size(const cllrn_engine *engine,
                                                  const cllrn_problem *problem, uint64_t *size,
                                                  cllrn_error *error);

/** How cllrn_engine_prepare works. */
typedef struct cllrn_prepare_options {
    uint32_t struct_size; /**< set by the initialiser */
    int32_t threads; /**< at most 64; 0: as many as processors; 1: only the calling thread */
    int32_t go_on;   /**< not 0: prepares the other problems too after one has failed */
    int32_t reserved; /**< 0 */
} cllrn_prepare_options;

/** The initialiser of cllrn_prepare_options. */
#define CLLRN_PREPARE_OPTIONS_INIT { sizeof(cllrn_prepare_options), 0, 0, 0 }

/**
 * Makes the programs of these problems ahead of time, by creating each plan and
 * destroying it; programs are built at the same time as far as the driver can.
 * The problems are taken in order. After a failure no further one is taken,
 * unless go_on is set; programs made before stay. Work that a driver does only
 * at a kernel's first launch, as PoCL does, is not done here. options may be
 * NULL. The threads end before the call returns, and receive no signals.
 *
 * Returns the status of the first problem that failed, as of cllrn_plan_create,
 * and sets *failed, if it is not NULL, to the problem's index.
 *
 *     CLLRN_INVALID_ARGUMENT  engine is NULL, problems is NULL and count is not 0, or the options
 *                             are not initialised or threads is negative: *failed is then not set
 *     CLLRN_OUT_OF_MEMORY     as of a problem; or for the threads: *failed is then not set
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_engine_prepare(cllrn_engine *engine,
                                            const cllrn_problem *const *problems, size_t count,
                                            const cllrn_prepare_options *options, size_t *failed,
                                            cllrn_error *error);

/** How many variants there are. Any thread. */
CLLRN_API size_t cllrn_variant_count(void);

/**
 * The names that cllrn_problem.variant takes, in order of preference; NULL for
 * index cllrn_variant_count() and beyond. Any thread.
 */
CLLRN_API const char *cllrn_variant_name(size_t index);

/** @} */
/* ----------------------------------------------------------------- enqueue */
/** @defgroup enqueue Enqueue
 * @{ */

/**
 * Kinds of memory. Operands of one call may be of different kinds; memory of
 * OpenCL is of the engine's context. What OpenCL cannot tell of a memory is not
 * checked:
 *
 *     BUFFER  All is checked: context, flags, size.
 *     SVM     Shared virtual memory of OpenCL 2.0: coarse or fine grained, from
 *             clSVMAlloc, or any memory where the device has fine-grained system SVM.
 *             The context, flags and size of an allocation are not checked: a pointer
 *             outside of one is undefined behaviour. Coarse-grained memory must not be
 *             mapped while the command runs.
 *     USM     Host, device or shared memory of cl_intel_unified_shared_memory. The
 *             context, the size and, of device memory, the device are checked; there
 *             are no flags to restrict access.
 *     HOST    Any memory of the process, for cllrn_run only. Nothing is checked.
 */
typedef int32_t cllrn_memory_kind;
enum {
    CLLRN_MEMORY_BUFFER = 1,
    CLLRN_MEMORY_SVM = 2,
    CLLRN_MEMORY_USM = 3,
    CLLRN_MEMORY_HOST = 4
};

/**
 * Element (0, 0, ..) lies offset bytes behind the buffer's begin or the pointer.
 * For a buffer offset must be a multiple of the element size, for a pointer the
 * sum of both, except that host memory may have any address. The pointer may lie
 * anywhere in its allocation.
 */
typedef struct cllrn_memory {
    uint32_t struct_size; /**< set by the initialiser */
    cllrn_memory_kind kind; /**< CLLRN_MEMORY_BUFFER by default */
    cl_mem buffer; /**< CLLRN_MEMORY_BUFFER: a buffer or sub-buffer; else NULL */
    void *pointer; /**< all other kinds; else NULL */
    uint64_t offset; /**< of element (0, 0, ..), in bytes */
} cllrn_memory;

/** The initialiser of cllrn_memory. */
#define CLLRN_MEMORY_INIT { sizeof(cllrn_memory), CLLRN_MEMORY_BUFFER, 0, 0, 0 }

/**
 * The memory of one enqueue, by name. dy is for backward plans only, else NULL.
 * scratch may be NULL if cllrn_plan_scratch_size is 0.
 */
typedef struct cllrn_operands {
    uint32_t struct_size; /**< set by the initialiser */
    int32_t reserved; /**< 0 */
    const cllrn_memory *src;     /**< x, read only */
    const cllrn_memory *dy;      /**< the gradient of y, read only */
    const cllrn_memory *dst;     /**< receives y, or backward dx */
    const cllrn_memory *scratch; /**< overwritten; see cllrn_plan_scratch_size */
} cllrn_operands;

/** The initialiser of cllrn_operands. */
#define CLLRN_OPERANDS_INIT { sizeof(cllrn_operands), 0, 0, 0, 0, 0 }

/**
 * Enqueues a plan as one kernel command, without blocking. The command waits
 * for the events of the wait list, on in-order and out-of-order queues alike.
 * If event is not NULL, *event is set to the command's event, which the caller
 * releases. For an empty tensor nothing is enqueued, or only a marker if event
 * is not NULL; the memories of the operands may then be NULL.
 *
 * With a plan for CLLRN_ALIASING_IN_PLACE or CLLRN_ALIASING_EITHER, dst may be
 * src, or dy, in place: the same memory, offset, dtype, strides and block. Any
 * other overlap of the elements of dst and a source is refused; interleaved
 * slices of one memory that share no element are fine. src and dy are only read
 * and may overlap each other. A sub-buffer counts as the part of its parent
 * buffer that it is. Pointers of all kinds, and buffers of CL_MEM_USE_HOST_PTR,
 * count as the addresses that they are; other buffers cannot overlap a pointer.
 * If two operands lie in one memory, pass both in the same way: OpenCL leaves
 * the behaviour undefined when a kernel uses a buffer and its sub-buffer, or a
 * buffer and the pointer it was made of, at once.
 *
 * The command may overwrite cllrn_plan_scratch_size bytes of scratch, which
 * must overlap no tensor. The element of scratch is a float, for float64
 * tensors a double. Memory (for CL_MEM_USE_HOST_PTR the caller's) needs no more
 * alignment than its element.
 *
 *     CLLRN_INVALID_ARGUMENT   plan, operands, src, dst or a backward plan's dy is NULL, a forward
 *                              plan's dy is not, an unknown struct_size or memory kind, or a memory
 *                              with both a buffer and a pointer
 *     CLLRN_INVALID_QUEUE      queue is not a command queue
 *     CLLRN_DEVICE_MISMATCH    the queue is not for the engine's device or one of its sub-devices,
 *                              or USM device memory is of another device
 *     CLLRN_UNSUPPORTED        an SVM or USM pointer where the device or the OpenCL loader has
 *                              none, or memory of CLLRN_MEMORY_HOST
 *     CLLRN_CONTEXT_MISMATCH   queue, buffer or event belong to another context
 *     CLLRN_INVALID_BUFFER     not a buffer; a source is write-only, dst read-only, or scratch
 *                              either; a NULL pointer, or not USM memory of the context
 *     CLLRN_INVALID_OFFSET     a buffer's offset, or a pointer's address, is not a multiple of the
 *                              element size
 *     CLLRN_BUFFER_TOO_SMALL   offset and tensor exceed the buffer or the USM allocation
 *     CLLRN_SCRATCH_TOO_SMALL  less scratch than needed, or none
 *     CLLRN_INVALID_ALIASING   the plan does not run in place, or only in place:
 *                              cllrn_problem.aliasing, or the variant it was forced to, says so
 *     CLLRN_PARTIAL_OVERLAP    dst and a source share elements, but not in place, or scratch
 *                              overlaps a tensor
 *     CLLRN_UNSUPPORTED_SIZE   an offset of 2^32 elements or more on a device without 64-bit
 *                              integers
 *     CLLRN_INVALID_WAIT_LIST  count and list do not match, or an entry is not an event
 *     CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 *
 * If the command itself fails, its event and the queue report the failure. Wait
 * for the queue before the process exits: what becomes of unfinished commands
 * then depends on the driver. Any number of threads may enqueue one plan at
 * once, each with its own scratch.
 */
CLLRN_API cllrn_status cllrn_enqueue(const cllrn_plan *plan, cl_command_queue queue,
                                     const cllrn_operands *operands, cl_uint wait_count,
                                     const cl_event *wait_list, cl_event *event,
                                     cllrn_error *error);

/** @} */
/* --------------------------------------------------------------------- run */
/** @defgroup run Run
 * @{ */

/**
 * Runs a problem once: makes its plan, scratch memory unless operands has some,
 * and what operands of CLLRN_MEMORY_HOST need; enqueues the kernel as
 * cllrn_enqueue does, and releases all of it. queue NULL is a queue of the
 * engine's own, made at its first use. The problem runs in place where dst is
 * src, or dy; cllrn_problem.aliasing only has to be valid.
 *
 * With event NULL the call returns when dst is complete. Otherwise it returns
 * when its commands are enqueued, and *event, which the caller releases, is the
 * event of the last: dst is complete when that is. Until then host memory
 * belongs to the call. A host source must be complete when the call is made, or
 * when the events of the wait list are; earlier commands in the queue are not
 * enough.
 *
 * How the device gets host memory, from the first of these that is possible:
 *
 *     1. by its pointer, where the device has fine-grained system SVM
 *     2. by a buffer of CL_MEM_USE_HOST_PTR, where the device shares the host's
 *        memory: CPUs, and devices of CL_DEVICE_HOST_UNIFIED_MEMORY. Where the
 *        driver uses the memory in place, as it may, nothing is copied.
 *        Operands whose bytes interleave share one buffer.
 *     3. by a copy in a buffer of the device
 *
 * 1 and 2 need an address that is a multiple of the element size. 2 also needs
 * that dst has no gaps: bytes between its first and its last element that belong
 * to no element. A driver may copy such a buffer and write all of it back, and
 * some drivers of CPUs do where the address is not aligned as they want. A source
 * that interleaves with an operand of another element size is copied. A copy
 * leaves out gaps, so other threads may use the gaps of dst: no way ever writes
 * them.
 *
 * With 2 and 3 the call itself waits for the events of the wait list. With 3 and
 * gaps in dst it also waits for dst, even if event is not NULL.
 *
 * Statuses of cllrn_plan_create and cllrn_enqueue, except that CLLRN_INVALID_QUEUE
 * needs a queue, and
 *
 *     CLLRN_INVALID_ARGUMENT  engine or operands is NULL, an unknown struct_size, or a host memory
 *                             with a buffer
 *     CLLRN_INVALID_BUFFER    a host memory with a NULL pointer
 *     CLLRN_BUFFER_TOO_SMALL  a host tensor exceeds the address space
 *     CLLRN_UNSUPPORTED       scratch is of CLLRN_MEMORY_HOST
 *     CLLRN_PARTIAL_OVERLAP   as for cllrn_enqueue, also where host memory is copied
 *     CLLRN_OUT_OF_MEMORY     no memory for the plan, or for a tensor without its gaps
 *     CLLRN_OPENCL_FAILURE    a buffer, the queue, a copy, or, with event NULL, the kernel or an
 *                             event of the wait list failed; the code tells why
 *
 * After a failure no command is left that uses host memory. dst is unchanged
 * unless a command failed that was enqueued. Any thread; calls on one engine and
 * one queue may run at the same time.
 */
CLLRN_API cllrn_status cllrn_run(cllrn_engine *engine, cl_command_queue queue,
                                 const cllrn_problem *problem, const cllrn_operands *operands,
                                 cl_uint wait_count, const cl_event *wait_list, cl_event *event,
                                 cllrn_error *error);

/** @} */
/* ------------------------------------------------------------------ DLPack */
/** @defgroup dlpack DLPack
 * @{ */

/**
 * Fills *tensor and *memory, which began as their INITs, from dl_tensor, which
 * points to a DLTensor of dlpack.h: in any version of DLPack, that struct alone
 * or as a member of DLManagedTensor or DLManagedTensorVersioned, whose versions
 * and flags the caller checks. Nothing is copied: the memory stays the
 * DLTensor's owner's. channel_axis is that of cllrn_tensor.
 *
 * A tensor of the CPU, pinned ones of CUDA and ROCm included, gives memory of
 * CLLRN_MEMORY_HOST; one of kDLOpenCL, whose data is a cl_mem, gives
 * CLLRN_MEMORY_BUFFER. strides NULL means C order.
 *
 *     CLLRN_INVALID_ARGUMENT  a NULL pointer, tensor or memory is not initialised, or shape is NULL
 *     CLLRN_INVALID_DTYPE     none of float16, float32, float64 and bfloat16, or more than one lane
 *     CLLRN_UNSUPPORTED       a tensor on another kind of device: copy it to the CPU first
 *     CLLRN_INVALID_RANK, CLLRN_INVALID_DIMS, CLLRN_SIZE_OVERFLOW   as for cllrn_tensor_set
 *     CLLRN_INVALID_BUFFER    data is NULL, but the tensor is not empty
 * Any thread. Needs no engine.
 */
CLLRN_API cllrn_status cllrn_tensor_from_dlpack(const void *dl_tensor, int32_t channel_axis,
                                                cllrn_tensor *tensor, cllrn_memory *memory,
                                                cllrn_error *error);

/** @} */
/* ------------------------------------------------------- offline compilers */
/** @defgroup offline_compilers Offline compilers
 *
 * Devices without a compiler, mainly FPGAs, run binaries that their vendor's
 * offline compiler made from sources. These functions give the sources: one for
 * each program that plans on a device can need (at most 200; of a variant that is
 * for other devices, and runs only where it is forced, none). Each source is
 * complete, needs no options, and holds one kernel with a name of its own, so
 * that any number of sources can go into one binary. `cllrn compile
 * --emit-source` writes them.
 *
 * Kernel names and argument lists are an ABI: a kernel that changes gets
 * another name. cl/arguments.h tells what the arguments mean.
 * @{ */

/** Room for cllrn_program_info.options. */
#define CLLRN_OPTIONS_SIZE 200
/** Room for cllrn_program_info.arguments. */
#define CLLRN_ARGUMENTS_SIZE 1024

/** A program whose source cllrn_program_source gives. */
typedef struct cllrn_program_info {
    uint32_t struct_size; /**< set by the initialiser */
    cllrn_direction direction; /**< CLLRN_DIRECTION_FORWARD or CLLRN_DIRECTION_BACKWARD */
    const char *variant; /**< a name of cllrn_variant_name; a static string */
    /**
     * cllrn_DIRECTION_VARIANT_TYPE[_tTAPS][_pPOWER][_disjoint]_wWIDTH_iINDEX[_o32]_vVERSION:
     * TYPE is the element type, "any" if an argument tells it; TAPS the window size, if the
     * kernel is unrolled for one; POWER the power beta, "34" for 3/4, if the kernel is for one
     * alone; _disjoint means that dst must share no element with a source; WIDTH the floats in a
     * vector; INDEX the bits of an index; _o32 means 32-bit buffer offsets; VERSION is the
     * arithmetic version.
     */
    char name[CLLRN_KERNEL_NAME_SIZE];
    char options[CLLRN_OPTIONS_SIZE];     /**< macros of the source, as "-DNAME=VALUE .." */
    char arguments[CLLRN_ARGUMENTS_SIZE]; /**< "TYPE NAME, TYPE NAME, ..", in their order */
} cllrn_program_info;

/** The initialiser of cllrn_program_info. */
#define CLLRN_PROGRAM_INFO_INIT { sizeof(cllrn_program_info), 0, 0, { 0 }, { 0 }, { 0 } }

/**
 * The number of sources for an engine's device. For engine NULL: of sources for
 * all GPUs and FPGAs, at most 400: first the programs with 64-bit offsets, then
 * those with 32-bit offsets (_o32), for devices of the EMBEDDED profile without
 * cles_khr_int64. With engine NULL these functions need no OpenCL platform. Any
 * thread.
 */
CLLRN_API size_t cllrn_program_count(const cllrn_engine *engine);

/**
 * Describes source `number`, counted from 0. The numbers are those of this
 * version of the library.
 *
 *     CLLRN_INVALID_ARGUMENT  program is NULL or of an unknown struct_size, or number is not below
 *                             the count
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_program_get(const cllrn_engine *engine, size_t number,
                                                 cllrn_program_info *program,
                                                 cllrn_error *error);

/**
 * Writes source `number` and a final zero to text, which has size bytes, and
 * sets *needed to the bytes of both. text may be NULL, to ask for the size;
 * needed may be NULL. An engine with a kernel directory gives that directory's
 * sources.
 *
 *     CLLRN_INVALID_ARGUMENT  both are NULL, or number is not below the count
 *     CLLRN_BUFFER_TOO_SMALL  size is less than the source needs
 * Any thread.
 */
CLLRN_API cllrn_status cllrn_program_source(const cllrn_engine *engine, size_t number, char *text,
                                            size_t size, size_t *needed, cllrn_error *error);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
