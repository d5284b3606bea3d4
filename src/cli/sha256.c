/* SPDX-License-Identifier: Apache-2.0 */
#include "sha256.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 64, WORDS = 8, ROUNDS = 64 };

/* The first 32 bits of the fractions of the square roots of the first 8 primes. */
static const uint32_t first_state[WORDS] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* The first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const uint32_t constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t word, int bits)
{
    return word >> bits | word << (32 - bits);
}

static uint32_t load(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The message schedule: 16 words of the block, then words made of earlier ones. */
static void expand(const unsigned char *block, uint32_t w[ROUNDS])
{
    for (int i = 0; i < 16; ++i)
        w[i] = load(block + 4 * i);
    for (int i = 16; i < ROUNDS; ++i) {
        const uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
}

/* The letters are those of the standard. */
static void add_block(uint32_t state[WORDS], const unsigned char *block)
{
    uint32_t w[ROUNDS];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    expand(block, w);
    for (int i = 0; i < ROUNDS; ++i) {
        const uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                            ((e & f) ^ (~e & g)) + constants[i] + w[i];
        const uint32_t t2 =
            (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const uint32_t added[WORDS] = {a, b, c, d, e, f, g, h};
    for (int i = 0; i < WORDS; ++i)
        state[i] += added[i];
}

/* Adds the last bytes, a one bit, zeros and the number of bits, in 64 bits. */
static void add_end(uint32_t state[WORDS], const unsigned char *rest, size_t count, uint64_t bits)
{
    unsigned char end[2 * BLOCK] = {0};
    const size_t size = count + 1 + 8 <= BLOCK ? BLOCK : 2 * BLOCK;
    if (count > 0)
        memcpy(end, rest, count);
    end[count] = 0x80;
    for (size_t i = 0; i < 8; ++i)
        end[size - 1 - i] = (unsigned char)(bits >> (8 * i));
    for (size_t at = 0; at < size; at += BLOCK)
        add_block(state, end + at);
}

sha256_text sha256(const void *data, size_t size)
{
    const unsigned char *at = data;
    uint32_t state[WORDS];
    size_t left = size;
    sha256_text text;
    memcpy(state, first_state, sizeof state);
    for (; left >= BLOCK; at += BLOCK, left -= BLOCK)
        add_block(state, at);
    add_end(state, at, left, 8 * (uint64_t)size);
    for (size_t i = 0; i < WORDS; ++i)
        snprintf(text.chars + 8 * i, sizeof text.chars - 8 * i, "%08" PRIx32, state[i]);
    return text;
}
