/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <string.h>

#include "error.h"

bool lrn_options_read(struct lrn_arguments *arguments, struct lrn_options *options)
{
    const struct lrn_options defaults = {5, 1e-4, 0.75, 1.0, 1, "torch", "across", ""};
    *options = defaults;
    return lrn_argument_int(arguments, "size", INT64_MIN, INT64_MAX, &options->size) &&
           lrn_argument_number(arguments, "alpha", &options->alpha) &&
           lrn_argument_number(arguments, "beta", &options->beta) &&
           lrn_argument_number(arguments, "k", &options->k) &&
           lrn_argument_text(arguments, "convention", options->convention) &&
           lrn_argument_text(arguments, "region", options->region) &&
           lrn_argument_int(arguments, "channel_axis", INT32_MIN, INT32_MAX,
                            &options->channel_axis) &&
           lrn_argument_text_or_index(arguments, "device", options->device);
}

static cllrn_convention convention_of(const char *name)
{
    static const struct {
        const char *name;
        cllrn_convention convention;
    } rows[] = {
        {"torch", CLLRN_CONVENTION_TORCH},   {"onnx", CLLRN_CONVENTION_ONNX},
        {"onednn", CLLRN_CONVENTION_ONEDNN}, {"torch-doc", CLLRN_CONVENTION_TORCH_DOC},
        {"caffe", CLLRN_CONVENTION_CAFFE},   {"tensorflow", CLLRN_CONVENTION_TENSORFLOW},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].convention;
    return 0;
}

bool lrn_options_params(const char *function, const struct lrn_options *options, int32_t rank,
                        cllrn_params *params)
{
    const cllrn_convention convention = convention_of(options->convention);
    if (convention == 0)
        return lrn_fail("ValueError", function,
                        "the convention is unknown, expected 'torch', 'onnx', 'onednn', "
                        "'torch-doc', 'caffe' or 'tensorflow'");
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_status status;
    if (strcmp(options->region, "across") == 0)
        status = cllrn_params_across(params, convention, options->size, options->alpha,
                                     options->beta, options->k, &error);
    else if (strcmp(options->region, "within") == 0) /* not the batch, nor the channels */
        status = cllrn_params_within(params, convention, options->size, rank - 2, options->alpha,
                                     options->beta, options->k, &error);
    else
        return lrn_fail("ValueError", function,
                        "the region is unknown, expected 'across' or 'within'");
    return status == CLLRN_SUCCESS || lrn_fail_status(function, &error);
}
