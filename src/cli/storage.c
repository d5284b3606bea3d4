/* SPDX-License-Identifier: Apache-2.0 */
#include "storage.h"

#include "element.h"

#include <math.h>
#include <string.h>

/* The exponent of the dtype's numbers around value, never below the least. */
static int exponent_at(int32_t dtype, double value)
{
    const int least = element_least_exponent(dtype);
    const int exponent = value == 0 ? least : ilogb(value);
    return exponent > least ? exponent : least;
}

/* The value rounded to the dtype, as a double, which holds every 16-bit number. */
static double round_to(int32_t dtype, double value)
{
    if (!isfinite(value))
        return value;
    const double step = ldexp(1, exponent_at(dtype, value) - element_fraction_bits(dtype));
    const double rounded = nearbyint(value / step) * step;
    return fabs(rounded) < ldexp(1, element_overflow_exponent(dtype)) ? rounded
                                                                      : copysign(INFINITY, value);
}

static uint16_t f16_bits(double value)
{
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    const double magnitude = fabs(round_to(CLLRN_DTYPE_F16, value));
    if (isnan(value))
        return sign | 0x7e00;
    if (isinf(magnitude))
        return sign | 0x7c00;
    if (magnitude < 0x1p-14)
        return sign | (uint16_t)(magnitude * 0x1p24);
    const int exponent = ilogb(magnitude);
    return sign | (uint16_t)((exponent + 14) * 0x400 + (int)ldexp(magnitude, 10 - exponent));
}

static uint16_t bf16_bits(double value)
{
    const float rounded = (float)round_to(CLLRN_DTYPE_BF16, value);
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    return (uint16_t)(bits >> 16);
}

void storage_set(int32_t dtype, void *data, int64_t at, double value)
{
    switch (dtype) {
    case CLLRN_DTYPE_F16:
        ((uint16_t *)data)[at] = f16_bits(value);
        break;
    case CLLRN_DTYPE_BF16:
        ((uint16_t *)data)[at] = bf16_bits(value);
        break;
    case CLLRN_DTYPE_F64:
        ((double *)data)[at] = value;
        break;
    default:
        ((float *)data)[at] = (float)value;
    }
}

void storage_poison(int32_t dtype, void *data, int64_t count)
{
    for (int64_t i = 0; i < count; ++i) {
        if (dtype == CLLRN_DTYPE_F16)
            ((uint16_t *)data)[i] = (uint16_t)(0x7e01 + i % 509);
        else if (dtype == CLLRN_DTYPE_BF16)
            ((uint16_t *)data)[i] = (uint16_t)(0x7fc1 + i % 61);
        else if (dtype == CLLRN_DTYPE_F64)
            ((uint64_t *)data)[i] = UINT64_C(0x7ffd000000000000) + (uint64_t)i;
        else
            ((uint32_t *)data)[i] = UINT32_C(0x7fd00000) + (uint32_t)(i & 0xffff);
    }
}

double storage_half_ulp(int32_t dtype, double value)
{
    if (dtype != CLLRN_DTYPE_F16 && dtype != CLLRN_DTYPE_BF16)
        return 0;
    return ldexp(0.5, exponent_at(dtype, value) - element_fraction_bits(dtype));
}
