/* SPDX-License-Identifier: Apache-2.0 */
/* Which variant runs a problem. What it launches: launch_test.c. */
#include "support.h"

#include <inttypes.h>

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

static const lrn_device_facts fpga = {.pipelined = true,
                                      .int64 = true,
                                      .wide = true,
                                      .vector_width = 1,
                                      .compute_units = 1,
                                      .max_group_size = 1,
                                      .local_memory = 16384,
                                      .name = "an FPGA"};

enum { VARIANTS = 8 };

static cllrn_params window(int64_t lower, int64_t upper)
{
    return make_window(lower, upper, 5.0, 1e-4, 0.75, 1.0);
}

static cllrn_params region(int64_t lower, int64_t upper, int32_t axes)
{
    return make_region(lower, upper, axes, 5.0, 1e-4, 0.75, 1.0);
}

/* What is asked for; dy is like src. */
typedef struct wish {
    const cllrn_tensor *src, *dst;
    const cllrn_params *params;
    int32_t direction, aliasing;
    const char *variant;
} wish;

static cllrn_status try_select(const wish *w, const lrn_device_facts *facts, lrn_selection *out,
                               cllrn_error *error)
{
    const lrn_shape shape = lrn_shape_make(
        w->params, w->src, w->direction == CLLRN_DIRECTION_BACKWARD ? w->src : NULL, w->dst);
    const lrn_request request =
        request_of(&shape, w->params, w->direction, w->aliasing, w->variant);
    size_t row = 0;
    return lrn_select(&request, facts, &row, out, error);
}

static lrn_selection choose(const wish *w, const lrn_device_facts *facts)
{
    lrn_selection selection;
    cllrn_error error = error_blank();
    memset(&selection, 0x5a, sizeof selection);
    assert_succeeded(try_select(w, facts, &selection, &error), &error);
    return selection;
}

static void select__which_variant_for_which_problem_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 16, 10, 10};
    const int64_t channels_apart[] = {6400, 400, 10, 1}, padded_rows[] = {3200, 200, 20, 1};
    const int64_t spread[] = {3200, 200, 20, 2}, wide[] = {INT64_C(1) << 40, 200, 10, 1};
    const cllrn_tensor nchw = make_nchw(2, 16, 10, 10), nhwc = make_nhwc(2, 16, 10, 10),
                       deep_last = make_nhwc(2, 32, 10, 10),
                       apart = make_tensor(4, dims, channels_apart, 1),
                       padded = make_tensor(4, dims, padded_rows, 1),
                       gaps = make_tensor(4, dims, spread, 1), far = make_tensor(4, dims, wide, 1),
                       blocked = make_blocked(4, dims, 1, 8),
                       half = with_dtype(nchw, CLLRN_DTYPE_F16),
                       brain = with_dtype(nhwc, CLLRN_DTYPE_BF16),
                       twice = with_dtype(nchw, CLLRN_DTYPE_F64),
                       half_blocked = with_dtype(blocked, CLLRN_DTYPE_F16),
                       fours = make_blocked(4, dims, 1, 4), column = make_blocked(2, dims, 1, 16);
    cllrn_tensor blocks_apart = blocked, sparse = blocked; /* gaps behind blocks, and positions */
    blocks_apart.strides[0] = 2000;
    blocks_apart.strides[1] = 1000;
    sparse.strides[0] = 3200;
    sparse.strides[1] = 1600;
    sparse.strides[2] = 160;
    sparse.strides[3] = 16;
    cllrn_tensor mixed = nchw; /* the same dims, channels last in memory */
    mixed.strides[0] = 1600;
    mixed.strides[1] = 1;
    mixed.strides[2] = 160;
    mixed.strides[3] = 16;
    /* One channel: grayscale images, and every second position of others. */
    const int64_t gray_dims[] = {2, 1, 10, 10}, second[] = {200, 1, 20, 2};
    const cllrn_tensor gray = make_nchw(2, 1, 10, 10), gray_last = make_nhwc(2, 1, 10, 10),
                       gray_half = with_dtype(gray, CLLRN_DTYPE_F16),
                       seconds = make_tensor(4, gray_dims, second, 1);
    /* Few channels last; the rest of a position is a gap. */
    const int64_t color_dims[] = {2, 10, 10, 3}, color_gaps[] = {400, 40, 4, 1},
                  deep_dims[] = {2, 10, 10, 17}, deep_gaps[] = {2000, 200, 20, 1};
    const cllrn_tensor color_last = make_nhwc(2, 3, 10, 10),
                       color_padded = make_tensor(4, color_dims, color_gaps, 3),
                       deep_padded = make_tensor(4, deep_dims, deep_gaps, 3);
    const cllrn_params odd = window(2, 2), six = window(3, 2), one = window(0, 0),
                       four = window(2, 1), largest = window(4, 4), skew = window(0, 4),
                       most = window(16, 15), more = window(16, 16), line = region(1, 1, 1),
                       square = region(1, 1, 2), large = region(2, 2, 2), huge = region(3, 3, 2),
                       cube = region(1, 1, 3);
    const struct {
        const cllrn_tensor *src, *dst;
        const cllrn_params *params;
        /* Disjoint; the last two in place, NULL where the sides differ. */
        const char *cpu, *gpu, *gpu_backward, *cpu_in_place, *gpu_in_place;
    } rows[] = {
        {&nchw, &nchw, &odd, "planar", "column", "column", "planar", "column"},
        {&nhwc, &nhwc, &odd, "packed", "group", "group", "packed", "group"},
        {&color_last, &color_last, &odd, "packed", "group", "group", "packed", "group"},
        {&color_last, &color_last, &skew, "packed", "group", "group", "packed", "group"},
        {&color_padded, &color_last, &odd, "separable", "group", "group", NULL, NULL},
        {&color_last, &color_padded, &odd, "separable", "group", "group", NULL, NULL},
        {&color_padded, &color_padded, &odd, "separable", "group", "group", "separable", "group"},
        {&deep_padded, &deep_padded, &odd, "packed", "group", "group", "packed", "group"},
        {&deep_last, &deep_last, &odd, "packed", "group", "group", "packed", "group"},
        {&nchw, &nchw, &largest, "planar", "column", "column", "planar", "column"},
        {&nchw, &nchw, &four, "planar", "column", "column", "planar", "column"},
        {&nchw, &nchw, &skew, "planar", "column", "column", "planar", "column"},
        {&apart, &apart, &odd, "separable", "column", "column", "separable", "column"},
        {&nchw, &apart, &odd, "separable", "column", "column", NULL, NULL},
        {&gaps, &gaps, &odd, "separable", "column", "column", "separable", "column"},
        {&nchw, &mixed, &odd, "separable", "column", "column", NULL, NULL},
        {&padded, &padded, &odd, "separable", "strided", "separable", "separable", "separable"},
        {&nchw, &nchw, &six, "separable", "strided", "separable", "separable", "separable"},
        {&nchw, &nchw, &one, "separable", "strided", "strided", "separable", "separable"},
        {&nchw, &nchw, &most, "separable", "strided", "separable", "separable", "separable"},
        {&nchw, &nchw, &more, "separable", "separable", "separable", "separable", "separable"},
        {&far, &far, &odd, "separable", "strided", "separable", "separable", "separable"},
        {&nchw, &far, &odd, "separable", "strided", "separable", NULL, NULL},
        {&gray, &gray, &odd, "packed", "column", "column", "packed", "column"},
        {&gray_last, &gray_last, &odd, "packed", "column", "column", "packed", "column"},
        {&gray_half, &gray_half, &odd, "packed", "column", "column", "packed", "column"},
        {&seconds, &seconds, &odd, "separable", "group", "group", "separable", "group"},
        /* Channel blocks. */
        {&blocked, &blocked, &odd, "blocked", "column", "column", "separable", "column"},
        {&blocked, &blocked, &skew, "blocked", "column", "column", "separable", "column"},
        {&blocked, &blocked, &largest, "blocked", "column", "column", "separable", "column"},
        {&blocked, &blocked, &four, "separable", "column", "column", "separable", "column"},
        {&fours, &fours, &skew, "blocked", "column", "column", "separable", "column"},
        {&fours, &fours, &largest, "separable", "column", "column", "separable", "column"},
        {&fours, &blocked, &odd, "separable", "column", "column", NULL, NULL},
        {&column, &column, &largest, "packed", "column", "column", "packed", "column"},
        {&blocks_apart, &blocked, &odd, "separable", "column", "column", NULL, NULL},
        {&blocked, &sparse, &odd, "separable", "column", "column", NULL, NULL},
        {&nchw, &blocked, &odd, "separable", "column", "column", NULL, NULL},
        {&blocked, &nchw, &odd, "separable", "column", "column", NULL, NULL},
        {&half_blocked, &half_blocked, &odd, "blocked", "column", "column", "separable", "column"},
        /* Other types: fewer windows are unrolled for 16 bits, none for float64 and mixtures. */
        {&half, &half, &odd, "planar", "column", "column", "planar", "column"},
        {&brain, &brain, &largest, "packed", "group", "group", "packed", "group"},
        {&half, &half, &four, "separable", "strided", "strided", "separable", "separable"},
        {&half, &nchw, &odd, "separable", "strided", "separable", NULL, NULL},
        {&brain, &nhwc, &odd, "separable", "group", "group", NULL, NULL},
        {&twice, &twice, &odd, "separable", "strided", "separable", "separable", "separable"},
        /* Within a channel: what counts is the product of the taps. */
        {&nchw, &nchw, &line, "separable", "strided", "strided", "separable", "separable"},
        {&nchw, &nchw, &square, "separable", "strided", "separable", "separable", "separable"},
        {&nchw, &nchw, &large, "separable", "strided", "separable", "separable", "separable"},
        {&nchw, &nchw, &huge, "separable", "separable", "separable", "separable", "separable"},
        {&nchw, &nchw, &cube, "separable", "strided", "separable", "separable", "separable"},
        {&blocked, &blocked, &line, "separable", "strided", "strided", "separable", "separable"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
        for (int on_gpu = 0; on_gpu < 2; ++on_gpu)
            for (int32_t direction = CLLRN_DIRECTION_FORWARD; direction <= CLLRN_DIRECTION_BACKWARD;
                 ++direction)
                for (int32_t aliasing = CLLRN_ALIASING_DISJOINT;
                     aliasing <= CLLRN_ALIASING_IN_PLACE; ++aliasing) {
                    const wish w = {rows[i].src, rows[i].dst, rows[i].params,
                                    direction,   aliasing,    NULL};
                    const char *expected = on_gpu ? rows[i].gpu_in_place : rows[i].cpu_in_place;
                    if (aliasing == CLLRN_ALIASING_DISJOINT && !on_gpu)
                        expected = rows[i].cpu;
                    else if (aliasing == CLLRN_ALIASING_DISJOINT)
                        expected = direction == CLLRN_DIRECTION_FORWARD ? rows[i].gpu
                                                                        : rows[i].gpu_backward;
                    if (expected == NULL)
                        continue;
                    const lrn_selection s = choose(&w, on_gpu ? &gpu : &cpu);
                    if (strcmp(s.key.variant->name, expected) != 0)
                        fail_msg("row %zu on a %s, direction %d, aliasing %d: %s, expected %s", i,
                                 on_gpu ? "GPU" : "CPU", (int)direction, (int)aliasing,
                                 s.key.variant->name, expected);
                }
}

/* One work-item, whatever the layout, types and place; what is not unrolled as elsewhere. */
static void select__pipelined_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 16, 5, 5}, rows_apart[] = {800, 50, 10, 1};
    const cllrn_tensor nchw = make_nchw(2, 16, 5, 5), nhwc = make_nhwc(2, 16, 5, 5),
                       blocked = make_blocked(4, dims, 1, 8),
                       half = with_dtype(nhwc, CLLRN_DTYPE_F16),
                       padded = make_tensor(4, dims, rows_apart, 1),
                       half_nchw = with_dtype(nchw, CLLRN_DTYPE_F16);
    const cllrn_params odd = window(2, 2), six = window(3, 2), even = window(1, 0),
                       four = window(2, 1);
    const struct {
        const cllrn_tensor *src, *dst;
        const cllrn_params *params;
        const char *expected;
        int storage;
    } rows[] = {
        {&nchw, &nchw, &odd, "stream", LRN_F32},    {&nhwc, &nhwc, &odd, "stream", LRN_F32},
        {&blocked, &nchw, &odd, "stream", LRN_F32}, {&half, &half, &odd, "stream", LRN_ANY},
        {&half, &nhwc, &odd, "stream", LRN_ANY},    {&nhwc, &nhwc, &even, "stream", LRN_F32},
        {&half, &half, &four, "stream", LRN_ANY},   {&nchw, &nchw, &even, "stream", LRN_F32},
        {&nchw, &nchw, &four, "stream", LRN_F32},   {&half_nchw, &nchw, &four, "stream", LRN_ANY},
        {&nchw, &nchw, &six, "separable", LRN_ANY}, {&padded, &padded, &odd, "separable", LRN_ANY},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
        for (int32_t aliasing = CLLRN_ALIASING_DISJOINT; aliasing <= CLLRN_ALIASING_IN_PLACE;
             ++aliasing) {
            const wish w = {rows[i].src, rows[i].dst, rows[i].params, CLLRN_DIRECTION_BACKWARD,
                            aliasing,    NULL};
            if (aliasing == CLLRN_ALIASING_IN_PLACE && rows[i].src != rows[i].dst)
                continue;
            const lrn_selection s = choose(&w, &fpga);
            assert_string_equal(s.key.variant->name, rows[i].expected);
            assert_int_equal(s.key.storage, rows[i].storage);
            if (strcmp(s.key.variant->name, "stream") != 0)
                continue;
            for (int axis = 0; axis < 3; ++axis) {
                assert_int_equal(s.global[axis], 1);
                assert_int_equal(s.local[axis], 1);
            }
            assert_int_equal(s.key.width, 1);
            assert_int_equal(lrn_selection_scratch(&s), 0);
        }
}

static void select__names_and_kernels_SUCCESS(void **state)
{
    static const struct {
        const char *name;
        bool general, channels_last, typed; /* for float32 and beta 0.75 */
    } rows[] = {
        {"packed", false, true, true},   {"planar", false, false, true},
        {"blocked", false, false, true}, {"stream", false, true, true},
        {"group", false, true, false},   {"column", false, false, true},
        {"strided", true, false, false}, {"separable", true, false, false},
    };
    enum { COUNT = sizeof rows / sizeof *rows };
    assert_int_equal(COUNT, VARIANTS);
    const cllrn_params params = window(3, 3);
    const int64_t dims[] = {2, 16, 5, 5};
    (void)state;
    for (size_t i = 0; i < COUNT; ++i)
        for (int32_t direction = CLLRN_DIRECTION_FORWARD; direction <= CLLRN_DIRECTION_BACKWARD;
             ++direction) {
            const cllrn_tensor t = strcmp(rows[i].name, "blocked") == 0
                                       ? make_blocked(4, dims, 1, 8)
                                   : rows[i].channels_last ? make_nhwc(2, 16, 5, 5)
                                                           : make_nchw(2, 16, 5, 5);
            const wish w = {&t, &t, &params, direction, CLLRN_ALIASING_DISJOINT, rows[i].name};
            const lrn_selection s = choose(&w, &cpu);
            const bool backward = direction == CLLRN_DIRECTION_BACKWARD;
            assert_string_equal(cllrn_variant_name(i), rows[i].name);
            assert_string_equal(s.key.variant->name, rows[i].name);
            assert_int_equal(s.key.backward, backward);
            assert_int_equal(s.key.variant->general, rows[i].general);
            /* A kernel for any window and type is one program for all. */
            assert_int_equal(s.key.taps, rows[i].general ? 0 : 7);
            assert_int_equal(s.key.storage, rows[i].typed ? LRN_F32 : LRN_ANY);
            assert_int_equal(s.key.power, rows[i].typed ? LRN_POWER_3_4 : LRN_POWER_AT_RUN_TIME);
            assert_false(s.key.wide);
        }
    assert_int_equal(cllrn_variant_count(), COUNT);
    assert_null(cllrn_variant_name(COUNT));
    assert_null(cllrn_variant_name(SIZE_MAX));
}

static void select__forced_variant_INVALID_VARIANT(void **state)
{
    const int64_t dims[] = {2, 16, 5, 5}, rows_apart[] = {800, 50, 10, 1};
    const cllrn_tensor nchw = make_nchw(2, 16, 5, 5), nhwc = make_nhwc(2, 16, 5, 5),
                       blocked = make_blocked(4, dims, 1, 16), eights = make_blocked(4, dims, 1, 8),
                       padded = make_tensor(4, dims, rows_apart, 1),
                       half = with_dtype(nchw, CLLRN_DTYPE_F16),
                       twice = with_dtype(nchw, CLLRN_DTYPE_F64),
                       twice_last = with_dtype(nhwc, CLLRN_DTYPE_F64),
                       twice_blocked = with_dtype(blocked, CLLRN_DTYPE_F64),
                       deep = make_nhwc(2, LRN_GROUP_ELEMENTS - 3, 5, 5),
                       small = make_nchw(2, 16, 1, 2); /* fewer positions than a vector has */
    const cllrn_params odd = window(1, 1), six = window(3, 2), even = window(1, 0),
                       ten = window(5, 4), within = region(1, 1, 1);
    const struct {
        const char *name;
        const cllrn_tensor *t;
        const cllrn_params *params;
        int32_t aliasing;
    } rows[] = {
        {"packed", &nchw, &odd, CLLRN_ALIASING_DISJOINT},
        {"packed", &nhwc, &ten, CLLRN_ALIASING_DISJOINT},
        {"packed", &deep, &odd, CLLRN_ALIASING_IN_PLACE},
        {"packed", &eights, &odd, CLLRN_ALIASING_DISJOINT},
        {"packed", &nhwc, &within, CLLRN_ALIASING_DISJOINT},
        {"packed", &twice_last, &odd, CLLRN_ALIASING_DISJOINT},
        {"planar", &nhwc, &odd, CLLRN_ALIASING_DISJOINT},
        {"planar", &nchw, &six, CLLRN_ALIASING_DISJOINT},
        {"planar", &small, &odd, CLLRN_ALIASING_IN_PLACE},
        {"planar", &blocked, &odd, CLLRN_ALIASING_DISJOINT},
        {"planar", &padded, &odd, CLLRN_ALIASING_DISJOINT},
        {"planar", &half, &even, CLLRN_ALIASING_DISJOINT},
        {"blocked", &nchw, &odd, CLLRN_ALIASING_DISJOINT},
        {"blocked", &nhwc, &odd, CLLRN_ALIASING_DISJOINT},
        {"blocked", &blocked, &six, CLLRN_ALIASING_DISJOINT},
        {"blocked", &blocked, &even, CLLRN_ALIASING_DISJOINT},
        {"blocked", &blocked, &odd, CLLRN_ALIASING_IN_PLACE},
        {"blocked", &blocked, &within, CLLRN_ALIASING_DISJOINT},
        {"blocked", &twice_blocked, &odd, CLLRN_ALIASING_DISJOINT},
        {"stream", &nhwc, &six, CLLRN_ALIASING_DISJOINT},
        {"stream", &nhwc, &within, CLLRN_ALIASING_DISJOINT},
        {"stream", &padded, &odd, CLLRN_ALIASING_DISJOINT},
        {"stream", &twice_last, &odd, CLLRN_ALIASING_DISJOINT},
        {"group", &nchw, &odd, CLLRN_ALIASING_DISJOINT},
        {"group", &nhwc, &six, CLLRN_ALIASING_DISJOINT},
        {"group", &blocked, &odd, CLLRN_ALIASING_DISJOINT},
        {"group", &nhwc, &within, CLLRN_ALIASING_DISJOINT},
        {"group", &twice_last, &odd, CLLRN_ALIASING_DISJOINT},
        {"group", &deep, &odd, CLLRN_ALIASING_IN_PLACE},
        {"column", &nchw, &six, CLLRN_ALIASING_DISJOINT},
        {"column", &twice, &odd, CLLRN_ALIASING_DISJOINT},
        {"column", &nchw, &within, CLLRN_ALIASING_DISJOINT},
        {"strided", &nchw, &odd, CLLRN_ALIASING_IN_PLACE},
        {"", &nchw, &odd, CLLRN_ALIASING_DISJOINT},
        {"none", &nchw, &odd, CLLRN_ALIASING_DISJOINT},
        {"stride", &nchw, &odd, CLLRN_ALIASING_DISJOINT},
        {"strided-in-place", &nchw, &odd, CLLRN_ALIASING_IN_PLACE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
        for (int32_t direction = CLLRN_DIRECTION_FORWARD; direction <= CLLRN_DIRECTION_BACKWARD;
             ++direction) {
            const wish w = {rows[i].t, rows[i].t,        rows[i].params,
                            direction, rows[i].aliasing, rows[i].name};
            lrn_selection selection;
            cllrn_error error = error_blank();
            assert_failed(CLLRN_INVALID_VARIANT, try_select(&w, &cpu, &selection, &error), &error);
            assert_non_null(strstr(error.message, rows[i].name));
        }
    /* The last row of the table takes anything. */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const wish w = {rows[i].t,        rows[i].t,  rows[i].params, CLLRN_DIRECTION_FORWARD,
                        rows[i].aliasing, "separable"};
        assert_string_equal(choose(&w, &cpu).key.variant->name, "separable");
    }
}

/*
 * Strides of blocked tensors that are those of others: of sources whose blocks overlap, which is
 * allowed, of one position, whose strides mean nothing, and of blocks of two sizes.
 */
static void select__blocks_that_look_like_others_INVALID_VARIANT(void **state)
{
    const int64_t dims[] = {2, 16, 5, 5}, like_nchw[] = {400, 25, 5, 1},
                  like_nhwc[] = {400, 1, 80, 16}, apart[] = {800, 800, 160, 32};
    const int64_t one_position[] = {1, 9, 1, 1}, two_blocks[] = {2, 16, 1, 1};
    const cllrn_tensor nchw = make_tensor(4, dims, like_nchw, 1),
                       nhwc = make_tensor(4, dims, like_nhwc, 1);
    cllrn_tensor planar = nchw, packed = nhwc, gaps = make_tensor(4, dims, apart, 1),
                 single = make_tensor(4, one_position, NULL, 1);
    planar.channel_block = packed.channel_block = 8;
    gaps.channel_block = single.channel_block = 16;
    const cllrn_tensor eights = make_blocked(4, two_blocks, 1, 8),
                       sixteens = make_blocked(4, two_blocks, 1, 16);
    const cllrn_params three = window(1, 1);
    const struct {
        const char *name;
        const cllrn_tensor *src, *dst;
    } rows[] = {
        {"packed", &packed, &nhwc},      {"group", &packed, &nhwc},
        {"planar", &planar, &nchw},      {"blocked", &gaps, &gaps},
        {"blocked", &eights, &sixteens}, {"blocked", &sixteens, &eights},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
        for (int32_t direction = CLLRN_DIRECTION_FORWARD; direction <= CLLRN_DIRECTION_BACKWARD;
             ++direction) {
            const wish w = {rows[i].src, rows[i].dst, &three, direction, CLLRN_ALIASING_DISJOINT,
                            rows[i].name};
            lrn_selection selection;
            cllrn_error error = error_blank();
            assert_failed(CLLRN_INVALID_VARIANT, try_select(&w, &cpu, &selection, &error), &error);
        }
}

/* What a variant asks of strides it asks of each tensor. */
static void select__one_tensor_has_gaps_INVALID_VARIANT(void **state)
{
    const int64_t dims[] = {2, 16, 5, 5}, places[] = {800, 50, 10, 2},
                  rows_apart[] = {480, 30, 5, 1};
    const int64_t last[] = {2, 5, 5, 16}, channels[] = {800, 160, 32, 2};
    const int64_t blocks[] = {2, 48, 5, 5}, places_of_blocks[] = {2400, 800, 160, 32},
                  blocks_apart[] = {1440, 480, 80, 16};
    const cllrn_tensor nchw = make_nchw(2, 16, 5, 5), nhwc = make_nhwc(2, 16, 5, 5),
                       blocked = make_blocked(4, blocks, 1, 16);
    const cllrn_tensor channels_apart = make_tensor(4, last, channels, -1),
                       positions_apart = make_tensor(4, dims, places, 1),
                       lines_apart = make_tensor(4, dims, rows_apart, 1);
    cllrn_tensor gaps_in_blocks = make_tensor(4, blocks, places_of_blocks, 1),
                 gaps_between_blocks = make_tensor(4, blocks, blocks_apart, 1);
    gaps_in_blocks.channel_block = gaps_between_blocks.channel_block = 16;
    const cllrn_params three = window(1, 1);
    const struct {
        const char *name;
        const cllrn_tensor *good, *bad;
    } rows[] = {
        {"packed", &nhwc, &channels_apart},     {"group", &nhwc, &channels_apart},
        {"planar", &nchw, &positions_apart},    {"planar", &nchw, &lines_apart},
        {"blocked", &blocked, &gaps_in_blocks}, {"blocked", &blocked, &gaps_between_blocks},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
        for (int bad = 0; bad < 4; ++bad) {
            const cllrn_tensor *const tensors[] = {bad == 0 ? rows[i].bad : rows[i].good,
                                                   bad == 1 ? rows[i].bad : rows[i].good,
                                                   bad == 2 ? rows[i].bad : rows[i].good};
            const lrn_shape shape = lrn_shape_make(&three, tensors[0], tensors[1], tensors[2]);
            const lrn_request request = request_of(&shape, &three, CLLRN_DIRECTION_BACKWARD,
                                                   CLLRN_ALIASING_DISJOINT, rows[i].name);
            size_t row = 0;
            lrn_selection selection;
            cllrn_error error = error_blank();
            const cllrn_status status = lrn_select(&request, &cpu, &row, &selection, &error);
            if (bad < 3)
                assert_failed(CLLRN_INVALID_VARIANT, status, &error);
            else
                assert_succeeded(status, &error);
        }
}

/* The fast kernels' indices have 32 bits. */
static void select__fast_kernels_are_not_wide_INVALID_VARIANT(void **state)
{
    const int64_t dims[] = {1 << 17, 16, 32, 32};
    const cllrn_tensor nchw = make_nchw(1 << 17, 16, 32, 32), nhwc = make_nhwc(1 << 17, 16, 32, 32),
                       blocked = make_blocked(4, dims, 1, 16);
    const cllrn_params three = window(1, 1);
    const struct {
        const char *name;
        const cllrn_tensor *tensor;
    } rows[] = {{"packed", &nhwc}, {"group", &nhwc},  {"planar", &nchw},
                {"column", &nchw}, {"stream", &nhwc}, {"blocked", &blocked}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const wish w = {rows[i].tensor,          rows[i].tensor,          &three,
                        CLLRN_DIRECTION_FORWARD, CLLRN_ALIASING_DISJOINT, rows[i].name};
        lrn_selection selection;
        cllrn_error error = error_blank();
        assert_failed(CLLRN_INVALID_VARIANT, try_select(&w, &cpu, &selection, &error), &error);
    }
}

/* What shares local memory needs that much, in the backward direction four times as much. */
static void select__local_memory_SUCCESS(void **state)
{
    static const struct {
        int64_t bytes;
        const char *forward, *backward;
    } rows[] = {
        {0, "column", "column"},
        {1024, "column", "column"},
        {LRN_GROUP_ELEMENTS * 4 - 1, "column", "column"},
        {LRN_GROUP_ELEMENTS * 4, "group", "column"},
        {LRN_GROUP_ELEMENTS * 16 - 1, "group", "column"},
        {LRN_GROUP_ELEMENTS * 16, "group", "group"},
        {INT64_MAX, "group", "group"},
    };
    const cllrn_tensor nhwc = make_nhwc(2, 16, 5, 5);
    const cllrn_params params = window(2, 2);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        lrn_device_facts facts = gpu;
        facts.local_memory = rows[i].bytes;
        const wish
            forward = {&nhwc, &nhwc, &params, CLLRN_DIRECTION_FORWARD, CLLRN_ALIASING_DISJOINT,
                       NULL},
            backward = {&nhwc, &nhwc, &params, CLLRN_DIRECTION_BACKWARD, CLLRN_ALIASING_DISJOINT,
                        NULL};
        assert_string_equal(choose(&forward, &facts).key.variant->name, rows[i].forward);
        assert_string_equal(choose(&backward, &facts).key.variant->name, rows[i].backward);
        facts.slow_local = true;
        assert_string_equal(choose(&forward, &facts).key.variant->name, "column");
        assert_string_equal(choose(&backward, &facts).key.variant->name, "column");
    }
}

/* Float32 on a CPU goes past the caches where its tensors do not fit into them together. */
static void select__beyond_the_cache_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 16, 8, 8};
    const cllrn_tensor nchw = make_nchw(2, 16, 8, 8), nhwc = make_nhwc(2, 32, 8, 4),
                       blocked = make_blocked(4, dims, 1, 8),
                       half = with_dtype(nchw, CLLRN_DTYPE_F16);
    const int64_t bytes = 2 * 16 * 8 * 8 * 4;
    const cllrn_params params = window(2, 2);
    const struct {
        const cllrn_tensor *tensor;
        const lrn_device_facts *facts;
        int64_t cache;
        bool forward, backward;
    } rows[] = {
        {&nchw, &cpu, 2 * bytes - 1, true, true},
        {&nchw, &cpu, 2 * bytes, false, true},
        {&nchw, &cpu, 3 * bytes - 1, false, true},
        {&nchw, &cpu, 3 * bytes, false, false},
        {&nhwc, &cpu, 2 * bytes - 1, true, true},
        {&nhwc, &cpu, 3 * bytes, false, false},
        {&blocked, &cpu, 2 * bytes - 1, true, true},
        {&blocked, &cpu, 3 * bytes, false, false},
        {&nchw, &cpu, 0, false, false},
        {&half, &cpu, 1, false, false},
        {&nchw, &gpu, 1, false, false},
        {&nhwc, &gpu, 1, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        lrn_device_facts facts = *rows[i].facts;
        facts.cache = rows[i].cache;
        const wish forward = {rows[i].tensor,          rows[i].tensor,          &params,
                              CLLRN_DIRECTION_FORWARD, CLLRN_ALIASING_DISJOINT, NULL};
        wish backward = forward;
        backward.direction = CLLRN_DIRECTION_BACKWARD;
        assert_int_equal(choose(&forward, &facts).streams, rows[i].forward);
        assert_int_equal(choose(&backward, &facts).streams, rows[i].backward);
        /* In place dst is in the cache already. */
        wish in_place = forward;
        in_place.aliasing = CLLRN_ALIASING_IN_PLACE;
        assert_false(choose(&in_place, &facts).streams);
    }
    /* A large cache serves more processors than the device's. */
    const cllrn_tensor large = make_nchw(16, 96, 55, 55); /* 35.4 MiB with dst */
    const wish forward = {&large, &large, &params, CLLRN_DIRECTION_FORWARD, CLLRN_ALIASING_DISJOINT,
                          NULL};
    for (int64_t units = 2; units <= 8; units += 6) {
        lrn_device_facts facts = cpu;
        facts.cache = INT64_C(1) << 30;
        facts.compute_units = units;
        assert_int_equal(choose(&forward, &facts).streams, units == 2);
    }
}

/* Taps far outside a line are told by 32-bit places, tiles of channels by 16-bit numbers. */
static void select__far_taps_and_many_tiles_SUCCESS(void **state)
{
    /* With two channels and five taps rows 0 to 2 + 2 * (5 + LRN_ROWS) are told. */
    const int64_t rows_told = 2 + 2 * (5 + LRN_ROWS) + 1;
    const int64_t two[] = {1, 2, 1, (INT64_C(1) << 31) / rows_told},
                  less[] = {1, 2, 1, (INT64_C(1) << 31) / (rows_told + 1)},
                  one[] = {1, 1, 1, (1 << 30) - 1}, many[] = {1, 70000000};
    const cllrn_tensor far = with_dtype(make_tensor(4, two, NULL, 1), CLLRN_DTYPE_F16),
                       near = with_dtype(make_tensor(4, less, NULL, 1), CLLRN_DTYPE_F16),
                       alone = with_dtype(make_tensor(4, one, NULL, 1), CLLRN_DTYPE_F16),
                       channels = with_dtype(make_tensor(2, many, NULL, 1), CLLRN_DTYPE_F16);
    const cllrn_params five = window(0, 4), centred = window(2, 2), nine = window(4, 4);
    const struct {
        const cllrn_tensor *tensor;
        const cllrn_params *params;
        const lrn_device_facts *facts;
        const char *expected;
    } rows[] = {
        {&far, &five, &cpu, "separable"},
        {&near, &five, &cpu, "planar"},
        {&channels, &centred, &gpu, "column"},
        {&alone, &nine, &gpu, "column"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const wish w = {rows[i].tensor,          rows[i].tensor,          rows[i].params,
                        CLLRN_DIRECTION_FORWARD, CLLRN_ALIASING_DISJOINT, NULL};
        assert_string_equal(choose(&w, rows[i].facts).key.variant->name, rows[i].expected);
    }
    /* Not even where it is asked for. */
    const wish forced = {&alone,  &alone, &nine, CLLRN_DIRECTION_FORWARD, CLLRN_ALIASING_DISJOINT,
                         "planar"};
    lrn_selection s;
    cllrn_error error = error_blank();
    assert_failed(CLLRN_INVALID_VARIANT, try_select(&forced, &cpu, &s, &error), &error);
}

static void select__float64_without_it_UNSUPPORTED(void **state)
{
    const cllrn_tensor twice = with_dtype(make_nchw(2, 16, 5, 5), CLLRN_DTYPE_F64);
    const cllrn_params params = window(2, 2);
    lrn_device_facts without = gpu;
    (void)state;
    without.fp64 = false;
    for (size_t v = 0; v <= VARIANTS; ++v)
        for (int32_t aliasing = CLLRN_ALIASING_DISJOINT; aliasing <= CLLRN_ALIASING_IN_PLACE;
             ++aliasing) {
            const wish w = {
                &twice, &twice, &params, CLLRN_DIRECTION_FORWARD, aliasing, cllrn_variant_name(v)};
            lrn_selection s;
            cllrn_error error = error_blank();
            assert_failed(CLLRN_UNSUPPORTED, try_select(&w, &without, &s, &error), &error);
            assert_non_null(strstr(error.message, "a GPU"));
        }
    for (int32_t direction = CLLRN_DIRECTION_FORWARD; direction <= CLLRN_DIRECTION_BACKWARD;
         ++direction)
        for (int on_gpu = 0; on_gpu < 2; ++on_gpu) {
            const wish w = {&twice, &twice, &params, direction, CLLRN_ALIASING_DISJOINT, NULL};
            const lrn_selection s = choose(&w, on_gpu ? &gpu : &cpu);
            assert_int_equal(s.key.storage, LRN_F64);
            assert_int_equal(s.key.width, on_gpu ? 1 : 8);
        }
}

static void select__wide_indices_SUCCESS(void **state)
{
    const cllrn_params params = window(2, 2), huge = window(0, INT32_MAX - 1),
                       within = region(1, 1, 1);
    const int64_t dims[] = {2, 3, 4}, far[] = {INT64_C(1) << 31, 4, 1},
                  backwards[] = {-(INT64_C(1) << 31), 4, 1}, limit[] = {INT64_C(1) << 30, 4, 1},
                  below[] = {(INT64_C(1) << 30) - 12, 4, 1};
    const int64_t one_apart[] = {1, 3, INT64_C(1) << 31};
    const int64_t many_channels[] = {1, INT64_C(1) << 30, 1}, square[] = {1 << 15, 1, 1 << 15},
                  turned[] = {1, 1, 1 << 15};
    const cllrn_tensor near = make_tensor(3, dims, NULL, 1),
                       blocked = make_blocked(3, (const int64_t[]){1 << 26, 1, 1}, 1, 32);
    const struct {
        cllrn_tensor src, dst;
        const cllrn_params *params;
        bool wide;
    } rows[] = {
        {make_tensor(3, dims, far, 1), near, &params, true},
        {near, make_tensor(3, dims, far, 1), &params, true},
        {near, make_tensor(3, dims, backwards, 1), &params, true},
        {make_tensor(3, one_apart, NULL, 1), make_tensor(3, one_apart, NULL, 1), &params, true},
        {make_tensor(3, many_channels, NULL, 1), make_tensor(3, many_channels, NULL, 1), &params,
         true},
        {near, near, &huge, true},
        {make_tensor(3, one_apart, NULL, 1), make_tensor(3, one_apart, NULL, 1), &within, true},
        {near, make_tensor(3, dims, limit, 1), &params, true},
        {near, make_tensor(3, dims, below, 1), &params, false},
        {near, near, &params, false},
        /* Offsets and dims are narrow, but not how many positions there are. */
        {make_tensor(3, square, turned, 1), make_tensor(3, square, NULL, 1), &params, true},
        /* Few elements, but many places. */
        {blocked, blocked, &params, true},
    };
    lrn_device_facts small = gpu;
    (void)state;
    small.wide = small.int64 = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
        for (int32_t aliasing = CLLRN_ALIASING_DISJOINT; aliasing <= CLLRN_ALIASING_IN_PLACE;
             ++aliasing) {
            const wish w = {&rows[i].src, &rows[i].dst, rows[i].params, CLLRN_DIRECTION_FORWARD,
                            aliasing,     NULL};
            lrn_selection s = choose(&w, &cpu);
            cllrn_error error = error_blank();
            assert_int_equal(s.key.wide, rows[i].wide);
            if (!rows[i].wide) {
                assert_false(choose(&w, &small).key.wide);
                continue;
            }
            assert_string_equal(s.key.variant->name, "separable");
            assert_failed(CLLRN_UNSUPPORTED_SIZE, try_select(&w, &small, &s, &error), &error);
            assert_non_null(strstr(error.message, "a GPU"));
        }
    /* dy alone may be what is far away. */
    const cllrn_tensor away = make_tensor(3, dims, far, 1);
    const lrn_shape shape = lrn_shape_make(&params, &near, &away, &near);
    const lrn_request request =
        request_of(&shape, &params, CLLRN_DIRECTION_BACKWARD, CLLRN_ALIASING_DISJOINT, NULL);
    size_t row = 0;
    lrn_selection s;
    assert_int_equal(lrn_select(&request, &gpu, &row, &s, NULL), CLLRN_SUCCESS);
    assert_true(s.key.wide);
    assert_int_equal(lrn_select(&request, &small, &row, &s, NULL), CLLRN_UNSUPPORTED_SIZE);
}

/* Offsets that fit need not leave room for the scratch's. */
static void select__wide_scratch_SUCCESS(void **state)
{
    const cllrn_params params = window(4, 4);
    const int64_t dims[] = {1, INT64_C(1) << 26, 1};
    const cllrn_tensor t = make_tensor(3, dims, NULL, 1);
    const wish forward = {&t,         &t, &params, CLLRN_DIRECTION_FORWARD, CLLRN_ALIASING_DISJOINT,
                          "separable"},
               backward = {
                   &t, &t, &params, CLLRN_DIRECTION_BACKWARD, CLLRN_ALIASING_DISJOINT, "separable"};
    lrn_device_facts small = gpu;
    lrn_selection s;
    (void)state;
    small.wide = small.int64 = false;
    assert_false(choose(&forward, &gpu).key.wide);
    assert_false(choose(&forward, &small).key.wide);
    s = choose(&backward, &gpu);
    assert_true(s.key.wide && s.slots >= 3 * dims[1]);
    assert_int_equal(try_select(&backward, &small, &s, NULL), CLLRN_UNSUPPORTED_SIZE);
}

static void select__power_of_the_program_SUCCESS(void **state)
{
    const cllrn_tensor t = make_nchw(1, 8, 3, 3);
    static const double betas[] = {0.0, 0.5, 0.75, 1.0, 0.6, -0.75, 2.0};
    (void)state;
    for (size_t i = 0; i < sizeof betas / sizeof *betas; ++i)
        for (int32_t direction = CLLRN_DIRECTION_FORWARD; direction <= CLLRN_DIRECTION_BACKWARD;
             ++direction) {
            const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, betas[i], 1.0);
            const int expected = betas[i] == 0.75 ? LRN_POWER_3_4 : LRN_POWER_AT_RUN_TIME;
            const wish fast = {&t, &t, &params, direction, CLLRN_ALIASING_DISJOINT, "column"},
                       general = {&t, &t, &params, direction, CLLRN_ALIASING_DISJOINT, "strided"};
            assert_int_equal(choose(&fast, &gpu).key.power, expected);
            assert_int_equal(choose(&general, &gpu).key.power, LRN_POWER_AT_RUN_TIME);
        }
}

/* From the best on each variant that suits and fits comes once, those chosen for it first. */
static void select__next_best_SUCCESS(void **state)
{
    static const char *const on_gpu[] = {"group", "column", "separable", "strided", NULL},
                             *const on_cpu[] = {"packed", "separable", "strided", NULL};
    const cllrn_tensor t = make_nhwc(2, 32, 5, 5);
    const cllrn_params params = window(4, 4);
    const lrn_shape shape = lrn_shape_make(&params, &t, &t, &t);
    lrn_request request =
        request_of(&shape, &params, CLLRN_DIRECTION_BACKWARD, CLLRN_ALIASING_DISJOINT, NULL);
    (void)state;
    for (int gpus = 0; gpus < 2; ++gpus) {
        const char *const *const expected = gpus ? on_gpu : on_cpu;
        lrn_selection s;
        size_t row = 0, previous = 0;
        for (int i = 0; expected[i] != NULL; ++i, previous = row++) {
            assert_int_equal(lrn_select(&request, gpus ? &gpu : &cpu, &row, &s, NULL),
                             CLLRN_SUCCESS);
            assert_string_equal(s.key.variant->name, expected[i]);
            assert_true(i == 0 || row > previous);
        }
        assert_int_equal(lrn_select(&request, gpus ? &gpu : &cpu, &row, &s, NULL),
                         CLLRN_INVALID_VARIANT);
        assert_int_equal(row, previous + 1);
    }
    /* A forced variant has no other. */
    size_t row = 0;
    lrn_selection s;
    request.variant = "strided";
    assert_int_equal(lrn_select(&request, &cpu, &row, &s, NULL), CLLRN_SUCCESS);
    ++row;
    assert_int_equal(lrn_select(&request, &cpu, &row, &s, NULL), CLLRN_INVALID_VARIANT);
}

/* Fewer work-items under a small limit; then another variant; then none. */
static void select__scratch_limit_SCRATCH_LIMIT(void **state)
{
    const cllrn_tensor t = make_nchw(4, 64, 30, 30);
    const cllrn_params params = window(5, 5);
    const lrn_device_facts *const devices[] = {&cpu, &gpu};
    (void)state;
    for (int d = 0; d < 2; ++d)
        for (int32_t direction = CLLRN_DIRECTION_FORWARD; direction <= CLLRN_DIRECTION_BACKWARD;
             ++direction) {
            lrn_device_facts facts = *devices[d];
            const lrn_shape shape = lrn_shape_make(&params, &t, &t, &t);
            lrn_request request =
                request_of(&shape, &params, direction, CLLRN_ALIASING_IN_PLACE, NULL);
            cllrn_error error = error_blank();
            lrn_selection s;
            size_t row = 0;
            assert_int_equal(lrn_select(&request, &facts, &row, &s, NULL), CLLRN_SUCCESS);
            const uint64_t most = lrn_selection_scratch(&s);
            const int64_t slots = s.slots;
            uint64_t least = 0;
            for (uint64_t limit = most; least == 0 || limit >= least; --limit) {
                row = 0;
                request.scratch_limit = limit;
                assert_int_equal(lrn_select(&request, &facts, &row, &s, NULL), CLLRN_SUCCESS);
                assert_string_equal(s.key.variant->name, "separable");
                assert_true(lrn_selection_scratch(&s) <= limit);
                assert_true(s.workers > 0 && s.slots == slots);
                assert_int_equal(s.global[0] % s.local[0], 0);
                if (s.workers == 1)
                    least = lrn_selection_scratch(&s);
                limit = limit > most / 64 ? limit - most / 64 : limit; /* coarse, then each byte */
            }

            request.scratch_limit = least - 1;
            row = 0;
            assert_failed(CLLRN_SCRATCH_LIMIT, lrn_select(&request, &facts, &row, &s, &error),
                          &error);
            assert_int_equal(row, 0);
            char needed[32];
            snprintf(needed, sizeof needed, " %" PRIu64 " bytes", least);
            assert_non_null(strstr(error.message, needed));
            /* What needs no scratch takes over, although it is not chosen else. */
            request.aliasing = CLLRN_ALIASING_DISJOINT;
            assert_int_equal(lrn_select(&request, &facts, &row, &s, NULL), CLLRN_SUCCESS);
            assert_string_equal(s.key.variant->name, "strided");
            request.aliasing = CLLRN_ALIASING_IN_PLACE;
            /* The device's limit bounds the caller's, and stands in for it. */
            facts.max_allocation = (int64_t)least - 1;
            for (int i = 0; i < 2; ++i) {
                request.scratch_limit = i == 0 ? 0 : UINT64_MAX;
                row = 0;
                assert_int_equal(lrn_select(&request, &facts, &row, &s, NULL), CLLRN_SCRATCH_LIMIT);
            }
            ++facts.max_allocation;
            assert_int_equal(lrn_select(&request, &facts, &row, &s, NULL), CLLRN_SUCCESS);
        }
}

static bool same_key(const lrn_program_key *a, const lrn_program_key *b)
{
    return a->variant == b->variant && a->backward == b->backward && a->storage == b->storage &&
           a->width == b->width && a->taps == b->taps && a->power == b->power &&
           a->wide == b->wide && a->disjoint == b->disjoint;
}

/* The general program of a key is one of the list, of the same variant and window. */
static void program_key_general__of_every_program_SUCCESS(void **state)
{
    lrn_program_key key, other;
    size_t specialised = 0;
    (void)state;
    for (size_t i = 0; lrn_program_key_number(i, &cpu, &key); ++i) {
        lrn_program_key general = key;
        if (!lrn_program_key_general(&general)) {
            assert_true(same_key(&general, &key));
            continue;
        }
        ++specialised;
        assert_true(key.power == LRN_POWER_3_4 || key.disjoint);
        assert_int_equal(general.power, LRN_POWER_AT_RUN_TIME);
        assert_ptr_equal(general.variant, key.variant);
        assert_int_equal(general.taps, key.taps);
        size_t j = 0;
        while (lrn_program_key_number(j, &cpu, &other) && !same_key(&other, &general))
            ++j;
        assert_true(j < lrn_program_key_count(&cpu));
        /* A program for disjoint tensors and one power class gives up the power first. */
        assert_int_equal(lrn_program_key_general(&general),
                         key.power == LRN_POWER_3_4 && key.disjoint);
        assert_false(general.disjoint);
    }
    assert_true(specialised > 20);
}

/* Tensors that lead to every kind of key. */
static size_t make_tensors(cllrn_tensor *out)
{
    const int64_t dims[] = {2, 9, 4}, far_strides[] = {INT64_C(1) << 40, 4, 1};
    const int64_t gap_strides[] = {144, 16, 2}, padded_dims[] = {2, 9, 4, 5},
                  padded[] = {360, 40, 8, 1};
    const cllrn_tensor plain[] = {make_nchw(2, 9, 5, 5),
                                  make_nhwc(2, 9, 5, 5),
                                  make_tensor(3, dims, far_strides, 1),
                                  make_tensor(3, dims, gap_strides, 1),
                                  make_tensor(4, padded_dims, padded, 1),
                                  make_blocked(3, dims, 1, 8)};
    size_t count = 0;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; ++i)
        for (int32_t dtype = CLLRN_DTYPE_F32; dtype <= CLLRN_DTYPE_F64; ++dtype)
            out[count++] = with_dtype(plain[i], dtype);
    return count;
}

/*
 * No selection takes more scratch than the device's largest buffer, or than the
 * caller allows: of no variant, forced or the next best, in no layout, window or
 * direction, with as many work-items as the device takes.
 */
static void select__scratch_within_the_largest_allocation_SUCCESS(void **state)
{
    static const lrn_device_facts *const kinds[] = {&cpu, &gpu, &fpga};
    static const int64_t allocations[] = {1, 400, 4096, 70001, INT64_C(1) << 20, INT64_C(1) << 30};
    static const int64_t sizes[] = {1, 3, 6, 12, 101};
    const int64_t dims[] = {2, 9, 4};
    cllrn_tensor tensors[44];
    size_t tensor_count = make_tensors(tensors), with_scratch = 0, without = 0;
    (void)state;
    tensors[tensor_count++] = make_nchw(1, 64, 256, 256);
    tensors[tensor_count++] = make_nhwc(16, 192, 56, 56);
    tensors[tensor_count++] = with_dtype(make_nchw(1000, 3, 30, 30), CLLRN_DTYPE_F64);
    tensors[tensor_count++] = make_blocked(3, dims, 1, 32);
    for (size_t kind = 0; kind < 3; ++kind)
        for (size_t a = 0; a < sizeof allocations / sizeof *allocations; ++a)
            for (size_t t = 0; t < tensor_count; ++t)
                for (int rest = 0; rest < 5 * 2 * 2 * 2 * (VARIANTS + 1); ++rest) {
                    const int64_t size = sizes[rest % 5], limit = allocations[a];
                    const bool within = rest / 5 % 2 != 0, backward = rest / 10 % 2 != 0;
                    const cllrn_params params =
                        within ? make_region(size / 2, size / 2, 1, 9.0, 1e-4, 0.75, 1.0)
                               : make_params(CLLRN_CONVENTION_TORCH, size, 1e-4, 0.75, 1.0);
                    const lrn_shape shape = lrn_shape_make(
                        &params, &tensors[t], backward ? &tensors[t] : NULL, &tensors[t]);
                    lrn_request request = request_of(
                        &shape, &params,
                        backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD,
                        rest / 20 % 2 ? CLLRN_ALIASING_IN_PLACE : CLLRN_ALIASING_DISJOINT,
                        cllrn_variant_name((size_t)(rest / 40)));
                    lrn_device_facts facts = *kinds[kind];
                    /* The limit is the device's, or the caller's below it. */
                    facts.max_allocation = t % 2 == 0 ? limit : 2 * limit;
                    request.scratch_limit = t % 2 == 0 ? UINT64_MAX : (uint64_t)limit;
                    lrn_selection s;
                    for (size_t row = 0;
                         lrn_select(&request, &facts, &row, &s, NULL) == CLLRN_SUCCESS; ++row) {
                        const uint64_t scratch = lrn_selection_scratch(&s);
                        assert_true(scratch <= (uint64_t)limit);
                        with_scratch += scratch > 0;
                        without += scratch == 0;
                        lrn_selection_limit(&s, 1);
                        assert_true(lrn_selection_scratch(&s) <= (uint64_t)limit);
                    }
                }
    assert_true(with_scratch > 0 && without > 0);
}

/*
 * All programs a device can ever need: what ahead-of-time compilers go through
 * must hold every key that selection gives where no variant is forced, none
 * twice, none that it never gives, and no more than each kind of device has.
 */
static void program_key_number__every_key_of_selection_SUCCESS(void **state)
{
    static const int widths[] = {1, 2, 4, 8, 16};
    static const double betas[] = {0.0, 0.75, 0.3};
    static const struct {
        const lrn_device_facts *facts;
        const char *name;
        size_t most; /* programs; the design allows 200 */
    } kinds[] = {{&cpu, "CPU", 188}, {&gpu, "GPU", 120}, {&fpga, "FPGA", 40}};
    enum { KINDS = sizeof kinds / sizeof *kinds, MOST = 201 };
    cllrn_tensor tensors[40];
    const size_t tensor_count = make_tensors(tensors);
    size_t greatest[KINDS] = {0};
    (void)state;
    for (int kind = 0; kind < KINDS * 2 * 2 * 5; ++kind) {
        lrn_device_facts facts = *kinds[kind % KINDS].facts;
        facts.wide = kind / KINDS % 2 == 0;
        facts.int64 = facts.wide;
        facts.fp64 = kind / KINDS / 2 % 2 == 0;
        facts.vector_width = widths[kind / KINDS / 4];
        lrn_program_key keys[MOST];
        bool given[MOST] = {false};
        size_t count = 0, used = 0;
        for (; count < MOST && lrn_program_key_number(count, &facts, &keys[count]); ++count)
            for (size_t i = 0; i < count; ++i)
                assert_false(same_key(&keys[i], &keys[count]));
        assert_true(count < MOST);
        assert_int_equal(count, lrn_program_key_count(&facts));
        greatest[kind % KINDS] = count > greatest[kind % KINDS] ? count : greatest[kind % KINDS];
        /* Behind the last there is nothing, and nothing is written. */
        lrn_program_key untouched = keys[0];
        assert_false(lrn_program_key_number(count + 7, &facts, &untouched));
        assert_false(lrn_program_key_number(SIZE_MAX, &facts, &untouched));
        assert_true(same_key(&untouched, &keys[0]));

        for (size_t t = 0; t < tensor_count; ++t)
            for (size_t mixed = 0; mixed < 2; ++mixed)
                for (int taps = 1; taps < 17; ++taps)
                    for (int rest = 0; rest < 3 * 2 * 2; ++rest) {
                        cllrn_params params =
                            make_params(CLLRN_CONVENTION_TORCH, taps, 1.0, betas[rest % 3], 1.0);
                        if (taps == 16)
                            params = make_region(1, 1, 2, 1.0, 1.0, betas[rest % 3], 1.0);
                        const cllrn_tensor dst =
                            with_dtype(tensors[t], mixed && tensors[t].dtype != CLLRN_DTYPE_F64
                                                       ? CLLRN_DTYPE_F32
                                                       : tensors[t].dtype);
                        const bool backward = rest / 3 % 2 != 0;
                        const lrn_shape shape = lrn_shape_make(&params, &tensors[t],
                                                               backward ? &tensors[t] : NULL, &dst);
                        const lrn_request request = request_of(
                            &shape, &params,
                            backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD,
                            rest / 6 % 2 ? CLLRN_ALIASING_IN_PLACE : CLLRN_ALIASING_DISJOINT, NULL);
                        lrn_selection s;
                        for (size_t row = 0;
                             lrn_select(&request, &facts, &row, &s, NULL) == CLLRN_SUCCESS; ++row) {
                            size_t i = 0;
                            while (i < count && !same_key(&keys[i], &s.key))
                                ++i;
                            if (i == count)
                                fail_msg("width %d: no number for a key of %s", facts.vector_width,
                                         s.key.variant->name);
                            used += !given[i];
                            given[i] = true;
                        }
                    }
        if (used != count)
            fail_msg("kind %d: %zu programs, only %zu of them ever selected", kind, count, used);
    }
    for (int kind = 0; kind < KINDS; ++kind) {
        print_message("%zu programs for a %s\n", greatest[kind], kinds[kind].name);
        assert_int_equal(greatest[kind], kinds[kind].most);
    }
}

/* Forced, a variant runs on every kind of device; its programs have no number where it does not
 * suit. */
static void select__forced_where_it_does_not_suit_SUCCESS(void **state)
{
    static const lrn_device_facts *const kinds[] = {&cpu, &gpu, &fpga};
    const int64_t dims[] = {2, 16, 5, 5};
    const cllrn_params params = window(2, 2);
    int listed = 0;
    (void)state;
    for (size_t kind = 0; kind < 3; ++kind)
        for (size_t v = 0; v < VARIANTS; ++v) {
            const char *const name = cllrn_variant_name(v);
            const cllrn_tensor t = strcmp(name, "blocked") == 0 ? make_blocked(4, dims, 1, 8)
                                   : strcmp(name, "packed") == 0 || strcmp(name, "group") == 0
                                       ? make_nhwc(2, 16, 5, 5)
                                       : make_nchw(2, 16, 5, 5);
            const wish w = {&t,  &t, &params, CLLRN_DIRECTION_FORWARD, CLLRN_ALIASING_DISJOINT,
                            name};
            const lrn_selection s = choose(&w, kinds[kind]);
            assert_string_equal(s.key.variant->name, name);
            lrn_program_key key;
            size_t number = 0;
            while (lrn_program_key_number(number, kinds[kind], &key) && !same_key(&key, &s.key))
                ++number;
            const bool has_number = number < lrn_program_key_count(kinds[kind]);
            assert_int_equal(has_number, lrn_variant_suits(s.key.variant, kinds[kind]));
            listed += has_number;
        }
    assert_int_equal(listed, 5 + 4 + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(select__which_variant_for_which_problem_SUCCESS),
        TEST(select__pipelined_SUCCESS),
        TEST(select__names_and_kernels_SUCCESS),
        TEST(select__forced_variant_INVALID_VARIANT),
        TEST(select__blocks_that_look_like_others_INVALID_VARIANT),
        TEST(select__one_tensor_has_gaps_INVALID_VARIANT),
        TEST(select__fast_kernels_are_not_wide_INVALID_VARIANT),
        TEST(select__local_memory_SUCCESS),
        TEST(select__beyond_the_cache_SUCCESS),
        TEST(select__far_taps_and_many_tiles_SUCCESS),
        TEST(select__float64_without_it_UNSUPPORTED),
        TEST(select__wide_indices_SUCCESS),
        TEST(select__wide_scratch_SUCCESS),
        TEST(select__power_of_the_program_SUCCESS),
        TEST(select__next_best_SUCCESS),
        TEST(select__scratch_limit_SCRATCH_LIMIT),
        TEST(program_key_general__of_every_program_SUCCESS),
        TEST(program_key_number__every_key_of_selection_SUCCESS),
        TEST(select__forced_where_it_does_not_suit_SUCCESS),
        TEST(select__scratch_within_the_largest_allocation_SUCCESS),
    };
    return cmocka_run_group_tests_name("select", tests, NULL, NULL);
}
