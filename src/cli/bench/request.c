/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include "measure.h"
#include "message.h"
#include "number.h"
#include "option.h"
#include "output.h"
#include "same_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const word request_layouts[] = {
    {"nchw", CHANNELS_FIRST}, {"nhwc", CHANNELS_LAST}, {"nchw4c", 4}, {"nchw8c", 8},
    {"nchw16c", 16},          {"nchw32c", 32},         {NULL, 0},
};

const char *request_layout_name(int32_t layout)
{
    const word *entry = request_layouts;
    while (entry->value != layout)
        ++entry;
    return entry->name;
}

enum option_code {
    DIRECTION = 1,
    IN_PLACE,
    LAYOUT,
    DTYPE,
    BETA,
    SIZE,
    REGION,
    VARIANT,
    RUNS,
    SECONDS,
    DEVICE,
    PACK,
    ANY_DRIVER,
    ANY_OWNER,
    JSON,
    QUIET,
    HELP,
    CODES
};

_Static_assert(CODES <= OPTION_CODES, "a set of options fits");

static const struct option known[] = {
    {"direction", required_argument, NULL, DIRECTION},
    {"in-place", no_argument, NULL, IN_PLACE},
    {"layout", required_argument, NULL, LAYOUT},
    {"dtype", required_argument, NULL, DTYPE},
    {"beta", required_argument, NULL, BETA},
    {"size", required_argument, NULL, SIZE},
    {"region", required_argument, NULL, REGION},
    {"variant", required_argument, NULL, VARIANT},
    {"runs", required_argument, NULL, RUNS},
    {"seconds", required_argument, NULL, SECONDS},
    {"device", required_argument, NULL, DEVICE},
    {"pack", required_argument, NULL, PACK},
    {"any-driver", no_argument, NULL, ANY_DRIVER},
    {"any-owner", no_argument, NULL, ANY_OWNER},
    {"json", required_argument, NULL, JSON},
    {"quiet", no_argument, NULL, QUIET},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static const char *const expected[CODES] = {
    [DIRECTION] = "forward, backward or both",
    [LAYOUT] = "a list of nchw, nhwc, nchw4c, nchw8c, nchw16c and nchw32c",
    [DTYPE] = "a list of f32, f16, bf16 and f64",
    [BETA] = "a list of numbers",
    [SIZE] = "a list of whole numbers, 1 to 2147483647",
    [REGION] = "across or within",
    [VARIANT] = "a name",
    [RUNS] = "a whole number, 1 to 1000",
    [SECONDS] = "a number, 0 or more",
    [DEVICE] = "an index or a part of a name",
    [PACK] = "a file name",
    [JSON] = "a file name",
};

static const option_rule rules[] = {
    {ANY_DRIVER, OPTION_BIT(PACK), 0},
    {ANY_OWNER, OPTION_BIT(PACK), 0},
    {0},
};

/* ----------------------------------------------------------------------- lists */

/* Takes an item into the request, which has room for it; false where the item is not valid. */
typedef bool (*take_item)(const char *text, request *r);

static bool take_layout(const char *text, request *r)
{
    return word_parse(text, request_layouts, &r->layouts[r->layout_count++]);
}

static bool take_dtype(const char *text, request *r)
{
    return word_parse(text, word_dtypes, &r->dtypes[r->dtype_count++]);
}

static bool take_beta(const char *text, request *r)
{
    return number_parse_double(text, &r->betas[r->beta_count++]);
}

static bool take_size(const char *text, request *r)
{
    return number_parse_range(text, 1, INT32_MAX, &r->sizes[r->size_count++]);
}

/* Replaces a list by the items of text, at most MAX_LIST, between commas. */
static bool take_list(const char *text, take_item take, int *count, request *r)
{
    const char *at;
    size_t length;
    *count = 0;
    for (int items = 0; word_next(&text, &at, &length); ++items) {
        char item[64];
        if (items == MAX_LIST || length >= sizeof item)
            return false;
        memcpy(item, at, length);
        item[length] = '\0';
        if (!take(item, r))
            return false;
    }
    return true;
}

/* --------------------------------------------------------------------- options */

static bool take_direction(const char *text, request *r)
{
    r->forward = strcmp(text, "backward") != 0;
    r->backward = strcmp(text, "forward") != 0;
    return !r->forward || !r->backward || strcmp(text, "both") == 0;
}

static bool take_runs(const char *text, request *r)
{
    int64_t runs;
    if (!number_parse_range(text, 1, MAX_RUNS, &runs))
        return false;
    r->runs = (int)runs;
    return true;
}

/* Takes an option; false where its value is not valid. */
static bool take(int code, const char *value, void *parsed)
{
    request *const r = parsed;
    switch (code) {
    case DIRECTION:
        return take_direction(value, r);
    case IN_PLACE:
        return r->in_place = true;
    case LAYOUT:
        return take_list(value, take_layout, &r->layout_count, r);
    case DTYPE:
        return take_list(value, take_dtype, &r->dtype_count, r);
    case BETA:
        return take_list(value, take_beta, &r->beta_count, r);
    case SIZE:
        return take_list(value, take_size, &r->size_count, r);
    case REGION:
        return word_parse(value, word_regions, &r->region);
    case VARIANT:
        return option_take_text(value, &r->variant);
    case RUNS:
        return take_runs(value, r);
    case SECONDS:
        return number_parse_double(value, &r->seconds) && r->seconds >= 0 && isfinite(r->seconds);
    case DEVICE:
        return option_take_text(value, &r->device);
    case PACK:
        return option_take_text(value, &r->pack);
    case ANY_DRIVER:
        return r->any_driver = true;
    case ANY_OWNER:
        return r->any_owner = true;
    case JSON:
        return option_take_text(value, &r->json);
    case QUIET:
        return r->quiet = true;
    default:
        return r->help = true;
    }
}

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
    return same_file_refuse(files, sizeof files / sizeof files[0]);
}

/* Windows within a channel extend over all spatial axes; the library allows 1 to 3. */
static int check_shapes(const request *r)
{
    for (int i = 0; i < r->shapes.count && r->region == WITHIN_CHANNEL; ++i) {
        char text[SHAPE_TEXT];
        const int axes = r->shapes.shapes[i].rank - 2;
        shape_text(&r->shapes.shapes[i], text);
        if (axes < 1 || axes > 3)
            return message_usage("%s has %d spatial dims, expected 1 to 3 with --region within",
                                 text, axes);
    }
    return EXIT_DONE;
}

int request_parse(int argc, char **argv, request *parsed)
{
    static const option_set set = {known, expected, rules, HELP, take};
    *parsed = (request){
        .layouts = {CHANNELS_FIRST, CHANNELS_LAST},
        .layout_count = 2,
        .dtypes = {CLLRN_DTYPE_F32},
        .dtype_count = 1,
        .sizes = {5},
        .size_count = 1,
        .betas = {0.75},
        .beta_count = 1,
        .region = ACROSS_CHANNELS,
        .forward = true,
        .backward = true,
        .runs = 11,
        .seconds = 1,
    };
    int status = option_parse(argc, argv, &set, parsed);
    if (status != EXIT_DONE || parsed->help)
        return status;
    status = check_files(parsed);
    if (status == EXIT_DONE)
        status = option_check_variant(parsed->variant);
    if (status == EXIT_DONE)
        status = take_shapes(argc - optind, argv + optind, parsed);
    return status == EXIT_DONE ? check_shapes(parsed) : status;
}
