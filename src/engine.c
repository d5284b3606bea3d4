/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
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

void lrn_engine_log(const cllrn_engine *engine, cllrn_log_level level, const char *format, ...)
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

/* Opens the pack of the options for this device; *out becomes NULL if they name no pack. */
static cllrn_status open_pack(const cllrn_engine_options *options, cl_platform_id platform,
                              cl_device_id device, const lrn_target *target, cllrn_pack **out,
                              cllrn_error *error)
{
    char what[220] = "pack in memory";
    cllrn_pack *pack = NULL;
    cllrn_status status = CLLRN_SUCCESS;
    if (options->pack != NULL) {
        snprintf(what, sizeof what, "pack %.200s", options->pack);
        status = lrn_pack_read(options->pack, options->any_owner != 0, &pack, error);
    } else if (options->pack_data != NULL) {
        status = lrn_pack_copy(options->pack_data, options->pack_size, what, &pack, error);
    }
    if (status == CLLRN_SUCCESS && pack != NULL)
        status = lrn_target_match(target, pack->texts, options->any_driver != 0, what, error);
    if (status == CLLRN_SUCCESS && pack != NULL)
        status = lrn_pack_accepted(pack, platform, device, what, error);
    if (status == CLLRN_SUCCESS)
        *out = pack;
    else
        cllrn_pack_destroy(pack);
    return status;
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
        /* For a sub-device some drivers list its parent in the context. */
        const size_t count = size / sizeof *devices;
        size_t index = count;
        code = lrn_device_find(device, devices, count, &index);
        if (code != CL_SUCCESS && code != CL_INVALID_DEVICE)
            status = lrn_fail_cl(error, code, "engine create: asking the device for its parent");
        else if (index == count)
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
    if (options->cache < CLLRN_CACHE_AUTO || options->cache > CLLRN_CACHE_ON)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "engine create: cache is %d, expected CLLRN_CACHE_AUTO (%d), "
                        "CLLRN_CACHE_OFF (%d) or CLLRN_CACHE_ON (%d)",
                        (int)options->cache, CLLRN_CACHE_AUTO, CLLRN_CACHE_OFF, CLLRN_CACHE_ON);
    if (options->reserved != 0)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "engine create: reserved of the options is %d, expected 0",
                        (int)options->reserved);
    if (options->pack != NULL && options->pack_data != NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "engine create: pack and pack_data are both given, expected one");
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
    const char *directory = lrn_environment_unless(options->kernel_dir, "CLLRN_KERNEL_DIR");
    if ((status = lrn_sources_open(&engine->sources, directory, error)) != CLLRN_SUCCESS)
        goto free_engine;
    if ((status = lrn_target_get(engine->facts.platform, device, engine->sources.hash,
                                 "engine create", &engine->target, error)) != CLLRN_SUCCESS)
        goto close_sources;
    if ((status = open_pack(options, engine->facts.platform, device, &engine->target, &engine->pack,
                            error)) != CLLRN_SUCCESS)
        goto close_sources;
    /* The device does not tell all that a binary depends on: disable the cache. */
    if (engine->pack == NULL && engine->target.complete &&
        (status = lrn_cache_open(&engine->cache, options, error)) != CLLRN_SUCCESS)
        goto close_pack;
    if (pthread_mutex_init(&engine->lock, NULL) != 0) {
        status = lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine create: no memory for a lock");
        goto close_cache;
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
    if (engine->cache.directory != NULL)
        lrn_engine_log(engine, CLLRN_LOG_INFO, "cache in %.900s", engine->cache.directory);
    *out = engine;
    return CLLRN_SUCCESS;

release_context:
    clReleaseContext(context);
destroy_lock:
    pthread_mutex_destroy(&engine->lock);
close_cache:
    lrn_cache_close(&engine->cache);
close_pack:
    cllrn_pack_destroy(engine->pack);
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
    while (engine->given != NULL) {
        lrn_given *given = engine->given;
        engine->given = given->next;
        cllrn_pack_destroy(given->pack);
        lrn_engine_free(engine, given);
    }
    lrn_cache_close(&engine->cache);
    cllrn_pack_destroy(engine->pack);
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

size_t cllrn_engine_programs_made(cllrn_engine *engine)
{
    return lrn_program_count(engine);
}

cllrn_status cllrn_engine_export(cllrn_engine *engine, cllrn_pack **pack, cllrn_error *error)
{
    if (engine == NULL || pack == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "engine export: engine or pack is NULL");
    if (!engine->target.complete)
        return lrn_fail(error, CLLRN_UNSUPPORTED,
                        "engine export: %s does not tell its name and versions, so that its "
                        "binaries would fit nothing",
                        engine->facts.name);
    return lrn_program_export(engine, pack, error);
}

cllrn_status cllrn_engine_import(cllrn_engine *engine, const void *data, size_t size,
                                 cllrn_error *error)
{
    cllrn_pack *pack = NULL;
    if (engine == NULL || data == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "engine import: engine or data is NULL");
    cllrn_status status = lrn_pack_copy(data, size, "engine import", &pack, error);
    if (status == CLLRN_SUCCESS)
        status = lrn_target_match(&engine->target, pack->texts, false, "engine import", error);
    if (status == CLLRN_SUCCESS)
        status =
            lrn_pack_accepted(pack, engine->facts.platform, engine->device, "engine import", error);
    lrn_given *given = NULL;
    if (status == CLLRN_SUCCESS && (given = lrn_engine_alloc(engine, sizeof *given)) == NULL)
        status = lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine import: no memory");
    if (status != CLLRN_SUCCESS) {
        cllrn_pack_destroy(pack);
        return status;
    }
    given->pack = pack;
    pthread_mutex_lock(&engine->lock);
    given->next = engine->given;
    engine->given = given;
    pthread_mutex_unlock(&engine->lock);
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_engine_build(cllrn_engine *engine, const char *name, cllrn_error *error)
{
    char known[CLLRN_KERNEL_NAME_SIZE];
    lrn_program_key key;
    const lrn_program *program;
    if (engine == NULL || name == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "engine build: engine or name is NULL");
    for (size_t number = 0; lrn_program_key_number(number, &engine->facts, &key); ++number) {
        lrn_program_kernel_name(&key, engine->facts.int64, known);
        if (strcmp(known, name) == 0)
            return lrn_program_get(engine, &key, &program, error);
    }
    return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "engine build: %s has no program \"%.100s\"",
                    engine->facts.name, name);
}

const char *cllrn_origin_string(cllrn_origin origin)
{
    static const char *const names[] = {
        [CLLRN_ORIGIN_NONE] = "none",     [CLLRN_ORIGIN_COMPILED] = "compiled",
        [CLLRN_ORIGIN_CACHED] = "cached", [CLLRN_ORIGIN_PACKED] = "packed",
        [CLLRN_ORIGIN_GIVEN] = "given",
    };
    return origin >= 0 && origin < (int32_t)(sizeof names / sizeof *names) ? names[origin]
                                                                           : "unknown origin";
}
