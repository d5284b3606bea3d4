/* SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"

#include "message.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const int32_t directions[] = {CLLRN_DIRECTION_FORWARD, CLLRN_DIRECTION_BACKWARD};

/* Finds the shortest list with a type of a row; false where no list has it. */
static bool find_list(const case_row *row, int type, case_list *shortest)
{
    for (int l = LIST_QUICK; l <= LIST_FULL; ++l)
        if (row->types[l] >> type & 1) {
            *shortest = (case_list)l;
            return true;
        }
    return false;
}

static cllrn_params make_params(const case_row *row)
{
    cllrn_params params = {
        .struct_size = sizeof params,
        .window_count = row->spatial_axes ? row->spatial_axes : 1,
        .divisor = row->divisor,
        .alpha = row->alpha,
        .beta = row->beta,
        .k = row->k,
    };
    for (int i = 0; i < params.window_count; ++i)
        params.window[i] =
            (cllrn_window){.axis = i - row->spatial_axes, .lower = row->lower, .upper = row->upper};
    return params;
}

static verify_case make_case(const case_row *row, int type, int direction, case_list shortest,
                             int number)
{
    return (verify_case){
        .number = number,
        .list = shortest,
        .direction = directions[direction],
        .types = case_types_of_rows[type],
        .row = *row,
        .params = make_params(row),
    };
}

/* Counts all cases; or, if found is not NULL, sets *found to the case with this number. */
static int find(int number, verify_case *found)
{
    int count = 0;
    for (int i = 0; i < case_row_count; ++i)
        for (int type = 0; type < CASE_TYPES; ++type)
            for (int direction = 0; direction < 2; ++direction) {
                const case_row *const row = &case_rows[i];
                case_list shortest;
                if (!(row->directions >> direction & 1) || !find_list(row, type, &shortest))
                    continue;
                if (found && count == number) {
                    *found = make_case(row, type, direction, shortest, number);
                    return count;
                }
                ++count;
            }
    return count;
}

int cases_count(void)
{
    return find(0, NULL);
}

verify_case cases_get(int number)
{
    verify_case found = {0};
    find(number, &found);
    return found;
}

/* --------------------------------------------------------------------- tensors */

/* The axis number `turn` from the fastest. */
static int axis_of_turn(const verify_case *c, layout how, int turn)
{
    const int last = c->row.rank - 1, rest = turn - (c->row.rank + 1) / 2;
    const int channels =
        c->row.channel_axis < 0 ? c->row.channel_axis + c->row.rank : c->row.channel_axis;
    switch (how) {
    case LAYOUT_FORTRAN:
        return turn;
    case LAYOUT_PERMUTED: /* every second axis first */
        return rest < 0 ? 2 * turn : 2 * rest + 1;
    case LAYOUT_LAST:
        if (turn == 0)
            return channels;
        return last - (turn - 1) > channels ? last - (turn - 1) : last - turn;
    default:
        return last - turn;
    }
}

static bool strided_tensor(const verify_case *c, layout how, int32_t dtype, cllrn_tensor *tensor)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    int64_t strides[CLLRN_MAX_RANK], step = 1;
    for (int turn = 0; turn < c->row.rank; ++turn) {
        const int axis = axis_of_turn(c, how, turn);
        strides[axis] = how == LAYOUT_REVERSED ? -step : step;
        step *= c->row.dims[axis] > 0 ? c->row.dims[axis] : 1;
        if (how == LAYOUT_PADDED || how == LAYOUT_PERMUTED)
            step += 1 + turn;
    }
    if (how == LAYOUT_REPEATED)
        strides[0] = 0;
    *tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
    return message_check(cllrn_tensor_set(tensor, dtype, c->row.rank, c->row.dims, strides,
                                          c->row.channel_axis, &error),
                         &error);
}

bool case_tensor(const verify_case *c, layout how, int32_t dtype, cllrn_tensor *tensor)
{
    static const int32_t blocks[LAYOUT_COUNT] = {
        [LAYOUT_BLOCK4] = 4, [LAYOUT_BLOCK8] = 8, [LAYOUT_BLOCK16] = 16, [LAYOUT_BLOCK32] = 32};
    cllrn_error error = CLLRN_ERROR_INIT;
    if (blocks[how] == 0)
        return strided_tensor(c, how, dtype, tensor);
    *tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
    return message_check(cllrn_tensor_set_blocked(tensor, dtype, c->row.rank, c->row.dims,
                                                  c->row.channel_axis, blocks[how], &error),
                         &error);
}

int64_t case_elements(const verify_case *c)
{
    int64_t elements = 1;
    for (int axis = 0; axis < c->row.rank; ++axis)
        elements *= c->row.dims[axis];
    return elements;
}

/* ----------------------------------------------------------------------- names */

const char *section_name(section s)
{
    static const char *const names[SECTION_COUNT] = {"types",         "layouts",        "windows",
                                                     "powers",        "special values", "fma",
                                                     "repeatability", "networks"};
    return names[s];
}

const char *list_name(case_list l)
{
    static const char *const names[] = {"quick", "default", "full"};
    return names[l];
}

const char *content_name(content c)
{
    static const char *const names[CONTENT_COUNT] = {
        "spread",       "integer",     "large", "huge",      "special", "one NaN",
        "one infinity", "a NaN in dy", "trap",  "subnormal", "ties",
    };
    return names[c];
}

static const char *layout_name(layout how)
{
    static const char *const names[LAYOUT_COUNT] = {
        "C",        "channels-last", "Fortran", "padded",   "reversed", "permuted",
        "repeated", "block 4",       "block 8", "block 16", "block 32",
    };
    return names[how];
}

__attribute__((format(printf, 3, 4))) static void append(char text[CASE_TEXT], size_t *used,
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text + *used, CASE_TEXT - *used, format, arguments);
    va_end(arguments);
    *used += length > 0 ? (size_t)length : 0;
    if (*used >= CASE_TEXT)
        *used = CASE_TEXT - 1;
}

void case_describe(const verify_case *c, char text[CASE_TEXT])
{
    const cllrn_params *const p = &c->params;
    size_t used = 0;
    append(text, &used, "%s %s ", c->types.name,
           c->direction == CLLRN_DIRECTION_FORWARD ? "forward" : "backward");
    for (int axis = 0; axis < c->row.rank; ++axis)
        append(text, &used, "%s%" PRId64, axis ? "x" : "", c->row.dims[axis]);
    if (c->row.channel_axis != 1)
        append(text, &used, " axis %d", (int)c->row.channel_axis);
    append(text, &used, " %s", layout_name(c->row.x_layout));
    if (c->row.dst_layout != c->row.x_layout)
        append(text, &used, " to %s", layout_name(c->row.dst_layout));
    if (c->row.x_offset || c->row.dst_offset)
        append(text, &used, " at %d,%d", c->row.x_offset, c->row.dst_offset);
    append(text, &used, " window %" PRId64 ",%" PRId64, p->window[0].lower, p->window[0].upper);
    if (p->window[0].axis != CLLRN_AXIS_CHANNEL)
        append(text, &used, " within %d axes", (int)p->window_count);
    append(text, &used, " divisor %g alpha %g beta %g k %g %s", p->divisor, p->alpha, p->beta, p->k,
           content_name(c->row.content));
}

bool case_is_f64(const verify_case *c)
{
    return c->types.dst == CLLRN_DTYPE_F64;
}

bool case_needs_inf_nan(const verify_case *c)
{
    switch (c->row.content) {
    case CONTENT_HUGE:
    case CONTENT_SPECIAL:
    case CONTENT_ONE_NAN:
    case CONTENT_ONE_INF:
    case CONTENT_NAN_DY:
        return true;
    default:
        return c->params.alpha < 0 || (c->params.k == 0 && (c->row.content == CONTENT_INTEGER ||
                                                            c->row.content == CONTENT_LARGE));
    }
}

bool case_has_bound(const verify_case *c)
{
    return !case_needs_inf_nan(c) && c->row.content != CONTENT_SUBNORMAL && c->params.k >= 0 &&
           fabs(c->params.beta) <= 4;
}
