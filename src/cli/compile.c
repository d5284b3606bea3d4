/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn compile: the kernels for devices without a compiler. */
#include "command.h"
#include "emit_source.h"
#include "message.h"
#include "option.h"
#include "subject.h"

#include <stdio.h>

static const char help[] =
    "usage: cllrn compile --emit-source DIR [--device SPEC]\n"
    "\n"
    "Writes the kernels as OpenCL C 1.2 for an offline compiler, such as those for\n"
    "FPGAs: a file for each program, which needs no options and holds one kernel, and\n"
    "manifest.json, which lists them with their names and arguments.\n"
    "\n"
    "  --emit-source DIR  the directory: new, empty, or written by this command before\n"
    "  --device SPEC      the programs that this device asks for; without it those of any\n"
    "                     device that has no use for vectors, and no OpenCL is needed\n"
    "  --help             prints this\n";

enum { EMIT_SOURCE = 1, DEVICE, HELP, CODES };

_Static_assert(CODES <= ' ', "the codes of options are below any letter");

static const struct option known[] = {
    {"emit-source", required_argument, NULL, EMIT_SOURCE},
    {"device", required_argument, NULL, DEVICE},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static const char *const expected[CODES] = {
    [EMIT_SOURCE] = "a directory",
    [DEVICE] = "an index or a part of a device's or platform's name"};

typedef struct wishes {
    const char *directory, *device; /* NULL: not named */
    bool help;
} wishes;

static bool take(int code, const char *value, void *parsed)
{
    wishes *const w = parsed;
    switch (code) {
    case EMIT_SOURCE:
        return option_take_text(value, &w->directory);
    case DEVICE:
        return option_take_text(value, &w->device);
    default:
        return w->help = true;
    }
}

static bool emit_for_device(const wishes *w)
{
    device target;
    subject on;
    if (!device_resolve(w->device, &target))
        return false;
    if (target.kind != DEVICE_OPENCL)
        return message_fail("%s runs no kernels: give an OpenCL device", target.name);
    if (!subject_open(&on, &target, 0, false))
        return false;
    const bool emitted = emit_source(on.engine, target.name, w->directory);
    subject_close(&on);
    return emitted;
}

int command_compile(int argc, char **argv)
{
    static const option_set set = {known, expected, HELP, take};
    wishes w = {NULL, NULL, false};
    const int status = option_parse(argc, argv, &set, &w);
    if (status != EXIT_DONE)
        return status;
    if (w.help) {
        fputs(help, stdout);
        return message_finish_stdout();
    }
    if (optind < argc)
        return message_usage("takes no arguments, but '%s' follows", argv[optind]);
    if (!w.directory)
        return message_usage("lacks --emit-source DIR");
    const bool emitted = w.device ? emit_for_device(&w) : emit_source(NULL, NULL, w.directory);
    return emitted ? EXIT_DONE : EXIT_FAILED;
}
