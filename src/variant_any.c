/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels for any device. The last one runs every problem. */
#include <stdlib.h>

#include "../cl/slices.h"
#include "variant.h"

static void launch_column(const lrn_problem *p, lrn_selection *s)
{
    const int64_t wanted = p->facts->compute_units * 2048;
    s->tile_channels = (int32_t)lrn_tile_channels(p, lrn_divide_up(wanted, p->inner * p->outer));
    lrn_set_sizes(s, p->inner, lrn_least(64, p->facts->max_group_size),
                  lrn_divide_up(p->channels, s->tile_channels), p->outer);
}

/* The axis as dst stores it: rounded up to whole channel blocks. */
static int64_t padded(int64_t dim, const lrn_layout *dst)
{
    const int64_t block = INT64_C(1) << dst->block_shift;
    return lrn_divide_up(dim, block) * block;
}

/* Tiles of `tile` positions: they end where a block of dst does, whose padding the last one has. */
static int64_t tiles(const lrn_problem *p, int64_t tile)
{
    const lrn_shape *shape = p->shape;
    const int64_t dim = shape->dims[LRN_INNER];
    const bool blocks = shape->within && shape->dst.block_shift > 0;
    const int64_t block = blocks ? INT64_C(1) << shape->dst.block_shift : dim;
    return shape->positions / dim * lrn_divide_up(dim, block) *
           lrn_divide_up(lrn_least(dim, block), tile);
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
                  positions = tiles(p, 1);
    const bool blocked = dst->block_shift > 0, in_block = blocked && !p->shape->within;
    const int64_t position = blocked ? 1 : llabs(dst->strides[LRN_INNER]);
    const bool nearer = in_block || p->shape->dims[LRN_INNER] == 1 || element < position;
    lrn_set_sizes(s, nearer ? elements : positions, lrn_least(64, p->facts->max_group_size),
                  nearer ? positions : elements, 1);
}

/* Bytes of scratch that more workers must not exceed. */
#define SCRATCH_BUDGET (INT64_C(64) << 20)

/*
 * Bytes of a worker's scratch on a CPU, which its second-level cache holds beside the tensors.
 * A walk reads each slice again only a few steps later, and has an overhead per step. A tile of
 * channels in blocks takes a piece of each block: more positions are longer pieces.
 */
#define WALK_BUDGET (INT64_C(256) << 10)
#define SLICE_BUDGET (INT64_C(64) << 10)
#define BLOCKS_BUDGET (INT64_C(128) << 10)

static int64_t cache_budget(const lrn_problem *p, const lrn_selection *s)
{
    if (!s->window_vectors && p->shape->window_count == 1)
        return WALK_BUDGET;
    return p->shape->blocked && !p->shape->within ? BLOCKS_BUDGET : SLICE_BUDGET;
}

/*
 * Whether vectors run along the last window axis: it must have neighbours in
 * memory, or at least more elements than there are positions.
 */
static bool has_window_vectors(const lrn_problem *p)
{
    const lrn_shape *const shape = p->shape;
    const int last = shape->window_count - 1;
    const int64_t length = shape->dims[last];
    if (p->dense_inner && p->inner >= lrn_least(length, 16))
        return false;
    /* Few channels of a block are short runs: those of all positions are copied at once. */
    if (p->dense_inner && shape->window_count > 1 && shape->blocked)
        return false;
    /* The positions and this axis are neighbours together: the kernel takes them as one run. */
    if (p->dense_inner && shape->window_count > 1 && shape->src.strides[last] == p->inner &&
        shape->dy.strides[last] == p->inner && shape->dst.strides[last] == p->inner)
        return false;
    if (lrn_shape_is_dense(shape, last) && length >= 8)
        return true;
    /* With few channels in blocks a slice is mostly gaps if windows are much longer. */
    if (shape->blocked && !shape->within)
        return length >= 8 || p->taps <= 3 * length;
    return length > p->inner;
}

/* With width 1 the kernel is made for GPUs, and has barriers. */
static int separable_width(const lrn_device_facts *facts, int storage)
{
    const int width = lrn_two_vectors(facts, storage);
    return !facts->cpu_like ? 1 : width < 2 ? 2 : width;
}

static lrn_slices slices_of(const lrn_problem *p, const lrn_selection *s)
{
    return lrn_slices_make(p->shape->dims, p->shape->window_count, p->taps, p->lower, p->backward,
                           s->tile_positions, s->window_vectors, s->key.width);
}

/* Scratch of one worker with tiles of `tile` positions, in elements. */
static int64_t slots_of(const lrn_problem *p, lrn_selection *s, int64_t tile)
{
    s->tile_positions = (int32_t)tile;
    const lrn_slices slices = slices_of(p, s);
    return slices.count * slices.length;
}

/* Halves the tile as long as its scratch is too large, or tiles are too few. */
static void set_tile(const lrn_problem *p, lrn_selection *s, int64_t bytes, int64_t wanted)
{
    const int64_t real = p->storage == LRN_F64 ? 8 : 4,
                  neighbours = p->facts->cpu_like ? s->key.width : LRN_SUBGROUP,
                  least = s->window_vectors ? 1 : lrn_least(p->inner, neighbours);
    int64_t tile = lrn_least(p->inner, p->facts->cpu_like || s->window_vectors ? 1024 : 64);
    while (tile / 2 >= least && (slots_of(p, s, tile) > bytes / real || tiles(p, tile) < wanted))
        tile /= 2;
    /* Tiles of equal size, or one for all. */
    if (tile < p->inner) {
        tile = lrn_divide_up(p->inner, lrn_divide_up(p->inner, tile));
        tile = lrn_divide_up(tile, least) * least;
    }
    s->slots = slots_of(p, s, p->facts->cpu_like ? tile : lrn_least(tile, p->inner));
}

/*
 * Whether tiles of channels in blocks have so few positions that copies are of a vector or two. A
 * walk along the channels has tiles of more positions.
 */
static bool has_short_pieces(const lrn_problem *p, const lrn_selection *s)
{
    const lrn_shape *const shape = p->shape;
    const int64_t block = INT64_C(1) << shape->dst.block_shift, width = s->key.width;
    return s->window_vectors && shape->blocked && !shape->within && block < width &&
           s->tile_positions < p->inner && s->tile_positions * block < 2 * width;
}

static void launch_separable(const lrn_problem *p, lrn_selection *s)
{
    const bool cpu = p->facts->cpu_like;
    const int64_t units = p->facts->compute_units, real = p->storage == LRN_F64 ? 8 : 4;
    s->window_vectors = has_window_vectors(p);
    set_tile(p, s, cpu ? cache_budget(p, s) : SCRATCH_BUDGET / (units * 8), units * 8);
    if (cpu && has_short_pieces(p, s)) {
        s->window_vectors = false;
        set_tile(p, s, cache_budget(p, s), units * 8);
    }
    /* See lrn_selection_scratch: all but one element of a vector may be lost to alignment. */
    const int64_t budget = lrn_least(SCRATCH_BUDGET, p->scratch_limit - (s->key.width - 1) * real);
    const int64_t room = s->slots > budget / real ? 1 : budget / real / s->slots;
    const int64_t items = tiles(p, s->tile_positions);
    const lrn_slices slices = slices_of(p, s);
    lrn_set_sizes(s, cpu ? 1 : slices.size, lrn_least(256, p->facts->max_group_size), 1, 1);
    /* A GPU's unit runs about as many work-items at once; more workers have more scratch. */
    const int64_t most = cpu ? 8 : 1024 / (int64_t)s->local[0];
    s->workers = lrn_least(items, lrn_least(units * most, room));
    /* Extra work-groups, so that every CPU thread gets a worker: see the kernel. */
    if (cpu)
        s->spread = (int)lrn_least(15, lrn_divide_up(units * 256, s->workers));
    s->global[0] = s->local[0] * (size_t)(s->workers * s->spread);
}

const lrn_variant lrn_variants_any[] = {
    {.name = "column",
     .windows = LRN_ALL_WINDOWS,
     .typed = true,
     .disjoint = true,
     .suits = lrn_is_gpu,
     .launch = launch_column},
    {.name = "strided",
     .general = true,
     .fits = fits_strided,
     .chosen = chosen_strided,
     .launch = launch_strided},
    {.name = "separable",
     .general = true,
     .fixed_groups = true,
     .width = separable_width,
     .launch = launch_separable},
    {.name = NULL},
};
