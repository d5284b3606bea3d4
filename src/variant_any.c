/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels for any device. The last one runs every problem. */
#include <stdlib.h>

#include "../cl/window.h"
#include "variant.h"

static bool suits_column(const lrn_device_facts *facts)
{
    return facts->cpu_like || lrn_is_gpu(facts);
}

/* On a CPU only if vectors load contiguous elements: scalar work-items are too slow there. */
static bool fits_column(const lrn_problem *p)
{
    return !p->facts->cpu_like || (!p->shape->blocked && p->dense_inner);
}

static int column_width(const lrn_device_facts *facts)
{
    return facts->cpu_like ? facts->vector_width : 1;
}

static void launch_column(const lrn_problem *p, lrn_selection *s)
{
    const int64_t items = lrn_divide_up(p->inner, s->key.width);
    const int64_t wanted = p->facts->compute_units * (p->facts->cpu_like ? 64 : 2048);
    s->tile_channels = (int32_t)lrn_tile_channels(p, lrn_divide_up(wanted, items * p->outer));
    lrn_set_sizes(s, items, p->facts->cpu_like ? 1 : lrn_least(64, p->facts->max_group_size),
                  lrn_divide_up(p->channels, s->tile_channels), p->outer);
}

/* The axis as dst stores it: rounded up to whole channel blocks. */
static int64_t padded(int64_t dim, const lrn_layout *dst)
{
    const int64_t block = INT64_C(1) << dst->block_shift;
    return lrn_divide_up(dim, block) * block;
}

/* Vectors of `width` positions, including the positions of dst's padding. */
static int64_t vectors(const lrn_problem *p, int width)
{
    const lrn_shape *shape = p->shape;
    int64_t count = shape->positions / shape->dims[LRN_INNER];
    if (shape->within) {
        const int64_t channels = shape->dims[shape->window_count];
        count = count / channels * padded(channels, &shape->dst);
    }
    return count * lrn_divide_up(shape->dims[LRN_INNER], width);
}

static int64_t window_elements(const lrn_shape *shape)
{
    int64_t elements = 1;
    for (int axis = 0; axis < shape->window_count; ++axis)
        elements *= shape->dims[axis];
    return elements;
}

static bool fits_strided(const lrn_problem *p)
{
    return !p->in_place;
}

/* With a small window each work-item sums its whole window, and needs no scratch. */
static bool chosen_strided(const lrn_problem *p)
{
    int64_t taps = 1;
    for (int axis = 0; axis < p->shape->window_count; ++axis)
        taps *= lrn_least(p->taps, 64);
    return !p->facts->cpu_like && taps <= (p->backward ? 4 : 32);
}

static void launch_strided(const lrn_problem *p, lrn_selection *s)
{
    int64_t elements = window_elements(p->shape);
    if (!p->shape->within)
        elements = padded(elements, &p->shape->dst);
    /* Dimension 0 covers what is nearer in dst: see the kernel. */
    const lrn_layout *const dst = &p->shape->dst;
    const int64_t element = llabs(dst->strides[p->shape->window_count - 1]),
                  position = llabs(dst->strides[LRN_INNER]), positions = vectors(p, 1);
    const bool in_block = dst->block_shift > 0 && !p->shape->within,
               nearer = in_block || p->inner == 1 || element < position;
    lrn_set_sizes(s, nearer ? elements : positions, lrn_least(64, p->facts->max_group_size),
                  nearer ? positions : elements, 1);
}

/* Bytes of scratch that more work-items must not exceed. */
#define SCRATCH_BUDGET (INT64_C(64) << 20)

static int separable_width(const lrn_device_facts *facts)
{
    return facts->cpu_like ? lrn_two_vectors(facts) : 1;
}

/* Slots of scratch per worker: the arrays over the window's axes, and those of lrn_box_sums. */
static int64_t worker_slots(const lrn_problem *p)
{
    lrn_box box = {{1, 1, 1}, {1, 1, 1}, {0, 0, 0}};
    const int first = 3 - p->shape->window_count;
    for (int axis = first; axis < 3; ++axis) {
        box.dims[axis] = p->shape->dims[axis - first];
        box.taps[axis] = p->taps;
    }
    return window_elements(p->shape) * (p->backward ? 3 : 1) + lrn_box_slots(&box);
}

static void launch_separable(const lrn_problem *p, lrn_selection *s)
{
    const bool cpu = p->facts->cpu_like;
    if (p->wide || p->storage == LRN_F64 || p->shape->blocked || !p->dense_inner || p->inner == 1)
        s->key.width = 1;
    s->slots = worker_slots(p);
    const int64_t items = vectors(p, s->key.width), real = p->storage == LRN_F64 ? 8 : 4;
    const int64_t bytes = s->slots * s->key.width * real;
    /* See lrn_selection_scratch: all but one element of a vector may be lost to alignment. */
    const int64_t budget = lrn_least(SCRATCH_BUDGET, p->scratch_limit - (s->key.width - 1) * real);
    const int64_t room = bytes > budget ? 1 : budget / bytes;
    int64_t group = cpu ? 1 : lrn_least(64, p->facts->max_group_size);
    while (group > room)
        group /= 2;
    const int64_t workers =
        lrn_least(p->facts->compute_units * (cpu ? 32 : 512), room / group * group);
    lrn_set_sizes(s, lrn_least(items, workers), group, 1, 1);
    s->workers = (int64_t)s->global[0];
    /* On a GPU neighbouring work-items access neighbouring slots. */
    s->slot_step = cpu ? 1 : s->workers;
    s->worker_step = cpu ? s->slots : 1;
    /* Extra work-items, so that every CPU thread gets a worker: see the kernel. */
    if (cpu)
        s->spread = (int)lrn_least(15, lrn_divide_up(p->facts->compute_units * 256, s->workers));
    s->global[0] *= (size_t)s->spread;
}

const lrn_variant lrn_variants_any[] = {
    {.name = "column",
     .windows = LRN_ALL_WINDOWS,
     .typed = true,
     .disjoint = true,
     .width = column_width,
     .suits = suits_column,
     .fits = fits_column,
     .launch = launch_column},
    {.name = "strided",
     .general = true,
     .fits = fits_strided,
     .chosen = chosen_strided,
     .launch = launch_strided},
    {.name = "separable", .general = true, .width = separable_width, .launch = launch_separable},
    {.name = NULL},
};
