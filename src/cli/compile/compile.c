/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn compile: builds a binary pack for a device, or writes sources for an offline compiler. */
#include "command.h"
#include "emit_source.h"
#include "message.h"
#include "option.h"
#include "output.h"
#include "pack_file.h"
#include "printable.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct request {
    const char *output, *sources, *spirv, *device, *programs; /* NULL: not named */
    bool quiet;
} request;

/* ---------------------------------------------------------------------- packing */

/* Gets the name of program `number` of those asked for; false after the last. */
static bool get_name(const request *r, const session *on, size_t number,
                     char name[CLLRN_KERNEL_NAME_SIZE])
{
    const char *list = r->programs, *item = NULL;
    size_t length = 0;
    if (!list) {
        cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
        if (cllrn_program_get(on->engine, number, &program, NULL) != CLLRN_SUCCESS)
            return false;
        memcpy(name, program.name, sizeof program.name);
        return true;
    }
    for (size_t i = 0; i <= number; ++i)
        if (!option_next_item(&list, &item, &length))
            return false;
    snprintf(name, CLLRN_KERNEL_NAME_SIZE, "%.*s", (int)length, item);
    return true;
}

static bool build_all(const request *r, const session *on)
{
    char name[CLLRN_KERNEL_NAME_SIZE], text[80];
    cllrn_error error = CLLRN_ERROR_INIT;
    size_t count = 0;
    bool built = true;
    while (get_name(r, on, count, name))
        ++count;
    for (size_t i = 0; i < count && built; ++i) {
        get_name(r, on, i, name);
        snprintf(text, sizeof text, "building, %zu of %zu", i + 1, count);
        if (!r->quiet)
            message_progress(text);
        built = cllrn_engine_build(on->engine, name, &error) == CLLRN_SUCCESS;
    }
    if (!r->quiet)
        message_progress(built ? "fetching the binaries" : "");
    return built || message_check(error.status, &error);
}

static bool write_pack(const request *r, const cllrn_pack *pack, output *file)
{
    size_t size = 0;
    if (!pack_file_write(pack, file))
        return false;
    cllrn_pack_data(pack, &size);
    if (!r->quiet)
        printf("%s: %zu programs, %zu bytes, for %s%s%s\n", printable_copy(r->output).chars,
               cllrn_pack_count(pack), size,
               r->spirv ? "any device that takes SPIR-V"
                        : printable_copy(cllrn_pack_text(pack, CLLRN_PACK_DEVICE)).chars,
               r->spirv ? "" : ", driver ",
               printable_copy(cllrn_pack_text(pack, CLLRN_PACK_DRIVER)).chars);
    return true;
}

static bool make_pack(const request *r, const session *on, output *file)
{
    cllrn_pack *pack = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    if (!build_all(r, on))
        return false;
    const cllrn_status status = cllrn_engine_export(on->engine, &pack, &error);
    if (!r->quiet)
        message_progress("");
    const bool made = message_check(status, &error) && write_pack(r, pack, file);
    cllrn_pack_destroy(pack);
    return made;
}

/* ---------------------------------------------------------------------- devices */

static int open_device(const request *r, device *target, session *on)
{
    if (!device_resolve(r->device, target))
        return EXIT_FAILED;
    const session_options how = {.queues = 1, .cache = CLLRN_CACHE_OFF, .quiet = r->quiet};
    if (target->kind != DEVICE_OPENCL)
        return message_usage("--device %s is no OpenCL device", target->name);
    return session_open(on, target, how) ? EXIT_DONE : EXIT_FAILED;
}

static int build(const request *r, output *file)
{
    device target;
    session on;
    const int status = open_device(r, &target, &on);
    if (status != EXIT_DONE)
        return status;
    const bool made = make_pack(r, &on, file);
    session_close(&on);
    return made ? message_finish_stdout() : EXIT_FAILED;
}

/* Replaces *pack by a pack that also holds the kernel's module. */
static bool add_module(const char *directory, const char *kernel, cllrn_pack **pack)
{
    char path[4096];
    lrn_file_content module = {0};
    cllrn_pack *sum = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    const int length = snprintf(path, sizeof path, "%s/%s.spv", directory, kernel);
    if (length < 0 || (size_t)length >= sizeof path)
        return message_fail("%s: too long a name", directory);
    if (!pack_file_load(path, &module))
        return false;
    const bool added = message_check(
        cllrn_pack_add(*pack, module.data, module.size, &kernel, NULL, 1, &sum, &error), &error);
    free(module.data);
    if (!added)
        return false;
    cllrn_pack_destroy(*pack);
    *pack = sum;
    return true;
}

/*
 * Makes a pack, for any device that takes SPIR-V, of DIRECTORY/KERNEL.spv for each program of the
 * engine's device; NULL: of any device. The caller destroys *made. False after a message.
 */
static bool pack_spirv(const cllrn_engine *engine, const char *directory, cllrn_pack **made)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_pack *pack = NULL;
    if (!message_check(cllrn_pack_create(&pack, &error), &error))
        return false;
    const size_t count = cllrn_program_count(engine);
    for (size_t i = 0; i < count; ++i) {
        cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
        if (!message_check(cllrn_program_get(engine, i, &program, &error), &error) ||
            !add_module(directory, program.name, &pack)) {
            cllrn_pack_destroy(pack);
            return false;
        }
    }
    *made = pack;
    return true;
}

static bool pack_modules(const request *r, const cllrn_engine *engine, output *file)
{
    cllrn_pack *pack = NULL;
    const bool made = pack_spirv(engine, r->spirv, &pack) && write_pack(r, pack, file);
    cllrn_pack_destroy(pack);
    return made;
}

/* Writes sources or packs SPIR-V modules, for the device if one is named. */
static int without_building(const request *r, output *file)
{
    device target;
    session on;
    const int status = r->device ? open_device(r, &target, &on) : EXIT_DONE;
    if (status != EXIT_DONE)
        return status;
    const cllrn_engine *const engine = r->device ? on.engine : NULL;
    const bool made = r->sources ? emit_source(engine, engine ? target.name : NULL, r->sources)
                                 : pack_modules(r, engine, file);
    if (r->device)
        session_close(&on);
    return made ? message_finish_stdout() : EXIT_FAILED;
}

/* Opens the output before the long build, so that a bad path fails at once. */
static int execute(const request *r, output *file)
{
    if (r->output && !pack_file_begin(r->output, file))
        return EXIT_FAILED;
    return r->sources || r->spirv ? without_building(r, file) : build(r, file);
}

/* --------------------------------------------------------------------- options */

static const option_row rows[] = {
    {"output", "PACK", "the file; it appears when it is complete", OPTION_FIELD(request, output)},
    {"emit-source", "DIR", "the directory: new, empty, or written by this command",
     OPTION_FIELD(request, sources), .excludes = "output,spirv,programs"},
    {"spirv", "DIR", "the directory of the modules", OPTION_FIELD(request, spirv),
     .needs = "output", .excludes = "programs"},
    {"device", "SPEC",
     "an index as 'cllrn devices' lists them, or a part of a device's or platform's name; default: "
     "$CLLRN_DEVICE, else the first GPU, accelerator or CPU; with --emit-source or --spirv any "
     "device that has no use for vectors, and no OpenCL is needed",
     OPTION_FIELD(request, device)},
    {"programs", "NAME,..", "these alone, as 'cllrn pack list' calls them",
     OPTION_FIELD(request, programs), .parse = option_names, .expected = "a list of names"},
    {OPTION_QUIET(request)},
    {.name = NULL},
};

static const option_table options = {
    .usage = "usage: cllrn compile --output PACK [--device SPEC] [--programs NAME,..]\n"
             "                     [--quiet]\n"
             "       cllrn compile --emit-source DIR [--device SPEC]\n"
             "       cllrn compile --spirv DIR --output PACK [--device SPEC]\n"
             "\n"
             "Builds every program that a device can need, and writes their binaries to one\n"
             "file, a binary pack. 'cllrn run', 'verify' and 'bench' take it by --pack,\n"
             "programs by the engine option `pack`; nothing is compiled then. A pack is for\n"
             "one device, driver and version of clLRN; 'cllrn devices --pack' tells whether it\n"
             "is for those here.\n"
             "\n"
             "Or writes the kernels as OpenCL C 1.2 for an offline compiler, such as those for\n"
             "FPGAs: a file for each program, which needs no options and holds one kernel, and\n"
             "manifest.json, which lists them with their names and arguments. What was made of\n"
             "them goes into a pack by 'cllrn pack add'.\n"
             "\n"
             "With --spirv nothing is built: the pack holds DIR/KERNEL.spv of each of those\n"
             "sources, compiled by clang and llvm-spirv, and is for any device that takes\n"
             "SPIR-V.\n",
    .rows = rows,
    .notes = "A pack holds native code: use those only whose programs you would run.\n",
    .needs = "output,emit-source",
    .defaults = &(const request){.output = NULL},
    .size = sizeof(request),
};

int command_compile(int argc, char **argv)
{
    request r;
    output file = {0};
    int status;
    if (!option_parse(&options, &argc, &argv, &r, &status))
        return status;
    status = execute(&r, &file);
    output_discard(&file);
    return status;
}
