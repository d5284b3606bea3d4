/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "error.h"

typedef struct lrn_program {
    struct lrn_program *next;
    lrn_program_key key;
    cl_program program;
} lrn_program;

static bool same_key(const lrn_program_key *a, const lrn_program_key *b)
{
    return a->file == b->file && a->backward == b->backward && a->storage == b->storage &&
           a->width == b->width && a->taps == b->taps && a->power == b->power && a->wide == b->wide;
}

/* -w since PoCL 3.1 tells stderr how many warnings there were: of vectors wider than native ones.
 */
void lrn_program_options(const lrn_program_key *key, bool int64, char options[LRN_OPTIONS_SIZE])
{
    char taps[32] = "", power[32] = "";
    if (key->taps > 0)
        snprintf(taps, sizeof taps, " -DLRN_TAPS=%d", key->taps);
    if (key->power != LRN_POWER_AT_RUN_TIME)
        snprintf(power, sizeof power, " -DLRN_POWER=%d", key->power);
    snprintf(
        options, LRN_OPTIONS_SIZE,
        "-cl-std=CL1.2 -w%s%s -DLRN_STORAGE=%d -DLRN_WIDTH=%d%s%s -DLRN_INDEX=%s -DLRN_OFFSET=%s",
        key->backward ? " -DLRN_BACKWARD" : "", key->storage == LRN_F64 ? " -DLRN_DOUBLE" : "",
        key->storage, key->width, taps, power, key->wide ? "long" : "int",
        int64 ? "ulong" : "uint");
}

/* The build log, allocated; NULL where there is none or no memory. */
static char *build_log(cllrn_engine *engine, cl_program program)
{
    size_t size = 0;
    if (clGetProgramBuildInfo(program, engine->device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) !=
            CL_SUCCESS ||
        size == 0)
        return NULL;
    char *log = lrn_engine_alloc(engine, size + 1);
    if (log != NULL && clGetProgramBuildInfo(program, engine->device, CL_PROGRAM_BUILD_LOG, size,
                                             log, NULL) != CL_SUCCESS) {
        lrn_engine_free(engine, log);
        log = NULL;
    }
    return log;
}

/* Some drivers say so of the source already, others of the build. */
static cllrn_status fail_without_compiler(const cllrn_engine *engine, const char *name,
                                          cllrn_error *error)
{
    return lrn_fail_code(error, CLLRN_NO_COMPILER, CL_COMPILER_NOT_AVAILABLE,
                         "plan create: building %s for %s, which has no compiler: use another "
                         "device or the host functions",
                         name, engine->facts.name);
}

static cllrn_status build(cllrn_engine *engine, const lrn_program_key *key, cl_program *out,
                          cllrn_error *error)
{
    const char *name = lrn_file_name(key->file);
    lrn_source_list list = lrn_sources_list(&engine->sources, key->file, key->storage == LRN_F64);
    char options[LRN_OPTIONS_SIZE];
    struct timespec begin, end;
    cl_int code;

    lrn_program_options(key, engine->facts.int64, options);
    timespec_get(&begin, TIME_UTC);
    cl_program program =
        clCreateProgramWithSource(engine->context, list.count, list.parts, NULL, &code);
    if (program == NULL && code == CL_COMPILER_NOT_AVAILABLE)
        return fail_without_compiler(engine, name, error);
    if (program == NULL)
        return lrn_fail_cl(error, code, "plan create: making the program %s", name);

    code = clBuildProgram(program, 1, &engine->device, options, NULL, NULL);
    if (code == CL_COMPILER_NOT_AVAILABLE) {
        clReleaseProgram(program);
        return fail_without_compiler(engine, name, error);
    }
    if (code != CL_SUCCESS) {
        char *log = build_log(engine, program);
        const cllrn_status status = lrn_fail_code(
            error, code == CL_OUT_OF_HOST_MEMORY ? CLLRN_OUT_OF_MEMORY : CLLRN_BUILD_FAILURE, code,
            "plan create: building %s with \"%s\" for %s", name, options, engine->facts.name);
        lrn_engine_log(engine, CLLRN_LOG_ERROR, "building %s with \"%s\" failed; the log follows",
                       name, options);
        /* Whole, and not through a buffer of ours. */
        if (engine->log != NULL)
            engine->log(engine->log_user, CLLRN_LOG_ERROR, log != NULL ? log : "(no build log)");
        lrn_engine_free(engine, log);
        clReleaseProgram(program);
        return status;
    }
    timespec_get(&end, TIME_UTC);
    lrn_engine_log(engine, CLLRN_LOG_INFO, "built %s with \"%s\" in %.1f ms", name, options,
                   (double)(end.tv_sec - begin.tv_sec) * 1e3 +
                       (double)(end.tv_nsec - begin.tv_nsec) / 1e6);
    *out = program;
    return CLLRN_SUCCESS;
}

static cllrn_status get_locked(cllrn_engine *engine, const lrn_program_key *key,
                               cl_program *program, cllrn_error *error)
{
    for (lrn_program *entry = engine->programs; entry != NULL; entry = entry->next)
        if (same_key(&entry->key, key)) {
            *program = entry->program;
            return CLLRN_SUCCESS;
        }
    lrn_program *entry = lrn_engine_alloc(engine, sizeof *entry);
    if (entry == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "plan create: no memory for a program");
    entry->key = *key;
    const cllrn_status status = build(engine, key, &entry->program, error);
    if (status != CLLRN_SUCCESS) {
        lrn_engine_free(engine, entry);
        return status;
    }
    entry->next = engine->programs;
    engine->programs = entry;
    *program = entry->program;
    return CLLRN_SUCCESS;
}

cllrn_status lrn_program_get(cllrn_engine *engine, const lrn_program_key *key, cl_program *program,
                             cllrn_error *error)
{
    pthread_mutex_lock(&engine->lock);
    const cllrn_status status = get_locked(engine, key, program, error);
    pthread_mutex_unlock(&engine->lock);
    return status;
}

size_t lrn_program_count(cllrn_engine *engine)
{
    size_t count = 0;
    pthread_mutex_lock(&engine->lock);
    for (const lrn_program *entry = engine->programs; entry != NULL; entry = entry->next)
        ++count;
    pthread_mutex_unlock(&engine->lock);
    return count;
}

void lrn_program_release_all(cllrn_engine *engine)
{
    while (engine->programs != NULL) {
        lrn_program *entry = engine->programs;
        engine->programs = entry->next;
        clReleaseProgram(entry->program);
        lrn_engine_free(engine, entry);
    }
}
