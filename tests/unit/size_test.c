/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "size.h"

static void size__products_up_to_the_greatest_object_SUCCESS(void **state)
{
    const uint64_t most = PTRDIFF_MAX;
    const struct {
        uint64_t count;
        size_t each;
        bool fits;
    } rows[] = {
        {0, 1, true},
        {0, 24, true},
        {7, 24, true},
        {most, 1, true},
        {most + 1, 1, false},
        {most / 8, 8, true},
        {most / 8 + 1, 8, false},
        {most / 24, 24, true},
        {most / 24 + 1, 24, false},
        {(uint64_t)SIZE_MAX / 4 + 1, 4, false}, /* 0 in size_t */
        {UINT64_C(1) << 32, 4, sizeof(size_t) > 4},
        {(UINT64_C(1) << 32) + 1, 1, sizeof(size_t) > 4}, /* 1 where it is cut */
        {UINT64_MAX, 1, false},
        {UINT64_MAX, SIZE_MAX, false},
        {1, SIZE_MAX, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        size_t bytes = 77;
        const bool fits = lrn_size(rows[i].count, rows[i].each, &bytes);
        assert_int_equal(fits, rows[i].fits);
        assert_true(bytes == (fits ? (size_t)rows[i].count * rows[i].each : 77));
    }
}

static void size_alloc__too_much_NULL(void **state)
{
    (void)state;
    assert_null(lrn_size_alloc(UINT64_MAX, 1));
    assert_null(lrn_size_alloc((uint64_t)SIZE_MAX / 4 + 1, 4));
    assert_int_equal(memory_calls(), 0);
    void *none = lrn_size_alloc(0, 16), *some = lrn_size_alloc(3, 16);
    assert_non_null(none);
    assert_non_null(some);
    free(some);
    free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(size__products_up_to_the_greatest_object_SUCCESS),
        TEST(size_alloc__too_much_NULL),
    };
    return cmocka_run_group_tests_name("size", tests, NULL, NULL);
}
