/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn pack: lists a binary pack, or adds a vendor's binary to it. */
#include "command.h"
#include "message.h"
#include "option.h"
#include "pack_file.h"
#include "printable.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct request {
    const char *programs, *device; /* NULL: not named */
    bool any_owner;
} request;

/* ------------------------------------------------------------------------- list */

static int list(const char *path)
{
    static const char *const labels[CLLRN_PACK_TEXTS] = {
        "library", "kernels",        "platform", "platform version", "device",
        "vendor",  "device version", "driver",   "address bits"};
    cllrn_pack *pack = NULL;
    const char *name, *kernel;
    size_t size;
    if (!pack_file_open(path, false, &pack))
        return EXIT_FAILED;
    for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
        printf("%-17s %s\n", labels[i], printable_copy(cllrn_pack_text(pack, i)).chars);
    printf("%-17s %zu\n", "programs", cllrn_pack_count(pack));
    for (size_t i = 0; (name = cllrn_pack_program(pack, i, &kernel, &size)); ++i)
        printf("  %s%s%s, %zu bytes\n", printable_copy(name).chars, *kernel ? ", kernel " : "",
               printable_copy(kernel).chars, size);
    cllrn_pack_destroy(pack);
    return message_finish_stdout();
}

/* -------------------------------------------------------------------------- add */

/* Parsed NAME=KERNEL items, pointing into the copy `list`; a kernel is NULL where not named. */
typedef struct names {
    char *list;
    const char **programs, **kernels;
    size_t count;
} names;

static bool split(const char *list, names *found)
{
    size_t most = 1;
    for (const char *c = list; *c; ++c)
        most += *c == ',';
    found->list = strdup(list);
    found->programs = calloc(2 * most, sizeof *found->programs);
    if (!found->list || !found->programs)
        return message_fail("out of memory for %zu names", most);
    found->kernels = found->programs + most;
    for (char *item = strtok(found->list, ","); item; item = strtok(NULL, ",")) {
        char *const equals = strchr(item, '=');
        if (equals)
            *equals = '\0';
        found->programs[found->count] = item;
        found->kernels[found->count++] = equals ? equals + 1 : NULL;
    }
    return true;
}

static const session_options quiet = {.queues = 1, .cache = CLLRN_CACHE_OFF, .quiet = true};

/* Whether a device has this program; engine NULL: whether any device has. */
static bool device_has(const cllrn_engine *engine, const char *program)
{
    cllrn_program_info one = CLLRN_PROGRAM_INFO_INIT;
    for (size_t i = 0; cllrn_program_get(engine, i, &one, NULL) == CLLRN_SUCCESS; ++i)
        if (strcmp(one.name, program) == 0)
            return true;
    return false;
}

/* Whether the library has this program, for offline compilers or for a device of this machine. */
static bool is_known(const char *program)
{
    if (device_has(NULL, program))
        return true;
    cl_uint platforms = 0;
    device_list list = {NULL, 0};
    bool found = false;
    if (clGetPlatformIDs(0, NULL, &platforms) != CL_SUCCESS || platforms == 0 ||
        !device_list_load(&list))
        return false;
    for (size_t i = 0; i < list.count && !found; ++i) {
        session on;
        if (!session_open(&on, &list.devices[i], quiet))
            continue;
        found = device_has(on.engine, program);
        session_close(&on);
    }
    device_list_free(&list);
    return found;
}

/* Checks the programs' names. The pack's device may not be here, so any known program counts. */
static bool are_known(const names *added)
{
    for (size_t i = 0; i < added->count; ++i)
        if (!is_known(added->programs[i]))
            return message_fail("there is no program '%s', neither without a device nor for one "
                                "of those here",
                                added->programs[i]);
    return true;
}

/* Makes an empty pack for the device, after checking that the device has the programs. */
static bool make_empty(const request *r, const names *added, cllrn_pack **pack)
{
    device target;
    session on;
    cllrn_error error = CLLRN_ERROR_INIT;
    if (!device_resolve(r->device, &target))
        return false;
    if (target.kind != DEVICE_OPENCL)
        return message_fail("--device %s is no OpenCL device", target.name);
    if (!session_open(&on, &target, quiet))
        return false;
    bool made = true;
    for (size_t i = 0; i < added->count && made; ++i)
        made = device_has(on.engine, added->programs[i]) ||
               message_fail("%s has no program '%s'", target.name, added->programs[i]);
    made = made && message_check(cllrn_engine_export(on.engine, pack, &error), &error);
    session_close(&on);
    return made;
}

static bool add_to(const cllrn_pack *pack, const char *binary_path, const names *added,
                   output *file)
{
    lrn_file_content binary = {0};
    cllrn_pack *sum = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    if (!pack_file_load(binary_path, &binary))
        return false;
    const bool written =
        message_check(cllrn_pack_add(pack, binary.data, binary.size, added->programs,
                                     added->kernels, added->count, &sum, &error),
                      &error) &&
        pack_file_write(sum, file);
    cllrn_pack_destroy(sum);
    free(binary.data);
    return written;
}

static int add(const request *r, const char *path, const char *binary)
{
    names added = {.count = 0};
    output file = {0};
    cllrn_pack *pack = NULL;
    /* Locked before reading: otherwise what another command adds meanwhile would be lost. */
    const bool done =
        split(r->programs, &added) && output_open_mode(&file, path, PACK_FILE_MODE) &&
        output_lock(&file) &&
        (access(path, F_OK) == 0 ? pack_file_open(path, !r->any_owner, &pack) && are_known(&added)
                                 : make_empty(r, &added, &pack)) &&
        add_to(pack, binary, &added, &file);
    output_discard(&file);
    cllrn_pack_destroy(pack);
    free(added.list);
    free(added.programs); /* and the kernels */
    return done ? EXIT_DONE : EXIT_FAILED;
}

/* ---------------------------------------------------------------------- options */

/* Takes NAME or NAME=KERNEL items. */
static bool parse_programs(const char *text, void *field)
{
    const char *list = text, *item;
    size_t length;
    *(const char **)field = text;
    while (option_next_item(&list, &item, &length))
        if (length == 0 || *item == '=' || item[length - 1] == '=')
            return false;
    return true;
}

static const option_row rows[] = {
    {"programs", "LIST",
     "the programs in it, as 'cllrn pack list' calls them, each with the name of its kernel in the "
     "binary where that is another",
     OPTION_FIELD(request, programs), .parse = parse_programs,
     .expected = "a list of NAME or NAME=KERNEL"},
    {"device", "SPEC", "the device of a new pack: an index, or a part of a name",
     OPTION_FIELD(request, device)},
    {"any-owner", NULL, "takes a PACK that other users can have written",
     OPTION_FIELD(request, any_owner)},
    {.name = NULL},
};

static const option_table options = {
    .usage = "usage: cllrn pack list PACK\n"
             "       cllrn pack add PACK BINARY --programs NAME[=KERNEL],.. [--device SPEC]\n"
             "                      [--any-owner]\n"
             "\n"
             "  list  prints what a pack was made for, and its programs\n"
             "  add   adds a binary that a vendor's offline compiler made (.aocx, .xclbin):\n"
             "        one file that holds the kernels of many programs. A PACK that does not\n"
             "        exist is made, for the device.\n",
    .rows = rows,
    .notes = "",
    .has_arguments = true,
    .defaults = &(const request){.programs = NULL},
    .size = sizeof(request),
};

static int execute(const request *r, int count, char **arguments)
{
    if (count == 2 && strcmp(arguments[0], "list") == 0)
        return r->programs || r->device || r->any_owner ? message_usage("list takes no options")
                                                        : list(arguments[1]);
    if (count != 3 || strcmp(arguments[0], "add") != 0)
        return message_usage("expected 'list PACK' or 'add PACK BINARY'");
    if (!r->programs)
        return message_usage("--programs is missing");
    const named_file files[] = {{"PACK", arguments[1]}, {"BINARY", arguments[2]}};
    if (output_refuse_same(files, sizeof files / sizeof files[0]) != EXIT_DONE)
        return EXIT_USAGE;
    if (r->device && access(arguments[1], F_OK) == 0)
        return message_usage("--device is for a new pack, but %s is there", arguments[1]);
    return add(r, arguments[1], arguments[2]);
}

int command_pack(int argc, char **argv)
{
    request r;
    int status;
    return option_parse(&options, &argc, &argv, &r, &status) ? execute(&r, argc, argv) : status;
}
