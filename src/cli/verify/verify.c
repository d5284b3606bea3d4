/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn verify: qualifies one device. */
#include "command.h"
#include "digests.h"
#include "message.h"
#include "number.h"
#include "output.h"
#include "progress.h"
#include "report.h"
#include "summary.h"
#include "word.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: cllrn verify [--device SPEC] [--pack PACK] [--quick | --full] [--case N] [--report "
    "FILE] [--quiet]\n"
    "       cllrn verify [--quick | --full] [--case N] --list\n"
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
    "  --pack PACK    takes the programs from a binary pack, see 'cllrn compile --help'\n"
    "  --any-driver   which may be for another version of the driver\n"
    "  --any-owner    which other users may have written\n"
    "  --quick        fewer and smaller cases: seconds, or minutes on an interpreter\n"
    "  --full         all cases and every program: up to 20 minutes on two cores\n"
    "  --without LIST kernels, between commas, that run only where they are what a plan\n"
    "                 gets: some compilers take minutes for kernels made for other devices\n"
    "  --case N       this case alone, whatever its list; --quick and --full still say how\n"
    "                 many of its kernels run\n"
    "  --list         prints the cases, and needs no device\n"
    "  --report FILE  also writes a report: JSON to FILE.json (its schema, \"cllrn-verify-1\",\n"
    "                 is at the top of src/cli/verify/report.c), JUnit XML to FILE.xml\n"
    "  --quiet        prints failures and the last line only\n"
    "  --write-digests FILE\n"
    "                 writes src/cli/verify/expected_digests.h anew, from the host build\n"
    "  --help         prints this\n"
    "\n"
    "Exit status: 0 all passed, 1 something failed, 2 wrong usage.\n";

typedef struct request {
    const char *device, *pack, *report, *digests, *without; /* NULL: not named */
    bool any_driver, any_owner;
    case_list list;
    int64_t only; /* -1: the list */
    bool listing, quiet;
} request;

/* ------------------------------------------------------------------- the list */

static bool is_wanted(const request *r, const verify_case *c)
{
    return r->only >= 0 ? c->number == r->only : c->list <= r->list;
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
            printf("%4d  %-7s  %-14s  %s\n", number, list_name(c.list), section_name(c.section),
                   text);
    }
    return message_finish_stdout();
}

/* ---------------------------------------------------------------- verification */

enum { SHOWN_FAILURES = 20 };

static void print_failure(const request *r, const subject *on, const case_result *result)
{
    char text[CASE_TEXT];
    case_describe(&result->c, text);
    printf("FAILED case %d, %s: %s\n       %s\n", result->c.number, section_name(result->c.section),
           text, result->why);
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

static void run_case(const request *r, const subject *on, const verify_case *c, tally *t)
{
    case_result result;
    qualify_case(on, c, r->list, r->without, &result);
    tally_add(t, &result);
    if (result.verdict != VERDICT_FAILED)
        return;
    show_progress(r, "");
    if (t->failed <= SHOWN_FAILURES)
        print_failure(r, on, &result);
    else if (t->failed == SHOWN_FAILURES + 1)
        printf("more cases fail; a report has all of them\n");
}

static void run_all(const request *r, const subject *on, int count, tally *t)
{
    for (int number = 0; number < cases_count(); ++number) {
        const verify_case c = cases_get(number);
        char text[80];
        if (!is_wanted(r, &c))
            continue;
        snprintf(text, sizeof text, "case %d of %d, %s", t->count + 1, count,
                 section_name(c.section));
        show_progress(r, text);
        run_case(r, on, &c, t);
    }
    show_progress(r, "");
}

static verification describe(const request *r, const subject *on, const tally *t)
{
    return (verification){
        .on = on,
        .tally = t,
        .list = r->only >= 0 ? "case" : list_name(r->list),
        .programs = subject_program_count(on),
        .complete = r->only<0, .failed = t->failed> 0 || !digests_are_current(),
    };
}

static bool conclude(const request *r, const verification *v)
{
    if (!r->quiet)
        summary_print(v);
    if (!digests_are_current())
        message_fail("the built-in digests are of another arithmetic or another list of cases; "
                     "build the command from unchanged sources, or write them anew");
    summary_print_end(v);
    return !v->failed;
}

/* What the report is written to is open, unless there is none. */
static bool verify_into(const request *r, const device *target, output *report)
{
    subject on;
    tally t;
    const int count = count_wanted(r);
    if (!subject_open(&on, target, 0, r->quiet))
        return false;
    bool done = tally_begin(&t, count);
    if (done) {
        run_all(r, &on, count, &t);
        const verification v = describe(r, &on, &t);
        done = conclude(r, &v);
        if (report->file) {
            report_write(&v, report_format_of(r->report), report->file);
            done = output_commit(report) && done;
        }
        tally_end(&t);
    }
    subject_close(&on);
    return done;
}

static int verify_device(const request *r, output *report)
{
    device target;
    if (!device_resolve(r->device, &target))
        return EXIT_FAILED;
    if (target.kind == DEVICE_REFERENCE)
        return message_usage("--device reference is what others are verified against");
    if (r->pack && target.kind != DEVICE_OPENCL)
        return message_usage("--pack is for OpenCL devices, not for --device %s", target.name);
    target.pack = r->pack;
    target.any_driver = r->any_driver;
    target.any_owner = r->any_owner;
    return verify_into(r, &target, report) ? EXIT_DONE : EXIT_FAILED;
}

/*
 * The report is opened first: nobody wants to learn at the end that it cannot be.
 */
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
    QUICK,
    FULL,
    WITHOUT,
    CASE,
    LIST,
    REPORT,
    QUIET,
    DIGESTS,
    HELP
};

static const struct option known[] = {
    {"device", required_argument, NULL, DEVICE},
    {"pack", required_argument, NULL, PACK},
    {"any-driver", no_argument, NULL, ANY_DRIVER},
    {"any-owner", no_argument, NULL, ANY_OWNER},
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

static int take_case(request *r, const char *text)
{
    if (!number_parse_int64(text, &r->only) || r->only < 0 || r->only >= cases_count())
        return message_usage("--case '%s' is no case, expected 0 to %d", text, cases_count() - 1);
    return EXIT_DONE;
}

static bool is_kernel(const char *name, size_t length)
{
    const char *known_name;
    for (size_t i = 0; (known_name = cllrn_variant_name(i)); ++i)
        if (strlen(known_name) == length && strncmp(known_name, name, length) == 0)
            return true;
    return false;
}

static int take_without(request *r, const char *text)
{
    const char *list = text, *item;
    size_t length;
    while (word_next(&list, &item, &length))
        if (!is_kernel(item, length))
            return message_usage("--without '%.*s' is no kernel", (int)length, item);
    r->without = text;
    return EXIT_DONE;
}

static int take_option(request *r, int option, char **argv)
{
    switch (option) {
    case DEVICE:
        r->device = optarg;
        return EXIT_DONE;
    case PACK:
        r->pack = optarg;
        return EXIT_DONE;
    case ANY_DRIVER:
        r->any_driver = true;
        return EXIT_DONE;
    case ANY_OWNER:
        r->any_owner = true;
        return EXIT_DONE;
    case QUICK:
        r->list = LIST_QUICK;
        return EXIT_DONE;
    case FULL:
        r->list = LIST_FULL;
        return EXIT_DONE;
    case WITHOUT:
        return take_without(r, optarg);
    case CASE:
        return take_case(r, optarg);
    case LIST:
        r->listing = true;
        return EXIT_DONE;
    case REPORT:
        r->report = optarg;
        return report_format_of(optarg) != REPORT_NONE
                   ? EXIT_DONE
                   : message_usage("--report '%s' ends neither in .json nor in .xml", optarg);
    case QUIET:
        r->quiet = true;
        return EXIT_DONE;
    case DIGESTS:
        r->digests = optarg;
        return EXIT_DONE;
    case ':':
        return message_usage("option '%s' lacks its value", argv[optind - 1]);
    default:
        return message_bad_option(argv);
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
    request r = {.list = LIST_DEFAULT, .only = -1};
    bool quick = false, full = false;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "+:h", known, NULL)) != -1;) {
        if (option == HELP || option == 'h') {
            fputs(help, stdout);
            return message_finish_stdout();
        }
        quick = quick || option == QUICK;
        full = full || option == FULL;
        const int status = take_option(&r, option, argv);
        if (status != EXIT_DONE)
            return status;
    }
    if (optind < argc)
        return message_usage("takes no arguments, but '%s' follows", argv[optind]);
    if (quick && full)
        return message_usage("--quick and --full exclude one another");
    return run(&r);
}
