/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk cache: one file per program, each a binary pack with one row, in a
 * directory that only the user may write to. Problems are logged, never
 * returned: the cache only saves time.
 */
#ifndef LRN_CACHE_H
#define LRN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include <cllrn.h>

#include "pack.h"

typedef struct lrn_cache {
    char *directory; /* NULL: no cache */
    uint64_t limit;  /* bytes that all entries together may have */
    bool swept;      /* temporary files of killed processes were removed */
} lrn_cache;

/* Decides where the cache is, if any; does not access the disk yet. CLLRN_OUT_OF_MEMORY. */
cllrn_status lrn_cache_open(lrn_cache *cache, const cllrn_engine_options *options,
                            cllrn_error *error);
void lrn_cache_close(lrn_cache *cache);

/* The cached pack of a program, with one row, or NULL. The caller destroys the pack. */
cllrn_pack *lrn_cache_load(cllrn_engine *engine, const char *name, const char *options);

/* Writes an entry; removes old entries to make room for it. */
void lrn_cache_store(cllrn_engine *engine, const lrn_pack_row *row);

/* Removes an entry that cannot be used, and logs why. */
void lrn_cache_drop(cllrn_engine *engine, const char *name, const char *options, const char *why);

#endif
