/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a sub-command, given to a function of its own one by one. */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

/* Codes of options are 1 to 31: a set of them is a uint32_t, and none is a letter. */
#define OPTION_BIT(code) (UINT32_C(1) << (code))

#define OPTION_CODES 32
#define OPTION_ANY 0

/* An option that would have no effect is refused: what one needs beside it, and what it excludes.
 */
typedef struct option_rule {
    int code;          /* OPTION_ANY: applies whatever is given */
    uint32_t needs;    /* one of these, if not 0 */
    uint32_t excludes; /* each of these */
} option_rule;

typedef struct option_set {
    const struct option *known;  /* for getopt_long; codes as above */
    const char *const *expected; /* by code: what the value has to be, for the message */
    const option_rule *rules;    /* NULL: none; the last one neither needs nor excludes */
    int help;                    /* the code of --help, behind which nothing is read */
    bool (*take)(int code, const char *value,
                 void *parsed); /* false for a value that is not that */
} option_set;

/* EXIT_DONE, optind then being the first argument's index; or EXIT_USAGE after a message. */
int option_parse(int argc, char **argv, const option_set *set, void *parsed);

/* False for an empty text. */
bool option_take_text(const char *value, const char **text);

/* False for a list between commas with an empty item. */
bool option_take_list(const char *value, const char **list);

/* The name of a kernel for --variant, or none (NULL): EXIT_DONE, or EXIT_USAGE after a message. */
int option_check_variant(const char *name);

#endif
