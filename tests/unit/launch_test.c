/* SPDX-License-Identifier: Apache-2.0 */
/* What a selection launches: every element once, within the device's limits, with scratch for it.
 */
#include "support.h"

#include <stdlib.h>

#include <inttypes.h>

#include "../../cl/slices.h"
#include "params.h"
#include "select.h"

static const lrn_device_facts cpu = {.cpu_like = true,
                                     .int64 = true,
                                     .wide = true,
                                     .fp64 = true,
                                     .vector_width = 8,
                                     .compute_units = 4,
                                     .max_group_size = 4096,
                                     .local_memory = 65536,
                                     .name = "a CPU"};
static const lrn_device_facts gpu = {.cpu_like = false,
                                     .int64 = true,
                                     .wide = true,
                                     .fp64 = true,
                                     .vector_width = 1,
                                     .compute_units = 30,
                                     .max_group_size = 256,
                                     .local_memory = 32768,
                                     .name = "a GPU"};

static cllrn_status try_select(const lrn_shape *shape, const cllrn_params *params,
                               const lrn_device_facts *facts, int32_t direction, int32_t aliasing,
                               const char *variant, lrn_selection *out)
{
    const lrn_request request = request_of(shape, params, direction, aliasing, variant);
    size_t row = 0;
    memset(out, 0x5a, sizeof *out);
    return lrn_select(&request, facts, &row, out, NULL);
}

static bool is(const lrn_selection *s, const char *variant)
{
    return strcmp(s->key.variant->name, variant) == 0;
}

static int64_t window_elements(const lrn_shape *shape)
{
    int64_t elements = 1;
    for (int axis = 0; axis < shape->window_count; ++axis)
        elements *= shape->dims[axis];
    return elements;
}

static int64_t padded(int64_t dim, int shift)
{
    const int64_t block = INT64_C(1) << shift;
    return (dim + block - 1) / block * block;
}

/* Tiles of the general kernels: `tile` neighbours on the last axis, or in one of its blocks. */
static int64_t tiles_of(const lrn_shape *shape, int64_t tile)
{
    const int64_t dim = shape->dims[LRN_INNER];
    if (!shape->within || shape->dst.block_shift == 0)
        return shape->positions / dim * ((dim + tile - 1) / tile);
    const int64_t block = padded(1, shape->dst.block_shift), blocks = (dim + block - 1) / block,
                  most = dim < block ? dim : block;
    return shape->positions / dim * blocks * ((most + tile - 1) / tile);
}

/*
 * How many elements a fast launch reaches when every work-item does what its
 * kernel's banner says; each is marked.
 */
static int64_t reach(const lrn_selection *s, const lrn_shape *shape, unsigned char *marks)
{
    const int64_t width = s->key.width, tile_c = s->tile_channels, tile_p = s->tile_positions;
    const int64_t g0 = (int64_t)s->global[0], g1 = (int64_t)s->global[1],
                  g2 = (int64_t)s->global[2];
    const int64_t outer = shape->dims[LRN_INNER - 1], channels = shape->dims[0],
                  inner = shape->dims[LRN_INNER];
    int64_t c0 = 0, c1 = channels;
    memset(marks, 0, (size_t)(outer * channels * inner));
    for (int64_t x = 0; x < g0; ++x)
        for (int64_t y = 0; y < g1; ++y) {
            int64_t p0, p1;
            if (is(s, "packed")) {
                assert_int_equal(g1, 1);
                assert_true(!LRN_FEW(channels, width) || tile_p % width == 0);
                p0 = x * tile_p;
                p1 = p0 + tile_p;
            } else if (is(s, "planar") || is(s, "blocked")) {
                const int64_t tiles = inner < tile_p ? 1 : inner / tile_p,
                              block = INT64_C(1) << shape->dst.block_shift,
                              most = is(s, "planar") ? 256 : 512 / block;
                assert_true(tile_p * block >= width && (!s->key.backward || tile_p <= most));
                assert_true(block == 1 || (tile_c % block == 0 && tile_p * block % width == 0));
                if (x >= tiles)
                    continue;
                p0 = x * tile_p;
                p1 = x == tiles - 1 ? inner : p0 + tile_p;
                c0 = y * tile_c;
                c1 = c0 + tile_c;
            } else if (is(s, "group")) {
                const int64_t local = (int64_t)s->local[0];
                p0 = x / local * tile_p;
                p1 = p0 + tile_p;
                c0 = y * tile_c;
                c1 = c0 + tile_c;
                assert_true(tile_p *
                                ((tile_c < channels ? tile_c : channels) + 2 * (s->key.taps - 1)) <=
                            LRN_GROUP_ELEMENTS);
            } else if (is(s, "stream")) {
                assert_true(g0 == 1 && g1 == 1 && g2 == 1);
                p0 = 0;
                p1 = inner;
                c1 = channels;
            } else {
                assert_true(is(s, "column"));
                p0 = x * width;
                p1 = p0 + width;
                c0 = y * tile_c;
                c1 = c0 + tile_c;
            }
            for (int64_t z = 0; z < g2; ++z)
                for (int64_t item = z; item < outer; item += g2)
                    for (int64_t c = c0; c < c1 && c < channels; ++c)
                        for (int64_t p = p0; p < p1 && p < inner; ++p)
                            marks[(item * channels + c) * inner + p] = 1;
        }
    int64_t reached = 0;
    for (int64_t i = 0; i < outer * channels * inner; ++i)
        reached += marks[i];
    return reached;
}

/* What every launch owes the device, whatever its size. */
static void assert_launch(const lrn_selection *s, const lrn_shape *shape,
                          const lrn_device_facts *facts)
{
    assert_int_equal(s->global[0] % s->local[0], 0);
    assert_true(s->local[0] >= 1 && (int64_t)s->local[0] <= facts->max_group_size);
    assert_int_equal(s->local[1], 1);
    assert_int_equal(s->local[2], 1);
    for (int i = 0; i < 3; ++i)
        assert_true(s->global[i] >= 1);
    assert_true(s->global[1] <= 65535 && s->global[2] <= 65535);
    assert_true(s->spread >= 1 && s->spread <= 15);
    assert_true(is(s, "separable") || s->spread == 1);
    /* Vectors lie along an axis of stride 1, of packed the channels; separable copies first. */
    const int axis = is(s, "packed") || is(s, "group") ? 0 : LRN_INNER;
    const int native = facts->vector_width / (s->key.storage == LRN_F64 ? 2 : 1);
    assert_true(s->key.width == 1 || is(s, "packed") ||
                (s->key.width >= native && s->key.width <= 2 * native));
    assert_true(!is(s, "packed") || s->key.width >= 8);
    assert_true(s->key.width <= 16 && (s->key.width & (s->key.width - 1)) == 0);
    if (s->key.width > 1 && is(s, "separable")) {
        assert_true(facts->cpu_like);
    } else if (s->key.width > 1 && shape->blocked && is(s, "packed")) {
        assert_int_equal(INT64_C(1) << shape->dst.block_shift, s->key.width);
    } else if (s->key.width > 1 && !is(s, "blocked")) {
        assert_true(!s->key.wide && s->key.storage != LRN_F64);
        assert_true(shape->src.strides[axis] == 1 && shape->dy.strides[axis] == 1 &&
                    shape->dst.strides[axis] == 1);
    }
    if (s->key.variant->general)
        assert_true(s->tile_channels == 0 && (is(s, "separable") || s->tile_positions == 0));
}

/* The rings and arrays of a worker's scratch: each is large enough, and none overlaps another. */
static void assert_slices(const lrn_slices *s, int width)
{
    const struct {
        index_t begin, count;
    } parts[] = {{s->x, s->x_ring},
                 {s->sums, s->sums_ring},
                 {s->rungs, s->lines - s->rungs},
                 {s->lines, s->total - s->lines},
                 {s->total, 1},
                 {s->result, 1},
                 {s->zeros, 1},
                 {s->dy, s->dy_ring},
                 {s->terms, s->terms_ring},
                 {s->next_sums, s->sums_ring},
                 {s->powers, s->powers_ring},
                 {s->next_rungs, s->lines - s->rungs}};
    index_t end = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && end < s->count; ++i) {
        assert_int_equal(parts[i].begin, end);
        end += parts[i].count;
    }
    assert_int_equal(end, s->count);
    assert_true(s->x_ring > s->lag + s->next_lag && s->dy_ring > s->next_lag);
    if (width == 1) /* powers of two: see lrn_ring_size */
        assert_true((s->x_ring & (s->x_ring - 1)) == 0 && (s->dy_ring & (s->dy_ring - 1)) == 0);
    if (s->whole_windows)
        assert_true((s->axes > 0 ? s->sums_ring : s->terms_ring) >= s->steps);
    if (s->short_windows)
        assert_true((s->axes > 0 ? s->sums_ring : s->x_ring) >= s->taps);
    assert_int_equal(s->size % width, 0);
    assert_int_equal(s->before % (width > 1 ? width : 32), 0);
    assert_int_equal(s->length % (width > 1 ? width : 32), 0);
    /* Windows of the first and of the last element stay inside. */
    index_t reach = 0;
    for (int axis = 2 - s->axes; axis < 2; ++axis)
        if (!lrn_axis_is_direct(s->dims[axis], s->taps))
            reach += (s->lower > s->upper ? s->lower : s->upper) * s->distance[axis];
    assert_true(s->before >= reach && s->length >= s->before + s->size + reach);
}

/* Of the general kernels, which loop over what they are given. */
static void assert_general(const lrn_selection *s, const lrn_shape *shape,
                           const cllrn_params *params, bool backward)
{
    const int64_t places = tiles_of(shape, 1);
    if (is(s, "strided")) {
        int64_t elements = window_elements(shape);
        if (!shape->within)
            elements = padded(elements, shape->dst.block_shift);
        /* Neighbouring work-items take what is nearer in dst. */
        const int64_t element = llabs(shape->dst.strides[shape->window_count - 1]),
                      position =
                          shape->dst.block_shift > 0 ? 1 : llabs(shape->dst.strides[LRN_INNER]);
        const bool in_block = shape->dst.block_shift > 0 && !shape->within,
                   nearer = in_block || shape->dims[LRN_INNER] == 1 || element < position;
        assert_true((int64_t)s->global[0] >= (nearer ? elements : places));
        assert_true((int64_t)s->global[1] <= (nearer ? places : elements));
        assert_int_equal(s->slots, 0);
        assert_int_equal(lrn_selection_scratch(s), 0);
        return;
    }
    assert_true(is(s, "separable"));
    const lrn_slices slices = lrn_slices_make(
        shape->dims, shape->window_count, lrn_params_taps(params), lrn_params_lower(params),
        backward, s->tile_positions, s->window_vectors, s->key.width);
    assert_slices(&slices, s->key.width);
    const int64_t groups = (int64_t)(s->global[0] / s->local[0]), rest = shape->dims[LRN_INNER],
                  tiles = tiles_of(shape, s->tile_positions);
    assert_true(s->tile_positions >= 1 && s->tile_positions < rest + s->key.width);
    assert_int_equal(s->slots, slices.count * slices.length);
    assert_int_equal(groups, s->workers * s->spread);
    assert_true(s->workers >= 1 && s->workers <= tiles);
    assert_true((int64_t)s->local[0] < 2 * slices.size);
    const uint64_t real = s->key.storage == LRN_F64 ? 8 : 4;
    const uint64_t elements = (uint64_t)s->slots * (uint64_t)s->workers;
    if (elements < UINT64_MAX / 16)
        assert_int_equal(lrn_selection_scratch(s), (elements + (uint64_t)s->key.width - 1) * real);
    /* Not more than about 64 MB for the sake of having many. */
    assert_true(s->workers == 1 || lrn_selection_scratch(s) <= UINT64_C(2) * (64 << 20));
    if (!s->key.wide)
        assert_true(elements < UINT64_C(1) << 30);
}

/* One problem by every variant that fits; returns how many do. */
static size_t launch_all(const lrn_shape *shape, const cllrn_params *params,
                         const lrn_device_facts *facts, unsigned char *marks)
{
    size_t launches = 0;
    for (int i = 0; i < 4; ++i)
        for (size_t v = 0; cllrn_variant_name(v) != NULL; ++v) {
            const bool backward = i % 2, in_place = i / 2;
            lrn_selection s;
            if (try_select(shape, params, facts,
                           backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD,
                           in_place ? CLLRN_ALIASING_IN_PLACE : CLLRN_ALIASING_DISJOINT,
                           cllrn_variant_name(v), &s) != CLLRN_SUCCESS)
                continue;
            ++launches;
            assert_launch(&s, shape, facts);
            if (s.key.variant->general) {
                assert_general(&s, shape, params, backward);
                continue;
            }
            assert_int_equal(lrn_selection_scratch(&s), 0);
            if (marks != NULL &&
                reach(&s, shape, marks) != shape->positions * window_elements(shape))
                fail_msg("%s leaves elements out", s.key.variant->name);
            /* In place a walk must not cross into another's channels. */
            if (in_place)
                assert_true(is(&s, "stream") || is(&s, "packed") ||
                            s.tile_channels >= shape->dims[0]);
        }
    return launches;
}

static const lrn_device_facts *device(int kind)
{
    static lrn_device_facts facts;
    facts = kind % 2 == 0 ? cpu : gpu;
    if (kind >= 2)
        facts.vector_width = 16;
    if (kind >= 4)
        facts.max_group_size = kind == 4 ? 1 : 48;
    return &facts;
}

static void launch__covers_all_elements_SUCCESS(void **state)
{
    static const int64_t dims[][3] = {
        {1, 1, 1},   {1, 1, 7},    {3, 1, 1},    {1, 5, 1},     {2, 6, 9},    {1, 96, 55},
        {4, 13, 64}, {1, 3, 255},  {1, 3, 256},  {1, 3, 257},   {2, 40, 513}, {1, 300, 2},
        {300, 2, 3}, {1, 4097, 1}, {1, 12, 700}, {1, 25, 1024},
    };
    static unsigned char marks[1 << 20];
    size_t launches = 0;
    (void)state;
    for (size_t d = 0; d < sizeof dims / sizeof *dims; ++d)
        for (int layout = 0; layout < 5; ++layout)
            for (int kind = 0; kind < 6; ++kind)
                for (int taps = 2; taps <= 10; ++taps)
                    for (int32_t dtype = CLLRN_DTYPE_F32; dtype <= CLLRN_DTYPE_F64;
                         dtype += 1 + taps % 2) {
                        const cllrn_tensor tensors[] = {
                            make_nchw(dims[d][0], dims[d][1], dims[d][2], 1),
                            make_nhwc(dims[d][0], dims[d][1], dims[d][2], 1),
                            make_blocked(3, dims[d], 1, 4), make_blocked(3, dims[d], 1, 16),
                            make_blocked(3, dims[d], 1, 32)};
                        const cllrn_tensor t = with_dtype(tensors[layout], dtype);
                        const cllrn_params params =
                            make_window(taps / 2, (taps - 1) / 2, 5.0, 1e-4, 0.75, 1.0);
                        const lrn_shape shape = lrn_shape_make(&params, &t, &t, &t);
                        launches += launch_all(&shape, &params, device(kind), marks);
                    }
    print_message("%zu launches\n", launches);
    assert_true(launches > 10000);
}

static void launch__regions_and_blocks_SUCCESS(void **state)
{
    static const int64_t dims[][4] = {
        {2, 3, 5, 7}, {1, 33, 14, 15}, {7, 1, 1, 2}, {2, 20, 100, 90}};
    size_t launches = 0;
    (void)state;
    for (size_t d = 0; d < sizeof dims / sizeof *dims; ++d)
        for (int32_t block = 2; block <= 32; block *= 2)
            for (int kind = 0; kind < 6; ++kind)
                for (int32_t axes = 1; axes <= 3; ++axes)
                    for (int taps = 1; taps <= 300; taps += taps < 12 ? 1 : 48) {
                        const cllrn_tensor plain = make_tensor(4, dims[d], NULL, 1);
                        const cllrn_tensor t =
                            block == 2 ? plain : make_blocked(4, dims[d], 1, block);
                        const cllrn_params params =
                            make_region(taps / 2, (taps - 1) / 2, axes, 5.0, 1e-4, 0.75, 1.0);
                        const lrn_shape same = lrn_shape_make(&params, &t, &t, &t),
                                        mixed = lrn_shape_make(&params, &plain, &plain, &t);
                        launches += launch_all(&same, &params, device(kind), NULL);
                        launches += launch_all(&mixed, &params, device(kind), NULL);
                    }
    print_message("%zu launches\n", launches);
    assert_true(launches > 10000);
}

/* Sizes no test can run, but whose launches must fit all the same (UBSan watches). */
/* A GPU's neighbouring work-items load and store neighbours, whatever the layout and window. */
static void launch__strided_lies_along_the_contiguous_axis_SUCCESS(void **state)
{
    const cllrn_tensor nchw = make_nchw(2, 48, 9, 11), nhwc = make_nhwc(2, 48, 9, 11);
    const cllrn_params across = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0),
                       within = make_region(1, 1, 2, 9.0, 1e-4, 0.75, 1.0);
    const struct {
        const cllrn_tensor *tensor;
        const cllrn_params *params;
        size_t global[2];
    } rows[] = {
        {&nchw, &across, {256, 48}},
        {&nhwc, &across, {64, 2 * 9 * 11}},
        {&nchw, &within, {128, 2 * 48}},
        {&nhwc, &within, {128, 9 * 11}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const lrn_shape shape =
            lrn_shape_make(rows[i].params, rows[i].tensor, NULL, rows[i].tensor);
        const lrn_request request = request_of(&shape, rows[i].params, CLLRN_DIRECTION_FORWARD,
                                               CLLRN_ALIASING_DISJOINT, NULL);
        size_t row = 0;
        lrn_selection s;
        assert_int_equal(lrn_select(&request, &gpu, &row, &s, NULL), CLLRN_SUCCESS);
        assert_true(is(&s, "strided"));
        assert_int_equal(s.global[0], rows[i].global[0]);
        assert_int_equal(s.global[1], rows[i].global[1]);
    }
}

static void launch__huge_problems_SUCCESS(void **state)
{
    static const int64_t dims[][3] = {
        {1 << 20, 3, 64},        {3, 1 << 24, 5},          {5, 3, 1 << 25},
        {1, (1 << 30) - 1, 1},   {(1 << 29), 1, 1},        {1, 1, (1 << 30) - 1},
        {1 << 25, 1 << 20, 16},  {1, INT64_C(1) << 40, 2}, {INT64_C(1) << 40, 2, 2},
        {1, INT64_MAX >> 13, 1}, {INT64_MAX >> 13, 1, 1},
    };
    static const int taps[] = {1, 5, 1000, 1 << 30, INT32_MAX};
    size_t launches = 0;
    (void)state;
    for (size_t d = 0; d < sizeof dims / sizeof *dims; ++d) {
        /* With 32 bits no buffer holds more: the enqueue refuses it, whatever its launch. */
        if (dims[d][0] * dims[d][1] > PTRDIFF_MAX / dims[d][2])
            continue;
        for (int layout = 0; layout < 2; ++layout)
            for (int kind = 0; kind < 2; ++kind)
                for (int32_t dtype = CLLRN_DTYPE_F32; dtype <= CLLRN_DTYPE_F64; dtype += 3)
                    for (int32_t axes = 0; axes <= 2; ++axes)
                        for (size_t i = 0; i < sizeof taps / sizeof *taps; ++i) {
                            const cllrn_tensor t = with_dtype(
                                layout == 0 ? make_tensor(3, dims[d], NULL, 1)
                                            : make_nhwc(dims[d][0], dims[d][1], dims[d][2], 1),
                                dtype);
                            cllrn_params params = make_window(0, taps[i] - 1, 5.0, 1e-4, 0.75, 1.0);
                            set_axes(&params, axes);
                            const lrn_shape shape = lrn_shape_make(&params, &t, &t, &t);
                            const size_t fitting = launch_all(&shape, &params, device(kind), NULL);
                            assert_true(fitting >= 4); /* separable does everything */
                            launches += fitting;
                        }
    }
    print_message("%zu launches\n", launches);
}

/* Channels that all tiles load together, with `before` and `after` more of each where there are. */
static int64_t loaded(int64_t channels, int64_t tile, int64_t before, int64_t after)
{
    int64_t count = 0;
    for (int64_t begin = 0; begin < channels; begin += tile) {
        const int64_t end = begin + tile < channels ? begin + tile : channels;
        const int64_t first = begin > before ? begin - before : 0;
        count += (end + after < channels ? end + after : channels) - first;
    }
    return count;
}

/*
 * On a GPU no element is loaded twice but at the edges of tiles, and these are
 * at most 0.15 of all traffic, however many compute units want work.
 */
static void launch__gpu_loads_little_twice_SUCCESS(void **state)
{
    static const int64_t units[] = {1, 16, 64, 300, 100000};
    size_t split = 0;
    (void)state;
    for (int64_t channels = 1; channels <= 3000; channels += channels < 300 ? 1 : 97)
        for (int taps = 2; taps <= 9; ++taps)
            for (int rest = 0; rest < 5 * 2 * 2 * 2; ++rest) {
                const bool backward = rest & 1, last = rest >> 1 & 1;
                const int64_t batch = rest >> 2 & 1 ? 16 : 1;
                const int32_t direction =
                    backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD;
                const cllrn_tensor t =
                    last ? make_nhwc(batch, channels, 13, 13) : make_nchw(batch, channels, 13, 13);
                const cllrn_params params =
                    make_window(taps / 3, taps - 1 - taps / 3, 5.0, 1e-4, 0.75, 1.0);
                const lrn_shape shape = lrn_shape_make(&params, &t, &t, &t);
                lrn_device_facts facts = gpu;
                lrn_selection s;
                facts.compute_units = units[rest >> 3];
                assert_int_equal(try_select(&shape, &params, &facts, direction,
                                            CLLRN_ALIASING_DISJOINT, NULL, &s),
                                 CLLRN_SUCCESS);
                if (s.key.variant->general)
                    continue; /* 6 and 8 taps */
                assert_true(is(&s, last && channels > 1 ? "group" : "column"));
                const int64_t lower = taps / 3, upper = taps - 1 - lower, tile = s.tile_channels;
                int64_t loads = loaded(channels, tile, lower, upper);
                if (backward)
                    loads = loaded(channels, tile, taps - 1, taps - 1) +
                            loaded(channels, tile, upper, lower);
                const int64_t minimum = channels * (backward ? 3 : 2);
                if ((loads + channels) * 100 > minimum * 115)
                    fail_msg("%s, %" PRId64 " channels, %d taps: %" PRId64 " loads",
                             s.key.variant->name, channels, taps, loads);
                split += tile < channels;
            }
    print_message("%zu launches with several tiles\n", split);
    assert_true(split > 1000);
}

/* A group of work-items for each tile, small tiles where there are few positions. */
static void launch__group_SUCCESS(void **state)
{
    const cllrn_params params = make_window(2, 2, 5.0, 1e-4, 0.75, 1.0);
    static const struct {
        int64_t batch, channels, size;
        int64_t tile_channels, tile_positions, tiles, runs;
    } rows[] = {
        {16, 96, 55, 96, 9, 5378, 1},    {1, 96, 55, 96, 9, 337, 1},
        {1, 256, 27, 256, 3, 243, 1},    {1, 96, 7, 32, 1, 49, 3},
        {1, 1000, 1, 20, 1, 1, 50},      {1, 2048, 20, 683, 1, 400, 3},
        {16, 1016, 9, 1016, 1, 1296, 1}, {16, 1017, 9, 509, 1, 1296, 2},
    };
    lrn_device_facts facts = gpu;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
        for (int64_t group = 1; group <= 1024; group = group * 3 / 2 + 1) {
            const cllrn_tensor t =
                make_nhwc(rows[i].batch, rows[i].channels, rows[i].size, rows[i].size);
            const lrn_shape shape = lrn_shape_make(&params, &t, &t, &t);
            lrn_selection s;
            facts.max_group_size = group;
            assert_int_equal(try_select(&shape, &params, &facts, CLLRN_DIRECTION_FORWARD,
                                        CLLRN_ALIASING_DISJOINT, NULL, &s),
                             CLLRN_SUCCESS);
            assert_true(is(&s, "group"));
            assert_int_equal(s.tile_channels, rows[i].tile_channels);
            assert_int_equal(s.tile_positions, rows[i].tile_positions);
            assert_int_equal(s.global[0] / s.local[0], rows[i].tiles);
            assert_int_equal(s.global[1], rows[i].runs);
            assert_true((int64_t)s.local[0] <= group && s.local[0] <= 256);
            assert_true((int64_t)s.local[0] * 2 > group || s.local[0] == 256);
        }
}

/* With width 1 the kernel has barriers. CPUs without vectors must not get it. */
static void launch__separable_has_vectors_on_cpus_SUCCESS(void **state)
{
    const cllrn_params params = make_window(2, 2, 5.0, 1e-4, 0.75, 1.0);
    (void)state;
    for (int vector_width = 1; vector_width <= 16; vector_width *= 2)
        for (int f64 = 0; f64 < 2; ++f64) {
            const cllrn_tensor t =
                with_dtype(make_nchw(1, 64, 30, 30), f64 ? CLLRN_DTYPE_F64 : CLLRN_DTYPE_F32);
            const lrn_shape shape = lrn_shape_make(&params, &t, &t, &t);
            lrn_device_facts facts = cpu;
            lrn_selection s;
            facts.vector_width = vector_width;
            assert_int_equal(try_select(&shape, &params, &facts, CLLRN_DIRECTION_FORWARD,
                                        CLLRN_ALIASING_IN_PLACE, "separable", &s),
                             CLLRN_SUCCESS);
            assert_true(s.key.width > 1);
            assert_int_equal(s.local[0], 1);
        }
}

/* A group has a tile: where groups are smaller there are as many. */
static void selection_limit__group_keeps_its_groups_SUCCESS(void **state)
{
    const cllrn_tensor t = make_nhwc(1, 64, 30, 30);
    const cllrn_params params = make_window(2, 2, 5.0, 1e-4, 0.75, 1.0);
    const lrn_shape shape = lrn_shape_make(&params, &t, &t, &t);
    (void)state;
    for (size_t limit = 1; limit <= 300; ++limit) {
        lrn_selection s;
        assert_int_equal(try_select(&shape, &params, &gpu, CLLRN_DIRECTION_FORWARD,
                                    CLLRN_ALIASING_DISJOINT, NULL, &s),
                         CLLRN_SUCCESS);
        assert_string_equal(s.key.variant->name, "group");
        const size_t groups = s.global[0] / s.local[0];
        lrn_selection_limit(&s, limit);
        assert_true(s.local[0] <= limit);
        assert_int_equal(s.global[0] % s.local[0], 0);
        assert_int_equal(s.global[0] / s.local[0], groups);
    }
}

static void selection_limit__smaller_groups_SUCCESS(void **state)
{
    const cllrn_tensor t = make_nchw(1, 8, 30, 30);
    const cllrn_params params = make_window(3, 2, 5.0, 1e-4, 0.75, 1.0);
    const lrn_shape shape = lrn_shape_make(&params, &t, &t, &t);
    (void)state;
    for (size_t limit = 0; limit <= 300; ++limit)
        for (int32_t direction = CLLRN_DIRECTION_FORWARD; direction <= CLLRN_DIRECTION_BACKWARD;
             ++direction) {
            lrn_selection s;
            assert_int_equal(
                try_select(&shape, &params, &gpu, direction, CLLRN_ALIASING_DISJOINT, NULL, &s),
                CLLRN_SUCCESS);
            const lrn_selection before = s;
            assert_true(s.local[0] >= 32);

            lrn_selection_limit(&s, limit);

            if (s.key.variant->fixed_groups)
                assert_int_equal(s.global[0] / s.local[0], before.global[0] / before.local[0]);
            else
                assert_int_equal(s.global[0], before.global[0]);
            assert_int_equal(s.global[0] % s.local[0], 0);
            assert_true(s.local[0] <= limit || s.local[0] == 1);
            assert_true(s.local[0] * 2 > limit || s.local[0] == before.local[0]);
            assert_int_equal(lrn_selection_scratch(&s), lrn_selection_scratch(&before));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(launch__covers_all_elements_SUCCESS),
        TEST(launch__regions_and_blocks_SUCCESS),
        TEST(launch__strided_lies_along_the_contiguous_axis_SUCCESS),
        TEST(launch__huge_problems_SUCCESS),
        TEST(launch__gpu_loads_little_twice_SUCCESS),
        TEST(launch__group_SUCCESS),
        TEST(launch__separable_has_vectors_on_cpus_SUCCESS),
        TEST(selection_limit__smaller_groups_SUCCESS),
        TEST(selection_limit__group_keeps_its_groups_SUCCESS),
    };
    return cmocka_run_group_tests_name("launch", tests, NULL, NULL);
}
