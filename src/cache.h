/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk cache: one file for each program, a pack of one row, in a directory
 * that belongs to the user alone. Whatever is wrong with it is logged, never
 * returned: it only saves time.
 */
#ifndef LRN_CACHE_H
#define LRN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include <cllrn.h>

#include "pack.h"

typedef struct lrn_cache {
    char *directory; /* NULL: no cache */
    uint64_t limit;  /* bytes of all its files */
    bool swept;      /* of what killed processes left */
} lrn_cache;

/* Decides where the cache is, if there is one, and touches nothing yet. CLLRN_OUT_OF_MEMORY. */
cllrn_status lrn_cache_open(lrn_cache *cache, const cllrn_engine_options *options,
                            cllrn_error *error);
void lrn_cache_close(lrn_cache *cache);

/* The entry of a program, the row of its pack being the first; NULL where there is no good one. */
cllrn_pack *lrn_cache_load(cllrn_engine *engine, const char *name, const char *options);

/* Writes an entry, and makes room for it. */
void lrn_cache_store(cllrn_engine *engine, const lrn_pack_row *row);

/* Removes an entry that turned out to be of no use. */
void lrn_cache_drop(cllrn_engine *engine, const char *name, const char *options, const char *why);

#endif
