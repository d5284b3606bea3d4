/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cache.h"
#include "error.h"
#include "spirv.h"
#include "size.h"

static bool same_key(const lrn_program_key *a, const lrn_program_key *b)
{
    return a->file == b->file && a->backward == b->backward && a->storage == b->storage &&
           a->width == b->width && a->taps == b->taps && a->power == b->power && a->wide == b->wide;
}

/* -w because PoCL 3.1 prints how many warnings it has about vectors wider than native ones. */
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
    snprintf(name, CLLRN_KERNEL_NAME_SIZE, "cllrn_%s_%s_%s%s%s_w%d_i%d%s_v%d",
             key->backward ? "backward" : "forward", lrn_variant_of(key->file),
             storages[key->storage], taps,
             key->power != LRN_POWER_AT_RUN_TIME ? powers[key->power] : "", key->width,
             key->wide ? 64 : 32, int64 ? "" : "_o32", CLLRN_ARITHMETIC_VERSION);
}

/* The types and names of kernel arguments, as in cl/kernel.h. */
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
    {UINT, "modes"},     {SCALAR, "scale_hi"}, {SCALAR, "scale_lo"}, {SCALAR, "k"},
    {SCALAR, "beta_hi"}, {SCALAR, "beta_lo"},  {SCALAR, "gradient"}, {SCALAR, "octave0"},
    {SCALAR, "octave1"}, {SCALAR, "octave2"},  {SCALAR, "octave3"},  {SCALAR, "octave4"},
};

/* Appends arguments to the text, whose length is *length. */
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

/* No build log comes near this size: a driver that reports a longer one returns garbage. */
#define MAX_LOG_SIZE ((size_t)64 << 20)

/* The build log, to be freed with lrn_engine_free; NULL if there is no log or no memory. */
static char *build_log(cllrn_engine *engine, cl_program program)
{
    size_t size = 0;
    if (clGetProgramBuildInfo(program, engine->device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) !=
            CL_SUCCESS ||
        size == 0 || size > MAX_LOG_SIZE)
        return NULL;
    char *log = lrn_engine_alloc(engine, size + 1);
    if (log != NULL && clGetProgramBuildInfo(program, engine->device, CL_PROGRAM_BUILD_LOG, size,
                                             log, NULL) != CL_SUCCESS) {
        lrn_engine_free(engine, log);
        log = NULL;
    }
    return log;
}

/* Logs that a program did not build, with its build log; returns the status for the code. */
static cllrn_status build_failed(cllrn_engine *engine, const lrn_program *entry, cl_program program,
                                 cl_int code, const char *options, cllrn_error *error)
{
    const char *const file = lrn_file_name(entry->key.file);
    char *log = build_log(engine, program);
    const cllrn_status status = lrn_fail_code(
        error, code == CL_OUT_OF_HOST_MEMORY ? CLLRN_OUT_OF_MEMORY : CLLRN_BUILD_FAILURE, code,
        "plan create: building %s with \"%s\" for %s", file, options, engine->facts.name);
    lrn_engine_log(engine, CLLRN_LOG_ERROR, "building %s with \"%s\" failed; the log follows", file,
                   options);
    /* Passed directly, because lrn_engine_log would truncate it. */
    if (engine->log != NULL)
        engine->log(engine->log_user, CLLRN_LOG_ERROR, log != NULL ? log : "(no build log)");
    lrn_engine_free(engine, log);
    return status;
}

static double milliseconds_since(const struct timespec *begin)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)(now.tv_sec - begin->tv_sec) * 1e3 +
           (double)(now.tv_nsec - begin->tv_nsec) / 1e6;
}

/* ---------------------------------------------------------------------- binaries */

/* Creates the kernel once, to test the program: some drivers compile only then. */
static cl_int try_kernel(const lrn_program *entry)
{
    cl_int code = CL_SUCCESS;
    cl_kernel kernel = clCreateKernel(entry->program, entry->kernel, &code);
    if (kernel == NULL)
        return code;
    clReleaseKernel(kernel);
    return CL_SUCCESS;
}

/* Fills devices and sizes, of count each; *own becomes the index of the engine's device. */
static cl_int ask_sizes(const cllrn_engine *engine, cl_program program, cl_uint count,
                        cl_device_id *devices, size_t *sizes, size_t *own)
{
    cl_int code =
        clGetProgramInfo(program, CL_PROGRAM_DEVICES, count * sizeof *devices, devices, NULL);
    if (code == CL_SUCCESS)
        code =
            clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, count * sizeof *sizes, sizes, NULL);
    *own = 0;
    if (code == CL_SUCCESS)
        code = lrn_device_find(engine->device, devices, count, own);
    return code == CL_SUCCESS && *own == count ? CL_INVALID_DEVICE : code;
}

/*
 * Fetches the binary for the engine's device with malloc. A program has a
 * binary for each device of the context; NULL pointers skip those of the other
 * devices.
 */
static cl_int fetch(const cllrn_engine *engine, cl_program program, cl_uint count, void **binary,
                    size_t *size)
{
    size_t own = 0;
    void *bytes = NULL; /* after a failure the driver may have changed `binaries` */
    cl_device_id *devices = lrn_size_alloc(count, sizeof *devices);
    size_t *sizes = lrn_size_alloc(count, sizeof *sizes);
    unsigned char **binaries = lrn_size_alloc(count, sizeof *binaries);
    cl_int code = CL_OUT_OF_HOST_MEMORY;
    if (devices != NULL && sizes != NULL && binaries != NULL) {
        code = ask_sizes(engine, program, count, devices, sizes, &own);
        for (cl_uint i = 0; i < count; ++i)
            binaries[i] = NULL;
    }
    if (code == CL_SUCCESS && (sizes[own] == 0 || sizes[own] > LRN_PACK_MAX_SIZE))
        code = CL_INVALID_BINARY;
    if (code == CL_SUCCESS && (bytes = malloc(sizes[own])) == NULL)
        code = CL_OUT_OF_HOST_MEMORY;
    if (code == CL_SUCCESS) {
        binaries[own] = bytes;
        code = clGetProgramInfo(program, CL_PROGRAM_BINARIES, count * sizeof *binaries, binaries,
                                NULL);
        if (code == CL_SUCCESS) {
            *binary = bytes;
            *size = sizes[own];
        } else {
            free(bytes);
        }
    }
    free(binaries);
    free(sizes);
    free(devices);
    return code;
}

/* Gets the binary of a program; the caller frees *binary. */
static cl_int get_binary(const cllrn_engine *engine, cl_program program, void **binary,
                         size_t *size)
{
    cl_uint count = 0;
    const cl_int code =
        clGetProgramInfo(program, CL_PROGRAM_NUM_DEVICES, sizeof count, &count, NULL);
    if (code != CL_SUCCESS)
        return code;
    return count == 0 || count > 65536 ? CL_INVALID_PROGRAM
                                       : fetch(engine, program, count, binary, size);
}

/* The program that another entry has made from the same binary, retained; NULL if there is none. */
static cl_program shared_program(const cllrn_engine *engine, const void *binary)
{
    for (const lrn_program *entry = engine->programs; entry != NULL; entry = entry->next)
        if (entry->binary == binary && clRetainProgram(entry->program) == CL_SUCCESS)
            return entry->program;
    return NULL;
}

static cllrn_status build_binary(cllrn_engine *engine, lrn_program *entry, const lrn_pack_row *row,
                                 cllrn_error *error)
{
    const unsigned char *binary = row->binary;
    cl_int code = CL_SUCCESS, accepted = CL_SUCCESS;
    cl_program program =
        lrn_spirv_is(binary, row->size)
            ? lrn_spirv_program(engine->facts.platform, engine->context, binary, row->size, &code)
            : clCreateProgramWithBinary(engine->context, 1, &engine->device, &row->size, &binary,
                                        &accepted, &code);
    if (program == NULL)
        return lrn_fail_code(
            error, code == CL_OUT_OF_HOST_MEMORY ? CLLRN_OUT_OF_MEMORY : CLLRN_BUILD_FAILURE, code,
            "plan create: the binary of %s for %s", entry->name, engine->facts.name);
    cllrn_status status = CLLRN_SUCCESS;
    if (accepted != CL_SUCCESS)
        status = lrn_fail_code(error, CLLRN_BUILD_FAILURE, accepted,
                               "plan create: %s does not accept the binary of %s",
                               engine->facts.name, entry->name);
    else if ((code = clBuildProgram(program, 1, &engine->device, row->options, NULL, NULL)) !=
             CL_SUCCESS)
        status = build_failed(engine, entry, program, code, row->options, error);
    if (status != CLLRN_SUCCESS)
        clReleaseProgram(program);
    else
        entry->program = program;
    return status;
}

/* Makes an entry's program from a pack's binary, and its kernel: some drivers fail only there. */
static cllrn_status load(cllrn_engine *engine, lrn_program *entry, const cllrn_pack *pack,
                         const lrn_pack_row *row, cllrn_origin origin, cllrn_error *error)
{
    struct timespec begin;
    timespec_get(&begin, TIME_UTC);
    entry->program = shared_program(engine, row->binary);
    if (entry->program == NULL) {
        if (!lrn_pack_intact(pack, row))
            return lrn_fail(error, CLLRN_INVALID_PACK,
                            "plan create: the binary of %s is damaged: make the pack anew",
                            entry->name);
        const cllrn_status status = build_binary(engine, entry, row, error);
        if (status != CLLRN_SUCCESS)
            return status;
    }
    entry->kernel = *row->kernel != '\0' ? row->kernel : entry->own_kernel;
    const cl_int code = try_kernel(entry);
    if (code != CL_SUCCESS) {
        const cllrn_status status = lrn_fail_code(
            error, code == CL_OUT_OF_HOST_MEMORY ? CLLRN_OUT_OF_MEMORY : CLLRN_BUILD_FAILURE, code,
            "plan create: making the kernel %.100s from the binary of %s", entry->kernel,
            entry->name);
        clReleaseProgram(entry->program);
        return status;
    }
    entry->origin = origin;
    entry->binary = row->binary;
    lrn_engine_log(engine, CLLRN_LOG_INFO, "loaded %s (%s) in %.1f ms", entry->name,
                   cllrn_origin_string(origin), milliseconds_since(&begin));
    return CLLRN_SUCCESS;
}

/* ------------------------------------------------------------------------ origins */

/* Some drivers report a missing compiler at the source, others at the build. */
static cllrn_status fail_without_compiler(const cllrn_engine *engine, const char *file, cl_int code,
                                          cllrn_error *error)
{
    return lrn_fail_code(error, CLLRN_NO_COMPILER, code,
                         "plan create: building %s for %s, which has no compiler: make the engine "
                         "with a binary pack, or use another device or the host functions",
                         file, engine->facts.name);
}

static cllrn_status compile(cllrn_engine *engine, lrn_program *entry, cllrn_error *error)
{
    const char *const file = lrn_file_name(entry->key.file);
    lrn_source_list list =
        lrn_sources_list(&engine->sources, entry->key.file, entry->key.storage == LRN_F64);
    struct timespec begin;
    cl_int code;

    timespec_get(&begin, TIME_UTC);
    cl_program program =
        clCreateProgramWithSource(engine->context, list.count, list.parts, NULL, &code);
    /* Xilinx's runtime returns CL_INVALID_OPERATION. */
    if (program == NULL && (code == CL_COMPILER_NOT_AVAILABLE || code == CL_INVALID_OPERATION))
        return fail_without_compiler(engine, file, code, error);
    if (program == NULL)
        return lrn_fail_cl(error, code, "plan create: making the program %s", file);
    code = clBuildProgram(program, 1, &engine->device, entry->options, NULL, NULL);
    if (code == CL_COMPILER_NOT_AVAILABLE) {
        clReleaseProgram(program);
        return fail_without_compiler(engine, file, code, error);
    }
    if (code != CL_SUCCESS) {
        const cllrn_status status =
            build_failed(engine, entry, program, code, entry->options, error);
        clReleaseProgram(program);
        return status;
    }
    entry->program = program;
    entry->kernel = entry->own_kernel;
    entry->origin = CLLRN_ORIGIN_COMPILED;
    entry->binary = NULL;
    lrn_engine_log(engine, CLLRN_LOG_INFO, "built %s with \"%s\" in %.1f ms", file, entry->options,
                   milliseconds_since(&begin));
    return CLLRN_SUCCESS;
}

/* Stores a compiled program in the cache; only logs if there is no binary. */
static void keep(cllrn_engine *engine, const lrn_program *entry)
{
    lrn_pack_row row = {.name = entry->name, .options = entry->options, .kernel = ""};
    void *binary = NULL;
    if (engine->cache.directory == NULL)
        return;
    cl_int code = try_kernel(entry);
    if (code == CL_SUCCESS)
        code = get_binary(engine, entry->program, &binary, &row.size);
    if (code == CL_SUCCESS) {
        row.binary = binary;
        lrn_cache_store(engine, &row);
        free(binary);
    } else {
        lrn_engine_log(engine, CLLRN_LOG_WARNING, "%s not cached: its binary: %s (%d)", entry->name,
                       cllrn_opencl_error_string(code), code);
    }
}

static const lrn_pack_row *find_row(const cllrn_pack *pack, const lrn_program *entry)
{
    const lrn_pack_row *row = lrn_pack_find(pack, entry->name);
    /* Binaries of a vendor's compiler have no options recorded. */
    return row != NULL && (*row->options == '\0' || strcmp(row->options, entry->options) == 0)
               ? row
               : NULL;
}

static cllrn_status take_packed(cllrn_engine *engine, lrn_program *entry, cllrn_error *error)
{
    const lrn_pack_row *row = find_row(engine->pack, entry);
    if (row == NULL)
        return lrn_fail(error, CLLRN_PROGRAM_MISSING,
                        "plan create: the pack lacks the program %s: make it anew with "
                        "\"cllrn compile\", or add it",
                        entry->name);
    return load(engine, entry, engine->pack, row, CLLRN_ORIGIN_PACKED, error);
}

static bool take_given(cllrn_engine *engine, lrn_program *entry)
{
    for (const lrn_given *given = engine->given; given != NULL; given = given->next) {
        cllrn_error error = CLLRN_ERROR_INIT;
        const lrn_pack_row *row = find_row(given->pack, entry);
        if (row == NULL)
            continue;
        if (load(engine, entry, given->pack, row, CLLRN_ORIGIN_GIVEN, &error) == CLLRN_SUCCESS)
            return true;
        lrn_engine_log(engine, CLLRN_LOG_WARNING, "a given binary is of no use: %s", error.message);
    }
    return false;
}

static bool take_cached(cllrn_engine *engine, lrn_program *entry)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_pack *pack = lrn_cache_load(engine, entry->name, entry->options);
    if (pack == NULL)
        return false;
    const bool loaded =
        load(engine, entry, pack, pack->rows, CLLRN_ORIGIN_CACHED, &error) == CLLRN_SUCCESS;
    if (!loaded)
        lrn_cache_drop(engine, entry->name, entry->options, error.message);
    entry->binary = NULL; /* it is destroyed with the pack */
    cllrn_pack_destroy(pack);
    return loaded;
}

static cllrn_status provide(cllrn_engine *engine, lrn_program *entry, cllrn_error *error)
{
    if (engine->pack != NULL)
        return take_packed(engine, entry, error);
    if (take_given(engine, entry) || take_cached(engine, entry))
        return CLLRN_SUCCESS;
    const cllrn_status status = compile(engine, entry, error);
    if (status == CLLRN_SUCCESS)
        keep(engine, entry);
    return status;
}

static cllrn_status get_locked(cllrn_engine *engine, const lrn_program_key *key,
                               const lrn_program **program, cllrn_error *error)
{
    for (const lrn_program *entry = engine->programs; entry != NULL; entry = entry->next)
        if (same_key(&entry->key, key)) {
            *program = entry;
            return CLLRN_SUCCESS;
        }
    lrn_program *entry = lrn_engine_alloc(engine, sizeof *entry);
    if (entry == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "plan create: no memory for a program");
    entry->key = *key;
    lrn_program_kernel_name(key, engine->facts.int64, entry->name);
    lrn_program_options(key, engine->facts.int64, entry->options);
    const size_t length = strlen(entry->options);
    snprintf(entry->options + length, sizeof entry->options - length, "%s", engine->facts.options);
    snprintf(entry->own_kernel, sizeof entry->own_kernel, "%s_%s",
             key->backward ? "backward" : "forward", lrn_variant_of(key->file));
    const cllrn_status status = provide(engine, entry, error);
    if (status != CLLRN_SUCCESS) {
        lrn_engine_free(engine, entry);
        return status;
    }
    entry->next = engine->programs;
    engine->programs = entry;
    *program = entry;
    return CLLRN_SUCCESS;
}

cllrn_status lrn_program_get(cllrn_engine *engine, const lrn_program_key *key,
                             const lrn_program **program, cllrn_error *error)
{
    pthread_mutex_lock(&engine->lock);
    const cllrn_status status = get_locked(engine, key, program, error);
    pthread_mutex_unlock(&engine->lock);
    return status;
}

/* ------------------------------------------------------------------------- export */

/*
 * Fills one row of an exported pack. Entries that share a program share its
 * binary; the caller frees each binary once.
 */
static cllrn_status export_row(const cllrn_engine *engine, const lrn_program *entry,
                               const lrn_pack_row *rows, lrn_pack_row *row, cllrn_error *error)
{
    void *binary = NULL;
    cl_int code = CL_SUCCESS;
    const bool own = entry->kernel == entry->own_kernel;
    row->name = entry->name;
    row->options = own ? entry->options : "";
    row->kernel = own ? "" : entry->kernel;
    for (const lrn_program *other = engine->programs; other != entry; other = other->next, ++rows)
        if (other->program == entry->program) {
            row->binary = rows->binary;
            row->size = rows->size;
            return CLLRN_SUCCESS;
        }
    code = try_kernel(entry);
    if (code == CL_SUCCESS)
        code = get_binary(engine, entry->program, &binary, &row->size);
    row->binary = binary;
    return code == CL_SUCCESS
               ? CLLRN_SUCCESS
               : lrn_fail_cl(error, code, "engine export: the binary of %s", entry->name);
}

static void free_rows(lrn_pack_row *rows, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        bool first = true;
        for (size_t j = 0; j < i; ++j)
            first = first && rows[j].binary != rows[i].binary;
        if (first)
            free((void *)rows[i].binary);
    }
    free(rows);
}

static cllrn_status export_locked(cllrn_engine *engine, cllrn_pack **pack, cllrn_error *error)
{
    const char *texts[CLLRN_PACK_TEXTS];
    size_t count = 0, done = 0;
    cllrn_status status = CLLRN_SUCCESS;
    for (const lrn_program *entry = engine->programs; entry != NULL; entry = entry->next)
        ++count;
    lrn_pack_row *rows = lrn_size_alloc(count, sizeof *rows);
    if (rows == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine export: no memory for %zu programs",
                        count);
    for (const lrn_program *entry = engine->programs; entry != NULL && status == CLLRN_SUCCESS;
         entry = entry->next)
        if ((status = export_row(engine, entry, rows, &rows[done], error)) == CLLRN_SUCCESS)
            ++done;
    for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
        texts[i] = engine->target.texts[i];
    if (status == CLLRN_SUCCESS)
        status = lrn_pack_make(texts, rows, count, pack, error);
    free_rows(rows, done);
    return status;
}

cllrn_status lrn_program_export(cllrn_engine *engine, cllrn_pack **pack, cllrn_error *error)
{
    pthread_mutex_lock(&engine->lock);
    const cllrn_status status = export_locked(engine, pack, error);
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
