/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes files of binary packs. */
#ifndef CLI_PACK_FILE_H
#define CLI_PACK_FILE_H

#include "output.h"

#include <cllrn.h>
#include <stdbool.h>

enum { PACK_FILE_MODE = 0755 }; /* nobody else may write to a pack */

/* Reads a regular file that is not empty; the caller frees content->data. False after a message. */
bool pack_file_load(const char *path, lrn_file_content *content);

/*
 * Reads and checks a pack; `trusted`: also that no other user can have written it. The caller
 * destroys *pack. False after a message.
 */
bool pack_file_open(const char *path, bool trusted, cllrn_pack **pack);

/* Writes a pack to the output and commits it. False after a message. */
bool pack_file_write(const cllrn_pack *pack, output *to);

#endif
