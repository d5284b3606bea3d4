/* SPDX-License-Identifier: Apache-2.0 */
/* Binary packs, and what goes into them, as files. */
#ifndef CLI_PACK_FILE_H
#define CLI_PACK_FILE_H

#include "output.h"

#include <cllrn.h>
#include <stdbool.h>

/* The whole of a regular file, for the caller to free. On failure a message was printed. */
bool pack_file_load(const char *path, void **data, size_t *size);

/* Reads and checks a pack. On failure a message was printed. */
bool pack_file_open(const char *path, cllrn_pack **pack);

/* Writes a pack to an open output and commits that. On failure a message was printed. */
bool pack_file_write(const cllrn_pack *pack, output *to);

size_t pack_file_count(const cllrn_pack *pack);

#endif
