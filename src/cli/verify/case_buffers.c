/* SPDX-License-Identifier: Apache-2.0 */
#include "case_buffers.h"

#include "element.h"
#include "iterator.h"
#include "message.h"
#include "text.h"

#include "../../size.h"

#include <cllrn_verify.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANARY = 37 }; /* guard elements before and after; odd, to align nothing by chance */

const char *const alias_names[ALIAS_COUNT] = {"", " in place of x", " in place of dy"};

/* --------------------------------------------------------------------- making */

static void *origin(const guarded_tensor *of, const void *buffer)
{
    const size_t offset = (size_t)of->base * cllrn_dtype_size(of->tensor.dtype);
    return buffer ? (char *)(uintptr_t)buffer + offset : NULL;
}

static bool make_tensor(const verify_case *c, layout how, int32_t dtype, int offset,
                        guarded_tensor *made)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    int64_t elements, below;
    if (!case_tensor(c, how, dtype, &made->tensor) ||
        !message_check(cllrn_tensor_span(&made->tensor, &elements, &below, &error), &error))
        return false;
    made->base = CANARY + offset + below;
    elements += offset + 2 * CANARY;
    made->data = NULL;
    if (lrn_size((uint64_t)elements, cllrn_dtype_size(dtype), &made->size))
        made->data = malloc(made->size);
    if (!made->data)
        return message_fail("out of memory for a tensor of %" PRId64 " elements", elements);
    element_poison(dtype, made->data, elements);
    return true;
}

static bool make_tensors(case_buffers *s)
{
    const verify_case *const c = s->c;
    if (!make_tensor(c, c->row.x_layout, c->types.x, c->row.x_offset, &s->x))
        return false;
    case_fill(c, false, &s->x.tensor, origin(&s->x, s->x.data));
    if (s->c->backward) {
        if (!make_tensor(c, c->row.dst_layout, c->types.dy, c->row.x_offset + c->row.dst_offset,
                         &s->dy))
            return false;
        case_fill(c, true, &s->dy.tensor, origin(&s->dy, s->dy.data));
    }
    if (s->in_place == ALIAS_NONE)
        return make_tensor(c, c->row.dst_layout, c->types.dst, c->row.dst_offset, &s->dst);
    s->dst = s->in_place == ALIAS_X ? s->x : s->dy;
    return true;
}

operation case_buffers_operation(const case_buffers *s, const void *dst)
{
    const bool replaces_x = s->in_place == ALIAS_X, replaces_dy = s->in_place == ALIAS_DY;
    void *const to = origin(&s->dst, dst);
    return (operation){
        .params = &s->c->params,
        .backward = s->c->backward,
        .src = {.tensor = s->x.tensor, .data = replaces_x ? to : origin(&s->x, s->x.data)},
        .dy = {.tensor = s->dy.tensor, .data = replaces_dy ? to : origin(&s->dy, s->dy.data)},
        .dst = {.tensor = s->dst.tensor, .data = to},
    };
}

static bool run_host(case_buffers *s)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    s->expected = malloc(s->dst.size);
    s->result = malloc(s->dst.size);
    if (!s->expected || !s->result)
        return message_fail("out of memory for a tensor of %zu bytes", s->dst.size);
    memcpy(s->expected, s->dst.data, s->dst.size);
    memset(s->result, 0, s->dst.size);
    const operation run = case_buffers_operation(s, s->expected);
    return message_check(operation_run(&run, false, &error), &error);
}

bool case_buffers_possible(const verify_case *c, alias in_place)
{
    if (in_place == ALIAS_DY)
        return c->backward && c->types.dy == c->types.dst;
    return in_place == ALIAS_NONE ||
           (c->types.x == c->types.dst && c->row.x_layout != LAYOUT_REPEATED);
}

bool case_buffers_make(const verify_case *c, alias in_place, case_buffers *s)
{
    memset(s, 0, sizeof *s);
    s->c = c;
    s->in_place = in_place;
    if (make_tensors(s) && run_host(s))
        return true;
    case_buffers_free(s);
    return false;
}

void case_buffers_free(case_buffers *s)
{
    free(s->x.data);
    free(s->dy.data);
    if (s->in_place == ALIAS_NONE)
        free(s->dst.data);
    free(s->expected);
    free(s->result);
    memset(s, 0, sizeof *s);
}

/* ------------------------------------------------------------------ comparing */

static short_text text_of(const case_buffers *s, const int64_t *index)
{
    return text_of_list(index, s->c->row.rank, ", ");
}

/* Finds the element at an offset, in elements, of the buffer; false: a gap. */
static bool find_element(const case_buffers *s, int64_t offset, iterator *found)
{
    *found = iterator_begin(&s->dst.tensor);
    while (found->more && s->dst.base + found->offset != offset)
        iterator_next(found);
    return found->more;
}

static bool explain(const case_buffers *s, int64_t offset, char why[WHY_SIZE])
{
    const int32_t dtype = s->dst.tensor.dtype;
    const int digits = 2 * (int)cllrn_dtype_size(dtype);
    iterator at;
    char what[sizeof(short_text) + 2];
    if (find_element(s, offset, &at))
        snprintf(what, sizeof what, "(%s)", text_of(s, at.index).chars);
    else
        snprintf(what, sizeof what, "%" PRId64 " behind (0, 0, ..), outside the tensor,",
                 offset - s->dst.base);
    snprintf(
        why, WHY_SIZE, "element %s is %.17g (0x%0*" PRIx64 "), expected %.17g (0x%0*" PRIx64 ")",
        what, element_get(dtype, s->result, offset), digits, element_bits(dtype, s->result, offset),
        element_get(dtype, s->expected, offset), digits, element_bits(dtype, s->expected, offset));
    return false;
}

static bool is_equal(const case_buffers *s, const void *expected, int64_t offset)
{
    const int32_t dtype = s->dst.tensor.dtype;
    return element_bits(dtype, expected, offset) == element_bits(dtype, s->result, offset);
}

void case_buffers_accept(const case_buffers *s)
{
    const size_t size = cllrn_dtype_size(s->dst.tensor.dtype);
    for (iterator i = iterator_begin(&s->dst.tensor); i.more; iterator_next(&i)) {
        const size_t at = size * (size_t)(s->dst.base + i.offset);
        memcpy((char *)s->expected + at, (const char *)s->result + at, size);
    }
}

bool case_buffers_compare(const case_buffers *s, char why[WHY_SIZE])
{
    const int64_t count = (int64_t)(s->dst.size / cllrn_dtype_size(s->dst.tensor.dtype));
    int64_t offset = memcmp(s->expected, s->result, s->dst.size) == 0 ? count : 0;
    while (offset < count && is_equal(s, s->expected, offset))
        ++offset;
    return offset == count || explain(s, offset, why);
}

/* ---------------------------------------------------------------------- reach */

/* Whether the bad element may change the result at an index. */
static bool reaches(const case_buffers *s, const int64_t *bad, const int64_t *index)
{
    const bool in_dy = s->c->row.content == CONTENT_NAN_DY;
    int64_t before[CLLRN_MAX_RANK] = {0}, behind[CLLRN_MAX_RANK] = {0};
    iterator_window windows[CLLRN_MAX_WINDOW];
    for (int i = iterator_windows(&s->c->params, &s->dst.tensor, windows) - 1; i >= 0; --i) {
        const int64_t lower = windows[i].lower, upper = windows[i].upper;
        before[windows[i].axis] = in_dy ? lower : s->c->backward ? lower + upper : upper;
        behind[windows[i].axis] = in_dy ? upper : s->c->backward ? lower + upper : lower;
    }
    for (int axis = 0; axis < s->c->row.rank; ++axis)
        if (index[axis] < bad[axis] - before[axis] || index[axis] > bad[axis] + behind[axis])
            return false;
    return true;
}

static bool compare_reach(const case_buffers *s, const void *clean, char why[WHY_SIZE])
{
    int64_t bad[CLLRN_MAX_RANK];
    case_bad_index(s->c, bad);
    for (iterator i = iterator_begin(&s->dst.tensor); i.more; iterator_next(&i)) {
        const bool differs = !is_equal(s, clean, s->dst.base + i.offset);
        if (differs == reaches(s, bad, i.index))
            continue;
        snprintf(why, WHY_SIZE, "element (%s) is %s by %s at (%s)", text_of(s, i.index).chars,
                 differs ? "changed" : "not changed", content_names[s->c->row.content],
                 text_of(s, bad).chars);
        return false;
    }
    return true;
}

bool case_buffers_check_reach(const case_buffers *s, char why[WHY_SIZE])
{
    verify_case clean_case = *s->c;
    case_buffers clean;
    clean_case.row.content = CONTENT_SPREAD;
    const bool made = case_buffers_make(&clean_case, s->in_place, &clean);
    if (!made)
        snprintf(why, WHY_SIZE, "out of memory");
    const bool right = made && compare_reach(s, clean.expected, why);
    case_buffers_free(&clean);
    return right;
}

/* --------------------------------------------------------------------- digest */

bool case_buffers_digest(const case_buffers *s, const void *buffer, uint64_t first_position,
                         uint64_t *digest)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    *digest = 0;
    return message_check(
        cllrn_digest(&s->dst.tensor, origin(&s->dst, buffer), first_position, digest, &error),
        &error);
}

static void narrow(guarded_tensor *of, int64_t index)
{
    of->base += index * of->tensor.strides[0];
    of->tensor.dims[0] = 1;
}

case_buffers case_buffers_slice(const case_buffers *s, int64_t index)
{
    case_buffers slice = *s;
    narrow(&slice.x, index);
    narrow(&slice.dy, index);
    narrow(&slice.dst, index);
    return slice;
}
