/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "message.h"
#include "number.h"

#include <getopt.h>
#include <string.h>

enum option_code {
    SIZE = 1,
    ALPHA,
    BETA,
    BIAS,
    CONVENTION,
    WINDOW,
    DIVISOR,
    CHANNEL_AXIS,
    DEVICE,
    VARIANT,
    CHECK,
    QUIET,
    HELP,
    CODES
};

static const struct option known[] = {
    {"size", required_argument, NULL, SIZE},
    {"alpha", required_argument, NULL, ALPHA},
    {"beta", required_argument, NULL, BETA},
    {"k", required_argument, NULL, BIAS},
    {"convention", required_argument, NULL, CONVENTION},
    {"window", required_argument, NULL, WINDOW},
    {"divisor", required_argument, NULL, DIVISOR},
    {"channel-axis", required_argument, NULL, CHANNEL_AXIS},
    {"device", required_argument, NULL, DEVICE},
    {"variant", required_argument, NULL, VARIANT},
    {"check", no_argument, NULL, CHECK},
    {"quiet", no_argument, NULL, QUIET},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static const struct {
    const char *name;
    int32_t value;
} conventions[] = {
    {"torch", CLLRN_TORCH},         {"onnx", CLLRN_ONNX},   {"onednn", CLLRN_ONEDNN},
    {"torch-doc", CLLRN_TORCH_DOC}, {"caffe", CLLRN_CAFFE}, {"tensorflow", CLLRN_TENSORFLOW},
};

/* The options as they were given, before they are put together. */
typedef struct given {
    bool seen[CODES];
    int64_t size, lower, upper, channel_axis;
    double alpha, beta, k, divisor;
    int32_t convention;
} given;

static bool parse_convention(const char *name, int32_t *convention)
{
    for (size_t i = 0; i < sizeof conventions / sizeof conventions[0]; ++i) {
        if (strcmp(name, conventions[i].name) == 0) {
            *convention = conventions[i].value;
            return true;
        }
    }
    return false;
}

static bool parse_axis(const char *text, int64_t *axis)
{
    int64_t value;
    if (!number_parse_int64(text, &value) || value < INT32_MIN || value > INT32_MAX)
        return false;
    *axis = value;
    return true;
}

static bool parse_text(const char *text, const char **value)
{
    *value = text;
    return *text != '\0';
}

static int bad_value(int code, const char *value)
{
    static const char *const expected[CODES] = {
        [SIZE] = "a whole number",
        [ALPHA] = "a number",
        [BETA] = "a number",
        [BIAS] = "a number",
        [CONVENTION] = "torch, onnx, onednn, torch-doc, caffe or tensorflow",
        [WINDOW] = "LO,HI, two whole numbers",
        [DIVISOR] = "a number",
        [CHANNEL_AXIS] = "a whole number",
        [DEVICE] = "an index or a part of a name",
        [VARIANT] = "a name",
    };
    const struct option *option = known;
    while (option->val != code)
        ++option;
    return message_usage("--%s is '%s', expected %s", option->name, value, expected[code]);
}

/* False where the value is not what the option takes. */
static bool take(int code, const char *value, given *g, options *parsed)
{
    g->seen[code] = true;
    switch (code) {
    case SIZE:
        return number_parse_int64(value, &g->size);
    case ALPHA:
        return number_parse_double(value, &g->alpha);
    case BETA:
        return number_parse_double(value, &g->beta);
    case BIAS:
        return number_parse_double(value, &g->k);
    case CONVENTION:
        return parse_convention(value, &g->convention);
    case WINDOW:
        return number_parse_pair(value, &g->lower, &g->upper);
    case DIVISOR:
        return number_parse_double(value, &g->divisor);
    case CHANNEL_AXIS:
        return parse_axis(value, &g->channel_axis);
    case DEVICE:
        return parse_text(value, &parsed->device);
    case VARIANT:
        return parse_text(value, &parsed->variant);
    case CHECK:
        return parsed->check = true;
    case QUIET:
        return parsed->quiet = true;
    default:
        return parsed->help = true;
    }
}

static int parse_options(int argc, char **argv, given *g, options *parsed)
{
    opterr = 0;
    for (int code; (code = getopt_long(argc, argv, ":h", known, NULL)) != -1;) {
        if (code == ':')
            return message_usage("option '%s' lacks its value", argv[optind - 1]);
        if (code == '?')
            return message_bad_option(argv);
        if (code == 'h')
            code = HELP;
        if (!take(code, optarg, g, parsed))
            return bad_value(code, optarg);
        if (parsed->help)
            break;
    }
    return EXIT_DONE;
}

/* The library knows which parameters are valid; an empty tensor asks it and costs nothing. */
static bool params_are_valid(const cllrn_params *params, cllrn_error *error)
{
    static const int64_t dims[] = {0, 0};
    float nothing = 0;
    cllrn_tensor empty;
    return cllrn_tensor_init(&empty, sizeof empty, CLLRN_F32, 2, dims, NULL, 1, error) ==
               CLLRN_SUCCESS &&
           cllrn_host_forward(params, &empty, &nothing, &empty, &nothing, error) == CLLRN_SUCCESS;
}

static int make_params(const given *g, cllrn_params *params)
{
    if (g->seen[WINDOW] != g->seen[DIVISOR])
        return message_usage("--window and --divisor go together, but --%s is missing",
                             g->seen[WINDOW] ? "divisor" : "window");
    if (g->seen[WINDOW] && (g->seen[SIZE] || g->seen[CONVENTION]))
        return message_usage("--window excludes --%s", g->seen[SIZE] ? "size" : "convention");
    cllrn_error error = CLLRN_ERROR_INIT;
    if (cllrn_params_init(params, sizeof *params, g->convention, g->size, g->alpha, g->beta, g->k,
                          &error) != CLLRN_SUCCESS)
        return message_usage("%s", error.message);
    if (g->seen[WINDOW]) {
        params->lower = g->lower;
        params->upper = g->upper;
        params->divisor = g->divisor;
    }
    return params_are_valid(params, &error) ? EXIT_DONE : message_usage("%s", error.message);
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
    given g = {.size = 5,
               .alpha = 1e-4,
               .beta = 0.75,
               .k = 1,
               .convention = CLLRN_TORCH,
               .channel_axis = 1};
    *parsed = (options){.help = false};
    int status = parse_options(argc, argv, &g, parsed);
    if (status != EXIT_DONE || parsed->help)
        return status;
    parsed->channel_axis = (int32_t)g.channel_axis;
    status = make_params(&g, &parsed->params);
    return status == EXIT_DONE ? take_files(argc, argv, parsed) : status;
}
