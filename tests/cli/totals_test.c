/* SPDX-License-Identifier: Apache-2.0 */
/* How `cllrn verify` adds up the results of cases, and what it says of them. */
#include "verify/digests.h"
#include "verify/report.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT = 16384 };

static const facts fake_facts = {.fp64 = true, .nearest = true};

static case_result passed(int number, uint64_t digest)
{
    return (case_result){
        .c = cases_get(number), .verdict = VERDICT_PASSED, .digested = true, .digest = digest};
}

/* What report_print writes to stdout. */
static void print_to(const totals *t, char text[TEXT])
{
    FILE *const file = tmpfile();
    const int kept = dup(STDOUT_FILENO);
    assert_non_null(file);
    assert_true(kept >= 0);
    fflush(stdout);
    assert_true(dup2(fileno(file), STDOUT_FILENO) >= 0);
    report_print(t);
    report_print_end(t);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    rewind(file);
    text[fread(text, 1, TEXT - 1, file)] = '\0';
    fclose(file);
}

/* All cases of the quick list with the digests that are built in, but for changes. */
static void add_quick_list(totals *t, int changed, uint64_t change)
{
    assert_true(totals_begin(t, cases_count()));
    for (int number = 0; number < cases_count(); ++number) {
        uint64_t digest;
        if (cases_get(number).list != LIST_QUICK)
            continue;
        assert_true(digests_find(number, &digest));
        const case_result result = passed(number, number == changed ? digest + change : digest);
        totals_add(t, &result);
    }
}

/* Published digests depend on these weights: 2 * number + 1. */
static void totals__digests_are_weighted_BY_NUMBER(void **state)
{
    const case_result results[] = {passed(0, 10), passed(1, 100), passed(3, 1000)};
    uint64_t expected[3];
    totals t = {.of = &fake_facts, .list = "quick", .complete = true};
    (void)state;
    assert_true(totals_begin(&t, 3));
    for (int i = 0; i < 3; ++i) {
        totals_add(&t, &results[i]);
        assert_true(digests_find(results[i].c.number, &expected[i]));
    }

    assert_true(t.quick[0].digest == 1 * 10 + 3 * 100 + 7 * 1000);
    assert_true(t.quick[0].expected == expected[0] + 3 * expected[1] + 7 * expected[2]);
    assert_int_equal(t.quick[0].cases, 3);
    assert_int_equal(t.quick[0].missing, 0);
    assert_int_equal(t.quick[1].cases, 0);
    totals_end(&t);
}

static void report__digests_built_in_AS_EXPECTED(void **state)
{
    char text[TEXT];
    totals t = {.of = &fake_facts, .list = "quick", .complete = true};
    (void)state;
    add_quick_list(&t, -1, 0);

    print_to(&t, text);

    assert_non_null(strstr(text, "as expected"));
    assert_null(strstr(text, "expected "));
    totals_end(&t);
}

static void report__another_digest_EXPECTED_AND_ACTUAL(void **state)
{
    char text[TEXT], line[128];
    totals t = {.of = &fake_facts, .list = "quick", .complete = true};
    (void)state;
    add_quick_list(&t, 0, 1);

    print_to(&t, text);

    snprintf(line, sizeof line, "%016" PRIx64 "  expected %016" PRIx64, t.quick[0].digest,
             t.quick[0].expected);
    assert_true(t.quick[0].digest != t.quick[0].expected);
    assert_non_null(strstr(text, line));
    totals_end(&t);
}

static void report__missing_case_NO_DIGEST(void **state)
{
    char text[TEXT];
    totals t = {.of = &fake_facts, .list = "quick", .complete = true};
    case_result unsupported = passed(0, 0);
    (void)state;
    unsupported.verdict = VERDICT_UNSUPPORTED;
    unsupported.digested = false;
    assert_true(totals_begin(&t, 2));
    totals_add(&t, &unsupported);
    const case_result result = passed(1, 5);
    totals_add(&t, &result);

    print_to(&t, text);

    assert_non_null(strstr(text, "none: 1 of 2 cases are missing"));
    assert_non_null(strstr(text, "1 passed, 0 failed, 1 unsupported;"));
    totals_end(&t);
}

static void totals__verdicts_COUNTED(void **state)
{
    totals t = {.of = &fake_facts, .list = "quick", .complete = true};
    case_result result = passed(0, 1);
    (void)state;
    assert_true(totals_begin(&t, 3));
    totals_add(&t, &result);
    result.verdict = VERDICT_FAILED;
    result.checks[CHECK_ACCURACY][VERDICT_FAILED] = 2;
    totals_add(&t, &result);
    result.verdict = VERDICT_UNSUPPORTED;
    result.checks[CHECK_ACCURACY][VERDICT_FAILED] = 0;
    totals_add(&t, &result);

    assert_int_equal(t.count, 3);
    assert_int_equal(t.cases[VERDICT_PASSED], 1);
    assert_int_equal(t.cases[VERDICT_FAILED], 1);
    assert_int_equal(t.cases[VERDICT_UNSUPPORTED], 1);
    assert_int_equal(t.sections[result.c.row.section][VERDICT_FAILED], 1);
    assert_int_equal(t.checks[CHECK_ACCURACY][VERDICT_FAILED], 2);
    totals_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals__digests_are_weighted_BY_NUMBER),
        cmocka_unit_test(totals__verdicts_COUNTED),
        cmocka_unit_test(report__digests_built_in_AS_EXPECTED),
        cmocka_unit_test(report__another_digest_EXPECTED_AND_ACTUAL),
        cmocka_unit_test(report__missing_case_NO_DIGEST),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
