/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a sub-command, given to a function of its own one by one. */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include <getopt.h>
#include <stdbool.h>

typedef struct option_set {
    const struct option *known;  /* for getopt_long; codes below ' ', as message_bad_option asks */
    const char *const *expected; /* by code: what the value has to be, for the message */
    int help;                    /* the code of --help, behind which nothing is read */
    bool (*take)(int code, const char *value,
                 void *parsed); /* false for a value that is not that */
} option_set;

/* EXIT_DONE, optind then being the first argument's index; or EXIT_USAGE after a message. */
int option_parse(int argc, char **argv, const option_set *set, void *parsed);

/* False for an empty text. */
bool option_take_text(const char *value, const char **text);

#endif
