/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn compile: a device's programs, built for those who cannot, or as sources for an offline
 * compiler. */
#include "command.h"
#include "emit_source.h"
#include "message.h"
#include "option.h"
#include "output.h"
#include "pack_file.h"
#include "progress.h"
#include "subject.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: cllrn compile --output PACK [--device SPEC] [--programs NAME,..] [--quiet]\n"
    "       cllrn compile --emit-source DIR [--device SPEC]\n"
    "\n"
    "Builds every program that a device can need, and writes their binaries to one file,\n"
    "a binary pack. 'cllrn run', 'verify' and 'bench' take it by --pack, programs by the\n"
    "engine option `pack`; nothing is compiled then. A pack is for one device, driver and\n"
    "version of clLRN; 'cllrn devices --pack' tells whether it is for those here.\n"
    "\n"
    "Or writes the kernels as OpenCL C 1.2 for an offline compiler, such as those for\n"
    "FPGAs: a file for each program, which needs no options and holds one kernel, and\n"
    "manifest.json, which lists them with their names and arguments. What was made of\n"
    "them goes into a pack by 'cllrn pack add'.\n"
    "\n"
    "  --output PACK  the file; it appears when it is complete\n"
    "  --emit-source DIR  the directory: new, empty, or written by this command before\n"
    "  --device SPEC  an index as 'cllrn devices' lists them, or a part of a device's or\n"
    "                 platform's name; default: $CLLRN_DEVICE, else the first GPU,\n"
    "                 accelerator or CPU; with --emit-source any device that has no use for\n"
    "                 vectors, and no OpenCL is needed\n"
    "  --programs NAME,..  these alone, as 'cllrn pack list' calls them\n"
    "  --quiet        prints nothing unless something fails\n"
    "  --help         prints this\n"
    "\n"
    "A pack holds native code: use those only whose programs you would run.\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage.\n";

typedef struct request {
    const char *output, *sources, *device, *programs; /* NULL: not named */
    bool quiet, help;
} request;

/* --------------------------------------------------------------------- options */

enum { OUTPUT = 1, EMIT_SOURCE, DEVICE, PROGRAMS, QUIET, HELP, CODES };

_Static_assert(CODES <= ' ', "the codes of options are below any letter");

static const struct option known[] = {
    {"output", required_argument, NULL, OUTPUT},
    {"emit-source", required_argument, NULL, EMIT_SOURCE},
    {"device", required_argument, NULL, DEVICE},
    {"programs", required_argument, NULL, PROGRAMS},
    {"quiet", no_argument, NULL, QUIET},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static const char *const expected[CODES] = {
    [OUTPUT] = "a file name",
    [EMIT_SOURCE] = "a directory",
    [DEVICE] = "an index or a part of a name",
    [PROGRAMS] = "a list of names",
};

static bool take(int code, const char *value, void *parsed)
{
    request *const r = parsed;
    switch (code) {
    case OUTPUT:
        return option_take_text(value, &r->output);
    case EMIT_SOURCE:
        return option_take_text(value, &r->sources);
    case DEVICE:
        return option_take_text(value, &r->device);
    case PROGRAMS:
        return option_take_text(value, &r->programs);
    case QUIET:
        return r->quiet = true;
    default:
        return r->help = true;
    }
}

/* ---------------------------------------------------------------------- packing */

/* The number-th program that is asked for, or false. */
static bool get_name(const request *r, const subject *on, size_t number,
                     char name[CLLRN_KERNEL_NAME_SIZE])
{
    const char *at = r->programs;
    if (!at)
        return cllrn_engine_program_name(on->engine, number, name) != 0;
    for (; number > 0 && at; --number)
        at = (at = strchr(at, ',')) ? at + 1 : NULL;
    if (at)
        snprintf(name, CLLRN_KERNEL_NAME_SIZE, "%.*s", (int)strcspn(at, ","), at);
    return at != NULL;
}

static bool build_all(const request *r, const subject *on)
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
            progress_show(text);
        built = cllrn_engine_build(on->engine, name, &error) == CLLRN_SUCCESS;
    }
    if (!r->quiet)
        progress_show(built ? "fetching the binaries" : "");
    return built || message_check(error.status, &error);
}

static bool write_pack(const request *r, const cllrn_pack *pack, output *file)
{
    size_t size = 0;
    if (!pack_file_write(pack, file))
        return false;
    cllrn_pack_data(pack, &size);
    if (!r->quiet)
        printf("%s: %zu programs, %zu bytes, for %s, driver %s\n", r->output, pack_file_count(pack),
               size, cllrn_pack_text(pack, CLLRN_PACK_DEVICE),
               cllrn_pack_text(pack, CLLRN_PACK_DRIVER));
    return true;
}

static bool make_pack(const request *r, const subject *on, output *file)
{
    cllrn_pack *pack = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    if (!build_all(r, on))
        return false;
    const cllrn_status status = cllrn_engine_export(on->engine, &pack, &error);
    if (!r->quiet)
        progress_show("");
    const bool made = message_check(status, &error) && write_pack(r, pack, file);
    cllrn_pack_destroy(pack);
    return made;
}

/* The file is opened first: nobody wants to learn at the end that it cannot be. */
static int execute(const request *r, output *file)
{
    device target;
    subject on;
    if (!output_open(file, r->output) || !device_resolve(r->device, &target))
        return EXIT_FAILED;
    if (target.kind != DEVICE_OPENCL)
        return message_usage("--device %s is no OpenCL device", target.name);
    if (!subject_open(&on, &target, 0, r->quiet))
        return EXIT_FAILED;
    const bool made = make_pack(r, &on, file);
    subject_close(&on);
    return made ? message_finish_stdout() : EXIT_FAILED;
}

/* ---------------------------------------------------------------------- sources */

static int emit(const request *r)
{
    device target;
    subject on;
    if (!r->device)
        return emit_source(NULL, NULL, r->sources) ? EXIT_DONE : EXIT_FAILED;
    if (!device_resolve(r->device, &target))
        return EXIT_FAILED;
    if (target.kind != DEVICE_OPENCL)
        return message_usage("--device %s is no OpenCL device", target.name);
    if (!subject_open(&on, &target, 0, r->quiet))
        return EXIT_FAILED;
    const bool emitted = emit_source(on.engine, target.name, r->sources);
    subject_close(&on);
    return emitted ? EXIT_DONE : EXIT_FAILED;
}

int command_compile(int argc, char **argv)
{
    static const option_set set = {known, expected, HELP, take};
    request r = {.output = NULL};
    output file = {0};
    int status = option_parse(argc, argv, &set, &r);
    if (status != EXIT_DONE)
        return status;
    if (r.help) {
        fputs(help, stdout);
        return message_finish_stdout();
    }
    if (optind < argc)
        return message_usage("takes no arguments, but '%s' follows", argv[optind]);
    if (!r.output == !r.sources)
        return message_usage("expected one of --output and --emit-source");
    if (r.sources)
        return r.programs ? message_usage("--programs goes with --output") : emit(&r);
    status = execute(&r, &file);
    output_discard(&file);
    return status;
}
