/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn verify: qualifies one device. */
#include "command.h"
#include "digests.h"
#include "operation.h"
#include "message.h"
#include "number.h"
#include "option.h"
#include "output.h"
#include "folder.h"
#include "json.h"
#include "judge.h"
#include "junit.h"
#include "printable.h"
#include "report.h"
#include "results.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct case_range {
    int64_t first, last; /* equal: this case alone, whatever its list */
} case_range;

/* Cases whose failure is accepted, and why. */
typedef struct waiver {
    case_range cases;
    const char *reason;
} waiver;

enum { MAX_WAIVERS = 64 };
typedef struct waivers {
    waiver items[MAX_WAIVERS];
    int count;
} waivers;

typedef struct request {
    const char *device, *pack, *report, *check, *digests, *without; /* NULL: not named */
    waivers waived;
    bool any_driver, any_owner, cached, quick, full;
    case_list list; /* by quick and full */
    case_range cases;
    bool listing, quiet;
} request;

/* ------------------------------------------------------------------- the list */

static bool is_single(const request *r)
{
    return r->cases.first == r->cases.last;
}

static bool is_whole_list(const request *r)
{
    return r->cases.first == 0 && r->cases.last >= cases_count() - 1;
}

/* Goes to the next wanted case, at first from number -1; false after the last. */
static bool next_case(const request *r, verify_case *c)
{
    const int count = cases_count();
    for (int number = c->number + 1; number < count && number <= r->cases.last; ++number) {
        *c = cases_get(number);
        if (number >= r->cases.first && (is_single(r) || c->list <= r->list))
            return true;
    }
    return false;
}

static int count_wanted(const request *r)
{
    int count = 0;
    for (verify_case c = {.number = -1}; next_case(r, &c);)
        ++count;
    return count;
}

static int print_list(const request *r)
{
    for (verify_case c = {.number = -1}; next_case(r, &c);)
        case_write_line(stdout, &c);
    return message_finish_stdout();
}

/* ---------------------------------------------------------------- verification */

enum { SHOWN_FAILURES = 20 };

static void print_failure(const request *r, const session *on, const case_result *result)
{
    static const char *const options_of[LIST_COUNT] = {" --quick", "", " --full"};
    printf("FAILED case %d, %s: %s\n       %s\n", result->c.number,
           section_names[result->c.row.section], case_describe(&result->c).chars, result->why);
    printf("       cllrn verify --device \"%s\"%s --case %d\n", on->device.name,
           options_of[r->list], result->c.number);
    fflush(stdout);
}

static void show_progress(const request *r, const char *text)
{
    if (!r->quiet)
        message_progress(text);
}

/*
 * Shows the next case: on a terminal on one changing line, else once for each section,
 * so that the log of a killed process says how far it came.
 */
static void show_case(const request *r, const verify_case *c, const totals *t, double seconds)
{
    enum { ENOUGH_CASES = 5 }; /* to estimate the time */
    const bool of_new_section =
        t->count == 0 || t->results[t->count - 1].c.row.section != c->row.section;
    char text[120];
    const int used = snprintf(text, sizeof text, "case %d of %d, %s", t->count + 1, t->wanted,
                              section_names[c->row.section]);
    if (t->count >= ENOUGH_CASES)
        snprintf(text + used, sizeof text - (size_t)used, ", about %.0f s left",
                 seconds / t->count * (t->wanted - t->count));
    show_progress(r, text);
    if (!r->quiet && of_new_section && !isatty(STDERR_FILENO))
        printf("%8.1f s   %s, %d failed\n", seconds, text, t->cases[VERDICT_FAILED]);
}

/* The reason to accept that a case fails; NULL for none. */
static const char *waiver_of(const request *r, int number)
{
    for (const waiver *w = r->waived.items; w < r->waived.items + r->waived.count; ++w)
        if (w->cases.first <= number && number <= w->cases.last)
            return w->reason;
    return NULL;
}

static void waive(case_result *result, const char *reason)
{
    result->verdict = VERDICT_WAIVED;
    snprintf(result->waiver, sizeof result->waiver, "%s", reason);
    printable_line(result->waiver);
    printf("WAIVED case %d: %s\n       %s\n", result->c.number, result->waiver, result->why);
}

static void run_case(const request *r, const session *on, const verify_case *c, totals *t)
{
    case_result result;
    const char *const reason = waiver_of(r, c->number);
    qualify_case(on, c, r->list, r->without, &result);
    if (result.verdict == VERDICT_FAILED)
        show_progress(r, "");
    if (result.verdict == VERDICT_FAILED && reason)
        waive(&result, reason);
    else if (reason)
        printf("not needed: case %d is waived, but did not fail\n", c->number);
    totals_add(t, &result);
    if (result.verdict != VERDICT_FAILED)
        return;
    if (t->cases[VERDICT_FAILED] <= SHOWN_FAILURES)
        print_failure(r, on, &result);
    else if (t->cases[VERDICT_FAILED] == SHOWN_FAILURES + 1)
        printf("more cases fail; a report has all of them\n");
}

static void run_all(const request *r, const session *on, totals *t)
{
    const double begin = operation_clock();
    for (verify_case c = {.number = -1}; next_case(r, &c);) {
        show_case(r, &c, t, operation_clock() - begin);
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

/* ----------------------------------------------------------------- the report */

static bool ends_in(const char *path, const char *ending)
{
    const size_t length = strlen(path), wanted = strlen(ending);
    return length > wanted && strcmp(path + length - wanted, ending) == 0;
}

/* Whether the report is one file, JSON or XML by its ending; else it is a folder. */
static bool is_file(const char *report)
{
    return ends_in(report, ".json") || ends_in(report, ".xml");
}

static void measure_bandwidths(const request *r, const session *on, totals *t)
{
    if (on->device.kind != DEVICE_OPENCL)
        return;
    show_progress(r, "measuring the bandwidth");
    t->rate_count = bench_bandwidths(on, t->rates);
    for (bandwidth *b = t->rates; b < t->rates + t->rate_count; ++b) {
        b->gb_per_s = json_rounded(b->gb_per_s);
        b->copy_gb_per_s = json_rounded(b->copy_gb_per_s);
    }
    show_progress(r, "");
}

/* Writes the report to its open file, or to a folder. */
static bool write_report(const request *r, const session *on, totals *t, output *file)
{
    if (!is_file(r->report)) {
        measure_bandwidths(r, on, t);
        return folder_write(t, r->report);
    }
    if (ends_in(r->report, ".json"))
        results_write(t, file->file);
    else
        junit_write(t, file->file);
    return output_commit(file);
}

static void get_facts(const request *r, const session *on, facts *f)
{
    facts_get(f, on);
    snprintf(f->without, sizeof f->without, "%s", r->without ? r->without : "");
    snprintf(f->programs_from, sizeof f->programs_from, "%s",
             on->device.kind == DEVICE_HOST ? "host build"
             : r->pack                      ? "pack"
             : r->cached                    ? "cache or compiler"
                                            : "compiler");
}

/* Verifies, and writes the report, if there is one. */
static bool verify_into(const request *r, const device *target, output *file)
{
    session on;
    facts of;
    totals t = {.of = &of,
                .list = is_single(r)       ? "case"
                        : is_whole_list(r) ? list_names[r->list]
                                           : "cases",
                .complete = is_whole_list(r)};
    const session_options how = {
        .queues = 1, .cache = r->cached ? CLLRN_CACHE_ON : CLLRN_CACHE_OFF, .quiet = r->quiet};
    if (!session_open(&on, target, how))
        return false;
    get_facts(r, &on, &of);
    bool done = totals_begin(&t, count_wanted(r));
    if (done) {
        setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* so that a killed process leaves its lines */
        if (!r->quiet)
            report_print_begin(&of);
        run_all(r, &on, &t);
        facts_finish(&of, &on);
        done = conclude(r, &t);
        if (r->report)
            done = write_report(r, &on, &t, file) && done;
        totals_end(&t);
    }
    session_close(&on);
    return done;
}

static int verify_device(const request *r, output *file)
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
    return verify_into(r, &target, file) ? EXIT_DONE : EXIT_FAILED;
}

/* Opens the report before the long run, so that a bad path fails at once. */
static int verify(const request *r)
{
    output file = {0};
    if (r->report &&
        !(is_file(r->report) ? output_open(&file, r->report) : folder_is_possible(r->report)))
        return EXIT_FAILED;
    const int status = verify_device(r, &file);
    output_discard(&file);
    const int printed = message_finish_stdout();
    return status == EXIT_DONE ? printed : status;
}

/* --------------------------------------------------------------------- options */

/* Takes the cases "N" or "A..B". */
static bool parse_cases(const char *text, void *field)
{
    case_range *const range = field;
    if (number_parse_pair(text, "..", 0, cases_count() - 1, &range->first, &range->last))
        return range->first <= range->last;
    const bool one = number_parse_range(text, 0, cases_count() - 1, &range->first);
    range->last = range->first;
    return one;
}

/* Adds "CASES=REASON" to the waivers. */
static bool parse_waiver(const char *text, void *field)
{
    waivers *const all = field;
    waiver *const added = &all->items[all->count];
    char cases[32] = "";
    const char *const equals = strchr(text, '=');
    const size_t length = equals ? (size_t)(equals - text) : sizeof cases;
    if (all->count == MAX_WAIVERS || length >= sizeof cases)
        return false;
    memcpy(cases, text, length);
    added->reason = equals + 1;
    ++all->count;
    return parse_cases(cases, &added->cases) && *added->reason != '\0' &&
           strlen(added->reason) < WAIVER_SIZE;
}

/* The options that only a run on a device uses. */
#define OF_A_RUN "device,pack,any-driver,any-owner,cache,without,waive,report,quiet"

static const option_row rows[] = {
    {"device", "SPEC",
     "an index or part of a name, as for 'cllrn run'; or host, which verifies the host build's "
     "accuracy and digests; default: $CLLRN_DEVICE, else the first GPU, accelerator or CPU",
     OPTION_FIELD(request, device)},
    {OPTION_PACK(request)},
    {OPTION_ANY_DRIVER(request)},
    {OPTION_ANY_OWNER(request)},
    {"cache", NULL,
     "takes programs from the disk cache, and keeps them there, as 'cllrn run' does; without it "
     "all are compiled, so that what the compiler makes now is verified",
     OPTION_FIELD(request, cached), .excludes = "pack"},
    {"quick", NULL, "fewer and smaller cases: seconds, or minutes on an interpreter",
     OPTION_FIELD(request, quick), .excludes = "full"},
    {"full", NULL, "all cases and every program: up to 20 minutes on two cores",
     OPTION_FIELD(request, full)},
    {"without", "LIST",
     "kernels, between commas, that run only where a plan selects them: some compilers take "
     "minutes for kernels made for other devices",
     OPTION_FIELD(request, without), .parse = option_variants,
     .expected = "a list of kernels, as 'cllrn run --variant' takes them"},
    {"case", "N or A..B",
     "this case alone, whatever its list (--quick and --full still say how many of its kernels "
     "run); or those of the list from A to B: a long list in several runs",
     OPTION_FIELD(request, cases), .parse = parse_cases,
     .expected = "a number of 'cllrn verify --list --full', or two: A..B"},
    {"list", NULL, "prints the cases, and needs no device", OPTION_FIELD(request, listing),
     .excludes = OF_A_RUN ",write-digests"},
    {"waive", "CASES=REASON",
     "accepts that these cases fail, and reports the reason of up to 255 bytes; may be given up to "
     "64 times",
     OPTION_FIELD(request, waived), .parse = parse_waiver,
     .expected = "cases as for --case, '=' and a reason"},
    {"report", "FILE or DIR",
     "also writes a report: to FILE.json JSON, as below; to FILE.xml JUnit XML; any other name is "
     "that of a new folder with everything to hand over, as below",
     OPTION_FIELD(request, report)},
    {"check", "DIR",
     "judges the folder of such a report, and needs no device: whether it is complete and "
     "unmodified, has every case of its list, and has the digests of this command",
     OPTION_FIELD(request, check),
     .excludes = "device,pack,any-driver,any-owner,cache,without,waive,report,quick,full,case,list,"
                 "write-digests"},
    {"quiet", NULL, "prints failures and the last line only", OPTION_FIELD(request, quiet)},
    {"write-digests", "FILE", "writes src/cli/verify/expected_digests.h anew, from the host build",
     OPTION_FIELD(request, digests), .excludes = OF_A_RUN ",quick,full,case"},
    {.name = NULL},
};

static const option_table options = {
    .usage = "usage: cllrn verify [--device SPEC] [--pack PACK | --cache] [--quick | --full]\n"
             "                    [--case CASES] [--report DIR] [--quiet]\n"
             "       cllrn verify --check DIR\n"
             "       cllrn verify [--quick | --full] [--case CASES] --list\n"
             "       cllrn verify --write-digests FILE\n"
             "\n"
             "Runs a fixed list of cases on one device: every type in both directions, every\n"
             "kernel that can run a case, out of place and in place, in many layouts, windows\n"
             "and powers, and with special values. Each result has to be the bits of the host\n"
             "build, gaps untouched, to be within its bound of the exact result, and to have\n"
             "the digest that is built into this command. Devices whose digests are equal give\n"
             "equal results.\n",
    .rows = rows,
    .notes =
        "A line for each section tells how far it came and how long it may take still; on\n"
        "a terminal it is one line that changes.\n"
        "\n"
        "The folder of a report appears under its name when it is complete. It holds\n"
        "  results.json      the results, as below\n"
        "  results.xml       the same for tools that read JUnit's XML\n"
        "  cases.txt         the list of cases, as --list prints it\n"
        "  submission.txt    device and machine in the fields of OpenCL-CTS submissions\n"
        "  report.html       all of it as one page\n"
        "  statement.json    an in-toto Statement of type test-result/v0.1, to be signed\n"
        "  SHA256SUMS        of all other files, for 'sha256sum -c', to be signed\n"
        "Signatures belong beside the folder: --check accepts no other file in it.\n"
        "\n"
        "The JSON is one object. Members may be added; those here keep their meaning:\n"
        "  schema            \"cllrn-verify-1\"; another meaning, another number\n"
        "  version, arithmetic  of the library, and of its results\n"
        "  kernels           the hash of their sources\n"
        "  command_sha256    of the file of the command, with the library; \"\" if unknown\n"
        "  date              UTC, \"2026-01-31T23:59:59Z\"\n"
        "  list              \"quick\", \"default\", \"full\"; for --case \"case\" or \"cases\"\n"
        "  list_sha256       of the cases as --list prints them\n"
        "  cases_known       in all lists\n"
        "  without           as the option, or \"\"\n"
        "  programs_from     \"compiler\", \"cache or compiler\", \"pack\" or \"host build\"\n"
        "  passed            no case failed but waived ones\n"
        "  device            object:\n"
        "    platform, name, driver_version, version\n"
        "    fp64, round_to_nearest, inf_nan\n"
        "  submission        object, with texts by the names of OpenCL-CTS's template\n"
        "  cases_passed, cases_failed, cases_unsupported, cases_waived, runs, programs\n"
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
        "    name, passed, failed, unsupported, waived\n"
        "  checks            array:\n"
        "    name, passed, failed\n"
        "  variants          array:\n"
        "    name, runs\n"
        "  digests           array:\n"
        "    list, types     types are \"f32, f16, bf16\" or \"f64\"\n"
        "    digest, expected  16 hexadecimal digits; digest null if cases are missing\n"
        "    cases, missing  how many\n"
        "  bandwidth         array, in a folder and of an OpenCL device alone:\n"
        "    direction, layout, shape  of f32, size 5, beta 0.75\n"
        "    gb_per_s        10^9 bytes a second; bytes that have to move, each once\n"
        "    copy_gb_per_s   of the fastest copy of as many bytes\n"
        "    of_copy         the former over the latter\n"
        "  cases             array:\n"
        "    number, section, description\n"
        "    verdict         \"passed\", \"failed\", \"unsupported\" or \"waived\"\n"
        "    runs, seconds, digest\n"
        "    failure, skipped, waiver  why it failed, did not run, is accepted\n"
        "    results, greatest_eps, sum_eps, bound_eps, index  where there is a bound\n"
        "  Texts of a case and its digest may be null.\n",
    .defaults = &(const request){.cases = {0, INT_MAX}},
    .size = sizeof(request),
};

int command_verify(int argc, char **argv)
{
    request r;
    int status;
    if (!option_parse(&options, &argc, &argv, &r, &status))
        return status;
    r.list = r.quick ? LIST_QUICK : r.full ? LIST_FULL : LIST_DEFAULT;
    if (count_wanted(&r) == 0)
        return message_usage("--case: the %s list has no case from %d to %d", list_names[r.list],
                             (int)r.cases.first, (int)r.cases.last);
    const named_file files[] = {{"--report", r.report}, {"--pack", r.pack}};
    if (output_refuse_same(files, sizeof files / sizeof files[0]) != EXIT_DONE)
        return EXIT_USAGE;
    if (r.report && !is_file(r.report) && !is_whole_list(&r))
        return message_usage(
            "the report %s is a folder, which is of a whole list: leave out --case, "
            "or name a file that ends in .json or .xml",
            r.report);
    if (r.check)
        return judge_folder(r.check, r.quiet) ? message_finish_stdout() : EXIT_FAILED;
    if (r.listing)
        return print_list(&r);
    if (r.digests)
        return digests_write(r.digests) ? EXIT_DONE : EXIT_FAILED;
    return verify(&r);
}
