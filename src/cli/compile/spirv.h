/* SPDX-License-Identifier: Apache-2.0 */
/* Packs SPIR-V modules compiled from the sources of `cllrn compile --emit-source`. */
#ifndef CLI_COMPILE_SPIRV_H
#define CLI_COMPILE_SPIRV_H

#include <cllrn.h>
#include <stdbool.h>

/*
 * Makes a pack, for any device that takes SPIR-V, of DIRECTORY/KERNEL.spv for each
 * program that the engine's device can need; NULL: that a device without vectors can
 * need. The caller destroys *made. False after a message.
 */
bool spirv_pack(const cllrn_engine *engine, const char *directory, cllrn_pack **made);

#endif
