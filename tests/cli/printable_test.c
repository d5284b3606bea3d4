/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches a terminal of a hostile text. */
#include "printable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"

static const struct {
    const char *text, *line, *lines, *json;
} rows[] = {
    {"plain ~", "plain ~", "plain ~", "\"plain ~\""},
    {"", "", "", "\"\""},
    {"a\x1b[31mb", "a?[31mb", "a?[31mb", "\"a\\u001b[31mb\""},
    {"a\nb\tc\rd", "a?b?c?d", "a\nb\tc?d", "\"a\\u000ab\\u0009c\\u000dd\""},
    {"\x7f\x01", "??", "??", "\"\\u007f\\u0001\""},
    {"\"\\", "\"\\", "\"\\", "\"\\\"\\\\\""},
    /* U+00E9, U+20AC, U+1F600 */
    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    /* U+00A0 is printable, U+009B and U+0080 begin a command to a terminal */
    {"\xc2\xa0", "\xc2\xa0", "\xc2\xa0", "\"\xc2\xa0\""},
    {"\xc2\x9b"
     "31m",
     "??31m", "??31m",
     "\"\\ufffd\\ufffd"
     "31m\""},
    {"\xc2\x80", "??", "??", "\"\\ufffd\\ufffd\""},
    /* as one byte, as those with an 8-bit character set take it; cut; overlong; a surrogate */
    {"\x9b"
     "0m",
     "?0m", "?0m",
     "\"\\ufffd"
     "0m\""},
    {"\xe2\x82", "??", "??", "\"\\ufffd\\ufffd\""},
    {"\xc0\x9b", "??", "??", "\"\\ufffd\\ufffd\""},
    {"\xe0\x82\x9b", "???", "???", "\"\\ufffd\\ufffd\\ufffd\""},
    {"\xed\xa0\x80", "???", "???", "\"\\ufffd\\ufffd\\ufffd\""},
    {"\xf4\x90\x80\x80", "????", "????", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
    {"\xff", "?", "?", "\"\\ufffd\""},
};

enum { ROWS = sizeof rows / sizeof *rows };

static void printable_line__any_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; ++i) {
        char text[64];
        strcpy(text, rows[i].text);
        printable_line(text);
        assert_string_equal(text, rows[i].line);
        assert_string_equal(printable_copy(rows[i].text).chars, rows[i].line);
    }
}

/* No longer than it can be, and no half of a character at its end. */
static void printable_copy__long_text(void **state)
{
    static char text[10000];
    (void)state;
    for (size_t i = 0; i + 2 < sizeof text; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 4);
    const printable copy = printable_copy(text);
    assert_int_equal(strlen(copy.chars), sizeof copy.chars - 1);
    assert_memory_equal(copy.chars, text, sizeof copy.chars - 1);
    assert_int_equal((sizeof copy.chars - 1) % 3, 0);
}

static void take(FILE *file, char *text, size_t size)
{
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    rewind(file);
}

static void printable_print__any_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; ++i) {
        char text[64];
        FILE *const file = tmpfile();
        assert_non_null(file);
        printable_print(file, rows[i].text);
        take(file, text, sizeof text);
        fclose(file);
        assert_string_equal(text, rows[i].lines);
    }
}

static void json_string__any_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; ++i) {
        char text[64];
        FILE *const file = tmpfile();
        assert_non_null(file);
        json_string(file, rows[i].text);
        take(file, text, sizeof text);
        fclose(file);
        assert_string_equal(text, rows[i].json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printable_line__any_text),
        cmocka_unit_test(printable_copy__long_text),
        cmocka_unit_test(printable_print__any_text),
        cmocka_unit_test(json_string__any_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
