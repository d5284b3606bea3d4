/* SPDX-License-Identifier: Apache-2.0 */
/* What `cllrn run --check` says of results that the test makes. */
#include "run/check.h"
#include "element.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

enum { ELEMENTS = 6, BYTES = ELEMENTS * sizeof(double) };

/* An operation on a tensor of 1 x 6 whose result is the host's, for the test to change. */
typedef struct setup {
    cllrn_params params;
    operation operation;
    box whole;
    int64_t dims[CLLRN_MAX_RANK];
    double x[ELEMENTS], y[ELEMENTS]; /* room for any dtype */
} setup;

static void make(setup *s, int32_t dtype)
{
    const int64_t dims[] = {1, ELEMENTS};
    memset(s, 0, sizeof *s);
    memcpy(s->dims, dims, sizeof dims);
    memcpy(s->whole.dims, dims, sizeof dims);
    s->params = (cllrn_params)CLLRN_PARAMS_INIT;
    assert_int_equal(
        cllrn_params_across(&s->params, CLLRN_CONVENTION_TORCH, 3, 1.0, 0.75, 1.0, NULL), 0);
    operand *const operands[] = {&s->operation.src, &s->operation.dst};
    void *const data[] = {s->x, s->y};
    for (int i = 0; i < 2; ++i) {
        operands[i]->tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
        assert_int_equal(cllrn_tensor_set(&operands[i]->tensor, dtype, 2, dims, NULL, 1, NULL), 0);
        operands[i]->data = data[i];
        operands[i]->size = ELEMENTS * cllrn_dtype_size(dtype);
    }
    s->operation.params = &s->params;
    for (int i = 0; i < ELEMENTS; ++i)
        element_set(dtype, s->x, i, i - 2.5);
    assert_int_equal(operation_run(&s->operation, false, NULL), 0);
}

static check check_of(const setup *s)
{
    check result = check_begin();
    assert_true(check_add(&result, &s->operation, &s->whole, s->dims));
    return result;
}

static const int32_t dtypes[] = {CLLRN_DTYPE_F32, CLLRN_DTYPE_F16, CLLRN_DTYPE_BF16,
                                 CLLRN_DTYPE_F64};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

static void check__host_result_SMALL_ERROR(void **state)
{
    (void)state;
    for (int i = 0; i < DTYPES; ++i) {
        setup s;
        make(&s, dtypes[i]);
        const check result = check_of(&s);
        assert_true(result.stored.eps < 4);
        assert_true(result.computed.eps < 4);
        assert_true(result.least_s >= 1 && result.greatest_s < 10);
    }
}

static void check__nan_INFINITE_ERROR(void **state)
{
    (void)state;
    for (int i = 0; i < DTYPES; ++i) {
        setup s;
        make(&s, dtypes[i]);
        element_set(dtypes[i], s.y, 4, NAN);
        const check result = check_of(&s);
        assert_true(isinf(result.stored.eps));
        assert_true(isinf(result.computed.eps));
        assert_int_equal(result.stored.where[1], 4);
        assert_int_equal(result.computed.where[1], 4);
    }
}

/* To types other than float64 an infinity is the number that would follow the greatest. */
static void check__infinity_LARGE_ERROR(void **state)
{
    (void)state;
    for (int i = 0; i < DTYPES; ++i) {
        setup s;
        make(&s, dtypes[i]);
        element_set(dtypes[i], s.y, 1, -INFINITY);
        const check result = check_of(&s);
        assert_true(result.stored.eps > 1e6);
        assert_true(result.computed.eps > 1e6);
        assert_true(isinf(result.stored.eps) == (dtypes[i] == CLLRN_DTYPE_F64));
        assert_int_equal(result.stored.where[1], 1);
    }
}

static void check__number_where_nan_is_due_INFINITE_ERROR(void **state)
{
    setup s;
    (void)state;
    make(&s, CLLRN_DTYPE_F32);
    element_set(CLLRN_DTYPE_F32, s.x, 5, NAN); /* reaches y[4] and y[5] */
    const check result = check_of(&s);
    assert_true(isinf(result.stored.eps));
    assert_int_equal(result.stored.where[1], 4);
}

/* y = x / (1 + x^2) would be 0 for an infinite x; with beta 0 y = x. */
static void check__number_where_infinity_is_due_LARGE_ERROR(void **state)
{
    (void)state;
    for (int i = 0; i < DTYPES; ++i) {
        setup s;
        make(&s, dtypes[i]);
        s.params.beta = 0;
        element_set(dtypes[i], s.x, 2, INFINITY);
        assert_int_equal(operation_run(&s.operation, false, NULL), 0);
        element_set(dtypes[i], s.y, 2, 3);
        const check result = check_of(&s);
        assert_true(result.stored.eps > 100);
        assert_true(result.computed.eps > 1e6);
        assert_int_equal(result.stored.where[1], 2);
    }
}

static void check__known_error_IN_EPS(void **state)
{
    setup s;
    (void)state;
    make(&s, CLLRN_DTYPE_F32);
    const float right = (float)element_get(CLLRN_DTYPE_F32, s.y, 3);
    element_set(CLLRN_DTYPE_F32, s.y, 3, right * (1 + 50 * (double)FLT_EPSILON));
    const check result = check_of(&s);
    assert_true(result.stored.eps > 46 && result.stored.eps < 54);
    assert_true(result.computed.eps == result.stored.eps);
    assert_int_equal(result.stored.where[1], 3);
}

/* Two units in the last place are one and a half more than rounding may be off. */
static void check__error_of_16_bits_ROUNDING_TAKEN_OFF(void **state)
{
    setup s;
    uint16_t bits;
    (void)state;
    make(&s, CLLRN_DTYPE_F16);
    memcpy(&bits, (char *)s.y + 2 * sizeof bits, sizeof bits);
    bits = (uint16_t)(bits + 2);
    memcpy((char *)s.y + 2 * sizeof bits, &bits, sizeof bits);
    const check result = check_of(&s);
    assert_true(result.stored.eps > 0.7 && result.stored.eps < 2.6);
    assert_true(result.computed.eps > ldexp(0.4, 13) && result.computed.eps < ldexp(2.1, 13));
    assert_int_equal(result.computed.where[1], 2);
}

static void check__second_part_GREATEST_OF_BOTH(void **state)
{
    setup bad, good;
    (void)state;
    make(&bad, CLLRN_DTYPE_F32);
    make(&good, CLLRN_DTYPE_F32);
    element_set(CLLRN_DTYPE_F32, bad.y, 0, NAN);
    check result = check_begin();
    assert_true(check_add(&result, &bad.operation, &bad.whole, bad.dims));
    assert_true(check_add(&result, &good.operation, &good.whole, good.dims));
    assert_true(isinf(result.stored.eps));
    assert_int_equal(result.stored.where[1], 0);
}

static void merge__two_parts_GREATEST_ERROR_RANGE_AND_SUM(void **state)
{
    const check low = {.stored = {2, {1, 3}},
                       .computed = {5, {1, 4}},
                       .least_s = 1.5,
                       .greatest_s = 3,
                       .host_digest = 7},
                high = {.stored = {2, {2, 0}},
                        .computed = {6, {2, 1}},
                        .least_s = 2,
                        .greatest_s = 4,
                        .host_digest = UINT64_MAX};
    (void)state;
    for (int order = 0; order < 2; ++order) {
        check merged = check_begin();
        check_merge(&merged, order == 0 ? &low : &high);
        check_merge(&merged, order == 0 ? &high : &low);
        assert_true(merged.stored.eps == 2 && merged.computed.eps == 6);
        assert_int_equal(merged.stored.where[0], 1); /* of equal errors the first */
        assert_int_equal(merged.stored.where[1], 3);
        assert_int_equal(merged.computed.where[0], 2);
        assert_true(merged.least_s == 1.5 && merged.greatest_s == 4);
        assert_int_equal(merged.host_digest, 6);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(merge__two_parts_GREATEST_ERROR_RANGE_AND_SUM),
        cmocka_unit_test(check__host_result_SMALL_ERROR),
        cmocka_unit_test(check__nan_INFINITE_ERROR),
        cmocka_unit_test(check__infinity_LARGE_ERROR),
        cmocka_unit_test(check__number_where_nan_is_due_INFINITE_ERROR),
        cmocka_unit_test(check__number_where_infinity_is_due_LARGE_ERROR),
        cmocka_unit_test(check__known_error_IN_EPS),
        cmocka_unit_test(check__error_of_16_bits_ROUNDING_TAKEN_OFF),
        cmocka_unit_test(check__second_part_GREATEST_OF_BOTH),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
