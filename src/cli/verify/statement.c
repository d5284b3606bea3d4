/* SPDX-License-Identifier: Apache-2.0 */
#include "statement.h"

#include "json.h"

#include <string.h>

static void add_resource(json *j, const char *name, sha256_text hash)
{
    json_open_object(j, NULL);
    json_add_text(j, "name", name);
    json_open_object(j, "digest");
    json_add_text(j, "sha256", hash.chars);
    json_close(j);
    json_close(j);
}

static void add_tests(json *j, const char *name, const totals *t, verdict wanted)
{
    json_open_array(j, name);
    for (int i = 0; i < t->count; ++i) {
        char test[32];
        snprintf(test, sizeof test, "case %d", t->results[i].c.number);
        if (t->results[i].verdict == wanted)
            json_add_text(j, NULL, test);
    }
    json_close(j);
}

static const char *result_of(const totals *t)
{
    return totals_failed(t) ? "FAILED" : t->cases[VERDICT_WAIVED] > 0 ? "WARNED" : "PASSED";
}

void statement_write(const totals *t, const report_file *files, int count, FILE *file)
{
    const facts *const f = t->of;
    json j = json_begin(file);
    json_add_text(&j, "_type", "https://in-toto.io/Statement/v1");
    json_open_array(&j, "subject");
    if (*f->command.chars)
        add_resource(&j, "cllrn", f->command);
    else
        add_resource(&j, files[0].name, files[0].hash);
    json_close(&j);
    json_add_text(&j, "predicateType", "https://in-toto.io/attestation/test-result/v0.1");
    json_open_object(&j, "predicate");
    json_add_text(&j, "result", result_of(t));
    json_open_array(&j, "configuration");
    for (int i = 0; i < count; ++i)
        add_resource(&j, files[i].name, files[i].hash);
    json_close(&j);
    json_add_text(&j, "product", fact_text(f, FACT_PRODUCT));
    json_add_text(&j, "version", f->version);
    json_add_integer(&j, "arithmetic", f->arithmetic);
    json_add_text(&j, "kernels", f->kernels);
    json_add_text(&j, "date", f->date);
    add_tests(&j, "passedTests", t, VERDICT_PASSED);
    add_tests(&j, "warnedTests", t, VERDICT_WAIVED);
    add_tests(&j, "failedTests", t, VERDICT_FAILED);
    add_tests(&j, "skippedTests", t, VERDICT_UNSUPPORTED);
    json_close(&j);
    json_close(&j);
}
