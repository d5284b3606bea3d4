/* SPDX-License-Identifier: Apache-2.0 */
/* What the unit tests share: cmocka, shorthands, memory that can run out, a world to work in. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cllrn.h>
#include <cllrn_verify.h>

#include "fake_opencl.h"
#include "select.h"

/* Every test's frame: the fake is new before it; afterwards nothing may be left over. */
int support_setup(void **state);
int support_teardown(void **state);
#define TEST(function) cmocka_unit_test_setup_teardown(function, support_setup, support_teardown)

/* An error nobody has written to yet, and the proof of that. */
cllrn_error error_blank(void);
void assert_error_blank(const cllrn_error *error);

/* A call failed with this status, said so in one line, and named the OpenCL code if there is one.
 */
void assert_failed(cllrn_status expected, cllrn_status actual, const cllrn_error *error);

/* A call succeeded and left the error alone. */
void assert_succeeded(cllrn_status actual, const cllrn_error *error);

/* What an out-parameter holds before a call. */
#define UNTOUCHED ((void *)(uintptr_t)0x5e5e5e5e)

/* A request without a scratch limit, and the row of a variant. */
lrn_request request_of(const lrn_shape *shape, const cllrn_params *params, int32_t direction,
                       int32_t aliasing, const char *variant);
const lrn_variant *variant_named(const char *name);

cllrn_params make_params(int32_t convention, int64_t size, double alpha, double beta, double k);
cllrn_params make_window(int64_t lower, int64_t upper, double divisor, double alpha, double beta,
                         double k);

/* lower and upper positions on each of the last `axes` axes. */
cllrn_params make_region(int64_t lower, int64_t upper, int32_t axes, double divisor, double alpha,
                         double beta, double k);

/* The same lower and upper on each axis of the window. */
void set_window(cllrn_params *params, int64_t lower, int64_t upper);

/* Windows on the last `axes` axes, with the first one's lower and upper; 0: across channels. */
void set_axes(cllrn_params *params, int32_t axes);

/* How many axes within a channel the window spans; 0: across channels. */
int32_t within_axes(const cllrn_params *params);

/* float32. strides NULL: C order without gaps. */
cllrn_tensor make_tensor(int32_t rank, const int64_t *dims, const int64_t *strides,
                         int32_t channel_axis);
cllrn_tensor make_nchw(int64_t n, int64_t c, int64_t h, int64_t w);
cllrn_tensor make_nhwc(int64_t n, int64_t c, int64_t h, int64_t w);
cllrn_tensor make_blocked(int32_t rank, const int64_t *dims, int32_t channel_axis, int32_t block);
cllrn_tensor with_dtype(cllrn_tensor tensor, int32_t dtype);

/* Offsets of all elements, channels turning fastest, then the other axes in C order. */
size_t list_offsets(const cllrn_tensor *tensor, int64_t *offsets, size_t room);

/* The same with what fills up each position's last block behind its channels. */
size_t list_places(const cllrn_tensor *tensor, int64_t *offsets, size_t room);

/* The same numbers on every machine. */
uint64_t random_next(uint64_t *state);
int64_t random_below(uint64_t *state, int64_t limit); /* 0..limit-1 */
float random_float(uint64_t *state, float low, float high);

/*
 * A small tensor of rank 2..8, and strides for it: some permutation of the
 * axes with gaps, signs and all, in which no two elements share a place; or
 * anything at all between -7 and 7.
 */
cllrn_tensor random_tensor(uint64_t *state, int64_t max_elements);
void random_block(uint64_t *state, cllrn_tensor *tensor); /* of 4 to 32; before the strides */
void random_layout(uint64_t *state, cllrn_tensor *tensor);
void random_strides(uint64_t *state, cllrn_tensor *tensor);

/* ULPs between a float and the exact value it should be. */
double ulp_error(float actual, double exact);

/*
 * Reads the `count` elements of `size` bytes of tests/data/SET/NAME.SUFFIX.npy,
 * which is little-endian and has a header of 128 bytes.
 */
void read_golden(const char *set, const char *name, const char *suffix, void *data, size_t count,
                 size_t size);

uint32_t float_bits(float x);
float bits_float(uint32_t bits);

/*
 * malloc, pthread_mutex_init and the engine's allocator, all counted, any of
 * them made to fail like fake_fail. Memory is handed out full of rubbish.
 */
void *support_alloc(void *user, size_t size);
void support_free(void *user, void *memory);
extern int support_alloc_user; /* to be handed to both */

void memory_fail(size_t n, bool from_there_on);
size_t memory_calls(void);  /* since support_setup */
size_t memory_failed(void); /* since memory_fail */

/*
 * The calls the library reads and writes files with, counted; the n-th from now
 * fails with an errno, and with `from_there_on` every later one. n 0: none.
 * Errno 0 is a write of no bytes.
 * Where functions are named, between spaces, their calls alone count.
 */
void disk_fail(size_t n, int code, bool from_there_on);
void disk_fail_in(const char *functions, size_t n, int code, bool from_there_on);
size_t disk_calls(void); /* since disk_fail */

/* Told of each openat before it is done; an errno makes it fail. NULL: none. */
extern int (*disk_before_open)(int directory, const char *name, int flags);

/* Told of each of the calls before it is done. NULL: none. */
extern void (*disk_before)(const char *function);

/* For disk_before_open: a file system on which every file has a name. */
int disk_names_only(int directory, const char *name, int flags);

/* A directory of the test's own, removed with what is in it by directory_remove. */
void directory_make(char path[64]);
void directory_remove(const char *path);
/* How many files are in it whose names end in suffix; the last one's path in found. */
size_t directory_list(const char *path, const char *suffix, char found[320]);

/* One device, a context of it, a queue, and an engine with the allocator above. */
typedef struct world {
    cl_device_id device;
    cl_context context;
    cl_command_queue queue;
    cllrn_engine_options options;
    cllrn_engine *engine;
} world;

/* Handles only; the caller may change the options and the device before the engine is made. */
world world_handles(void);
void world_engine(world *w);
/* Both. */
world world_open(void);
/* Destroys the engine, if there is one, and gives up the handles. */
void world_close(world *w);

cllrn_plan *world_plan(const world *w, const cllrn_params *params, const cllrn_tensor *src,
                       const cllrn_tensor *dst, const char *variant);
cllrn_plan *world_backward_plan(const world *w, const cllrn_params *params, const cllrn_tensor *src,
                                const cllrn_tensor *dy, const cllrn_tensor *dst,
                                const char *variant);

cllrn_memory make_memory(cl_mem buffer, uint64_t offset);
cllrn_operands make_operands(const cllrn_memory *src, const cllrn_memory *dy,
                             const cllrn_memory *dst, const cllrn_memory *scratch);

#endif
