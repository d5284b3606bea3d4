/* SPDX-License-Identifier: Apache-2.0 */
/* `cllrn verify --help` documents the JSON. */
#include "report.h"

#include "digests.h"
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

static double accuracy_mean(const accuracy_row *row)
{
    return row->accuracy.compared ? row->accuracy.sum / (double)row->accuracy.compared : 0;
}

static void print_accuracy_row(const totals *t, int types, int backward)
{
    const accuracy_row *const row = &t->accuracy[types][backward];
    const int supported = row->cases - row->unsupported;
    if (row->cases == 0)
        return;
    printf("%-5s %-8s ", types_names[types], backward ? "backward" : "forward");
    if (supported == 0) {
        printf("unsupported\n");
        return;
    }
    printf("%5d %5d ", supported, row->runs);
    if (row->worst_case < 0) {
        printf("       -      -      -    -\n");
        return;
    }
    printf("%8.3f %6.3f %6.2f %3.0f%%  %d (%s)\n", row->accuracy.greatest, accuracy_mean(row),
           row->accuracy.bound, 100 * row->accuracy.share, row->worst_case,
           text_of_list(row->accuracy.where, cases_get(row->worst_case).row.rank, ", ").chars);
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

static int cases_of(const counts row)
{
    return row[VERDICT_PASSED] + row[VERDICT_FAILED] + row[VERDICT_UNSUPPORTED];
}

static void print_counts(const char *name, const counts row)
{
    printf("%-18s %6d %6d", name, row[VERDICT_PASSED], row[VERDICT_FAILED]);
    if (row[VERDICT_UNSUPPORTED] > 0)
        printf(" %11d", row[VERDICT_UNSUPPORTED]);
    putchar('\n');
}

static void print_sections(const totals *t)
{
    printf("\ncases              passed failed unsupported\n");
    for (int s = 0; s < SECTION_COUNT; ++s)
        if (cases_of(t->sections[s]) > 0)
            print_counts(section_names[s], t->sections[s]);
    printf("\nchecks             passed failed\n");
    for (int kind = 0; kind < CHECK_COUNT; ++kind)
        print_counts(check_names[kind], t->checks[kind]);
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
    printf("%d passed, %d failed", t->cases[VERDICT_PASSED], t->cases[VERDICT_FAILED]);
    if (t->cases[VERDICT_UNSUPPORTED] > 0)
        printf(", %d unsupported", t->cases[VERDICT_UNSUPPORTED]);
    printf("; %d runs, %zu programs, %.1f s\n", t->runs, session_program_count(t->on), t->seconds);
}

/* ----------------------------------------------------------------------- JSON */

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
    json_add_integer(j, "cases_passed", t->cases[VERDICT_PASSED]);
    json_add_integer(j, "cases_failed", t->cases[VERDICT_FAILED]);
    json_add_integer(j, "cases_unsupported", t->cases[VERDICT_UNSUPPORTED]);
    json_add_integer(j, "runs", t->runs);
    json_add_integer(j, "programs", (int64_t)session_program_count(on));
    json_add_number(j, "seconds", t->seconds);
}

static void add_accuracy_row(json *j, const totals *t, int types, int backward)
{
    const accuracy_row *const row = &t->accuracy[types][backward];
    const bool none = row->worst_case < 0;
    json_open_object(j, NULL);
    json_add_text(j, "types", types_names[types]);
    json_add_text(j, "direction", backward ? "backward" : "forward");
    json_add_integer(j, "cases", row->cases);
    json_add_integer(j, "unsupported", row->unsupported);
    json_add_integer(j, "runs", row->runs);
    json_add_integer(j, "results", row->accuracy.compared);
    json_add_number(j, "greatest_eps", row->accuracy.greatest);
    json_add_number(j, "mean_eps", accuracy_mean(row));
    json_add_number(j, "bound_eps", row->accuracy.bound);
    json_add_number(j, "greatest_share", row->accuracy.share);
    json_add_number(j, "case", none ? NAN : (double)row->worst_case);
    json_add_integers(j, "index", row->accuracy.where,
                      none ? 0 : cases_get(row->worst_case).row.rank);
    json_close(j);
}

/* Adds the counts of the first `verdicts` verdicts. */
static void add_counts(json *j, const char *name, const counts row, int verdicts)
{
    json_open_object(j, NULL);
    json_add_text(j, "name", name);
    for (int v = 0; v < verdicts; ++v)
        json_add_integer(j, verdict_names[v], row[v]);
    json_close(j);
}

static void add_all_counts(json *j, const totals *t)
{
    json_open_array(j, "sections");
    for (int s = 0; s < SECTION_COUNT; ++s)
        add_counts(j, section_names[s], t->sections[s], VERDICT_COUNT);
    json_close(j);
    json_open_array(j, "checks");
    for (int kind = 0; kind < CHECK_COUNT; ++kind)
        add_counts(j, check_names[kind], t->checks[kind], VERDICT_UNSUPPORTED);
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
    json_open_object(j, NULL);
    json_add_integer(j, "number", r->c.number);
    json_add_text(j, "section", section_names[r->c.row.section]);
    json_add_text(j, "description", case_describe(&r->c).chars);
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
    for (; *c; ++c)
        if (strchr("&<>\"", *c))
            fprintf(file, "&#%d;", *c);
        else
            fputc(*c >= 0x20 && *c < 0x7f ? *c : '?', file);
}

static void xml_properties(FILE *file, const totals *t)
{
    const char *const properties[][2] = {
        {"version", cllrn_version()},
        {"kernels", session_kernel_hash(t->on)},
        {"list", t->list},
        {"platform", t->on->device.platform_name},
        {"device", t->on->device.name},
        {"driver", t->on->device.driver},
    };
    fputs("    <properties>\n", file);
    for (size_t i = 0; i < sizeof properties / sizeof *properties; ++i) {
        fprintf(file, "      <property name=\"%s\" value=\"", properties[i][0]);
        xml_text(file, properties[i][1]);
        fputs("\"/>\n", file);
    }
    fputs("    </properties>\n", file);
}

static void xml_case(FILE *file, const case_result *r)
{
    fprintf(file, "    <testcase classname=\"cllrn.verify.%s\" name=\"case %d: ",
            section_names[r->c.row.section], r->c.number);
    xml_text(file, case_describe(&r->c).chars);
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
    const int *const row = t->sections[s];
    if (cases_of(row) == 0)
        return;
    fprintf(file,
            "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\">\n",
            section_names[s], cases_of(row), row[VERDICT_FAILED], row[VERDICT_UNSUPPORTED]);
    xml_properties(file, t);
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
            t->count, t->cases[VERDICT_FAILED], t->cases[VERDICT_UNSUPPORTED], t->seconds);
    for (int s = 0; s < SECTION_COUNT; ++s)
        xml_section(file, t, (section)s);
    fputs("</testsuites>\n", file);
}

static bool ends_in(const char *path, const char *ending)
{
    const char *const last = strrchr(path, '.');
    return last && strcmp(last, ending) == 0;
}

bool report_has_format(const char *path)
{
    return ends_in(path, ".json") || ends_in(path, ".xml");
}

void report_write(const totals *t, const char *path, FILE *file)
{
    if (ends_in(path, ".json"))
        write_json(file, t);
    else
        write_junit(file, t);
}
