/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: a context and device of the caller, and the programs made for them. */
#ifndef LRN_ENGINE_H
#define LRN_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include <cllrn.h>

#include "cache.h"
#include "device.h"
#include "target.h"
#include "pack.h"
#include "sources.h"

struct lrn_program;

/* A list of the packs given to cllrn_engine_import. */
typedef struct lrn_given {
    struct lrn_given *next;
    cllrn_pack *pack;
} lrn_given;

struct cllrn_engine {
    atomic_size_t references; /* one for the caller and one for each plan */
    cl_context context;
    cl_device_id device;
    lrn_device_facts facts;
    lrn_sources sources;
    lrn_target target;
    cllrn_pack *pack; /* NULL: no pack, and programs may be compiled */
    cllrn_log_fn log;
    void *log_user;
    cllrn_alloc_fn alloc;
    cllrn_free_fn free;
    void *alloc_user;
    pthread_mutex_t lock;         /* guards the fields below and serialises builds */
    struct lrn_program *programs; /* a list */
    lrn_given *given;
    lrn_cache cache;
};

void lrn_engine_retain(cllrn_engine *engine);
void lrn_engine_release(cllrn_engine *engine);

/* Zeroed memory from the engine's allocator, or NULL. Free it with lrn_engine_free. */
void *lrn_engine_alloc(cllrn_engine *engine, size_t size);
void lrn_engine_free(cllrn_engine *engine, void *memory);

/* Formats a message for the log callback; does nothing without one. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void lrn_engine_log(const cllrn_engine *engine, cllrn_log_level level, const char *format, ...);

#endif
