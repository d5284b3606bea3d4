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

void lrn_program_kernel_name(const lrn_program_key *key, bool int64,
                             char name[CLLRN_KERNEL_NAME_SIZE])
{
    static const char *const storages[] = {[LRN_ANY] = "any",
                                           [LRN_F32] = "f32",
                                           [LRN_F16] = "f16",
                                           [LRN_BF16] = "bf16",
                                           [LRN_F64] = "f64"};
    static const char *const powers[] = {[LRN_POWER_ZERO] = "_p0",
                                         [LRN_POWER_HALF] = "_p12",
                                         [LRN_POWER_3_4] = "_p34",
                                         [LRN_POWER_ONE] = "_p1",
                                         [LRN_POWER_GENERAL] = "_pany"};
    char taps[16] = "";
    if (key->taps > 0)
        snprintf(taps, sizeof taps, "_t%d", key->taps);
    snprintf(name, CLLRN_KERNEL_NAME_SIZE, "cllrn_%s_%s_%s%s%s_w%d_i%d%s",
             key->backward ? "backward" : "forward", lrn_variant_of(key->file),
             storages[key->storage], taps,
             key->power != LRN_POWER_AT_RUN_TIME ? powers[key->power] : "", key->width,
             key->wide ? 64 : 32, int64 ? "" : "_o32");
}

/* Arguments as cl/kernel.h has them. */
typedef enum argument_type {
    SOURCE,
    RESULT,
    SCRATCH,
    OFFSET,
    INDEX,
    INDEX8,
    INT,
    UINT,
    SCALAR
} argument_type;
typedef struct argument {
    argument_type type;
    const char *name;
} argument;

static const argument fast_arguments[] = {
    {SOURCE, "src"},         {SOURCE, "dy"},         {RESULT, "dst"},        {OFFSET, "src_offset"},
    {OFFSET, "dy_offset"},   {OFFSET, "dst_offset"}, {INDEX, "outer"},       {INDEX, "channels"},
    {INDEX, "inner"},        {INDEX, "src_outer"},   {INDEX, "src_channel"}, {INDEX, "src_inner"},
    {INDEX, "dy_outer"},     {INDEX, "dy_channel"},  {INDEX, "dy_inner"},    {INDEX, "dst_outer"},
    {INDEX, "dst_channel"},  {INDEX, "dst_inner"},   {INT, "lower"},         {INT, "tile_channels"},
    {INT, "tile_positions"},
};
static const argument general_arguments[] = {
    {SOURCE, "src"},        {SOURCE, "dy"},
    {RESULT, "dst"},        {SCRATCH, "scratch"},
    {OFFSET, "src_offset"}, {OFFSET, "dy_offset"},
    {OFFSET, "dst_offset"}, {OFFSET, "scratch_offset"},
    {INDEX8, "dims"},       {INDEX8, "src_strides"},
    {INDEX8, "dy_strides"}, {INDEX8, "dst_strides"},
    {INT, "lower"},         {INT, "taps"},
    {INDEX, "slot_step"},   {INDEX, "worker_step"},
};
static const argument scalar_arguments[] = {
    {UINT, "modes"},     {SCALAR, "scale_hi"}, {SCALAR, "scale_lo"},
    {SCALAR, "k"},       {SCALAR, "beta_hi"},  {SCALAR, "beta_lo"},
    {SCALAR, "next_hi"}, {SCALAR, "next_lo"},  {SCALAR, "gradient"},
};

/* Appends to the text, whose end is at *length. */
static void list_arguments(const argument *list, size_t count, const char *const *types, char *text,
                           size_t *length)
{
    for (size_t i = 0; i < count; ++i)
        *length += (size_t)snprintf(text + *length, CLLRN_ARGUMENTS_SIZE - *length, "%s%s%s",
                                    *length > 0 ? ", " : "", types[list[i].type], list[i].name);
}

void lrn_program_arguments(const lrn_program_key *key, bool int64,
                           char arguments[CLLRN_ARGUMENTS_SIZE])
{
    static const char *const elements[] = {[LRN_ANY] = "uchar",
                                           [LRN_F32] = "float",
                                           [LRN_F16] = "ushort",
                                           [LRN_BF16] = "ushort",
                                           [LRN_F64] = "double"};
    const bool f64 = key->storage == LRN_F64;
    char source[32], result[32];
    snprintf(source, sizeof source, "global const %s *", elements[key->storage]);
    snprintf(result, sizeof result, "global %s *", elements[key->storage]);
    const char *const types[] = {[SOURCE] = source,
                                 [RESULT] = result,
                                 [SCRATCH] = f64 ? "global double *" : "global float *",
                                 [OFFSET] = int64 ? "ulong " : "uint ",
                                 [INDEX] = key->wide ? "long " : "int ",
                                 [INDEX8] = key->wide ? "long8 " : "int8 ",
                                 [INT] = "int ",
                                 [UINT] = "uint ",
                                 [SCALAR] = f64 ? "double " : "float "};
    size_t length = 0;
    if (key->taps > 0)
        list_arguments(fast_arguments, sizeof fast_arguments / sizeof *fast_arguments, types,
                       arguments, &length);
    else
        list_arguments(general_arguments, sizeof general_arguments / sizeof *general_arguments,
                       types, arguments, &length);
    list_arguments(scalar_arguments, sizeof scalar_arguments / sizeof *scalar_arguments, types,
                   arguments, &length);
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
    if (program == NULL)
        return lrn_fail_cl(error, code, "plan create: making the program %s", name);

    code = clBuildProgram(program, 1, &engine->device, options, NULL, NULL);
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
