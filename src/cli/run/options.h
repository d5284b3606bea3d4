/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `cllrn run`. */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include "option.h"

#include <cllrn.h>
#include <stdbool.h>

/* "--window LO,HI" */
typedef struct window_option {
    bool given;
    int64_t lower, upper;
} window_option;

/* "--part I/N" */
typedef struct part_option {
    int64_t number, count; /* 0: not given */
} part_option;

typedef struct options {
    const char *input;
    const char *gradient; /* NULL: forward */
    const char *output;
    const char *device;  /* NULL: not named; several are between commas */
    const char *variant; /* NULL: the library selects it */
    int32_t region;
    int32_t spatial_axes;        /* within a channel; 0: all axes but batch and channels */
    cllrn_convention convention; /* how size becomes a window */
    int64_t size;
    window_option window; /* if given, window and divisor replace the convention's */
    double divisor, alpha, beta, k;
    int32_t dtype, gradient_dtype, output_dtype; /* 0: not named */
    int32_t channel_axis;
    int64_t slice;    /* bytes; 0: not named */
    const char *pack; /* NULL: none */
    bool any_driver;
    bool any_owner;
    part_option part;
    bool recompute;
    bool check;
    bool quiet;
} options;

/* False with *status after a message, or after printing the help. */
bool options_parse(int argc, char **argv, options *parsed, int *status);

/* For another command with such options: their table, whose requests begin with `options` .. */
extern const option_table options_table;

/* .. and, after option_parse, what checks them and takes the files. Returns the exit status. */
int options_finish(int count, char **files, options *parsed);

#endif
