/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include "../cli/message.h"
#include "../cli/option.h"

#include <string.h>

/* StarPU chooses the devices; a check would compute on one processor what all ranks compute. */
static const char *const left_out[] = {"device", "pack", "any-driver", "any-owner", "variant",
                                       "check",  "part", "recompute",  "slice"};

static const option_row own_rows[] = {
    {"slice", "BYTES",
     "the size of all tensors at a time; a rank holds one slice for each worker and two more; "
     "default: a 64th of all, but 1048576 to 67108864",
     OPTION_FIELD(request, options.slice), .least = 1, .greatest = INT64_MAX,
     .expected = "a number of bytes, 1 or more"},
    {"resume", NULL,
     "keeps the slices that are written in OUT.npy.partial if the job fails, and goes on with "
     "those of an earlier one, of any number of ranks, whose data has the digest that it had then",
     OPTION_FIELD(request, resume)},
    {"in-turn", NULL,
     "the ranks compute one after another, so that the kernel time does not count waits for "
     "processors that ranks share",
     OPTION_FIELD(request, in_turn)},
};

static const char usage[] =
    "usage: mpirun -np N cllrn-cluster run [options] IN.npy OUT.npy\n"
    "       mpirun -np N cllrn-cluster run [options] --backward GRAD.npy IN.npy OUT.npy\n"
    "\n"
    "Computes what 'cllrn run' with the same options does, with the same bytes and digest,\n"
    "by N processes on any number of machines that see the same files. Each process reads\n"
    "and writes its own slices, on all OpenCL devices that StarPU finds. OUT.npy appears\n"
    "only when all of it is there. If a process fails, the job ends everywhere.\n";

static const char notes[] =
    "StarPU's variables choose the devices: STARPU_NOPENCL=1 takes one, STARPU_NCPU=4 also\n"
    "4 processors. Programs are kept as 'cllrn run' keeps them.\n";

static bool is_left_out(const char *name)
{
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; ++i)
        if (strcmp(name, left_out[i]) == 0)
            return true;
    return false;
}

static int check_streams(const options *o)
{
    const char *const files[] = {o->input, o->gradient, o->output};
    for (int i = 0; i < 3; ++i)
        if (files[i] && strcmp(files[i], "-") == 0)
            return message_usage("processes cannot share a standard stream, -: name a file");
    return EXIT_DONE;
}

bool request_parse(int argc, char **argv, request *parsed, int *status)
{
    enum { MOST_ROWS = 64, OWN_ROWS = sizeof own_rows / sizeof *own_rows };
    option_row rows[MOST_ROWS];
    int count = 0;
    request defaults = {.options = *(const options *)options_table.defaults};
    option_table table = options_table;
    for (const option_row *row = options_table.rows; row->name && count < MOST_ROWS - OWN_ROWS - 1;
         ++row)
        if (!is_left_out(row->name))
            rows[count++] = *row;
    for (int i = 0; i < OWN_ROWS; ++i)
        rows[count++] = own_rows[i];
    rows[count] = (option_row){.name = NULL};
    table.usage = usage;
    table.rows = rows;
    table.notes = notes;
    table.defaults = &defaults;
    table.size = sizeof *parsed;
    if (!option_parse(&table, &argc, &argv, parsed, status))
        return false;
    *status = options_finish(argc, argv, &parsed->options);
    if (*status == EXIT_DONE)
        *status = check_streams(&parsed->options);
    return *status == EXIT_DONE;
}
