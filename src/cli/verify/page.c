/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"

#include "chart.h"
#include "digests.h"
#include "markup.h"
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* Nothing of the page may run or load: the texts in it come from drivers. */
static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";

static const char style[] =
    "<style>\n"
    ":root { color-scheme: light dark; --paper: #ffffff; --ink: #1d2126; --faint: #5b6570;\n"
    "  --line: #d9dee3; --bar: #2f6db5; --room: #e6eef7; --limit: #b3261e; --good: #1b6e3c;\n"
    "  --bad: #b3261e; }\n"
    "@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --ink: #e4e7ea;\n"
    "  --faint: #9aa5b0; --line: #343a41; --bar: #6ea8e8; --room: #232d39; --limit: #ff9a8f;\n"
    "  --good: #7bd29b; --bad: #ff9a8f; } }\n"
    "body { background: var(--paper); color: var(--ink); max-width: 60rem; margin: 0 auto;\n"
    "  padding: 1.5rem; font: 15px/1.5 system-ui, sans-serif; }\n"
    "h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin-top: 2rem; }\n"
    "p { max-width: 46rem; } .note { color: var(--faint); }\n"
    ".good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; "
    "}\n"
    ".wide { overflow-x: auto; }\n"
    "table { border-collapse: collapse; font-size: 14px; }\n"
    "th, td { padding: 0.2rem 0.8rem 0.2rem 0; text-align: left; vertical-align: top;\n"
    "  border-bottom: 1px solid var(--line); }\n"
    "th { color: var(--faint); font-weight: 500; }\n"
    "td[data-json], .n { text-align: right; font-variant-numeric: tabular-nums; }\n"
    "td.x { overflow-wrap: anywhere; }\n"
    "code, .d { font: 13px ui-monospace, monospace; }\n"
    "svg { width: 100%; max-width: 760px; height: auto; display: block; }\n"
    "svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }\n"
    "svg .label { text-anchor: end; } .room { fill: var(--room); } .bar { fill: var(--bar); }\n"
    ".limit { stroke: var(--limit); stroke-width: 2; }\n"
    "summary { cursor: pointer; }\n"
    "</style>\n";

/* The JSON pointer of a member, for the arguments of a function. */
typedef struct pointer {
    char chars[64];
} pointer;

__attribute__((format(printf, 1, 2))) static pointer at(const char *format, ...)
{
    pointer p;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(p.chars, sizeof p.chars, format, arguments);
    va_end(arguments);
    return p;
}

static void cell(FILE *file, const char *text)
{
    fputs("<td>", file);
    markup_text(file, text);
    fputs("</td>", file);
}

static void number(FILE *file, pointer where, double value)
{
    chart_number(file, "td", where.chars, value);
}

/* Begins a table with the headings, which '|' separates; "" for none. '>': of numbers. */
static void open_table(FILE *file, const char *headings)
{
    fputs("<div class=\"wide\"><table>\n", file);
    if (*headings == '\0')
        return;
    fputs("<tr>", file);
    for (; *headings; headings += strspn(headings, "|")) {
        const bool numbers = *headings == '>';
        headings += numbers;
        const int length = (int)strcspn(headings, "|");
        fprintf(file, "<th%s>%.*s</th>", numbers ? " class=\"n\"" : "", length, headings);
        headings += length;
    }
    fputs("</tr>\n", file);
}

static void close_table(FILE *file)
{
    fputs("</table></div>\n", file);
}

/* --------------------------------------------------------------------- summary */

static void write_verdict(FILE *file, const totals *t)
{
    fprintf(file, "<p class=\"%s\">", totals_failed(t) ? "bad" : "good");
    for (int v = 0; v < VERDICT_COUNT; ++v) {
        if (t->cases[v] == 0 && v != VERDICT_FAILED && v != VERDICT_PASSED)
            continue;
        fputs(v > 0 ? ", " : "", file);
        chart_number(file, "span", at("/cases_%s", verdict_names[v]).chars, t->cases[v]);
        fprintf(file, " %s", verdict_names[v]);
    }
    fprintf(file, "</p>\n");
}

static void write_summary(FILE *file, const totals *t)
{
    const facts *const f = t->of;
    fputs("<h1>", file);
    markup_text(file, fact_text(f, FACT_PRODUCT));
    fputs("</h1>\n", file);
    write_verdict(file, t);
    fputs("<p>The ", file);
    markup_text(file, t->list);
    fputs(" list of <code>cllrn verify</code>: ", file);
    chart_number(file, "span", "/runs", t->runs);
    fprintf(file, " runs of %d cases. Cases in all lists: ", t->count);
    chart_number(file, "span", "/cases_known", cases_count());
    fputs(". Each result has to be within its bound of the exact result, and to have the bits "
          "that the host computes.</p>\n",
          file);
    open_table(file, "");
    const char *const rows[][2] = {
        {"Library", f->version},
        {"Kernels", *f->kernels ? f->kernels : "host build"},
        {"Date", f->date},
        {"Programs from", f->programs_from},
        {"SHA-256 of the command", f->command.chars},
        {"Kernels left out where not selected", *f->without ? f->without : "none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        fprintf(file, "<tr><th>%s</th><td class=\"x\">", rows[i][0]);
        markup_text(file, rows[i][1]);
        fputs("</td></tr>\n", file);
    }
    fputs("<tr><th>Arithmetic version</th><td>", file);
    chart_number(file, "span", "/arithmetic", (double)f->arithmetic);
    fputs("</td></tr>\n<tr><th>Programs</th><td>", file);
    chart_number(file, "span", "/programs", (double)f->programs);
    fputs("</td></tr>\n", file);
    close_table(file);
}

/* -------------------------------------------------------------------- accuracy */

static void write_accuracy_row(FILE *file, const totals *t, int row)
{
    const accuracy_row *const a = &t->accuracy[row / 2][row % 2];
    fputs("<tr>", file);
    cell(file, types_names[row / 2]);
    cell(file, row % 2 ? "backward" : "forward");
    number(file, at("/accuracy/%d/cases", row), a->cases);
    number(file, at("/accuracy/%d/unsupported", row), a->unsupported);
    if (a->worst_case < 0) {
        fputs("<td class=\"note\" colspan=\"5\">none compared</td></tr>\n", file);
        return;
    }
    number(file, at("/accuracy/%d/results", row), (double)a->accuracy.compared);
    number(file, at("/accuracy/%d/greatest_eps", row), a->accuracy.greatest);
    number(file, at("/accuracy/%d/mean_eps", row), totals_mean(a));
    number(file, at("/accuracy/%d/bound_eps", row), a->accuracy.bound);
    number(file, at("/accuracy/%d/greatest_share", row), a->accuracy.share);
    fputs("</tr>\n", file);
}

static void write_accuracy(FILE *file, const totals *t)
{
    chart_bar bars[2 * TYPES_COUNT];
    int count = 0;
    fputs("<h2>Accuracy</h2>\n<p>The greatest error of each type and direction (bar) and the bound "
          "of the case that has it (line), in eps: 2<sup>-23</sup> of the exact result, "
          "2<sup>-52</sup> for f64. The rounding of a 16-bit result is taken off before.</p>\n",
          file);
    for (int row = 0; row < 2 * TYPES_COUNT; ++row) {
        const accuracy_row *const a = &t->accuracy[row / 2][row % 2];
        chart_bar *const bar = &bars[count];
        if (a->worst_case < 0)
            continue;
        *bar = (chart_bar){.value = a->accuracy.greatest, .limit = a->accuracy.bound};
        snprintf(bar->label, sizeof bar->label, "%s %s", types_names[row / 2],
                 row % 2 ? "backward" : "forward");
        snprintf(bar->value_at, sizeof bar->value_at, "/accuracy/%d/greatest_eps", row);
        snprintf(bar->limit_at, sizeof bar->limit_at, "/accuracy/%d/bound_eps", row);
        ++count;
    }
    chart_write(file, "Greatest error and its bound in eps, by type and direction", bars, count);
    open_table(file, "types|direction|>cases|>unsupported|>results compared|>greatest eps|"
                     ">mean eps|>bound eps|>greatest share of a bound");
    for (int row = 0; row < 2 * TYPES_COUNT; ++row)
        write_accuracy_row(file, t, row);
    close_table(file);
}

/* --------------------------------------------------------------------- digests */

static void write_digest(FILE *file, const char *list, int f64, const combined *c, int row)
{
    fputs("<tr>", file);
    cell(file, list);
    cell(file, f64 ? "f64" : "f32, f16, bf16");
    if (c->missing > 0)
        fputs("<td>none</td>", file);
    else
        fprintf(file, "<td class=\"d\" data-json=\"/digests/%d/digest\">%016" PRIx64 "</td>", row,
                c->digest);
    fprintf(file, "<td class=\"d\" data-json=\"/digests/%d/expected\">%016" PRIx64 "</td>", row,
            c->expected);
    number(file, at("/digests/%d/cases", row), c->cases);
    number(file, at("/digests/%d/missing", row), c->missing);
    const bool good = c->missing == 0 && c->digest == c->expected;
    fprintf(file, "<td class=\"%s\">%s</td></tr>\n", good ? "good" : "note",
            good             ? "as expected"
            : c->missing > 0 ? "cases are missing"
                             : "differs");
}

static void write_digests(FILE *file, const totals *t)
{
    fputs("<h2>Digests</h2>\n<p>Of all results of a list. Devices with equal digests have equal "
          "bits.</p>\n",
          file);
    open_table(file, "list|types|digest|expected|>cases|>missing|verdict");
    /* The rows of the JSON: the quick list's and the list's, which may be the same. */
    for (int row = 0; row < 4; row += t->all[0].cases == t->quick[0].cases ? 2 : 1)
        write_digest(file, row % 2 ? t->list : "quick", row / 2,
                     row % 2 ? &t->all[row / 2] : &t->quick[row / 2], row);
    close_table(file);
}

/* ------------------------------------------------------------------- bandwidth */

static void write_bandwidth(FILE *file, const totals *t)
{
    chart_bar bars[MAX_BANDWIDTHS];
    fputs("<h2>Bandwidth</h2>\n", file);
    if (t->rate_count == 0) {
        fputs("<p class=\"note\">Not measured.</p>\n", file);
        return;
    }
    fputs("<p>Bytes that have to move, each once (bar), against the fastest copy of as many bytes "
          "(line), in 10<sup>9</sup> bytes a second; f32, size 5, beta 0.75. A short measurement: "
          "<code>cllrn bench</code> takes longer, and has all layouts and types.</p>\n",
          file);
    for (int i = 0; i < t->rate_count; ++i) {
        const bandwidth *const b = &t->rates[i];
        bars[i] = (chart_bar){.value = b->gb_per_s, .limit = b->copy_gb_per_s};
        snprintf(bars[i].label, sizeof bars[i].label, "%.10s %.8s %.20s", b->direction, b->layout,
                 b->shape);
        snprintf(bars[i].value_at, sizeof bars[i].value_at, "/bandwidth/%d/gb_per_s", i);
        snprintf(bars[i].limit_at, sizeof bars[i].limit_at, "/bandwidth/%d/copy_gb_per_s", i);
    }
    chart_write(file, "Bandwidth and the copy limit in GB/s, by problem", bars, t->rate_count);
    open_table(file, "direction|layout|shape|>GB/s|>copy GB/s|>of copy");
    for (int i = 0; i < t->rate_count; ++i) {
        const bandwidth *const b = &t->rates[i];
        fputs("<tr>", file);
        cell(file, b->direction);
        cell(file, b->layout);
        cell(file, b->shape);
        number(file, at("/bandwidth/%d/gb_per_s", i), b->gb_per_s);
        number(file, at("/bandwidth/%d/copy_gb_per_s", i), b->copy_gb_per_s);
        number(file, at("/bandwidth/%d/of_copy", i), b->gb_per_s / b->copy_gb_per_s);
        fputs("</tr>\n", file);
    }
    close_table(file);
}

/* ----------------------------------------------------------------------- cases */

/* Lists the cases with a verdict and why; nothing if there are none. */
static void write_exceptions(FILE *file, const totals *t, verdict v, const char *title)
{
    if (t->cases[v] == 0)
        return;
    fprintf(file, "<h2>%s</h2>\n", title);
    open_table(file,
               v == VERDICT_WAIVED ? ">case|description|failure|waiver" : ">case|description|why");
    for (int i = 0; i < t->count; ++i) {
        const case_result *const r = &t->results[i];
        if (r->verdict != v)
            continue;
        fputs("<tr>", file);
        number(file, at("/cases/%d/number", i), r->c.number);
        cell(file, case_describe(&r->c).chars);
        cell(file, r->why);
        if (v == VERDICT_WAIVED)
            cell(file, r->waiver);
        fputs("</tr>\n", file);
    }
    close_table(file);
}

static void write_counts(FILE *file, const totals *t)
{
    fputs("<h2>Cases by section</h2>\n", file);
    open_table(file, "section|>passed|>failed|>unsupported|>waived");
    for (int s = 0; s < SECTION_COUNT; ++s) {
        fputs("<tr>", file);
        cell(file, section_names[s]);
        for (int v = 0; v < VERDICT_COUNT; ++v)
            number(file, at("/sections/%d/%s", s, verdict_names[v]), t->sections[s][v]);
        fputs("</tr>\n", file);
    }
    close_table(file);
    fputs("<h2>Checks</h2>\n", file);
    open_table(file, "check|>passed|>failed");
    for (int kind = 0; kind < CHECK_COUNT; ++kind) {
        fputs("<tr>", file);
        cell(file, check_names[kind]);
        for (int v = 0; v < VERDICT_UNSUPPORTED; ++v)
            number(file, at("/checks/%d/%s", kind, verdict_names[v]), t->checks[kind][v]);
        fputs("</tr>\n", file);
    }
    close_table(file);
}

static void write_facts(FILE *file, const facts *f)
{
    fputs("<h2>Device and machine</h2>\n", file);
    open_table(file, "");
    for (int i = 0; i < FACT_COUNT; ++i) {
        fprintf(file, "<tr><th>%s</th><td class=\"x\">", fact_names[i]);
        markup_text(file, fact_text(f, (fact)i));
        fputs("</td></tr>\n", file);
    }
    close_table(file);
}

static void write_cases(FILE *file, const totals *t)
{
    fprintf(file, "<h2>All cases</h2>\n<details><summary>%d cases</summary>\n", t->count);
    open_table(file, ">case|description|verdict|>runs|digest");
    for (int i = 0; i < t->count; ++i) {
        const case_result *const r = &t->results[i];
        fputs("<tr>", file);
        number(file, at("/cases/%d/number", i), r->c.number);
        cell(file, case_describe(&r->c).chars);
        cell(file, verdict_names[r->verdict]);
        number(file, at("/cases/%d/runs", i), r->runs);
        if (r->digested)
            fprintf(file, "<td class=\"d\" data-json=\"/cases/%d/digest\">%016" PRIx64 "</td>", i,
                    r->digest);
        fputs("</tr>\n", file);
    }
    close_table(file);
    fputs("</details>\n", file);
}

void page_write(const totals *t, FILE *file)
{
    fputs(head, file);
    fputs("<title>", file);
    markup_text(file, fact_text(t->of, FACT_PRODUCT));
    fprintf(file, "</title>\n%s</head>\n<body>\n", style);
    write_summary(file, t);
    write_exceptions(file, t, VERDICT_FAILED, "Failed");
    write_exceptions(file, t, VERDICT_WAIVED, "Failed, and waived");
    write_accuracy(file, t);
    write_digests(file, t);
    write_bandwidth(file, t);
    write_counts(file, t);
    write_exceptions(file, t, VERDICT_UNSUPPORTED, "Skipped: not supported by the device");
    write_facts(file, t->of);
    write_cases(file, t);
    fputs("</body>\n</html>\n", file);
}
