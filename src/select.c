/* SPDX-License-Identifier: Apache-2.0 */
#include "select.h"

#include <inttypes.h>
#include <string.h>

#include "../cl/window.h"
#include "element.h"
#include "error.h"

/* The problem as the variants see it. */
typedef struct problem {
    const lrn_shape *shape;
    const lrn_device_facts *facts;
    int taps;
    bool backward, in_place;
    bool wide;   /* needs 64-bit indices */
    int storage; /* the type that all tensors have, LRN_F32 ..; LRN_ANY if they differ */
} problem;

/* Window sizes that the fast kernels are unrolled for; f16 and bf16 have the first UNROLLED_16. */
static const int unrolled_taps[] = {3, 5, 7, 9, 2, 4};
enum { UNROLLED_F32 = 6, UNROLLED_16 = 4 };

static int unrolled_count(int storage)
{
    if (storage == LRN_F32)
        return UNROLLED_F32;
    return storage == LRN_F16 || storage == LRN_BF16 ? UNROLLED_16 : 0;
}

static bool is_unrolled(int taps, int storage)
{
    for (int i = 0; i < unrolled_count(storage); ++i)
        if (taps == unrolled_taps[i])
            return true;
    return false;
}

/* Work-groups along dimensions 1 and 2; some devices allow no more than 65535. */
#define MAX_GROUPS 65535

/* Bytes of scratch that more work-items must not exceed. */
#define SCRATCH_BUDGET (INT64_C(64) << 20)

/* Limit of offsets and indices without 64-bit indices: their sums stay below 2^31. */
#define NARROW_LIMIT (INT64_C(1) << 30)

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

/* Whether an axis has stride 1 in every tensor. */
static bool is_dense(const lrn_shape *shape, int axis)
{
    return shape->src.strides[axis] == 1 && shape->dy.strides[axis] == 1 &&
           shape->dst.strides[axis] == 1;
}

static int64_t channels_of(const problem *p)
{
    return p->shape->dims[0];
}

static int64_t inner_of(const problem *p)
{
    return p->shape->dims[LRN_INNER];
}

static int64_t outer_of(const problem *p)
{
    return p->shape->dims[LRN_INNER - 1];
}

/* The conditions of all unrolled kernels. */
static bool fits_unrolled(const problem *p)
{
    return is_unrolled(p->taps, p->storage) && !p->wide && lrn_shape_is_simple(p->shape);
}

static bool fits_packed(const problem *p)
{
    return fits_unrolled(p) && !p->in_place && !p->shape->blocked && is_dense(p->shape, 0);
}

/*
 * Whether the channels of an item (one index of the outer axis) are contiguous,
 * each channel a row of `inner` elements: the item is then one line of channels
 * * inner.
 */
static bool is_line(const problem *p)
{
    const lrn_shape *shape = p->shape;
    const int64_t inner = inner_of(p);
    return is_dense(shape, LRN_INNER) && (channels_of(p) == 1 || (shape->src.strides[0] == inner &&
                                                                  shape->dy.strides[0] == inner &&
                                                                  shape->dst.strides[0] == inner));
}

/*
 * planar indexes (and prefetches) up to taps + LRN_ROWS rows outside the line;
 * those offsets must fit 32 bits.
 */
static bool is_narrow_line(const problem *p)
{
    const int64_t rows = channels_of(p) + 2 * (p->taps + LRN_ROWS);
    return rows < 2 * NARROW_LIMIT / inner_of(p) - 1;
}

static bool fits_planar(const problem *p)
{
    return fits_unrolled(p) && !p->in_place && !p->shape->blocked && is_line(p) &&
           is_narrow_line(p);
}

/* Elements of a channel block. */
static int64_t block_of(const problem *p)
{
    return INT64_C(1) << p->shape->dst.block_shift;
}

/* Whether all tensors have blocks of the same size, contiguous in an item. */
static bool is_block_line(const problem *p)
{
    const lrn_side *sides[] = {&p->shape->src, &p->shape->dy, &p->shape->dst};
    const int64_t block = block_of(p), inner = inner_of(p);
    for (int i = 0; i < 3; ++i)
        if (sides[i]->block_shift != p->shape->dst.block_shift ||
            (inner > 1 && sides[i]->strides[LRN_INNER] != block) ||
            (channels_of(p) > block && sides[i]->strides[0] != inner * block))
            return false;
    return p->shape->blocked;
}

/* For fewer window sizes, and only if no window reaches beyond the neighbouring block. */
static bool fits_blocked(const problem *p)
{
    return fits_unrolled(p) && is_unrolled(p->taps, LRN_F16) && !p->in_place && is_block_line(p) &&
           p->taps - 1 <= block_of(p);
}

/* Bytes of local memory that cl/group.cl declares. */
static int64_t group_memory(bool backward)
{
    return (backward ? 4 : 1) * LRN_GROUP_ELEMENTS * (int64_t)sizeof(float);
}

/*
 * The most channels of one position that a work-group can take: its array also
 * holds the taps - 1 channels that the windows reach on each side.
 */
static int64_t group_channels(const problem *p)
{
    return LRN_GROUP_ELEMENTS - 2 * (p->taps - 1);
}

/*
 * The program takes element types at run time. In place, no work-group may
 * write what another reads, so one work-group takes all channels.
 */
static bool fits_group(const problem *p)
{
    return p->storage != LRN_F64 && is_unrolled(p->taps, LRN_F32) && !p->wide &&
           lrn_shape_is_simple(p->shape) && !p->shape->blocked && is_dense(p->shape, 0) &&
           p->facts->local_memory >= group_memory(p->backward) &&
           divide_up(channels_of(p), group_channels(p)) <= MAX_GROUPS &&
           (!p->in_place || channels_of(p) <= group_channels(p));
}

/* On a CPU only if vectors load contiguous elements: scalar work-items are too slow there. */
static bool fits_column(const problem *p)
{
    return fits_unrolled(p) &&
           (!p->facts->cpu_like || (!p->shape->blocked && is_dense(p->shape, LRN_INNER)));
}

/*
 * The program takes element types at run time, and fewer window sizes. Legal in
 * place: the one work-item loads every element before it stores to it.
 */
static bool fits_stream(const problem *p)
{
    return p->storage != LRN_F64 && is_unrolled(p->taps, LRN_F16) && !p->wide &&
           lrn_shape_is_simple(p->shape);
}

static bool fits_strided(const problem *p)
{
    return !p->in_place;
}

static bool fits_separable(const problem *p)
{
    (void)p;
    return true;
}

static bool on_cpu(const problem *p)
{
    return p->facts->cpu_like;
}

/*
 * Whether kernels that vectorize over channels are of use. With one channel a
 * vector would hold one element; positions with stride 1 suit the
 * channels-first kernels.
 */
static bool has_neighbouring_channels(const problem *p)
{
    return channels_of(p) > 1 || !is_dense(p->shape, LRN_INNER);
}

static bool on_cpu_of_channels(const problem *p)
{
    return p->facts->cpu_like && has_neighbouring_channels(p);
}

/* On llvmpipe, whose local memory is in global memory, group takes twice as long as column. */
static bool on_gpu_with_local_memory(const problem *p)
{
    return !p->facts->cpu_like && !p->facts->local_is_global && has_neighbouring_channels(p);
}

static bool on_fpga(const problem *p)
{
    return p->facts->pipelined;
}

static bool always(const problem *p)
{
    (void)p;
    return true;
}

/* With a small window each work-item sums its whole window, and needs no scratch. */
static bool with_small_window(const problem *p)
{
    int64_t taps = 1;
    for (int axis = 0; axis < p->shape->window_count; ++axis)
        taps *= least(p->taps, 64);
    return !p->facts->cpu_like && taps <= (p->backward ? 4 : 32);
}

/*
 * Sets the launch sizes: `items` work-items along dimension 0, in groups of at
 * most `group`, a power of two; second and third groups of one along dimensions
 * 1 and 2.
 */
static void launch(lrn_selection *s, int64_t items, int64_t group, int64_t second, int64_t third)
{
    int64_t local = 1;
    while (local * 2 <= group && local < items)
        local *= 2;
    s->local[0] = (size_t)local;
    s->local[1] = s->local[2] = 1;
    /* If this exceeds size_t, no buffer holds the tensor, and the enqueue reports that. */
    s->global[0] = (size_t)(divide_up(items, local) * local);
    s->global[1] = (size_t)least(second, MAX_GROUPS);
    s->global[2] = (size_t)least(third, MAX_GROUPS);
}

/*
 * Floats in a work-item's vector on a CPU: two native vectors, whose
 * independent instructions hide latency, and which mostly fill a cache line.
 */
static int wide_width(const lrn_device_facts *facts)
{
    return facts->vector_width == 1 || facts->vector_width == 16 ? facts->vector_width
                                                                 : 2 * facts->vector_width;
}

/*
 * Bytes of the last-level cache that count per compute unit: the cache may
 * serve more processors than the device has. Where 480 MiB were reported for
 * two compute units, stores past the caches paid from 20 MB on.
 */
#define CACHE_SHARE (INT64_C(8) << 20)

/* Whether the tensors exceed the cache together: stores of dst would evict the sources. */
static bool exceeds_cache(const problem *p)
{
    const int64_t tensors = p->backward ? 3 : 2,
                  elements = channels_of(p) * inner_of(p) * outer_of(p),
                  cache = least(p->facts->cache, p->facts->compute_units * CACHE_SHARE);
    return cache > 0 && p->storage == LRN_F32 &&
           elements > cache / (tensors * (int64_t)sizeof(float));
}

static void shape_packed(const problem *p, lrn_selection *s)
{
    /* About 16 or 32 KB of a source per work-item: enough groups, and a small start cost. */
    s->key.width = wide_width(p->facts);
    s->tile_positions = (int32_t)divide_up(p->backward ? 4096 : 8192, least(channels_of(p), 4096));
    s->streams = exceeds_cache(p);
    launch(s, divide_up(inner_of(p), s->tile_positions), 1, 1, outer_of(p));
}

static void shape_planar(const problem *p, lrn_selection *s)
{
    s->key.width = wide_width(p->facts);
    /* A window's rows fit the first-level cache; so do the gradient's copies of them. */
    s->tile_positions = p->backward ? 256 : 1024;
    const int64_t tiles = inner_of(p) < s->tile_positions ? 1 : inner_of(p) / s->tile_positions;
    /*
     * Tiles have fewer channels when there are few tiles. The gradient computes
     * the channels at a tile's edges twice.
     */
    const int64_t wanted = 8 * p->facts->compute_units, most = p->backward ? 96 : 24,
                  fewest = p->backward ? 48 : 8;
    int64_t rows = most;
    if (divide_up(channels_of(p), rows) * tiles * outer_of(p) < wanted)
        rows = divide_up(channels_of(p) * tiles * outer_of(p), wanted);
    rows = rows < fewest ? fewest : rows;
    /* Tiles of equal size, a multiple of LRN_ROWS. */
    rows = divide_up(channels_of(p), divide_up(channels_of(p), rows));
    rows = divide_up(rows, LRN_ROWS) * LRN_ROWS;
    s->tile_channels =
        (int32_t)(channels_of(p) < rows * MAX_GROUPS ? rows
                                                     : divide_up(channels_of(p), MAX_GROUPS));
    s->streams = exceeds_cache(p);
    launch(s, tiles, 1, divide_up(channels_of(p), s->tile_channels), outer_of(p));
}

static void shape_blocked(const problem *p, lrn_selection *s)
{
    s->key.width = wide_width(p->facts);
    /*
     * A window's rows (a tile's part of each block) fit the second-level cache;
     * the gradient's copies fit the first.
     */
    const int64_t block = block_of(p), row = p->backward ? 512 : 2048,
                  blocks = divide_up(channels_of(p), block);
    s->tile_positions = (int32_t)(row / block);
    const int64_t tiles = inner_of(p) < s->tile_positions ? 1 : inner_of(p) / s->tile_positions;
    /*
     * A tile has all channels unless there are few tiles. The gradient computes
     * the channels at a tile's edges twice.
     */
    const int64_t wanted = divide_up(8 * p->facts->compute_units, tiles * outer_of(p)),
                  fewest = divide_up(blocks, MAX_GROUPS);
    int64_t count = divide_up(blocks, wanted);
    if (p->backward && count < 4)
        count = 4;
    s->tile_channels = (int32_t)((count < fewest ? fewest : count) * block);
    /* A store past the caches must write a whole cache line at once. */
    s->streams = exceeds_cache(p) && (block <= s->key.width || s->key.width == 16);
    launch(s, tiles, 1, divide_up(channels_of(p), s->tile_channels), outer_of(p));
}

/*
 * Channels of a tile, if `wanted` tiles per position would give all compute
 * units work. Windows reach beyond a tile, and these channels are loaded twice:
 * for a tile of t channels, taps - 1 more of x; for the gradient 2 (taps - 1)
 * more of x and taps - 1 of dy. With the t below this is at most an eighth, or
 * for the gradient a seventh, of all traffic. In place there is one tile: a
 * window would cross into another.
 */
static int64_t tile_channels(const problem *p, int64_t wanted)
{
    const int64_t fewest = (p->backward ? 7 : 4) * p->taps;
    const int64_t runs = p->in_place ? 1 : least(wanted, divide_up(channels_of(p), fewest));
    return divide_up(channels_of(p), least(runs, MAX_GROUPS));
}

static void shape_group(const problem *p, lrn_selection *s)
{
    s->key.width = 1;
    const int64_t wanted = p->facts->compute_units * 4, positions = inner_of(p) * outer_of(p);
    int64_t channels = tile_channels(p, divide_up(wanted, positions));
    if (channels > group_channels(p))
        channels = divide_up(channels_of(p), divide_up(channels_of(p), group_channels(p)));
    const int64_t runs = divide_up(channels_of(p), channels);
    const int64_t most = LRN_GROUP_ELEMENTS / (channels + 2 * (p->taps - 1));
    const int64_t lines = positions * runs < wanted ? 1 : least(most, positions * runs / wanted);
    s->tile_channels = (int32_t)channels;
    s->tile_positions = (int32_t)least(lines, inner_of(p));
    int64_t group = 256;
    while (group > p->facts->max_group_size)
        group /= 2;
    launch(s, divide_up(inner_of(p), s->tile_positions) * group, group, runs, outer_of(p));
}

static void shape_stream(const problem *p, lrn_selection *s)
{
    (void)p;
    s->key.width = 1;
    launch(s, 1, 1, 1, 1);
}

static void shape_column(const problem *p, lrn_selection *s)
{
    s->key.width = p->facts->cpu_like ? p->facts->vector_width : 1;
    const int64_t items = divide_up(inner_of(p), s->key.width);
    const int64_t wanted = p->facts->compute_units * (p->facts->cpu_like ? 64 : 2048);
    s->tile_channels = (int32_t)tile_channels(p, divide_up(wanted, items * outer_of(p)));
    launch(s, items, p->facts->cpu_like ? 1 : least(64, p->facts->max_group_size),
           divide_up(channels_of(p), s->tile_channels), outer_of(p));
}

/* The axis as dst stores it: rounded up to whole channel blocks. */
static int64_t padded(int64_t dim, const lrn_side *dst)
{
    const int64_t block = INT64_C(1) << dst->block_shift;
    return divide_up(dim, block) * block;
}

/* Vectors of `width` positions, including the positions of dst's padding. */
static int64_t places(const problem *p, int width)
{
    const lrn_shape *shape = p->shape;
    int64_t count = shape->positions / shape->dims[LRN_INNER];
    if (shape->within) {
        const int64_t channels = shape->dims[shape->window_count];
        count = count / channels * padded(channels, &shape->dst);
    }
    return count * divide_up(shape->dims[LRN_INNER], width);
}

static int64_t window_elements(const lrn_shape *shape)
{
    int64_t elements = 1;
    for (int axis = 0; axis < shape->window_count; ++axis)
        elements *= shape->dims[axis];
    return elements;
}

static void shape_strided(const problem *p, lrn_selection *s)
{
    int64_t elements = window_elements(p->shape);
    if (!p->shape->within)
        elements = padded(elements, &p->shape->dst);
    s->key.width = 1;
    launch(s, places(p, 1), least(64, p->facts->max_group_size), elements, 1);
}

/* Slots of scratch per worker: the arrays over the window's axes, and those of lrn_box_sums. */
static int64_t worker_slots(const problem *p)
{
    lrn_box box = {{1, 1, 1}, {1, 1, 1}, {0, 0, 0}};
    const int first = 3 - p->shape->window_count;
    for (int axis = first; axis < 3; ++axis) {
        box.dims[axis] = p->shape->dims[axis - first];
        box.taps[axis] = p->taps;
    }
    return window_elements(p->shape) * (p->backward ? 3 : 1) + lrn_box_slots(&box);
}

static void shape_separable(const problem *p, lrn_selection *s)
{
    const bool cpu = p->facts->cpu_like;
    const bool vectors = cpu && !p->wide && p->storage != LRN_F64 && !p->shape->blocked &&
                         is_dense(p->shape, LRN_INNER) && inner_of(p) > 1;
    s->key.width = vectors ? wide_width(p->facts) : 1;
    s->slots = worker_slots(p);
    const int64_t items = places(p, s->key.width);
    const int64_t bytes = s->slots * s->key.width * (p->storage == LRN_F64 ? 8 : 4);
    const int64_t room = bytes > SCRATCH_BUDGET ? 1 : SCRATCH_BUDGET / bytes;
    int64_t group = cpu ? 1 : least(64, p->facts->max_group_size);
    while (group > room)
        group /= 2;
    const int64_t workers = least(p->facts->compute_units * (cpu ? 32 : 512), room / group * group);
    launch(s, least(items, workers), group, 1, 1);
    s->workers = (int64_t)s->global[0];
    /* On a GPU neighbouring work-items access neighbouring slots. */
    s->slot_step = cpu ? 1 : s->workers;
    s->worker_step = cpu ? s->slots : 1;
    /* Extra work-items, so that every CPU thread gets a worker: see cl/separable.cl. */
    if (cpu)
        s->spread = (int)least(15, divide_up(p->facts->compute_units * 256, s->workers));
    s->global[0] *= (size_t)s->spread;
}

enum { F32 = 1 << LRN_F32, EACH_TYPE = F32 | 1 << LRN_F16 | 1 << LRN_BF16 };

/* The variants in order of preference; the last one runs every problem. */
static const struct variant {
    const char *name, *forward, *backward; /* forward, backward: the kernels */
    lrn_file file;
    bool general;                     /* any window and axes; takes the general arguments */
    int windows;                      /* how many of unrolled_taps have programs */
    unsigned typed;                   /* types with their own programs, bits 1 << LRN_F32 .. */
    unsigned powered;                 /* types with their own programs for beta 0.75 */
    bool (*fits)(const problem *p);   /* can run the problem */
    bool (*chosen)(const problem *p); /* and should, unless a variant is forced */
    void (*shape)(const problem *p, lrn_selection *s);
} variants[] = {
    {"packed", "forward_packed", "backward_packed", LRN_FILE_PACKED, false, UNROLLED_F32, EACH_TYPE,
     F32, fits_packed, on_cpu_of_channels, shape_packed},
    {"planar", "forward_planar", "backward_planar", LRN_FILE_PLANAR, false, UNROLLED_F32, EACH_TYPE,
     F32, fits_planar, on_cpu, shape_planar},
    {"blocked", "forward_blocked", "backward_blocked", LRN_FILE_BLOCKED, false, UNROLLED_16,
     EACH_TYPE, F32, fits_blocked, on_cpu, shape_blocked},
    {"stream", "forward_stream", "backward_stream", LRN_FILE_STREAM, false, UNROLLED_16, 0, F32,
     fits_stream, on_fpga, shape_stream},
    {"group", "forward_group", "backward_group", LRN_FILE_GROUP, false, UNROLLED_F32, 0, 0,
     fits_group, on_gpu_with_local_memory, shape_group},
    {"column", "forward_column", "backward_column", LRN_FILE_COLUMN, false, UNROLLED_F32, EACH_TYPE,
     F32, fits_column, always, shape_column},
    {"strided", "forward_strided", "backward_strided", LRN_FILE_STRIDED, true, 0, 0, 0,
     fits_strided, with_small_window, shape_strided},
    {"separable", "forward_separable", "backward_separable", LRN_FILE_SEPARABLE, true, 0, 0, 0,
     fits_separable, always, shape_separable},
};

enum { VARIANT_COUNT = sizeof variants / sizeof *variants };

const char *cllrn_variant_name(size_t index)
{
    return index < VARIANT_COUNT ? variants[index].name : NULL;
}

const char *lrn_variant_of(lrn_file file)
{
    size_t i = 0;
    while (variants[i].file != file)
        ++i;
    return variants[i].name;
}

static bool side_is_wide(const lrn_side *side)
{
    return side->lowest <= -NARROW_LIMIT || side->highest >= NARROW_LIMIT;
}

static bool is_wide(const lrn_shape *shape, int taps)
{
    bool wide = side_is_wide(&shape->src) || side_is_wide(&shape->dy) ||
                side_is_wide(&shape->dst) || shape->positions >= NARROW_LIMIT;
    for (int axis = 0; axis < LRN_MAX_AXES; ++axis)
        wide = wide || shape->dims[axis] >= NARROW_LIMIT;
    for (int axis = 0; axis < shape->window_count; ++axis)
        wide = wide || shape->dims[axis] + taps >= 2 * NARROW_LIMIT;
    return wide;
}

static int storage_of(const lrn_shape *shape)
{
    const cllrn_dtype dtype = shape->src.dtype;
    const bool same = dtype == shape->dy.dtype && dtype == shape->dst.dtype;
    return same ? lrn_element_type(dtype) : LRN_ANY;
}

/* Sets the key's type and power: fixed where the variant has such programs, else run-time. */
static void choose_program(const problem *p, const struct variant *row, int power,
                           lrn_program_key *key)
{
    const unsigned type = 1u << p->storage;
    const bool powered = (row->powered & type) != 0 && power == LRN_POWER_3_4;
    key->power = powered ? power : LRN_POWER_AT_RUN_TIME;
    key->storage =
        powered || (row->typed & type) != 0 || p->storage == LRN_F64 ? p->storage : LRN_ANY;
}

cllrn_status lrn_select(const lrn_request *request, const lrn_device_facts *facts,
                        lrn_selection *selection, cllrn_error *error)
{
    const lrn_shape *shape = request->shape;
    const int taps = lrn_params_taps(request->params);
    problem p = {
        .shape = shape,
        .facts = facts,
        .taps = taps,
        .backward = request->direction == CLLRN_DIRECTION_BACKWARD,
        .in_place = request->aliasing == CLLRN_ALIASING_IN_PLACE,
        .wide = is_wide(shape, taps),
        .storage = storage_of(shape),
    };
    if (p.storage == LRN_F64 && !facts->fp64)
        return lrn_fail(error, CLLRN_UNSUPPORTED,
                        "plan create: float64, which %s lacks: use another device or dtype",
                        facts->name);

    bool known = false;
    for (size_t i = 0; i < VARIANT_COUNT; ++i) {
        const struct variant *row = &variants[i];
        if (request->variant != NULL && strcmp(request->variant, row->name) != 0)
            continue;
        known = true;
        if (!row->fits(&p) || (request->variant == NULL && !row->chosen(&p)))
            continue;
        memset(selection, 0, sizeof *selection);
        selection->spread = 1;
        selection->variant = row->name;
        selection->kernel = p.backward ? row->backward : row->forward;
        selection->general = row->general;
        selection->key.file = row->file;
        selection->key.backward = p.backward;
        selection->key.taps = row->general ? 0 : taps;
        choose_program(&p, row, lrn_params_values(request->params, false).power, &selection->key);
        row->shape(&p, selection);
        if (!p.wide && selection->slots * selection->workers >= NARROW_LIMIT) {
            p.wide = true;
            selection->spread = 1;
            row->shape(&p, selection);
        }
        selection->key.wide = p.wide;
        if (p.wide && !facts->wide)
            return lrn_fail(error, CLLRN_UNSUPPORTED_SIZE,
                            "plan create: offsets up to %" PRId64 " elements, %" PRId64
                            " positions and %d taps need 64-bit indices, which %s lacks: expected "
                            "offsets below 2^30, use slices",
                            shape->src.highest > shape->dst.highest ? shape->src.highest
                                                                    : shape->dst.highest,
                            shape->positions, taps, facts->name);
        return CLLRN_SUCCESS;
    }
    if (known)
        return lrn_fail(error, CLLRN_INVALID_VARIANT,
                        "plan create: variant \"%s\" cannot run this problem %s", request->variant,
                        p.in_place ? "in place" : "out of place");
    return lrn_fail(error, CLLRN_INVALID_VARIANT, "plan create: there is no variant \"%s\"",
                    request->variant);
}

void lrn_selection_limit(lrn_selection *selection, size_t group_size)
{
    /*
     * local[0] is a power of two, so its halves divide global[0]. The group
     * kernel keeps its number of work-groups.
     */
    while (selection->local[0] > 1 && selection->local[0] > group_size) {
        selection->local[0] /= 2;
        if (selection->key.file == LRN_FILE_GROUP)
            selection->global[0] /= 2;
    }
}

uint64_t lrn_selection_scratch(const lrn_selection *selection)
{
    const uint64_t real = selection->key.storage == LRN_F64 ? sizeof(double) : sizeof(float);
    const uint64_t vector = real * (uint64_t)selection->key.width;
    if (selection->slots == 0)
        return 0;
    /* The kernel aligns the start of scratch to a vector. */
    return (uint64_t)selection->slots * (uint64_t)selection->workers * vector + (vector - real);
}

/* A search for the program with a number: counts `left` down to 0. */
typedef struct listing {
    size_t left;
    bool found;
    lrn_program_key *key;
} listing;

static void list(listing *l, lrn_program_key key)
{
    if (l->found)
        return;
    l->found = l->left == 0;
    if (l->found)
        *l->key = key;
    else
        --l->left;
}

/* Floats in a vector of a fast kernel. */
static int fast_width(const lrn_device_facts *facts, lrn_file file)
{
    if (file == LRN_FILE_PACKED || file == LRN_FILE_PLANAR || file == LRN_FILE_BLOCKED)
        return wide_width(facts);
    return file == LRN_FILE_COLUMN && facts->cpu_like ? facts->vector_width : 1;
}

static void list_windows(listing *l, lrn_program_key key, int storage, int power, int windows)
{
    key.storage = storage;
    key.power = power;
    for (int t = 0; t < windows; ++t) {
        key.taps = unrolled_taps[t];
        list(l, key);
    }
}

static void list_fast(listing *l, const struct variant *row, const lrn_device_facts *facts,
                      lrn_program_key key)
{
    static const int storages[] = {LRN_F32, LRN_F16, LRN_BF16};
    key.width = fast_width(facts, key.file);
    for (int s = 0; s < 3; ++s) {
        const unsigned type = 1u << storages[s];
        const int windows = (int)least(unrolled_count(storages[s]), row->windows);
        if (row->powered & type)
            list_windows(l, key, storages[s], LRN_POWER_3_4, windows);
        if (row->typed & type)
            list_windows(l, key, storages[s], LRN_POWER_AT_RUN_TIME, windows);
    }
    if (row->typed == 0)
        list_windows(l, key, LRN_ANY, LRN_POWER_AT_RUN_TIME, row->windows);
}

static void list_general(listing *l, const lrn_device_facts *facts, lrn_program_key key)
{
    key.power = LRN_POWER_AT_RUN_TIME;
    for (int f64 = 0; f64 <= (facts->fp64 ? 1 : 0); ++f64)
        for (int wide = 0; wide <= (facts->wide ? 1 : 0); ++wide) {
            key.storage = f64 ? LRN_F64 : LRN_ANY;
            key.wide = wide;
            key.width = 1;
            list(l, key);
            key.width = wide_width(facts);
            if (key.file == LRN_FILE_SEPARABLE && !f64 && !wide && facts->cpu_like && key.width > 1)
                list(l, key);
        }
}

static void list_all(listing *l, const lrn_device_facts *facts)
{
    for (size_t i = 0; i < VARIANT_COUNT; ++i)
        for (int backward = 0; backward <= 1; ++backward) {
            const struct variant *row = &variants[i];
            const lrn_program_key one = {.file = row->file, .backward = backward};
            if (row->general)
                list_general(l, facts, one);
            else if (row->file != LRN_FILE_GROUP ||
                     facts->local_memory >= group_memory(one.backward))
                list_fast(l, row, facts, one);
        }
}

bool lrn_program_key_number(size_t number, const lrn_device_facts *facts, lrn_program_key *key)
{
    listing l = {.left = number, .key = key};
    list_all(&l, facts);
    return l.found;
}

size_t lrn_program_key_count(const lrn_device_facts *facts)
{
    listing l = {.left = SIZE_MAX};
    list_all(&l, facts);
    return SIZE_MAX - l.left;
}
