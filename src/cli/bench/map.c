/* SPDX-License-Identifier: Apache-2.0 */
#include "map.h"

#include "message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What problems differ in. */
typedef enum factor {
    DIRECTION,
    LAYOUT,
    DTYPE,
    SIZE,
    CHANNELS,
    BATCH,
    BETA, /* its values are indices of the request's */
    PLACE,
    AXES, /* of windows within a channel; 0 across channels */
    FACTORS
} factor;

enum { UNSET = -1 };

/* A problem: an index of each factor's values, or UNSET. */
typedef struct problem {
    int8_t chosen[FACTORS];
} problem;

typedef struct design {
    int64_t values[FACTORS][MAX_LIST];
    int counts[FACTORS];
    problem *problems;
    int count;
    int uses[FACTORS][MAX_LIST][FACTORS][MAX_LIST]; /* of two values: in how many problems */
    bool full;                                      /* out of memory */
} design;

/* ----------------------------------------------------------------------- values */

static void add_value(design *d, factor f, int64_t value)
{
    d->values[f][d->counts[f]++] = value;
}

static void set_values(design *d, const request *r, bool fp64)
{
    for (int i = 0; i < r->layout_count; ++i)
        add_value(d, LAYOUT, r->layouts[i]);
    for (int i = 0; i < r->dtype_count; ++i)
        if (r->dtypes[i] != CLLRN_DTYPE_F64 || fp64)
            add_value(d, DTYPE, r->dtypes[i]);
    for (int i = 0; i < r->size_count; ++i)
        add_value(d, SIZE, r->sizes[i]);
    for (int i = 0; i < r->channel_count; ++i)
        add_value(d, CHANNELS, r->channels[i]);
    for (int i = 0; i < r->batch_count; ++i)
        add_value(d, BATCH, r->batches[i]);
    for (int i = 0; i < r->beta_count; ++i)
        add_value(d, BETA, i);
    if (r->directions & FORWARD)
        add_value(d, DIRECTION, CLLRN_DIRECTION_FORWARD);
    if (r->directions & BACKWARD)
        add_value(d, DIRECTION, CLLRN_DIRECTION_BACKWARD);
    if (!r->in_place)
        add_value(d, PLACE, CLLRN_ALIASING_DISJOINT);
    add_value(d, PLACE, CLLRN_ALIASING_IN_PLACE);
    if (r->regions & ACROSS_CHANNELS)
        add_value(d, AXES, 0);
    for (int axes = 2; axes <= 3 && (r->regions & WITHIN_CHANNEL); ++axes)
        add_value(d, AXES, axes);
}

/* ------------------------------------------------------------------------ rules */

/* A result in place has the type of x. */
static bool place_fits(int64_t place, int64_t dtype)
{
    return place != CLLRN_ALIASING_IN_PLACE || dtype != MIXED;
}

/* The time of more taps within a channel may exceed any patience. */
static bool axes_fit(int64_t axes, int64_t size)
{
    return pow((double)size, (double)axes) <= 125;
}

/* Whether a rule about two factors holds for some values of those that are not set. */
static bool can_hold(const design *d, const problem *p, factor f, factor g,
                     bool (*rule)(int64_t, int64_t))
{
    for (int i = 0; i < d->counts[f]; ++i)
        for (int j = 0; j < d->counts[g]; ++j)
            if ((p->chosen[f] == UNSET || p->chosen[f] == i) &&
                (p->chosen[g] == UNSET || p->chosen[g] == j) &&
                rule(d->values[f][i], d->values[g][j]))
                return true;
    return false;
}

/* Whether the values that are set can be those of one problem. No factor has two rules. */
static bool is_possible(const design *d, const problem *p)
{
    return can_hold(d, p, PLACE, DTYPE, place_fits) && can_hold(d, p, AXES, SIZE, axes_fit);
}

/* --------------------------------------------------------------------- problems */

static bool has(const design *d, const problem *p)
{
    for (int i = 0; i < d->count; ++i)
        if (memcmp(&d->problems[i], p, sizeof *p) == 0)
            return true;
    return false;
}

/* Adds a problem, if it is possible and new. */
static void add(design *d, const problem *p)
{
    if (d->full || has(d, p) || !is_possible(d, p))
        return;
    problem *const more = realloc(d->problems, (size_t)(d->count + 1) * sizeof *more);
    if (!more) {
        d->full = true;
        return;
    }
    d->problems = more;
    d->problems[d->count++] = *p;
    for (int f = 0; f < FACTORS; ++f)
        for (int g = 0; g < FACTORS; ++g)
            ++d->uses[f][p->chosen[f]][g][p->chosen[g]];
}

/* The index of a value; 0 where it is not among the factor's. */
static int8_t index_of(const design *d, factor f, int64_t value)
{
    for (int i = 0; i < d->counts[f]; ++i)
        if (d->values[f][i] == value)
            return (int8_t)i;
    return 0;
}

/* Adds a usual problem, and all that differ from it in one value. */
static void add_around(design *d, int64_t direction, int64_t layout, int64_t axes)
{
    const int64_t usual[FACTORS] = {[DIRECTION] = direction,
                                    [LAYOUT] = layout,
                                    [DTYPE] = CLLRN_DTYPE_F32,
                                    [SIZE] = 5,
                                    [CHANNELS] = 192,
                                    [BATCH] = 16,
                                    [BETA] = 0,
                                    [PLACE] = CLLRN_ALIASING_DISJOINT,
                                    [AXES] = axes};
    problem base;
    for (int f = 0; f < FACTORS; ++f)
        base.chosen[f] = index_of(d, (factor)f, usual[f]);
    add(d, &base);
    for (int f = 0; f < FACTORS; ++f) {
        problem p = base;
        for (int i = 0; i < d->counts[f]; ++i) {
            p.chosen[f] = (int8_t)i;
            add(d, &p);
        }
    }
}

/* Sets factor f to the value that adds most new pairs; of several, whose pairs are rarest. */
static void choose(const design *d, problem *p, factor f)
{
    int most = -1, least = 0, best = UNSET;
    for (int i = 0; i < d->counts[f]; ++i) {
        int added = 0, uses = 0;
        problem with = *p;
        with.chosen[f] = (int8_t)i;
        for (int g = 0; g < FACTORS; ++g) {
            const int u = p->chosen[g] == UNSET ? 0 : d->uses[f][i][g][p->chosen[g]];
            added += p->chosen[g] != UNSET && u == 0;
            uses += u;
        }
        if (!is_possible(d, &with) || added < most || (added == most && uses >= least))
            continue;
        most = added;
        least = uses;
        best = i;
    }
    p->chosen[f] = (int8_t)best;
}

/* Adds a problem with two values, unless there is one, or none is possible. */
static void add_pair(design *d, factor f, int i, factor g, int j)
{
    problem p;
    memset(&p, UNSET, sizeof p);
    p.chosen[f] = (int8_t)i;
    p.chosen[g] = (int8_t)j;
    if (d->uses[f][i][g][j] > 0 || !is_possible(d, &p))
        return;
    for (int h = 0; h < FACTORS; ++h)
        if (p.chosen[h] == UNSET)
            choose(d, &p, (factor)h);
    add(d, &p);
}

/* Most of the problems around the usual ones have the same values: they count once. */
static void mark_used(design *d)
{
    for (int f = 0; f < FACTORS; ++f)
        for (int g = 0; g < FACTORS; ++g)
            for (int i = 0; i < MAX_LIST; ++i)
                for (int j = 0; j < MAX_LIST; ++j)
                    d->uses[f][i][g][j] = d->uses[f][i][g][j] > 0;
}

static void add_all(design *d)
{
    for (int i = 0; i < d->counts[DIRECTION]; ++i)
        for (int axes = 0; axes <= 2; axes += 2) {
            add_around(d, d->values[DIRECTION][i], CHANNELS_FIRST, axes);
            add_around(d, d->values[DIRECTION][i], CHANNELS_LAST, axes);
        }
    mark_used(d);
    for (int f = 0; f < FACTORS; ++f)
        for (int g = f + 1; g < FACTORS; ++g)
            for (int i = 0; i < d->counts[f]; ++i)
                for (int j = 0; j < d->counts[g]; ++j)
                    add_pair(d, (factor)f, i, (factor)g, j);
}

/* -------------------------------------------------------------------- workloads */

/*
 * The shape of about 2.4 MB for each of the batch, so that all problems of a batch move as
 * many bytes. No plane has a multiple of 16 rows: planes would begin in the same set of a cache.
 */
static shape choose_shape(const workload *w, int64_t batch, int64_t channels, int axes)
{
    enum { BYTES = 192 * 56 * 56 * 4, DEPTH = 8, UNLIKE = 16 };
    const int32_t widest = w->dtype == MIXED ? CLLRN_DTYPE_F32 : w->dtype;
    const int64_t block = w->layout > CHANNELS_FIRST ? w->layout : 1;
    const int64_t stored = (channels + block - 1) / block * block;
    const double positions = (double)BYTES / (double)stored / (double)cllrn_dtype_size(widest);
    int64_t side = 2 * llround(sqrt(positions / (axes == 3 ? DEPTH : 1)) / 2);
    if (side % UNLIKE == 0)
        side += 2;
    if (axes == 3)
        return (shape){5, {batch, channels, DEPTH, side, side}};
    return (shape){4, {batch, channels, side, side}};
}

static bool make_workload(const design *d, const request *r, const problem *p, workload *made)
{
    int64_t value[FACTORS];
    for (int f = 0; f < FACTORS; ++f)
        value[f] = d->values[f][p->chosen[f]];
    *made = (workload){.direction = (int32_t)value[DIRECTION],
                       .layout = (int32_t)value[LAYOUT],
                       .dtype = (int32_t)value[DTYPE],
                       .size = value[SIZE],
                       .beta = r->betas[value[BETA]],
                       .aliasing = (int32_t)value[PLACE],
                       .region = value[AXES] == 0 ? ACROSS_CHANNELS : WITHIN_CHANNEL};
    made->shape = choose_shape(made, value[BATCH], value[CHANNELS], (int)value[AXES]);
    return workload_complete(made);
}

static workload_range make_workloads(const design *d, const request *r)
{
    workload_range all = {NULL, d->count};
    if (d->count == 0 && !d->full) {
        message_fail("no problem of the map has these values on this device: windows within a "
                     "channel have at most 125 taps, mixed types are not in place, and f64 needs "
                     "a device that has it");
        return all;
    }
    all.first = d->full ? NULL : calloc((size_t)d->count, sizeof *all.first);
    if (!all.first)
        message_fail("out of memory for the problems of the map");
    for (int i = 0; all.first && i < d->count; ++i) {
        if (make_workload(d, r, &d->problems[i], &all.first[i]))
            continue;
        free(all.first);
        all.first = NULL;
    }
    return all;
}

workload_range map_make(const request *r, bool fp64)
{
    design *const d = calloc(1, sizeof *d);
    workload_range all = {NULL, 0};
    if (!d) {
        message_fail("out of memory for the map");
        return all;
    }
    set_values(d, r, fp64);
    add_all(d);
    all = make_workloads(d, r);
    free(d->problems);
    free(d);
    return all;
}
