/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels for CPUs: few work-items, long vectors and sequential access. */
#include "variant.h"

static bool is_cpu(const lrn_device_facts *facts)
{
    return facts->cpu_like;
}

/*
 * Bytes of the last-level cache that count per compute unit: the cache may
 * serve more processors than the device has. Where 480 MiB were reported for
 * two compute units, stores past the caches paid from 20 MB on.
 */
#define CACHE_SHARE (INT64_C(8) << 20)

/* Whether the tensors exceed the cache together: stores of dst would evict the sources. */
static bool exceeds_cache(const lrn_problem *p)
{
    const int64_t tensors = p->backward ? 3 : 2, elements = p->channels * p->inner * p->outer,
                  cache = lrn_least(p->facts->cache, p->facts->compute_units * CACHE_SHARE);
    return cache > 0 && p->storage == LRN_F32 &&
           elements > cache / (tensors * (int64_t)sizeof(float));
}

/* Elements of a channel block. */
static int64_t block_of(const lrn_problem *p)
{
    return INT64_C(1) << p->shape->dst.block_shift;
}

/* Whether all tensors have blocks of the same size, contiguous in an item. */
static bool is_block_line(const lrn_problem *p)
{
    const lrn_layout *layouts[] = {&p->shape->src, &p->shape->dy, &p->shape->dst};
    const int64_t block = block_of(p), inner = p->inner;
    if (!lrn_shape_has_equal_blocks(p->shape))
        return false;
    for (int i = 0; i < 3; ++i)
        if ((inner > 1 && layouts[i]->strides[LRN_INNER] != block) ||
            (p->channels > block && layouts[i]->strides[0] != inner * block))
            return false;
    return true;
}

/* A vector takes what windows reach beyond it from the two beside it: it must be long enough. */
static int packed_width(const lrn_device_facts *facts, int storage)
{
    const int width = lrn_two_vectors(facts, storage);
    return width < 8 ? 8 : width;
}

static bool fits_packed(const lrn_problem *p)
{
    const int width = packed_width(p->facts, p->storage);
    return (!p->in_place || p->channels <= LRN_PART * width) && p->lower <= width &&
           p->taps - 1 - p->lower <= width &&
           (p->shape->blocked ? is_block_line(p) && block_of(p) == width : p->dense_channels);
}

/* Whether positions follow one another without gaps in all tensors. */
static bool is_joined(const lrn_problem *p)
{
    const lrn_shape *shape = p->shape;
    return shape->src.strides[LRN_INNER] == p->channels &&
           shape->dy.strides[LRN_INNER] == p->channels &&
           shape->dst.strides[LRN_INNER] == p->channels;
}

/* A line shorter than a vector is copied element by element, unless positions are joined. */
static bool chosen_packed(const lrn_problem *p)
{
    return p->shape->blocked || p->channels >= packed_width(p->facts, p->storage) || is_joined(p);
}

static void launch_packed(const lrn_problem *p, lrn_selection *s)
{
    /* About 16 or 32 KB of a source per work-item: enough groups, and a small start cost. */
    s->tile_positions =
        (int32_t)lrn_divide_up(p->backward ? 4096 : 8192, lrn_least(p->channels, 4096));
    /* Joined positions of a tile have whole vectors. */
    if (LRN_FEW(p->channels, s->key.width))
        s->tile_positions = (int32_t)lrn_divide_up(s->tile_positions, s->key.width) * s->key.width;
    s->streams = exceeds_cache(p) && !p->in_place;
    lrn_set_sizes(s, lrn_divide_up(p->inner, s->tile_positions), 1, 1, p->outer);
}

/*
 * Whether the channels of an item (one index of the outer axis) are contiguous,
 * each channel a row of `inner` elements: the item is then one line of channels
 * * inner.
 */
static bool is_line(const lrn_problem *p)
{
    const lrn_shape *shape = p->shape;
    return p->dense_inner && (p->channels == 1 || (shape->src.strides[0] == p->inner &&
                                                   shape->dy.strides[0] == p->inner &&
                                                   shape->dst.strides[0] == p->inner));
}

static bool fits_planar(const lrn_problem *p)
{
    /* The kernel indexes and prefetches so many rows around the line: the offsets need 32 bits. */
    const int64_t rows = p->channels + 2 * (p->taps + LRN_ROWS);
    const bool has_vectors = p->inner >= lrn_two_vectors(p->facts, p->storage);
    return (has_vectors || (!p->backward && !p->in_place)) && !p->shape->blocked && is_line(p) &&
           rows < 2 * LRN_NARROW_LIMIT / p->inner - 1;
}

static void launch_planar(const lrn_problem *p, lrn_selection *s)
{
    /* A window's rows fit the first-level cache; so do the gradient's copies of them. */
    int64_t positions = p->backward ? 256 : 1024;
    const int64_t wanted = 8 * p->facts->compute_units;
    /* In place a tile has all channels: windows would cross into another. */
    while (p->in_place && positions > 64 && p->inner / positions * p->outer < wanted)
        positions /= 2;
    const int64_t tiles = p->inner < positions ? 1 : p->inner / positions;
    /*
     * Tiles have fewer channels when there are few tiles. The gradient computes
     * the channels at a tile's edges twice.
     */
    const int64_t most = p->backward ? 96 : 24, fewest = p->backward ? 48 : 8;
    int64_t rows = most;
    if (lrn_divide_up(p->channels, rows) * tiles * p->outer < wanted)
        rows = lrn_divide_up(p->channels * tiles * p->outer, wanted);
    rows = p->in_place ? p->channels : rows < fewest ? fewest : rows;
    /* Tiles of equal size, a multiple of LRN_ROWS. */
    rows = lrn_divide_up(p->channels, lrn_divide_up(p->channels, rows));
    rows = lrn_divide_up(rows, LRN_ROWS) * LRN_ROWS;
    s->tile_positions = (int32_t)positions;
    s->tile_channels =
        (int32_t)(p->channels < rows * LRN_MAX_GROUPS ? rows
                                                      : lrn_divide_up(p->channels, LRN_MAX_GROUPS));
    s->streams = exceeds_cache(p) && !p->in_place;
    lrn_set_sizes(s, tiles, 1, lrn_divide_up(p->channels, s->tile_channels), p->outer);
}

/* Only if no window reaches beyond the neighbouring block. */
static bool fits_blocked(const lrn_problem *p)
{
    return !p->in_place && is_block_line(p) && p->taps - 1 <= block_of(p);
}

static void launch_blocked(const lrn_problem *p, lrn_selection *s)
{
    /*
     * A window's rows (a tile's part of each block) fit the second-level cache;
     * the gradient's copies fit the first.
     */
    const int64_t block = block_of(p), row = p->backward ? 512 : 2048,
                  blocks = lrn_divide_up(p->channels, block);
    s->tile_positions = (int32_t)(row / block);
    const int64_t tiles = p->inner < s->tile_positions ? 1 : p->inner / s->tile_positions;
    /*
     * A tile has all channels unless there are few tiles. The gradient computes
     * the channels at a tile's edges twice.
     */
    const int64_t wanted = lrn_divide_up(8 * p->facts->compute_units, tiles * p->outer),
                  fewest = lrn_divide_up(blocks, LRN_MAX_GROUPS);
    int64_t count = lrn_divide_up(blocks, wanted);
    if (p->backward && count < 4)
        count = 4;
    s->tile_channels = (int32_t)((count < fewest ? fewest : count) * block);
    /* A store past the caches must write a whole cache line at once. */
    s->streams = exceeds_cache(p) && (block <= s->key.width || s->key.width == 16);
    lrn_set_sizes(s, tiles, 1, lrn_divide_up(p->channels, s->tile_channels), p->outer);
}

const lrn_variant lrn_variants_cpu[] = {
    {.name = "packed",
     .windows = LRN_MANY_WINDOWS,
     .typed = true,
     .width = packed_width,
     .suits = is_cpu,
     .fits = fits_packed,
     .chosen = chosen_packed,
     .launch = launch_packed},
    {.name = "planar",
     .windows = LRN_ALL_WINDOWS,
     .typed = true,
     .disjoint = true,
     .width = lrn_two_vectors,
     .suits = is_cpu,
     .fits = fits_planar,
     .launch = launch_planar},
    {.name = "blocked",
     .windows = LRN_ODD_WINDOWS,
     .typed = true,
     .width = lrn_two_vectors,
     .suits = is_cpu,
     .fits = fits_blocked,
     .launch = launch_blocked},
    {.name = NULL},
};
