/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `cllrn verify --check` against somebody who makes the whole folder of a report anew, with
 * all checksums, after a change of the results.
 */
#include "verify/folder.h"
#include "verify/judge.h"
#include "verify/results.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ------------------------------------------------------------------- messages */

static char messages[1 << 16];

bool __wrap_message_fail(const char *format, ...);
bool __wrap_message_fail(const char *format, ...)
{
    const size_t used = strlen(messages);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(messages + used, sizeof messages - used, format, arguments);
    va_end(arguments);
    return false;
}

/* --------------------------------------------------------------------- reports */

/* The results of the quick list by the host, as the command makes them, then changed. */
typedef struct world {
    char directory[64], path[96];
    facts of;
    case_result *results;
    int count;
    const char *list;
} world;

/* The same for all tests, which change copies. */
static case_result *of_host;
static int of_host_count;
static facts facts_of_host;

static int run_host(void **state)
{
    const device target = {.kind = DEVICE_HOST, .name = "host"};
    session host;
    (void)state;
    assert_true(session_open(&host, &target, (session_options){.queues = 0}));
    of_host = calloc((size_t)cases_count(), sizeof *of_host);
    assert_non_null(of_host);
    for (int number = 0; number < cases_count(); ++number) {
        const verify_case c = cases_get(number);
        if (c.list == LIST_QUICK)
            qualify_case(&host, &c, LIST_QUICK, NULL, &of_host[of_host_count++]);
    }
    facts_get(&facts_of_host, &host);
    facts_finish(&facts_of_host, &host);
    snprintf(facts_of_host.programs_from, sizeof facts_of_host.programs_from, "host build");
    session_close(&host);
    return 0;
}

static int forget_host(void **state)
{
    (void)state;
    free(of_host);
    return 0;
}

static int make_results(void **state)
{
    static world w;
    w = (world){.of = facts_of_host, .count = of_host_count, .list = "quick"};
    w.results = calloc((size_t)of_host_count + 1, sizeof *w.results);
    assert_non_null(w.results);
    memcpy(w.results, of_host, (size_t)of_host_count * sizeof *w.results);
    snprintf(w.directory, sizeof w.directory, "/tmp/judge_test.XXXXXX");
    assert_non_null(mkdtemp(w.directory));
    snprintf(w.path, sizeof w.path, "%s/report", w.directory);
    messages[0] = '\0';
    *state = &w;
    return 0;
}

static int remove_results(void **state)
{
    world *const w = *state;
    for (int i = 0; i < FOLDER_FILES; ++i) {
        char path[160];
        snprintf(path, sizeof path, "%s/%s", w->path, folder_names[i]);
        unlink(path);
    }
    rmdir(w->path);
    assert_int_equal(rmdir(w->directory), 0);
    free(w->results);
    return 0;
}

/* Writes the folder anew and judges it. */
static bool is_accepted(world *w)
{
    totals t = {.of = &w->of, .list = w->list, .complete = true};
    assert_true(totals_begin(&t, w->count));
    for (int i = 0; i < w->count; ++i)
        totals_add(&t, &w->results[i]);
    assert_true(folder_write(&t, w->path));
    totals_end(&t);
    assert_string_equal(messages, "");
    return judge_folder(w->path, true);
}

static void expect_refusal(world *w, const char *why)
{
    assert_false(is_accepted(w));
    if (!strstr(messages, why))
        fail_msg("'%s' is not in: %s", why, messages);
}

/* The index of the first case with a digest and a bound. */
static int first_measured(const world *w)
{
    int i = 0;
    while (!w->results[i].digested || !w->results[i].measured)
        ++i;
    return i;
}

static void remove_result(world *w, int i)
{
    memmove(&w->results[i], &w->results[i + 1], (size_t)(w->count - i - 1) * sizeof *w->results);
    --w->count;
}

/* ----------------------------------------------------------------------- tests */

static void judge__as_made_ACCEPTED(void **state)
{
    world *const w = *state;

    assert_true(is_accepted(w));

    assert_string_equal(messages, "");
}

static void judge__case_removed_REFUSED(void **state)
{
    world *const w = *state;
    char why[64];
    snprintf(why, sizeof why, "lacks case %d:", w->results[7].c.number);
    remove_result(w, 7);

    expect_refusal(w, why);
}

static void judge__run_cut_short_REFUSED(void **state)
{
    world *const w = *state;
    w->count -= 20;

    expect_refusal(w, "the run was cut short");
}

static void judge__case_twice_REFUSED(void **state)
{
    world *const w = *state;
    w->results[w->count] = w->results[w->count - 1];
    ++w->count;

    expect_refusal(w, "or twice");
}

static void judge__cases_swapped_REFUSED(void **state)
{
    world *const w = *state;
    const case_result first = w->results[0];
    w->results[0] = w->results[1];
    w->results[1] = first;

    expect_refusal(w, "lacks case");
}

static void judge__another_list_REFUSED(void **state)
{
    world *const w = *state;
    w->list = "default";

    expect_refusal(w, "the default list has");
}

static void judge__part_of_a_list_REFUSED(void **state)
{
    world *const w = *state;
    w->list = "cases";

    expect_refusal(w, "not of a whole list");
}

static void judge__digest_changed_REFUSED(void **state)
{
    world *const w = *state;
    w->results[first_measured(w)].digest ^= 1;

    expect_refusal(w, "has digest");
}

static void judge__digest_removed_REFUSED(void **state)
{
    world *const w = *state;
    w->results[first_measured(w)].digested = false;

    expect_refusal(w, "lacks its digest");
}

static void judge__another_arithmetic_REFUSED(void **state)
{
    world *const w = *state;
    --w->of.arithmetic;

    expect_refusal(w, "is of arithmetic version 2, this command has 3");
}

static void judge__another_library_REFUSED(void **state)
{
    world *const w = *state;
    snprintf(w->of.version, sizeof w->of.version, "0.0.9");

    expect_refusal(w, "is of cllrn 0.0.9");
}

static void judge__error_made_smaller_REFUSED(void **state)
{
    world *const w = *state;
    int i = 0;
    while (!(w->results[i].measured && w->results[i].accuracy.greatest > 1) ||
           case_is_f64(&w->results[i].c))
        ++i;
    w->results[i].accuracy.greatest = 0.5;

    expect_refusal(w, "but its digest is that of a result off by");
}

static void judge__error_beyond_bound_REFUSED(void **state)
{
    world *const w = *state;
    w->results[first_measured(w)].accuracy.greatest = INFINITY;

    expect_refusal(w, "its bound is");
}

static void judge__failed_case_REFUSED(void **state)
{
    world *const w = *state;
    w->results[3].verdict = VERDICT_FAILED;
    snprintf(w->results[3].why, WHY_SIZE, "some reason");

    expect_refusal(w, "failed: some reason");
}

static void judge__waived_case_ACCEPTED(void **state)
{
    world *const w = *state;
    w->results[3].verdict = VERDICT_WAIVED;
    w->results[3].digest ^= 1;
    snprintf(w->results[3].why, WHY_SIZE, "some <reason> & \"more\"");
    snprintf(w->results[3].waiver, WAIVER_SIZE, "erratum 7: caf\xc3\xa9 \\ '");

    assert_true(is_accepted(w));
}

static void judge__waived_without_reason_REFUSED(void **state)
{
    world *const w = *state;
    w->results[3].verdict = VERDICT_WAIVED;

    expect_refusal(w, "is waived without a reason");
}

static void skip_f64(world *w)
{
    w->of.fp64 = false;
    for (case_result *r = w->results; r < w->results + w->count; ++r)
        if (case_is_f64(&r->c)) {
            *r = (case_result){.c = r->c, .verdict = VERDICT_UNSUPPORTED};
            snprintf(r->why, WHY_SIZE, "%s", case_unsupported(&r->c, false, true));
        }
}

/* Makes the report that of a device with these extensions. */
static void pretend_device(world *w, const char *extensions)
{
    snprintf(w->of.texts[FACT_TYPE], FACT_SIZE, "CL_DEVICE_TYPE_GPU");
    snprintf(w->of.extensions, sizeof w->of.extensions, "%s", extensions);
}

static void judge__skipped_what_device_lacks_ACCEPTED(void **state)
{
    world *const w = *state;
    pretend_device(w, "cl_khr_fp64_not cl_khr_fp16");
    skip_f64(w);

    assert_true(is_accepted(w));
}

static void judge__skipped_what_device_has_REFUSED(void **state)
{
    world *const w = *state;
    pretend_device(w, "cl_khr_fp16 cl_khr_fp64");
    skip_f64(w);

    expect_refusal(w, "the device has float64 by its extensions");
}

static void judge__skipped_though_supported_REFUSED(void **state)
{
    world *const w = *state;
    w->results[0].verdict = VERDICT_UNSUPPORTED;

    expect_refusal(w, "is unsupported, but the device has what it needs");
}

static void judge__no_rounding_to_nearest_REFUSED(void **state)
{
    world *const w = *state;
    w->of.nearest = false;

    expect_refusal(w, "has no digests to judge");
}

/* The texts of a hostile driver are texts in every file. */
static void judge__markup_in_names_ACCEPTED(void **state)
{
    world *const w = *state;
    static const char name[] = "<script>alert(1)</script>\"'&{}\\";
    snprintf(w->of.texts[FACT_NAME], FACT_SIZE, "%s", name);
    snprintf(w->of.texts[FACT_PRODUCT], FACT_SIZE, "%s", name);

    assert_true(is_accepted(w));
}

/* A text of unknown origin never makes the reader read or write where it must not: see asan. */
static void results_read__damaged_text_NO_CRASH(void **state)
{
    world *const w = *state;
    totals t = {.of = &w->of, .list = w->list, .complete = true}, again;
    facts of;
    folder made;
    uint64_t random = 1;
    assert_true(totals_begin(&t, w->count));
    for (int i = 0; i < w->count; ++i)
        totals_add(&t, &w->results[i]);
    assert_true(folder_make(&t, &made));
    totals_end(&t);
    report_file *const file = &made.files[0];
    assert_null(results_read(file->data, &of, &again));
    totals_end(&again);
    for (int i = 0; i < 400; ++i) {
        static const char bytes[] = "\"\\{}[],:0-9etfn\x80 ";
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        char *const at = file->data + (random >> 20) % (i < 200 ? 2000 : file->size);
        const char kept = *at;
        *at = i % 50 == 0 ? '\0' : bytes[(random >> 8) % (sizeof bytes - 1)];
        if (!results_read(file->data, &of, &again))
            totals_end(&again);
        *at = kept;
    }
    folder_free(&made);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_results, remove_results)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(judge__as_made_ACCEPTED),
        TEST(judge__case_removed_REFUSED),
        TEST(judge__run_cut_short_REFUSED),
        TEST(judge__case_twice_REFUSED),
        TEST(judge__cases_swapped_REFUSED),
        TEST(judge__another_list_REFUSED),
        TEST(judge__part_of_a_list_REFUSED),
        TEST(judge__digest_changed_REFUSED),
        TEST(judge__digest_removed_REFUSED),
        TEST(judge__another_arithmetic_REFUSED),
        TEST(judge__another_library_REFUSED),
        TEST(judge__error_made_smaller_REFUSED),
        TEST(judge__error_beyond_bound_REFUSED),
        TEST(judge__failed_case_REFUSED),
        TEST(judge__waived_case_ACCEPTED),
        TEST(judge__waived_without_reason_REFUSED),
        TEST(judge__skipped_what_device_lacks_ACCEPTED),
        TEST(judge__skipped_what_device_has_REFUSED),
        TEST(judge__skipped_though_supported_REFUSED),
        TEST(judge__no_rounding_to_nearest_REFUSED),
        TEST(judge__markup_in_names_ACCEPTED),
        TEST(results_read__damaged_text_NO_CRASH),
    };
    return cmocka_run_group_tests(tests, run_host, forget_host);
}
