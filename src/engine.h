/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: what the public functions of an engine and of its plans share. */
#ifndef LRN_ENGINE_H
#define LRN_ENGINE_H

#include <stdatomic.h>

#include "core.h"
#include "program.h"
#include "sources.h"

struct cllrn_engine {
    atomic_size_t references; /* one for the caller, or all sharers, and one for each plan */
    lrn_core core;
    lrn_sources sources;
    lrn_programs programs;
    _Atomic(cl_command_queue) queue; /* of cllrn_run without the caller's; NULL: not made yet */
    /* Of an engine of cllrn_engine_share: share.c. */
    bool shared;
    bool own_context; /* made by the library */
    size_t sharers;
    struct cllrn_engine *next;
};

/* Gives up a reference; the last one destroys the engine. */
void lrn_engine_release(cllrn_engine *engine);

#endif
