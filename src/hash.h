/* SPDX-License-Identifier: Apache-2.0 */
/* A fast 64-bit hash that detects damage and tells keys apart. Not secure against attackers. */
#ifndef LRN_HASH_H
#define LRN_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The hash of data appended to what seed is the hash of (first 0). The same on every machine. */
uint64_t lrn_hash(uint64_t seed, const void *data, size_t size);

/* As lrn_hash, for a text and its final zero, which keeps consecutive texts apart. */
uint64_t lrn_hash_text(uint64_t seed, const char *text);

#endif
