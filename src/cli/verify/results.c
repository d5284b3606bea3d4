/* SPDX-License-Identifier: Apache-2.0 */
#include "results.h"

#include "json.h"
#include "json_value.h"
#include "printable.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void results_write_list(const totals *t, FILE *file)
{
    for (int i = 0; i < t->count; ++i)
        case_write_line(file, &t->results[i].c);
}

/* ----------------------------------------------------------------------- write */

static void add_digest(json *j, const char *name, bool known, uint64_t digest)
{
    char digits[20];
    snprintf(digits, sizeof digits, "%016" PRIx64, digest);
    json_add_text(j, name, known ? digits : NULL);
}

/* The hash of the list of cases; "" without memory. */
static sha256_text hash_of_list(const totals *t)
{
    char *text = NULL;
    size_t size = 0;
    sha256_text hash = {""};
    FILE *const file = open_memstream(&text, &size);
    if (!file)
        return hash;
    results_write_list(t, file);
    if (fclose(file) == 0)
        hash = sha256(text, size);
    free(text);
    return hash;
}

static void add_facts(json *j, const facts *f)
{
    json_open_object(j, "device");
    json_add_text(j, "platform", fact_text(f, FACT_PLATFORM_NAME));
    json_add_text(j, "name", fact_text(f, FACT_NAME));
    json_add_text(j, "driver_version", fact_text(f, FACT_DRIVER));
    json_add_text(j, "version", fact_text(f, FACT_VERSION));
    json_add_bool(j, "fp64", f->fp64);
    json_add_bool(j, "round_to_nearest", f->nearest);
    json_add_bool(j, "inf_nan", f->inf_nan);
    json_close(j);
    json_open_object(j, "submission");
    for (int i = 0; i < FACT_COUNT; ++i)
        json_add_text(j, fact_names[i], fact_text(f, (fact)i));
    json_close(j);
}

static void add_head(json *j, const totals *t)
{
    const facts *const f = t->of;
    json_add_text(j, "schema", RESULTS_SCHEMA);
    json_add_text(j, "version", f->version);
    json_add_integer(j, "arithmetic", f->arithmetic);
    json_add_text(j, "kernels", f->kernels);
    json_add_text(j, "command_sha256", f->command.chars);
    json_add_text(j, "date", f->date);
    json_add_text(j, "list", t->list);
    json_add_text(j, "list_sha256", hash_of_list(t).chars);
    json_add_integer(j, "cases_known", cases_count());
    json_add_text(j, "without", f->without);
    json_add_text(j, "programs_from", f->programs_from);
    json_add_bool(j, "passed", !totals_failed(t));
    add_facts(j, f);
    json_add_integer(j, "cases_passed", t->cases[VERDICT_PASSED]);
    json_add_integer(j, "cases_failed", t->cases[VERDICT_FAILED]);
    json_add_integer(j, "cases_unsupported", t->cases[VERDICT_UNSUPPORTED]);
    json_add_integer(j, "cases_waived", t->cases[VERDICT_WAIVED]);
    json_add_integer(j, "runs", t->runs);
    json_add_integer(j, "programs", f->programs);
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
    json_add_number(j, "mean_eps", totals_mean(row));
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
    const bool failed = r->verdict == VERDICT_FAILED || r->verdict == VERDICT_WAIVED;
    const accuracy *const a = &r->accuracy;
    json_open_object(j, NULL);
    json_add_integer(j, "number", r->c.number);
    json_add_text(j, "section", section_names[r->c.row.section]);
    json_add_text(j, "description", case_describe(&r->c).chars);
    json_add_text(j, "verdict", verdict_names[r->verdict]);
    json_add_integer(j, "runs", r->runs);
    json_add_number(j, "seconds", r->seconds);
    add_digest(j, "digest", r->digested, r->digest);
    json_add_text(j, "failure", failed ? r->why : NULL);
    json_add_text(j, "skipped", r->verdict == VERDICT_UNSUPPORTED ? r->why : NULL);
    json_add_text(j, "waiver", r->verdict == VERDICT_WAIVED ? r->waiver : NULL);
    if (r->measured) {
        json_add_integer(j, "results", a->compared);
        json_add_number(j, "greatest_eps", a->greatest);
        json_add_number(j, "sum_eps", a->sum);
        json_add_number(j, "bound_eps", a->bound);
        json_add_integers(j, "index", a->where, r->c.row.rank);
    }
    json_close(j);
}

static void add_bandwidth(json *j, const bandwidth *b)
{
    json_open_object(j, NULL);
    json_add_text(j, "direction", b->direction);
    json_add_text(j, "layout", b->layout);
    json_add_text(j, "shape", b->shape);
    json_add_number(j, "gb_per_s", b->gb_per_s);
    json_add_number(j, "copy_gb_per_s", b->copy_gb_per_s);
    json_add_number(j, "of_copy", b->gb_per_s / b->copy_gb_per_s);
    json_close(j);
}

void results_write(const totals *t, FILE *file)
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
    json_open_array(&j, "bandwidth");
    for (int i = 0; i < t->rate_count; ++i)
        add_bandwidth(&j, &t->rates[i]);
    json_close(&j);
    json_open_array(&j, "cases");
    for (int i = 0; i < t->count; ++i)
        add_case(&j, &t->results[i]);
    json_close(&j);
    json_close(&j);
}

/* ------------------------------------------------------------------------ read */

/* Reads the members of an object. */
typedef struct reader {
    json_value in;
    const char *bad; /* the first member that is missing or wrong; NULL: none */
} reader;

static void expect(reader *r, bool good, const char *name)
{
    if (!good && !r->bad)
        r->bad = name;
}

/* Reads a text of one line. */
static void read_text(reader *r, const char *name, char *text, size_t size)
{
    expect(r, json_get_text(json_member(r->in, name), text, size), name);
    printable_line(text);
}

static void read_bool(reader *r, const char *name, bool *value)
{
    expect(r, json_get_bool(json_member(r->in, name), value), name);
}

/* Reads an integer from least to greatest; leaves `least` where it is wrong. */
static int64_t read_integer(reader *r, const char *name, int64_t least, int64_t greatest)
{
    int64_t value = least;
    const bool good =
        json_get_integer(json_member(r->in, name), &value) && value >= least && value <= greatest;
    expect(r, good, name);
    return good ? value : least;
}

/* Reads a number; null is infinity, as the writer makes it. */
static double read_number(reader *r, const char *name)
{
    double value = INFINITY;
    const json_value v = json_member(r->in, name);
    expect(r, json_get_number(v, &value) || json_is_null(v), name);
    return value;
}

/* Reads a text or null, which gives false. */
static bool read_optional(reader *r, const char *name, char *text, size_t size)
{
    if (json_is_null(json_member(r->in, name)))
        return false;
    read_text(r, name, text, size);
    return true;
}

static void read_facts(reader *r, facts *f)
{
    read_text(r, "version", f->version, sizeof f->version);
    f->arithmetic = read_integer(r, "arithmetic", 0, UINT32_MAX);
    read_text(r, "kernels", f->kernels, sizeof f->kernels);
    read_text(r, "command_sha256", f->command.chars, sizeof f->command.chars);
    read_text(r, "date", f->date, sizeof f->date);
    read_text(r, "without", f->without, sizeof f->without);
    read_text(r, "programs_from", f->programs_from, sizeof f->programs_from);
    f->programs = read_integer(r, "programs", 0, INT_MAX);
    reader on = {json_member(r->in, "device"), r->bad};
    read_bool(&on, "fp64", &f->fp64);
    read_bool(&on, "round_to_nearest", &f->nearest);
    read_bool(&on, "inf_nan", &f->inf_nan);
    reader submission = {json_member(r->in, "submission"), on.bad};
    for (int i = 0; i < FACT_COUNT; ++i) {
        size_t size;
        char *const room = fact_room(f, (fact)i, &size);
        read_text(&submission, fact_names[i], room, size);
    }
    r->bad = submission.bad;
}

static bool parse_digest(const char *text, uint64_t *digest)
{
    *digest = strtoull(text, NULL, 16);
    return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

static void read_accuracy(reader *r, case_result *result)
{
    accuracy *const a = &result->accuracy;
    int axis = 0;
    result->measured = json_member(r->in, "results").at != NULL;
    if (!result->measured)
        return;
    a->compared = read_integer(r, "results", 0, INT64_MAX);
    a->greatest = read_number(r, "greatest_eps");
    a->sum = read_number(r, "sum_eps");
    a->bound = read_number(r, "bound_eps");
    a->share = a->greatest > 0 ? a->greatest / a->bound : 0;
    for (json_value at = json_first(json_member(r->in, "index")); at.at && axis < CLLRN_MAX_RANK;
         at = json_next(at))
        expect(r, json_get_integer(at, &a->where[axis++]), "index");
}

static void read_case(reader *r, case_result *result)
{
    char name[16] = "", digits[20] = "";
    int v = 0;
    memset(result, 0, sizeof *result);
    result->c = cases_get((int)read_integer(r, "number", 0, cases_count() - 1));
    read_text(r, "verdict", name, sizeof name);
    while (v < VERDICT_COUNT && strcmp(name, verdict_names[v]) != 0)
        ++v;
    expect(r, v < VERDICT_COUNT, "verdict");
    result->verdict = v < VERDICT_COUNT ? (verdict)v : VERDICT_FAILED;
    result->runs = (int)read_integer(r, "runs", 0, 1 << 20);
    result->seconds = read_number(r, "seconds");
    result->digested = read_optional(r, "digest", digits, sizeof digits);
    if (result->digested)
        expect(r, parse_digest(digits, &result->digest), "digest");
    if (!read_optional(r, "failure", result->why, sizeof result->why))
        read_optional(r, "skipped", result->why, sizeof result->why);
    read_optional(r, "waiver", result->waiver, sizeof result->waiver);
    read_accuracy(r, result);
}

/* The number of items of an array, at most `most` + 1. */
static int count_items(json_value array, int most)
{
    int count = 0;
    for (json_value at = json_first(array); at.at && count <= most; at = json_next(at))
        ++count;
    return count;
}

static void read_cases(reader *r, totals *t)
{
    for (json_value at = json_first(json_member(r->in, "cases")); at.at; at = json_next(at)) {
        case_result result;
        reader one = {at, r->bad};
        read_case(&one, &result);
        r->bad = one.bad;
        totals_add(t, &result);
    }
}

/* Reads the sums that cases do not have: of checks and of variants. */
static void read_sums(reader *r, totals *t)
{
    int kind = 0, variant = 0;
    for (json_value at = json_first(json_member(r->in, "checks")); at.at && kind < CHECK_COUNT;
         at = json_next(at), ++kind) {
        reader one = {at, r->bad};
        for (int v = 0; v < VERDICT_UNSUPPORTED; ++v)
            t->checks[kind][v] = (int)read_integer(&one, verdict_names[v], 0, INT_MAX);
        r->bad = one.bad;
    }
    for (json_value at = json_first(json_member(r->in, "variants"));
         at.at && variant < MAX_VARIANTS; at = json_next(at), ++variant) {
        reader one = {at, r->bad};
        t->variant_runs[variant] = (int)read_integer(&one, "runs", 0, INT_MAX);
        r->bad = one.bad;
    }
}

static void read_bandwidths(reader *r, totals *t)
{
    for (json_value at = json_first(json_member(r->in, "bandwidth"));
         at.at && t->rate_count < MAX_BANDWIDTHS; at = json_next(at)) {
        bandwidth *const b = &t->rates[t->rate_count++];
        reader one = {at, r->bad};
        read_text(&one, "direction", b->direction, sizeof b->direction);
        read_text(&one, "layout", b->layout, sizeof b->layout);
        read_text(&one, "shape", b->shape, sizeof b->shape);
        b->gb_per_s = read_number(&one, "gb_per_s");
        b->copy_gb_per_s = read_number(&one, "copy_gb_per_s");
        r->bad = one.bad;
    }
}

const char *results_read(const char *text, facts *of, totals *t)
{
    char schema[32] = "", list[16] = "";
    reader r = {json_parse(text), NULL};
    const int most = cases_count(), count = count_items(json_member(r.in, "cases"), most);
    memset(of, 0, sizeof *of);
    *t = (totals){.of = of, .list = "cases"};
    if (!r.in.at)
        return "the whole";
    read_text(&r, "schema", schema, sizeof schema);
    expect(&r, strcmp(schema, RESULTS_SCHEMA) == 0, "schema");
    read_facts(&r, of);
    read_text(&r, "list", list, sizeof list);
    expect(&r, count > 0 && count <= most, "cases");
    for (int i = 0; i < LIST_COUNT; ++i)
        if (strcmp(list, list_names[i]) == 0) {
            t->list = list_names[i];
            t->complete = true;
        }
    if (r.bad || !totals_begin(t, count))
        return r.bad ? r.bad : "cases";
    read_cases(&r, t);
    read_sums(&r, t);
    read_bandwidths(&r, t);
    if (r.bad)
        totals_end(t);
    return r.bad;
}
