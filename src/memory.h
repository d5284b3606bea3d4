/* SPDX-License-Identifier: Apache-2.0 */
/* A caller's memory of any kind: what is checked of it, and how a kernel gets it. */
#ifndef LRN_MEMORY_H
#define LRN_MEMORY_H

#include "core.h"

/* What a kernel does with a memory. */
typedef struct lrn_memory_use {
    const char *role;       /* "src": the memory's name in messages */
    cl_mem_flags forbidden; /* flags that no buffer may have: CL_MEM_READ_ONLY for a result */
    size_t element;         /* bytes of an element; its alignment too */
    uint64_t below;         /* bytes used before element (0, 0, ..); below 2^60 */
    uint64_t size;          /* bytes used in all; below 2^60 */
    cllrn_status too_small; /* the status for a memory with fewer */
} lrn_memory_use;

/* A checked memory. */
typedef struct lrn_memory {
    cl_mem buffer;          /* NULL: the memory is a pointer */
    const void *pointer;    /* lowest byte used */
    lrn_set_pointer_fn set; /* makes the pointer a kernel's argument */
    uint64_t offset;   /* elements from the buffer's begin, or the pointer, to element (0, 0, ..) */
    const void *space; /* where address counts: NULL: the process's memory; else a buffer */
    uint64_t address;  /* bytes from the begin of the space to element (0, 0, ..) */
    uint64_t begin, end; /* of the bytes used, from the begin of the space */
} lrn_memory;

/*
 * Checks that the engine's device can use the memory so, as far as OpenCL can
 * tell, and fills *out. The statuses are those of cllrn_enqueue.
 */
cllrn_status lrn_memory_check(const lrn_core *core, const cllrn_memory *memory,
                              const lrn_memory_use *use, lrn_memory *out, cllrn_error *error);

/*
 * Checks a memory of CLLRN_MEMORY_HOST, but for its alignment; *address becomes
 * that of element (0, 0, ..). Statuses as of cllrn_run.
 */
cllrn_status lrn_memory_check_host(const cllrn_memory *memory, const lrn_memory_use *use,
                                   uintptr_t *address, cllrn_error *error);

/* Makes the memory an argument of the kernel. */
cl_int lrn_memory_set_argument(const lrn_memory *memory, cl_kernel kernel, cl_uint index);

#endif
