/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the options of a sub-command by a table. */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

/* Option codes are 1 to 31: a set of codes fits a uint32_t, and no code equals a letter. */
#define OPTION_BIT(code) (UINT32_C(1) << (code))

#define OPTION_CODES 32
#define OPTION_ANY 0

/* Which options an option needs or excludes. An option without effect is refused. */
typedef struct option_rule {
    int code;          /* OPTION_ANY: the rule always applies */
    uint32_t needs;    /* at least one option of this set, if not 0 */
    uint32_t excludes; /* every option of this set */
} option_rule;

typedef struct option_set {
    const struct option *known;  /* for getopt_long, with val = code */
    const char *const *expected; /* by code: the expected value, for the message */
    const option_rule *rules;    /* NULL: none; ended by a rule of zeros */
    int help;                    /* the code of --help, which ends the parsing */
    bool (*take)(int code, const char *value,
                 void *parsed); /* false for a value that is not as expected */
} option_set;

/* EXIT_DONE, with optind at the first argument; or EXIT_USAGE after a message. */
int option_parse(int argc, char **argv, const option_set *set, void *parsed);

/* Sets *text to value, without a copy. False for an empty text. */
bool option_take_text(const char *value, const char **text);

/* Sets *list to value, without a copy. False where an item between the commas is empty. */
bool option_take_list(const char *value, const char **list);

/* Checks the name given to --variant; NULL: none. EXIT_DONE, or EXIT_USAGE after a message. */
int option_check_variant(const char *name);

#endif
