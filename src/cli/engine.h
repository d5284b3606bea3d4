/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of a sub-command, and where its programs come from. */
#ifndef CLI_ENGINE_H
#define CLI_ENGINE_H

#include "device.h"

#include <cllrn.h>
#include <stdbool.h>

/*
 * With the device's pack, if it has one. cache is CLLRN_CACHE_AUTO or another,
 * log may be NULL. On failure a message was printed.
 */
bool engine_create(cl_context context, const device *on, int32_t cache, cllrn_log_fn log,
                   void *log_user, cllrn_engine **made);

#endif
