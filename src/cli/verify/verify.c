/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn verify: qualifies one device. */
#include "command.h"
#include "digests.h"
#include "job.h"
#include "message.h"
#include "number.h"
#include "option.h"
#include "output.h"
#include "progress.h"
#include "report.h"
#include "same_file.h"
#include "word.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: cllrn verify [--device SPEC] [--pack PACK | --cache] [--quick | --full]\n"
    "                    [--case CASES] [--report FILE] [--quiet]\n"
    "       cllrn verify [--quick | --full] [--case CASES] --list\n"
    "       cllrn verify --write-digests FILE\n"
    "\n"
    "Runs a fixed list of cases on one device: every type in both directions, every\n"
    "kernel that can run a case, out of place and in place, in many layouts, windows\n"
    "and powers, and with special values. Each result has to be the bits of the host\n"
    "build, gaps untouched, to be within its bound of the exact result, and to have\n"
    "the digest that is built into this command. Devices whose digests are equal give\n"
    "equal results.\n"
    "\n"
    "  --device SPEC  an index or part of a name, as for 'cllrn run'; or host, which\n"
    "                 verifies the host build's accuracy and digests; default:\n"
    "                 $CLLRN_DEVICE, else the first GPU, accelerator or CPU\n"
    "  --pack PACK    takes the programs from a binary pack: see 'cllrn compile'\n"
    "  --any-driver   which may be for another version of the driver\n"
    "  --any-owner    which other users may have written\n"
    "  --cache        takes programs from the disk cache, and keeps them there, as\n"
    "                 'cllrn run' does (compiles them all, and so verifies what the\n"
    "                 compiler makes now)\n"
    "  --quick        fewer and smaller cases: seconds, or minutes on an interpreter\n"
    "  --full         all cases and every program: up to 20 minutes on two cores\n"
    "  --without LIST kernels, between commas, that run only where a plan selects\n"
    "                 them: some compilers take minutes for kernels made for other\n"
    "                 devices\n"
    "  --case N       this case alone, whatever its list; --quick and --full still\n"
    "                 say how many of its kernels run\n"
    "  --case A..B    those of the list from A to B: a long list in several runs\n"
    "  --list         prints the cases, and needs no device\n"
    "  --report FILE  also writes a report: JSON, as below, to FILE.json, JUnit XML\n"
    "                 to FILE.xml\n"
    "  --quiet        prints failures and the last line only\n"
    "  --write-digests FILE\n"
    "                 writes src/cli/verify/expected_digests.h anew, from the host\n"
    "                 build\n"
    "  --help         prints this\n"
    "\n"
    "A line for each section tells how far it came and how long it may take still; on\n"
    "a terminal it is one line that changes.\n"
    "\n";

/* C guarantees string literals of 4095 characters only. */
static const char help_on_json[] =
    "The JSON is one object. Members may be added; those here keep their meaning:\n"
    "  schema            \"cllrn-verify-1\"; another meaning, another number\n"
    "  version, arithmetic  of the library, and of its results\n"
    "  kernels           the hash of their sources\n"
    "  list              \"quick\", \"default\", \"full\"; for --case \"case\" or \"cases\"\n"
    "  passed            no case failed\n"
    "  device            object:\n"
    "    platform, name, driver_version, version\n"
    "    fp64, round_to_nearest, inf_nan\n"
    "  cases_passed, cases_failed, cases_unsupported, runs, programs\n"
    "  seconds           of all cases\n"
    "  accuracy          array, for each type and direction:\n"
    "    types           \"f32\", \"f16\", \"bf16\", \"f64\" or \"mixed\"\n"
    "    direction, cases, unsupported, runs\n"
    "    results         how many were compared\n"
    "    greatest_eps, mean_eps  errors; an eps is 2^-23, for f64 2^-52; half an ULP\n"
    "                    of a 16-bit result is taken off before; null: not a number\n"
    "    bound_eps       of the case with the greatest\n"
    "    case, index     of the greatest; null and [] without one\n"
    "    greatest_share  of a case's own bound\n"
    "  sections          array, in cases:\n"
    "    name, passed, failed, unsupported\n"
    "  checks            array:\n"
    "    name, passed, failed\n"
    "  variants          array:\n"
    "    name, runs\n"
    "  digests           array:\n"
    "    list, types     types are \"f32, f16, bf16\" or \"f64\"\n"
    "    digest, expected  16 hexadecimal digits; digest null if cases are missing\n"
    "    cases, missing  how many\n"
    "  cases             array:\n"
    "    number, section, description\n"
    "    verdict         \"passed\", \"failed\" or \"unsupported\"\n"
    "    runs, seconds, digest\n"
    "    failure         why; digest and failure may be null\n"
    "\n"
    "Exit status: 0 all passed, 1 something failed, 2 wrong usage.\n";

typedef struct request {
    const char *device, *pack, *report, *digests, *without; /* NULL: not named */
    bool any_driver, any_owner, cached;
    case_list list;
    int64_t first, last; /* of the cases; equal: this case alone, whatever its list */
    bool listing, quiet, help;
} request;

/* ------------------------------------------------------------------- the list */

static bool is_single(const request *r)
{
    return r->first == r->last;
}

static bool is_wanted(const request *r, const verify_case *c)
{
    return c->number >= r->first && c->number <= r->last && (is_single(r) || c->list <= r->list);
}

static bool is_whole_list(const request *r)
{
    return r->first == 0 && r->last == cases_count() - 1;
}

static int count_wanted(const request *r)
{
    int count = 0;
    for (int number = 0; number < cases_count(); ++number) {
        const verify_case c = cases_get(number);
        count += is_wanted(r, &c);
    }
    return count;
}

static int print_list(const request *r)
{
    for (int number = 0; number < cases_count(); ++number) {
        const verify_case c = cases_get(number);
        char text[CASE_TEXT];
        case_describe(&c, text);
        if (is_wanted(r, &c))
            printf("%4d  %-7s  %-14s  %s\n", number, list_name(c.list), section_name(c.row.section),
                   text);
    }
    return message_finish_stdout();
}

/* ---------------------------------------------------------------- verification */

enum { SHOWN_FAILURES = 20 };

static void print_failure(const request *r, const session *on, const case_result *result)
{
    char text[CASE_TEXT];
    case_describe(&result->c, text);
    printf("FAILED case %d, %s: %s\n       %s\n", result->c.number,
           section_name(result->c.row.section), text, result->why);
    printf("       cllrn verify --device \"%s\"%s --case %d\n", on->device.name,
           r->list == LIST_QUICK  ? " --quick"
           : r->list == LIST_FULL ? " --full"
                                  : "",
           result->c.number);
    fflush(stdout);
}

static void show_progress(const request *r, const char *text)
{
    if (!r->quiet)
        progress_show(text);
}

/* Writes ", about 35 s left", or "" until enough cases have run. */
static void estimate(const totals *t, int count, double seconds, char text[40])
{
    enum { ENOUGH_CASES = 5 };
    text[0] = '\0';
    if (t->count >= ENOUGH_CASES)
        snprintf(text, 40, ", about %.0f s left", seconds / t->count * (count - t->count));
}

/*
 * Shows the next case: on a terminal on one changing line, else once for each section,
 * so that the log of a killed process says how far it came.
 */
static void show_case(const request *r, const verify_case *c, const totals *t, int count,
                      double seconds, bool first_of_section)
{
    char left[40], text[120];
    estimate(t, count, seconds, left);
    snprintf(text, sizeof text, "case %d of %d, %s%s", t->count + 1, count,
             section_name(c->row.section), left);
    show_progress(r, text);
    if (!r->quiet && first_of_section && !isatty(STDERR_FILENO))
        printf("%8.1f s   %s, %d failed\n", seconds, text, t->cases.failed);
}

static void run_case(const request *r, const session *on, const verify_case *c, totals *t)
{
    case_result result;
    qualify_case(on, c, r->list, r->without, &result);
    totals_add(t, &result);
    if (result.verdict != VERDICT_FAILED)
        return;
    show_progress(r, "");
    if (t->cases.failed <= SHOWN_FAILURES)
        print_failure(r, on, &result);
    else if (t->cases.failed == SHOWN_FAILURES + 1)
        printf("more cases fail; a report has all of them\n");
}

static void run_all(const request *r, const session *on, int count, totals *t)
{
    const double begin = job_clock();
    int current = -1; /* section */
    for (int number = 0; number < cases_count(); ++number) {
        const verify_case c = cases_get(number);
        if (!is_wanted(r, &c))
            continue;
        show_case(r, &c, t, count, job_clock() - begin, (int)c.row.section != current);
        current = (int)c.row.section;
        run_case(r, on, &c, t);
    }
    show_progress(r, "");
}

static bool conclude(const request *r, const totals *t)
{
    if (!r->quiet)
        report_print(t);
    if (!digests_are_current())
        message_fail("the built-in digests are of another arithmetic or another list of cases; "
                     "build the command from unchanged sources, or write them anew");
    report_print_end(t);
    return !totals_failed(t);
}

/* Verifies, and writes the report to its open output, if there is one. */
static bool verify_into(const request *r, const device *target, output *report)
{
    session on;
    const int count = count_wanted(r);
    totals t = {.on = &on,
                .list = is_single(r)       ? "case"
                        : is_whole_list(r) ? list_name(r->list)
                                           : "cases",
                .complete = is_whole_list(r)};
    const session_options how = {
        .queues = 1, .cache = r->cached ? CLLRN_CACHE_ON : CLLRN_CACHE_OFF, .quiet = r->quiet};
    if (!session_open(&on, target, how))
        return false;
    bool done = totals_begin(&t, count);
    if (done) {
        setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* so that a killed process leaves its lines */
        if (!r->quiet)
            report_print_begin(&on);
        run_all(r, &on, count, &t);
        done = conclude(r, &t);
        if (report->file) {
            report_write(&t, report_format_of(r->report), report->file);
            done = output_commit(report) && done;
        }
        totals_end(&t);
    }
    session_close(&on);
    return done;
}

static int verify_device(const request *r, output *report)
{
    device target;
    if (!device_resolve(r->device, &target))
        return EXIT_FAILED;
    if (target.kind == DEVICE_REFERENCE)
        return message_usage("--device reference is what others are verified against");
    if (target.kind != DEVICE_OPENCL && (r->pack || r->cached || r->without))
        return message_usage("--%s is for OpenCL devices, not for --device %s",
                             r->pack     ? "pack"
                             : r->cached ? "cache"
                                         : "without",
                             target.name);
    target.pack = r->pack;
    target.any_driver = r->any_driver;
    target.any_owner = r->any_owner;
    return verify_into(r, &target, report) ? EXIT_DONE : EXIT_FAILED;
}

/* Opens the report before the long run, so that a bad path fails at once. */
static int verify(const request *r)
{
    output report = {0};
    if (r->report && !output_open(&report, r->report))
        return EXIT_FAILED;
    const int status = verify_device(r, &report);
    output_discard(&report);
    const int printed = message_finish_stdout();
    return status == EXIT_DONE ? printed : status;
}

/* --------------------------------------------------------------------- options */

enum {
    DEVICE = 1,
    PACK,
    ANY_DRIVER,
    ANY_OWNER,
    CACHE,
    QUICK,
    FULL,
    WITHOUT,
    CASE,
    LIST,
    REPORT,
    QUIET,
    DIGESTS,
    HELP,
    CODES
};

_Static_assert(CODES <= OPTION_CODES, "a set of options fits");

static const struct option known[] = {
    {"device", required_argument, NULL, DEVICE},
    {"pack", required_argument, NULL, PACK},
    {"any-driver", no_argument, NULL, ANY_DRIVER},
    {"any-owner", no_argument, NULL, ANY_OWNER},
    {"cache", no_argument, NULL, CACHE},
    {"quick", no_argument, NULL, QUICK},
    {"full", no_argument, NULL, FULL},
    {"without", required_argument, NULL, WITHOUT},
    {"case", required_argument, NULL, CASE},
    {"list", no_argument, NULL, LIST},
    {"report", required_argument, NULL, REPORT},
    {"quiet", no_argument, NULL, QUIET},
    {"write-digests", required_argument, NULL, DIGESTS},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static const char *const expected[CODES] = {
    [DEVICE] = "an index or a part of a name",
    [PACK] = "a file name",
    [WITHOUT] = "a list of kernels, as 'cllrn run --variant' takes them",
    [CASE] = "a number of 'cllrn verify --list --full', or two: A..B",
    [REPORT] = "a file name that ends in .json or .xml",
    [DIGESTS] = "a file name",
};

/* The options that only a run on a device uses. */
#define OF_A_RUN                                                                                   \
    (OPTION_BIT(DEVICE) | OPTION_BIT(PACK) | OPTION_BIT(ANY_DRIVER) | OPTION_BIT(ANY_OWNER) |      \
     OPTION_BIT(CACHE) | OPTION_BIT(WITHOUT) | OPTION_BIT(REPORT) | OPTION_BIT(QUIET))

static const option_rule rules[] = {
    {LIST, 0, OF_A_RUN | OPTION_BIT(DIGESTS)},
    {DIGESTS, 0, OF_A_RUN | OPTION_BIT(QUICK) | OPTION_BIT(FULL) | OPTION_BIT(CASE)},
    {QUICK, 0, OPTION_BIT(FULL)},
    {ANY_DRIVER, OPTION_BIT(PACK), 0},
    {ANY_OWNER, OPTION_BIT(PACK), 0},
    {CACHE, 0, OPTION_BIT(PACK)},
    {0},
};

/* Takes the cases "N" or "A..B". */
static bool take_cases(request *r, const char *text)
{
    char first[24];
    const size_t length = strcspn(text, ".");
    if (strncmp(text + length, "..", 2) != 0) {
        if (!number_parse_range(text, 0, cases_count() - 1, &r->first))
            return false;
        r->last = r->first;
        return true;
    }
    snprintf(first, sizeof first, "%.*s", (int)length, text);
    return length < sizeof first && number_parse_range(first, 0, cases_count() - 1, &r->first) &&
           number_parse_range(text + length + 2, r->first, cases_count() - 1, &r->last);
}

static bool is_kernel(const char *name, size_t length)
{
    const char *known_name;
    for (size_t i = 0; (known_name = cllrn_variant_name(i)); ++i)
        if (strlen(known_name) == length && strncmp(known_name, name, length) == 0)
            return true;
    return false;
}

static bool take_without(request *r, const char *text)
{
    const char *list = text, *item;
    size_t length;
    r->without = text;
    while (word_next(&list, &item, &length))
        if (!is_kernel(item, length))
            return false;
    return true;
}

static bool take(int code, const char *value, void *parsed)
{
    request *const r = parsed;
    switch (code) {
    case DEVICE:
        return option_take_text(value, &r->device);
    case PACK:
        return option_take_text(value, &r->pack);
    case ANY_DRIVER:
        return r->any_driver = true;
    case ANY_OWNER:
        return r->any_owner = true;
    case CACHE:
        return r->cached = true;
    case QUICK:
        r->list = LIST_QUICK;
        return true;
    case FULL:
        r->list = LIST_FULL;
        return true;
    case WITHOUT:
        return take_without(r, value);
    case CASE:
        return take_cases(r, value);
    case LIST:
        return r->listing = true;
    case REPORT:
        r->report = value;
        return report_format_of(value) != REPORT_NONE;
    case QUIET:
        return r->quiet = true;
    case DIGESTS:
        return option_take_text(value, &r->digests);
    default:
        return r->help = true;
    }
}

static int run(const request *r)
{
    if (r->listing)
        return print_list(r);
    if (r->digests)
        return digests_write(r->digests) ? EXIT_DONE : EXIT_FAILED;
    return verify(r);
}

int command_verify(int argc, char **argv)
{
    static const option_set set = {known, expected, rules, HELP, take};
    request r = {.list = LIST_DEFAULT, .last = cases_count() - 1};
    const int status = option_parse(argc, argv, &set, &r);
    if (status != EXIT_DONE)
        return status;
    if (r.help) {
        fputs(help, stdout);
        fputs(help_on_json, stdout);
        return message_finish_stdout();
    }
    if (optind < argc)
        return message_usage("takes no arguments, but '%s' follows", argv[optind]);
    if (count_wanted(&r) == 0)
        return message_usage("--case: the %s list has no case from %d to %d", list_name(r.list),
                             (int)r.first, (int)r.last);
    const named_file files[] = {{"--report", r.report}, {"--pack", r.pack}};
    if (same_file_refuse(files, sizeof files / sizeof files[0]) != EXIT_DONE)
        return EXIT_USAGE;
    return run(&r);
}
