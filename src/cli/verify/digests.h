/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in digests of the cases' results. A host build computed them, never a device. */
#ifndef CLI_DIGESTS_H
#define CLI_DIGESTS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the built-in digests belong to this arithmetic and this list of cases. */
bool digests_are_current(void);

/* Gets the digest of a case; false where the digests are not current. */
bool digests_find(int number, uint64_t *digest);

/* Writes a new expected_digests.h from results of the host build. False after a message. */
bool digests_write(const char *path);

#endif
