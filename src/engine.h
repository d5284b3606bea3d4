/* SPDX-License-Identifier: Apache-2.0 */
/* One context and device, and what is built for them. */
#ifndef LRN_ENGINE_H
#define LRN_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include <cllrn.h>

#include "device.h"
#include "sources.h"

struct lrn_program;

struct cllrn_engine {
    atomic_size_t references; /* the caller's and one for each plan */
    cl_context context;
    cl_device_id device;
    lrn_device_facts facts;
    lrn_sources sources;
    cllrn_log_fn log;
    void *log_user;
    cllrn_alloc_fn alloc;
    cllrn_free_fn free;
    void *alloc_user;
    pthread_mutex_t lock;         /* guards programs, and builds one at a time */
    struct lrn_program *programs; /* a list */
};

void lrn_engine_retain(cllrn_engine *engine);
void lrn_engine_release(cllrn_engine *engine);

/* Zeroed memory from the engine's allocator, or NULL. */
void *lrn_engine_alloc(cllrn_engine *engine, size_t size);
void lrn_engine_free(cllrn_engine *engine, void *memory);

/* Tells the log callback, if there is one. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void lrn_engine_log(const cllrn_engine *engine, int32_t level, const char *format, ...);

#endif
