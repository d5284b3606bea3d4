/* SPDX-License-Identifier: Apache-2.0 */
#include "qualify.h"

#include "case_run.h"
#include "digests.h"
#include "iterator.h"
#include "json.h"
#include "option.h"
#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REPEATS = 10 };

const char *const verdict_names[VERDICT_COUNT] = {"passed", "failed", "unsupported", "waived"};
const char *const check_names[CHECK_COUNT] = {
    "selected variant", "every variant", "in place", "accuracy",
    "locality",         "repeated runs", "digests",
};

/* The arguments and the result of one case. */
typedef struct inquiry {
    const session *on;
    const case_buffers *s;
    case_list effort;
    const char *without;
    case_result *result;
} inquiry;

/* Counts a check. The text says why the check failed; the first failure's is kept. */
__attribute__((format(printf, 4, 5))) static void judge(inquiry *q, check_kind kind, bool passed,
                                                        const char *format, ...)
{
    ++q->result->checks[kind][passed ? VERDICT_PASSED : VERDICT_FAILED];
    if (passed || q->result->why[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(q->result->why, sizeof q->result->why, format, arguments);
    va_end(arguments);
}

/* --------------------------------------------------------------------- runs */

static void count_run(inquiry *q, const char *variant)
{
    ++q->result->runs;
    for (size_t i = 0; i < MAX_VARIANTS && cllrn_variant_name(i); ++i)
        if (variant && strcmp(cllrn_variant_name(i), variant) == 0)
            ++q->result->variant_runs[i];
}

/* Whether bits have a meaning: a device may flush subnormals, or not round to nearest. */
static bool is_comparable(const inquiry *q)
{
    return q->on->nearest && case_has_digest(q->s->c);
}

/*
 * Runs a variant and compares. True if it ran, even with a wrong result; *ran becomes the
 * variant, NULL if there was no plan.
 */
static bool run(inquiry *q, const char *variant, check_kind kind, const char **ran)
{
    char why[WHY_SIZE] = "";
    const run_outcome outcome = case_run(q->on, q->s, variant, ran, why);
    if (outcome == RUN_NOT_POSSIBLE)
        return false;
    count_run(q, *ran);
    if (outcome == RUN_DONE && !is_comparable(q))
        case_buffers_accept(q->s);
    const bool right = outcome == RUN_DONE && case_buffers_compare(q->s, why);
    judge(q, kind, right, "%s%s: %.600s", *ran ? *ran : "no plan", alias_names[q->s->in_place],
          why);
    return outcome == RUN_DONE;
}

/* The additions of "strided", which sums every window anew; a gradient sums windows of windows. */
static double work_of_strided(const case_buffers *s)
{
    iterator_window windows[CLLRN_MAX_WINDOW];
    double taps = 1;
    for (int i = iterator_windows(&s->c->params, &s->x.tensor, windows) - 1; i >= 0; --i)
        taps *= fmin((double)(windows[i].lower + windows[i].upper + 1), 64);
    const double work = (double)case_elements(s->c) * taps;
    return s->c->backward ? work * taps : work;
}

/* Whether "strided" takes too long for the devices that a list is for: interpreters, CPUs. */
static bool is_too_much(const inquiry *q, const char *variant)
{
    static const double most[] = {[LIST_QUICK] = 4200, [LIST_DEFAULT] = 1e7, [LIST_FULL] = 1e9};
    return strcmp(variant, "strided") == 0 && work_of_strided(q->s) > most[q->effort];
}

static bool is_left_out(const inquiry *q, const char *variant)
{
    const char *list = q->without, *item;
    size_t length;
    while (option_next_item(&list, &item, &length))
        if (length == strlen(variant) && strncmp(item, variant, length) == 0)
            return true;
    return false;
}

/* Runs all variants but `done`, which may be NULL, and those that are not wanted. */
static void run_variants(inquiry *q, check_kind kind, const char *done)
{
    for (size_t i = 0; cllrn_variant_name(i); ++i) {
        const char *const name = cllrn_variant_name(i), *ran;
        if (!(done && strcmp(name, done) == 0) && !is_too_much(q, name) && !is_left_out(q, name))
            run(q, name, kind, &ran);
    }
}

static void run_in_place(inquiry *q, alias where)
{
    case_buffers s;
    const char *selected;
    if (!case_buffers_possible(q->s->c, where))
        return;
    if (!case_buffers_make(q->s->c, where, &s)) {
        judge(q, CHECK_IN_PLACE, false, "the host build fails%s", alias_names[where]);
        return;
    }
    inquiry there = *q;
    there.s = &s;
    run(&there, NULL, CHECK_IN_PLACE, &selected);
    if (q->effort > LIST_QUICK)
        run_variants(&there, CHECK_IN_PLACE, selected);
    case_buffers_free(&s);
}

/* ------------------------------------------------------- checks of one result */

static void check_accuracy(inquiry *q)
{
    accuracy *const measured = &q->result->accuracy;
    if (!case_has_bound(q->s->c))
        return;
    q->result->measured = accuracy_measure(q->s, q->on->nearest, measured);
    if (q->result->measured)
        judge(q, CHECK_ACCURACY, measured->greatest <= measured->bound,
              "element (%s) is off by %.4g eps, the bound is %.4g",
              text_of_list(measured->where, q->s->c->row.rank, ", ").chars, measured->greatest,
              measured->bound);
    else
        judge(q, CHECK_ACCURACY, false, "the reference fails");
}

static void check_locality(inquiry *q)
{
    char why[WHY_SIZE] = "";
    const content what = q->s->c->row.content;
    if (what != CONTENT_ONE_NAN && what != CONTENT_ONE_INF && what != CONTENT_NAN_DY)
        return;
    const bool right = case_buffers_check_reach(q->s, why);
    judge(q, CHECK_LOCALITY, right, "%.600s", why);
}

static void check_digest(inquiry *q)
{
    case_result *const result = q->result;
    uint64_t host, expected;
    if (!is_comparable(q))
        return;
    result->digested = case_buffers_digest(q->s, q->s->result, 0, &result->digest) &&
                       case_buffers_digest(q->s, q->s->expected, 0, &host);
    if (!result->digested)
        judge(q, CHECK_DIGEST, false, "cllrn_digest fails");
    else if (!digests_find(result->c.number, &expected))
        return; /* reported once, at the end */
    else if (host != expected)
        judge(q, CHECK_DIGEST, false,
              "digest %016" PRIx64
              " is expected, but the host build of this command has %016" PRIx64
              ": its compiler broke the arithmetic",
              expected, host);
    else
        judge(q, CHECK_DIGEST, result->digest == expected,
              "digest %016" PRIx64 ", expected %016" PRIx64, result->digest, expected);
}

/* ----------------------------------------------------------------- repeatability */

static bool run_for_digest(inquiry *q, const case_buffers *s, uint64_t first_position,
                           uint64_t *digest)
{
    char why[WHY_SIZE] = "";
    const char *ran = NULL;
    if (case_run(q->on, s, NULL, &ran, why) != RUN_DONE) {
        judge(q, CHECK_REPEAT, false, "%s: %.600s", ran ? ran : "no plan", why);
        return false;
    }
    count_run(q, ran);
    return case_buffers_digest(s, s->result, first_position, digest);
}

static void check_runs(inquiry *q)
{
    uint64_t first = 0, digest = 0;
    int runs = 0;
    do
        if (!run_for_digest(q, q->s, 0, runs == 0 ? &first : &digest))
            return;
    while (++runs < REPEATS && (runs == 1 || digest == first));
    judge(q, CHECK_REPEAT, digest == first,
          "run %d has digest %016" PRIx64 ", the first had %016" PRIx64, runs, digest, first);
}

/* Checks that the digests of the first axis' slices, in the same buffers, add up to the whole's. */
static void check_slices(inquiry *q)
{
    const verify_case *const c = q->s->c;
    const int64_t count = c->row.dims[0];
    const int64_t channels = c->row.dims[iterator_channel_axis(&q->s->x.tensor)];
    const uint64_t positions = (uint64_t)(case_elements(c) / count / channels);
    uint64_t whole, sum = 0;
    if (!run_for_digest(q, q->s, 0, &whole))
        return;
    for (int64_t i = 0; i < count; ++i) {
        const case_buffers slice = case_buffers_slice(q->s, i);
        uint64_t digest;
        if (!run_for_digest(q, &slice, (uint64_t)i * positions, &digest))
            return;
        sum += digest;
    }
    judge(q, CHECK_REPEAT, sum == whole,
          "the digests of its %" PRId64 " slices add up to %016" PRIx64 ", not to %016" PRIx64,
          count, sum, whole);
}

/* -------------------------------------------------------------------- the case */

static void look_at(inquiry *q)
{
    const char *selected;
    if (run(q, NULL, CHECK_SELECTED, &selected)) {
        /* These check the result of the selected variant, before the next run. */
        if (case_elements(q->s->c) > 0)
            check_accuracy(q);
        check_digest(q);
        check_locality(q);
    }
    run_variants(q, CHECK_VARIANTS, selected);
    run_in_place(q, ALIAS_X);
    run_in_place(q, ALIAS_DY);
    if (q->s->c->row.section == SECTION_REPEAT) {
        check_runs(q);
        check_slices(q);
    }
}

/*
 * Keeps as many digits as JSON does, so that sums made from the JSON are the sums made here.
 */
static void round_result(case_result *result)
{
    accuracy *const a = &result->accuracy;
    a->greatest = json_rounded(a->greatest);
    a->sum = json_rounded(a->sum);
    a->bound = json_rounded(a->bound);
    a->share = a->greatest > 0 ? a->greatest / a->bound : 0;
    result->seconds = json_rounded(result->seconds);
}

void qualify_case(const session *on, const verify_case *c, case_list effort, const char *without,
                  case_result *result)
{
    const double begin = operation_clock();
    case_buffers s;
    memset(result, 0, sizeof *result);
    result->c = *c;
    const char *const unsupported = case_unsupported(c, on->fp64, on->inf_nan);
    if (unsupported) {
        result->verdict = VERDICT_UNSUPPORTED;
        snprintf(result->why, sizeof result->why, "%s", unsupported);
        return;
    }
    inquiry q = {.on = on, .s = &s, .effort = effort, .without = without, .result = result};
    if (case_buffers_make(c, ALIAS_NONE, &s)) {
        look_at(&q);
        case_buffers_free(&s);
    } else {
        judge(&q, CHECK_SELECTED, false, "the host build fails");
    }
    for (int kind = 0; kind < CHECK_COUNT; ++kind)
        if (result->checks[kind][VERDICT_FAILED] > 0)
            result->verdict = VERDICT_FAILED;
    result->seconds = operation_clock() - begin;
    round_result(result);
}
