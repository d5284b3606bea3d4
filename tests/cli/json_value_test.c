/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of unknown origin. */
#include "json_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void parse__well_formed_A_VALUE(void **state)
{
    static const char *const texts[] = {
        "{}",
        " [ ] ",
        "[1, -2.5e+3, 0.1, 0]",
        "{\"a\": {\"b\": [true, false, null]}}",
        "\"\\u00e9\\n\\\\\\\"\"",
        "[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i)
        assert_non_null(json_parse(texts[i]).at);
}

static void parse__malformed_NONE(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "\"",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "\"\x80\"",
        "tru",
        "nul",
        "01",
        "-",
        "1.",
        "1e",
        "1e+",
        ".5",
        "+1",
        "1 1",
        "{}x",
        "[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i)
        if (json_parse(texts[i]).at)
            fail_msg("accepted: %s", texts[i]);
}

/* A prefix of a text never reads beyond its end, which the sanitizers would see. */
static void parse__every_prefix_NONE(void **state)
{
    static const char text[] =
        "{\"a\": [1.5e3, \"\\u0041\\\"\xc3\xa9\", true, null], \"b\": {\"c\": -1}}";
    char prefix[sizeof text];
    (void)state;
    for (size_t length = 0; length + 1 < sizeof text; ++length) {
        memcpy(prefix, text, length);
        prefix[length] = '\0';
        assert_null(json_parse(prefix).at);
    }
}

static void member__of_an_object_FOUND(void **state)
{
    const json_value v = json_parse("{\"ab\": 1, \"a\": {\"b\": 2}, \"b\": [3, 4]}");
    int64_t number = 0;
    (void)state;

    assert_true(json_get_integer(json_member(v, "ab"), &number));
    assert_int_equal(number, 1);
    assert_true(json_get_integer(json_member(json_member(v, "a"), "b"), &number));
    assert_int_equal(number, 2);
    json_value item = json_first(json_member(v, "b"));
    item = json_next(item);
    assert_true(json_get_integer(item, &number));
    assert_int_equal(number, 4);
    assert_null(json_next(item).at);
}

static void member__of_another_kind_NONE(void **state)
{
    const json_value v = json_parse("[1, {}, []]");
    (void)state;

    assert_null(json_member(v, "a").at);
    assert_null(json_member(json_first(v), "a").at);
    assert_null(json_first(json_first(v)).at);
    assert_null(json_member(json_next(json_first(v)), "a").at);
    assert_null(json_first(json_next(json_next(json_first(v)))).at);
    assert_null(json_next((json_value){NULL}).at);
}

static void get__values_AS_WRITTEN(void **state)
{
    const json_value v =
        json_parse("{\"t\": \"a\\\"\\\\\\u000a\", \"d\": -1.25e2, \"b\": true, \"n\": null}");
    char text[8], small[4];
    double number;
    bool value;
    (void)state;

    assert_true(json_get_text(json_member(v, "t"), text, sizeof text));
    assert_string_equal(text, "a\"\\\n");
    assert_false(json_get_text(json_member(v, "t"), small, sizeof small));
    assert_true(json_get_number(json_member(v, "d"), &number));
    assert_true(number == -125);
    assert_true(json_get_bool(json_member(v, "b"), &value) && value);
    assert_true(json_is_null(json_member(v, "n")));
}

static void get__wrong_kind_FALSE(void **state)
{
    const json_value v = json_parse(
        "{\"t\": \"\\u00e9\", \"z\": \"\\u0000\", \"d\": 1.5, \"big\": 99999999999999999999}");
    char text[8];
    int64_t integer;
    double number;
    bool value;
    (void)state;

    assert_false(json_get_text(json_member(v, "t"), text, sizeof text));
    assert_false(json_get_text(json_member(v, "z"), text, sizeof text));
    assert_false(json_get_text(json_member(v, "d"), text, sizeof text));
    assert_false(json_get_text(json_member(v, "none"), text, sizeof text));
    assert_false(json_get_integer(json_member(v, "d"), &integer));
    assert_false(json_get_integer(json_member(v, "big"), &integer));
    assert_false(json_get_number(json_member(v, "t"), &number));
    assert_false(json_get_bool(json_member(v, "d"), &value));
    assert_false(json_is_null(json_member(v, "none")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__well_formed_A_VALUE),
        cmocka_unit_test(parse__malformed_NONE),
        cmocka_unit_test(parse__every_prefix_NONE),
        cmocka_unit_test(member__of_an_object_FOUND),
        cmocka_unit_test(member__of_another_kind_NONE),
        cmocka_unit_test(get__values_AS_WRITTEN),
        cmocka_unit_test(get__wrong_kind_FALSE),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
