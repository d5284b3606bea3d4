/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include "digests.h"
#include "folder.h"
#include "message.h"
#include "report.h"
#include "results.h"

#include "../../file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_SIZE = 1 << 26, SHOWN_REASONS = 20 };

/* A folder as found, and how many reasons there are to refuse it. */
typedef struct inspection {
    const char *path;
    int directory;
    folder found; /* a missing file has NULL data */
    int reasons;
} inspection;

__attribute__((format(printf, 2, 3))) static void refuse(inspection *in, const char *format, ...)
{
    char why[1024];
    va_list arguments;
    if (++in->reasons > SHOWN_REASONS)
        return;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    message_fail("%s: refused: %s", in->path, why);
}

/* ---------------------------------------------------------------------- files */

static bool is_known(const char *name)
{
    for (int i = 0; i < FOLDER_FILES; ++i)
        if (strcmp(name, folder_names[i]) == 0)
            return true;
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void look_for_others(inspection *in)
{
    DIR *const all = lrn_file_list(in->directory);
    if (!all) {
        refuse(in, "cannot be listed: %s", strerror(errno));
        return;
    }
    for (const struct dirent *item; (item = readdir(all)) != NULL;)
        if (!is_known(item->d_name))
            refuse(in, "%s was added: it is no file of a report", item->d_name);
    closedir(all);
}

static void read_files(inspection *in)
{
    for (int i = 0; i < FOLDER_FILES; ++i) {
        report_file *const file = &in->found.files[i];
        lrn_file_content whole;
        const int code =
            lrn_file_read(in->directory, folder_names[i], O_NOFOLLOW, MOST_SIZE, &whole);
        if (code == ENOENT)
            refuse(in, "%s is missing: the report is not complete", folder_names[i]);
        else if (code != 0)
            refuse(in, "%s cannot be read: %s", folder_names[i], lrn_file_message(code));
        if (code != 0)
            continue;
        *file = (report_file){.name = folder_names[i],
                              .data = (char *)whole.data,
                              .size = whole.size,
                              .hash = sha256(whole.data, whole.size)};
    }
}

static report_file *find(inspection *in, const char *name)
{
    int i = 0;
    while (strcmp(folder_names[i], name) != 0)
        ++i;
    return &in->found.files[i];
}

static void compare_checksums(inspection *in)
{
    const report_file *const sums = find(in, FOLDER_CHECKSUMS);
    for (int i = 0; i < FOLDER_FILES; ++i) {
        const report_file *const file = &in->found.files[i];
        char line[128];
        snprintf(line, sizeof line, "%s  %s\n", file->hash.chars, folder_names[i]);
        if (file->data && sums->data && file != sums && !strstr(sums->data, line))
            refuse(in, "%s was changed: its checksum is not the one in " FOLDER_CHECKSUMS,
                   folder_names[i]);
    }
}

/* ---------------------------------------------------------------------- cases */

static bool has_word(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (; *list; list += strspn(list, " ")) {
        const size_t here = strcspn(list, " ");
        if (here == length && strncmp(list, word, length) == 0)
            return true;
        list += here;
    }
    return false;
}

/* Whether the device can skip the cases of float64, as it says. */
static void judge_device(inspection *in, const facts *f)
{
    const bool embedded = strncmp(fact_text(f, FACT_PROFILE), "EMBEDDED", 8) == 0;
    const bool fp64 = has_word(f->extensions, "cl_khr_fp64") && !embedded;
    if (!(facts_are_of_opencl(f) ? f->fp64 == fp64 : f->fp64 && f->inf_nan))
        refuse(in, "contradicts itself: the device %s float64 by its extensions and profile",
               f->fp64 ? "lacks" : "has");
    if (!f->nearest)
        refuse(in, "has no digests to judge: the device does not round to nearest");
}

static void judge_library(inspection *in, const totals *t)
{
    const facts *const f = t->of;
    if (f->arithmetic != cllrn_arithmetic_version())
        refuse(in,
               "is of arithmetic version %" PRId64 ", this command has %u: check it with a command "
               "of that version",
               f->arithmetic, (unsigned)cllrn_arithmetic_version());
    else if (strcmp(f->version, cllrn_version()) != 0)
        refuse(in, "is of cllrn %s, this command is %s: check it with a command of that version",
               f->version, cllrn_version());
    if (!digests_are_current())
        refuse(in, "cannot be judged: the built-in digests of this command are of another "
                   "arithmetic; build it from unchanged sources");
    if (!t->complete)
        refuse(in, "is not of a whole list of cases");
}

/* Whether the cases are all of the list, in order, each once. */
static bool judge_list(inspection *in, const totals *t)
{
    int list = 0, wanted = 0, next = 0, missing = -1;
    while (strcmp(t->list, list_names[list]) != 0)
        ++list;
    for (int number = 0; number < cases_count(); ++number) {
        if ((int)cases_get(number).list > list)
            continue;
        ++wanted;
        if (next < t->count && t->results[next].c.number == number)
            ++next;
        else if (missing < 0)
            missing = number;
    }
    if (missing >= 0)
        refuse(in,
               "lacks case %d: it has %d cases, the %s list has %d; cases were removed, or the run "
               "was cut short",
               missing, t->count, t->list, wanted);
    else if (next < t->count)
        refuse(in, "has case %d, which is not in the %s list, or twice", t->results[next].c.number,
               t->list);
    return missing < 0 && next == t->count;
}

static void judge_digest(inspection *in, const case_result *r)
{
    uint64_t expected;
    const int number = r->c.number;
    if (r->digested != case_has_digest(&r->c))
        refuse(in, "case %d %s", number, r->digested ? "has a digest" : "lacks its digest");
    else if (r->digested && digests_find(number, &expected) && r->digest != expected)
        refuse(in, "case %d has digest %016" PRIx64 ", expected %016" PRIx64, number, r->digest,
               expected);
}

/*
 * The error follows from the bits, so the host build has the same one. The exact values of
 * float64 depend on the machine's long double.
 */
static void judge_accuracy(inspection *in, const case_result *r, const session *host)
{
    case_result own;
    const accuracy *const a = &r->accuracy, *const b = &own.accuracy;
    qualify_case(host, &r->c, LIST_QUICK, NULL, &own);
    const double tolerance = 1e-3 * (1 + b->greatest);
    if (r->measured != own.measured)
        refuse(in, "case %d %s an error", r->c.number, r->measured ? "has" : "lacks");
    else if (r->measured && !(a->greatest <= a->bound))
        refuse(in, "case %d is off by %.6g eps, its bound is %.6g", r->c.number, a->greatest,
               a->bound);
    else if (r->measured && !case_is_f64(&r->c) &&
             (a->bound != b->bound || a->compared != b->compared ||
              !(fabs(a->greatest - b->greatest) <= tolerance)))
        refuse(in,
               "case %d is off by %.6g of %.6g eps in %" PRId64
               " results, but its digest is that of a result off by %.6g of %.6g in %" PRId64,
               r->c.number, a->greatest, a->bound, a->compared, b->greatest, b->bound, b->compared);
}

static void judge_case(inspection *in, const facts *f, const case_result *r, const session *host)
{
    const char *const unsupported = case_unsupported(&r->c, f->fp64, f->inf_nan);
    const bool ran = r->verdict != VERDICT_UNSUPPORTED;
    if (ran == (unsupported != NULL)) {
        refuse(in, "case %d is %s, but the device %s", r->c.number, verdict_names[r->verdict],
               ran ? "lacks what it needs" : "has what it needs");
        return;
    }
    if (r->verdict == VERDICT_FAILED)
        refuse(in, "case %d failed: %s", r->c.number, r->why);
    if (r->verdict == VERDICT_WAIVED && *r->waiver == '\0')
        refuse(in, "case %d is waived without a reason", r->c.number);
    if (r->verdict != VERDICT_PASSED)
        return;
    if (r->runs == 0)
        refuse(in, "case %d passed without a run", r->c.number);
    judge_digest(in, r);
    judge_accuracy(in, r, host);
}

static void judge_cases(inspection *in, const totals *t, bool quiet)
{
    const device target = {.kind = DEVICE_HOST, .name = "host"};
    session host;
    if (!judge_list(in, t) || !session_open(&host, &target, (session_options){.queues = 0}))
        return;
    for (int i = 0; i < t->count; ++i) {
        char text[64];
        snprintf(text, sizeof text, "judging case %d of %d", i + 1, t->count);
        if (!quiet)
            message_progress(text);
        judge_case(in, t->of, &t->results[i], &host);
    }
    message_progress("");
    session_close(&host);
}

/* ------------------------------------------------------------------ the folder */

/* The line where two texts begin to differ. */
static int line_of_difference(const report_file *a, const report_file *b)
{
    int line = 1;
    for (size_t i = 0; i < a->size && i < b->size && a->data[i] == b->data[i]; ++i)
        line += a->data[i] == '\n';
    return line;
}

/* Makes all files again. */
static void compare_files(inspection *in, const totals *t)
{
    folder made;
    if (!folder_make(t, &made)) {
        ++in->reasons;
        return;
    }
    for (int i = 0; i < FOLDER_FILES; ++i) {
        const report_file *const a = &in->found.files[i], *const b = &made.files[i];
        if (a->size != b->size || memcmp(a->data, b->data, a->size) != 0)
            refuse(in, "%s was changed: from line %d on it is not what the results give",
                   folder_names[i], line_of_difference(a, b));
    }
    folder_free(&made);
}

static void print_accepted(const inspection *in, const totals *t)
{
    report_print_begin(t->of);
    printf("list        %s, %d of %d cases known\n", t->list, t->count, cases_count());
    for (int i = 0; i < t->count; ++i) {
        const case_result *const r = &t->results[i];
        if (r->verdict == VERDICT_WAIVED)
            printf("WAIVED case %d: %s\n       %s\n", r->c.number, r->waiver, r->why);
        if (r->verdict == VERDICT_UNSUPPORTED)
            printf("skipped case %d: %s\n", r->c.number, r->why);
    }
    report_print_end(t);
    printf("%s: accepted\n", in->path);
}

static void judge_results(inspection *in, bool quiet)
{
    facts of;
    totals t;
    const report_file *const results = find(in, FOLDER_RESULTS);
    const char *const bad = results->data ? results_read(results->data, &of, &t) : NULL;
    if (bad)
        refuse(in, FOLDER_RESULTS ": '%s' is missing or wrong", bad);
    if (bad || !results->data)
        return;
    judge_library(in, &t);
    judge_device(in, &of);
    if (t.complete && digests_are_current() && of.arithmetic == cllrn_arithmetic_version())
        judge_cases(in, &t, quiet);
    if (in->reasons == 0)
        compare_files(in, &t);
    if (in->reasons == 0 && !quiet)
        print_accepted(in, &t);
    totals_end(&t);
}

bool judge_folder(const char *path, bool quiet)
{
    inspection in = {.path = path};
    in.directory = lrn_file_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (in.directory < 0)
        return message_fail("%s: cannot be read as a folder: %s", path, strerror(errno));
    look_for_others(&in);
    read_files(&in);
    close(in.directory);
    compare_checksums(&in);
    judge_results(&in, quiet);
    folder_free(&in.found);
    if (in.reasons > SHOWN_REASONS)
        message_fail("%s: %d more reasons", path, in.reasons - SHOWN_REASONS);
    return in.reasons == 0;
}
