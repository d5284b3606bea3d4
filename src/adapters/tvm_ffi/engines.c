/* SPDX-License-Identifier: Apache-2.0 */
#include "engines.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An engine keeps its context, so a caller who makes many contexts needs a limit. */
enum { KEPT = 8 };

struct kept {
    cllrn_engine *engine; /* NULL: free */
    cl_context context;   /* NULL: the library's own, of the device that spec finds */
    cl_device_id device;
    char spec[LRN_SPEC_SIZE];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept kept[KEPT];
static size_t oldest;

static struct kept *find(cl_context context, cl_device_id device, const char *spec)
{
    for (size_t i = 0; i < KEPT; ++i) {
        struct kept *each = &kept[i];
        if (each->engine != NULL && each->context == context &&
            (context != NULL ? each->device == device : strcmp(each->spec, spec) == 0))
            return each;
    }
    return NULL;
}

/* Puts an engine in place of the oldest one, which the caller destroys. */
static cllrn_status keep(cl_context context, cl_device_id device, const char *spec,
                         cllrn_engine **dropped, cllrn_error *error)
{
    cllrn_engine *engine = NULL;
    cllrn_status status = CLLRN_SUCCESS;
    if (context == NULL)
        status = cllrn_device_find(spec, &device, error);
    if (status == CLLRN_SUCCESS)
        status = cllrn_engine_share(context, device, &engine, error);
    if (status != CLLRN_SUCCESS)
        return status;
    struct kept *place = &kept[oldest];
    oldest = (oldest + 1) % KEPT;
    *dropped = place->engine;
    place->engine = engine;
    place->context = context;
    place->device = device;
    snprintf(place->spec, sizeof place->spec, "%s", context != NULL ? "" : spec);
    return CLLRN_SUCCESS;
}

/* A forked process has its parent's handles, but not the driver's threads: it would hang. */
static cllrn_status check_process(cllrn_error *error)
{
    static atomic_long user;
    const long self = (long)getpid();
    long first = 0;
    if (atomic_compare_exchange_strong(&user, &first, self) || first == self)
        return CLLRN_SUCCESS;
    error->status = CLLRN_OPENCL_FAILURE;
    snprintf(error->message, sizeof error->message,
             "this process was forked from one that had used OpenCL, which drivers do not "
             "survive: fork before the first call, or start the process anew");
    return error->status;
}

cllrn_status lrn_engine_open(cl_context context, cl_device_id device, const char *spec,
                             cllrn_engine **engine, cllrn_error *error)
{
    cllrn_engine *dropped = NULL;
    cllrn_status status = check_process(error);
    if (status != CLLRN_SUCCESS)
        return status;
    pthread_mutex_lock(&lock);
    const struct kept *found = find(context, device, spec);
    if (found == NULL) {
        status = keep(context, device, spec, &dropped, error);
        found = find(context, device, spec);
    }
    if (status == CLLRN_SUCCESS)
        status = cllrn_engine_share(context, found->device, engine, error);
    pthread_mutex_unlock(&lock);
    cllrn_engine_destroy(dropped);
    return status;
}
