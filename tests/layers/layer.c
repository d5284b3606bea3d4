/* SPDX-License-Identifier: Apache-2.0 */
#include "layer.h"

#include <stdlib.h>
#include <string.h>

const cl_icd_dispatch *layer_below;
static cl_icd_dispatch table;

cl_int layer_answer(const void *value, size_t size, size_t room, void *out, size_t *size_out)
{
    if (out != NULL && room < size)
        return CL_INVALID_VALUE;
    if (out != NULL)
        memcpy(out, value, size);
    if (size_out != NULL)
        *size_out = size;
    return CL_SUCCESS;
}

bool layer_has_compiler(void)
{
    const char *value = getenv("CLLRN_LAYER_COMPILER");
    return value == NULL || strcmp(value, "no") != 0;
}

__attribute__((destructor)) static void report(void)
{
    const char *path = getenv("CLLRN_LAYER_LOG");
    FILE *file = layer_below != NULL && path != NULL ? fopen(path, "a") : NULL;
    if (file == NULL)
        return;
    layer_report(file);
    fclose(file);
}

CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info info, size_t room, void *out,
                                               size_t *size_out)
{
    switch (info) {
    case CL_LAYER_API_VERSION:
        LAYER_ANSWER(cl_layer_api_version, CL_LAYER_API_VERSION_100);
    case CL_LAYER_NAME:
        return layer_answer(layer_name, strlen(layer_name) + 1, room, out, size_out);
    default:
        return CL_INVALID_VALUE;
    }
}

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint count, const cl_icd_dispatch *below,
                                            cl_uint *count_out, const cl_icd_dispatch **above)
{
    const cl_uint known = sizeof table / sizeof(void *);
    if (below == NULL || count_out == NULL || above == NULL || count < known)
        return CL_INVALID_VALUE;
    layer_below = below;
    table = *below;
    layer_put_entries(&table);
    *count_out = known;
    *above = &table;
    return CL_SUCCESS;
}
