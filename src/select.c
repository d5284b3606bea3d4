/* SPDX-License-Identifier: Apache-2.0 */
#include "select.h"

#include <inttypes.h>
#include <string.h>

#include "element.h"
#include "error.h"

/* Variant `number`, counted from 0; NULL after the last. */
static const lrn_variant *variant_at(size_t number)
{
    static const lrn_variant *const lists[] = {lrn_variants_cpu, lrn_variants_gpu,
                                               lrn_variants_any};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; ++i)
        for (const lrn_variant *row = lists[i]; row->name != NULL; ++row)
            if (number-- == 0)
                return row;
    return NULL;
}

size_t cllrn_variant_count(void)
{
    size_t count = 0;
    while (variant_at(count) != NULL)
        ++count;
    return count;
}

const char *cllrn_variant_name(size_t index)
{
    const lrn_variant *const row = variant_at(index);
    return row != NULL ? row->name : NULL;
}

/* The window sizes that LRN_ODD_WINDOWS and so on count. */
static const int windows[LRN_MANY_WINDOWS] = {3, 5, 7, 9, 2, 4, 1, 6, 8, 11, 15};

/* How many of them a variant has programs for that take a type. */
static int window_count(const lrn_variant *row, int storage)
{
    if (storage == LRN_F64 || (row->typed && storage == LRN_ANY))
        return 0;
    return row->typed && storage != LRN_F32 ? LRN_ODD_WINDOWS : row->windows;
}

static bool has_window(const lrn_variant *row, const lrn_problem *p)
{
    for (int i = 0; i < window_count(row, p->storage); ++i)
        if (p->taps == windows[i])
            return true;
    return false;
}

bool lrn_variant_suits(const lrn_variant *row, const lrn_device_facts *facts)
{
    return row->suits == NULL || row->suits(facts);
}

static bool can_run(const lrn_variant *row, const lrn_problem *p)
{
    return (row->general || (has_window(row, p) && !p->wide && lrn_shape_is_simple(p->shape))) &&
           p->facts->local_memory >= row->local_memory[p->backward] &&
           (row->fits == NULL || row->fits(p));
}

static int vector_width(const lrn_variant *row, const lrn_device_facts *facts, int storage)
{
    return row->width != NULL ? row->width(facts, storage) : 1;
}

static bool is_powered(const lrn_variant *row, int storage)
{
    return !row->general && !row->any_power && storage == LRN_F32;
}

/* Sets the key's type and power: fixed where the variant has such programs, else run-time. */
static void set_program(lrn_program_key *key, int storage, int power)
{
    const bool powered = power == LRN_POWER_3_4 && is_powered(key->variant, storage);
    key->power = powered ? power : LRN_POWER_AT_RUN_TIME;
    key->storage = powered || key->variant->typed || storage == LRN_F64 ? storage : LRN_ANY;
}

bool lrn_program_key_general(lrn_program_key *key)
{
    const bool powered = key->power != LRN_POWER_AT_RUN_TIME;
    if (!powered && !key->disjoint)
        return false;
    set_program(key, key->storage, LRN_POWER_AT_RUN_TIME);
    key->disjoint = key->disjoint && powered;
    return true;
}

static void launch(const lrn_variant *row, const lrn_problem *p, int power, lrn_selection *s)
{
    *s = (lrn_selection){.key = {.variant = row,
                                 .backward = p->backward,
                                 .width = vector_width(row, p->facts, p->storage),
                                 .taps = row->general ? 0 : p->taps,
                                 .wide = p->wide,
                                 .disjoint = !p->in_place && row->disjoint},
                         .spread = 1};
    set_program(&s->key, p->storage, power);
    row->launch(p, s);
}

static bool is_wide(const lrn_shape *shape, int taps)
{
    const lrn_layout *const layouts[] = {&shape->src, &shape->dy, &shape->dst};
    bool wide = shape->positions >= LRN_NARROW_LIMIT;
    for (int i = 0; i < 3; ++i)
        wide = wide || layouts[i]->lowest <= -LRN_NARROW_LIMIT ||
               layouts[i]->highest >= LRN_NARROW_LIMIT;
    for (int axis = 0; axis < LRN_MAX_AXES; ++axis)
        wide = wide || shape->dims[axis] >= LRN_NARROW_LIMIT ||
               (axis < shape->window_count && shape->dims[axis] + taps >= 2 * LRN_NARROW_LIMIT);
    return wide;
}

/* Whether the last axis is channels in blocks. */
static bool has_inner_blocks(const lrn_shape *shape)
{
    return shape->within && shape->blocked;
}

/* Whether neighbours on the last axis, or in a block of it, are neighbours in all tensors. */
static bool is_inner_dense(const lrn_shape *shape)
{
    return has_inner_blocks(shape) ? lrn_shape_has_equal_blocks(shape)
                                   : lrn_shape_is_dense(shape, LRN_INNER);
}

/* Elements of the last axis or, with blocks, of one block; 1 where the tensors' blocks differ. */
static int64_t inner_of(const lrn_shape *shape)
{
    const int64_t dim = shape->dims[LRN_INNER];
    if (!has_inner_blocks(shape))
        return dim;
    return is_inner_dense(shape) ? lrn_least(dim, INT64_C(1) << shape->dst.block_shift) : 1;
}

static int storage_of(const lrn_shape *shape)
{
    const cllrn_dtype dtype = shape->src.dtype;
    const bool same = dtype == shape->dy.dtype && dtype == shape->dst.dtype;
    return same ? lrn_element_type(dtype) : LRN_ANY;
}

static int64_t scratch_limit(const lrn_request *request, const lrn_device_facts *facts)
{
    const int64_t most = facts->max_allocation > 0 ? facts->max_allocation : INT64_MAX;
    return request->scratch_limit > 0 && request->scratch_limit < (uint64_t)most
               ? (int64_t)request->scratch_limit
               : most;
}

static cllrn_status fail_wide(const lrn_problem *p, cllrn_error *error)
{
    const int64_t src = p->shape->src.highest, dst = p->shape->dst.highest;
    return lrn_fail(error, CLLRN_UNSUPPORTED_SIZE,
                    "plan create: offsets up to %" PRId64 " elements, %" PRId64
                    " positions and %d taps need 64-bit indices, which %s lacks: expected offsets "
                    "below 2^30, use slices",
                    src > dst ? src : dst, p->shape->positions, p->taps, p->facts->name);
}

/* `known`: there is a variant of the requested name; scratch: the least that any needs, or 0. */
static cllrn_status fail_to_select(const lrn_request *request, const lrn_problem *p, bool known,
                                   uint64_t scratch, cllrn_error *error)
{
    const char *const name = request->variant != NULL ? request->variant : "any other";
    if (scratch > 0)
        return lrn_fail(error, CLLRN_SCRATCH_LIMIT,
                        "plan create: needs %" PRIu64 " bytes of scratch, but the limit is %" PRId64
                        " on %s: raise scratch_limit if the device allows it, or use slices",
                        scratch, p->scratch_limit, p->facts->name);
    if (!known)
        return lrn_fail(error, CLLRN_INVALID_VARIANT, "plan create: there is no variant \"%s\"",
                        name);
    return lrn_fail(error, CLLRN_INVALID_VARIANT,
                    "plan create: variant \"%s\" cannot run this problem %s", name,
                    p->in_place ? "in place" : "out of place");
}

cllrn_status lrn_select(const lrn_request *request, const lrn_device_facts *facts, size_t *row,
                        lrn_selection *selection, cllrn_error *error)
{
    const lrn_problem narrow = {
        .shape = request->shape,
        .facts = facts,
        .channels = request->shape->dims[0],
        .inner = inner_of(request->shape),
        .outer = request->shape->dims[LRN_INNER - 1],
        .lower = request->lower,
        .taps = request->taps,
        .backward = request->direction == CLLRN_DIRECTION_BACKWARD,
        .in_place = request->aliasing == CLLRN_ALIASING_IN_PLACE,
        .wide = is_wide(request->shape, request->taps),
        .dense_channels = lrn_shape_is_dense(request->shape, 0),
        .dense_inner = is_inner_dense(request->shape),
        .storage = storage_of(request->shape),
        .scratch_limit = scratch_limit(request, facts),
    };
    const size_t count = cllrn_variant_count();
    bool known = *row > 0;
    uint64_t least = 0;
    if (narrow.storage == LRN_F64 && !facts->fp64)
        return lrn_fail(error, CLLRN_UNSUPPORTED,
                        "plan create: float64, which %s lacks: use another device or dtype",
                        facts->name);
    for (size_t at = *row; at < 2 * count; ++at) {
        const lrn_variant *const variant = variant_at(at % count);
        lrn_problem p = narrow;
        if (request->variant != NULL ? strcmp(request->variant, variant->name) != 0
                                     : !lrn_variant_suits(variant, facts))
            continue;
        known = true;
        if ((variant->chosen == NULL || variant->chosen(&p)) != (at < count) ||
            !can_run(variant, &p))
            continue;
        launch(variant, &p, request->power, selection);
        if (!p.wide && selection->slots * selection->workers >= LRN_NARROW_LIMIT) {
            p.wide = true;
            launch(variant, &p, request->power, selection);
        }
        if (p.wide && !facts->wide)
            return fail_wide(&p, error);
        const uint64_t scratch = lrn_selection_scratch(selection);
        if (scratch <= (uint64_t)p.scratch_limit) {
            *row = at;
            return CLLRN_SUCCESS;
        }
        least = least == 0 || scratch < least ? scratch : least;
    }
    return fail_to_select(request, &narrow, known, least, error);
}

void lrn_selection_limit(lrn_selection *selection, size_t group_size)
{
    /* local[0] is a power of two, so its halves divide global[0]. */
    while (selection->local[0] > 1 && selection->local[0] > group_size) {
        selection->local[0] /= 2;
        if (selection->key.variant->fixed_groups)
            selection->global[0] /= 2;
    }
}

uint64_t lrn_selection_scratch(const lrn_selection *selection)
{
    const uint64_t real = selection->key.storage == LRN_F64 ? sizeof(double) : sizeof(float);
    if (selection->slots == 0)
        return 0;
    /* The kernel aligns the start of scratch to a vector. */
    const uint64_t elements = (uint64_t)selection->slots * (uint64_t)selection->workers +
                              (uint64_t)selection->key.width - 1;
    return elements > UINT64_MAX / real ? UINT64_MAX : elements * real;
}

/* Whether the key's variant has programs of this direction, aliasing, type and power. */
static bool has_programs(const lrn_program_key *key, const lrn_device_facts *facts)
{
    const lrn_variant *const row = key->variant;
    if (!lrn_variant_suits(row, facts) || (key->disjoint && !row->disjoint))
        return false;
    if (row->general)
        return key->power == LRN_POWER_AT_RUN_TIME &&
               (key->storage == LRN_ANY || (key->storage == LRN_F64 && facts->fp64));
    return facts->local_memory >= row->local_memory[key->backward] &&
           (key->power == LRN_POWER_AT_RUN_TIME ? row->typed || key->storage == LRN_ANY
                                                : is_powered(row, key->storage));
}

/*
 * Sets what else tells such programs apart: the window of a fast kernel; the
 * indices of a general one. False: there is no form of this number.
 */
static bool set_form(lrn_program_key *key, int form, const lrn_device_facts *facts)
{
    const bool general = key->variant->general;
    key->taps = general ? 0 : windows[form];
    key->wide = general && form == 1;
    key->width = vector_width(key->variant, facts, key->storage);
    return general ? form == 0 || (form == 1 && facts->wide)
                   : form < window_count(key->variant, key->storage);
}

/* Sets *key to the program of this number. Returns number + 1; how many there are if it is none. */
static size_t list(const lrn_device_facts *facts, size_t number, lrn_program_key *key)
{
    static const int storages[] = {LRN_F32, LRN_F16, LRN_BF16, LRN_ANY, LRN_F64};
    static const int powers[] = {LRN_POWER_3_4, LRN_POWER_AT_RUN_TIME};
    size_t count = 0;
    lrn_program_key one;
    for (size_t i = 0; (one.variant = variant_at(i)) != NULL; ++i)
        for (int group = 0; group < 40; ++group) {
            one.backward = group >= 20;
            one.disjoint = group / 10 % 2 == 0;
            one.storage = storages[group / 2 % 5];
            one.power = powers[group % 2];
            for (int form = 0; has_programs(&one, facts) && form < LRN_MANY_WINDOWS; ++form)
                if (set_form(&one, form, facts) && count++ == number) {
                    *key = one;
                    return count;
                }
        }
    return count;
}

bool lrn_program_key_number(size_t number, const lrn_device_facts *facts, lrn_program_key *key)
{
    return number < list(facts, number, key);
}

size_t lrn_program_key_count(const lrn_device_facts *facts)
{
    lrn_program_key last;
    return list(facts, SIZE_MAX, &last);
}
