/* SPDX-License-Identifier: Apache-2.0 */
/* `cllrn verify --help` documents the JSON. */
#include "report.h"

#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *const verdict_names[VERDICT_COUNT] = {"passed", "failed", "unsupported"};

report_format report_format_of(const char *path)
{
    const char *const ending = strrchr(path, '.');
    if (ending && strcmp(ending, ".json") == 0)
        return REPORT_JSON;
    return ending && strcmp(ending, ".xml") == 0 ? REPORT_JUNIT : REPORT_NONE;
}

/* ----------------------------------------------------------------------- JSON */

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

static void json_head(FILE *file, const verification *v)
{
    const totals *const t = v->totals;
    fprintf(file, "{\n  ");
    json_text(file, "schema", "cllrn-verify-1");
    json_text(file, "version", cllrn_version());
    fprintf(file, "\"arithmetic\": %u, ", (unsigned)cllrn_arithmetic_version());
    json_text(file, "kernels", session_kernel_hash(v->on));
    json_text(file, "list", v->list);
    fprintf(file, "\"passed\": %s,\n  \"device\": {", json_bool(!v->failed));
    json_text(file, "platform", v->on->device.platform_name);
    json_text(file, "name", v->on->device.name);
    json_text(file, "driver_version", v->on->driver);
    json_text(file, "version", v->on->version);
    fprintf(file, "\"fp64\": %s, \"round_to_nearest\": %s, \"inf_nan\": %s},\n  ",
            json_bool(v->on->fp64), json_bool(v->on->nearest), json_bool(v->on->inf_nan));
    fprintf(file,
            "\"cases_passed\": %d, \"cases_failed\": %d, \"cases_unsupported\": %d, \"runs\": %d, "
            "\"programs\": %zu, \"seconds\": %.3f,\n",
            t->passed, t->failed, t->unsupported, t->runs, v->programs, t->seconds);
}

static void json_accuracy_row(FILE *file, const verification *v, int types, int backward)
{
    const accuracy_row *const row = &v->totals->accuracy[types][backward];
    fprintf(file, "%s\n    {", types || backward ? "," : "");
    json_text(file, "types", types_name((kind_of_types)types));
    json_text(file, "direction", backward ? "backward" : "forward");
    fprintf(file, "\"cases\": %d, \"unsupported\": %d, \"runs\": %d, \"results\": %" PRId64 ", ",
            row->cases, row->unsupported, row->runs, row->compared);
    json_double(file, "greatest_eps", row->greatest);
    json_double(file, "mean_eps", row->compared ? row->sum / (double)row->compared : 0);
    json_double(file, "bound_eps", row->bound);
    json_double(file, "greatest_share", row->share);
    if (row->worst_case < 0) {
        fprintf(file, "\"case\": null, \"index\": []}");
        return;
    }
    fprintf(file, "\"case\": %d, \"index\": [", row->worst_case);
    const int rank = cases_get(row->worst_case).rank;
    for (int axis = 0; axis < rank; ++axis)
        fprintf(file, "%s%" PRId64, axis ? ", " : "", row->where[axis]);
    fprintf(file, "]}");
}

static void json_accuracy(FILE *file, const verification *v)
{
    fprintf(file, "  \"accuracy\": [");
    for (int types = 0; types < TYPES_COUNT; ++types)
        for (int backward = 0; backward < 2; ++backward)
            json_accuracy_row(file, v, types, backward);
    fprintf(file, "\n  ],\n");
}

static void json_counts(FILE *file, const verification *v)
{
    const totals *const t = v->totals;
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

static void json_digests(FILE *file, const verification *v)
{
    fprintf(file, "  \"digests\": [");
    for (int f64 = 0; v->complete && f64 < 2; ++f64) {
        fputs(f64 ? "," : "", file);
        json_combined(file, "quick", f64, &v->totals->quick[f64]);
        fputs(",", file);
        json_combined(file, v->list, f64, &v->totals->all[f64]);
    }
    fprintf(file, "\n  ],\n");
}

static void json_cases(FILE *file, const verification *v)
{
    fprintf(file, "  \"cases\": [");
    for (int i = 0; i < v->totals->count; ++i) {
        const case_result *const r = &v->totals->results[i];
        char text[CASE_TEXT];
        case_describe(&r->c, text);
        fprintf(file, "%s\n    {\"number\": %d, ", i ? "," : "", r->c.number);
        json_text(file, "section", section_name(r->c.section));
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

static void write_json(FILE *file, const verification *v)
{
    json_head(file, v);
    json_accuracy(file, v);
    json_counts(file, v);
    json_digests(file, v);
    json_cases(file, v);
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
            section_name(r->c.section), r->c.number);
    xml_text(file, text);
    fprintf(file, "\" time=\"%.6f\"", r->seconds);
    if (r->verdict == VERDICT_PASSED) {
        fputs("/>\n", file);
    } else if (r->verdict == VERDICT_UNSUPPORTED) {
        fputs(
            "><skipped message=\"the device lacks float64, or infinities and NaNs\"/></testcase>\n",
            file);
    } else {
        fputs("><failure message=\"", file);
        xml_text(file, r->why);
        fputs("\"/></testcase>\n", file);
    }
}

static void xml_section(FILE *file, const verification *v, section s)
{
    const section_row *const row = &v->totals->sections[s];
    const int tests = row->passed + row->failed + row->unsupported;
    if (tests == 0)
        return;
    fprintf(file,
            "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\">\n"
            "    <properties>\n",
            section_name(s), tests, row->failed, row->unsupported);
    xml_property(file, "version", cllrn_version());
    xml_property(file, "kernels", session_kernel_hash(v->on));
    xml_property(file, "list", v->list);
    xml_property(file, "platform", v->on->device.platform_name);
    xml_property(file, "device", v->on->device.name);
    xml_property(file, "driver", v->on->driver);
    fputs("    </properties>\n", file);
    for (int i = 0; i < v->totals->count; ++i)
        if (v->totals->results[i].c.section == s)
            xml_case(file, &v->totals->results[i]);
    fputs("  </testsuite>\n", file);
}

static void write_junit(FILE *file, const verification *v)
{
    const totals *const t = v->totals;
    fprintf(file,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"cllrn verify\" tests=\"%d\" failures=\"%d\" errors=\"0\" "
            "skipped=\"%d\" time=\"%.3f\">\n",
            t->count, t->failed, t->unsupported, t->seconds);
    for (int s = 0; s < SECTION_COUNT; ++s)
        xml_section(file, v, (section)s);
    fputs("</testsuites>\n", file);
}

void report_write(const verification *v, report_format format, FILE *file)
{
    if (format == REPORT_JSON)
        write_json(file, v);
    else
        write_junit(file, v);
}
