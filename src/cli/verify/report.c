/* SPDX-License-Identifier: Apache-2.0 */
/* `cllrn verify --help` documents the JSON. */
#include "report.h"

#include "digests.h"
#include "fold.h"
#include "json.h"

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
        fold_print(stdout, 12, "platform", "%s, %s, driver %s", on->device.platform_name,
                   on->version, on->driver);
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
    char where[INDEX_TEXT];
    const verify_case c = cases_get(row->worst_case);
    case_buffers_index_text(&c, row->where, where);
    printf("%8.3f %6.3f %6.2f %3.0f%%  %d %s\n", row->greatest, accuracy_mean(row), row->bound,
           100 * row->share, row->worst_case, where);
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

static const char *json_bool(bool value)
{
    return value ? "true" : "false";
}

static void json_digest(FILE *file, const char *name, bool known, uint64_t digest)
{
    if (known)
        fprintf(file, "\"%s\": \"%016" PRIx64 "\", ", name, digest);
    else
        fprintf(file, "\"%s\": null, ", name);
}

static void json_head(FILE *file, const totals *t)
{
    fprintf(file, "{\n  ");
    json_text(file, "schema", "cllrn-verify-1");
    json_text(file, "version", cllrn_version());
    fprintf(file, "\"arithmetic\": %u, ", (unsigned)cllrn_arithmetic_version());
    json_text(file, "kernels", session_kernel_hash(t->on));
    json_text(file, "list", t->list);
    fprintf(file, "\"passed\": %s,\n  \"device\": {", json_bool(!totals_failed(t)));
    json_text(file, "platform", t->on->device.platform_name);
    json_text(file, "name", t->on->device.name);
    json_text(file, "driver_version", t->on->driver);
    json_text(file, "version", t->on->version);
    fprintf(file, "\"fp64\": %s, \"round_to_nearest\": %s, \"inf_nan\": %s},\n  ",
            json_bool(t->on->fp64), json_bool(t->on->nearest), json_bool(t->on->inf_nan));
    fprintf(file,
            "\"cases_passed\": %d, \"cases_failed\": %d, \"cases_unsupported\": %d, \"runs\": %d, "
            "\"programs\": %zu, \"seconds\": %.3f,\n",
            t->cases.passed, t->cases.failed, t->cases.unsupported, t->runs,
            session_program_count(t->on), t->seconds);
}

static void json_accuracy_row(FILE *file, const totals *t, int types, int backward)
{
    const accuracy_row *const row = &t->accuracy[types][backward];
    fprintf(file, "%s\n    {", types || backward ? "," : "");
    json_text(file, "types", types_name(types));
    json_text(file, "direction", backward ? "backward" : "forward");
    fprintf(file, "\"cases\": %d, \"unsupported\": %d, \"runs\": %d, \"results\": %" PRId64 ", ",
            row->cases, row->unsupported, row->runs, row->compared);
    json_double(file, "greatest_eps", row->greatest);
    json_double(file, "mean_eps", accuracy_mean(row));
    json_double(file, "bound_eps", row->bound);
    json_double(file, "greatest_share", row->share);
    if (row->worst_case < 0) {
        fprintf(file, "\"case\": null, \"index\": []}");
        return;
    }
    fprintf(file, "\"case\": %d, \"index\": [", row->worst_case);
    const int rank = cases_get(row->worst_case).row.rank;
    for (int axis = 0; axis < rank; ++axis)
        fprintf(file, "%s%" PRId64, axis ? ", " : "", row->where[axis]);
    fprintf(file, "]}");
}

static void json_accuracy(FILE *file, const totals *t)
{
    fprintf(file, "  \"accuracy\": [");
    for (int types = 0; types < TYPES_COUNT; ++types)
        for (int backward = 0; backward < 2; ++backward)
            json_accuracy_row(file, t, types, backward);
    fprintf(file, "\n  ],\n");
}

static void json_counts(FILE *file, const totals *t)
{
    fprintf(file, "  \"sections\": [");
    for (int s = 0; s < SECTION_COUNT; ++s) {
        fprintf(file, "%s\n    {", s ? "," : "");
        json_text(file, "name", section_name((section)s));
        fprintf(file, "\"passed\": %d, \"failed\": %d, \"unsupported\": %d}", t->sections[s].passed,
                t->sections[s].failed, t->sections[s].unsupported);
    }
    fprintf(file, "\n  ],\n  \"checks\": [");
    for (int kind = 0; kind < CHECK_COUNT; ++kind) {
        fprintf(file, "%s\n    {", kind ? "," : "");
        json_text(file, "name", check_name((check_kind)kind));
        fprintf(file, "\"passed\": %d, \"failed\": %d}", t->checks[kind].passed,
                t->checks[kind].failed);
    }
    fprintf(file, "\n  ],\n  \"variants\": [");
    for (size_t i = 0; i < MAX_VARIANTS && cllrn_variant_name(i); ++i) {
        fprintf(file, "%s\n    {", i ? "," : "");
        json_text(file, "name", cllrn_variant_name(i));
        fprintf(file, "\"runs\": %d}", t->variant_runs[i]);
    }
    fprintf(file, "\n  ],\n");
}

static void json_combined(FILE *file, const char *name, int f64, const combined *c)
{
    fputs("\n    {", file);
    json_text(file, "list", name);
    json_text(file, "types", f64 ? "f64" : "f32, f16, bf16");
    json_digest(file, "digest", c->missing == 0, c->digest);
    json_digest(file, "expected", true, c->expected);
    fprintf(file, "\"cases\": %d, \"missing\": %d}", c->cases, c->missing);
}

static void json_digests(FILE *file, const totals *t)
{
    fprintf(file, "  \"digests\": [");
    for (int f64 = 0; t->complete && f64 < 2; ++f64) {
        fputs(f64 ? "," : "", file);
        json_combined(file, "quick", f64, &t->quick[f64]);
        fputs(",", file);
        json_combined(file, t->list, f64, &t->all[f64]);
    }
    fprintf(file, "\n  ],\n");
}

static void json_cases(FILE *file, const totals *t)
{
    fprintf(file, "  \"cases\": [");
    for (int i = 0; i < t->count; ++i) {
        const case_result *const r = &t->results[i];
        char text[CASE_TEXT];
        case_describe(&r->c, text);
        fprintf(file, "%s\n    {\"number\": %d, ", i ? "," : "", r->c.number);
        json_text(file, "section", section_name(r->c.row.section));
        json_text(file, "description", text);
        json_text(file, "verdict", verdict_names[r->verdict]);
        fprintf(file, "\"runs\": %d, \"seconds\": %.6f, ", r->runs, r->seconds);
        json_digest(file, "digest", r->digested, r->digest);
        fputs("\"failure\": ", file);
        if (r->verdict == VERDICT_FAILED)
            json_string(file, r->why);
        else
            fputs("null", file);
        fputs("}", file);
    }
    fprintf(file, "\n  ]\n}\n");
}

static void write_json(FILE *file, const totals *t)
{
    json_head(file, t);
    json_accuracy(file, t);
    json_counts(file, t);
    json_digests(file, t);
    json_cases(file, t);
}

/* ------------------------------------------------------------------------ XML */

/* Writes text for XML; control characters and bytes beyond ASCII become '?'. */
static void xml_text(FILE *file, const char *text)
{
    for (; *text; ++text) {
        if (*text == '&')
            fputs("&amp;", file);
        else if (*text == '<')
            fputs("&lt;", file);
        else if (*text == '>')
            fputs("&gt;", file);
        else if (*text == '"')
            fputs("&quot;", file);
        else
            fputc(*text >= 0x20 && *text < 0x7f ? *text : '?', file);
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
    char text[CASE_TEXT];
    case_describe(&r->c, text);
    fprintf(file, "    <testcase classname=\"cllrn.verify.%s\" name=\"case %d: ",
            section_name(r->c.row.section), r->c.number);
    xml_text(file, text);
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
    xml_property(file, "driver", t->on->driver);
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
