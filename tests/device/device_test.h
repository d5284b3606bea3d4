/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the device tests share: a device to test on, cases, and running one
 * case on the device and on the host.
 */
#ifndef DEVICE_TEST_H
#define DEVICE_TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include <cllrn.h>
#include <cllrn_verify.h>

/* ctest's skip code. */
#define SKIPPED 77

/*
 * The device under test: the first whose platform or device name holds
 * $CLLRN_TEST_DEVICE, or the first of all. Prints it. Exits with SKIPPED when
 * there is none, with failure when $CLLRN_TEST_REQUIRED is set.
 */
typedef struct test_device {
    cl_platform_id platform;
    cl_device_id id;
    cl_context context;
    cl_command_queue queue;
    cllrn_engine *engine;
    bool denormals; /* keeps subnormals */
    char name[256];
} test_device;

void test_device_open(test_device *device);
void test_device_close(test_device *device);

/* Fails the test with the message when status is not success. */
void check(cllrn_status status, const cllrn_error *error);
void check_cl(cl_int code, const char *what);

/* A generator of our own: the same numbers on every machine and in every process. */
typedef struct random_t {
    uint64_t state;
} random_t;

uint32_t random_bits(random_t *random);
/* Uniform in [low, high), made by integer operations and one exact product. */
float random_float(random_t *random, float low, float high);
/* A number between 1/4 and 4, of either sign, in any type. */
void put_number(void *to, cllrn_dtype dtype, random_t *random);

/* Where a tensor's elements lie. */
typedef enum layout {
    LAYOUT_C,        /* C order, no gaps */
    LAYOUT_FORTRAN,  /* the first axis fastest */
    LAYOUT_PADDED,   /* C order with gaps at every axis */
    LAYOUT_REVERSED, /* negative strides on all axes */
    LAYOUT_PERMUTED, /* axes in an order of their own, with gaps */
    LAYOUT_COUNT
} layout;

extern const char *const layout_names[LAYOUT_COUNT];

typedef enum content {
    CONTENT_SPREAD,  /* s over about [1, 8] with the case's parameters */
    CONTENT_INTEGER, /* -8..7 */
    CONTENT_HUGE,    /* up to 1e30, squares overflow */
    CONTENT_SPECIAL, /* zeros, infinities and NaNs among ordinary numbers */
    CONTENT_COUNT
} content;

extern const char *const content_names[CONTENT_COUNT];

typedef struct test_case {
    int32_t rank, channel_axis;
    int64_t dims[CLLRN_MAX_RANK];
    layout src_layout, dst_layout;
    int64_t src_offset, dst_offset; /* elements before the tensor's lowest */
    cllrn_params params;
    content content;
    bool in_place; /* dst is src, with its layout and offset */
    uint64_t seed;
} test_case;

/* One line that says all of the case. */
void print_case(FILE *stream, const test_case *c);

/* The tensor of a layout, and how many elements lie before element (0, 0, ..) of `elements`. */
cllrn_tensor layout_tensor(const test_case *c, layout order, int64_t *before, int64_t *elements);

/* The host buffers of a case: src filled, dst poisoned, canaries on both sides. */
typedef struct case_data {
    cllrn_tensor src, dst;
    int64_t src_base, dst_base; /* element (0, 0, ..) */
    int64_t src_elements, dst_elements;
    float *src_data, *dst_data; /* the same when in place */
    float *expected;            /* dst_data as it must be afterwards, from the host build */
    float *result;              /* dst_data as run_case read it back */
} case_data;

void case_data_make(const test_case *c, case_data *data);
void case_data_free(case_data *data);

/* Runs the case with a plan and compares all of dst's buffer; false prints what differs. */
bool run_case(test_device *device, const test_case *c, case_data *data, const char *variant);

/* A read-write buffer holding a copy of data. */
cl_mem make_buffer(test_device *device, const float *data, int64_t elements);

/* A problem of which all tensors are like this one. */
cllrn_problem uniform_problem(const cllrn_params *params, const cllrn_tensor *tensor, bool backward,
                              bool in_place);

cllrn_operands make_operands(const cllrn_memory *src, const cllrn_memory *dy,
                             const cllrn_memory *dst, const cllrn_memory *scratch);

#endif
