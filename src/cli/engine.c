/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include "message.h"

bool engine_create(cl_context context, const device *on, int32_t cache, cllrn_log_fn log,
                   void *log_user, cllrn_engine **made)
{
    cllrn_engine_options options = CLLRN_ENGINE_OPTIONS_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    options.log = log;
    options.log_user = log_user;
    options.cache = cache;
    options.pack = on->pack;
    options.any_driver = on->any_driver;
    options.any_owner = on->any_owner;
    return message_check(cllrn_engine_create(context, on->id, &options, made, &error), &error);
}
