/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels as stand-alone sources in a directory, for offline compilers. */
#ifndef CLI_EMIT_SOURCE_H
#define CLI_EMIT_SOURCE_H

#include <cllrn.h>
#include <stdbool.h>

/*
 * Writes KERNEL.cl for each program of an engine's device, called `device` in
 * the manifest, or with NULL and NULL of any device, and then manifest.json:
 *
 *   schema        "cllrn-sources-1"; a change of meaning changes the number
 *   library       version of clLRN
 *   arithmetic    version of the results' bits
 *   device        its name, null for any
 *   programs      array: file, kernel (its name), variant, direction, options
 *                 (what the file defines), arguments (array of "TYPE NAME")
 *
 * The directory is made, or is empty, or holds no more than such files, or has a
 * manifest of this schema; then what is no longer needed goes. Each file
 * appears when it is complete, the manifest when all are. On failure a message
 * was printed.
 */
bool emit_source(const cllrn_engine *engine, const char *device, const char *directory);

#endif
