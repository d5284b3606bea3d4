/* SPDX-License-Identifier: Apache-2.0 */
#include "junit.h"

#include "markup.h"

/* As a test runner counts: cases that did not run, and failures that are expected. */
static int skipped_of(const counts row)
{
    return row[VERDICT_UNSUPPORTED] + row[VERDICT_WAIVED];
}

static void xml_properties(FILE *file, const totals *t)
{
    const char *const properties[][2] = {
        {"version", t->of->version},
        {"kernels", t->of->kernels},
        {"list", t->list},
        {"platform", fact_text(t->of, FACT_PLATFORM_NAME)},
        {"device", fact_text(t->of, FACT_NAME)},
        {"driver", fact_text(t->of, FACT_DRIVER)},
    };
    fputs("    <properties>\n", file);
    for (size_t i = 0; i < sizeof properties / sizeof *properties; ++i) {
        fprintf(file, "      <property name=\"%s\" value=\"", properties[i][0]);
        markup_text(file, properties[i][1]);
        fputs("\"/>\n", file);
    }
    fputs("    </properties>\n", file);
}

static void xml_case(FILE *file, const case_result *r)
{
    fprintf(file, "    <testcase classname=\"cllrn.verify.%s\" name=\"case %d: ",
            section_names[r->c.row.section], r->c.number);
    markup_text(file, case_describe(&r->c).chars);
    fprintf(file, "\" time=\"%.6f\">", r->seconds);
    if (r->verdict == VERDICT_WAIVED) {
        fputs("<skipped message=\"waived: ", file);
        markup_text(file, r->waiver);
        fputs("; ", file);
        markup_text(file, r->why);
        fputs("\"/>", file);
    } else if (r->verdict != VERDICT_PASSED) {
        fprintf(file, "<%s message=\"", r->verdict == VERDICT_FAILED ? "failure" : "skipped");
        markup_text(file, r->why);
        fputs("\"/>", file);
    }
    fputs("</testcase>\n", file);
}

static void xml_section(FILE *file, const totals *t, section s)
{
    const int *const row = t->sections[s];
    if (totals_cases(row) == 0)
        return;
    fprintf(file,
            "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\">\n",
            section_names[s], totals_cases(row), row[VERDICT_FAILED], skipped_of(row));
    xml_properties(file, t);
    for (int i = 0; i < t->count; ++i)
        if (t->results[i].c.row.section == s)
            xml_case(file, &t->results[i]);
    fputs("  </testsuite>\n", file);
}

void junit_write(const totals *t, FILE *file)
{
    fprintf(file,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"cllrn verify\" tests=\"%d\" failures=\"%d\" errors=\"0\" "
            "skipped=\"%d\" time=\"%.3f\">\n",
            t->count, t->cases[VERDICT_FAILED], skipped_of(t->cases), t->seconds);
    for (int s = 0; s < SECTION_COUNT; ++s)
        xml_section(file, t, (section)s);
    fputs("</testsuites>\n", file);
}
