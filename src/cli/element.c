/* SPDX-License-Identifier: Apache-2.0 */
#include "element.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef element_format format;

element_format element_format_of(int32_t dtype)
{
    /* By IEEE 754; bf16 is the upper half of a float. */
    static const format formats[] = {
        [CLLRN_DTYPE_F32] = {FLT_MANT_DIG - 1, FLT_MIN_EXP - 1, FLT_MAX_EXP},
        [CLLRN_DTYPE_F16] = {10, -14, 16},
        [CLLRN_DTYPE_BF16] = {7, FLT_MIN_EXP - 1, FLT_MAX_EXP},
        [CLLRN_DTYPE_F64] = {DBL_MANT_DIG - 1, DBL_MIN_EXP - 1, DBL_MAX_EXP},
    };
    return formats[dtype];
}

/* The bits of infinity: the greatest exponent, counted from the one below the least. */
static uint64_t infinity_of(format f)
{
    return (uint64_t)(f.overflow_exponent - f.least_exponent + 1) << f.fraction_bits;
}

/* The exponent of the format's numbers around value, never below the least. */
static int exponent_at(format f, double value)
{
    const int exponent = value == 0 ? f.least_exponent : ilogb(value);
    return exponent > f.least_exponent ? exponent : f.least_exponent;
}

static double value_of_bits16(format f, uint16_t bits)
{
    const uint64_t magnitude = bits & 0x7fff, one = UINT64_C(1) << f.fraction_bits;
    const int exponent = (int)(magnitude >> f.fraction_bits);
    double value = magnitude > infinity_of(f) ? NAN : INFINITY;
    if (exponent == 0)
        value = ldexp((double)magnitude, f.least_exponent - f.fraction_bits);
    else if (magnitude < infinity_of(f))
        value = ldexp((double)(one + magnitude % one),
                      f.least_exponent + exponent - 1 - f.fraction_bits);
    return bits & 0x8000 ? -value : value;
}

static uint16_t bits16_of_value(format f, double value)
{
    const int exponent = exponent_at(f, value);
    const uint64_t sign = signbit(value) ? 0x8000 : 0;
    if (isnan(value))
        return (uint16_t)(sign | infinity_of(f) | UINT64_C(1) << (f.fraction_bits - 1));
    if (isinf(value) || exponent >= f.overflow_exponent)
        return (uint16_t)(sign | infinity_of(f));
    /* A carry goes into the exponent, and may give infinity. */
    const double steps = nearbyint(ldexp(fabs(value), f.fraction_bits - exponent));
    const uint64_t below = (uint64_t)(exponent - f.least_exponent) << f.fraction_bits;
    return (uint16_t)(sign | (below + (uint64_t)steps));
}

double element_get(int32_t dtype, const void *data, int64_t index)
{
    switch (dtype) {
    case CLLRN_DTYPE_F64:
        return ((const double *)data)[index];
    case CLLRN_DTYPE_F32:
        return (double)((const float *)data)[index];
    default:
        return value_of_bits16(element_format_of(dtype), ((const uint16_t *)data)[index]);
    }
}

void element_set(int32_t dtype, void *data, int64_t index, double value)
{
    switch (dtype) {
    case CLLRN_DTYPE_F64:
        ((double *)data)[index] = value;
        break;
    case CLLRN_DTYPE_F32:
        ((float *)data)[index] = (float)value;
        break;
    default:
        ((uint16_t *)data)[index] = bits16_of_value(element_format_of(dtype), value);
    }
}

uint64_t element_bits(int32_t dtype, const void *data, int64_t index)
{
    switch (cllrn_dtype_size(dtype)) {
    case sizeof(uint16_t):
        return ((const uint16_t *)data)[index];
    case sizeof(uint32_t):
        return ((const uint32_t *)data)[index];
    default:
        return ((const uint64_t *)data)[index];
    }
}

void element_poison(int32_t dtype, void *data, int64_t count)
{
    const format f = element_format_of(dtype);
    const uint64_t quiet = UINT64_C(1) << (f.fraction_bits - 1);
    for (int64_t i = 0; i < count; ++i) {
        const uint64_t bits = infinity_of(f) + quiet + 1 + (uint64_t)i % (quiet - 3);
        if (cllrn_dtype_size(dtype) == sizeof(uint16_t))
            ((uint16_t *)data)[i] = (uint16_t)bits;
        else if (cllrn_dtype_size(dtype) == sizeof(uint32_t))
            ((uint32_t *)data)[i] = (uint32_t)bits;
        else
            ((uint64_t *)data)[i] = bits;
    }
}

int32_t element_arithmetic(int32_t dtype)
{
    return dtype == CLLRN_DTYPE_F64 ? CLLRN_DTYPE_F64 : CLLRN_DTYPE_F32;
}

bool element_mixes(int32_t dtype, int32_t other)
{
    return dtype == other || (dtype != CLLRN_DTYPE_F64 && other != CLLRN_DTYPE_F64 &&
                              (dtype == CLLRN_DTYPE_F32 || other == CLLRN_DTYPE_F32));
}

/* Half the distance between neighbours of `value` in a 16-bit dtype; 0 for other dtypes. */
static double half_ulp(int32_t dtype, double value)
{
    if (dtype == element_arithmetic(dtype))
        return 0;
    const format f = element_format_of(dtype);
    return ldexp(0.5, exponent_at(f, value) - f.fraction_bits);
}

/* Replaces an infinity by the power of two that would be next: values round to both alike. */
static double bounded(int32_t dtype, double value)
{
    if (dtype == CLLRN_DTYPE_F64) /* a double cannot hold that number */
        return value;
    const double limit = ldexp(1, element_format_of(dtype).overflow_exponent);
    return fmin(fmax(value, -limit), limit);
}

double element_error(int32_t dtype, double value, double expected, double magnitude, int32_t unit,
                     int half_ulps)
{
    if (value == expected || (isnan(value) && isnan(expected)))
        return 0;
    if (isnan(value) || isnan(expected))
        return INFINITY;
    const double target = bounded(dtype, expected);
    const double difference = fabs(bounded(dtype, value) - target);
    if (isinf(difference))
        return INFINITY;
    const double rounding = half_ulps * half_ulp(dtype, target);
    const element_format f = element_format_of(unit);
    /* A magnitude below the smallest normal number would ask for more than numbers hold. */
    const double size = fmax(fabs(bounded(dtype, magnitude)), ldexp(1, f.least_exponent));
    return ldexp(fmax(difference - rounding, 0) / size, f.fraction_bits);
}
