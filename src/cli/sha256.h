/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4): checksums of a report's files, as sha256sum has them. */
#ifndef CLI_SHA256_H
#define CLI_SHA256_H

#include <stddef.h>

/* 64 hexadecimal digits and a final zero. */
typedef struct sha256_text {
    char chars[65];
} sha256_text;

sha256_text sha256(const void *data, size_t size);

#endif
