/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs and plans stand on: the caller's context and device, what is
 * known of the device, and the caller's log and allocator. Constant once open.
 */
#ifndef LRN_CORE_H
#define LRN_CORE_H

#include <cllrn.h>

#include "device.h"
#include "error.h"
#include "target.h"

typedef struct lrn_core {
    cl_context context;  /* retained */
    cl_device_id device; /* retained */
    lrn_device_facts facts;
    lrn_target target; /* what binaries for this device are made for */
    cllrn_log_fn log;
    void *log_user;
    cllrn_alloc_fn alloc; /* NULL: malloc and free */
    cllrn_free_fn free;
    void *alloc_user;
} lrn_core;

/* A core of checked options, which can log and allocate. */
lrn_core lrn_core_make(const cllrn_engine_options *options);

/*
 * Checks that the device belongs to the context, queries its facts, and retains
 * both. The core needs lrn_core_close, after a failure too.
 *
 * CLLRN_DEVICE_MISMATCH, CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 */
cllrn_status lrn_core_open(lrn_core *core, cl_context context, cl_device_id device,
                           const char *kernel_hash, cllrn_error *error);
void lrn_core_close(const lrn_core *core);

/* Zeroed memory from the caller's allocator, or NULL. No lock may be held. */
void *lrn_alloc(const lrn_core *core, size_t size);
void lrn_free(const lrn_core *core, void *memory);

/* Formats a message for the caller's log, if there is one. No lock may be held. */
void lrn_log(const lrn_core *core, cllrn_log_level level, const char *format, ...) LRN_PRINTF(3, 4);

#endif
