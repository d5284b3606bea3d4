/* SPDX-License-Identifier: Apache-2.0 */
/* A quick 64-bit hash: tells damage and keys apart, and withstands no attacker. */
#ifndef LRN_HASH_H
#define LRN_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Of data behind what seed is the hash of; begin with 0. The same on every machine. */
uint64_t lrn_hash(uint64_t seed, const void *data, size_t size);

/* The same for a text, its final zero included, which keeps texts apart. */
uint64_t lrn_hash_text(uint64_t seed, const char *text);

#endif
