/* SPDX-License-Identifier: Apache-2.0 */
/* The list of programs that a device may need, and a complete source of each. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <cllrn.h>

#include "arguments.h"
#include "engine.h"
#include "error.h"
#include "program.h"

static const lrn_sources built_in; /* NULL texts mean the built-in files */

size_t cllrn_program_count(const cllrn_engine *engine)
{
    return engine != NULL
               ? lrn_program_key_count(&engine->core.facts)
               : lrn_program_key_count(&lrn_any_device) + lrn_program_key_count(&lrn_any_embedded);
}

/* Sets *key to a program of the list; returns the facts it is for, or NULL if there is none. */
static const lrn_device_facts *get_key(const cllrn_engine *engine, size_t number,
                                       lrn_program_key *key, cllrn_error *error)
{
    const lrn_device_facts *facts = engine != NULL ? &engine->core.facts : &lrn_any_device;
    size_t at = number;
    if (engine == NULL && number >= lrn_program_key_count(facts)) {
        at -= lrn_program_key_count(facts);
        facts = &lrn_any_embedded;
    }
    if (lrn_program_key_number(at, facts, key))
        return facts;
    lrn_fail(error, CLLRN_INVALID_ARGUMENT, "program %zu: there are %zu, counted from 0", number,
             cllrn_program_count(engine));
    return NULL;
}

cllrn_status cllrn_program_get(const cllrn_engine *engine, size_t number,
                               cllrn_program_info *program, cllrn_error *error)
{
    lrn_program_key key;
    if (!LRN_READABLE(program))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "program get %zu: program is NULL or not initialised: use "
                        "CLLRN_PROGRAM_INFO_INIT",
                        number);
    const lrn_device_facts *const facts = get_key(engine, number, &key, error);
    if (facts == NULL)
        return CLLRN_INVALID_ARGUMENT;
    program->direction = key.backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD;
    program->variant = key.variant->name;
    lrn_program_kernel_name(&key, facts->int64, program->name);
    lrn_program_options(&key, facts->int64, program->options);
    lrn_arguments_text(&key, facts->int64, program->arguments);
    return CLLRN_SUCCESS;
}

/* A text being written: all of it is counted, but only what fits is stored. */
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

/*
 * Writes " -DNAME=VALUE" as "#define NAME VALUE", " -DNAME" as "#define NAME",
 * other options not.
 */
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

/* Writes the source and a final zero. */
static void write_source(writing *w, const lrn_program_key *key, bool int64,
                         const lrn_sources *sources)
{
    const lrn_source_list list =
        lrn_sources_list(sources, key->variant->name, key->storage == LRN_F64);
    char options[CLLRN_OPTIONS_SIZE], kernel[CLLRN_KERNEL_NAME_SIZE];
    lrn_program_options(key, int64, options);
    lrn_program_kernel_name(key, int64, kernel);
    write_text(w,
               "/* SPDX-License" "-Identifier: Apache-2.0 */\n/* clLRN " CLLRN_VERSION_STRING ": cl/");
    write_text(w, list.file);
    write_text(w, " with what it includes; needs no options. */\n#define LRN_KERNEL_NAME(name) ");
    write_text(w, kernel);
    write_text(w, "\n");
    write_defines(w, options);
    for (cl_uint part = 1; part < list.count; part += 2) /* even parts are #line directives */
        write_text(w, list.parts[part]);
    write_bytes(w, "", 1);
}

cllrn_status cllrn_program_source(const cllrn_engine *engine, size_t number, char *text,
                                  size_t size, size_t *needed, cllrn_error *error)
{
    lrn_program_key key;
    if (text == NULL && needed == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "program source %zu: text and needed are NULL", number);
    const lrn_device_facts *const facts = get_key(engine, number, &key, error);
    if (facts == NULL)
        return CLLRN_INVALID_ARGUMENT;
    const lrn_sources *sources = engine != NULL ? &engine->sources : &built_in;
    writing counted = {.text = NULL};
    write_source(&counted, &key, facts->int64, sources);
    if (text != NULL && size < counted.length)
        return lrn_fail(error, CLLRN_BUFFER_TOO_SMALL,
                        "program source %zu: %zu bytes, the text has room for %zu", number,
                        counted.length, size);
    if (text != NULL)
        write_source(&(writing){.text = text, .room = size}, &key, facts->int64, sources);
    if (needed != NULL)
        *needed = counted.length;
    return CLLRN_SUCCESS;
}
