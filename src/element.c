/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conversions by integer operations on the bits: they do not depend on the
 * machine's float formats, conversions or flushing of subnormals, only on IEEE
 * 754 doubles.
 */
#include "element.h"

#include <string.h>

/* An IEEE 754 format: the bits of its exponent and fraction fields; the sign has one bit. */
typedef struct format {
    const char *name;
    int exponent, fraction;
} format;

/* By lrn_element_type. */
static const format formats[] = {
    [LRN_F32] = {"f32", 8, 23},
    [LRN_F16] = {"f16", 5, 10},
    [LRN_BF16] = {"bf16", 8, 7},
    [LRN_F64] = {"f64", 11, 52},
};

bool lrn_element_is_dtype(int32_t dtype)
{
    return dtype >= CLLRN_DTYPE_F32 && dtype <= CLLRN_DTYPE_F64;
}

size_t cllrn_dtype_size(cllrn_dtype dtype)
{
    if (!lrn_element_is_dtype(dtype))
        return 0;
    const format f = formats[lrn_element_type(dtype)];
    return (size_t)(1 + f.exponent + f.fraction) / 8;
}

const char *cllrn_dtype_string(cllrn_dtype dtype)
{
    return lrn_element_is_dtype(dtype) ? formats[lrn_element_type(dtype)].name : "unknown dtype";
}

static uint64_t low_bits(int count)
{
    return (UINT64_C(1) << count) - 1;
}

static int bias_of(format f)
{
    return (1 << (f.exponent - 1)) - 1;
}

static uint64_t infinity_of(format f)
{
    return low_bits(f.exponent) << f.fraction;
}

static uint64_t nan_of(format f)
{
    return infinity_of(f) | UINT64_C(1) << (f.fraction - 1);
}

static bool is_nan(format f, uint64_t bits)
{
    return (bits & low_bits(f.exponent + f.fraction)) > infinity_of(f);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double value_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Converts bits of a narrower format to double; exact. */
static double widen(format from, uint64_t bits)
{
    const format wide = formats[LRN_F64];
    const uint64_t sign = bits >> (from.exponent + from.fraction) << 63;
    const uint64_t exponent = bits >> from.fraction & low_bits(from.exponent);
    const uint64_t fraction = (bits & low_bits(from.fraction)) << (wide.fraction - from.fraction);

    if (exponent == low_bits(from.exponent))
        return value_of(sign | infinity_of(wide) | fraction);
    const uint64_t rebiased = exponent + (uint64_t)(bias_of(wide) - bias_of(from));
    if (exponent != 0)
        return value_of(sign | rebiased << wide.fraction | fraction);
    /* Subnormal: build the number with a leading one, then subtract that one, which is exact. */
    const uint64_t one = sign | (rebiased + 1) << wide.fraction;
    return fraction == 0 ? value_of(sign) : value_of(one | fraction) - value_of(one);
}

/*
 * Rounds a double to a narrower format in one step. By way of float, a value
 * slightly above the middle of two 16-bit values would first round to the
 * middle, and then maybe down.
 */
static uint64_t narrow(format to, double value)
{
    const format wide = formats[LRN_F64];
    const uint64_t bits = bits_of(value);
    const uint64_t sign = bits >> 63 << (to.exponent + to.fraction);
    const uint64_t fraction = bits & low_bits(wide.fraction);
    const int exponent = (int)(bits >> wide.fraction & low_bits(wide.exponent));
    const int rebiased = exponent - bias_of(wide) + bias_of(to); /* below 1: subnormal */

    if (is_nan(wide, bits))
        return nan_of(to);
    if (rebiased > 2 * bias_of(to))
        return sign | infinity_of(to);
    const int dropped = wide.fraction - to.fraction + (rebiased < 1 ? 1 - rebiased : 0);
    if (dropped >
        wide.fraction + 1) /* less than half the least subnormal; so is every subnormal double */
        return sign;

    const uint64_t significand = UINT64_C(1) << wide.fraction | fraction;
    const uint64_t half = UINT64_C(1) << (dropped - 1), rest = significand & low_bits(dropped);
    uint64_t kept = significand >> dropped;
    if (rest > half || (rest == half && (kept & 1) != 0))
        ++kept;
    /* The leading one of a normal number adds 1 to the exponent; so may a carry, up to infinity. */
    return sign | (kept + ((uint64_t)(rebiased < 1 ? 0 : rebiased - 1) << to.fraction));
}

/* Where in a uint64_t its lowest `size` bytes lie. */
static size_t lowest_bytes(size_t size)
{
    const uint64_t one = 1;
    return *(const unsigned char *)&one == 1 ? 0 : sizeof one - size;
}

static uint64_t load(cllrn_dtype dtype, const void *data, int64_t index)
{
    const size_t size = cllrn_dtype_size(dtype);
    uint64_t bits = 0;
    memcpy((char *)&bits + lowest_bytes(size), (const char *)data + index * (int64_t)size, size);
    return bits;
}

static void store(cllrn_dtype dtype, void *data, int64_t index, uint64_t bits)
{
    const size_t size = cllrn_dtype_size(dtype);
    memcpy((char *)data + index * (int64_t)size, (char *)&bits + lowest_bytes(size), size);
}

static uint64_t canonical(format f, uint64_t bits)
{
    return is_nan(f, bits) ? nan_of(f) : bits;
}

double lrn_element_get(cllrn_dtype dtype, const void *data, int64_t index)
{
    const uint64_t bits = load(dtype, data, index);
    return dtype == CLLRN_DTYPE_F64 ? value_of(bits)
                                    : widen(formats[lrn_element_type(dtype)], bits);
}

void lrn_element_set(cllrn_dtype dtype, void *data, int64_t index, double value)
{
    const format f = formats[lrn_element_type(dtype)];
    store(dtype, data, index,
          dtype == CLLRN_DTYPE_F64 ? canonical(f, bits_of(value)) : narrow(f, value));
}

uint64_t lrn_element_bits(cllrn_dtype dtype, const void *data, int64_t index)
{
    return canonical(formats[lrn_element_type(dtype)], load(dtype, data, index));
}
