/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "message.h"
#include "number.h"
#include "option.h"
#include "output.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const keyword conventions[] = {
    {"torch", CLLRN_CONVENTION_TORCH},
    {"onnx", CLLRN_CONVENTION_ONNX},
    {"onednn", CLLRN_CONVENTION_ONEDNN},
    {"torch-doc", CLLRN_CONVENTION_TORCH_DOC},
    {"caffe", CLLRN_CONVENTION_CAFFE},
    {"tensorflow", CLLRN_CONVENTION_TENSORFLOW},
    {NULL, 0},
};

/* "LO,HI", both 0 or more, of a window that the library takes. */
static bool parse_window(const char *text, void *field)
{
    window_option *const window = field;
    window->given = true;
    return number_parse_pair(text, ",", 0, INT32_MAX, &window->lower, &window->upper) &&
           window->lower < INT32_MAX - window->upper;
}

static bool parse_divisor(const char *text, void *field)
{
    double *const divisor = field;
    return number_parse_double(text, divisor) && isfinite(*divisor) && *divisor != 0;
}

/* "I/N": part I, from 1 to N. */
static bool parse_part(const char *text, void *field)
{
    part_option *const part = field;
    return number_parse_pair(text, "/", 1, INT32_MAX, &part->number, &part->count) &&
           part->number <= part->count;
}

static const option_row rows[] = {
    {"size", "N", "channels in a window, or positions on each axis", OPTION_FIELD(options, size),
     .least = 1, .greatest = INT32_MAX},
    {"alpha", "A", "the factor of the sum of squares", OPTION_FIELD(options, alpha)},
    {"beta", "B", "the exponent", OPTION_FIELD(options, beta)},
    {"k", "K", "the constant that the sum is added to", OPTION_FIELD(options, k)},
    {"convention", "NAME", "where the N channels lie and what divides alpha",
     OPTION_FIELD(options, convention), .keywords = conventions},
    {"window", "LO,HI", "the window, in place of --size and --convention",
     OPTION_FIELD(options, window), .parse = parse_window,
     .expected = "LO,HI, two whole numbers from 0 on with a sum below 2147483647",
     .needs = "divisor", .excludes = "size,convention"},
    {"divisor", "D", "the number that divides alpha, with --window", OPTION_FIELD(options, divisor),
     .parse = parse_divisor, .expected = "a finite number other than 0", .needs = "window"},
    {"region", "NAME",
     "where windows lie: across channels, or within a channel, with the same size on each spatial "
     "axis",
     OPTION_FIELD(options, region), .keywords = option_regions},
    {"spatial-axes", "N",
     "how many axes a window within a channel has, 1 to 3: the last ones but the channels'; "
     "default: all but the channels' and the first, which is the batch",
     OPTION_FIELD(options, spatial_axes), .least = 1, .greatest = 3},
    {"channel-axis", "I", "the channels' axis; -1 is the last", OPTION_FIELD(options, channel_axis),
     .least = INT32_MIN, .greatest = INT32_MAX, .expected = "a whole number"},
    {"backward", "GRAD.npy", "computes the gradient", OPTION_FIELD(options, gradient)},
    {"dtype", "NAME",
     "the type of IN.npy; bf16 where its 'u2' or 'V2' are bfloat16, the others only make sure of "
     "what "
     "the file says",
     OPTION_FIELD(options, dtype), .keywords = option_dtypes},
    {"grad-dtype", "NAME",
     "the same of GRAD.npy; default: its 'u2' and 'V2' are what those of IN.npy are",
     OPTION_FIELD(options, gradient_dtype), .keywords = option_dtypes, .needs = "backward"},
    {"output-dtype", "NAME",
     "the type of OUT.npy, in this machine's byte order; bf16 is written as 'u2', or as 'V2' where "
     "IN.npy has that; default: type and byte order of IN.npy",
     OPTION_FIELD(options, output_dtype), .keywords = option_dtypes},
    {"device", "SPEC",
     "an index as 'cllrn devices' lists them, a part of a device's or platform's name, host (the "
     "kernels' arithmetic compiled as C: same bits) or reference (exact, rounded once); several "
     "between commas share the work, each as much as it is fast; default: $CLLRN_DEVICE, else the "
     "first GPU, accelerator or CPU",
     OPTION_FIELD(options, device), .parse = option_names,
     .expected = "a device, or several between commas"},
    {OPTION_PACK(options)},
    {OPTION_ANY_DRIVER(options)},
    {OPTION_ANY_OWNER(options)},
    {"variant", "NAME", "forces a kernel, for tests and measurements",
     OPTION_FIELD(options, variant), .parse = option_variant},
    {"slice", "BYTES",
     "the size of all tensors at a time, so that memory stays a small multiple of it; default: "
     "67108864, or less on a small device",
     OPTION_FIELD(options, slice), .least = 1, .greatest = INT64_MAX,
     .expected = "a number of bytes, 1 or more"},
    {"part", "I/N",
     "computes part I of N alone, and writes it as OUT.npy.partI-of-N: for jobs that share the "
     "work. 'cllrn join' makes OUT.npy of all parts. A part that is there already stays, if "
     "its digest is right and it is of the same problem and inputs",
     OPTION_FIELD(options, part), .parse = parse_part,
     .expected = "I/N, two whole numbers with I from 1 to N"},
    {"recompute", NULL, "computes the part even if it is there", OPTION_FIELD(options, recompute),
     .needs = "part"},
    {"check", NULL,
     "compares with the exact result and with the host's bits; fails, and writes nothing, where "
     "the bits differ",
     OPTION_FIELD(options, check)},
    {OPTION_QUIET(options)},
    {.name = NULL},
};

const option_table options_table = {
    .usage = "usage: cllrn run [options] IN.npy OUT.npy\n"
             "       cllrn run [options] --backward GRAD.npy IN.npy OUT.npy\n"
             "\n"
             "    s[c] = k + (alpha / divisor) * sum of x[j]^2, j = c - LO .. c + HI\n"
             "    y[c] = x[c] * s[c]^-beta\n"
             "    dx[c] = dy[c] * s[c]^-beta - (2 * alpha * beta / divisor) * x[c] *\n"
             "            sum of dy[j] * x[j] * s[j]^(-beta - 1), j = c - HI .. c + LO\n"
             "\n"
             "IN.npy is x, GRAD.npy dy; OUT.npy becomes y, or dx. They hold float16, float32,\n"
             "float64 or bfloat16 (ml_dtypes' 'V2', or its bits as 'u2': see --dtype), of\n"
             "rank 2 to 8, in C or Fortran order and either byte order. GRAD.npy has the\n"
             "shape of IN.npy, but dtype and order of its own: float32 mixes with one of the\n"
             "16-bit types, float64 with none. OUT.npy gets shape, dtype, order and byte order\n"
             "of IN.npy, appears only when it is complete, and may be one of the others.\n"
             "\n"
             "A file called - is standard input or output; OUT.npy may also be a device or a\n"
             "FIFO. Such a stream is kept in a temporary file in $TMPDIR or /tmp, since slices\n"
             "are not always in the order of the file.\n",
    .rows = rows,
    .notes = "What it prints goes to standard error where OUT.npy is standard output.\n"
             "Programs are kept in $CLLRN_CACHE_DIR, $XDG_CACHE_HOME/cllrn or ~/.cache/cllrn;\n"
             "CLLRN_CACHE=off keeps none.\n",
    .has_arguments = true,
    .defaults =
        &(const options){
            .region = ACROSS_CHANNELS,
            .convention = CLLRN_CONVENTION_TORCH,
            .size = 5,
            .divisor = NAN,
            .alpha = 1e-4,
            .beta = 0.75,
            .k = 1,
            .channel_axis = 1,
        },
    .size = sizeof(options),
};

static bool has_odd_sizes_only(int32_t convention)
{
    return convention == CLLRN_CONVENTION_CAFFE || convention == CLLRN_CONVENTION_TENSORFLOW;
}

static int check_values(const options *parsed)
{
    if (parsed->spatial_axes != 0 && parsed->region != WITHIN_CHANNEL)
        return message_usage("--spatial-axes needs --region within");
    if (!parsed->window.given && parsed->size % 2 == 0 && has_odd_sizes_only(parsed->convention))
        return message_usage("--size %" PRId64 " is even, but --convention %s has odd sizes only: "
                             "use --size %" PRId64 " or another convention",
                             parsed->size, keyword_name(conventions, parsed->convention),
                             parsed->size + 1);
    return EXIT_DONE;
}

static int take_files(int count, char **files, options *parsed)
{
    if (count != 2)
        return message_usage("%d file names, expected two: IN.npy OUT.npy", count);
    parsed->input = files[0];
    parsed->output = files[1];
    if (parsed->part.count != 0 && output_is_standard(parsed->output))
        return message_usage("--part writes files named after OUT.npy, not standard output");
    if (parsed->gradient && strcmp(parsed->gradient, "-") == 0 && strcmp(parsed->input, "-") == 0)
        return message_usage("IN.npy and GRAD.npy are both standard input");
    /* OUT.npy may also be an input: inputs are read before the output replaces one. */
    const named_file outputs[] = {{"OUT.npy", parsed->output}, {"--pack", parsed->pack}};
    return output_refuse_same(outputs, sizeof outputs / sizeof outputs[0]);
}

int options_finish(int count, char **files, options *parsed)
{
    const int status = check_values(parsed);
    return status == EXIT_DONE ? take_files(count, files, parsed) : status;
}

bool options_parse(int argc, char **argv, options *parsed, int *status)
{
    if (!option_parse(&options_table, &argc, &argv, parsed, status))
        return false;
    *status = options_finish(argc, argv, parsed);
    return *status == EXIT_DONE;
}
