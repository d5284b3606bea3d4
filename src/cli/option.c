/* SPDX-License-Identifier: Apache-2.0 */
#include "option.h"

#include "message.h"
#include "word.h"

#include <stdio.h>
#include <string.h>

/* Size of a text with a list of names; all options of a sub-command fit. */
enum { LIST_TEXT = 512 };

static const char *name_of(const struct option *option, int code)
{
    while (option->val != code)
        ++option;
    return option->name;
}

/* ------------------------------------------------------------- unknown options */

/* Counts the options whose names start so, and lists them: "--size, --slice". */
static int count_matches(const option_set *set, const char *beginning, char names[LIST_TEXT])
{
    const size_t length = strcspn(beginning, "=");
    size_t used = 0;
    int count = 0;
    for (const struct option *option = set->known; option->name; ++option) {
        if (strncmp(option->name, beginning, length) != 0)
            continue;
        used += (size_t)snprintf(names + used, LIST_TEXT - used, "%s--%s", count++ ? ", " : "",
                                 option->name);
    }
    return count;
}

/* Explains getopt_long's '?' by optopt: a letter, perhaps of several; a code; or 0. */
static int refuse(const option_set *set, const char *given)
{
    char names[LIST_TEXT];
    if (optopt >= OPTION_CODES)
        return message_usage("unknown option '-%c'", optopt);
    if (optopt != 0)
        return message_usage("'%s' takes no value", given);
    if (count_matches(set, given + 2, names) > 1)
        return message_usage("'%s' is ambiguous: %s", given, names);
    return message_usage("unknown option '%s'", given);
}

/* ----------------------------------------------------------------------- rules */

static void list_names(const option_set *set, uint32_t codes, char names[LIST_TEXT])
{
    size_t used = 0;
    names[0] = '\0';
    for (int code = 1; code < OPTION_CODES; ++code) {
        if (!(codes & OPTION_BIT(code)))
            continue;
        used += (size_t)snprintf(names + used, LIST_TEXT - used, "%s--%s", used ? " or " : "",
                                 name_of(set->known, code));
    }
}

static int check_rule(const option_set *set, const option_rule *rule, uint32_t given)
{
    char names[LIST_TEXT];
    if (rule->code != OPTION_ANY && !(given & OPTION_BIT(rule->code)))
        return EXIT_DONE;
    const bool excluded = (given & rule->excludes) != 0;
    if (!excluded && (rule->needs == 0 || (given & rule->needs) != 0))
        return EXIT_DONE;
    list_names(set, excluded ? given & rule->excludes : rule->needs, names);
    if (rule->code == OPTION_ANY)
        return message_usage("expected %s", names);
    return message_usage("--%s %s %s", name_of(set->known, rule->code),
                         excluded ? "excludes" : "needs", names);
}

static int check_rules(const option_set *set, uint32_t given)
{
    int status = EXIT_DONE;
    for (const option_rule *rule = set->rules;
         rule && (rule->needs || rule->excludes) && status == EXIT_DONE; ++rule)
        status = check_rule(set, rule, given);
    return status;
}

/* ----------------------------------------------------------------------- parse */

int option_parse(int argc, char **argv, const option_set *set, void *parsed)
{
    uint32_t given = 0;
    opterr = 0;
    for (int code; (code = getopt_long(argc, argv, ":h", set->known, NULL)) != -1;) {
        if (code == ':')
            return message_usage("option '%s' lacks its value", argv[optind - 1]);
        if (code == '?')
            return refuse(set, argv[optind - 1]);
        if (code == 'h')
            code = set->help;
        if (!set->take(code, optarg, parsed))
            return message_usage("--%s is '%s', expected %s", name_of(set->known, code), optarg,
                                 set->expected[code]);
        if (code == set->help)
            return EXIT_DONE;
        given |= OPTION_BIT(code);
    }
    return check_rules(set, given);
}

bool option_take_text(const char *value, const char **text)
{
    *text = value;
    return *value != '\0';
}

bool option_take_list(const char *value, const char **list)
{
    const char *rest = value, *item;
    size_t length;
    *list = value;
    while (word_next(&rest, &item, &length))
        if (length == 0)
            return false;
    return true;
}

int option_check_variant(const char *name)
{
    char names[LIST_TEXT] = "";
    size_t used = 0;
    for (size_t i = 0; name && cllrn_variant_name(i) && used < sizeof names; ++i) {
        if (strcmp(cllrn_variant_name(i), name) == 0)
            return EXIT_DONE;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                 cllrn_variant_name(i));
    }
    return name ? message_usage("--variant is '%s', expected one of %s", name, names) : EXIT_DONE;
}
