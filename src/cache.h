/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk cache: one file per program, each a binary pack with one row, in a
 * directory that only the user may write to. Problems are logged, never
 * returned: the cache only saves time.
 */
#ifndef LRN_CACHE_H
#define LRN_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core.h"
#include "pack.h"

typedef struct lrn_cache {
    const lrn_core *core;
    char *directory;
    uint64_t limit;    /* bytes that all entries together may have */
    atomic_bool on;    /* false: no cache, or its directory cannot be used */
    atomic_bool swept; /* temporary files of killed processes were removed */
} lrn_cache;

/* Decides where the cache is, if any; does not access the disk yet. CLLRN_OUT_OF_MEMORY. */
cllrn_status lrn_cache_open(lrn_cache *cache, const lrn_core *core,
                            const cllrn_engine_options *options, cllrn_error *error);
void lrn_cache_close(lrn_cache *cache);

static inline bool lrn_cache_is_on(lrn_cache *cache)
{
    return atomic_load_explicit(&cache->on, memory_order_relaxed);
}

/* The functions below may be called by several threads at once. */

/* The cached pack of a program, with one row, or NULL. The caller destroys the pack. */
cllrn_pack *lrn_cache_load(lrn_cache *cache, const char *name, const char *options);

/* Writes an entry; removes old entries to make room for it. */
void lrn_cache_store(lrn_cache *cache, const lrn_pack_row *row);

/* Removes an entry that cannot be used, and logs why. */
void lrn_cache_drop(lrn_cache *cache, const char *name, const char *options, const char *why);

#endif
