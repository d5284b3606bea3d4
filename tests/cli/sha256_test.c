/* SPDX-License-Identifier: Apache-2.0 */
#include "sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* The examples of FIPS 180-4. */
static void sha256__examples_AS_PUBLISHED(void **state)
{
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    (void)state;

    assert_string_equal(sha256("", 0).chars,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(sha256("abc", 3).chars,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(sha256(two_blocks, sizeof two_blocks - 1).chars,
                        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* The number of bits just fits the last block, or needs one more; against sha256sum of 'a's. */
static void sha256__lengths_around_a_block_AS_SHA256SUM(void **state)
{
    static const struct {
        size_t size;
        const char *digits;
    } known[] = {
        {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
        {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        {65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
        {119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
        {120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"},
        {128, "6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e"},
    };
    char text[200];
    (void)state;
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < sizeof known / sizeof *known; ++i)
        assert_string_equal(sha256(text, known[i].size).chars, known[i].digits);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256__examples_AS_PUBLISHED),
        cmocka_unit_test(sha256__lengths_around_a_block_AS_SHA256SUM),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
