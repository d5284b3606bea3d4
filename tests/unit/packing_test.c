/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>

#include "packing.h"
#include "tensor.h"

enum { ROOM = 4096, GAP = 0xa5 };

/* The distinct places of a tensor, its padding included. */
static size_t count_places(const cllrn_tensor *tensor, int64_t lowest)
{
    static int64_t places[ROOM];
    bool seen[ROOM] = {false};
    size_t distinct = 0;
    const size_t count = list_places(tensor, places, ROOM);
    for (size_t i = 0; i < count; ++i) {
        const size_t at = (size_t)(places[i] - lowest);
        assert_true(at < ROOM);
        distinct += !seen[at];
        seen[at] = true;
    }
    return distinct;
}

/* Gathers and scatters every element at its place, and touches no other. */
static void check_packing(const cllrn_tensor *tensor)
{
    static int64_t from[ROOM], to[ROOM];
    const lrn_packing p = lrn_packing_make(tensor);
    const size_t size = p.element, count = list_places(tensor, from, ROOM);
    assert_int_equal(list_places(&p.tensor, to, ROOM), count);
    assert_int_equal(lrn_tensor_check(&p.tensor, "packed", NULL), CLLRN_SUCCESS);
    const size_t bytes = (size_t)p.span * size, packed_bytes = (size_t)p.elements * size;
    unsigned char *const memory = malloc(3 * bytes + packed_bytes), *const again = memory + bytes,
                         *const expected = again + bytes, *const packed = expected + bytes;
    assert_non_null(memory);
    for (size_t i = 0; i < bytes; ++i)
        memory[i] = (unsigned char)(i * 7 + i / 256);
    memset(again, GAP, bytes);
    memset(expected, GAP, bytes);
    unsigned char *const data = memory - p.lowest * (int64_t)size;

    lrn_packing_gather(&p, data, packed);
    lrn_packing_scatter(&p, packed, again - p.lowest * (int64_t)size);

    for (size_t i = 0; i < count; ++i) {
        const size_t at = (size_t)(from[i] - p.lowest) * size;
        assert_in_range(to[i], 0, p.elements - 1);
        assert_memory_equal(packed + (size_t)to[i] * size, memory + at, size);
        memcpy(expected + at, memory + at, size);
    }
    assert_memory_equal(again, expected, bytes);
    free(memory);
}

static void packing__layouts_SUCCESS(void **state)
{
    static const int32_t dtypes[] = {CLLRN_DTYPE_F32, CLLRN_DTYPE_F16, CLLRN_DTYPE_F64};
    uint64_t seed = 5;
    size_t gaps = 0;
    (void)state;
    for (int i = 0; i < 3000; ++i) {
        cllrn_tensor tensor = with_dtype(random_tensor(&seed, 300), dtypes[i % 3]);
        if (i % 4 == 0)
            random_block(&seed, &tensor);
        random_layout(&seed, &tensor);
        if (lrn_tensor_elements(&tensor) == 0)
            continue;
        const lrn_packing p = lrn_packing_make(&tensor);
        if (p.span > ROOM)
            continue;
        const size_t places = count_places(&tensor, p.lowest);
        assert_int_equal(p.elements, places);
        assert_int_equal(lrn_packing_has_gaps(&p), places < (size_t)p.span);
        gaps += lrn_packing_has_gaps(&p);
        check_packing(&tensor);
    }
    assert_true(gaps > 100);
}

/* Sources may repeat elements: where strides are 0 the copy does so too. */
static void packing__repeated_elements_SUCCESS(void **state)
{
    uint64_t seed = 9;
    (void)state;
    for (int i = 0; i < 1000; ++i) {
        cllrn_tensor tensor = random_tensor(&seed, 300);
        random_strides(&seed, &tensor);
        if (lrn_tensor_elements(&tensor) == 0)
            continue;
        const lrn_packing p = lrn_packing_make(&tensor);
        if (p.span > ROOM || p.elements > ROOM)
            continue;
        check_packing(&tensor);
    }
    cllrn_tensor constant = make_nchw(2, 3, 4, 5);
    memset(constant.strides, 0, sizeof constant.strides);
    const lrn_packing p = lrn_packing_make(&constant);
    assert_int_equal(p.elements, 1);
    assert_false(lrn_packing_has_gaps(&p));
    check_packing(&constant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(packing__layouts_SUCCESS),
        TEST(packing__repeated_elements_SUCCESS),
    };
    return cmocka_run_group_tests_name("packing", tests, NULL, NULL);
}
