/* SPDX-License-Identifier: Apache-2.0 */
#include "select.h"

#include <inttypes.h>
#include <string.h>

#include "error.h"

/* All that a row may look at. */
typedef struct problem {
    const lrn_shape *shape;
    const lrn_device_facts *facts;
    int taps;
    bool in_place;
    bool unrolled; /* the window is of a size that kernels are unrolled for */
    bool wide;     /* 32-bit indices cannot hold it */
} problem;

/* The sizes of windows that the fast kernels are unrolled for. */
static const int unrolled_taps[] = {2, 3, 4, 5, 7, 9};
enum { UNROLLED_COUNT = sizeof unrolled_taps / sizeof *unrolled_taps };

static bool is_unrolled(int taps)
{
    for (size_t i = 0; i < UNROLLED_COUNT; ++i)
        if (taps == unrolled_taps[i])
            return true;
    return false;
}

/* Work-groups along the outer dimensions; some devices allow no more than 65535. */
#define MAX_GROUPS 65535

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

static bool one_outer_axis(const problem *p)
{
    return p->shape->outer_count <= 1;
}

static bool fits_packed(const problem *p)
{
    return p->unrolled && !p->in_place && !p->wide && one_outer_axis(p) &&
           p->shape->src.channel == 1 && p->shape->dst.channel == 1;
}

static bool fits_planar(const problem *p)
{
    return p->unrolled && !p->in_place && !p->wide && one_outer_axis(p) &&
           p->shape->src.inner == 1 && p->shape->dst.inner == 1;
}

static bool fits_column(const problem *p)
{
    return p->unrolled && !p->wide && one_outer_axis(p);
}

static bool fits_strided(const problem *p)
{
    return !p->in_place;
}

static bool fits_in_place(const problem *p)
{
    (void)p;
    return true;
}

/* items work-items along the first dimension, in groups of at most `group`, a power of two. */
static void launch(lrn_selection *s, int64_t items, int64_t group, int64_t second, int64_t third)
{
    int64_t local = 1;
    while (local * 2 <= group && local < items)
        local *= 2;
    s->local[0] = (size_t)local;
    s->local[1] = s->local[2] = 1;
    s->global[0] = (size_t)(divide_up(items, local) * local);
    s->global[1] = (size_t)least(second, MAX_GROUPS);
    s->global[2] = (size_t)least(third, MAX_GROUPS);
}

static void shape_packed(const problem *p, lrn_selection *s)
{
    /* About 16 KB of source a work-item, so that groups are many and a start costs little. */
    s->key.width = p->facts->vector_width;
    s->tile_positions = (int32_t)divide_up(4096, least(p->shape->channels, 4096));
    launch(s, divide_up(p->shape->inner, s->tile_positions), 1, 1, p->shape->outer);
}

static void shape_planar(const problem *p, lrn_selection *s)
{
    s->key.width = p->facts->vector_width;
    s->tile_positions = 256;
    s->tile_channels =
        (int32_t)(p->shape->channels < 12 * MAX_GROUPS ? 12
                                                       : divide_up(p->shape->channels, MAX_GROUPS));
    launch(s, p->shape->inner < s->tile_positions ? 1 : p->shape->inner / s->tile_positions, 1,
           divide_up(p->shape->channels, s->tile_channels), p->shape->outer);
}

static void shape_column(const problem *p, lrn_selection *s)
{
    const bool vectors = p->facts->cpu_like && p->shape->src.inner == 1 && p->shape->dst.inner == 1;
    s->key.width = vectors ? p->facts->vector_width : 1;
    const int64_t items = divide_up(p->shape->inner, s->key.width);

    /* Split the channels until there is work for all, unless in place: a window crosses runs. */
    int64_t runs = 1;
    const int64_t wanted = p->facts->compute_units * (p->facts->cpu_like ? 64 : 2048);
    if (!p->in_place)
        runs = least(divide_up(wanted, items * p->shape->outer),
                     divide_up(p->shape->channels, 4 * p->taps));
    s->tile_channels = (int32_t)divide_up(p->shape->channels, least(runs, MAX_GROUPS));
    launch(s, items, p->facts->cpu_like ? 1 : least(64, p->facts->max_group_size),
           divide_up(p->shape->channels, s->tile_channels), p->shape->outer);
}

static void shape_strided(const problem *p, lrn_selection *s)
{
    s->key.width = 1;
    launch(s, p->shape->inner, least(64, p->facts->max_group_size), p->shape->channels,
           p->shape->outer);
}

static void shape_in_place(const problem *p, lrn_selection *s)
{
    s->key.width = 1;
    launch(s, least(p->shape->outer * p->shape->inner, p->facts->compute_units * 1024),
           least(64, p->facts->max_group_size), 1, 1);
    s->workers = (int64_t)s->global[0];
}

/* In order of preference. The last row of each aliasing takes anything. */
static const struct variant {
    const char *name, *kernel;
    lrn_file file;
    bool general;                   /* any window and axes: a kernel of strided.cl */
    bool cpu;                       /* legal everywhere, but chosen on CPUs only */
    bool (*fits)(const problem *p); /* legal */
    void (*shape)(const problem *p, lrn_selection *s);
} variants[] = {
    {"packed", "forward_packed", LRN_FILE_PACKED, false, true, fits_packed, shape_packed},
    {"planar", "forward_planar", LRN_FILE_PLANAR, false, true, fits_planar, shape_planar},
    {"column", "forward_column", LRN_FILE_COLUMN, false, false, fits_column, shape_column},
    {"strided", "forward_strided", LRN_FILE_STRIDED, true, false, fits_strided, shape_strided},
    {"strided-in-place", "forward_strided_in_place", LRN_FILE_STRIDED, true, false, fits_in_place,
     shape_in_place},
};

enum { VARIANT_COUNT = sizeof variants / sizeof *variants };

const char *lrn_variant_name(size_t index)
{
    return index < VARIANT_COUNT ? variants[index].name : NULL;
}

/* Offsets, indices and their sums stay below 2^31 in a problem that is not wide. */
static bool is_wide(const lrn_shape *shape, int taps)
{
    const int64_t limit = INT64_C(1) << 30;
    return shape->src.lowest <= -limit || shape->src.highest >= limit ||
           shape->dst.lowest <= -limit || shape->dst.highest >= limit || shape->outer >= limit ||
           shape->channels >= limit || shape->inner >= limit ||
           shape->outer * shape->inner >= limit || shape->channels + taps >= 2 * limit;
}

cllrn_status lrn_select(const lrn_shape *shape, const cllrn_params *params,
                        const lrn_device_facts *facts, int32_t aliasing, const char *variant,
                        lrn_selection *selection, cllrn_error *error)
{
    const int taps = lrn_params_taps(params);
    const problem p = {
        .shape = shape,
        .facts = facts,
        .taps = taps,
        .in_place = aliasing == CLLRN_IN_PLACE,
        .unrolled = is_unrolled(taps),
        .wide = is_wide(shape, taps),
    };
    if (p.wide && !facts->wide)
        return lrn_fail(error, CLLRN_UNSUPPORTED_SIZE,
                        "plan create: offsets from %" PRId64 " to %" PRId64 " elements, %" PRId64
                        " channels with %d taps need 64-bit indices, which %s lacks: expected "
                        "offsets below 2^30, use slices",
                        least(shape->src.lowest, shape->dst.lowest),
                        shape->src.highest > shape->dst.highest ? shape->src.highest
                                                                : shape->dst.highest,
                        shape->channels, taps, facts->name);

    bool known = false;
    for (size_t i = 0; i < VARIANT_COUNT; ++i) {
        const struct variant *row = &variants[i];
        if (variant != NULL && strcmp(variant, row->name) != 0)
            continue;
        known = true;
        if (!row->fits(&p) || (variant == NULL && row->cpu && !facts->cpu_like))
            continue;
        memset(selection, 0, sizeof *selection);
        selection->variant = row->name;
        selection->kernel = row->kernel;
        selection->general = row->general;
        selection->key.file = row->file;
        selection->key.taps = row->general ? 0 : taps;
        selection->key.power = lrn_params_power(params);
        selection->key.wide = p.wide;
        row->shape(&p, selection);
        return CLLRN_SUCCESS;
    }
    if (known)
        return lrn_fail(error, CLLRN_INVALID_VARIANT,
                        "plan create: variant \"%s\" cannot run this problem %s", variant,
                        p.in_place ? "in place" : "out of place");
    return lrn_fail(error, CLLRN_INVALID_VARIANT, "plan create: there is no variant \"%s\"",
                    variant);
}

bool lrn_program_key_number(size_t number, int vector_width, lrn_program_key *key)
{
    /* Columns are scalar where the inner stride is not 1. */
    const struct {
        lrn_file file;
        int width;
    } fast[] = {{LRN_FILE_PACKED, vector_width},
                {LRN_FILE_PLANAR, vector_width},
                {LRN_FILE_COLUMN, vector_width},
                {LRN_FILE_COLUMN, 1}};
    const size_t fast_count = sizeof fast / sizeof *fast - (vector_width == 1 ? 1 : 0);

    key->power = (int)(number % (LRN_POWER_GENERAL + 1));
    number /= LRN_POWER_GENERAL + 1;
    if (number < 2) {
        key->file = LRN_FILE_STRIDED;
        key->width = 1;
        key->taps = 0;
        key->wide = number == 1;
        return true;
    }
    number -= 2;
    key->taps = unrolled_taps[number % UNROLLED_COUNT];
    number /= UNROLLED_COUNT;
    if (number >= fast_count)
        return false;
    key->file = fast[number].file;
    key->width = fast[number].width;
    key->wide = false;
    return true;
}

void lrn_selection_limit(lrn_selection *selection, size_t group_size)
{
    /* A power of two: halves still divide the global size. */
    while (selection->local[0] > 1 && selection->local[0] > group_size)
        selection->local[0] /= 2;
}

uint64_t lrn_selection_scratch(const lrn_selection *selection, const lrn_shape *shape)
{
    return (uint64_t)selection->workers * (uint64_t)shape->channels * sizeof(float);
}
