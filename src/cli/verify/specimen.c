/* SPDX-License-Identifier: Apache-2.0 */
#include "specimen.h"

#include "content.h"
#include "element.h"
#include "layout.h"
#include "message.h"
#include "storage.h"

#include "../../size.h"

#include <cllrn_verify.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANARY = 37 }; /* guard elements before and after; odd, to align nothing by chance */

const char *const alias_names[ALIAS_COUNT] = {"", " in place of x", " in place of dy"};

/* The offset of element (0, 0, ..), in bytes. */
static size_t origin_offset(const sample *of)
{
    return (size_t)of->base * cllrn_dtype_size(of->tensor.dtype);
}

static void *origin(const sample *of, void *buffer)
{
    return (char *)buffer + origin_offset(of);
}

static bool make_sample(const verify_case *c, layout how, int32_t dtype, int offset, sample *made)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    int64_t elements, below;
    if (!layout_tensor(c, how, dtype, &made->tensor) ||
        !message_check(cllrn_tensor_span(&made->tensor, &elements, &below, &error), &error))
        return false;
    made->base = CANARY + offset + below;
    elements += offset + 2 * CANARY;
    made->data = NULL;
    if (lrn_size((uint64_t)elements, cllrn_dtype_size(dtype), &made->size))
        made->data = malloc(made->size);
    if (!made->data)
        return message_fail("out of memory for a tensor of %" PRId64 " elements", elements);
    storage_poison(dtype, made->data, elements);
    return true;
}

static bool copy_sample(const sample *from, sample *made)
{
    *made = *from;
    made->data = malloc(from->size);
    if (!made->data)
        return message_fail("out of memory for a tensor of %zu bytes", from->size);
    memcpy(made->data, from->data, from->size);
    return true;
}

static bool backward(const specimen *s)
{
    return s->c->direction == CLLRN_DIRECTION_BACKWARD;
}

static bool make_samples(specimen *s)
{
    const verify_case *const c = s->c;
    if (!make_sample(c, c->x_layout, c->x_type, c->x_offset, &s->x))
        return false;
    content_fill(c, CONTENT_X, &s->x.tensor, origin(&s->x, s->x.data));
    if (backward(s)) {
        if (!make_sample(c, c->dst_layout, c->dy_type, c->x_offset + c->dst_offset, &s->dy))
            return false;
        content_fill(c, CONTENT_DY, &s->dy.tensor, origin(&s->dy, s->dy.data));
    }
    if (s->in_place == ALIAS_NONE)
        return make_sample(c, c->dst_layout, c->dst_type, c->dst_offset, &s->dst);
    return copy_sample(s->in_place == ALIAS_X ? &s->x : &s->dy, &s->dst);
}

/* Computes the expected buffer by the host build. x or dy may lie in that buffer. */
static bool run_host(const specimen *s, const void *x, const void *dy, void *expected)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    memcpy(expected, s->dst.data, s->dst.size);
    void *const to = origin(&s->dst, expected);
    const cllrn_status status =
        backward(s)
            ? cllrn_host_backward(&s->c->params, &s->x.tensor, x, &s->dy.tensor, dy, &s->dst.tensor,
                                  to, &error)
            : cllrn_host_forward(&s->c->params, &s->x.tensor, x, &s->dst.tensor, to, &error);
    return message_check(status, &error);
}

static bool expect(specimen *s)
{
    s->expected = malloc(s->dst.size);
    s->result = malloc(s->dst.size);
    if (!s->expected || !s->result)
        return message_fail("out of memory for a tensor of %zu bytes", s->dst.size);
    memset(s->result, 0, s->dst.size);
    const void *const there = origin(&s->dst, s->expected);
    return run_host(s, s->in_place == ALIAS_X ? there : origin(&s->x, s->x.data),
                    s->in_place == ALIAS_DY ? there : origin(&s->dy, s->dy.data), s->expected);
}

bool specimen_possible(const verify_case *c, alias in_place)
{
    switch (in_place) {
    case ALIAS_X:
        return c->x_type == c->dst_type && c->x_layout != LAYOUT_REPEATED;
    case ALIAS_DY:
        return c->direction == CLLRN_DIRECTION_BACKWARD && c->dy_type == c->dst_type;
    default:
        return true;
    }
}

bool specimen_make(const verify_case *c, alias in_place, specimen *s)
{
    memset(s, 0, sizeof *s);
    s->c = c;
    s->in_place = in_place;
    if (make_samples(s) && expect(s))
        return true;
    specimen_free(s);
    return false;
}

void specimen_free(specimen *s)
{
    free(s->x.data);
    free(s->dy.data);
    free(s->dst.data);
    free(s->expected);
    free(s->result);
    memset(s, 0, sizeof *s);
}

/* ------------------------------------------------------------------ comparing */

void specimen_index_text(const verify_case *c, const int64_t *index, char text[INDEX_TEXT])
{
    size_t used = 0;
    for (int axis = 0; axis < c->rank; ++axis)
        used += (size_t)snprintf(text + used, INDEX_TEXT - used, "%s%" PRId64, axis ? ", " : "(",
                                 index[axis]);
    snprintf(text + used, INDEX_TEXT - used, ")");
}

/* The index of the element at an offset, in elements, of the buffer; false: a gap. */
static bool index_at(const specimen *s, int64_t place, int64_t *index)
{
    memset(index, 0, CLLRN_MAX_RANK * sizeof *index);
    if (case_elements(s->c) == 0)
        return false;
    do
        if (s->dst.base + layout_place(&s->dst.tensor, index) == place)
            return true;
    while (layout_next(&s->dst.tensor, index));
    return false;
}

static uint64_t bits_at(const void *buffer, size_t size, int64_t place)
{
    uint16_t narrow;
    uint32_t word;
    uint64_t wide;
    const char *const at = (const char *)buffer + (size_t)place * size;
    switch (size) {
    case sizeof narrow:
        memcpy(&narrow, at, size);
        return narrow;
    case sizeof word:
        memcpy(&word, at, size);
        return word;
    default:
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
}

static bool explain(const specimen *s, int64_t place, char why[WHY_SIZE])
{
    const int32_t dtype = s->dst.tensor.dtype;
    const size_t size = cllrn_dtype_size(dtype);
    int64_t index[CLLRN_MAX_RANK];
    char what[INDEX_TEXT];
    if (index_at(s, place, index))
        specimen_index_text(s->c, index, what);
    else
        snprintf(what, sizeof what, "%" PRId64 " behind (0, 0, ..), outside the tensor,",
                 place - s->dst.base);
    snprintf(why, WHY_SIZE,
             "element %s is %.17g (0x%0*" PRIx64 "), expected %.17g (0x%0*" PRIx64 ")", what,
             element_value(dtype, s->result, place), (int)size * 2, bits_at(s->result, size, place),
             element_value(dtype, s->expected, place), (int)size * 2,
             bits_at(s->expected, size, place));
    return false;
}

/* The expected buffer with the result's elements in the tensor. The caller frees it. */
static void *expected_outside(const specimen *s)
{
    const size_t size = cllrn_dtype_size(s->dst.tensor.dtype);
    int64_t index[CLLRN_MAX_RANK] = {0};
    char *const mixed = malloc(s->dst.size);
    if (!mixed)
        return NULL;
    memcpy(mixed, s->expected, s->dst.size);
    if (case_elements(s->c) > 0)
        do {
            const size_t at = size * (size_t)(s->dst.base + layout_place(&s->dst.tensor, index));
            memcpy(mixed + at, (const char *)s->result + at, size);
        } while (layout_next(&s->dst.tensor, index));
    return mixed;
}

bool specimen_compare(const specimen *s, comparison how, char why[WHY_SIZE])
{
    const size_t size = cllrn_dtype_size(s->dst.tensor.dtype);
    const int64_t count = (int64_t)(s->dst.size / size);
    void *const mixed = how == COMPARE_OUTSIDE ? expected_outside(s) : NULL;
    if (how == COMPARE_OUTSIDE && !mixed) {
        snprintf(why, WHY_SIZE, "out of memory");
        return false;
    }
    const char *const wanted = mixed ? mixed : s->expected;
    int64_t place = count;
    if (memcmp(wanted, s->result, s->dst.size) != 0)
        for (place = 0; place < count; ++place)
            if (memcmp(wanted + (size_t)place * size,
                       (const char *)s->result + (size_t)place * size, size) != 0)
                break;
    free(mixed);
    return place == count || explain(s, place, why);
}

/* ---------------------------------------------------------------------- reach */

/* Whether the bad element may change the result at an index. */
static bool reaches(const specimen *s, const int64_t *bad, const int64_t *index)
{
    const cllrn_params *const p = &s->c->params;
    int axes[3];
    const int count = layout_window_axes(p, &s->dst.tensor, axes);
    int64_t before = p->window[0].upper,
            behind = p->window[0].lower; /* outputs that the bad element may change */
    if (s->c->content == CONTENT_NAN_DY) {
        before = p->window[0].lower;
        behind = p->window[0].upper;
    } else if (backward(s)) {
        before = behind = p->window[0].lower + p->window[0].upper;
    }
    for (int axis = 0; axis < s->c->rank; ++axis) {
        bool windowed = false;
        for (int i = 0; i < count; ++i)
            windowed = windowed || axes[i] == axis;
        const int64_t distance = index[axis] - bad[axis];
        if (windowed ? distance < -before || distance > behind : distance != 0)
            return false;
    }
    return true;
}

static bool compare_reach(const specimen *s, const void *clean, char why[WHY_SIZE])
{
    const size_t size = cllrn_dtype_size(s->dst.tensor.dtype);
    int64_t bad[CLLRN_MAX_RANK], index[CLLRN_MAX_RANK] = {0};
    content_bad_index(s->c, bad);
    do {
        const int64_t place = s->dst.base + layout_place(&s->dst.tensor, index);
        const bool differs = memcmp((const char *)clean + (size_t)place * size,
                                    (const char *)s->result + (size_t)place * size, size) != 0;
        if (differs == reaches(s, bad, index))
            continue;
        char where[INDEX_TEXT], from[INDEX_TEXT];
        specimen_index_text(s->c, index, where);
        specimen_index_text(s->c, bad, from);
        snprintf(why, WHY_SIZE, "element %s is %s by %s at %s", where,
                 differs ? "changed" : "not changed", content_names[s->c->content], from);
        return false;
    } while (layout_next(&s->dst.tensor, index));
    return true;
}

bool specimen_check_reach(const specimen *s, char why[WHY_SIZE])
{
    verify_case clean_case = *s->c;
    specimen clean;
    clean_case.content = CONTENT_SPREAD;
    if (!specimen_make(&clean_case, s->in_place, &clean)) {
        snprintf(why, WHY_SIZE, "out of memory");
        return false;
    }
    const bool right = compare_reach(s, clean.expected, why);
    specimen_free(&clean);
    return right;
}

/* --------------------------------------------------------------------- digest */

bool specimen_digest(const specimen *s, const void *buffer, uint64_t first_position,
                     uint64_t *digest)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    *digest = 0;
    return message_check(cllrn_digest(&s->dst.tensor, (const char *)buffer + origin_offset(&s->dst),
                                      first_position, digest, &error),
                         &error);
}

static void narrow(sample *of, int64_t index)
{
    of->base += index * of->tensor.strides[0];
    of->tensor.dims[0] = 1;
}

specimen specimen_slice(const specimen *s, int64_t index)
{
    specimen slice = *s;
    narrow(&slice.x, index);
    narrow(&slice.dst, index);
    if (backward(s))
        narrow(&slice.dy, index);
    return slice;
}
