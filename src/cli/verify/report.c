/* SPDX-License-Identifier: Apache-2.0 */
/* `cllrn verify --help` documents the JSON. */
#include "report.h"

#include "digests.h"
#include "text.h"
#include "json.h"
#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------------- table */

static const char *yes_no(bool value)
{
    return value ? "yes" : "no";
}

void report_print_begin(const session *on)
{
    printf("device      %s\n", on->device.name);
    if (on->device.kind == DEVICE_OPENCL) {
        text_fold(stdout, 12, "platform", "%s, %s, driver %s", on->device.platform_name,
                  on->device.version, on->device.driver);
        printf("reports     fp64 %s, round to nearest %s, inf/nan %s\n", yes_no(on->fp64),
               yes_no(on->nearest), yes_no(on->inf_nan));
    }
    printf("library     cllrn %s, arithmetic %u%s%s\n", cllrn_version(),
           (unsigned)cllrn_arithmetic_version(), *session_kernel_hash(on) ? ", kernels " : "",
           session_kernel_hash(on));
}

static void print_accuracy_row(const totals *t, int types, int backward)
{
    const accuracy_row *const row = &t->accuracy[types][backward];
    const int supported = row->cases - row->unsupported;
    if (row->cases == 0)
        return;
    printf("%-5s %-8s ", types_name(types), backward ? "backward" : "forward");
    if (supported == 0) {
        printf("unsupported\n");
        return;
    }
    printf("%5d %5d ", supported, row->runs);
    if (row->worst_case < 0) {
        printf("       -      -      -    -\n");
        return;
    }
    printf("%8.3f %6.3f %6.2f %3.0f%%  %d (%s)\n", row->greatest, accuracy_mean(row), row->bound,
           100 * row->share, row->worst_case,
           text_of_list(row->where, cases_get(row->worst_case).row.rank, ", ").chars);
}

static void print_accuracy(const totals *t)
{
    printf("\ntypes          cases  runs greatest   mean  bound share case with the greatest\n");
    for (int types = 0; types < TYPES_COUNT; ++types)
        for (int backward = 0; backward < 2; ++backward)
            print_accuracy_row(t, types, backward);
    printf("errors in eps, 2^-23 of the exact value, 2^-52 for f64; a 16-bit result's own\n"
           "rounding is taken off; bound: of the case with the greatest error; share: the\n"
           "greatest of any case's own bound\n");
}

static void print_counts(const char *name, const counts *row)
{
    printf("%-18s %6d %6d", name, row->passed, row->failed);
    if (row->unsupported > 0)
        printf(" %11d", row->unsupported);
    putchar('\n');
}

static void print_sections(const totals *t)
{
    printf("\ncases              passed failed unsupported\n");
    for (int s = 0; s < SECTION_COUNT; ++s) {
        const counts *const row = &t->sections[s];
        if (row->passed + row->failed + row->unsupported > 0)
            print_counts(section_name((section)s), row);
    }
    printf("\nchecks             passed failed\n");
    for (int kind = 0; kind < CHECK_COUNT; ++kind)
        print_counts(check_name((check_kind)kind), &t->checks[kind]);
    printf("%-18s ", "rounding mode");
    printf(t->on->nearest ? "to nearest\n" : "round to zero: no digests, twice the bounds\n");
    printf("\nvariant                runs\n");
    for (size_t i = 0; i < MAX_VARIANTS && cllrn_variant_name(i); ++i)
        printf("%-18s %8d\n", cllrn_variant_name(i), t->variant_runs[i]);
}

static void print_combined(const char *name, int f64, const combined *c)
{
    printf("%-8s %-15s ", name, f64 ? "f64" : "f32, f16, bf16");
    if (c->missing > 0)
        printf("none: %d of %d cases are missing\n", c->missing, c->cases);
    else if (!digests_are_current())
        printf("%016" PRIx64 "  none is built in\n", c->digest);
    else if (c->digest == c->expected)
        printf("%016" PRIx64 "  as expected\n", c->digest);
    else
        printf("%016" PRIx64 "  expected %016" PRIx64 "\n", c->digest, c->expected);
}

static void print_digests(const totals *t)
{
    if (!t->complete || !t->on->nearest)
        return;
    printf("\ndigests\n");
    for (int f64 = 0; f64 < 2; ++f64)
        print_combined("quick", f64, &t->quick[f64]);
    for (int f64 = 0; f64 < 2 && t->all[0].cases > t->quick[0].cases; ++f64)
        print_combined(t->list, f64, &t->all[f64]);
}

static void print_single(const totals *t)
{
    const case_result *const r = &t->results[0];
    uint64_t expected;
    if (r->digested)
        printf("\ndigest %016" PRIx64, r->digest);
    if (r->digested && digests_find(r->c.number, &expected))
        printf(", expected %016" PRIx64, expected);
    putchar('\n');
}

void report_print(const totals *t)
{
    print_accuracy(t);
    print_sections(t);
    print_digests(t);
    if (!t->complete && t->count == 1)
        print_single(t);
    putchar('\n');
}

void report_print_end(const totals *t)
{
    printf("%d passed, %d failed", t->cases.passed, t->cases.failed);
    if (t->cases.unsupported > 0)
        printf(", %d unsupported", t->cases.unsupported);
    printf("; %d runs, %zu programs, %.1f s\n", t->runs, session_program_count(t->on), t->seconds);
}

/* ----------------------------------------------------------------------- JSON */

static const char *const verdict_names[VERDICT_COUNT] = {"passed", "failed", "unsupported"};

static void add_digest(json *j, const char *name, bool known, uint64_t digest)
{
    char digits[20];
    snprintf(digits, sizeof digits, "%016" PRIx64, digest);
    json_add_text(j, name, known ? digits : NULL);
}

static void add_head(json *j, const totals *t)
{
    const session *const on = t->on;
    json_add_text(j, "schema", "cllrn-verify-1");
    json_add_text(j, "version", cllrn_version());
    json_add_integer(j, "arithmetic", cllrn_arithmetic_version());
    json_add_text(j, "kernels", session_kernel_hash(on));
    json_add_text(j, "list", t->list);
    json_add_bool(j, "passed", !totals_failed(t));
    json_open_object(j, "device");
    json_add_text(j, "platform", on->device.platform_name);
    json_add_text(j, "name", on->device.name);
    json_add_text(j, "driver_version", on->device.driver);
    json_add_text(j, "version", on->device.version);
    json_add_bool(j, "fp64", on->fp64);
    json_add_bool(j, "round_to_nearest", on->nearest);
    json_add_bool(j, "inf_nan", on->inf_nan);
    json_close(j);
    json_add_integer(j, "cases_passed", t->cases.passed);
    json_add_integer(j, "cases_failed", t->cases.failed);
    json_add_integer(j, "cases_unsupported", t->cases.unsupported);
    json_add_integer(j, "runs", t->runs);
    json_add_integer(j, "programs", (int64_t)session_program_count(on));
    json_add_number(j, "seconds", t->seconds);
}

static void add_accuracy_row(json *j, const totals *t, int types, int backward)
{
    const accuracy_row *const row = &t->accuracy[types][backward];
    const bool none = row->worst_case < 0;
    json_open_object(j, NULL);
    json_add_text(j, "types", types_name(types));
    json_add_text(j, "direction", backward ? "backward" : "forward");
    json_add_integer(j, "cases", row->cases);
    json_add_integer(j, "unsupported", row->unsupported);
    json_add_integer(j, "runs", row->runs);
    json_add_integer(j, "results", row->compared);
    json_add_number(j, "greatest_eps", row->greatest);
    json_add_number(j, "mean_eps", accuracy_mean(row));
    json_add_number(j, "bound_eps", row->bound);
    json_add_number(j, "greatest_share", row->share);
    json_add_number(j, "case", none ? NAN : (double)row->worst_case);
    json_add_integers(j, "index", row->where, none ? 0 : cases_get(row->worst_case).row.rank);
    json_close(j);
}

static void add_counts(json *j, const char *name, const counts *c)
{
    json_open_object(j, NULL);
    json_add_text(j, "name", name);
    json_add_integer(j, "passed", c->passed);
    json_add_integer(j, "failed", c->failed);
}

static void add_all_counts(json *j, const totals *t)
{
    json_open_array(j, "sections");
    for (int s = 0; s < SECTION_COUNT; ++s) {
        add_counts(j, section_name((section)s), &t->sections[s]);
        json_add_integer(j, "unsupported", t->sections[s].unsupported);
        json_close(j);
    }
    json_close(j);
    json_open_array(j, "checks");
    for (int kind = 0; kind < CHECK_COUNT; ++kind) {
        add_counts(j, check_name((check_kind)kind), &t->checks[kind]);
        json_close(j);
    }
    json_close(j);
    json_open_array(j, "variants");
    for (size_t i = 0; i < MAX_VARIANTS && cllrn_variant_name(i); ++i) {
        json_open_object(j, NULL);
        json_add_text(j, "name", cllrn_variant_name(i));
        json_add_integer(j, "runs", t->variant_runs[i]);
        json_close(j);
    }
    json_close(j);
}

static void add_combined(json *j, const char *list, int f64, const combined *c)
{
    json_open_object(j, NULL);
    json_add_text(j, "list", list);
    json_add_text(j, "types", f64 ? "f64" : "f32, f16, bf16");
    add_digest(j, "digest", c->missing == 0, c->digest);
    add_digest(j, "expected", true, c->expected);
    json_add_integer(j, "cases", c->cases);
    json_add_integer(j, "missing", c->missing);
    json_close(j);
}

static void add_case(json *j, const case_result *r)
{
    char description[CASE_TEXT];
    case_describe(&r->c, description);
    json_open_object(j, NULL);
    json_add_integer(j, "number", r->c.number);
    json_add_text(j, "section", section_name(r->c.row.section));
    json_add_text(j, "description", description);
    json_add_text(j, "verdict", verdict_names[r->verdict]);
    json_add_integer(j, "runs", r->runs);
    json_add_number(j, "seconds", r->seconds);
    add_digest(j, "digest", r->digested, r->digest);
    json_add_text(j, "failure", r->verdict == VERDICT_FAILED ? r->why : NULL);
    json_close(j);
}

static void write_json(FILE *file, const totals *t)
{
    json j = json_begin(file);
    add_head(&j, t);
    json_open_array(&j, "accuracy");
    for (int types = 0; types < TYPES_COUNT; ++types)
        for (int backward = 0; backward < 2; ++backward)
            add_accuracy_row(&j, t, types, backward);
    json_close(&j);
    add_all_counts(&j, t);
    json_open_array(&j, "digests");
    for (int f64 = 0; t->complete && f64 < 2; ++f64) {
        add_combined(&j, "quick", f64, &t->quick[f64]);
        add_combined(&j, t->list, f64, &t->all[f64]);
    }
    json_close(&j);
    json_open_array(&j, "cases");
    for (int i = 0; i < t->count; ++i)
        add_case(&j, &t->results[i]);
    json_close(&j);
    json_close(&j);
}

/* ------------------------------------------------------------------------ XML */

/* Writes text for XML; control characters and bytes beyond ASCII become '?'. */
static void xml_text(FILE *file, const char *c)
{
    for (; *c; ++c) {
        if (*c == '&')
            fputs("&amp;", file);
        else if (*c == '<')
            fputs("&lt;", file);
        else if (*c == '>')
            fputs("&gt;", file);
        else if (*c == '"')
            fputs("&quot;", file);
        else
            fputc(*c >= 0x20 && *c < 0x7f ? *c : '?', file);
    }
}

static void xml_property(FILE *file, const char *name, const char *value)
{
    fprintf(file, "      <property name=\"%s\" value=\"", name);
    xml_text(file, value);
    fputs("\"/>\n", file);
}

static void xml_case(FILE *file, const case_result *r)
{
    char description[CASE_TEXT];
    case_describe(&r->c, description);
    fprintf(file, "    <testcase classname=\"cllrn.verify.%s\" name=\"case %d: ",
            section_name(r->c.row.section), r->c.number);
    xml_text(file, description);
    fprintf(file, "\" time=\"%.6f\">", r->seconds);
    if (r->verdict == VERDICT_UNSUPPORTED)
        fputs("<skipped message=\"the device lacks float64, or infinities and NaNs\"/>", file);
    if (r->verdict == VERDICT_FAILED) {
        fputs("<failure message=\"", file);
        xml_text(file, r->why);
        fputs("\"/>", file);
    }
    fputs("</testcase>\n", file);
}

static void xml_section(FILE *file, const totals *t, section s)
{
    const counts *const row = &t->sections[s];
    const int tests = row->passed + row->failed + row->unsupported;
    if (tests == 0)
        return;
    fprintf(file,
            "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\">\n"
            "    <properties>\n",
            section_name(s), tests, row->failed, row->unsupported);
    xml_property(file, "version", cllrn_version());
    xml_property(file, "kernels", session_kernel_hash(t->on));
    xml_property(file, "list", t->list);
    xml_property(file, "platform", t->on->device.platform_name);
    xml_property(file, "device", t->on->device.name);
    xml_property(file, "driver", t->on->device.driver);
    fputs("    </properties>\n", file);
    for (int i = 0; i < t->count; ++i)
        if (t->results[i].c.row.section == s)
            xml_case(file, &t->results[i]);
    fputs("  </testsuite>\n", file);
}

static void write_junit(FILE *file, const totals *t)
{
    fprintf(file,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"cllrn verify\" tests=\"%d\" failures=\"%d\" errors=\"0\" "
            "skipped=\"%d\" time=\"%.3f\">\n",
            t->count, t->cases.failed, t->cases.unsupported, t->seconds);
    for (int s = 0; s < SECTION_COUNT; ++s)
        xml_section(file, t, (section)s);
    fputs("</testsuites>\n", file);
}

report_format report_format_of(const char *path)
{
    const char *const ending = strrchr(path, '.');
    if (ending && strcmp(ending, ".json") == 0)
        return REPORT_JSON;
    return ending && strcmp(ending, ".xml") == 0 ? REPORT_JUNIT : REPORT_NONE;
}

void report_write(const totals *t, report_format format, FILE *file)
{
    if (format == REPORT_JSON)
        write_json(file, t);
    else
        write_junit(file, t);
}
