/* SPDX-License-Identifier: Apache-2.0 */
#include "totals.h"

#include "digests.h"
#include "message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const types_names[TYPES_COUNT] = {"f32", "f16", "bf16", "f64", "mixed"};

static int types_of(const verify_case *c)
{
    int types = 0;
    while (types < TYPES_MIXED && strcmp(types_names[types], c->types.name) != 0)
        ++types;
    return types;
}

bool totals_begin(totals *t, int wanted)
{
    for (int types = 0; types < TYPES_COUNT; ++types)
        t->accuracy[types][0].worst_case = t->accuracy[types][1].worst_case = -1;
    t->wanted = wanted;
    t->results = calloc((size_t)wanted, sizeof *t->results);
    return t->results || message_fail("out of memory for the results of %d cases", wanted);
}

static void add_accuracy(accuracy_row *row, const case_result *r)
{
    const struct accuracy before = row->accuracy, *const added = &r->accuracy;
    ++row->cases;
    row->runs += r->runs;
    row->unsupported += r->verdict == VERDICT_UNSUPPORTED;
    if (!r->measured)
        return;
    if (row->worst_case < 0 || added->greatest > before.greatest) {
        row->accuracy = *added;
        row->worst_case = r->c.number;
    }
    row->accuracy.compared = before.compared + added->compared;
    row->accuracy.sum = before.sum + added->sum;
    row->accuracy.share = fmax(before.share, added->share);
}

/* Adds a digest with a weight by case number, so that swapped digests change the sum. */
static void add_digest(combined *to, const case_result *r)
{
    uint64_t expected = 0;
    const uint64_t weight = 2 * (uint64_t)r->c.number + 1;
    if (!case_has_digest(&r->c))
        return;
    digests_find(r->c.number, &expected);
    ++to->cases;
    to->missing += !r->digested;
    to->digest += weight * r->digest;
    to->expected += weight * expected;
}

void totals_add(totals *t, const case_result *r)
{
    const bool f64 = case_is_f64(&r->c);
    t->results[t->count++] = *r;
    t->runs += r->runs;
    t->seconds += r->seconds;
    ++t->cases[r->verdict];
    ++t->sections[r->c.row.section][r->verdict];
    for (int i = 0; i < MAX_VARIANTS; ++i)
        t->variant_runs[i] += r->variant_runs[i];
    for (int kind = 0; kind < CHECK_COUNT; ++kind)
        for (int v = 0; v < VERDICT_COUNT; ++v)
            t->checks[kind][v] += r->checks[kind][v];
    add_accuracy(&t->accuracy[types_of(&r->c)][r->c.backward], r);
    add_digest(&t->all[f64], r);
    if (r->c.list == LIST_QUICK)
        add_digest(&t->quick[f64], r);
}

void totals_end(totals *t)
{
    free(t->results);
    memset(t, 0, sizeof *t);
}

double totals_mean(const accuracy_row *row)
{
    return row->accuracy.compared ? row->accuracy.sum / (double)row->accuracy.compared : 0;
}

int totals_cases(const counts row)
{
    int cases = 0;
    for (int v = 0; v < VERDICT_COUNT; ++v)
        cases += row[v];
    return cases;
}

bool totals_failed(const totals *t)
{
    return t->cases[VERDICT_FAILED] > 0 || !digests_are_current();
}
