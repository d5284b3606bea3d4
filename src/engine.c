/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "program.h"

static void *default_alloc(void *user, size_t size)
{
    (void)user;
    return malloc(size);
}

static void default_free(void *user, void *memory)
{
    (void)user;
    free(memory);
}

void *lrn_engine_alloc(cllrn_engine *engine, size_t size)
{
    void *memory = engine->alloc(engine->alloc_user, size);
    if (memory != NULL)
        memset(memory, 0, size);
    return memory;
}

void lrn_engine_free(cllrn_engine *engine, void *memory)
{
    if (memory != NULL)
        engine->free(engine->alloc_user, memory);
}

void lrn_engine_log(const cllrn_engine *engine, int32_t level, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    if (engine->log == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    engine->log(engine->log_user, level, message);
}

/* The environment decides nothing in a process with another user's rights. */
static const char *environment(const char *name)
{
#if defined(__GLIBC__)
    const char *value = secure_getenv(name);
#else
    const char *value = getenv(name);
#endif
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static cllrn_status check_device(cl_context context, cl_device_id device, cllrn_error *error)
{
    cl_device_id few[16], *devices = few;
    size_t size = 0;
    cllrn_status status = CLLRN_SUCCESS;
    cl_int code = clGetContextInfo(context, CL_CONTEXT_DEVICES, 0, NULL, &size);
    if (code != CL_SUCCESS)
        return lrn_fail_cl(error, code, "engine create: asking the context for its devices");
    if (size > sizeof few && (devices = malloc(size)) == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine create: no memory for %zu devices",
                        size / sizeof *devices);
    code = clGetContextInfo(context, CL_CONTEXT_DEVICES, size, devices, NULL);
    if (code != CL_SUCCESS) {
        status = lrn_fail_cl(error, code, "engine create: asking the context for its devices");
    } else {
        const size_t count = size / sizeof *devices;
        size_t i = 0;
        while (i < count && devices[i] != device)
            ++i;
        if (i == count)
            status = lrn_fail(error, CLLRN_DEVICE_MISMATCH,
                              "engine create: the device is none of the context's %zu", count);
    }
    if (devices != few)
        free(devices);
    return status;
}

cllrn_status cllrn_engine_create(cl_context context, cl_device_id device,
                                 const cllrn_engine_options *options, cllrn_engine **out,
                                 cllrn_error *error)
{
    static const cllrn_engine_options defaults = CLLRN_ENGINE_OPTIONS_INIT;
    cllrn_status status;
    cl_int code;

    if (options == NULL)
        options = &defaults;
    if (out == NULL || context == NULL || device == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "engine create: context, device or engine is NULL");
    if (!LRN_READABLE(options))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "engine create: options not initialised: use CLLRN_ENGINE_OPTIONS_INIT");
    if ((options->alloc == NULL) != (options->free == NULL))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "engine create: options have one of alloc and free, expected both or none");
    if ((status = check_device(context, device, error)) != CLLRN_SUCCESS)
        return status;

    const cllrn_alloc_fn alloc = options->alloc != NULL ? options->alloc : default_alloc;
    cllrn_engine *engine = alloc(options->alloc_user, sizeof *engine);
    if (engine == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine create: no memory for the engine");
    memset(engine, 0, sizeof *engine);
    engine->alloc = alloc;
    engine->free = options->free != NULL ? options->free : default_free;
    engine->alloc_user = options->alloc_user;
    engine->log = options->log;
    engine->log_user = options->log_user;
    engine->context = context;
    engine->device = device;
    atomic_init(&engine->references, 1);

    if ((status = lrn_device_facts_get(device, &engine->facts, error)) != CLLRN_SUCCESS)
        goto free_engine;
    const char *directory =
        options->kernel_dir != NULL ? options->kernel_dir : environment("CLLRN_KERNEL_DIR");
    if ((status = lrn_sources_open(&engine->sources, directory, error)) != CLLRN_SUCCESS)
        goto free_engine;
    if (pthread_mutex_init(&engine->lock, NULL) != 0) {
        status = lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine create: no memory for a lock");
        goto close_sources;
    }
    if ((code = clRetainContext(context)) != CL_SUCCESS) {
        status = lrn_fail_cl(error, code, "engine create: retaining the context");
        goto destroy_lock;
    }
    if ((code = clRetainDevice(device)) != CL_SUCCESS) {
        status = lrn_fail_cl(error, code, "engine create: retaining the device");
        goto release_context;
    }
    lrn_engine_log(engine, CLLRN_LOG_INFO, "engine for %s, kernels %s%s%s", engine->facts.name,
                   engine->sources.hash, directory != NULL ? " from " : " built in",
                   directory != NULL ? directory : "");
    *out = engine;
    return CLLRN_SUCCESS;

release_context:
    clReleaseContext(context);
destroy_lock:
    pthread_mutex_destroy(&engine->lock);
close_sources:
    lrn_sources_close(&engine->sources);
free_engine:
    lrn_engine_free(engine, engine);
    return status;
}

void lrn_engine_retain(cllrn_engine *engine)
{
    atomic_fetch_add_explicit(&engine->references, 1, memory_order_relaxed);
}

void lrn_engine_release(cllrn_engine *engine)
{
    if (atomic_fetch_sub_explicit(&engine->references, 1, memory_order_acq_rel) > 1)
        return;
    lrn_program_release_all(engine);
    clReleaseDevice(engine->device);
    clReleaseContext(engine->context);
    pthread_mutex_destroy(&engine->lock);
    lrn_sources_close(&engine->sources);
    lrn_engine_free(engine, engine);
}

void cllrn_engine_destroy(cllrn_engine *engine)
{
    if (engine != NULL)
        lrn_engine_release(engine);
}

cl_context cllrn_engine_context(const cllrn_engine *engine)
{
    return engine->context;
}

cl_device_id cllrn_engine_device(const cllrn_engine *engine)
{
    return engine->device;
}

const char *cllrn_engine_kernel_hash(const cllrn_engine *engine)
{
    return engine->sources.hash;
}

size_t cllrn_engine_program_count(cllrn_engine *engine)
{
    return lrn_program_count(engine);
}
