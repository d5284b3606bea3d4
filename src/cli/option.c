/* SPDX-License-Identifier: Apache-2.0 */
#include "option.h"

#include "message.h"

static const char *name_of(const struct option *option, int code)
{
    while (option->val != code)
        ++option;
    return option->name;
}

int option_parse(int argc, char **argv, const option_set *set, void *parsed)
{
    opterr = 0;
    for (int code; (code = getopt_long(argc, argv, ":h", set->known, NULL)) != -1;) {
        if (code == ':')
            return message_usage("option '%s' lacks its value", argv[optind - 1]);
        if (code == '?')
            return message_bad_option(argv);
        if (code == 'h')
            code = set->help;
        if (!set->take(code, optarg, parsed))
            return message_usage("--%s is '%s', expected %s", name_of(set->known, code), optarg,
                                 set->expected[code]);
        if (code == set->help)
            break;
    }
    return EXIT_DONE;
}

bool option_take_text(const char *value, const char **text)
{
    *text = value;
    return *value != '\0';
}
