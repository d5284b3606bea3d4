/* SPDX-License-Identifier: Apache-2.0 */
#include "array.h"

#include "element.h"

enum { CANARY = 0xff };

cllrn_tensor array_plain(const cllrn_tensor *tensor)
{
    return with_dtype(make_tensor(tensor->rank, tensor->dims, NULL, tensor->channel_axis),
                      tensor->dtype);
}

void array_open(array *a, const cllrn_tensor *tensor)
{
    int64_t elements, below;
    cllrn_error error = error_blank();
    const cllrn_tensor plain = array_plain(tensor);
    assert_succeeded(cllrn_tensor_span(tensor, &elements, &below, &error), &error);
    a->tensor = *tensor;
    a->element_size = (int64_t)cllrn_dtype_size(tensor->dtype);
    assert_true(elements * a->element_size <= ARRAY_BYTES);
    memset(a->memory, CANARY, sizeof a->memory);
    /* As far from both ends as may be, so that nothing beyond goes unseen. */
    const int64_t room = ARRAY_BYTES / a->element_size - elements;
    a->origin = a->memory + (room / 2 + below) * a->element_size;
    a->count = list_offsets(tensor, a->offsets, ARRAY_ELEMENTS);
    list_offsets(&plain, a->c_order, ARRAY_ELEMENTS);
}

double array_get(const array *a, size_t element)
{
    return lrn_element_get(a->tensor.dtype, a->origin, a->offsets[element]);
}

uint64_t array_bits(const array *a, size_t element)
{
    const unsigned char *place = a->origin + a->offsets[element] * a->element_size;
    uint16_t bits16;
    uint32_t bits32;
    uint64_t bits64;
    switch (a->element_size) {
    case sizeof bits16:
        memcpy(&bits16, place, sizeof bits16);
        return bits16;
    case sizeof bits32:
        memcpy(&bits32, place, sizeof bits32);
        return bits32;
    default:
        memcpy(&bits64, place, sizeof bits64);
        return bits64;
    }
}

void array_set(array *a, size_t element, double value)
{
    lrn_element_set(a->tensor.dtype, a->origin, a->offsets[element], value);
}

void array_fill(array *a, uint64_t *random, double most)
{
    for (size_t i = 0; i < a->count; ++i)
        array_set(a, i, most * ((double)(random_next(random) >> 11) * 0x1p-52 - 1.0));
}

void array_copy(array *a, const array *from)
{
    for (size_t i = 0; i < a->count; ++i)
        array_set(a, i, array_get(from, i));
}

void array_check(const array *a, bool written)
{
    static unsigned char is_element[ARRAY_BYTES];
    static int64_t places[32 * ARRAY_ELEMENTS];
    const size_t count = list_places(&a->tensor, places, 32 * ARRAY_ELEMENTS);
    memset(is_element, 0, sizeof is_element);
    for (size_t i = 0; i < count; ++i)
        memset(is_element + (a->origin - a->memory) + places[i] * a->element_size, 2,
               (size_t)a->element_size);
    for (size_t i = 0; i < a->count; ++i)
        memset(is_element + (a->origin - a->memory) + a->offsets[i] * a->element_size, 1,
               (size_t)a->element_size);
    for (size_t i = 0; i < ARRAY_BYTES; ++i)
        if (is_element[i] != 1 && a->memory[i] != (is_element[i] == 2 && written ? 0 : CANARY))
            fail_msg("byte %zu, %s, was written", i,
                     is_element[i] == 2 ? "of what fills up a block" : "between the elements");
}
