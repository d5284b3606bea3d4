/* SPDX-License-Identifier: Apache-2.0 */
/* Writing elements of every dtype; element.h reads them. */
#ifndef CLI_STORAGE_H
#define CLI_STORAGE_H

#include <cllrn.h>

/* The value rounded to nearest, ties to even. */
void storage_set(int32_t dtype, void *data, int64_t at, double value);

/* Quiet NaNs with payloads that no kernel writes: what must not be touched shows. */
void storage_poison(int32_t dtype, void *data, int64_t count);

/* Half the distance of the numbers around value in a 16-bit dtype; 0 for the others. */
double storage_half_ulp(int32_t dtype, double value);

#endif
