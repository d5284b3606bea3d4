/* SPDX-License-Identifier: Apache-2.0 */
/* Binary packs, and what goes into them, as files. */
#ifndef CLI_PACK_FILE_H
#define CLI_PACK_FILE_H

#include "output.h"

#include <cllrn.h>
#include <stdbool.h>

/* The whole of a regular file that is not empty. On failure a message was printed. */
bool pack_file_load(const char *path, lrn_disk_content *content);

/* Reads and checks a pack, and with `trusted` who can have written it. Else a message was printed.
 */
bool pack_file_open(const char *path, bool trusted, cllrn_pack **pack);

/* Opens the output for a pack: a file that nobody else may write to. Else a message was printed. */
bool pack_file_begin(const char *path, output *to);

/* Writes a pack to it and commits that. On failure a message was printed. */
bool pack_file_write(const cllrn_pack *pack, output *to);

size_t pack_file_count(const cllrn_pack *pack);

#endif
