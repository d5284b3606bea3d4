/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CUDA driver without a GPU, for tests: its memory is the host's, and a launch
 * of a kernel of ours computes on the host what the kernel's arguments say. A
 * launch fails where the PTX declares other parameters than the kernel has, where
 * a scalar is not what the library makes of the problem's, or where the grid
 * leaves elements out.
 *
 * $FAKE_CUDA makes it misbehave:
 *
 *     none     there is no device
 *     noptx    it takes binaries alone
 *     wrong    one bit of a forward result is wrong
 *     fault    a backward launch is a fault, and every call after it fails
 *     hang     a launch never returns
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cllrn_verify.h>

#include "coefficients.h"
#include "params.h"

/* CUresult. */
enum {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NO_DEVICE = 100,
    NO_BINARY = 209,
    NOT_FOUND = 500,
    ILLEGAL_ADDRESS = 700
};

/* What problem.py has. */
static const double ALPHA = 1e-4, BETA = 0.75, K = 1;

static bool faulted;

static bool misbehaves(const char *how)
{
    const char *const asked = getenv("FAKE_CUDA");
    return asked && strcmp(asked, how) == 0;
}

static int status(void)
{
    return faulted ? ILLEGAL_ADDRESS : SUCCESS;
}

static int refuse(const char *why)
{
    fprintf(stderr, "fake CUDA: %s\n", why);
    return INVALID_VALUE;
}

/* ------------------------------------------------------------------------ device */

#define EXPORT __attribute__((visibility("default")))

/* Declared here, since the toolkit's header is nowhere needed. */
EXPORT int cuInit(unsigned flags);
EXPORT int cuDeviceGet(int *device, int number);
EXPORT int cuDeviceGetName(char *name, int size, int device);
EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device);
EXPORT int cuDriverGetVersion(int *version);
EXPORT int cuDevicePrimaryCtxRetain(void **context, int device);
EXPORT int cuCtxSetCurrent(void *context);
EXPORT int cuCtxSynchronize(void);
EXPORT int cuGetErrorName(int error, const char **name);
EXPORT int cuMemAlloc_v2(uint64_t *pointer, size_t size);
EXPORT int cuMemFree_v2(uint64_t pointer);
EXPORT int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t size);
EXPORT int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t size);
EXPORT int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t size, void *stream);
EXPORT int cuMemsetD8_v2(uint64_t to, unsigned char byte, size_t size);
EXPORT int cuMemsetD8Async(uint64_t to, unsigned char byte, size_t size, void *stream);
EXPORT int cuModuleLoadDataEx(void **module, const void *image, unsigned count, int *options,
                              void **values);
EXPORT int cuModuleGetFunction(void **function, void *module, const char *name);
EXPORT int cuFuncGetAttribute(int *value, int attribute, void *function);
EXPORT int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                          unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,
                          void *stream, void **arguments, void **extra);
EXPORT int cuEventCreate(void **event, unsigned flags);
EXPORT int cuEventRecord(void *event, void *stream);
EXPORT int cuEventSynchronize(void *event);
EXPORT int cuEventElapsedTime(float *milliseconds, void *begin, void *end);

int cuInit(unsigned flags)
{
    return flags ? INVALID_VALUE : misbehaves("none") ? NO_DEVICE : SUCCESS;
}

int cuDeviceGet(int *device, int number)
{
    *device = number;
    return number == 0 ? SUCCESS : INVALID_VALUE;
}

int cuDeviceGetName(char *name, int size, int device)
{
    snprintf(name, (size_t)size, "fake GPU %d", device);
    return SUCCESS;
}

int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    enum { UNITS = 16, MAJOR = 75, MINOR = 76 };
    *value = attribute == UNITS ? 132 : attribute == MAJOR ? 9 : 0;
    return device == 0 && (attribute == UNITS || attribute == MAJOR || attribute == MINOR)
               ? SUCCESS
               : INVALID_VALUE;
}

int cuDriverGetVersion(int *version)
{
    *version = 13000;
    return SUCCESS;
}

int cuDevicePrimaryCtxRetain(void **context, int device)
{
    *context = &faulted;
    return device == 0 ? SUCCESS : INVALID_VALUE;
}

int cuCtxSetCurrent(void *context)
{
    return context == &faulted ? SUCCESS : INVALID_VALUE;
}

int cuCtxSynchronize(void)
{
    return status();
}

int cuGetErrorName(int error, const char **name)
{
    *name = error == ILLEGAL_ADDRESS ? "CUDA_ERROR_ILLEGAL_ADDRESS"
            : error == NO_DEVICE     ? "CUDA_ERROR_NO_DEVICE"
            : error == NO_BINARY     ? "CUDA_ERROR_NO_BINARY_FOR_GPU"
                                     : "CUDA_ERROR_OTHER";
    return SUCCESS;
}

/* ------------------------------------------------------------------------ memory */

static void *host(uint64_t pointer)
{
    return (void *)(uintptr_t)pointer;
}

int cuMemAlloc_v2(uint64_t *pointer, size_t size)
{
    void *const memory = size ? malloc(size) : NULL;
    *pointer = (uint64_t)(uintptr_t)memory;
    return memory ? status() : OUT_OF_MEMORY;
}

int cuMemFree_v2(uint64_t pointer)
{
    free(host(pointer));
    return status();
}

int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t size)
{
    memcpy(host(to), from, size);
    return status();
}

int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t size)
{
    memcpy(to, host(from), size);
    return status();
}

int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t size, void *stream)
{
    memcpy(host(to), host(from), size);
    return stream ? INVALID_VALUE : status();
}

int cuMemsetD8_v2(uint64_t to, unsigned char byte, size_t size)
{
    memset(host(to), byte, size);
    return status();
}

int cuMemsetD8Async(uint64_t to, unsigned char byte, size_t size, void *stream)
{
    return stream ? INVALID_VALUE : cuMemsetD8_v2(to, byte, size);
}

/* ------------------------------------------------------------------------ kernels */

enum { MOST_PARAMETERS = 64 };

typedef struct kernel {
    char name[128];
    bool checked; /* of PTX, which tells the parameters; else of a binary */
    int count;
    size_t sizes[MOST_PARAMETERS];
    char *image; /* until there is a kernel */
} kernel;

/* Bytes of the type behind ".param", 0 for an unknown one. */
static size_t parameter_size(const char *type)
{
    static const struct {
        const char *name;
        size_t size;
    } types[] = {{".u64 ", 8}, {".u32 ", 4}, {".f32 ", 4}, {".f64 ", 8}};
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i)
        if (strncmp(type, types[i].name, strlen(types[i].name)) == 0)
            return types[i].size;
    return 0;
}

static bool read_parameters(kernel *k, const char *entry)
{
    const char *const end = strchr(entry, ')');
    k->checked = true;
    for (const char *at = entry; (at = strstr(at, ".param ")) != NULL && at < end;) {
        at += strlen(".param ");
        if (k->count == MOST_PARAMETERS || !(k->sizes[k->count++] = parameter_size(at)))
            return false;
    }
    return end != NULL;
}

int cuModuleLoadDataEx(void **module, const void *image, unsigned count, int *options,
                       void **values)
{
    const bool ptx = memcmp(image,
                            "\x7f"
                            "ELF",
                            4) != 0;
    if (ptx && misbehaves("noptx")) {
        enum { ERROR_LOG = 5, ERROR_LOG_SIZE = 6 };
        if (count == 2 && options[0] == ERROR_LOG && options[1] == ERROR_LOG_SIZE)
            snprintf(values[0], (size_t)(uintptr_t)values[1], "no compiler");
        return NO_BINARY;
    }
    kernel *const k = calloc(1, sizeof *k);
    if (!k)
        return OUT_OF_MEMORY;
    if (ptx && !(k->image = strdup(image))) {
        free(k);
        return OUT_OF_MEMORY;
    }
    *module = k;
    return status();
}

int cuModuleGetFunction(void **function, void *module, const char *name)
{
    kernel *const k = module;
    char entry[sizeof k->name + 16];
    snprintf(k->name, sizeof k->name, "%s", name);
    snprintf(entry, sizeof entry, ".entry %s(", name);
    const char *const found = k->image ? strstr(k->image, entry) : NULL;
    if (k->image && (!found || !read_parameters(k, found)))
        return NOT_FOUND;
    free(k->image);
    k->image = NULL;
    *function = k;
    return status();
}

int cuFuncGetAttribute(int *value, int attribute, void *function)
{
    enum { MAX_THREADS = 0, LOCAL_BYTES = 3, REGISTERS = 4 };
    *value = attribute == MAX_THREADS ? 1024 : attribute == REGISTERS ? 32 : 0;
    return function && (*value > 0 || attribute == LOCAL_BYTES) ? SUCCESS : INVALID_VALUE;
}

/* Takes arguments one after the other. */
typedef struct arguments {
    const kernel *kernel;
    void **values;
    int next;
    bool wrong; /* a parameter has another size */
} arguments;

static void take(arguments *a, void *value, size_t size)
{
    if (a->kernel->checked && (a->next >= a->kernel->count || a->kernel->sizes[a->next] != size))
        a->wrong = true;
    else
        memcpy(value, a->values[a->next], size);
    ++a->next;
}

static uint64_t take_long(arguments *a)
{
    uint64_t value = 0;
    take(a, &value, sizeof value);
    return value;
}

static int32_t take_int(arguments *a)
{
    int32_t value = 0;
    take(a, &value, sizeof value);
    return value;
}

static bool is_next(arguments *a, double expected)
{
    float value = 0;
    take(a, &value, sizeof value);
    return (double)value == expected;
}

/* The fast list of cl/arguments.h. */
typedef struct fast {
    char *src, *dy, *dst;
    uint64_t offsets[3];
    int32_t dims[3]; /* outer, channels, inner */
    int32_t strides[3][3];
    int32_t lower, tile_channels, tile_positions;
    uint32_t modes;
} fast;

static fast take_fast(arguments *a)
{
    fast f;
    f.src = host(take_long(a));
    f.dy = host(take_long(a));
    f.dst = host(take_long(a));
    for (int i = 0; i < 3; ++i)
        f.offsets[i] = take_long(a);
    for (int i = 0; i < 3; ++i)
        f.dims[i] = take_int(a);
    for (int i = 0; i < 9; ++i)
        f.strides[i / 3][i % 3] = take_int(a);
    f.lower = take_int(a);
    f.tile_channels = take_int(a);
    f.tile_positions = take_int(a);
    f.modes = (uint32_t)take_int(a);
    return f;
}

static bool take_scalars(arguments *a, const cllrn_params *params)
{
    const lrn_coefficients v = lrn_coefficients_make(params, false);
    const double expected[] = {v.scale_hi,   v.scale_lo,   v.k,          v.beta_hi,
                               v.beta_lo,    v.gradient,   v.octaves[0], v.octaves[1],
                               v.octaves[2], v.octaves[3], v.octaves[4]};
    bool same = true;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; ++i)
        same = is_next(a, expected[i]) && same;
    return same;
}

/* The modes have the types of src, dy and dst, numbered from 1. */
static cllrn_tensor tensor_of(const fast *f, int which)
{
    const cllrn_dtype dtype = CLLRN_DTYPE_F32 - 1 + (int32_t)(f->modes >> (7 + 3 * which) & 7);
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    int64_t dims[3], strides[3];
    for (int i = 0; i < 3; ++i) {
        dims[i] = f->dims[i];
        strides[i] = f->strides[which][i];
    }
    if (cllrn_tensor_set(&tensor, dtype, 3, dims, strides, 1, NULL) != 0)
        abort();
    return tensor;
}

static int64_t tiles(int32_t elements, int32_t tile)
{
    return (elements + tile - 1) / tile;
}

/* Whether the grid has work-items for all positions, and for all channels. */
static bool covers(const kernel *k, const fast *f, const unsigned grid[3], unsigned block)
{
    const bool group = strstr(k->name, "_group_") != NULL;
    return (group ? grid[0] >= tiles(f->dims[2], f->tile_positions)
                  : (int64_t)grid[0] * block >= f->dims[2]) &&
           grid[1] >= tiles(f->dims[1], f->tile_channels) && grid[2] > 0;
}

static int compute(const kernel *k, const fast *f, const cllrn_params *params)
{
    const cllrn_tensor src = tensor_of(f, 0), dy = tensor_of(f, 1), dst = tensor_of(f, 2);
    const size_t element = cllrn_dtype_size(dst.dtype);
    char *const to = f->dst + f->offsets[2] * element;
    cllrn_error error = CLLRN_ERROR_INIT;
    const bool backward = strstr(k->name, "_backward_") != NULL;
    const cllrn_status done =
        backward
            ? cllrn_host_backward(params, &src, f->src + f->offsets[0] * element, &dy,
                                  f->dy + f->offsets[1] * element, &dst, to, &error)
            : cllrn_host_forward(params, &src, f->src + f->offsets[0] * element, &dst, to, &error);
    if (!backward && misbehaves("wrong"))
        to[0] ^= 1;
    return done == CLLRN_SUCCESS ? SUCCESS : refuse(error.message);
}

static int launch_ours(const kernel *k, arguments *a, const unsigned grid[3], unsigned block)
{
    const char *const name = strstr(k->name, "_t");
    const fast f = take_fast(a);
    const int taps = name ? atoi(name + 2) : 0;
    cllrn_params params = CLLRN_PARAMS_INIT;
    if (taps < 1 ||
        cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, taps, ALPHA, BETA, K, NULL) != 0)
        return refuse("no number of taps in the kernel's name");
    if (params.window[0].lower != f.lower)
        return refuse("another window");
    if (!take_scalars(a, &params))
        return refuse("a scalar is not what the library makes of the problem's");
    if (a->wrong || (k->checked && a->next != k->count))
        return refuse("the kernel has other parameters");
    if (!covers(k, &f, grid, block))
        return refuse("the grid leaves elements out");
    return compute(k, &f, &params);
}

/* copy.cl */
static int launch_copy(arguments *a, const unsigned grid[3], unsigned block)
{
    const char *const from = host(take_long(a));
    char *const to = host(take_long(a));
    const uint64_t vectors = take_long(a);
    if (a->wrong || (uint64_t)grid[0] * block < vectors)
        return refuse("the copy has other parameters, or leaves elements out");
    memcpy(to, from, vectors * 16);
    return SUCCESS;
}

int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                   unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,
                   void *stream, void **values, void **extra)
{
    const kernel *const k = function;
    const unsigned grid[] = {grid_x, grid_y, grid_z};
    arguments a = {k, values, 0, false};
    if (block_y != 1 || block_z != 1 || shared || stream || extra)
        return refuse("a launch that no kernel of ours has");
    while (misbehaves("hang"))
        pause();
    if (misbehaves("fault") && strstr(k->name, "_backward_"))
        faulted = true;
    if (faulted)
        return SUCCESS; /* which the next call tells of */
    return strcmp(k->name, "copy_vectors") == 0 ? launch_copy(&a, grid, block_x)
                                                : launch_ours(k, &a, grid, block_x);
}

/* ------------------------------------------------------------------------- events */

int cuEventCreate(void **event, unsigned flags)
{
    *event = calloc(1, sizeof(struct timespec));
    return *event && flags == 0 ? status() : OUT_OF_MEMORY;
}

int cuEventRecord(void *event, void *stream)
{
    timespec_get(event, TIME_UTC);
    return stream ? INVALID_VALUE : status();
}

int cuEventSynchronize(void *event)
{
    return event ? status() : INVALID_VALUE;
}

int cuEventElapsedTime(float *milliseconds, void *begin, void *end)
{
    const struct timespec *const from = begin, *const to = end;
    *milliseconds = (float)((double)(to->tv_sec - from->tv_sec) * 1e3 +
                            (double)(to->tv_nsec - from->tv_nsec) / 1e6);
    return status();
}
