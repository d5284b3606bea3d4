/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn compile: builds a binary pack for a device, or writes sources for an offline compiler. */
#include "command.h"
#include "json.h"
#include "message.h"
#include "option.h"
#include "pack_file.h"
#include "printable.h"
#include "session.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct request {
    const char *output, *sources, *spirv, *device, *programs; /* NULL: not named */
    bool quiet;
} request;

/* Writes the path "directory/name" and `end`. False after a message. */
static bool join(char path[PATH_MAX], const char *directory, const char *name, const char *end)
{
    const int length = snprintf(path, PATH_MAX, "%s/%s%s", directory, name, end);
    return (length >= 0 && length < PATH_MAX) || message_fail("%s: too long a name", directory);
}

/* ---------------------------------------------------------------------- packing */

/* Builds the programs of --programs; without it all that the device can need. */
static bool build_all(const request *r, cllrn_engine *engine)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    const char *list = r->programs, *item;
    size_t length, count = list ? 0 : cllrn_program_count(engine);
    while (option_next_item(&list, &item, &length))
        ++count;
    list = r->programs;
    for (size_t i = 0; i < count; ++i) {
        cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
        char text[80];
        if (option_next_item(&list, &item, &length))
            snprintf(program.name, sizeof program.name, "%.*s", (int)length, item);
        else if (!message_check(cllrn_program_get(engine, i, &program, &error), &error))
            return false;
        snprintf(text, sizeof text, "building, %zu of %zu", i + 1, count);
        if (!r->quiet)
            message_progress(text);
        if (!message_check(cllrn_engine_build(engine, program.name, &error), &error))
            return false;
    }
    if (!r->quiet)
        message_progress("fetching the binaries");
    return true;
}

/* Replaces *pack by a pack that also holds the program's module, DIRECTORY/NAME.spv. */
static bool add_module(const char *directory, const char *name, cllrn_pack **pack)
{
    char path[PATH_MAX];
    lrn_file_content module = {0};
    cllrn_pack *sum = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    if (!join(path, directory, name, ".spv") || !pack_file_load(path, &module))
        return false;
    const bool added = message_check(
        cllrn_pack_add(*pack, module.data, module.size, &name, NULL, 1, &sum, &error), &error);
    free(module.data);
    if (!added)
        return false;
    cllrn_pack_destroy(*pack);
    *pack = sum;
    return true;
}

/* Makes a pack, for any device that takes SPIR-V, of the modules of the engine's programs. */
static bool pack_modules(const cllrn_engine *engine, const char *directory, cllrn_pack **pack)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
    bool made = message_check(cllrn_pack_create(pack, &error), &error);
    for (size_t i = 0; made && i < cllrn_program_count(engine); ++i)
        made = message_check(cllrn_program_get(engine, i, &program, &error), &error) &&
               add_module(directory, program.name, pack);
    return made;
}

static bool build_pack(const request *r, cllrn_engine *engine, cllrn_pack **pack)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    const bool built =
        build_all(r, engine) && message_check(cllrn_engine_export(engine, pack, &error), &error);
    message_progress("");
    return built;
}

static bool make_pack(const request *r, cllrn_engine *engine, output *file)
{
    cllrn_pack *pack = NULL;
    size_t size = 0;
    const bool made =
        (r->spirv ? pack_modules(engine, r->spirv, &pack) : build_pack(r, engine, &pack)) &&
        pack_file_write(pack, file);
    if (made && !r->quiet) {
        cllrn_pack_data(pack, &size);
        printf("%s: %zu programs, %zu bytes, for %s%s%s\n", printable_copy(r->output).chars,
               cllrn_pack_count(pack), size,
               r->spirv ? "any device that takes SPIR-V"
                        : printable_copy(cllrn_pack_text(pack, CLLRN_PACK_DEVICE)).chars,
               r->spirv ? "" : ", driver ",
               printable_copy(cllrn_pack_text(pack, CLLRN_PACK_DRIVER)).chars);
    }
    cllrn_pack_destroy(pack);
    return made;
}

/* ---------------------------------------------------------------------- sources */

static const char manifest_name[] = "manifest.json", prefix[] = "cllrn_", suffix[] = ".cl",
                  schema[] = "cllrn-sources-1";

static bool is_source_name(const char *name)
{
    const size_t length = strlen(name), end = strlen(suffix);
    return strncmp(name, prefix, strlen(prefix)) == 0 && length > end &&
           strcmp(name + length - end, suffix) == 0;
}

/* Whether the directory has a manifest that begins as one of this schema does. */
static bool has_manifest(int directory)
{
    enum { MOST = 16 << 20 };
    char begin[64];
    lrn_file_content content = {0};
    snprintf(begin, sizeof begin, "{\n  \"schema\": \"%s\",", schema);
    const bool same = lrn_file_read(directory, manifest_name, 0, MOST, &content) == 0 &&
                      strncmp((const char *)content.data, begin, strlen(begin)) == 0;
    free(content.data);
    return same;
}

static bool remove_file(DIR *listing, const char *name, const char *directory)
{
    return unlinkat(dirfd(listing), name, 0) == 0 || errno == ENOENT ||
           message_fail("%s/%s: cannot be removed: %s", directory, name, strerror(errno));
}

/*
 * Removes clLRN's files from a directory that has a manifest or nothing but such files. The
 * manifest goes first: a manifest must never describe files of another version.
 */
static bool empty(DIR *listing, const char *directory)
{
    struct dirent *entry;
    const bool claimed = has_manifest(dirfd(listing));
    while (!claimed && (entry = readdir(listing)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !is_source_name(entry->d_name) && !lrn_file_is_temporary(entry->d_name))
            return message_fail("%s: holds '%s' and no %s of clLRN's sources: give an empty or "
                                "new directory",
                                directory, entry->d_name, manifest_name);
    rewinddir(listing);
    bool removed = remove_file(listing, manifest_name, directory);
    while (removed && (entry = readdir(listing)) != NULL)
        removed = !is_source_name(entry->d_name) || remove_file(listing, entry->d_name, directory);
    return removed;
}

/* Creates the directory, or empties an existing one. */
static bool claim(const char *directory)
{
    if (mkdir(directory, 0777) != 0 && errno != EEXIST)
        return message_fail("%s: cannot be made: %s", directory, strerror(errno));
    DIR *const listing = opendir(directory);
    if (!listing)
        return message_fail("%s: cannot be read: %s", directory, strerror(errno));
    const bool claimed = empty(listing, directory);
    closedir(listing);
    return claimed;
}

static bool write_source(const cllrn_engine *engine, size_t number, const char *directory)
{
    cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    char path[PATH_MAX], *text = NULL;
    size_t size = 0;
    output out;
    bool good =
        message_check(cllrn_program_get(engine, number, &program, &error), &error) &&
        message_check(cllrn_program_source(engine, number, NULL, 0, &size, &error), &error) &&
        ((text = malloc(size)) != NULL || message_fail("out of memory")) &&
        message_check(cllrn_program_source(engine, number, text, size, NULL, &error), &error) &&
        join(path, directory, program.name, suffix) && output_open(&out, path);
    if (good) {
        fwrite(text, 1, size - 1, out.file); /* output_commit reports a failure */
        good = output_commit(&out);
    }
    free(text);
    return good;
}

/* Adds "TYPE NAME, .." as an array of "TYPE NAME". */
static void add_arguments(json *j, const char *arguments)
{
    char one[CLLRN_ARGUMENTS_SIZE];
    json_open_array(j, "arguments");
    for (const char *at = arguments; *at; at += strspn(at, ", ")) {
        const size_t size = strcspn(at, ",");
        snprintf(one, sizeof one, "%.*s", (int)size, at);
        json_add_text(j, NULL, one);
        at += size;
    }
    json_close(j);
}

static void add_programs(json *j, const cllrn_engine *engine)
{
    cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
    json_open_array(j, "programs");
    for (size_t i = 0; cllrn_program_get(engine, i, &program, NULL) == CLLRN_SUCCESS; ++i) {
        char name[CLLRN_KERNEL_NAME_SIZE + sizeof suffix];
        snprintf(name, sizeof name, "%s%s", program.name, suffix);
        json_open_object(j, NULL);
        json_add_text(j, "file", name);
        json_add_text(j, "kernel", program.name);
        json_add_text(j, "variant", program.variant);
        json_add_text(j, "direction",
                      program.direction == CLLRN_DIRECTION_BACKWARD ? "backward" : "forward");
        json_add_text(j, "options", program.options);
        add_arguments(j, program.arguments);
        json_close(j);
    }
    json_close(j);
}

/*
 * The manifest has
 *   schema        "cllrn-sources-1"; a change of meaning changes the number
 *   library       version of clLRN
 *   arithmetic    version of the results' bits
 *   device        its name, null for any
 *   programs      array: file, kernel (its name), variant, direction, options
 *                 (what the file defines), arguments (array of "TYPE NAME")
 */
static bool write_manifest(const cllrn_engine *engine, const char *device_name,
                           const char *directory)
{
    char path[PATH_MAX];
    output out;
    if (!join(path, directory, manifest_name, "") || !output_open(&out, path))
        return false;
    json j = json_begin(out.file);
    json_add_text(&j, "schema", schema);
    json_add_text(&j, "library", cllrn_version());
    json_add_integer(&j, "arithmetic", cllrn_arithmetic_version());
    json_add_text(&j, "device", device_name);
    add_programs(&j, engine);
    json_close(&j);
    return output_commit(&out);
}

/* Writes KERNEL.cl for each of the engine's programs, then the manifest. NULL and NULL: any device.
 */
static bool write_sources(const cllrn_engine *engine, const char *device_name,
                          const char *directory)
{
    const size_t count = cllrn_program_count(engine);
    bool good = claim(directory);
    for (size_t i = 0; good && i < count; ++i)
        good = write_source(engine, i, directory);
    return good && write_manifest(engine, device_name, directory);
}

/* ---------------------------------------------------------------------- devices */

/* Opens the output before the long build, so that a bad path fails at once. */
static int execute(const request *r, output *file)
{
    const bool opens = r->device || !(r->sources || r->spirv);
    const session_options how = {.queues = 1, .cache = CLLRN_CACHE_OFF, .quiet = r->quiet};
    device target = {.kind = DEVICE_OPENCL};
    session on = {.engine = NULL};
    if ((r->output && !output_open_mode(file, r->output, PACK_FILE_MODE)) ||
        (opens && !device_resolve(r->device, &target)))
        return EXIT_FAILED;
    if (target.kind != DEVICE_OPENCL)
        return message_usage("--device %s is no OpenCL device", target.name);
    if (opens && !session_open(&on, &target, how))
        return EXIT_FAILED;
    const bool made = r->sources ? write_sources(on.engine, opens ? target.name : NULL, r->sources)
                                 : make_pack(r, on.engine, file);
    session_close(&on);
    return made ? message_finish_stdout() : EXIT_FAILED;
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
     "GPU or FPGA, and no OpenCL is needed",
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
