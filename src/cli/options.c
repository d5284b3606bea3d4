/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "message.h"
#include "number.h"
#include "option.h"
#include "same_file.h"
#include "word.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum option_code {
    SIZE = 1,
    ALPHA,
    BETA,
    BIAS,
    CONVENTION,
    WINDOW,
    DIVISOR,
    REGION,
    SPATIAL_AXES,
    CHANNEL_AXIS,
    BACKWARD,
    DTYPE,
    GRADIENT_DTYPE,
    OUTPUT_DTYPE,
    DEVICE,
    PACK,
    ANY_DRIVER,
    ANY_OWNER,
    VARIANT,
    SLICE,
    CHECK,
    QUIET,
    HELP,
    CODES
};

_Static_assert(CODES <= OPTION_CODES, "a set of options fits");

static const struct option known[] = {
    {"size", required_argument, NULL, SIZE},
    {"alpha", required_argument, NULL, ALPHA},
    {"beta", required_argument, NULL, BETA},
    {"k", required_argument, NULL, BIAS},
    {"convention", required_argument, NULL, CONVENTION},
    {"window", required_argument, NULL, WINDOW},
    {"divisor", required_argument, NULL, DIVISOR},
    {"region", required_argument, NULL, REGION},
    {"spatial-axes", required_argument, NULL, SPATIAL_AXES},
    {"channel-axis", required_argument, NULL, CHANNEL_AXIS},
    {"backward", required_argument, NULL, BACKWARD},
    {"dtype", required_argument, NULL, DTYPE},
    {"grad-dtype", required_argument, NULL, GRADIENT_DTYPE},
    {"output-dtype", required_argument, NULL, OUTPUT_DTYPE},
    {"device", required_argument, NULL, DEVICE},
    {"pack", required_argument, NULL, PACK},
    {"any-driver", no_argument, NULL, ANY_DRIVER},
    {"any-owner", no_argument, NULL, ANY_OWNER},
    {"variant", required_argument, NULL, VARIANT},
    {"slice", required_argument, NULL, SLICE},
    {"check", no_argument, NULL, CHECK},
    {"quiet", no_argument, NULL, QUIET},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static const word conventions[] = {
    {"torch", CLLRN_CONVENTION_TORCH},
    {"onnx", CLLRN_CONVENTION_ONNX},
    {"onednn", CLLRN_CONVENTION_ONEDNN},
    {"torch-doc", CLLRN_CONVENTION_TORCH_DOC},
    {"caffe", CLLRN_CONVENTION_CAFFE},
    {"tensorflow", CLLRN_CONVENTION_TENSORFLOW},
    {NULL, 0},
};

static const char *convention_name(int32_t convention)
{
    const word *entry = conventions;
    while (entry->value != convention)
        ++entry;
    return entry->name;
}

/* These parse an option's value; false where the option does not take it. */
static bool parse_int32(const char *text, int32_t least, int32_t greatest, int32_t *number)
{
    int64_t value;
    if (!number_parse_range(text, least, greatest, &value))
        return false;
    *number = (int32_t)value;
    return true;
}

static bool parse_bytes(const char *text, uint64_t *bytes)
{
    int64_t value;
    if (!number_parse_range(text, 1, INT64_MAX, &value))
        return false;
    *bytes = (uint64_t)value;
    return true;
}

static bool parse_window(const char *text, int64_t *lower, int64_t *upper)
{
    return number_parse_pair(text, lower, upper) && *lower >= 0 && *upper >= 0 &&
           *lower < INT32_MAX - *upper;
}

static bool parse_divisor(const char *text, double *divisor)
{
    return number_parse_double(text, divisor) && isfinite(*divisor) && *divisor != 0;
}

static const char any_dtype[] = "f32, f16, bf16 or f64";
static const char *const expected[CODES] = {
    [SIZE] = "a whole number, 1 to 2147483647",
    [ALPHA] = "a number",
    [BETA] = "a number",
    [BIAS] = "a number",
    [CONVENTION] = "torch, onnx, onednn, torch-doc, caffe or tensorflow",
    [WINDOW] = "LO,HI, two whole numbers from 0 on with a sum below 2147483647",
    [DIVISOR] = "a finite number other than 0",
    [REGION] = "across or within",
    [SPATIAL_AXES] = "1, 2 or 3",
    [CHANNEL_AXIS] = "a whole number",
    [BACKWARD] = "a file name",
    [DTYPE] = any_dtype,
    [GRADIENT_DTYPE] = any_dtype,
    [OUTPUT_DTYPE] = any_dtype,
    [DEVICE] = "an index or a part of a name",
    [PACK] = "a file name",
    [VARIANT] = "a name",
    [SLICE] = "a number of bytes, 1 or more",
};

/* check_values has the rules that depend on a value. */
static const option_rule rules[] = {
    {WINDOW, OPTION_BIT(DIVISOR), OPTION_BIT(SIZE) | OPTION_BIT(CONVENTION)},
    {DIVISOR, OPTION_BIT(WINDOW), 0},
    {GRADIENT_DTYPE, OPTION_BIT(BACKWARD), 0},
    {ANY_DRIVER, OPTION_BIT(PACK), 0},
    {ANY_OWNER, OPTION_BIT(PACK), 0},
    {0},
};

/* Takes an option of the recipe; false where the value is not valid. */
static bool take_recipe(int code, const char *value, recipe *asked)
{
    switch (code) {
    case SIZE:
        return number_parse_range(value, 1, INT32_MAX, &asked->size);
    case ALPHA:
        return number_parse_double(value, &asked->alpha);
    case BETA:
        return number_parse_double(value, &asked->beta);
    case BIAS:
        return number_parse_double(value, &asked->k);
    case CONVENTION:
        return word_parse(value, conventions, &asked->convention);
    case WINDOW:
        asked->has_window = true;
        return parse_window(value, &asked->lower, &asked->upper);
    case DIVISOR:
        return parse_divisor(value, &asked->divisor);
    case REGION:
        return word_parse(value, word_regions, &asked->region);
    default:
        return parse_int32(value, 1, 3, &asked->spatial_axes);
    }
}

static bool take(int code, const char *value, void *options_parsed)
{
    options *const parsed = options_parsed;
    switch (code) {
    case CHANNEL_AXIS:
        return parse_int32(value, INT32_MIN, INT32_MAX, &parsed->channel_axis);
    case BACKWARD:
        return option_take_text(value, &parsed->gradient);
    case DTYPE:
        return word_parse(value, word_dtypes, &parsed->dtype);
    case GRADIENT_DTYPE:
        return word_parse(value, word_dtypes, &parsed->gradient_dtype);
    case OUTPUT_DTYPE:
        return word_parse(value, word_dtypes, &parsed->output_dtype);
    case DEVICE:
        return option_take_text(value, &parsed->device);
    case PACK:
        return option_take_text(value, &parsed->pack);
    case ANY_DRIVER:
        return parsed->any_driver = true;
    case ANY_OWNER:
        return parsed->any_owner = true;
    case VARIANT:
        return option_take_text(value, &parsed->variant);
    case SLICE:
        return parse_bytes(value, &parsed->slice);
    case CHECK:
        return parsed->check = true;
    case QUIET:
        return parsed->quiet = true;
    case HELP:
        return parsed->help = true;
    default:
        return take_recipe(code, value, &parsed->recipe);
    }
}

static bool has_odd_sizes_only(int32_t convention)
{
    return convention == CLLRN_CONVENTION_CAFFE || convention == CLLRN_CONVENTION_TENSORFLOW;
}

static int check_values(const options *parsed)
{
    const recipe *const asked = &parsed->recipe;
    if (asked->spatial_axes != 0 && asked->region != WITHIN_CHANNEL)
        return message_usage("--spatial-axes needs --region within");
    if (!asked->has_window && asked->size % 2 == 0 && has_odd_sizes_only(asked->convention))
        return message_usage("--size %" PRId64 " is even, but --convention %s has odd sizes only: "
                             "use --size %" PRId64 " or another convention",
                             asked->size, convention_name(asked->convention), asked->size + 1);
    return option_check_variant(parsed->variant);
}

static int take_files(int argc, char **argv, options *parsed)
{
    const int files = argc - optind;
    if (files != 2)
        return message_usage("%d file names, expected two: IN.npy OUT.npy", files);
    parsed->input = argv[optind];
    parsed->output = argv[optind + 1];
    if (parsed->gradient && strcmp(parsed->gradient, "-") == 0 && strcmp(parsed->input, "-") == 0)
        return message_usage("IN.npy and GRAD.npy are both standard input");
    /* OUT.npy may also be an input: inputs are read before the output replaces one. */
    const named_file outputs[] = {{"OUT.npy", parsed->output}, {"--pack", parsed->pack}};
    return same_file_refuse(outputs, sizeof outputs / sizeof outputs[0]);
}

int options_parse(int argc, char **argv, options *parsed)
{
    static const option_set set = {known, expected, rules, HELP, take};
    *parsed = (options){.recipe = {.region = ACROSS_CHANNELS,
                                   .convention = CLLRN_CONVENTION_TORCH,
                                   .size = 5,
                                   .alpha = 1e-4,
                                   .beta = 0.75,
                                   .k = 1},
                        .channel_axis = 1};
    int status = option_parse(argc, argv, &set, parsed);
    if (status != EXIT_DONE || parsed->help)
        return status;
    status = check_values(parsed);
    return status == EXIT_DONE ? take_files(argc, argv, parsed) : status;
}
