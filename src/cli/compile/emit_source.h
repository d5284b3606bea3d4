/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the kernels as stand-alone sources, for offline compilers. */
#ifndef CLI_COMPILE_EMIT_SOURCE_H
#define CLI_COMPILE_EMIT_SOURCE_H

#include <cllrn.h>
#include <stdbool.h>

/*
 * Writes KERNEL.cl for each program that the engine's device can need, then
 * manifest.json. `device` is its name in the manifest. NULL and NULL: the programs
 * that suit any device. The manifest has
 *
 *   schema        "cllrn-sources-1"; a change of meaning changes the number
 *   library       version of clLRN
 *   arithmetic    version of the results' bits
 *   device        its name, null for any
 *   programs      array: file, kernel (its name), variant, direction, options
 *                 (what the file defines), arguments (array of "TYPE NAME")
 *
 * The directory is created, or must be empty, or hold nothing but such sources, or
 * hold a manifest of this schema; sources that are no longer needed are removed.
 * Each file appears when it is complete, the manifest after all others. False
 * after a message.
 */
bool emit_source(const cllrn_engine *engine, const char *device, const char *directory);

#endif
