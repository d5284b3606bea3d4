/* SPDX-License-Identifier: Apache-2.0 */
/* What selection needs to know of a device, asked once. */
#ifndef LRN_DEVICE_H
#define LRN_DEVICE_H

#include <stdbool.h>

#include <cllrn.h>

typedef struct lrn_device_facts {
    bool cpu_like;    /* work-items should be vectors and stream; else scalar and many */
    bool pipelined;   /* one work-item should do all: an FPGA makes a pipeline of its loop */
    bool int64;       /* has 64-bit integers */
    bool wide;        /* and room for the arguments of kernels with 64-bit indices */
    bool fp64;        /* has double, and room for the arguments of kernels with it */
    int vector_width; /* floats in its native vector: 1, 2, 4, 8 or 16 */
    int64_t compute_units;
    int64_t max_group_size;  /* work-items in one work-group, along the first dimension */
    int64_t local_memory;    /* bytes for one work-group */
    bool local_is_global;    /* which are as slow as others: CPUs that pass for GPUs */
    int64_t cache;           /* bytes of the cache before global memory; 0: unknown */
    const char *options;     /* of the compiler, behind each program's own: " -x" or "" */
    cl_platform_id platform; /* NULL: unknown */
    char name[160];          /* "device (platform, driver version)", for messages */
} lrn_device_facts;

/*
 * The index of a device in a list or, for a sub-device that is not in the list,
 * that of its nearest parent there; count where neither is. A failure of OpenCL
 * is returned, and *index is count then.
 */
cl_int lrn_device_find(cl_device_id device, const cl_device_id *list, size_t count, size_t *index);

cllrn_status lrn_device_facts_get(cl_device_id device, lrn_device_facts *facts, cllrn_error *error);

#endif
