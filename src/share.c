/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Engines that callers share: the one piece of process-wide state. The list keeps no engine
 * alive: the last caller to destroy a shared engine takes it off the list.
 */
#include <pthread.h>

#include "engine.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static cllrn_engine *first; /* the list, and each engine's next and sharers, are guarded by lock */

/* The engine's context is retained, so that no other context can have its handle. */
static cllrn_engine *find(cl_context context, cl_device_id device)
{
    cllrn_engine *engine = first;
    while (engine != NULL &&
           (engine->core.device != device ||
            (context != NULL ? engine->core.context != context : !engine->own_context)))
        engine = engine->next;
    return engine;
}

static cllrn_status create_context(cl_device_id device, cl_context *context, cllrn_error *error)
{
    cl_platform_id platform = NULL;
    cl_int code = clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL);
    if (code != CL_SUCCESS)
        return lrn_fail_cl(error, code, "engine share: asking the device for its platform");
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)platform, 0};
    *context = clCreateContext(properties, 1, &device, NULL, NULL, &code);
    return code == CL_SUCCESS ? CLLRN_SUCCESS
                              : lrn_fail_cl(error, code, "engine share: creating a context");
}

/* Creates an engine and puts it on the list. */
static cllrn_status add(cl_context context, cl_device_id device, cllrn_engine **out,
                        cllrn_error *error)
{
    cl_context own = NULL;
    cllrn_engine *engine = NULL;
    cllrn_status status = context == NULL ? create_context(device, &own, error) : CLLRN_SUCCESS;
    if (status == CLLRN_SUCCESS)
        status = cllrn_engine_create(own != NULL ? own : context, device, NULL, &engine, error);
    if (own != NULL)
        clReleaseContext(own); /* the engine has retained the context */
    if (status != CLLRN_SUCCESS)
        return status;
    engine->shared = true;
    engine->own_context = own != NULL;
    engine->next = first;
    *out = first = engine;
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_engine_share(cl_context context, cl_device_id device, cllrn_engine **out,
                                cllrn_error *error)
{
    cllrn_status status = CLLRN_SUCCESS;
    if (out == NULL || device == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "engine share: device or engine is NULL");
    /* Held while an engine is made, so that threads which ask at the same time get one. */
    pthread_mutex_lock(&lock);
    cllrn_engine *engine = find(context, device);
    if (engine == NULL)
        status = add(context, device, &engine, error);
    if (status == CLLRN_SUCCESS) {
        ++engine->sharers;
        *out = engine;
    }
    pthread_mutex_unlock(&lock);
    return status;
}

/* Whether this was the last sharer, with whom the engine leaves the list. */
static bool leave(cllrn_engine *engine)
{
    pthread_mutex_lock(&lock);
    const bool last = --engine->sharers == 0;
    cllrn_engine **at = &first;
    while (last && *at != engine)
        at = &(*at)->next;
    if (last)
        *at = engine->next;
    pthread_mutex_unlock(&lock);
    return last;
}

void cllrn_engine_destroy(cllrn_engine *engine)
{
    if (engine != NULL && (!engine->shared || leave(engine)))
        lrn_engine_release(engine);
}
