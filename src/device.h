/* SPDX-License-Identifier: Apache-2.0 */
/* The properties of a device that kernel selection needs, queried once. */
#ifndef LRN_DEVICE_H
#define LRN_DEVICE_H

#include <stdbool.h>

#include <cllrn.h>

#include "target.h"

/* Of clSetKernelArgSVMPointer and clSetKernelArgMemPointerINTEL, and of clGetMemAllocInfoINTEL. */
typedef cl_int(CL_API_CALL *lrn_set_pointer_fn)(cl_kernel kernel, cl_uint index,
                                                const void *pointer);
typedef cl_int(CL_API_CALL *lrn_usm_info_fn)(cl_context context, const void *pointer, cl_uint info,
                                             size_t size, void *value, size_t *size_ret);

typedef struct lrn_device_facts {
    bool cpu_like;    /* few work-items with vectors and sequential access; else many scalar ones */
    bool pipelined;   /* one work-item does all work: an FPGA compiler pipelines its loop */
    bool offline;     /* stands for all GPUs and FPGAs: lrn_any_device and lrn_any_embedded */
    bool int64;       /* the device has 64-bit integers */
    bool wide;        /* int64, and the arguments of kernels with 64-bit indices fit */
    bool fp64;        /* the device has double, and the arguments of its kernels fit */
    int vector_width; /* floats in its native vector: 1, 2, 4, 8 or 16 */
    int64_t compute_units;
    int64_t max_group_size; /* work-items in one work-group, along the first dimension */
    int64_t local_memory;   /* bytes for one work-group */
    bool slow_local;        /* local memory takes more time than it saves */
    int64_t max_allocation; /* bytes of the largest buffer; 0: unknown */
    int64_t cache;          /* bytes of the global memory cache; 0: unknown */
    const char *options;    /* compiler options appended to those of a program: " -x" or "" */
    char name[160];         /* "device (platform, driver version)", for messages */
    /* NULL where the device has no SVM, or no USM. */
    lrn_set_pointer_fn set_svm, set_usm;
    lrn_usm_info_fn usm_info;
    bool system_svm;         /* set_svm takes any pointer of the process */
    bool shares_host_memory; /* buffers of CL_MEM_USE_HOST_PTR need no copy */
} lrn_device_facts;

/*
 * Sets *index to the device's index in a list or, for a sub-device not in the
 * list, to the index of its nearest ancestor there; to count if there is
 * neither. Returns the code of the OpenCL call that failed, *index being count,
 * or CL_SUCCESS.
 */
cl_int lrn_device_find(cl_device_id device, const cl_device_id *list, size_t count, size_t *index);

/* Queries all facts; fails with the code of a query that the driver knows but that failed. */
cllrn_status lrn_device_facts_get(const lrn_target *target, lrn_device_facts *facts,
                                  cllrn_error *error);

/* What kind of device it is, one of three: cpu_like is the first. */
bool lrn_is_gpu(const lrn_device_facts *facts);
bool lrn_is_fpga(const lrn_device_facts *facts);

/*
 * Facts for engine NULL, to list all programs that devices without a compiler
 * may need: of full devices, and of devices of the EMBEDDED profile without
 * 64-bit integers. They are GPUs and FPGAs at once.
 */
extern const lrn_device_facts lrn_any_device, lrn_any_embedded;

#endif
