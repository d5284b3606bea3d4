/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>

#include "select.h"

static const lrn_device_facts cpu = {.cpu_like = true,
                                     .int64 = true,
                                     .wide = true,
                                     .vector_width = 8,
                                     .compute_units = 4,
                                     .max_group_size = 4096,
                                     .name = "a CPU"};
static const lrn_device_facts gpu = {.cpu_like = false,
                                     .int64 = true,
                                     .wide = true,
                                     .vector_width = 1,
                                     .compute_units = 30,
                                     .max_group_size = 256,
                                     .name = "a GPU"};

static cllrn_params window(int64_t lower, int64_t upper)
{
    return make_window(lower, upper, 5.0, 1e-4, 0.75, 1.0);
}

static lrn_selection choose(const cllrn_tensor *src, const cllrn_tensor *dst,
                            const cllrn_params *params, const lrn_device_facts *facts,
                            int32_t aliasing, const char *variant)
{
    const lrn_shape shape = lrn_shape_make(src, dst);
    lrn_selection selection;
    cllrn_error error = error_blank();
    memset(&selection, 0x5a, sizeof selection);
    assert_succeeded(lrn_select(&shape, params, facts, aliasing, variant, &selection, &error),
                     &error);
    return selection;
}

static void select__which_variant_for_which_problem_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 16, 10, 10};
    const int64_t channels_apart[] = {6400, 400, 10, 1}, padded_rows[] = {3200, 200, 20, 1};
    const int64_t spread[] = {3200, 200, 20, 2}, wide[] = {INT64_C(1) << 40, 200, 10, 1};
    const cllrn_tensor nchw = make_nchw(2, 16, 10, 10), nhwc = make_nhwc(2, 16, 10, 10),
                       apart = make_tensor(4, dims, channels_apart, 1),
                       padded = make_tensor(4, dims, padded_rows, 1),
                       gaps = make_tensor(4, dims, spread, 1), far = make_tensor(4, dims, wide, 1);
    cllrn_tensor mixed = nchw; /* the same dims, channels last in memory */
    mixed.strides[0] = 1600;
    mixed.strides[1] = 1;
    mixed.strides[2] = 160;
    mixed.strides[3] = 16;
    const cllrn_params odd = window(2, 2), six = window(3, 2), one = window(0, 0),
                       large = window(5, 5), largest = window(4, 4), skew = window(0, 4);
    const struct {
        const cllrn_tensor *src, *dst;
        const cllrn_params *params;
        const char *cpu, *gpu, *cpu_in_place, *gpu_in_place;
    } rows[] = {
        {&nchw, &nchw, &odd, "planar", "column", "column", "column"},
        {&nhwc, &nhwc, &odd, "packed", "column", "column", "column"},
        {&nchw, &nchw, &largest, "planar", "column", "column", "column"},
        {&apart, &apart, &odd, "planar", "column", "column", "column"},
        {&nchw, &apart, &odd, "planar", "column", NULL, NULL},
        {&gaps, &gaps, &odd, "column", "column", "column", "column"},
        {&nchw, &mixed, &odd, "column", "column", NULL, NULL},
        {&padded, &padded, &odd, "strided", "strided", "strided-in-place", "strided-in-place"},
        {&nchw, &nchw, &six, "strided", "strided", "strided-in-place", "strided-in-place"},
        {&nchw, &nchw, &one, "strided", "strided", "strided-in-place", "strided-in-place"},
        {&nchw, &nchw, &large, "strided", "strided", "strided-in-place", "strided-in-place"},
        {&nchw, &nchw, &skew, "planar", "column", "column", "column"},
        {&far, &far, &odd, "strided", "strided", "strided-in-place", "strided-in-place"},
        {&nchw, &far, &odd, "strided", "strided", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const char *const expected[] = {rows[i].cpu, rows[i].gpu, rows[i].cpu_in_place,
                                        rows[i].gpu_in_place};
        for (int j = 0; j < 4; ++j)
            if (expected[j] != NULL) {
                const lrn_selection s =
                    choose(rows[i].src, rows[i].dst, rows[i].params, j % 2 == 0 ? &cpu : &gpu,
                           j < 2 ? CLLRN_DISJOINT : CLLRN_IN_PLACE, NULL);
                if (strcmp(s.variant, expected[j]) != 0)
                    fail_msg("row %zu.%d: %s, expected %s", i, j, s.variant, expected[j]);
            }
    }
}

static void select__names_and_kernels_SUCCESS(void **state)
{
    static const struct {
        const char *name, *kernel;
        lrn_file file;
        bool general, layout_last;
    } rows[] = {
        {"packed", "forward_packed", LRN_FILE_PACKED, false, true},
        {"planar", "forward_planar", LRN_FILE_PLANAR, false, false},
        {"column", "forward_column", LRN_FILE_COLUMN, false, false},
        {"strided", "forward_strided", LRN_FILE_STRIDED, true, false},
        {"strided-in-place", "forward_strided_in_place", LRN_FILE_STRIDED, true, false},
    };
    enum { COUNT = sizeof rows / sizeof *rows };
    const cllrn_params params = window(3, 3);
    (void)state;
    for (size_t i = 0; i < COUNT; ++i) {
        const cllrn_tensor t =
            rows[i].layout_last ? make_nhwc(2, 16, 5, 5) : make_nchw(2, 16, 5, 5);
        assert_string_equal(lrn_variant_name(i), rows[i].name);
        const lrn_selection s = choose(&t, &t, &params, &cpu, CLLRN_DISJOINT, rows[i].name);
        assert_string_equal(s.variant, rows[i].name);
        assert_string_equal(s.kernel, rows[i].kernel);
        assert_int_equal(s.key.file, rows[i].file);
        assert_int_equal(s.general, rows[i].general);
        /* A kernel for any window is one program for all. */
        assert_int_equal(s.key.taps, rows[i].general ? 0 : 7);
        assert_int_equal(s.key.power, LRN_POWER_3_4);
        assert_false(s.key.wide);
    }
    assert_null(lrn_variant_name(COUNT));
    assert_null(lrn_variant_name(SIZE_MAX));
}

static void select__forced_variant_INVALID_VARIANT(void **state)
{
    const cllrn_tensor nchw = make_nchw(2, 16, 5, 5), nhwc = make_nhwc(2, 16, 5, 5);
    const cllrn_params odd = window(1, 1), six = window(3, 2);
    const struct {
        const char *name;
        const cllrn_tensor *t;
        const cllrn_params *params;
        int32_t aliasing;
    } rows[] = {
        {"packed", &nchw, &odd, CLLRN_DISJOINT}, {"packed", &nhwc, &six, CLLRN_DISJOINT},
        {"packed", &nhwc, &odd, CLLRN_IN_PLACE}, {"planar", &nhwc, &odd, CLLRN_DISJOINT},
        {"planar", &nchw, &six, CLLRN_DISJOINT}, {"planar", &nchw, &odd, CLLRN_IN_PLACE},
        {"column", &nchw, &six, CLLRN_DISJOINT}, {"strided", &nchw, &odd, CLLRN_IN_PLACE},
        {"", &nchw, &odd, CLLRN_DISJOINT},       {"none", &nchw, &odd, CLLRN_DISJOINT},
        {"stride", &nchw, &odd, CLLRN_DISJOINT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const lrn_shape shape = lrn_shape_make(rows[i].t, rows[i].t);
        lrn_selection selection;
        cllrn_error error = error_blank();
        assert_failed(CLLRN_INVALID_VARIANT,
                      lrn_select(&shape, rows[i].params, &cpu, rows[i].aliasing, rows[i].name,
                                 &selection, &error),
                      &error);
    }
}

static void select__wide_indices_SUCCESS(void **state)
{
    const cllrn_params params = window(2, 2);
    const cllrn_params huge = window(0, INT32_MAX - 1);
    const int64_t dims[] = {2, 3, 4}, far[] = {INT64_C(1) << 31, 4, 1},
                  backwards[] = {-(INT64_C(1) << 31), 4, 1};
    const int64_t one_apart[] = {1, 3, INT64_C(1) << 31};
    const cllrn_tensor near = make_tensor(3, dims, NULL, 1);
    const struct {
        cllrn_tensor src, dst;
        const cllrn_params *params;
    } rows[] = {
        {make_tensor(3, dims, far, 1), near, &params},
        {near, make_tensor(3, dims, far, 1), &params},
        {near, make_tensor(3, dims, backwards, 1), &params},
        {make_tensor(3, one_apart, NULL, 1), make_tensor(3, one_apart, NULL, 1), &params},
        {near, near, &huge},
    };
    lrn_device_facts small = gpu;
    (void)state;
    small.wide = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const lrn_shape shape = lrn_shape_make(&rows[i].src, &rows[i].dst);
        lrn_selection s =
            choose(&rows[i].src, &rows[i].dst, rows[i].params, &cpu, CLLRN_DISJOINT, NULL);
        cllrn_error error = error_blank();
        assert_true(s.key.wide);
        assert_string_equal(s.variant, "strided");
        for (int32_t aliasing = CLLRN_DISJOINT; aliasing <= CLLRN_IN_PLACE; ++aliasing)
            assert_failed(CLLRN_UNSUPPORTED_SIZE,
                          lrn_select(&shape, rows[i].params, &small, aliasing, NULL, &s, &error),
                          &error);
        assert_non_null(strstr(error.message, "a GPU"));
    }
    assert_false(choose(&near, &near, &params, &small, CLLRN_DISJOINT, NULL).key.wide);
}

/*
 * How many elements a launch reaches when every work-item does what its
 * kernel's banner says; each is marked with a bit.
 */
static int64_t reach(const lrn_selection *s, const lrn_shape *shape, unsigned char *marks)
{
    const int64_t width = s->key.width, tile_c = s->tile_channels, tile_p = s->tile_positions;
    const int64_t g0 = (int64_t)s->global[0], g1 = (int64_t)s->global[1],
                  g2 = (int64_t)s->global[2];
    const int64_t outer = shape->outer, channels = shape->channels, inner = shape->inner;
    int64_t c0 = 0, c1 = channels, cs = 1;
    memset(marks, 0, (size_t)(outer * channels * inner));
    for (int64_t x = 0; x < g0; ++x) {
        for (int64_t y = 0; y < g1; ++y) {
            int64_t p0, p1;
            if (strcmp(s->variant, "packed") == 0) {
                assert_int_equal(g1, 1);
                p0 = x * tile_p;
                p1 = p0 + tile_p;
            } else if (strcmp(s->variant, "planar") == 0) {
                const int64_t tiles = inner < tile_p ? 1 : inner / tile_p;
                assert_true(tile_p >= width);
                if (x >= tiles)
                    continue;
                p0 = x * tile_p;
                p1 = x == tiles - 1 ? inner : p0 + tile_p;
                c0 = y * tile_c;
                c1 = c0 + tile_c;
            } else if (strcmp(s->variant, "column") == 0) {
                p0 = x * width;
                p1 = p0 + width;
                c0 = y * tile_c;
                c1 = c0 + tile_c;
            } else if (strcmp(s->variant, "strided") == 0) {
                p0 = x;
                p1 = x + 1;
                c0 = y;
                cs = g1;
            } else { /* columns of channels, one after the other */
                for (int64_t column = x; column < outer * inner; column += g0)
                    for (int64_t c = 0; c < channels; ++c)
                        marks[(column / inner * channels + c) * inner + column % inner] = 1;
                continue;
            }
            for (int64_t z = 0; z < g2; ++z)
                for (int64_t item = z; item < outer; item += g2)
                    for (int64_t c = c0; c < c1 && c < channels; c += cs)
                        for (int64_t p = p0; p < p1 && p < inner; ++p)
                            marks[(item * channels + c) * inner + p] = 1;
        }
    }
    int64_t reached = 0;
    for (int64_t i = 0; i < outer * channels * inner; ++i)
        reached += marks[i];
    return reached;
}

static void assert_launch(const lrn_selection *s, const lrn_device_facts *facts)
{
    assert_int_equal(s->global[0] % s->local[0], 0);
    assert_true(s->local[0] >= 1 && (int64_t)s->local[0] <= facts->max_group_size);
    assert_int_equal(s->local[1], 1);
    assert_int_equal(s->local[2], 1);
    for (int i = 0; i < 3; ++i)
        assert_true(s->global[i] >= 1);
    assert_true(s->global[1] <= 65535 && s->global[2] <= 65535);
}

static void select__launch_covers_all_elements_SUCCESS(void **state)
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
        for (int layout = 0; layout < 2; ++layout)
            for (int kind = 0; kind < 6; ++kind)
                for (int taps = 3; taps <= 10; ++taps)
                    for (int32_t aliasing = CLLRN_DISJOINT; aliasing <= CLLRN_IN_PLACE; ++aliasing)
                        for (size_t v = 0; lrn_variant_name(v) != NULL; ++v) {
                            lrn_device_facts facts = kind % 2 == 0 ? cpu : gpu;
                            if (kind >= 4)
                                facts.max_group_size = kind == 4 ? 1 : 48;
                            if (kind >= 2)
                                facts.vector_width = 16;
                            const cllrn_tensor t =
                                layout == 0 ? make_nchw(dims[d][0], dims[d][1], dims[d][2], 1)
                                            : make_nhwc(dims[d][0], dims[d][1], dims[d][2], 1);
                            const cllrn_params params = window(taps / 2, (taps - 1) / 2);
                            const lrn_shape shape = lrn_shape_make(&t, &t);
                            lrn_selection s;
                            if (lrn_select(&shape, &params, &facts, aliasing, lrn_variant_name(v),
                                           &s, NULL) != CLLRN_SUCCESS)
                                continue;
                            assert_launch(&s, &facts);
                            if (reach(&s, &shape, marks) !=
                                shape.outer * shape.channels * shape.inner)
                                fail_msg("%s leaves elements of %d x %d x %d out", s.variant,
                                         (int)shape.outer, (int)shape.channels, (int)shape.inner);
                            /* In place a walk must not cross into another's channels. */
                            if (aliasing == CLLRN_IN_PLACE && strcmp(s.variant, "column") == 0)
                                assert_true(s.tile_channels >= shape.channels);
                            ++launches;
                        }
    print_message("%zu launches\n", launches);
    assert_true(launches > 1000);
}

/* Sizes no test can run, but whose launches must fit all the same. */
static void select__huge_problems_SUCCESS(void **state)
{
    static const int64_t dims[][3] = {
        {1 << 20, 3, 64},       {3, 1 << 24, 5},          {5, 3, 1 << 25},
        {1, (1 << 30) - 1, 1},  {(1 << 29), 1, 1},        {1, 1, (1 << 30) - 1},
        {1 << 25, 1 << 20, 16}, {1, INT64_C(1) << 40, 2}, {INT64_C(1) << 40, 2, 2},
    };
    const cllrn_params params = window(2, 2);
    (void)state;
    for (size_t d = 0; d < sizeof dims / sizeof *dims; ++d)
        for (int layout = 0; layout < 2; ++layout)
            for (int kind = 0; kind < 2; ++kind)
                for (int32_t aliasing = CLLRN_DISJOINT; aliasing <= CLLRN_IN_PLACE; ++aliasing)
                    for (size_t v = 0; lrn_variant_name(v) != NULL; ++v) {
                        const lrn_device_facts *facts = kind == 0 ? &cpu : &gpu;
                        const cllrn_tensor t =
                            layout == 0 ? make_nchw(dims[d][0], dims[d][1], dims[d][2], 1)
                                        : make_nhwc(dims[d][0], dims[d][1], dims[d][2], 1);
                        const lrn_shape shape = lrn_shape_make(&t, &t);
                        lrn_selection s;
                        if (lrn_select(&shape, &params, facts, aliasing, lrn_variant_name(v), &s,
                                       NULL) != CLLRN_SUCCESS)
                            continue;
                        assert_launch(&s, facts);
                        if (strcmp(s.variant, "column") == 0 || strcmp(s.variant, "planar") == 0)
                            assert_true(s.tile_channels >= 1 &&
                                        (int64_t)s.global[1] * s.tile_channels >= shape.channels);
                        if (strcmp(s.variant, "column") == 0)
                            assert_true((int64_t)s.global[0] * s.key.width >= shape.inner);
                        if (strcmp(s.variant, "strided") == 0)
                            assert_true((int64_t)s.global[0] >= shape.inner);
                        if (strcmp(s.variant, "packed") == 0)
                            assert_true((int64_t)s.global[0] * s.tile_positions >= shape.inner);
                        if (strcmp(s.variant, "planar") == 0)
                            assert_true((int64_t)s.global[0] >= shape.inner / s.tile_positions);
                        /* Scratch is a float per channel and work-item. */
                        const uint64_t scratch = lrn_selection_scratch(&s, &shape);
                        if (strcmp(s.variant, "strided-in-place") == 0)
                            assert_true(scratch / 4 / (uint64_t)shape.channels == s.global[0]);
                        else
                            assert_true(scratch == 0);
                    }
}

static void selection_limit__smaller_groups_SUCCESS(void **state)
{
    const cllrn_tensor t = make_nchw(1, 8, 30, 30);
    const cllrn_params params = window(3, 2);
    (void)state;
    for (size_t limit = 0; limit <= 300; ++limit) {
        lrn_selection s = choose(&t, &t, &params, &gpu, CLLRN_DISJOINT, NULL);
        const size_t global = s.global[0], local = s.local[0];
        assert_int_equal(local, 64);

        lrn_selection_limit(&s, limit);

        assert_int_equal(s.global[0], global);
        assert_int_equal(global % s.local[0], 0);
        assert_true(s.local[0] <= limit || s.local[0] == 1);
        assert_true(s.local[0] * 2 > limit || s.local[0] == local);
    }
}

static void select__power_of_the_program_SUCCESS(void **state)
{
    const cllrn_tensor t = make_nchw(1, 8, 3, 3);
    static const struct {
        double beta;
        int power;
    } rows[] = {{0.0, LRN_POWER_ZERO},
                {0.5, LRN_POWER_HALF},
                {0.75, LRN_POWER_3_4},
                {1.0, LRN_POWER_ONE},
                {0.6, LRN_POWER_GENERAL}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const cllrn_params params = make_params(CLLRN_TORCH, 5, 1.0, rows[i].beta, 1.0);
        assert_int_equal(choose(&t, &t, &params, &gpu, CLLRN_DISJOINT, NULL).key.power,
                         rows[i].power);
    }
}

static bool same_key(const lrn_program_key *a, const lrn_program_key *b)
{
    return a->file == b->file && a->width == b->width && a->taps == b->taps &&
           a->power == b->power && a->wide == b->wide;
}

/*
 * All programs a device can ever need: what ahead-of-time compilers go through
 * must hold every key that selection gives, none twice, and at most the 200
 * that the design allows.
 */
static void program_key_number__every_key_of_selection_SUCCESS(void **state)
{
    static const int widths[] = {1, 2, 4, 8, 16};
    static const double betas[] = {0.0, 0.5, 0.75, 1.0, 0.3};
    const int64_t far_dims[] = {2, 3, 4}, far_strides[] = {INT64_C(1) << 40, 4, 1};
    const int64_t gap_strides[] = {24, 8, 2};
    const cllrn_tensor tensors[] = {make_nchw(2, 9, 5, 5), make_nhwc(2, 9, 5, 5),
                                    make_tensor(3, far_dims, far_strides, 1),
                                    make_tensor(3, far_dims, gap_strides, 1)};
    enum { MOST = 200 };
    (void)state;
    for (size_t w = 0; w < sizeof widths / sizeof *widths; ++w) {
        lrn_program_key keys[MOST];
        bool given[MOST] = {false};
        size_t count = 0, used = 0;
        lrn_device_facts facts[] = {cpu, gpu};
        facts[0].vector_width = facts[1].vector_width = widths[w];
        for (; count < MOST && lrn_program_key_number(count, widths[w], &keys[count]); ++count)
            for (size_t i = 0; i < count; ++i)
                assert_false(same_key(&keys[i], &keys[count]));
        assert_true(count < MOST);

        for (int kind = 0; kind < 2; ++kind)
            for (size_t t = 0; t < 4; ++t)
                for (size_t b = 0; b < 5; ++b)
                    for (int taps = 1; taps < 20; ++taps)
                        for (int32_t aliasing = CLLRN_DISJOINT; aliasing <= CLLRN_IN_PLACE;
                             ++aliasing)
                            for (size_t v = 0; lrn_variant_name(v) != NULL; ++v) {
                                const cllrn_params params =
                                    make_params(CLLRN_TORCH, taps, 1.0, betas[b], 1.0);
                                const lrn_shape shape = lrn_shape_make(&tensors[t], &tensors[t]);
                                lrn_selection s;
                                if (lrn_select(&shape, &params, &facts[kind], aliasing,
                                               lrn_variant_name(v), &s, NULL) != CLLRN_SUCCESS)
                                    continue;
                                size_t i = 0;
                                while (i < count && !same_key(&keys[i], &s.key))
                                    ++i;
                                if (i == count)
                                    fail_msg("width %d: no number for a key of %s", widths[w],
                                             s.variant);
                                used += !given[i];
                                given[i] = true;
                            }
        print_message("vector width %d: %zu programs, %zu of them seen\n", widths[w], count, used);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(select__which_variant_for_which_problem_SUCCESS),
        TEST(select__names_and_kernels_SUCCESS),
        TEST(select__forced_variant_INVALID_VARIANT),
        TEST(select__wide_indices_SUCCESS),
        TEST(select__launch_covers_all_elements_SUCCESS),
        TEST(select__huge_problems_SUCCESS),
        TEST(selection_limit__smaller_groups_SUCCESS),
        TEST(select__power_of_the_program_SUCCESS),
        TEST(program_key_number__every_key_of_selection_SUCCESS),
    };
    return cmocka_run_group_tests_name("select", tests, NULL, NULL);
}
