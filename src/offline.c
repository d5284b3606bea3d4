/* SPDX-License-Identifier: Apache-2.0 */
/* Programs as sources that need nothing else, for compilers that run before the program does. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <cllrn.h>

#include "engine.h"
#include "error.h"
#include "program.h"

/*
 * Where there is no device to ask: all that one without a compiler may need. No
 * vectors, which are for CPUs.
 */
static const lrn_device_facts any_device = {.pipelined = true,
                                            .int64 = true,
                                            .wide = true,
                                            .fp64 = true,
                                            .vector_width = 1,
                                            .compute_units = 1,
                                            .max_group_size = 1,
                                            .local_memory = INT64_MAX,
                                            .name = "any device"};

static const lrn_sources built_in; /* NULL texts are those */

static const lrn_device_facts *facts_of(const cllrn_engine *engine)
{
    return engine != NULL ? &engine->facts : &any_device;
}

size_t cllrn_offline_count(const cllrn_engine *engine)
{
    size_t count = 0;
    lrn_program_key key;
    while (lrn_program_key_number(count, facts_of(engine), &key))
        ++count;
    return count;
}

static cllrn_status get_key(const cllrn_engine *engine, size_t number, lrn_program_key *key,
                            cllrn_error *error)
{
    if (!lrn_program_key_number(number, facts_of(engine), key))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "offline program %zu: there are %zu, counted from 0", number,
                        cllrn_offline_count(engine));
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_offline_program_get(const cllrn_engine *engine, size_t number,
                                       cllrn_offline_program *program, cllrn_error *error)
{
    lrn_program_key key;
    if (!LRN_READABLE(program))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "offline program %zu: program is NULL or not initialised: use "
                        "CLLRN_OFFLINE_PROGRAM_INIT",
                        number);
    const cllrn_status status = get_key(engine, number, &key, error);
    if (status != CLLRN_SUCCESS)
        return status;
    const bool int64 = facts_of(engine)->int64;
    program->direction = key.backward ? CLLRN_BACKWARD : CLLRN_FORWARD;
    program->variant = lrn_variant_of(key.file);
    lrn_program_kernel_name(&key, int64, program->kernel);
    lrn_program_options(&key, int64, program->options);
    lrn_program_arguments(&key, int64, program->arguments);
    return CLLRN_SUCCESS;
}

/* Text that is counted as a whole, and written as far as there is room. */
typedef struct writing {
    char *text;
    size_t room, length;
} writing;

static void write_bytes(writing *w, const char *bytes, size_t count)
{
    if (w->text != NULL && count <= w->room - w->length)
        memcpy(w->text + w->length, bytes, count);
    w->length += count;
}

static void write_text(writing *w, const char *text)
{
    write_bytes(w, text, strlen(text));
}

/* " -DNAME=VALUE" as "#define NAME VALUE", " -DNAME" as "#define NAME"; other options are none. */
static void write_defines(writing *w, const char *options)
{
    for (const char *at = options; (at = strstr(at, "-D")) != NULL;) {
        at += 2;
        const size_t size = strcspn(at, " "), name = strcspn(at, "= ");
        write_text(w, "#define ");
        write_bytes(w, at, name);
        if (name < size) {
            write_text(w, " ");
            write_bytes(w, at + name + 1, size - name - 1);
        }
        write_text(w, "\n");
        at += size;
    }
}

/* The final zero included. */
static void write_source(writing *w, const lrn_program_key *key, const lrn_sources *sources,
                         bool int64)
{
    char options[LRN_OPTIONS_SIZE], kernel[CLLRN_KERNEL_NAME_SIZE];
    lrn_program_options(key, int64, options);
    lrn_program_kernel_name(key, int64, kernel);
    write_text(w,
               "/* SPDX-License-Identifier: Apache-2.0 */\n/* clLRN " CLLRN_VERSION_STRING ": cl/");
    write_text(w, lrn_file_name(key->file));
    write_text(w, " with what it includes; needs no options. */\n#define LRN_KERNEL_NAME(name) ");
    write_text(w, kernel);
    write_text(w, "\n");
    write_defines(w, options);
    const lrn_source_list list = lrn_sources_list(sources, key->file, key->storage == LRN_F64);
    for (cl_uint part = 1; part < list.count; part += 2) /* those between are #line */
        write_text(w, list.parts[part]);
    write_bytes(w, "", 1);
}

cllrn_status cllrn_offline_source(const cllrn_engine *engine, size_t number, char *text,
                                  size_t size, size_t *needed, cllrn_error *error)
{
    lrn_program_key key;
    if (text == NULL && needed == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "offline source %zu: text and needed are NULL", number);
    const cllrn_status status = get_key(engine, number, &key, error);
    if (status != CLLRN_SUCCESS)
        return status;
    const lrn_sources *sources = engine != NULL ? &engine->sources : &built_in;
    const bool int64 = facts_of(engine)->int64;
    writing counted = {.text = NULL};
    write_source(&counted, &key, sources, int64);
    if (text != NULL && size < counted.length)
        return lrn_fail(error, CLLRN_BUFFER_TOO_SMALL,
                        "offline source %zu: %zu bytes, the text has room for %zu", number,
                        counted.length, size);
    if (text != NULL)
        write_source(&(writing){.text = text, .room = size}, &key, sources, int64);
    if (needed != NULL)
        *needed = counted.length;
    return CLLRN_SUCCESS;
}
