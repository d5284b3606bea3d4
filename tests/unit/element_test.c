/* SPDX-License-Identifier: Apache-2.0 */
/* Every 16-bit element, and what lies between two neighbours; the wider ones by sample. */
#include "support.h"

#include <float.h>
#include <math.h>

#include "element.h"

/* A 16-bit format, told a second time. */
typedef struct half {
    int32_t dtype;
    int fraction, bias;
    uint16_t infinity, nan;
} half;

static const half halves[] = {
    {CLLRN_DTYPE_F16, 10, 15, 0x7c00, 0x7e00},
    {CLLRN_DTYPE_BF16, 7, 127, 0x7f80, 0x7fc0},
};

static double get16(const half *h, unsigned bits)
{
    const uint16_t stored = (uint16_t)bits;
    return lrn_element_get(h->dtype, &stored, 0);
}

static unsigned set16(const half *h, double value)
{
    uint16_t stored = 0x5e5e;
    lrn_element_set(h->dtype, &stored, 0, value);
    return stored;
}

static unsigned bits16(const half *h, unsigned bits)
{
    const uint16_t stored = (uint16_t)bits;
    return (unsigned)lrn_element_bits(h->dtype, &stored, 0);
}

/* The magnitude that a finite pattern without its sign means; infinity's would be 2^(bias + 1). */
static double meaning(const half *h, unsigned pattern)
{
    const int exponent = (int)(pattern >> h->fraction);
    const int fraction = (int)(pattern & ((1u << h->fraction) - 1));
    const int one = 1 << h->fraction;
    return exponent == 0 ? ldexp(fraction, 1 - h->bias - h->fraction)
                         : ldexp(one + fraction, exponent - h->bias - h->fraction);
}

static uint32_t set32(double value)
{
    uint32_t stored = 0x5e5e5e5e;
    lrn_element_set(CLLRN_DTYPE_F32, &stored, 0, value);
    return stored;
}

static uint32_t bits32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t bits64(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double value64(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void element_get__every_16_bit_pattern_its_value(void **state)
{
    (void)state;
    for (const half *h = halves; h < halves + 2; ++h)
        for (unsigned bits = 0; bits < 0x10000; ++bits) {
            const unsigned pattern = bits & 0x7fff;
            const double value = get16(h, bits);
            if (pattern > h->infinity) {
                assert_true(isnan(value));
                continue;
            }
            assert_true(fabs(value) == (pattern == h->infinity ? INFINITY : meaning(h, pattern)));
            assert_true(!signbit(value) == (bits < 0x8000));
        }
}

static void element_set__every_16_bit_value_its_pattern(void **state)
{
    (void)state;
    for (const half *h = halves; h < halves + 2; ++h)
        for (unsigned bits = 0; bits < 0x10000; ++bits) {
            const unsigned expected = (bits & 0x7fff) > h->infinity ? h->nan : bits;
            assert_int_equal(set16(h, get16(h, bits)), expected);
            assert_int_equal(bits16(h, bits), expected);
        }
}

/*
 * Between each two neighbours, the last of which is infinity: the middle goes
 * to the even one, and a double's step away from it to the nearer one. That
 * step is lost in float, so float on the way would round twice and wrongly.
 */
static void element_set__between_16_bit_neighbours_the_nearer_one(void **state)
{
    (void)state;
    for (const half *h = halves; h < halves + 2; ++h)
        for (unsigned low = 0; low < h->infinity; ++low)
            for (unsigned sign = 0; sign < 0x10000; sign += 0x8000) {
                const double s = sign == 0 ? 1.0 : -1.0;
                const double a = meaning(h, low), b = meaning(h, low + 1), middle = (a + b) / 2;
                const double below = nextafter(middle, 0.0), above = nextafter(middle, INFINITY);
                assert_true((double)(float)below == middle && (double)(float)above == middle);
                assert_int_equal(set16(h, s * middle), sign | (low + low % 2));
                assert_int_equal(set16(h, s * below), sign | low);
                assert_int_equal(set16(h, s * above), sign | (low + 1));
                assert_int_equal(set16(h, s * (0.75 * a + 0.25 * b)), sign | low);
                assert_int_equal(set16(h, s * (0.25 * a + 0.75 * b)), sign | (low + 1));
                assert_int_equal(set16(h, s * nextafter(a, INFINITY)), sign | low);
                assert_int_equal(set16(h, s * nextafter(b, 0.0)), sign | (low + 1));
            }
}

static void element_set__16_bit_limits_their_patterns(void **state)
{
    static const struct {
        double value;
        unsigned f16, bf16;
    } rows[] = {
        {65504.0, 0x7bff, 0x4780},
        {65519.999, 0x7bff, 0x4780},
        {65520.0, 0x7c00, 0x4780},
        {-1e30, 0xfc00, 0xf14a},
        {0x1.ffp127 - 0x1p80, 0x7c00, 0x7f7f},
        {0x1.ffp127, 0x7c00, 0x7f80},
        {DBL_MAX, 0x7c00, 0x7f80},
        {0x1p-14, 0x0400, 0x3880},
        {0x1p-24, 0x0001, 0x3380},
        {0x1p-25, 0x0000, 0x3300},
        {0x1.0000000000001p-25, 0x0001, 0x3300},
        {0x1p-126, 0x0000, 0x0080},
        {-0x1p-133, 0x8000, 0x8001},
        {0x1p-134, 0x0000, 0x0000},
        {0x1.8p-133, 0x0000, 0x0002},
        {DBL_MIN, 0x0000, 0x0000},
        {-DBL_TRUE_MIN, 0x8000, 0x8000},
        {1.0 + 0x1p-11 + 0x1p-40, 0x3c01, 0x3f80},
        {1.0 + 0x1p-8 + 0x1p-40, 0x3c04, 0x3f81},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        assert_int_equal(set16(&halves[0], rows[i].value), rows[i].f16);
        assert_int_equal(set16(&halves[1], rows[i].value), rows[i].bf16);
    }
}

static void element_set__nan_the_canonical_one(void **state)
{
    static const uint64_t nans[] = {UINT64_C(0x7ff8000000000000), UINT64_C(0xfff8000000000000),
                                    UINT64_C(0x7ff0000000000001), UINT64_C(0xffffffffffffffff)};
    (void)state;
    for (size_t i = 0; i < sizeof nans / sizeof *nans; ++i) {
        const double nan = value64(nans[i]);
        uint64_t stored = 0;
        assert_int_equal(set16(&halves[0], nan), 0x7e00);
        assert_int_equal(set16(&halves[1], nan), 0x7fc0);
        assert_int_equal(set32(nan), 0x7fc00000);
        lrn_element_set(CLLRN_DTYPE_F64, &stored, 0, nan);
        assert_true(stored == UINT64_C(0x7ff8000000000000));
        assert_true(lrn_element_bits(CLLRN_DTYPE_F64, &nans[i], 0) == UINT64_C(0x7ff8000000000000));
        assert_true(isnan(lrn_element_get(CLLRN_DTYPE_F64, &nans[i], 0)));
    }
    static const uint32_t nans32[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff};
    for (size_t i = 0; i < sizeof nans32 / sizeof *nans32; ++i) {
        assert_int_equal(lrn_element_bits(CLLRN_DTYPE_F32, &nans32[i], 0), 0x7fc00000);
        assert_true(isnan(lrn_element_get(CLLRN_DTYPE_F32, &nans32[i], 0)));
    }
}

/* Random doubles near the range of float, and the middles of random floats, as the cast rounds. */
static void element__f32_as_the_cast(void **state)
{
    uint64_t random = 71;
    (void)state;
    for (int i = 0; i < 1000000; ++i) {
        uint32_t bits = (uint32_t)random_next(&random);
        if (i % 4 == 0)
            bits &= 0x80ffffff; /* subnormal and just above */
        float value;
        memcpy(&value, &bits, sizeof value);
        if (isnan(value))
            continue;
        assert_int_equal(lrn_element_bits(CLLRN_DTYPE_F32, &value, 0), bits);
        assert_true(bits64(lrn_element_get(CLLRN_DTYPE_F32, &value, 0)) == bits64((double)value));
        assert_int_equal(set32((double)value), bits);
        if (isinf(value) || fabsf(value) == FLT_MAX)
            continue;
        const double middle = ((double)value + (double)nextafterf(value, INFINITY)) / 2;
        const double points[] = {middle, nextafter(middle, -INFINITY), nextafter(middle, INFINITY)};
        for (size_t p = 0; p < 3; ++p)
            assert_int_equal(set32(points[p]), bits32((float)points[p]));

        /* Exponents from below the least subnormal to above infinity. */
        const uint64_t any = random_next(&random);
        const double wide = value64((any & ~(UINT64_C(0x7ff) << 52)) |
                                    (uint64_t)(1023 - 155 + random_below(&random, 290)) << 52);
        assert_int_equal(set32(wide), bits32((float)wide));
    }
    assert_int_equal(set32(0x1.ffffffp127), 0x7f800000);
    assert_int_equal(set32(-0x1.fffffefffffffp127), 0xff7fffff);
    assert_int_equal(set32(0x1p-150), 0);
    assert_int_equal(set32(-0x1.0000000000001p-150), 0x80000001);
}

static void element__f64_unchanged(void **state)
{
    uint64_t random = 72;
    (void)state;
    for (int i = 0; i < 100000; ++i) {
        const uint64_t bits = random_next(&random);
        if (isnan(value64(bits)))
            continue;
        uint64_t stored = 0;
        assert_true(lrn_element_bits(CLLRN_DTYPE_F64, &bits, 0) == bits);
        lrn_element_set(CLLRN_DTYPE_F64, &stored, 0, lrn_element_get(CLLRN_DTYPE_F64, &bits, 0));
        assert_true(stored == bits);
    }
}

/* Forwards, backwards, on any address, and nothing beside the element. */
static void element__its_own_place_only(void **state)
{
    static const int32_t dtypes[] = {CLLRN_DTYPE_F32, CLLRN_DTYPE_F16, CLLRN_DTYPE_BF16,
                                     CLLRN_DTYPE_F64};
    (void)state;
    for (size_t d = 0; d < 4; ++d)
        for (int64_t index = -3; index <= 3; ++index) {
            const int64_t size = (int64_t)cllrn_dtype_size(dtypes[d]);
            unsigned char memory[80], before[80];
            unsigned char *origin = memory + 33;
            memset(memory, 0xa5, sizeof memory);
            memcpy(before, memory, sizeof before);
            lrn_element_set(dtypes[d], origin, index, -1.5);
            assert_true(lrn_element_get(dtypes[d], origin, index) == -1.5);
            assert_memory_not_equal(origin + index * size, before, (size_t)size);
            memset(origin + index * size, 0xa5, (size_t)size);
            assert_memory_equal(memory, before, sizeof memory);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(element_get__every_16_bit_pattern_its_value),
        TEST(element_set__every_16_bit_value_its_pattern),
        TEST(element_set__between_16_bit_neighbours_the_nearer_one),
        TEST(element_set__16_bit_limits_their_patterns),
        TEST(element_set__nan_the_canonical_one),
        TEST(element__f32_as_the_cast),
        TEST(element__f64_unchanged),
        TEST(element__its_own_place_only),
    };
    return cmocka_run_group_tests_name("element", tests, NULL, NULL);
}
