/* SPDX-License-Identifier: Apache-2.0 */
#include "summary.h"

#include "digests.h"
#include "fold.h"

#include <inttypes.h>
#include <stdio.h>

static const char *yes_no(bool value)
{
    return value ? "yes" : "no";
}

void summary_print_begin(const session *on)
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

static void print_accuracy_row(const verification *v, int types, int backward)
{
    const accuracy_row *const row = &v->totals->accuracy[types][backward];
    const int supported = row->cases - row->unsupported;
    if (row->cases == 0)
        return;
    printf("%-5s %-8s ", types_name((kind_of_types)types), backward ? "backward" : "forward");
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
    printf("%8.3f %6.3f %6.2f %3.0f%%  %d %s\n", row->greatest,
           row->compared ? row->sum / (double)row->compared : 0, row->bound, 100 * row->share,
           row->worst_case, where);
}

static void print_accuracy(const verification *v)
{
    printf("\ntypes          cases  runs greatest   mean  bound share case with the greatest\n");
    for (int types = 0; types < TYPES_COUNT; ++types)
        for (int backward = 0; backward < 2; ++backward)
            print_accuracy_row(v, types, backward);
    printf("errors in eps, 2^-23 of the exact value, 2^-52 for f64; a 16-bit result's own\n"
           "rounding is taken off; bound: of the case with the greatest error; share: the\n"
           "greatest of any case's own bound\n");
}

static void print_section_row(const char *name, const section_row *row)
{
    printf("%-18s %6d %6d", name, row->passed, row->failed);
    if (row->unsupported > 0)
        printf(" %11d", row->unsupported);
    putchar('\n');
}

static void print_sections(const verification *v)
{
    const totals *const t = v->totals;
    printf("\ncases              passed failed unsupported\n");
    for (int s = 0; s < SECTION_COUNT; ++s) {
        const section_row *const row = &t->sections[s];
        if (row->passed + row->failed + row->unsupported > 0)
            print_section_row(section_name((section)s), row);
    }
    printf("\nchecks             passed failed\n");
    for (int kind = 0; kind < CHECK_COUNT; ++kind)
        print_section_row(check_name((check_kind)kind), &t->checks[kind]);
    printf("%-18s ", "rounding mode");
    printf(v->on->nearest ? "to nearest\n" : "round to zero: no digests, twice the bounds\n");
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

static void print_digests(const verification *v)
{
    if (!v->complete || !v->on->nearest)
        return;
    printf("\ndigests\n");
    for (int f64 = 0; f64 < 2; ++f64)
        print_combined("quick", f64, &v->totals->quick[f64]);
    for (int f64 = 0; f64 < 2 && v->totals->all[0].cases > v->totals->quick[0].cases; ++f64)
        print_combined(v->list, f64, &v->totals->all[f64]);
}

static void print_single(const verification *v)
{
    const case_result *const r = &v->totals->results[0];
    uint64_t expected;
    if (r->digested)
        printf("\ndigest %016" PRIx64, r->digest);
    if (r->digested && digests_find(r->c.number, &expected))
        printf(", expected %016" PRIx64, expected);
    putchar('\n');
}

void summary_print(const verification *v)
{
    print_accuracy(v);
    print_sections(v);
    print_digests(v);
    if (!v->complete && v->totals->count == 1)
        print_single(v);
    putchar('\n');
}

void summary_print_end(const verification *v)
{
    const totals *const t = v->totals;
    printf("%d passed, %d failed", t->passed, t->failed);
    if (t->unsupported > 0)
        printf(", %d unsupported", t->unsupported);
    printf("; %d runs, %zu programs, %.1f s\n", t->runs, v->programs, t->seconds);
}
