/* SPDX-License-Identifier: Apache-2.0 */
#include "packing.h"

#include <stdlib.h>
#include <string.h>

#include "tensor.h"

lrn_packing lrn_packing_make(const cllrn_tensor *tensor)
{
    const int64_t block = lrn_tensor_block(tensor);
    const lrn_footprint all = lrn_tensor_footprint(tensor);
    lrn_packing made = {.element = (size_t)all.size, .elements = block, .tensor = *tensor};
    int order[CLLRN_MAX_RANK]; /* axes by stride, the smallest first */
    int count = 0;
    int64_t highest;
    lrn_footprint_extent(&all, &made.lowest, &highest);
    made.span = highest - made.lowest + 1;
    for (int axis = 0; axis < tensor->rank; ++axis) {
        int at;
        if (all.dims[axis] == 1 || all.strides[axis] == 0)
            continue;
        for (at = count++; at > 0 && llabs(all.strides[axis]) < llabs(all.strides[order[at - 1]]);
             --at)
            order[at] = order[at - 1];
        order[at] = axis;
    }
    for (int i = 0; i < count; ++i) {
        const int axis = order[i], at = count - 1 - i;
        made.dims[at] = all.dims[axis];
        made.strides[at] = all.strides[axis];
        made.tensor.strides[axis] = made.elements;
        made.elements *= all.dims[axis];
    }
    made.count = count;
    if (block > 1 || count == 0) {
        made.dims[made.count] = block;
        made.strides[made.count++] = 1;
    }
    return made;
}

bool lrn_packing_has_gaps(const lrn_packing *packing)
{
    return packing->elements < packing->span;
}

/* Copies a run of elements that are `stride` apart in the tensor. */
static void copy_run(const lrn_packing *p, char *data, char *packed, int64_t count, int64_t stride,
                     bool gather)
{
    if (stride == 1) {
        memcpy(gather ? packed : data, gather ? data : packed, (size_t)count * p->element);
        return;
    }
    const int64_t step = stride * (int64_t)p->element;
    for (int64_t i = 0; i < count; ++i, data += step, packed += p->element)
        memcpy(gather ? packed : data, gather ? data : packed, p->element);
}

static void copy(const lrn_packing *p, char *data, char *packed, bool gather)
{
    const int inner = p->count - 1;
    const int64_t run = p->dims[inner];
    int64_t index[CLLRN_MAX_RANK + 1] = {0};
    int64_t offset = 0;
    for (int axis = inner; axis >= 0; packed += (size_t)run * p->element) {
        copy_run(p, data + offset * (int64_t)p->element, packed, run, p->strides[inner], gather);
        for (axis = inner - 1; axis >= 0; --axis) {
            offset += p->strides[axis];
            if (++index[axis] < p->dims[axis])
                break;
            offset -= p->strides[axis] * p->dims[axis];
            index[axis] = 0;
        }
    }
}

void lrn_packing_gather(const lrn_packing *packing, const void *data, void *packed)
{
    copy(packing, (char *)data, packed, true);
}

void lrn_packing_scatter(const lrn_packing *packing, const void *packed, void *data)
{
    copy(packing, data, (char *)packed, false);
}
