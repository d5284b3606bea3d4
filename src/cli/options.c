/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "message.h"
#include "number.h"
#include "option.h"
#include "word.h"

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

/* message_bad_option tells the codes from letters by this. */
_Static_assert(CODES <= ' ', "the codes of options are below any letter");

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
    {"torch", CLLRN_TORCH},
    {"onnx", CLLRN_ONNX},
    {"onednn", CLLRN_ONEDNN},
    {"torch-doc", CLLRN_TORCH_DOC},
    {"caffe", CLLRN_CAFFE},
    {"tensorflow", CLLRN_TENSORFLOW},
    {NULL, 0},
};

/* False where the text is not what the option takes, as below. */
static bool parse_int32(const char *text, int32_t *number)
{
    int64_t value;
    if (!number_parse_int64(text, &value) || value < INT32_MIN || value > INT32_MAX)
        return false;
    *number = (int32_t)value;
    return true;
}

static bool parse_spatial_axes(const char *text, int32_t *axes)
{
    int32_t value;
    if (!parse_int32(text, &value) || value < 1 || value > 3)
        return false;
    *axes = value;
    return true;
}

static bool parse_bytes(const char *text, uint64_t *bytes)
{
    int64_t value;
    if (!number_parse_int64(text, &value) || value < 1)
        return false;
    *bytes = (uint64_t)value;
    return true;
}

static const char any_dtype[] = "f32, f16, bf16 or f64";
static const char *const expected[CODES] = {
    [SIZE] = "a whole number",
    [ALPHA] = "a number",
    [BETA] = "a number",
    [BIAS] = "a number",
    [CONVENTION] = "torch, onnx, onednn, torch-doc, caffe or tensorflow",
    [WINDOW] = "LO,HI, two whole numbers",
    [DIVISOR] = "a number",
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

/* What was given, and what of it. */
typedef struct command_line {
    bool seen[CODES];
    options *parsed;
} command_line;

/* As word_parse, for the options that make up the recipe. */
static bool take_recipe(int code, const char *value, recipe *asked)
{
    switch (code) {
    case SIZE:
        return number_parse_int64(value, &asked->size);
    case ALPHA:
        return number_parse_double(value, &asked->alpha);
    case BETA:
        return number_parse_double(value, &asked->beta);
    case BIAS:
        return number_parse_double(value, &asked->k);
    case CONVENTION:
        return word_parse(value, conventions, &asked->convention);
    case WINDOW:
        return number_parse_pair(value, &asked->lower, &asked->upper);
    case DIVISOR:
        return number_parse_double(value, &asked->divisor);
    case REGION:
        return word_parse(value, word_regions, &asked->region);
    default:
        return parse_spatial_axes(value, &asked->spatial_axes);
    }
}

static bool take(int code, const char *value, void *line)
{
    command_line *const given = line;
    options *const parsed = given->parsed;
    given->seen[code] = true;
    switch (code) {
    case CHANNEL_AXIS:
        return parse_int32(value, &parsed->channel_axis);
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

static int check_combination(const bool seen[CODES], const options *parsed)
{
    if (seen[WINDOW] != seen[DIVISOR])
        return message_usage("--window and --divisor go together, but --%s is missing",
                             seen[WINDOW] ? "divisor" : "window");
    if (seen[WINDOW] && (seen[SIZE] || seen[CONVENTION]))
        return message_usage("--window excludes --%s", seen[SIZE] ? "size" : "convention");
    if (seen[SPATIAL_AXES] && parsed->recipe.region != CLLRN_WITHIN_CHANNEL)
        return message_usage("--spatial-axes is for --region within");
    if (seen[GRADIENT_DTYPE] && !seen[BACKWARD])
        return message_usage("--grad-dtype is for --backward");
    return EXIT_DONE;
}

/* What is wrong with a recipe does not depend on the window's axes. */
static int check_recipe(const recipe *asked)
{
    enum { SOME_RANK = 3 };
    cllrn_params params;
    cllrn_error error = CLLRN_ERROR_INIT;
    return recipe_make(asked, recipe_window_axes(asked, SOME_RANK), &params, &error) ==
                   CLLRN_SUCCESS
               ? EXIT_DONE
               : message_usage("%s", error.message);
}

static int take_files(int argc, char **argv, options *parsed)
{
    const int files = argc - optind;
    if (files != 2)
        return message_usage("%d file names, expected two: IN.npy OUT.npy", files);
    parsed->input = argv[optind];
    parsed->output = argv[optind + 1];
    return EXIT_DONE;
}

int options_parse(int argc, char **argv, options *parsed)
{
    static const option_set set = {known, expected, HELP, take};
    command_line given = {.parsed = parsed};
    *parsed = (options){.recipe = {.region = CLLRN_ACROSS_CHANNELS,
                                   .convention = CLLRN_TORCH,
                                   .size = 5,
                                   .alpha = 1e-4,
                                   .beta = 0.75,
                                   .k = 1},
                        .channel_axis = 1};
    int status = option_parse(argc, argv, &set, &given);
    if (status != EXIT_DONE || parsed->help)
        return status;
    parsed->recipe.has_window = given.seen[WINDOW];
    status = check_combination(given.seen, parsed);
    if (status == EXIT_DONE)
        status = check_recipe(&parsed->recipe);
    return status == EXIT_DONE ? take_files(argc, argv, parsed) : status;
}
