/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include "measure.h"
#include "message.h"
#include "number.h"
#include "output.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const keyword request_layouts[] = {
    {"nchw", CHANNELS_FIRST}, {"nhwc", CHANNELS_LAST}, {"nchw4c", 4}, {"nchw8c", 8},
    {"nchw16c", 16},          {"nchw32c", 32},         {NULL, 0},
};

const char *request_layout_name(int32_t layout)
{
    return keyword_name(request_layouts, layout);
}

static const keyword directions[] = {
    {"forward", FORWARD},
    {"backward", BACKWARD},
    {"both", FORWARD | BACKWARD},
    {NULL, 0},
};

static bool parse_seconds(const char *text, void *field)
{
    double *const seconds = field;
    return number_parse_double(text, seconds) && *seconds >= 0 && isfinite(*seconds);
}

static const option_row rows[] = {
    {"direction", "NAME", "what to measure", OPTION_FIELD(request, directions),
     .keywords = directions},
    {"in-place", NULL, "the result replaces x, in every run anew", OPTION_FIELD(request, in_place)},
    {"layout", "LIST", "memory layouts", OPTION_LIST(request, layouts, layout_count),
     .keywords = request_layouts},
    {"dtype", "LIST", "element types", OPTION_LIST(request, dtypes, dtype_count),
     .keywords = option_dtypes},
    {"beta", "LIST", "exponents", OPTION_LIST(request, betas, beta_count)},
    {"size", "LIST", "sizes of the window", OPTION_LIST(request, sizes, size_count), .least = 1,
     .greatest = INT32_MAX},
    {"region", "NAME", "windows across channels, or within a channel",
     OPTION_FIELD(request, region), .keywords = option_regions},
    {"variant", "NAME", "forces a kernel", OPTION_FIELD(request, variant), .parse = option_variant},
    {"runs", "N", "at least, of everything, up to 1000", OPTION_FIELD(request, runs), .least = 1,
     .greatest = MAX_RUNS},
    {"seconds", "S", "at least, for each shape", OPTION_FIELD(request, seconds),
     .parse = parse_seconds, .expected = "a number, 0 or more"},
    {"device", "SPEC", "an index or a part of a name, as for 'cllrn run'",
     OPTION_FIELD(request, device)},
    {OPTION_PACK(request)},
    {OPTION_ANY_DRIVER(request)},
    {OPTION_ANY_OWNER(request)},
    {"json", "FILE",
     "also writes all of it as JSON, as below, which cllrn-plot draws: see 'cllrn-plot --help'",
     OPTION_FIELD(request, json)},
    {OPTION_QUIET(request)},
    {.name = NULL},
};

static const option_table options = {
    .usage = "usage: cllrn bench [options] [SHAPE...]\n"
             "\n"
             "Measures one device. All combinations of a shape and the fastest copies of as\n"
             "many bytes take turns; a table tells the median time from the enqueue to the end\n"
             "of clFinish, the least one, the kernel's own by the device's events, the rate at\n"
             "which what has to be moved was (x and y; backward x, dy and dx), and that as a\n"
             "part of the fastest copy's. Copies are clEnqueueCopyBuffer, a kernel and, where\n"
             "the device is the host's processor, threads. Buffers are the same in every run,\n"
             "so what fits into the last cache may be found there.\n"
             "\n"
             "SHAPE is batch x channels x spatial dims, like 16x96x55x55, whatever the layout;\n"
             "or alexnet, googlenet or zf, with batches of 1 and 16. Default: all of these.\n"
             "LIST is one or several between commas.\n",
    .rows = rows,
    .notes = "Build times are those of the driver with whatever its own cache holds; where it\n"
             "has a directory for that (PoCL: $POCL_CACHE_DIR), an empty one gives the time to\n"
             "compile.\n"
             "\n"
             "The JSON is one object. Members may be added; those here keep their meaning:\n"
             "  schema            \"cllrn-bench-1\"; another meaning, another number\n"
             "  date              UTC, \"2026-01-31T23:59:59Z\"\n"
             "  library           name and version of what was measured\n"
             "  kernels           the hash of their sources\n"
             "  device            object:\n"
             "    platform, name, version, driver_version\n"
             "    type            \"GPU\", \"accelerator\", \"CPU\" or \"other\"\n"
             "    compute_units\n"
             "    cache_bytes     of the last level\n"
             "  host              object:\n"
             "    processor       its name\n"
             "  region            \"across\" or \"within\"\n"
             "  copies            array, each with the times below and\n"
             "    shape           for which the copy is a limit\n"
             "    kind            \"buffer\" (clEnqueueCopyBuffer), \"kernel\" or \"host\"\n"
             "    way             in words\n"
             "  results           array, each with the times below and\n"
             "    implementation  \"cllrn\"\n"
             "    shape, dims     \"1x96x55x55\" and [1, 96, 55, 55]: batch, channels, then\n"
             "                    spatial, whatever the layout\n"
             "    in_place        whether the result replaces x\n"
             "    layout, dtype, direction, size, beta\n"
             "    variant         the kernel that ran\n"
             "    of_copy         the rate as a part of the fastest copy's of as many bytes\n"
             "  builds            array, for what needs a program: shape .. variant as above,\n"
             "    first_ms        to make a plan, whatever the driver's cache held\n"
             "    again_ms        another plan of the same engine\n"
             "    other_engine_ms  a plan of another engine in the same process\n"
             "    first_run_ms    the first enqueue to its end, where some drivers compile\n"
             "  overhead          object, for a tensor of 8 elements:\n"
             "    enqueue_ms      until the call returned\n"
             "    total_ms        until clFinish did\n"
             "The times:\n"
             "  bytes             read and written: of x and y, or of x, dy and dx\n"
             "  median_ms, minimum_ms  from the enqueue to the end of clFinish, by the clock\n"
             "  kernel_ms         median by the device's events; null where there are none\n"
             "  gb_per_s          10^9 bytes a second, in the median\n"
             "  runs              how many\n",
    .has_arguments = true,
    .defaults =
        &(const request){
            .layouts = {CHANNELS_FIRST, CHANNELS_LAST},
            .layout_count = 2,
            .dtypes = {CLLRN_DTYPE_F32},
            .dtype_count = 1,
            .sizes = {5},
            .size_count = 1,
            .betas = {0.75},
            .beta_count = 1,
            .region = ACROSS_CHANNELS,
            .directions = FORWARD | BACKWARD,
            .runs = 11,
            .seconds = 1,
        },
    .size = sizeof(request),
};

static int take_shapes(int count, char **names, request *r)
{
    static char *networks[] = {"alexnet", "googlenet", "zf"};
    if (count == 0)
        return take_shapes(3, networks, r);
    int status = EXIT_DONE;
    for (int i = 0; i < count && status == EXIT_DONE; ++i)
        status = shapes_add(&r->shapes, names[i]);
    return status;
}

static int check_files(const request *r)
{
    const named_file files[] = {{"--json", r->json}, {"--pack", r->pack}};
    if (!r->quiet && r->json && output_is_standard(r->json))
        return message_usage("standard output has the table: use --quiet, or another file");
    return output_refuse_same(files, sizeof files / sizeof files[0]);
}

/* Windows within a channel extend over all spatial axes; the library allows 1 to 3. */
static int check_shapes(const request *r)
{
    for (int i = 0; i < r->shapes.count && r->region == WITHIN_CHANNEL; ++i) {
        const int axes = r->shapes.shapes[i].rank - 2;
        if (axes < 1 || axes > 3)
            return message_usage("%s has %d spatial dims, expected 1 to 3 with --region within",
                                 shape_text(&r->shapes.shapes[i]).chars, axes);
    }
    return EXIT_DONE;
}

bool request_parse(int argc, char **argv, request *parsed, int *status)
{
    if (!option_parse(&options, &argc, &argv, parsed, status))
        return false;
    *status = check_files(parsed);
    if (*status == EXIT_DONE)
        *status = take_shapes(argc, argv, parsed);
    if (*status == EXIT_DONE)
        *status = check_shapes(parsed);
    return *status == EXIT_DONE;
}
