/* SPDX-License-Identifier: Apache-2.0 */
/* Creates the engine of a sub-command. */
#ifndef CLI_ENGINE_H
#define CLI_ENGINE_H

#include "device.h"

#include <cllrn.h>
#include <stdbool.h>

/*
 * Uses the device's pack, if it has one. cache is CLLRN_CACHE_AUTO, _ON or _OFF; log
 * may be NULL. The caller destroys *made. False after a message.
 */
bool engine_create(cl_context context, const device *on, int32_t cache, cllrn_log_fn log,
                   void *log_user, cllrn_engine **made);

#endif
