/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement of `cllrn verify`. The test stands in for the device, case_run.c: it
 * returns the host build's results, damaged in one place, and the right check has
 * to fail.
 */
#include "verify/digests.h"
#include "verify/qualify.h"
#include "verify/case_run.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------- the fake device */

typedef void damage(const case_buffers *s);

static struct {
    damage *damage;           /* NULL: none */
    const char *only_variant; /* what is damaged: a forced variant's result, NULL any */
    alias only_in_place;
    int only_run;        /* counted from 1; 0: each */
    const char *variant; /* the one beside the selected one */
    run_outcome outcome;
    int runs;
} fake;

run_outcome case_run(const session *on, const case_buffers *s, const char *variant,
                     const char **ran, char why[WHY_SIZE])
{
    (void)on;
    if (variant && !(fake.variant && strcmp(variant, fake.variant) == 0))
        return RUN_NOT_POSSIBLE;
    ++fake.runs;
    *ran = variant ? variant : "separable";
    if (fake.outcome == RUN_FAILED)
        snprintf(why, WHY_SIZE, "the kernel failed");
    memcpy(s->result, s->expected, s->dst.size);
    const bool is_meant = (!fake.only_variant || (variant && fake.only_variant == fake.variant)) &&
                          s->in_place == fake.only_in_place &&
                          (fake.only_run == 0 || fake.only_run == fake.runs);
    if (fake.damage && is_meant)
        fake.damage(s);
    return fake.outcome;
}

static void set_device(damage *how)
{
    memset(&fake, 0, sizeof fake);
    fake.damage = how;
    fake.outcome = RUN_DONE;
}

static const session fake_session = {.device = {.kind = DEVICE_OPENCL, .name = "fake"},
                                     .fp64 = true,
                                     .nearest = true,
                                     .inf_nan = true};

/* ------------------------------------------------------------------------------ cases */

/* The first case whose description contains each of up to three texts. */
static verify_case find(const char *first, const char *second, const char *third)
{
    for (int number = 0; number < cases_count(); ++number) {
        const verify_case c = cases_get(number);
        const case_text text = case_describe(&c);
        if (strncmp(text.chars, first, strlen(first)) == 0 && strstr(text.chars, second) &&
            strstr(text.chars, third))
            return c;
    }
    fail_msg("no case is '%s', '%s' and '%s'", first, second, third);
    return cases_get(0);
}

static verify_case plain_case(void)
{
    return find("f32 forward ", " C window 2,2 divisor 5 ", "beta 0.75 k 1 spread");
}

static case_result qualify(const session *on, const verify_case *c, case_list effort)
{
    case_result result;
    qualify_case(on, c, effort, NULL, &result);
    return result;
}

/* The case fails and the check says so. */
static case_result assert_fails(const verify_case *c, check_kind kind, const char *why)
{
    const case_result result = qualify(&fake_session, c, LIST_QUICK);
    assert_int_equal(result.verdict, VERDICT_FAILED);
    assert_int_not_equal(result.checks[kind][VERDICT_FAILED], 0);
    if (why && !strstr(result.why, why))
        fail_msg("'%s' lacks '%s'", result.why, why);
    return result;
}

/* ----------------------------------------------------------------------------- damages */

static char *byte_of(const case_buffers *s, int64_t place)
{
    return (char *)s->result + place * (int64_t)cllrn_dtype_size(s->dst.tensor.dtype);
}

static int64_t place_count(const case_buffers *s)
{
    return (int64_t)(s->dst.size / cllrn_dtype_size(s->dst.tensor.dtype));
}

static void flip(const case_buffers *s, int64_t place)
{
    *byte_of(s, place) ^= 1;
}

static void flip_first_element(const case_buffers *s)
{
    flip(s, s->dst.base);
}

static void flip_front_of_buffer(const case_buffers *s)
{
    flip(s, 0);
}

static void flip_before_tensor(const case_buffers *s)
{
    flip(s, s->dst.base - 1);
}

static void flip_end_of_buffer(const case_buffers *s)
{
    flip(s, place_count(s) - 1);
}

/* The first element of a padded tensor has one gap behind it. */
static void flip_gap(const case_buffers *s)
{
    flip(s, s->dst.base + s->dst.tensor.dims[s->dst.tensor.rank - 1]);
}

static void scale_first_element(const case_buffers *s, double eps)
{
    float *const y = (float *)(void *)byte_of(s, s->dst.base);
    *y = (float)(*y * (1 + eps * FLT_EPSILON));
}

/* The result itself is off by 2 eps at most. */
static void add_2_eps(const case_buffers *s)
{
    scale_first_element(s, 2);
}

static void add_9_eps(const case_buffers *s)
{
    scale_first_element(s, 9);
}

static void make_nan(const case_buffers *s)
{
    *(float *)(void *)byte_of(s, s->dst.base) = NAN;
}

static void remove_nan(const case_buffers *s)
{
    float *const y = s->result;
    for (int64_t place = s->dst.base; place < place_count(s); ++place)
        if (isnan(y[place])) {
            y[place] = 1;
            return;
        }
    fail_msg("the result has no NaN");
}

/* ------------------------------------------------------------------------------- tests */

static void qualify__host_bits_PASSED(void **state)
{
    const verify_case c = plain_case();
    (void)state;
    set_device(NULL);

    const case_result result = qualify(&fake_session, &c, LIST_QUICK);

    assert_int_equal(result.verdict, VERDICT_PASSED);
    assert_int_equal(result.checks[CHECK_SELECTED][VERDICT_PASSED], 1);
    assert_int_equal(result.checks[CHECK_ACCURACY][VERDICT_PASSED], 1);
    assert_int_equal(result.checks[CHECK_DIGEST][VERDICT_PASSED], 1);
    assert_int_equal(result.checks[CHECK_IN_PLACE][VERDICT_PASSED], 1);
    assert_string_equal(result.why, "");
}

static void qualify__other_bits_FAILED(void **state)
{
    const verify_case c = plain_case();
    (void)state;
    set_device(flip_first_element);
    const case_result result = assert_fails(&c, CHECK_SELECTED, "element (0, 0, 0, 0) is ");
    assert_int_equal(result.checks[CHECK_DIGEST][VERDICT_FAILED], 1);
    assert_int_equal(result.checks[CHECK_ACCURACY][VERDICT_FAILED], 0);
}

/* Forward, float32, beta 0.75, 5 taps: 0.75 * (3 + 3) / 2 + 2 + 0.5 = 4.75 eps. */
static void qualify__error_within_bound_ACCURATE(void **state)
{
    const verify_case c = plain_case();
    (void)state;
    set_device(add_2_eps);
    const case_result result = assert_fails(&c, CHECK_SELECTED, NULL);
    assert_int_equal(result.checks[CHECK_ACCURACY][VERDICT_PASSED], 1);
    assert_true(result.accuracy.greatest > 0.5 && result.accuracy.greatest <= 4.75);
}

static void qualify__error_beyond_bound_FAILED(void **state)
{
    const verify_case c = plain_case();
    (void)state;
    set_device(add_9_eps);
    const case_result result = assert_fails(&c, CHECK_ACCURACY, NULL);
    assert_true(result.accuracy.greatest > 6 && result.accuracy.greatest < 12);
    assert_true(result.accuracy.share > 1);
}

static void qualify__nan_for_a_number_FAILED(void **state)
{
    const verify_case c = plain_case();
    (void)state;
    set_device(make_nan);
    const case_result result = assert_fails(&c, CHECK_ACCURACY, NULL);
    assert_true(isinf(result.accuracy.greatest));
}

/* The contract's numbers, as README.md has the formulas. */
static void accuracy__bounds_as_published_SUCCESS(void **state)
{
    const double wider = LDBL_MANT_DIG > DBL_MANT_DIG ? 1 : 2;
    const struct {
        const char *types, *window, *beta;
        double bound;
    } expected[] = {
        {"f32 forward ", " C window 2,2 divisor 5 ", " beta 0.75 k 1 ", 4.75},
        {"f32 backward ", " C window 2,2 divisor 5 ", " beta 0.75 k 1 ",
         1.75 * 6 / 2 + 2 + 3 + 1.5},
        {"f32 forward ", " C window 1,1 divisor 3 ", " beta 0.6 ", 0.6 * 5 / 2 + 3 + 0.5},
        {"f32 backward ", " C window 1,1 divisor 3 ", " beta 0.6 ", 1.6 * 5 / 2 + 3 + 3 + 1},
        {"f16 forward ", " C window 2,2 divisor 5 ", " beta 0.75 k 1 ", 4.75},
        {"f64 forward ", " C window 2,2 divisor 5 ", " beta 0.75 k 1 ", 7.25 * wider},
        {"f32 forward ", " window 1,1 within 2 axes ", " beta 0.75 ", 0.75 * 7 / 2 + 2 + 0.5},
    };
    (void)state;
    set_device(NULL);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; ++i) {
        const verify_case c = find(expected[i].types, expected[i].window, expected[i].beta);
        const case_result result = qualify(&fake_session, &c, LIST_QUICK);
        assert_true(result.measured);
        assert_true(fabs(result.accuracy.bound - expected[i].bound) < 1e-12);
        assert_true(result.accuracy.greatest <= expected[i].bound);
        assert_int_equal(result.accuracy.compared, case_elements(&c));
    }
}

static void accuracy__device_that_rounds_to_zero_TWICE_THE_BOUND(void **state)
{
    session to_zero = fake_session;
    const verify_case c = plain_case();
    (void)state;
    to_zero.nearest = false;
    set_device(NULL);
    const case_result result = qualify(&to_zero, &c, LIST_QUICK);
    assert_int_equal(result.verdict, VERDICT_PASSED);
    assert_true(result.accuracy.bound == 9.5);
    assert_false(result.digested);
}

static void qualify__changed_outside_the_tensor_FAILED(void **state)
{
    damage *const damages[] = {flip_front_of_buffer, flip_before_tensor, flip_end_of_buffer};
    /* The second one's elements are not compared, only what is around them. */
    const verify_case cases[] = {plain_case(), find("f32 forward ", "", " subnormal")};
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; ++c)
        for (size_t d = 0; d < sizeof damages / sizeof *damages; ++d) {
            set_device(damages[d]);
            assert_fails(&cases[c], CHECK_SELECTED, "outside the tensor");
        }
}

static void qualify__changed_outside_the_tensor_in_place_FAILED(void **state)
{
    const verify_case c = plain_case();
    (void)state;
    set_device(flip_front_of_buffer);
    fake.only_in_place = ALIAS_X;
    const case_result result = assert_fails(&c, CHECK_IN_PLACE, "in place of x: element -");
    assert_int_equal(result.checks[CHECK_SELECTED][VERDICT_FAILED], 0);
}

static void qualify__changed_gap_FAILED(void **state)
{
    const verify_case c = find("f32 forward ", " padded window ", "");
    (void)state;
    set_device(flip_gap);
    assert_fails(&c, CHECK_SELECTED, "outside the tensor");
}

static void qualify__subnormal_results_NOT_COMPARED(void **state)
{
    const verify_case c = find("f32 forward ", "", " subnormal");
    (void)state;
    set_device(flip_first_element);
    const case_result result = qualify(&fake_session, &c, LIST_QUICK);
    assert_int_equal(result.verdict, VERDICT_PASSED);
}

static void qualify__nan_reaches_too_far_FAILED(void **state)
{
    const verify_case c = find("f32 forward ", "", " one NaN");
    (void)state;
    set_device(flip_first_element);
    const case_result result = assert_fails(&c, CHECK_LOCALITY, NULL);
    assert_int_equal(result.checks[CHECK_LOCALITY][VERDICT_PASSED], 0);
}

static void qualify__locality_of_host_bits_PASSED(void **state)
{
    const char *const contents[] = {" one NaN", " one infinity", " a NaN in dy"};
    (void)state;
    for (size_t i = 0; i < sizeof contents / sizeof *contents; ++i) {
        const verify_case c = find("f32 ", "", contents[i]);
        set_device(NULL);
        const case_result result = qualify(&fake_session, &c, LIST_QUICK);
        assert_int_equal(result.verdict, VERDICT_PASSED);
        assert_int_equal(result.checks[CHECK_LOCALITY][VERDICT_PASSED], 1);
    }
}

/* One element less than the NaN has to reach: its clean value, then a damaged one. */
static const case_buffers *clean;

static void make_clean(const case_buffers *s)
{
    memcpy(s->result, clean->expected, s->dst.size);
}

static void qualify__nan_does_not_reach_FAILED(void **state)
{
    const verify_case c = find("f32 forward ", "", " one NaN");
    verify_case clean_case = c;
    case_buffers made;
    (void)state;
    clean_case.row.content = CONTENT_SPREAD;
    assert_true(case_buffers_make(&clean_case, ALIAS_NONE, &made));
    clean = &made;
    set_device(make_clean);

    assert_fails(&c, CHECK_LOCALITY, NULL);

    case_buffers_free(&made);
}

static void qualify__number_where_a_nan_is_due_FAILED(void **state)
{
    const verify_case c = find("f32 forward ", "", " one NaN");
    (void)state;
    set_device(remove_nan);
    assert_fails(&c, CHECK_SELECTED, "expected nan");
}

static void qualify__other_variant_has_other_bits_FAILED(void **state)
{
    const verify_case c = plain_case();
    (void)state;
    set_device(flip_first_element);
    fake.only_variant = fake.variant = cllrn_variant_name(0);
    const case_result result = assert_fails(&c, CHECK_VARIANTS, fake.variant);
    assert_int_equal(result.checks[CHECK_SELECTED][VERDICT_FAILED], 0);
    assert_int_equal(result.variant_runs[0], 1);
}

static void qualify__gradient_in_place_of_dy_FAILED(void **state)
{
    const verify_case c = find("f32 backward ", " C window 2,2 ", " spread");
    (void)state;
    set_device(flip_first_element);
    fake.only_in_place = ALIAS_DY;
    const case_result result = assert_fails(&c, CHECK_IN_PLACE, "in place of dy");
    assert_int_equal(result.checks[CHECK_IN_PLACE][VERDICT_PASSED], 1); /* of x */
}

static void qualify__one_run_of_many_differs_FAILED(void **state)
{
    (void)state;
    for (int number = 0; number < cases_count(); ++number) {
        const verify_case c = cases_get(number);
        if (c.row.section != SECTION_REPEAT)
            continue;
        set_device(NULL);
        const case_result right = qualify(&fake_session, &c, LIST_QUICK);
        assert_int_equal(right.verdict, VERDICT_PASSED);
        assert_int_equal(right.checks[CHECK_REPEAT][VERDICT_PASSED],
                         2); /* the runs, and the slices */
        const int runs = fake.runs;
        /* The last slice, and the last of the whole runs before those. */
        const int meant[] = {runs, runs - (int)c.row.dims[0] - 1};
        for (size_t i = 0; i < sizeof meant / sizeof *meant; ++i) {
            set_device(flip_first_element);
            fake.only_run = meant[i];
            const case_result result = assert_fails(&c, CHECK_REPEAT, NULL);
            assert_int_equal(result.checks[CHECK_REPEAT][VERDICT_FAILED], 1);
            assert_int_equal(result.checks[CHECK_SELECTED][VERDICT_FAILED], 0);
        }
        return;
    }
    fail_msg("no case is for repeated runs");
}

static void qualify__command_fails_FAILED(void **state)
{
    const verify_case c = plain_case();
    (void)state;
    set_device(NULL);
    fake.outcome = RUN_FAILED;
    const case_result result = assert_fails(&c, CHECK_SELECTED, "separable: the kernel failed");
    assert_false(result.measured);
    assert_false(result.digested);
}

static void qualify__device_lacks_what_the_case_needs_UNSUPPORTED(void **state)
{
    const verify_case doubles = find("f64 forward ", "", ""), nans = find("f32 ", "", " one NaN");
    session single = fake_session, finite = fake_session;
    (void)state;
    single.fp64 = false;
    finite.inf_nan = false;
    set_device(flip_first_element);
    assert_int_equal(qualify(&single, &doubles, LIST_QUICK).verdict, VERDICT_UNSUPPORTED);
    assert_int_equal(qualify(&finite, &nans, LIST_QUICK).verdict, VERDICT_UNSUPPORTED);
    assert_int_equal(fake.runs, 0);
    assert_int_equal(qualify(&single, &nans, LIST_QUICK).verdict, VERDICT_FAILED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(qualify__host_bits_PASSED),
        cmocka_unit_test(qualify__other_bits_FAILED),
        cmocka_unit_test(qualify__error_within_bound_ACCURATE),
        cmocka_unit_test(qualify__error_beyond_bound_FAILED),
        cmocka_unit_test(qualify__nan_for_a_number_FAILED),
        cmocka_unit_test(accuracy__bounds_as_published_SUCCESS),
        cmocka_unit_test(accuracy__device_that_rounds_to_zero_TWICE_THE_BOUND),
        cmocka_unit_test(qualify__changed_outside_the_tensor_FAILED),
        cmocka_unit_test(qualify__changed_outside_the_tensor_in_place_FAILED),
        cmocka_unit_test(qualify__changed_gap_FAILED),
        cmocka_unit_test(qualify__subnormal_results_NOT_COMPARED),
        cmocka_unit_test(qualify__nan_reaches_too_far_FAILED),
        cmocka_unit_test(qualify__locality_of_host_bits_PASSED),
        cmocka_unit_test(qualify__nan_does_not_reach_FAILED),
        cmocka_unit_test(qualify__number_where_a_nan_is_due_FAILED),
        cmocka_unit_test(qualify__other_variant_has_other_bits_FAILED),
        cmocka_unit_test(qualify__gradient_in_place_of_dy_FAILED),
        cmocka_unit_test(qualify__one_run_of_many_differs_FAILED),
        cmocka_unit_test(qualify__command_fails_FAILED),
        cmocka_unit_test(qualify__device_lacks_what_the_case_needs_UNSUPPORTED),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
