/* SPDX-License-Identifier: Apache-2.0 */
/* Commas, lines and values of JSON. */
#include "json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_written(FILE *file, const char *expected)
{
    char text[1024];
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

static void json_close__nested_members(void **state)
{
    (void)state;
    const int64_t numbers[] = {1, -2};
    FILE *const file = tmpfile();

    json j = json_begin(file);
    json_add_text(&j, "schema", "a-\"1\"");
    json_open_object(&j, "device");
    json_add_bool(&j, "fp64", false);
    json_add_text(&j, "name", NULL);
    json_close(&j);
    json_open_array(&j, "rows");
    for (int i = 0; i < 2; ++i) {
        json_open_object(&j, NULL);
        json_add_integers(&j, "dims", numbers, i ? 2 : 0);
        json_add_number(&j, "eps", 0.5);
        json_close(&j);
    }
    json_close(&j);
    json_close(&j);

    assert_int_equal(j.closing[0], '\0');
    assert_written(file, "{\n"
                         "  \"schema\": \"a-\\\"1\\\"\",\n"
                         "  \"device\": {\n"
                         "    \"fp64\": false,\n"
                         "    \"name\": null\n"
                         "  },\n"
                         "  \"rows\": [\n"
                         "    {\"dims\": [], \"eps\": 0.5},\n"
                         "    {\"dims\": [1, -2], \"eps\": 0.5}\n"
                         "  ]\n"
                         "}\n");
}

static void json_close__empty_groups(void **state)
{
    (void)state;
    FILE *const file = tmpfile();

    json j = json_begin(file);
    json_open_array(&j, "rows");
    json_close(&j);
    json_close(&j);

    assert_written(file, "{\n  \"rows\": []\n}\n");
}

static void json_add_number__not_finite_null(void **state)
{
    (void)state;
    FILE *const file = tmpfile();

    json j = json_begin(file);
    json_add_number(&j, "a", NAN);
    json_add_number(&j, "b", INFINITY);
    json_add_integer(&j, "c", INT64_MIN);
    json_close(&j);

    assert_written(file, "{\n  \"a\": null,\n  \"b\": null,\n  \"c\": -9223372036854775808\n}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_close__nested_members),
        cmocka_unit_test(json_close__empty_groups),
        cmocka_unit_test(json_add_number__not_finite_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
