/* SPDX-License-Identifier: Apache-2.0 */
/* The digests that the cases' results must have, built in: by a host build, never by a device. */
#ifndef CLI_DIGESTS_H
#define CLI_DIGESTS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether what is built in is for this arithmetic and this list of cases. */
bool digests_are_current(void);

/* The digest of a case; false where they are not current. */
bool digests_find(int number, uint64_t *digest);

/* Writes expected_digests.h anew, all of it from the host build. On failure a message was printed.
 */
bool digests_write(const char *path);

#endif
