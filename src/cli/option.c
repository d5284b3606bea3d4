/* SPDX-License-Identifier: Apache-2.0 */
#include "option.h"

#include "text.h"
#include "message.h"
#include "number.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    MAX_ROWS = 32,   /* a set of rows fits a uint32_t, and no row's number is a letter */
    TEXT_SIZE = 2048 /* of a line of the help, or a list of all options */
};

const keyword option_regions[] = {
    {"across", ACROSS_CHANNELS},
    {"within", WITHIN_CHANNEL},
    {NULL, 0},
};

const keyword option_dtypes[] = {
    {"f32", CLLRN_DTYPE_F32},
    {"f16", CLLRN_DTYPE_F16},
    {"bf16", CLLRN_DTYPE_BF16},
    {"f64", CLLRN_DTYPE_F64},
    {NULL, 0},
};

/* --------------------------------------------------------------------- values */

const char *keyword_name(const keyword *keywords, int32_t value)
{
    while (keywords->name && keywords->value != value)
        ++keywords;
    return keywords->name;
}

bool option_next_item(const char **list, const char **item, size_t *length)
{
    if (!*list)
        return false;
    *item = *list;
    *length = strcspn(*item, ",");
    *list = (*item)[*length] == ',' ? *item + *length + 1 : NULL;
    return true;
}

bool option_names(const char *text, void *field)
{
    const char *list = text, *item;
    size_t length;
    *(const char **)field = text;
    while (option_next_item(&list, &item, &length))
        if (length == 0)
            return false;
    return true;
}

static bool is_variant(const char *name, size_t length)
{
    const char *known;
    for (size_t i = 0; (known = cllrn_variant_name(i)) != NULL; ++i)
        if (strncmp(known, name, length) == 0 && known[length] == '\0')
            return true;
    return false;
}

bool option_variant(const char *text, void *field)
{
    *(const char **)field = text;
    return is_variant(text, strlen(text));
}

bool option_variants(const char *text, void *field)
{
    const char *list = text, *item;
    size_t length;
    *(const char **)field = text;
    while (option_next_item(&list, &item, &length))
        if (!is_variant(item, length))
            return false;
    return true;
}

static bool parse_code(const option_row *row, const char *text, int32_t *code)
{
    int64_t value;
    for (const keyword *word = row->keywords; word && word->name; ++word) {
        if (strcmp(text, word->name) == 0) {
            *code = word->value;
            return true;
        }
    }
    if (row->keywords || !number_parse_range(text, row->least, row->greatest, &value))
        return false;
    *code = (int32_t)value;
    return true;
}

static bool parse_value(const option_row *row, const char *text, void *field)
{
    if (row->parse)
        return row->parse(text, field);
    switch (row->kind) {
    case OPTION_FLAG:
        return *(bool *)field = true;
    case OPTION_NUMBER:
        return number_parse_double(text, field);
    case OPTION_INTEGER:
        return number_parse_range(text, row->least, row->greatest, field);
    case OPTION_CODE:
        return parse_code(row, text, field);
    default:
        *(const char **)field = text;
        return *text != '\0';
    }
}

static bool parse_list(const option_row *row, const char *list, char *items, int *count)
{
    const char *at;
    size_t length;
    for (*count = 0; option_next_item(&list, &at, &length); ++*count) {
        char item[64];
        if (*count == row->most || length >= sizeof item)
            return false;
        snprintf(item, sizeof item, "%.*s", (int)length, at);
        if (!parse_value(row, item, items + (size_t)*count * row->item_size))
            return false;
    }
    return true;
}

static bool parse(const option_row *row, const char *text, char *request)
{
    char *const field = request + row->offset;
    return row->most ? parse_list(row, text, field, (int *)(void *)(request + row->count))
                     : parse_value(row, text, field);
}

/* ---------------------------------------------------------------------- texts */

__attribute__((format(printf, 2, 3))) static void append(char text[TEXT_SIZE], const char *format,
                                                         ...)
{
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, TEXT_SIZE - used, format, arguments);
    va_end(arguments);
}

/* Appends "across or within". */
static void append_keywords(char text[TEXT_SIZE], const keyword *keywords, const char *last)
{
    for (size_t i = 0; keywords[i].name; ++i)
        append(text, "%s%s", i == 0 ? "" : keywords[i + 1].name ? ", " : last, keywords[i].name);
}

/* Appends what the option takes, for the message about a wrong value. */
static void append_expected(char text[TEXT_SIZE], const option_row *row)
{
    if (row->most)
        append(text, "a list of ");
    if (row->expected)
        append(text, "%s", row->expected);
    else if (row->keywords)
        append_keywords(text, row->keywords, row->most ? " and " : " or ");
    else if (row->kind == OPTION_NUMBER)
        append(text, row->most ? "numbers" : "a number");
    else if (row->kind == OPTION_INTEGER || row->kind == OPTION_CODE)
        append(text, "%s, %" PRId64 " to %" PRId64, row->most ? "whole numbers" : "a whole number",
               row->least, row->greatest);
    else if (row->parse == option_variant)
        for (size_t i = 0; cllrn_variant_name(i); ++i)
            append(text, "%s%s", i == 0 ? "one of " : ", ", cllrn_variant_name(i));
    else
        append(text, "a %s name", strcmp(row->value, "DIR") == 0 ? "directory" : "file");
}

/* Appends one value of a field; nothing for one that is outside the option's values. */
static void append_value(char text[TEXT_SIZE], const option_row *row, const char *field,
                         const char *separator)
{
    const int64_t integer = row->kind == OPTION_INTEGER ? *(const int64_t *)(const void *)field
                            : row->kind == OPTION_CODE  ? *(const int32_t *)(const void *)field
                                                        : 0;
    if (row->keywords && keyword_name(row->keywords, (int32_t)integer))
        append(text, "%s%s", separator, keyword_name(row->keywords, (int32_t)integer));
    else if (!row->keywords && integer >= row->least && integer <= row->greatest &&
             row->least < row->greatest)
        append(text, "%s%" PRId64, separator, integer);
    else if (row->kind == OPTION_NUMBER && *(const double *)(const void *)field >= 0)
        append(text, "%s%g", separator, *(const double *)(const void *)field);
}

/* Appends " (default 5)" from the field of a request that has the defaults. */
static void append_default(char text[TEXT_SIZE], const option_row *row, const char *request)
{
    char values[TEXT_SIZE] = "";
    const int count = row->most ? *(const int *)(const void *)(request + row->count) : 1;
    for (int i = 0; i < count; ++i)
        append_value(values, row, request + row->offset + (size_t)i * row->item_size, i ? "," : "");
    if (*values)
        append(text, " (default %s)", values);
}

static int print_help(const option_table *table)
{
    static const option_row help = {"help", NULL, "prints this", .offset = 0};
    char label[64], text[TEXT_SIZE];
    size_t indent = strlen("  --help  ");
    for (const option_row *row = table->rows; row->name; ++row) {
        const size_t width = strlen(row->name) + (row->value ? 1 + strlen(row->value) : 0) + 6;
        indent = width > indent ? width : indent;
    }
    static char whole[1 << 14]; /* holds the help, so that a failure to write shows at the end */
    setvbuf(stdout, whole, _IOFBF, sizeof whole);
    printf("%s\n", table->usage);
    for (const option_row *row = table->rows; row; row = row == &help ? NULL : row + 1) {
        row = row->name ? row : &help;
        snprintf(label, sizeof label, "  --%s%s%s", row->name, row->value ? " " : "",
                 row->value ? row->value : "");
        *text = '\0';
        if (row->keywords)
            append_keywords(text, row->keywords, row->most ? ", " : " or ");
        append(text, "%s%s", row->keywords ? ": " : "", row->help);
        append_default(text, row, table->defaults);
        text_fold(stdout, (int)indent, label, "%s", text);
    }
    printf("\n%s%sExit status: 0 done, 1 failed, 2 wrong usage.\n", table->notes,
           *table->notes ? "\n" : "");
    return message_finish_stdout();
}

/* ------------------------------------------------------------- unknown options */

/* Explains getopt_long's '?' by optopt: a letter, perhaps of several; a row's number; or 0. */
static int refuse(const option_table *table, const char *given)
{
    char names[TEXT_SIZE] = "";
    int matches = 0;
    if (optopt > MAX_ROWS)
        return message_usage("unknown option '-%c'", optopt);
    if (optopt != 0)
        return message_usage("'%s' takes no value", given);
    for (const option_row *row = table->rows; row->name; ++row)
        if (strncmp(row->name, given + 2, strcspn(given + 2, "=")) == 0)
            append(names, "%s--%s", matches++ ? ", " : "", row->name);
    if (matches > 1)
        return message_usage("'%s' is ambiguous: %s", given, names);
    return message_usage("unknown option '%s'", given);
}

/* ----------------------------------------------------------------------- rules */

/* The options of a list, as a set of rows. */
static uint32_t set_of(const option_table *table, const char *list)
{
    uint32_t set = 0;
    const char *item;
    size_t length;
    while (option_next_item(&list, &item, &length))
        for (size_t i = 0; table->rows[i].name; ++i)
            if (strlen(table->rows[i].name) == length &&
                strncmp(table->rows[i].name, item, length) == 0)
                set |= UINT32_C(1) << i;
    return set;
}

static void append_set(char text[TEXT_SIZE], const option_table *table, uint32_t set)
{
    const char *separator = "";
    for (size_t i = 0; table->rows[i].name; ++i) {
        if ((set >> i & 1) == 0)
            continue;
        append(text, "%s--%s", separator, table->rows[i].name);
        separator = " or ";
    }
}

static int check_rules(const option_table *table, uint32_t given)
{
    char names[TEXT_SIZE] = "";
    if (table->needs && (given & set_of(table, table->needs)) == 0) {
        append_set(names, table, set_of(table, table->needs));
        return message_usage("expected %s", names);
    }
    for (size_t i = 0; table->rows[i].name; ++i) {
        const option_row *const row = &table->rows[i];
        const uint32_t needs = set_of(table, row->needs),
                       excluded = given & set_of(table, row->excludes);
        if ((given >> i & 1) == 0 || (!excluded && (needs == 0 || (given & needs) != 0)))
            continue;
        append_set(names, table, excluded ? excluded : needs);
        return message_usage("--%s %s %s", row->name, excluded ? "excludes" : "needs", names);
    }
    return EXIT_DONE;
}

/* ----------------------------------------------------------------------- parse */

/* Explains a value that an option does not take. */
static int refuse_value(const option_row *row, const char *value)
{
    char text[TEXT_SIZE] = "";
    append_expected(text, row);
    return message_usage("--%s is '%s', expected %s", row->name, value, text);
}

bool option_parse(const option_table *table, int *argc, char ***argv, void *request, int *status)
{
    struct option known[MAX_ROWS + 2] = {{NULL, 0, NULL, 0}};
    uint32_t given = 0;
    int count = 0;
    for (; count < MAX_ROWS && table->rows[count].name; ++count)
        known[count] = (struct option){table->rows[count].name,
                                       table->rows[count].value ? required_argument : no_argument,
                                       NULL, count + 1};
    known[count] = (struct option){"help", no_argument, NULL, 'h'};
    opterr = 0;
    optind = 1; /* a sub-command may parse its arguments twice */
    memcpy(request, table->defaults, table->size);
    for (int code; (code = getopt_long(*argc, *argv, ":h", known, NULL)) != -1;) {
        if (code == ':')
            *status = message_usage("option '%s' lacks its value", (*argv)[optind - 1]);
        else if (code == '?')
            *status = refuse(table, (*argv)[optind - 1]);
        else if (code == 'h')
            *status = print_help(table);
        else if (!parse(&table->rows[code - 1], optarg, request))
            *status = refuse_value(&table->rows[code - 1], optarg);
        else {
            given |= UINT32_C(1) << (code - 1);
            continue;
        }
        return false;
    }
    *status = check_rules(table, given);
    *argc -= optind;
    *argv += optind;
    if (*status == EXIT_DONE && *argc > 0 && !table->has_arguments)
        *status = message_usage("takes no arguments, but '%s' follows", **argv);
    return *status == EXIT_DONE;
}
