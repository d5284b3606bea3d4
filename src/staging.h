/* SPDX-License-Identifier: Apache-2.0 */
/* The operands of cllrn_run, of which those in host memory are made usable by the device. */
#ifndef LRN_STAGING_H
#define LRN_STAGING_H

#include "core.h"
#include "packing.h"

/* How a kernel gets an operand. */
typedef enum lrn_passage {
    LRN_GIVEN,   /* as the caller gave it; or host memory by its pointer, with system SVM */
    LRN_WRAPPED, /* host memory in place, by a buffer of CL_MEM_USE_HOST_PTR */
    LRN_COPIED,  /* by a buffer with the same bytes */
    LRN_PACKED   /* by a buffer with the same elements, without the gaps between them */
} lrn_passage;

typedef struct lrn_stage {
    const char *role;          /* "src", for messages */
    const cllrn_memory *given; /* by the caller; NULL: no such operand */
    lrn_passage passage;
    lrn_packing packing;  /* of the caller's tensor; not of LRN_GIVEN */
    uintptr_t address;    /* of element (0, 0, ..); 0: not a pointer */
    uintptr_t begin, end; /* of the bytes, and of all bytes that an LRN_WRAPPED buffer has */
    cl_mem buffer;        /* owned; NULL: none, or that of an earlier stage */
    void *packed;         /* elements of an LRN_PACKED dst; owned */
    cllrn_memory memory;  /* what the kernel gets */
    cllrn_tensor tensor;
} lrn_stage;

enum { LRN_STAGE_SRC, LRN_STAGE_DY, LRN_STAGE_DST, LRN_STAGES };

typedef struct lrn_staging {
    const lrn_core *core;
    lrn_stage stages[LRN_STAGES];
    bool waits; /* the sources must be complete when lrn_staging_open is called */
} lrn_staging;

/*
 * Checks host memory, and decides on the passage of each operand. Precondition:
 * the problem is checked and its tensors are not empty. Statuses as of cllrn_run.
 */
cllrn_status lrn_staging_plan(lrn_staging *staging, const lrn_core *core,
                              const cllrn_problem *problem, const cllrn_operands *operands,
                              cllrn_error *error);

/* Makes the buffers, with the sources in them. lrn_staging_close is due, after a failure too. */
cllrn_status lrn_staging_open(lrn_staging *staging, cllrn_error *error);
void lrn_staging_close(lrn_staging *staging);

/*
 * Brings dst to the host once the kernel is done. *done becomes the event of
 * that, or NULL if dst is where it belongs. After a failure no command is left
 * that uses the caller's memory, except the kernel.
 */
cllrn_status lrn_staging_fetch(lrn_staging *staging, cl_command_queue queue, cl_event kernel,
                               cl_event *done, cllrn_error *error);

/* A buffer for an operand. flags and host are those of clCreateBuffer. */
cllrn_status lrn_staging_buffer(const lrn_core *core, const char *role, cl_mem_flags flags,
                                uint64_t size, void *host, cl_mem *buffer, cllrn_error *error);

#endif
