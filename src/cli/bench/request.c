/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include "measure.h"
#include "message.h"
#include "number.h"
#include "output.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const keyword request_layouts[] = {
    {"nchw", CHANNELS_FIRST},
    {"nhwc", CHANNELS_LAST},
    {"nchw4c", 4},
    {"nchw8c", 8},
    {"nchw16c", 16},
    {"nchw32c", 32},
    {"nhwc/2", CHANNELS_LAST_GAPS},
    {"nhcw", CHANNELS_BETWEEN_ROWS},
    {NULL, 0},
};

const keyword request_dtypes[] = {
    {"f32", CLLRN_DTYPE_F32}, {"f16", CLLRN_DTYPE_F16}, {"bf16", CLLRN_DTYPE_BF16},
    {"f64", CLLRN_DTYPE_F64}, {"mixed", MIXED},         {NULL, 0},
};

const char *request_layout_name(int32_t layout)
{
    return keyword_name(request_layouts, layout);
}

const char *request_dtype_name(int32_t dtype)
{
    return keyword_name(request_dtypes, dtype);
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
    {"map", NULL, "measures the problems of the map, see below", OPTION_FIELD(request, map),
     .excludes = "variant"},
    {"direction", "NAME", "what to measure", OPTION_FIELD(request, directions),
     .keywords = directions},
    {"in-place", NULL, "the result replaces x, in every run anew", OPTION_FIELD(request, in_place)},
    {"layout", "LIST", "memory layouts", OPTION_LIST(request, layouts, layout_count),
     .keywords = request_layouts},
    {"dtype", "LIST", "element types", OPTION_LIST(request, dtypes, dtype_count),
     .keywords = request_dtypes},
    {"beta", "LIST", "exponents", OPTION_LIST(request, betas, beta_count)},
    {"size", "LIST", "sizes of the window", OPTION_LIST(request, sizes, size_count), .least = 1,
     .greatest = INT32_MAX},
    {"region", "NAME", "windows across channels, or within a channel",
     OPTION_FIELD(request, regions), .keywords = option_regions},
    {"channels", "LIST", "channels of the map", OPTION_LIST(request, channels, channel_count),
     .least = 1, .greatest = 1 << 20, .needs = "map"},
    {"batch", "LIST", "batches of the map", OPTION_LIST(request, batches, batch_count), .least = 1,
     .greatest = 1 << 10, .needs = "map"},
    {"variant", "NAME", "forces a kernel", OPTION_FIELD(request, variant), .parse = option_variant},
    {"runs", "N", "at least, of everything, up to 1000", OPTION_FIELD(request, runs), .least = 1,
     .greatest = MAX_RUNS},
    {"seconds", "S", "at least, for each shape, or problem of the map",
     OPTION_FIELD(request, seconds), .parse = parse_seconds, .expected = "a number, 0 or more"},
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

/* What the options say when they are not given. */
static const request bench_defaults = {
    .layouts = {CHANNELS_FIRST, CHANNELS_LAST},
    .layout_count = 2,
    .dtypes = {CLLRN_DTYPE_F32},
    .dtype_count = 1,
    .sizes = {5},
    .size_count = 1,
    .betas = {0.75},
    .beta_count = 1,
    .regions = ACROSS_CHANNELS,
    .directions = FORWARD | BACKWARD,
    .runs = 11,
    .seconds = 1,
};

static const request map_defaults = {
    .layouts = {CHANNELS_FIRST, CHANNELS_LAST, 4, 8, 16, 32, CHANNELS_LAST_GAPS,
                CHANNELS_BETWEEN_ROWS},
    .layout_count = 8,
    .dtypes = {CLLRN_DTYPE_F32, CLLRN_DTYPE_F16, CLLRN_DTYPE_BF16, CLLRN_DTYPE_F64, MIXED},
    .dtype_count = 5,
    .sizes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 15, 31, 101},
    .size_count = 13,
    .betas = {0.75},
    .beta_count = 1,
    .channels = {1, 2, 3, 4, 16, 64, 192, 1024},
    .channel_count = 8,
    .batches = {1, 16},
    .batch_count = 2,
    .regions = ACROSS_CHANNELS | WITHIN_CHANNEL,
    .directions = FORWARD | BACKWARD,
    .runs = 5,
    .seconds = 0.2,
};

static const option_table options = {
    .usage = "usage: cllrn bench [options] [SHAPE...]\n"
             "       cllrn bench --map [options]\n"
             "\n"
             "Measures one device. All combinations of a shape and the fastest copies of as\n"
             "many bytes take turns; a table tells the median time from the enqueue to the end\n"
             "of clFinish, the least one, the kernel's own by the device's events, the rate at\n"
             "which what has to be moved was (x and y; backward x, dy and dx), and that as a\n"
             "part of the fastest copy's. Copies are clEnqueueCopyBuffer, a kernel and, where\n"
             "the device is a CPU that shares the host's memory, the host's threads. Buffers\n"
             "are the same in every run, so what fits into the last cache may be found there.\n"
             "\n"
             "SHAPE is batch x channels x spatial dims, like 16x96x55x55, whatever the layout;\n"
             "or alexnet, googlenet or zf, with batches of 1 and 16. Default: all of these.\n"
             "LIST is one or several between commas.\n",
    .rows = rows,
    .notes = "Layouts: nhwc/2 is the first half of the channels of a tensor in nhwc; the other\n"
             "half are gaps. nhcw is a tensor in the order N, H, C, W. Type mixed: x and dy\n"
             "are f16, the result is f32.\n"
             "\n"
             "The map shows which problems are slow beside others of as many bytes. It begins\n"
             "with f32, size 5, 192 channels, batch 16, not in place, in nchw and nhwc, across\n"
             "channels and within a channel over 2 axes, and varies one of these at a time.\n"
             "Then it adds problems until every two values that can meet are in one of them:\n"
             "  direction   both\n"
             "  layout      all\n"
             "  dtype       all; f64 where the device has it\n"
             "  size        1 to 9, 11, 15, 31, 101\n"
             "  channels    1, 2, 3, 4, 16, 64, 192, 1024\n"
             "  batch       1, 16\n"
             "  in place    no; yes, but not of type mixed\n"
             "  windows     across channels; within a channel over 2 and 3 axes, with at most\n"
             "              125 taps\n"
             "Options replace these values: --map --size 5,7 --in-place is the map of sizes 5\n"
             "and 7, all in place; --region within leaves out windows across channels.\n"
             "Tensors have about 2.4 MB for each item of the batch. A problem and the copies\n"
             "of as many bytes take turns, by default 5 times and for 0.2 seconds at least,\n"
             "but once where a turn takes over 2 seconds. Programs come from the disk cache.\n"
             "The table has the worst problem first:\n"
             "  cliff       the time for a byte, over the best in the same direction and batch\n"
             "  copies      the time over the fastest copy's\n"
             "  in          whether in place\n"
             "\n"
             "Build times are those of the driver with whatever its own cache holds; where it\n"
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
             "  region            \"across\", \"within\" or, with --map, \"both\"\n"
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
             "    window_axes     0 for windows across channels, else the axes of those within\n"
             "    of_copy         the rate as a part of the fastest copy's of as many bytes\n"
             "    cliff           the time for a byte, over the best result's in the same\n"
             "                    direction and batch\n"
             "  builds            array, for what needs a program: shape .. variant as above;\n"
             "                    with --map empty\n"
             "    first_ms        to make a plan, whatever the driver's cache held\n"
             "    again_ms        another plan of the same engine\n"
             "    other_engine_ms  a plan of another engine in the same process\n"
             "    first_run_ms    the first enqueue to its end, where some drivers compile\n"
             "  overhead          object, for a tensor of 8 elements:\n"
             "    enqueue_ms      until the call returned\n"
             "    total_ms        until clFinish did\n"
             "The times:\n"
             "  bytes             read and written: of x and y, or of x, dy and dx, with the\n"
             "                    padding of channel blocks and gaps of less than 64 bytes\n"
             "  median_ms, minimum_ms  from the enqueue to the end of clFinish, by the clock\n"
             "  kernel_ms         median by the device's events; null where there are none\n"
             "  gb_per_s          10^9 bytes a second, in the median\n"
             "  runs              how many\n",
    .has_arguments = true,
    .defaults = &bench_defaults,
    .size = sizeof(request),
};

/* ----------------------------------------------------------------------- shapes */

/*
 * The inputs of the LRN layers of some networks. AlexNet and GoogLeNet: norm1 and
 * norm2 of Caffe's models. ZF: the 96 maps of 110 x 110 of conv1 (Zeiler and Fergus,
 * "Visualizing and Understanding Convolutional Networks", figure 3), which SPP-net's
 * and Faster R-CNN's models normalize. The paper normalizes after the pooling, which
 * gives AlexNet's 96 x 55 x 55.
 */
static const struct {
    const char *network;
    shape shape;
} layers[] = {
    {"alexnet", {4, {1, 96, 55, 55}}},    {"alexnet", {4, {16, 96, 55, 55}}},
    {"alexnet", {4, {1, 256, 27, 27}}},   {"alexnet", {4, {16, 256, 27, 27}}},
    {"googlenet", {4, {1, 64, 56, 56}}},  {"googlenet", {4, {16, 64, 56, 56}}},
    {"googlenet", {4, {1, 192, 56, 56}}}, {"googlenet", {4, {16, 192, 56, 56}}},
    {"zf", {4, {1, 96, 110, 110}}},       {"zf", {4, {16, 96, 110, 110}}},
};

bool shape_equal(const shape *s, const shape *other)
{
    return s->rank == other->rank && memcmp(s->dims, other->dims, sizeof s->dims) == 0;
}

short_text shape_text(const shape *s)
{
    return text_of_list(s->dims, s->rank, "x");
}

static int add_shape(request *r, const shape *s)
{
    for (int i = 0; i < r->shape_count; ++i)
        if (shape_equal(&r->shapes[i], s))
            return EXIT_DONE;
    if (r->shape_count == MAX_SHAPES)
        return message_usage("more than %d shapes", MAX_SHAPES);
    r->shapes[r->shape_count++] = *s;
    return EXIT_DONE;
}

/* Parses a shape. Dims are at least 1; their product leaves room to count bytes. */
static bool parse_shape(const char *text, shape *s)
{
    const int64_t most = INT64_MAX / 64;
    int64_t elements = 1;
    memset(s, 0, sizeof *s);
    for (;; ++text) {
        char *end;
        errno = 0;
        if (*text < '0' || *text > '9' || s->rank == CLLRN_MAX_RANK)
            return false;
        const long long dim = strtoll(text, &end, 10);
        if (errno != 0 || dim < 1 || dim > most / elements || (*end != 'x' && *end != '\0'))
            return false;
        elements *= dim;
        s->dims[s->rank++] = dim;
        text = end;
        if (*text == '\0')
            return s->rank >= 2;
    }
}

/* Adds the shape, or the shapes of the network; those of all networks where the text is NULL. */
static int add_shapes(request *r, const char *text)
{
    shape s;
    bool known = text && parse_shape(text, &s);
    int status = known ? add_shape(r, &s) : EXIT_DONE;
    for (size_t i = 0; i < sizeof layers / sizeof layers[0] && status == EXIT_DONE; ++i)
        if (!text || strcmp(text, layers[i].network) == 0) {
            known = true;
            status = add_shape(r, &layers[i].shape);
        }
    return known ? status
                 : message_usage("unknown shape '%s', expected batch x channels x spatial dims "
                                 "like 16x96x55x55, up to 8 dims, or alexnet, googlenet or zf",
                                 text);
}

static int take_shapes(int count, char **names, request *r)
{
    int status = count == 0 ? add_shapes(r, NULL) : EXIT_DONE;
    for (int i = 0; i < count && status == EXIT_DONE; ++i)
        status = add_shapes(r, names[i]);
    return status;
}

/* Windows within a channel extend over all spatial axes; the library allows 1 to 3. */
static int check_shapes(const request *r)
{
    for (int i = 0; i < r->dtype_count && r->in_place && !r->map; ++i)
        if (r->dtypes[i] == MIXED)
            return message_usage("--in-place excludes mixed: the result has the type of x");
    for (int i = 0; i < r->shape_count && r->regions == WITHIN_CHANNEL; ++i) {
        const int axes = r->shapes[i].rank - 2;
        if (axes < 1 || axes > 3)
            return message_usage("%s has %d spatial dims, expected 1 to 3 with --region within",
                                 shape_text(&r->shapes[i]).chars, axes);
    }
    return EXIT_DONE;
}

/* ------------------------------------------------------------------ the command line */

static int check_files(const request *r)
{
    const named_file files[] = {{"--json", r->json}, {"--pack", r->pack}};
    if (!r->quiet && r->json && output_is_standard(r->json))
        return message_usage("standard output has the table: use --quiet, or another file");
    return output_refuse_same(files, sizeof files / sizeof files[0]);
}

/* With --map other values are the defaults. */
static bool parse_options(int *argc, char ***argv, request *parsed, int *status)
{
    int count = *argc;
    char **arguments = *argv;
    if (!option_parse(&options, &count, &arguments, parsed, status))
        return false;
    if (!parsed->map) {
        *argc = count;
        *argv = arguments;
        return true;
    }
    option_table map_options = options;
    map_options.defaults = &map_defaults;
    return option_parse(&map_options, argc, argv, parsed, status);
}

bool request_parse(int argc, char **argv, request *parsed, int *status)
{
    if (!parse_options(&argc, &argv, parsed, status))
        return false;
    *status = check_files(parsed);
    if (*status == EXIT_DONE && parsed->map && argc > 0)
        *status = message_usage("--map has its own shapes, but '%s' follows: see --channels and "
                                "--batch",
                                argv[0]);
    if (*status == EXIT_DONE && !parsed->map)
        *status = take_shapes(argc, argv, parsed);
    if (*status == EXIT_DONE)
        *status = check_shapes(parsed);
    return *status == EXIT_DONE;
}
