/* SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"

#include "message.h"
#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

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

/* Counts all cases; or, if there is a case with this number, sets *found to it. */
static int find(int number, verify_case *found)
{
    int count = 0;
    for (const case_row *row = case_rows; row < case_rows + case_row_count; ++row)
        for (int type = 0; type < CASE_TYPES; ++type)
            for (int backward = 0; backward < 2; ++backward) {
                int list = LIST_QUICK; /* the shortest with this type */
                while (list < LIST_COUNT && !(row->types[list] >> type & 1))
                    ++list;
                if (list == LIST_COUNT || !(row->directions >> backward & 1))
                    continue;
                if (count++ != number)
                    continue;
                *found = (verify_case){.number = number,
                                       .list = (case_list)list,
                                       .backward = backward,
                                       .types = case_types_of_rows[type],
                                       .row = *row,
                                       .params = make_params(row)};
                return count;
            }
    return count;
}

int cases_count(void)
{
    return find(-1, NULL);
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

static void make_strides(const verify_case *c, layout how, int64_t strides[CLLRN_MAX_RANK])
{
    int64_t step = 1;
    for (int turn = 0; turn < c->row.rank; ++turn) {
        const int axis = axis_of_turn(c, how, turn);
        strides[axis] = how == LAYOUT_REVERSED ? -step : step;
        step *= c->row.dims[axis] > 0 ? c->row.dims[axis] : 1;
        if (how == LAYOUT_PADDED || how == LAYOUT_PERMUTED)
            step += 1 + turn;
    }
    if (how == LAYOUT_REPEATED)
        strides[0] = 0;
}

bool case_tensor(const verify_case *c, layout how, int32_t dtype, cllrn_tensor *tensor)
{
    static const int32_t blocks[LAYOUT_COUNT] = {
        [LAYOUT_BLOCK4] = 4, [LAYOUT_BLOCK8] = 8, [LAYOUT_BLOCK16] = 16, [LAYOUT_BLOCK32] = 32};
    const int32_t rank = c->row.rank, axis = c->row.channel_axis;
    cllrn_error error = CLLRN_ERROR_INIT;
    int64_t strides[CLLRN_MAX_RANK];
    make_strides(c, how, strides);
    *tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
    const cllrn_status status =
        blocks[how]
            ? cllrn_tensor_set_blocked(tensor, dtype, rank, c->row.dims, axis, blocks[how], &error)
            : cllrn_tensor_set(tensor, dtype, rank, c->row.dims, strides, axis, &error);
    return message_check(status, &error);
}

int64_t case_elements(const verify_case *c)
{
    int64_t elements = 1;
    for (int axis = 0; axis < c->row.rank; ++axis)
        elements *= c->row.dims[axis];
    return elements;
}

/* ----------------------------------------------------------------------- names */

const char *const section_names[SECTION_COUNT] = {
    "types", "layouts", "windows", "powers", "special values", "fma", "repeatability", "networks",
};
const char *const list_names[LIST_COUNT] = {"quick", "default", "full"};
const char *const content_names[CONTENT_COUNT] = {
    "spread",       "integer",     "large", "huge",      "special", "one NaN",
    "one infinity", "a NaN in dy", "trap",  "subnormal", "ties",
};
static const char *const layout_names[LAYOUT_COUNT] = {
    "C",        "channels-last", "Fortran", "padded",   "reversed", "permuted",
    "repeated", "block 4",       "block 8", "block 16", "block 32",
};

case_text case_describe(const verify_case *c)
{
    const case_row *const row = &c->row;
    char axis[20] = "", to[24] = "", at[32] = "", within[32] = "";
    case_text text;
    if (row->channel_axis != 1)
        snprintf(axis, sizeof axis, " axis %d", (int)row->channel_axis);
    if (row->dst_layout != row->x_layout)
        snprintf(to, sizeof to, " to %s", layout_names[row->dst_layout]);
    if (row->x_offset || row->dst_offset)
        snprintf(at, sizeof at, " at %d,%d", row->x_offset, row->dst_offset);
    if (row->spatial_axes > 0)
        snprintf(within, sizeof within, " within %d axes", (int)row->spatial_axes);
    snprintf(text.chars, sizeof text.chars,
             "%s %s %.100s%s %s%s%s window %" PRId64 ",%" PRId64
             "%s divisor %g alpha %g beta %g k %g %s",
             c->types.name, c->backward ? "backward" : "forward",
             text_of_list(row->dims, row->rank, "x").chars, axis, layout_names[row->x_layout], to,
             at, row->lower, row->upper, within, row->divisor, row->alpha, row->beta, row->k,
             content_names[row->content]);
    return text;
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
