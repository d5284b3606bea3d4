/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"

#include <string.h>

/* Invertible: a change of one word always changes the hash. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 32);
}

uint64_t lrn_hash(uint64_t seed, const void *data, size_t size)
{
    const unsigned char *at = data;
    uint64_t hash = mix(seed, (uint64_t)size);
    while (size > 0) {
        const size_t count = size < 8 ? size : 8;
        uint64_t word = 0;
        for (size_t i = 0; i < count; ++i)
            word |= (uint64_t)at[i] << (8 * i);
        hash = mix(hash, word);
        at += count;
        size -= count;
    }
    return hash;
}

uint64_t lrn_hash_text(uint64_t seed, const char *text)
{
    return lrn_hash(seed, text, strlen(text) + 1);
}
