/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "build.h"
#include "info.h"

static bool same_key(const lrn_program_key *a, const lrn_program_key *b)
{
    return a->variant == b->variant && a->backward == b->backward && a->storage == b->storage &&
           a->width == b->width && a->taps == b->taps && a->power == b->power &&
           a->wide == b->wide && a->disjoint == b->disjoint;
}

/* -------------------------------------------------------------------------- kernels */

cllrn_status lrn_program_take_kernel(lrn_program *program, const char *operation, cl_kernel *kernel,
                                     cllrn_error *error)
{
    cl_kernel taken = NULL;
    cl_int code = CL_SUCCESS;
    pthread_mutex_lock(&program->lock);
    if (program->idle_count > 0)
        taken = program->idle[--program->idle_count];
    pthread_mutex_unlock(&program->lock);
    if (taken == NULL)
        taken = clCreateKernel(program->program, program->kernel, &code);
    if (taken == NULL)
        return lrn_fail_cl(error, code, "%s: making the kernel %.100s", operation, program->kernel);
    *kernel = taken;
    return CLLRN_SUCCESS;
}

void lrn_program_put_kernel(lrn_program *program, cl_kernel kernel)
{
    pthread_mutex_lock(&program->lock);
    const bool room = program->idle_count < LRN_IDLE_KERNELS;
    if (room)
        program->idle[program->idle_count++] = kernel;
    pthread_mutex_unlock(&program->lock);
    if (!room)
        clReleaseKernel(kernel);
}

/*
 * Takes over made, which has this kernel: creates the first kernel, since some
 * drivers compile only then, and asks for the largest work-group it allows.
 * After a failure made is released.
 */
static cllrn_status adopt(const lrn_core *core, lrn_program *entry, cl_program made,
                          const char *kernel, cllrn_origin origin, cllrn_error *error)
{
    static const size_t one = 1; /* the default for an unknown query */
    const bool binary = origin != CLLRN_ORIGIN_COMPILED && origin != CLLRN_ORIGIN_CALLER;
    cl_int code = CL_SUCCESS;
    const cl_kernel first = clCreateKernel(made, kernel, &code);
    if (first != NULL)
        code = lrn_query_or(clGetKernelWorkGroupInfo(first, core->device, CL_KERNEL_WORK_GROUP_SIZE,
                                                     sizeof entry->group_size, &entry->group_size,
                                                     NULL),
                            &entry->group_size, &one, sizeof one);
    if (first != NULL && code == CL_SUCCESS) {
        entry->program = made;
        entry->kernel = kernel;
        entry->origin = origin;
        entry->idle[entry->idle_count++] = first;
        return CLLRN_SUCCESS;
    }
    if (first != NULL)
        clReleaseKernel(first);
    clReleaseProgram(made);
    return lrn_fail_code(error, binary ? lrn_build_status(code) : lrn_opencl_status(code), code,
                         "plan create: making the kernel %.100s of %s (%s)", kernel, entry->name,
                         cllrn_origin_string(origin));
}

/* -------------------------------------------------------------------------- waiting */

/* Whether this thread is making a program other than `own`: it is inside a callback then. */
static bool is_inside_callback(const lrn_programs *programs, const lrn_program *own)
{
    for (const lrn_program *entry = programs->first; entry != NULL; entry = entry->next)
        if (entry != own && entry->building && pthread_equal(entry->builder, pthread_self()))
            return true;
    return false;
}

/*
 * Waits, with the lock held, until no thread makes `entry`; own is the program
 * that this thread makes, or NULL. False if the wait could last for ever.
 */
static bool settle(lrn_programs *programs, const lrn_program *entry, const lrn_program *own)
{
    while (entry->building) {
        if (is_inside_callback(programs, own))
            return false;
        pthread_cond_wait(&programs->settled, &programs->lock);
    }
    return true;
}

static cllrn_status fail_inside_callback(const lrn_program *entry, cllrn_error *error)
{
    return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                    "plan create: a callback asks for %s, which is being made: ask for it after "
                    "the callback has returned",
                    entry->name);
}

/* -------------------------------------------------------------------------- origins */

/*
 * Sets *shared to the program that another entry has made of the same binary,
 * retained, or to NULL: this entry then makes it, and others wait for it. Some
 * drivers load a binary only once. False inside a callback.
 */
static bool claim_binary(lrn_programs *programs, lrn_program *entry, const void *binary,
                         cl_program *shared)
{
    bool settled = true;
    *shared = NULL;
    pthread_mutex_lock(&programs->lock);
    lrn_program *other = programs->first;
    while (settled && other != NULL)
        if (other == entry || other->binary != binary)
            other = other->next;
        else if (!other->building)
            break;
        else if ((settled = settle(programs, other, entry)))
            other = programs->first;
    if (settled)
        entry->binary = binary;
    if (settled && other != NULL && clRetainProgram(other->program) == CL_SUCCESS)
        *shared = other->program;
    pthread_mutex_unlock(&programs->lock);
    return settled;
}

/* Makes an entry's program from a pack's binary. */
static cllrn_status load(lrn_programs *programs, lrn_program *entry, const cllrn_pack *pack,
                         const lrn_pack_row *row, cllrn_origin origin, cllrn_error *error)
{
    cllrn_status status = CLLRN_SUCCESS;
    cl_program made = NULL;
    /* A cached binary is of one program alone, and its memory does not last. */
    if (origin != CLLRN_ORIGIN_CACHED && !claim_binary(programs, entry, row->binary, &made))
        return fail_inside_callback(entry, error);
    if (made == NULL && !lrn_pack_intact(pack, row))
        status =
            lrn_fail(error, CLLRN_INVALID_PACK,
                     "plan create: the binary of %s is damaged: make the pack anew", entry->name);
    else if (made == NULL)
        status = lrn_build_binary(programs->core, row->binary, row->size, entry->name, row->options,
                                  &made, error);
    if (status == CLLRN_SUCCESS)
        status = adopt(programs->core, entry, made,
                       *row->kernel != '\0' ? row->kernel : entry->own_kernel, origin, error);
    if (status != CLLRN_SUCCESS) {
        pthread_mutex_lock(&programs->lock);
        entry->binary = NULL;
        pthread_mutex_unlock(&programs->lock);
    }
    return status;
}

/* CLLRN_PROGRAM_MISSING, without a message, if the pack lacks the program. */
static cllrn_status take_packed(lrn_programs *programs, lrn_program *entry, const cllrn_pack *pack,
                                cllrn_origin origin, cllrn_error *error)
{
    const lrn_pack_row *row = lrn_pack_find(pack, entry->name);
    /* Binaries of a vendor's compiler have no options recorded. */
    return row != NULL && (*row->options == '\0' || strcmp(row->options, entry->options) == 0)
               ? load(programs, entry, pack, row, origin, error)
               : CLLRN_PROGRAM_MISSING;
}

/* As take_packed, from a kernel of a program of the caller's. */
static cllrn_status take_from_caller(const lrn_core *core, lrn_program *entry,
                                     const lrn_offer *offer, cllrn_error *error)
{
    if (strcmp(offer->name, entry->name) != 0)
        return CLLRN_PROGRAM_MISSING;
    const cl_int code = clRetainProgram(offer->program);
    return code == CL_SUCCESS
               ? adopt(core, entry, offer->program, offer->kernel, CLLRN_ORIGIN_CALLER, error)
               : lrn_fail_cl(error, code, "plan create: retaining the program of %s", entry->name);
}

static bool take_cached(lrn_programs *programs, lrn_program *entry)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_pack *pack = lrn_cache_load(&programs->cache, entry->name, entry->options);
    if (pack == NULL)
        return false;
    const bool loaded =
        load(programs, entry, pack, pack->rows, CLLRN_ORIGIN_CACHED, &error) == CLLRN_SUCCESS;
    if (!loaded)
        lrn_cache_drop(&programs->cache, entry->name, entry->options, error.message);
    cllrn_pack_destroy(pack);
    return loaded;
}

static cllrn_status compile(lrn_programs *programs, lrn_program *entry, cllrn_error *error)
{
    const lrn_source_list list = lrn_sources_list(programs->sources, entry->key.variant->name,
                                                  entry->key.storage == LRN_F64);
    cl_program made;
    const cllrn_status status =
        lrn_build_source(programs->core, &list, list.file, entry->options, &made, error);
    return status != CLLRN_SUCCESS ? status
                                   : adopt(programs->core, entry, made, entry->own_kernel,
                                           CLLRN_ORIGIN_COMPILED, error);
}

/* Stores a compiled program in the cache; only logs if there is no binary. */
static void keep(lrn_programs *programs, const lrn_program *entry)
{
    lrn_pack_row row = {.name = entry->name, .options = entry->options, .kernel = ""};
    void *binary = NULL;
    if (!lrn_cache_is_on(&programs->cache))
        return;
    const cl_int code = lrn_build_binary_of(programs->core, entry->program, &binary, &row.size);
    if (code == CL_SUCCESS) {
        row.binary = binary;
        lrn_cache_store(&programs->cache, &row);
        free(binary);
    } else {
        lrn_log(programs->core, CLLRN_LOG_WARNING, "%s not cached: its binary: %s (%d)",
                entry->name, cllrn_opencl_error_string(code), code);
    }
}

/* Takes the program from the first origin that has it. */
static cllrn_status take(lrn_programs *programs, lrn_program *entry, cllrn_error *error)
{
    cllrn_status status;
    pthread_mutex_lock(&programs->lock);
    const lrn_offer *offer = programs->offers; /* what follows it never changes */
    pthread_mutex_unlock(&programs->lock);
    for (; offer != NULL; offer = offer->next) {
        cllrn_error failure = CLLRN_ERROR_INIT;
        status = offer->pack != NULL
                     ? take_packed(programs, entry, offer->pack, CLLRN_ORIGIN_IMPORTED, &failure)
                     : take_from_caller(programs->core, entry, offer, &failure);
        if (status == CLLRN_SUCCESS)
            return status;
        if (status != CLLRN_PROGRAM_MISSING)
            lrn_log(programs->core, CLLRN_LOG_WARNING, "what was given is of no use: %s",
                    failure.message);
    }
    if (programs->pack != NULL) {
        status = take_packed(programs, entry, programs->pack, CLLRN_ORIGIN_PACKED, error);
        return status != CLLRN_PROGRAM_MISSING
                   ? status
                   : lrn_fail(error, status,
                              "plan create: the pack lacks the program %s: make it anew with "
                              "\"cllrn compile\", or add it",
                              entry->name);
    }
    if (take_cached(programs, entry))
        return CLLRN_SUCCESS;
    status = compile(programs, entry, error);
    if (status == CLLRN_SUCCESS)
        keep(programs, entry);
    return status;
}

static cllrn_status provide(lrn_programs *programs, lrn_program *entry, cllrn_error *error)
{
    struct timespec begin, end;
    timespec_get(&begin, TIME_UTC);
    const cllrn_status status = take(programs, entry, error);
    timespec_get(&end, TIME_UTC);
    if (status == CLLRN_SUCCESS)
        lrn_log(programs->core, CLLRN_LOG_INFO, "%s is %s, in %.1f ms, with \"%s\"", entry->name,
                cllrn_origin_string(entry->origin),
                (double)(end.tv_sec - begin.tv_sec) * 1e3 +
                    (double)(end.tv_nsec - begin.tv_nsec) / 1e6,
                entry->options);
    return status;
}

/* ------------------------------------------------------------------------ the table */

static lrn_program *find(const lrn_programs *programs, const lrn_program_key *key)
{
    lrn_program *entry = programs->first;
    while (entry != NULL && !same_key(&entry->key, key))
        entry = entry->next;
    return entry;
}

static void free_program(const lrn_core *core, lrn_program *entry)
{
    if (entry == NULL)
        return;
    while (entry->idle_count > 0)
        clReleaseKernel(entry->idle[--entry->idle_count]);
    if (entry->program != NULL)
        clReleaseProgram(entry->program);
    pthread_mutex_destroy(&entry->lock);
    lrn_free(core, entry);
}

static lrn_program *new_program(const lrn_core *core, const lrn_program_key *key)
{
    lrn_program *entry = lrn_alloc(core, sizeof *entry);
    if (entry == NULL || pthread_mutex_init(&entry->lock, NULL) != 0) {
        lrn_free(core, entry);
        return NULL;
    }
    entry->key = *key;
    lrn_program_kernel_name(key, core->facts.int64, entry->name);
    lrn_program_options(key, core->facts.int64, entry->options);
    const size_t length = strlen(entry->options);
    snprintf(entry->options + length, sizeof entry->options - length, "%s", core->facts.options);
    snprintf(entry->own_kernel, sizeof entry->own_kernel, "%s_%s",
             key->backward ? "backward" : "forward", key->variant->name);
    return entry;
}

/* The entry of a key, which it makes if there is none; NULL without memory. Takes the lock. */
static lrn_program *enter(lrn_programs *programs, const lrn_program_key *key)
{
    pthread_mutex_lock(&programs->lock);
    lrn_program *entry = find(programs, key);
    if (entry != NULL)
        return entry;
    pthread_mutex_unlock(&programs->lock); /* the caller's allocator may call the engine */
    lrn_program *const made = new_program(programs->core, key);
    if (made == NULL)
        return NULL;
    pthread_mutex_lock(&programs->lock);
    if ((entry = find(programs, key)) == NULL) {
        made->next = programs->first;
        return programs->first = made;
    }
    pthread_mutex_unlock(&programs->lock);
    free_program(programs->core, made);
    pthread_mutex_lock(&programs->lock);
    return entry;
}

cllrn_status lrn_programs_get(lrn_programs *programs, const lrn_program_key *key,
                              lrn_program **program, cllrn_error *error)
{
    lrn_program *const entry = enter(programs, key);
    if (entry == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "plan create: no memory for a program");
    const bool settled = settle(programs, entry, NULL);
    const bool missing = !entry->building && entry->program == NULL;
    if (missing) {
        entry->building = true;
        entry->builder = pthread_self();
    }
    pthread_mutex_unlock(&programs->lock);
    if (!settled)
        return fail_inside_callback(entry, error);
    if (missing) {
        const cllrn_status status = provide(programs, entry, error);
        pthread_mutex_lock(&programs->lock);
        entry->building = false;
        pthread_cond_broadcast(&programs->settled);
        pthread_mutex_unlock(&programs->lock);
        if (status != CLLRN_SUCCESS)
            return status;
    }
    *program = entry;
    return CLLRN_SUCCESS;
}

const char *lrn_programs_stand_in(lrn_programs *programs, const lrn_program_key *missing,
                                  const lrn_program *stand_in)
{
    pthread_mutex_lock(&programs->lock);
    lrn_program *const entry = find(programs, missing);
    const bool replaced = entry->replaced;
    entry->replaced = true;
    pthread_mutex_unlock(&programs->lock);
    if (!replaced)
        lrn_log(programs->core, CLLRN_LOG_WARNING, "%s is missing: %s stands in for it",
                entry->name, stand_in->name);
    return entry->name;
}

/* --------------------------------------------------------------------------- offers */

lrn_offer *lrn_offer_new(const lrn_core *core, const char *kernel, lrn_offer **list)
{
    const size_t size = strlen(kernel) + 1;
    lrn_offer *const offer = lrn_alloc(core, sizeof *offer + size);
    if (offer == NULL)
        return NULL;
    memcpy(offer->kernel, kernel, size);
    offer->next = *list;
    return *list = offer;
}

void lrn_offers_free(const lrn_core *core, lrn_offer *list)
{
    while (list != NULL) {
        lrn_offer *const offer = list;
        list = offer->next;
        cllrn_pack_destroy(offer->pack);
        if (offer->program != NULL)
            clReleaseProgram(offer->program);
        lrn_free(core, offer);
    }
}

void lrn_programs_offer(lrn_programs *programs, lrn_offer *list)
{
    lrn_offer *last = list;
    while (last->next != NULL)
        last = last->next;
    pthread_mutex_lock(&programs->lock);
    last->next = programs->offers;
    programs->offers = list;
    pthread_mutex_unlock(&programs->lock);
}

cllrn_status lrn_programs_open(lrn_programs *programs, const lrn_core *core,
                               const lrn_sources *sources, const cllrn_engine_options *options,
                               cllrn_error *error)
{
    cllrn_status status = CLLRN_SUCCESS;
    programs->sources = sources;
    if (programs->pack == NULL &&
        (status = lrn_cache_open(&programs->cache, core, options, error)) != CLLRN_SUCCESS)
        return status;
    if (pthread_mutex_init(&programs->lock, NULL) == 0) {
        if (pthread_cond_init(&programs->settled, NULL) == 0) {
            programs->core = core;
            return CLLRN_SUCCESS;
        }
        pthread_mutex_destroy(&programs->lock);
    }
    lrn_cache_close(&programs->cache);
    return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine create: no memory for a lock");
}

void lrn_programs_close(lrn_programs *programs)
{
    cllrn_pack_destroy(programs->pack);
    if (programs->core == NULL)
        return;
    while (programs->first != NULL) {
        lrn_program *entry = programs->first;
        programs->first = entry->next;
        free_program(programs->core, entry);
    }
    lrn_offers_free(programs->core, programs->offers);
    pthread_cond_destroy(&programs->settled);
    pthread_mutex_destroy(&programs->lock);
    lrn_cache_close(&programs->cache);
}

size_t lrn_programs_made(lrn_programs *programs, const lrn_program **made, size_t room)
{
    size_t count = 0;
    pthread_mutex_lock(&programs->lock);
    for (const lrn_program *entry = programs->first; entry != NULL; entry = entry->next)
        if (!entry->building && entry->program != NULL) {
            if (count < room)
                made[count] = entry;
            ++count;
        }
    pthread_mutex_unlock(&programs->lock);
    return count;
}
