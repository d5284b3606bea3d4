/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "environment.h"
#include "info.h"
#include "size.h"

/* ------------------------------------------------------------------------------ packs */

/* Opens the pack of the options, if they name one, and checks that it is for this device. */
static cllrn_status open_pack(const cllrn_engine_options *options, const lrn_target *target,
                              cllrn_pack **pack, cllrn_error *error)
{
    char what[220] = "pack in memory";
    cllrn_status status = CLLRN_SUCCESS;
    if (options->pack != NULL) {
        snprintf(what, sizeof what, "pack %.200s", options->pack);
        status =
            lrn_pack_read(AT_FDCWD, options->pack, 0, options->any_owner != 0, what, pack, error);
    } else if (options->pack_data != NULL) {
        status = lrn_pack_copy(options->pack_data, options->pack_size, what, pack, error);
    }
    return status == CLLRN_SUCCESS && *pack != NULL
               ? lrn_target_match(target, (*pack)->texts, options->any_driver != 0, what, error)
               : status;
}

cllrn_status cllrn_pack_create(cllrn_pack **pack, cllrn_error *error)
{
    lrn_sources sources;
    const char *texts[CLLRN_PACK_TEXTS];
    if (pack == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "pack create: pack is NULL");
    (void)lrn_sources_open(&sources, NULL, NULL); /* the built-in ones: cannot fail */
    for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
        texts[i] = "";
    texts[CLLRN_PACK_LIBRARY] = cllrn_version();
    texts[CLLRN_PACK_KERNELS] = sources.hash;
    return lrn_pack_make(texts, NULL, 0, pack, error);
}

cllrn_status cllrn_pack_check(const cllrn_pack *pack, cl_device_id device, int32_t any_driver,
                              cllrn_error *error)
{
    lrn_sources sources;
    lrn_target here;
    if (pack == NULL || device == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "pack check: pack or device is NULL");
    (void)lrn_sources_open(&sources, NULL, NULL); /* the built-in ones: cannot fail */
    const cllrn_status status = lrn_target_get(device, sources.hash, "pack check", &here, error);
    return status != CLLRN_SUCCESS
               ? status
               : lrn_target_match(&here, pack->texts, any_driver != 0, "pack", error);
}

/* ------------------------------------------------------------------ making an engine */

static cllrn_status check_options(const cllrn_engine_options *options, cllrn_error *error)
{
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
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_engine_create(cl_context context, cl_device_id device,
                                 const cllrn_engine_options *options, cllrn_engine **out,
                                 cllrn_error *error)
{
    static const cllrn_engine_options defaults = CLLRN_ENGINE_OPTIONS_INIT;
    cllrn_status status;
    if (options == NULL)
        options = &defaults;
    if (out == NULL || context == NULL || device == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "engine create: context, device or engine is NULL");
    if ((status = check_options(options, error)) != CLLRN_SUCCESS)
        return status;
    const char *directory = lrn_environment(options->kernel_dir, "CLLRN_KERNEL_DIR");
    const lrn_core core = lrn_core_make(options);
    cllrn_engine *const engine = lrn_alloc(&core, sizeof *engine);
    if (engine == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine create: no memory for the engine");
    engine->core = core;
    atomic_init(&engine->references, 1);
    status = lrn_sources_open(&engine->sources, directory, error);
    if (status == CLLRN_SUCCESS)
        status = lrn_core_open(&engine->core, context, device, engine->sources.hash, error);
    if (status == CLLRN_SUCCESS)
        status = open_pack(options, &engine->core.target, &engine->programs.pack, error);
    if (status == CLLRN_SUCCESS)
        status =
            lrn_programs_open(&engine->programs, &engine->core, &engine->sources, options, error);
    if (status != CLLRN_SUCCESS) {
        lrn_engine_release(engine);
        return status;
    }
    lrn_log(&core, CLLRN_LOG_INFO, "engine for %s, kernels %s%s%s", engine->core.facts.name,
            engine->sources.hash, directory != NULL ? " from " : " built in",
            directory != NULL ? directory : "");
    if (lrn_cache_is_on(&engine->programs.cache))
        lrn_log(&core, CLLRN_LOG_INFO, "cache in %.900s", engine->programs.cache.directory);
    *out = engine;
    return CLLRN_SUCCESS;
}

void lrn_engine_release(cllrn_engine *engine)
{
    if (atomic_fetch_sub_explicit(&engine->references, 1, memory_order_acq_rel) > 1)
        return;
    const lrn_core core = engine->core;
    const cl_command_queue queue = atomic_load_explicit(&engine->queue, memory_order_relaxed);
    if (queue != NULL)
        clReleaseCommandQueue(queue);
    lrn_programs_close(&engine->programs);
    lrn_sources_close(&engine->sources);
    lrn_free(&core, engine);
    lrn_core_close(&core);
}

cl_context cllrn_engine_context(const cllrn_engine *engine)
{
    return engine->core.context;
}

cl_device_id cllrn_engine_device(const cllrn_engine *engine)
{
    return engine->core.device;
}

const char *cllrn_engine_kernel_hash(const cllrn_engine *engine)
{
    return engine->sources.hash;
}

size_t cllrn_engine_programs_made(cllrn_engine *engine)
{
    return lrn_programs_made(&engine->programs, NULL, 0);
}

/*
 * Fills the next row of an exported pack. Entries that share a program share
 * its binary, which the first of them owns: the others become NULL.
 */
static cllrn_status export_row(const lrn_core *core, const lrn_program **made, size_t index,
                               lrn_pack_row *rows, cllrn_error *error)
{
    const lrn_program *const entry = made[index];
    lrn_pack_row *const row = &rows[index];
    void *binary = NULL;
    const bool own = entry->kernel == entry->own_kernel;
    row->name = entry->name;
    row->options = own ? entry->options : "";
    row->kernel = own ? "" : entry->kernel;
    for (size_t i = 0; i < index; ++i)
        if (made[i] != NULL && made[i]->program == entry->program) {
            row->binary = rows[i].binary;
            row->size = rows[i].size;
            made[index] = NULL;
            return CLLRN_SUCCESS;
        }
    const cl_int code = lrn_build_binary_of(core, entry->program, &binary, &row->size);
    row->binary = binary;
    return code == CL_SUCCESS
               ? CLLRN_SUCCESS
               : lrn_fail_cl(error, code, "engine export: the binary of %s", entry->name);
}

cllrn_status cllrn_engine_export(cllrn_engine *engine, cllrn_pack **pack, cllrn_error *error)
{
    if (engine == NULL || pack == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "engine export: engine or pack is NULL");
    if (!engine->core.target.complete)
        return lrn_fail(error, CLLRN_UNSUPPORTED,
                        "engine export: %s does not tell its name and versions, so that its "
                        "binaries would fit nothing",
                        engine->core.facts.name);
    lrn_programs *const programs = &engine->programs;
    const char *texts[CLLRN_PACK_TEXTS];
    const size_t count = lrn_programs_made(programs, NULL, 0);
    size_t done = 0;
    cllrn_status status = CLLRN_SUCCESS;
    const lrn_program **made = lrn_size_alloc(count, sizeof *made);
    lrn_pack_row *rows = lrn_size_alloc(count, sizeof *rows);
    if (made == NULL || rows == NULL)
        status = lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine export: no memory for %zu programs",
                          count);
    else
        lrn_programs_made(programs, made, count);
    while (status == CLLRN_SUCCESS && done < count)
        if ((status = export_row(&engine->core, made, done, rows, error)) == CLLRN_SUCCESS)
            ++done;
    for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
        texts[i] = engine->core.target.texts[i];
    if (status == CLLRN_SUCCESS)
        status = lrn_pack_make(texts, rows, count, pack, error);
    for (size_t i = 0; i < done; ++i)
        if (made[i] != NULL)
            free((void *)rows[i].binary);
    free(rows);
    free(made);
    return status;
}

cllrn_status cllrn_engine_import(cllrn_engine *engine, const void *data, size_t size,
                                 cllrn_error *error)
{
    cllrn_pack *pack = NULL;
    if (engine == NULL || data == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "engine import: engine or data is NULL");
    cllrn_status status = lrn_pack_copy(data, size, "engine import", &pack, error);
    if (status == CLLRN_SUCCESS)
        status = lrn_target_match(&engine->core.target, pack->texts, false, "engine import", error);
    lrn_offer *offer = NULL;
    if (status == CLLRN_SUCCESS && lrn_offer_new(&engine->core, "", &offer) == NULL)
        status = lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine import: no memory");
    if (status != CLLRN_SUCCESS) {
        cllrn_pack_destroy(pack);
        return status;
    }
    offer->pack = pack;
    lrn_programs_offer(&engine->programs, offer);
    return CLLRN_SUCCESS;
}

/* Finds the program of a name, which may be NULL, among those of the engine's device. */
static cllrn_status find_key(const lrn_core *core, const char *what, const char *name,
                             lrn_program_key *key, cllrn_error *error)
{
    char known[CLLRN_KERNEL_NAME_SIZE];
    for (size_t number = 0; name != NULL && lrn_program_key_number(number, &core->facts, key);
         ++number) {
        lrn_program_kernel_name(key, core->facts.int64, known);
        if (strcmp(known, name) == 0)
            return CLLRN_SUCCESS;
    }
    return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "%s: %s has no program \"%.100s\"", what,
                    core->facts.name, name != NULL ? name : "(NULL)");
}

cllrn_status cllrn_engine_build(cllrn_engine *engine, const char *name, cllrn_error *error)
{
    lrn_program_key key;
    lrn_program *program;
    if (engine == NULL || name == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "engine build: engine or name is NULL");
    const cllrn_status status = find_key(&engine->core, "engine build", name, &key, error);
    return status == CLLRN_SUCCESS ? lrn_programs_get(&engine->programs, &key, &program, error)
                                   : status;
}

/* Checks that a program of the caller's has the engine's context and device. */
static cllrn_status check_program(const lrn_core *core, cl_program program, cllrn_error *error)
{
    cl_context context = NULL;
    size_t count = 0, own = 0;
    cl_int code = clGetProgramInfo(program, CL_PROGRAM_CONTEXT, sizeof context, &context, NULL);
    if (code == CL_SUCCESS && context != core->context)
        return lrn_fail(error, CLLRN_CONTEXT_MISMATCH,
                        "engine add: the program is of context %p, the engine of %p",
                        (void *)context, (void *)core->context);
    if (code == CL_SUCCESS)
        code = lrn_build_find_device(core, program, &count, &own);
    if (code == CL_INVALID_PROGRAM)
        return lrn_fail_code(error, CLLRN_INVALID_ARGUMENT, code, "engine add: the program");
    if (code != CL_SUCCESS)
        return lrn_fail_cl(error, code,
                           "engine add: asking the program for its context and devices");
    if (own == count)
        return lrn_fail(error, CLLRN_DEVICE_MISMATCH,
                        "engine add: the program is not for %s, the engine's device",
                        core->facts.name);
    return CLLRN_SUCCESS;
}

/* Prepends an offer of one kernel to the list, after it has created the kernel once. */
static cllrn_status offer_kernel(const lrn_core *core, cl_program program, const char *name,
                                 const char *kernel, lrn_offer **list, cllrn_error *error)
{
    cl_int code = CL_SUCCESS;
    const cl_kernel first = clCreateKernel(program, kernel, &code);
    if (first == NULL && (code == CL_INVALID_KERNEL_NAME || code == CL_INVALID_PROGRAM_EXECUTABLE))
        return lrn_fail_code(error, CLLRN_INVALID_ARGUMENT, code,
                             "engine add: the program is not built, or has no kernel %.100s",
                             kernel);
    if (first == NULL)
        return lrn_fail_cl(error, code, "engine add: making the kernel %.100s", kernel);
    clReleaseKernel(first);
    lrn_offer *const offer = lrn_offer_new(core, kernel, list);
    if (offer == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine add: no memory for %.100s", name);
    snprintf(offer->name, sizeof offer->name, "%s", name);
    if ((code = clRetainProgram(program)) != CL_SUCCESS)
        return lrn_fail_cl(error, code, "engine add: retaining the program");
    offer->program = program;
    return CLLRN_SUCCESS;
}

/* Offers every kernel of the program that has the name of a program of the device. */
static cllrn_status offer_all(const lrn_core *core, cl_program program, lrn_offer **list,
                              cllrn_error *error)
{
    lrn_program_key key;
    size_t size;
    cl_int code;
    char *const names =
        lrn_info_get((lrn_info_of){.program = program}, CL_PROGRAM_KERNEL_NAMES, &size, &code);
    cllrn_status status = CLLRN_SUCCESS;
    if (code != CL_SUCCESS)
        return lrn_fail_cl(error, code, "engine add: asking the program for its kernels");
    if (names == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine add: no memory for the kernels' names");
    for (char *c = names; *c != '\0'; ++c)
        if (*c == ';')
            *c = ' ';
    for (size_t number = 0;
         status == CLLRN_SUCCESS && lrn_program_key_number(number, &core->facts, &key); ++number) {
        char name[CLLRN_KERNEL_NAME_SIZE];
        lrn_program_kernel_name(&key, core->facts.int64, name);
        if (lrn_info_has_word(names, name))
            status = offer_kernel(core, program, name, name, list, error);
    }
    free(names);
    if (status == CLLRN_SUCCESS && *list == NULL)
        status = lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                          "engine add: no kernel of the program has the name of a program of %s: "
                          "give the names",
                          core->facts.name);
    return status;
}

cllrn_status cllrn_engine_add(cllrn_engine *engine, cl_program program, const char *const *names,
                              const char *const *kernels, size_t count, cllrn_error *error)
{
    lrn_offer *offers = NULL;
    lrn_program_key key;
    if (engine == NULL || program == NULL || (names == NULL) != (count == 0))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "engine add: engine or program is NULL, or names and count do not match");
    const lrn_core *const core = &engine->core;
    cllrn_status status = check_program(core, program, error);
    if (status == CLLRN_SUCCESS && names == NULL)
        status = offer_all(core, program, &offers, error);
    for (size_t i = 0; status == CLLRN_SUCCESS && i < count; ++i) {
        status = find_key(core, "engine add", names[i], &key, error);
        if (status == CLLRN_SUCCESS)
            status = offer_kernel(core, program, names[i],
                                  kernels != NULL && kernels[i] != NULL ? kernels[i] : names[i],
                                  &offers, error);
    }
    if (status == CLLRN_SUCCESS)
        lrn_programs_offer(&engine->programs, offers);
    else
        lrn_offers_free(core, offers);
    return status;
}

const char *cllrn_origin_string(cllrn_origin origin)
{
    static const char *const names[] = {
        [CLLRN_ORIGIN_NONE] = "none",         [CLLRN_ORIGIN_COMPILED] = "compiled",
        [CLLRN_ORIGIN_CACHED] = "cached",     [CLLRN_ORIGIN_PACKED] = "packed",
        [CLLRN_ORIGIN_IMPORTED] = "imported", [CLLRN_ORIGIN_CALLER] = "caller",
    };
    return origin >= 0 && origin < (int32_t)(sizeof names / sizeof *names) ? names[origin]
                                                                           : "unknown origin";
}
