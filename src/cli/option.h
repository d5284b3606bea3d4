/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a sub-command: one table parses them and writes the help. */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A keyword that an option takes as its value, and what the keyword stands for. */
typedef struct keyword {
    const char *name; /* NULL: the end of a list */
    int32_t value;
} keyword;

enum { ACROSS_CHANNELS = 1, WITHIN_CHANNEL = 2 };
extern const keyword option_regions[];
extern const keyword option_dtypes[];

/* The kinds of options, by the type of the field that gets the value. */
typedef enum option_kind {
    OPTION_FLAG,    /* bool */
    OPTION_TEXT,    /* const char *: the value itself, not empty */
    OPTION_NUMBER,  /* double */
    OPTION_INTEGER, /* int64_t, from `least` to `greatest` */
    OPTION_CODE,    /* int32_t: one of `keywords`; without these as OPTION_INTEGER */
    OPTION_CUSTOM   /* any other: `parse` parses it */
} option_kind;

typedef struct option_row {
    const char *name;  /* without its dashes; NULL: the end of a table */
    const char *value; /* what the help calls the value; NULL: a flag */
    const char *help;  /* the help adds the keywords, and the default from the field */
    option_kind kind;
    size_t offset; /* of the field in the request */
    const keyword *keywords;
    int64_t least, greatest;
    bool (*parse)(const char *text, void *field); /* in place of the kind's, if not NULL */
    const char *expected;                         /* for the message; NULL: the kind's */
    const char *needs;                            /* options between commas: one is given too */
    const char *excludes;                         /* options between commas: none is given */
    int most; /* 0: one value; else as many between commas, in an array of this length */
    size_t count, item_size; /* of that array: the offset of its int count, an item's size */
} option_row;

/* clang-format off */
#define OPTION_KIND(x)                                                                             \
    _Generic((x), bool: OPTION_FLAG, const char *: OPTION_TEXT, double: OPTION_NUMBER,             \
             int64_t: OPTION_INTEGER, int32_t: OPTION_CODE, default: OPTION_CUSTOM)
/* clang-format on */

/* Initializers of a row: the field of the request that gets the value, or the list of values. */
#define OPTION_FIELD(request, field)                                                               \
    .kind = OPTION_KIND(((request *)0)->field), .offset = offsetof(request, field)
#define OPTION_LIST(request, items, item_count)                                                    \
    .kind = OPTION_KIND(((request *)0)->items[0]), .offset = offsetof(request, items),             \
    .most = sizeof((request *)0)->items / sizeof((request *)0)->items[0],                          \
    .count = offsetof(request, item_count), .item_size = sizeof((request *)0)->items[0]

/* Rows that several sub-commands have, without their braces; fields have the option's name. */
#define OPTION_PACK(request)                                                                       \
    "pack", "PACK",                                                                                \
        "takes the programs from a binary pack, and compiles nothing: see 'cllrn compile --help'", \
        OPTION_FIELD(request, pack)
#define OPTION_ANY_DRIVER(request)                                                                 \
    "any-driver", NULL, "the pack may be for another version of the driver",                       \
        OPTION_FIELD(request, any_driver), .needs = "pack"
#define OPTION_ANY_OWNER(request)                                                                  \
    "any-owner", NULL, "other users may have written the pack", OPTION_FIELD(request, any_owner),  \
        .needs = "pack"
#define OPTION_QUIET(request)                                                                      \
    "quiet", NULL, "prints nothing unless something fails", OPTION_FIELD(request, quiet)

typedef struct option_table {
    const char *usage;      /* the help up to the options */
    const option_row *rows; /* without --help, which every table has */
    const char *notes;      /* the help after the options, "" for none */
    const char *needs;      /* options between commas, of which one has to be given; or NULL */
    bool has_arguments;     /* else arguments after the options are refused */
    const void *defaults;   /* the request without any option */
    size_t size;            /* of a request */
} option_table;

/*
 * Sets the request by the defaults and the options. True with *argc and *argv left at the
 * arguments after the options. False with *status after a message, or after printing the
 * help.
 */
bool option_parse(const option_table *table, int *argc, char ***argv, void *request, int *status);

/* Values of `parse`: names between commas, none empty; a variant; variants between commas. */
bool option_names(const char *text, void *field);
bool option_variant(const char *text, void *field);
bool option_variants(const char *text, void *field);

/*
 * Takes the first item off a comma-separated list. *list becomes the rest, NULL after
 * the last item. False where *list is NULL. Items may be empty; length is in bytes.
 */
bool option_next_item(const char **list, const char **item, size_t *length);

/* The name of a value; NULL where no keyword has it. */
const char *keyword_name(const keyword *keywords, int32_t value);

#endif
