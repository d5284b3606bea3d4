/* SPDX-License-Identifier: Apache-2.0 */
#include "totals.h"

#include "digests.h"
#include "message.h"

#include <stdlib.h>
#include <string.h>

const char *types_name(kind_of_types types)
{
    static const char *const names[TYPES_COUNT] = {"f32", "f16", "bf16", "f64", "mixed"};
    return names[types];
}

static kind_of_types types_of(const verify_case *c)
{
    if (c->x_type != c->dst_type || c->dy_type != c->dst_type)
        return TYPES_MIXED;
    switch (c->dst_type) {
    case CLLRN_DTYPE_F16:
        return TYPES_F16;
    case CLLRN_DTYPE_BF16:
        return TYPES_BF16;
    case CLLRN_DTYPE_F64:
        return TYPES_F64;
    default:
        return TYPES_F32;
    }
}

bool totals_begin(totals *t, int greatest_count)
{
    memset(t, 0, sizeof *t);
    for (int types = 0; types < TYPES_COUNT; ++types)
        t->accuracy[types][0].worst_case = t->accuracy[types][1].worst_case = -1;
    t->results = calloc((size_t)greatest_count, sizeof *t->results);
    return t->results || message_fail("out of memory for the results of %d cases", greatest_count);
}

static void add_accuracy(accuracy_row *row, const case_result *r)
{
    ++row->cases;
    row->runs += r->runs;
    row->unsupported += r->verdict == VERDICT_UNSUPPORTED;
    if (!r->measured)
        return;
    row->compared += r->accuracy.compared;
    row->sum += r->accuracy.mean * (double)r->accuracy.compared;
    if (r->accuracy.share > row->share)
        row->share = r->accuracy.share;
    if (row->worst_case >= 0 && r->accuracy.greatest <= row->greatest)
        return;
    row->greatest = r->accuracy.greatest;
    row->bound = r->accuracy.bound;
    row->worst_case = r->c.number;
    memcpy(row->where, r->accuracy.where, sizeof row->where);
}

/* Adds a digest with a weight by case number, so that swapped digests change the sum. */
static void add_digest(combined *to, const case_result *r)
{
    uint64_t expected = 0;
    const uint64_t weight = 2 * (uint64_t)r->c.number + 1;
    if (r->c.content == CONTENT_SUBNORMAL)
        return;
    digests_find(r->c.number, &expected);
    ++to->cases;
    to->missing += !r->digested;
    to->digest += weight * r->digest;
    to->expected += weight * expected;
}

static void add_verdict(section_row *row, const case_result *r)
{
    row->passed += r->verdict == VERDICT_PASSED;
    row->failed += r->verdict == VERDICT_FAILED;
    row->unsupported += r->verdict == VERDICT_UNSUPPORTED;
}

void totals_add(totals *t, const case_result *r)
{
    section_row total = {t->passed, t->failed, t->unsupported};
    add_verdict(&total, r);
    t->passed = total.passed;
    t->failed = total.failed;
    t->unsupported = total.unsupported;
    t->results[t->count++] = *r;
    t->runs += r->runs;
    t->seconds += r->seconds;
    add_verdict(&t->sections[r->c.section], r);
    for (int i = 0; i < MAX_VARIANTS; ++i)
        t->variant_runs[i] += r->variant_runs[i];
    for (int kind = 0; kind < CHECK_COUNT; ++kind) {
        t->checks[kind].passed += r->checks[kind].passed;
        t->checks[kind].failed += r->checks[kind].failed;
    }
    add_accuracy(&t->accuracy[types_of(&r->c)][r->c.direction == CLLRN_DIRECTION_BACKWARD], r);
    add_digest(&t->all[case_is_f64(&r->c)], r);
    if (r->c.list == LIST_QUICK)
        add_digest(&t->quick[case_is_f64(&r->c)], r);
}

void totals_end(totals *t)
{
    free(t->results);
    memset(t, 0, sizeof *t);
}
