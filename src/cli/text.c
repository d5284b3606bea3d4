/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>

text text_of_list(const int64_t *numbers, int count, const char *separator)
{
    text t = {""};
    size_t used = 0;
    for (int i = 0; i < count; ++i)
        used += (size_t)snprintf(t.chars + used, sizeof t.chars - used, "%s%" PRId64,
                                 i ? separator : "", numbers[i]);
    return t;
}
