/* SPDX-License-Identifier: Apache-2.0 */
#include "word.h"

#include <cllrn.h>
#include <string.h>

const word word_regions[] = {
    {"across", ACROSS_CHANNELS},
    {"within", WITHIN_CHANNEL},
    {NULL, 0},
};

const word word_dtypes[] = {
    {"f32", CLLRN_DTYPE_F32},
    {"f16", CLLRN_DTYPE_F16},
    {"bf16", CLLRN_DTYPE_BF16},
    {"f64", CLLRN_DTYPE_F64},
    {NULL, 0},
};

bool word_parse(const char *text, const word *words, int32_t *value)
{
    for (; words->name; ++words) {
        if (strcmp(text, words->name) == 0) {
            *value = words->value;
            return true;
        }
    }
    return false;
}

bool word_next(const char **list, const char **item, size_t *length)
{
    if (!*list)
        return false;
    *item = *list;
    *length = strcspn(*item, ",");
    *list = (*item)[*length] == ',' ? *item + *length + 1 : NULL;
    return true;
}
