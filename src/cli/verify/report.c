/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "digests.h"
#include "text.h"

#include <inttypes.h>

static const char *yes_no(bool value)
{
    return value ? "yes" : "no";
}

void report_print_begin(const facts *f)
{
    printf("device      %s\n", fact_text(f, FACT_NAME));
    if (facts_are_of_opencl(f)) {
        text_fold(stdout, 12, "platform", "%s, %s, driver %s", fact_text(f, FACT_PLATFORM_NAME),
                  fact_text(f, FACT_VERSION), fact_text(f, FACT_DRIVER));
        printf("reports     fp64 %s, round to nearest %s, inf/nan %s\n", yes_no(f->fp64),
               yes_no(f->nearest), yes_no(f->inf_nan));
    }
    printf("library     cllrn %s, arithmetic %" PRId64 "%s%s\n", f->version, f->arithmetic,
           *f->kernels ? ", kernels " : "", f->kernels);
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
    printf("%8.3f %6.3f %6.2f %3.0f%%  %d (%s)\n", row->accuracy.greatest, totals_mean(row),
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

static void print_counts(const char *name, const counts row)
{
    printf("%-18s %6d %6d", name, row[VERDICT_PASSED], row[VERDICT_FAILED]);
    if (row[VERDICT_UNSUPPORTED] > 0 || row[VERDICT_WAIVED] > 0)
        printf(" %11d", row[VERDICT_UNSUPPORTED]);
    if (row[VERDICT_WAIVED] > 0)
        printf(" %6d", row[VERDICT_WAIVED]);
    putchar('\n');
}

static void print_sections(const totals *t)
{
    printf("\ncases              passed failed unsupported%s\n",
           t->cases[VERDICT_WAIVED] ? " waived" : "");
    for (int s = 0; s < SECTION_COUNT; ++s)
        if (totals_cases(t->sections[s]) > 0)
            print_counts(section_names[s], t->sections[s]);
    printf("\nchecks             passed failed\n");
    for (int kind = 0; kind < CHECK_COUNT; ++kind)
        print_counts(check_names[kind], t->checks[kind]);
    printf("%-18s ", "rounding mode");
    printf(t->of->nearest ? "to nearest\n" : "round to zero: no digests, twice the bounds\n");
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
    if (!t->complete || !t->of->nearest)
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
    if (t->cases[VERDICT_WAIVED] > 0)
        printf(", %d waived", t->cases[VERDICT_WAIVED]);
    printf("; %d runs, %" PRId64 " programs, %.1f s\n", t->runs, t->of->programs, t->seconds);
}
