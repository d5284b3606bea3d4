/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line of `cllrn run` asks for. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "recipe.h"

#include <cllrn.h>
#include <stdbool.h>

typedef struct options {
    const char *input;
    const char *gradient; /* NULL: forward */
    const char *output;
    const char *device;                          /* NULL: not named */
    const char *variant;                         /* NULL: the best one */
    recipe recipe;                               /* a valid one, whatever the window's axes */
    int32_t dtype, gradient_dtype, output_dtype; /* 0: not named */
    int32_t channel_axis;
    uint64_t slice; /* bytes; 0: not named */
    const char *pack; /* NULL: none */
    bool any_driver;
    bool any_owner;
    bool check;
    bool quiet;
    bool help; /* asked for; then nothing else is set */
} options;

/* EXIT_DONE, or EXIT_USAGE after a message. */
int options_parse(int argc, char **argv, options *parsed);

#endif
