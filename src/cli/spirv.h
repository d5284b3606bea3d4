/* SPDX-License-Identifier: Apache-2.0 */
/* Modules of SPIR-V, compiled from the sources that `cllrn compile --emit-source` writes. */
#ifndef CLI_SPIRV_H
#define CLI_SPIRV_H

#include <cllrn.h>
#include <stdbool.h>

/*
 * A pack for any device of DIRECTORY/KERNEL.spv of each program that the engine's
 * device asks for, or with NULL any device without vectors. On failure a message
 * was printed.
 */
bool spirv_pack(const cllrn_engine *engine, const char *directory, cllrn_pack **made);

#endif
