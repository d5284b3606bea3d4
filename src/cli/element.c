/* SPDX-License-Identifier: Apache-2.0 */
#include "element.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* By IEEE 754; bf16 is the upper half of a float. */
static const struct format {
    int fraction_bits, least_exponent, overflow_exponent;
} formats[] = {
    [CLLRN_DTYPE_F32] = {FLT_MANT_DIG - 1, FLT_MIN_EXP - 1, FLT_MAX_EXP},
    [CLLRN_DTYPE_F16] = {10, -14, 16},
    [CLLRN_DTYPE_BF16] = {7, FLT_MIN_EXP - 1, FLT_MAX_EXP},
    [CLLRN_DTYPE_F64] = {DBL_MANT_DIG - 1, DBL_MIN_EXP - 1, DBL_MAX_EXP},
};

static double f16_value(uint16_t bits)
{
    const int exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
    double magnitude;
    if (exponent == 0x1f)
        magnitude = fraction ? NAN : INFINITY;
    else if (exponent == 0)
        magnitude = ldexp(fraction, -24);
    else
        magnitude = ldexp(0x400 + fraction, exponent - 25);
    return bits & 0x8000 ? -magnitude : magnitude;
}

static float bf16_value(uint16_t bits)
{
    const uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

double element_value(int32_t dtype, const void *data, int64_t index)
{
    switch (dtype) {
    case CLLRN_DTYPE_F16:
        return f16_value(((const uint16_t *)data)[index]);
    case CLLRN_DTYPE_BF16:
        return (double)bf16_value(((const uint16_t *)data)[index]);
    case CLLRN_DTYPE_F64:
        return ((const double *)data)[index];
    default:
        return (double)((const float *)data)[index];
    }
}

int element_fraction_bits(int32_t dtype)
{
    return formats[dtype].fraction_bits;
}

int element_least_exponent(int32_t dtype)
{
    return formats[dtype].least_exponent;
}

int element_overflow_exponent(int32_t dtype)
{
    return formats[dtype].overflow_exponent;
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
