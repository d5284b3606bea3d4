/* SPDX-License-Identifier: Apache-2.0 */
/* Writes elements of every dtype; element.h reads them. */
#ifndef CLI_STORAGE_H
#define CLI_STORAGE_H

#include <cllrn.h>

/* Stores the value at index `at`, rounded to nearest, ties to even. */
void storage_set(int32_t dtype, void *data, int64_t at, double value);

/* Fills with quiet NaNs whose payloads no kernel writes, so that an overwritten element shows. */
void storage_poison(int32_t dtype, void *data, int64_t count);

/* Half the distance between neighbours of `value` in a 16-bit dtype; 0 for other dtypes. */
double storage_half_ulp(int32_t dtype, double value);

#endif
