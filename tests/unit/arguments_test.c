/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels' arguments: both lists of cl/arguments.h, their order, sizes and values. */
#include "scene.h"

#include <stdlib.h>

#include "arguments.h"
#include "params.h"

/* Kinds of arguments: a buffer, offset_t, index_t, index8_t, int or uint, scalar_t. */
typedef struct expected_argument {
    char kind;
    const char *name;
} expected_argument;

static const expected_argument fast_list[] = {
    {'b', "src"},
    {'b', "dy"},
    {'b', "dst"},
    {'o', "src_offset"},
    {'o', "dy_offset"},
    {'o', "dst_offset"},
    {'i', "outer"},
    {'i', "channels"},
    {'i', "inner"},
    {'i', "src_outer"},
    {'i', "src_channel"},
    {'i', "src_inner"},
    {'i', "dy_outer"},
    {'i', "dy_channel"},
    {'i', "dy_inner"},
    {'i', "dst_outer"},
    {'i', "dst_channel"},
    {'i', "dst_inner"},
    {'n', "lower"},
    {'n', "tile_channels"},
    {'n', "tile_positions"},
    {'n', "modes"},
    {'s', "scale_hi"},
    {'s', "scale_lo"},
    {'s', "k"},
    {'s', "beta_hi"},
    {'s', "beta_lo"},
    {'s', "gradient"},
    {'s', "octave0"},
    {'s', "octave1"},
    {'s', "octave2"},
    {'s', "octave3"},
    {'s', "octave4"},
};
static const expected_argument general_list[] = {
    {'b', "src"},        {'b', "dy"},          {'b', "dst"},        {'b', "scratch"},
    {'o', "src_offset"}, {'o', "dy_offset"},   {'o', "dst_offset"}, {'o', "scratch_offset"},
    {'v', "dims"},       {'v', "src_strides"}, {'v', "dy_strides"}, {'v', "dst_strides"},
    {'n', "lower"},      {'n', "taps"},        {'i', "tile"},       {'n', "window_vectors"},
    {'n', "modes"},      {'s', "scale_hi"},    {'s', "scale_lo"},   {'s', "k"},
    {'s', "beta_hi"},    {'s', "beta_lo"},     {'s', "gradient"},   {'s', "octave0"},
    {'s', "octave1"},    {'s', "octave2"},     {'s', "octave3"},    {'s', "octave4"},
};
enum {
    FAST = sizeof fast_list / sizeof *fast_list,
    GENERAL = sizeof general_list / sizeof *general_list
};

/* The list, and the size of each argument; returns their sum. */
static size_t assert_list(const fake_command *c, bool general, bool wide, bool int64, bool f64)
{
    const expected_argument *list = general ? general_list : fast_list;
    const int count = general ? GENERAL : FAST;
    size_t total = 0;
    assert_int_equal(c->argument_count, count);
    for (int i = 0; i < count; ++i) {
        const fake_argument *a = &c->arguments[i];
        size_t size = 4;
        if (list[i].kind == 'b')
            size = sizeof(cl_mem);
        if ((list[i].kind == 'o' && int64) || (list[i].kind == 'i' && wide) ||
            (list[i].kind == 's' && f64))
            size = 8;
        if (list[i].kind == 'v')
            size = wide ? 64 : 32;
        assert_string_equal(a->name, list[i].name);
        assert_int_equal(a->buffer, list[i].kind == 'b');
        assert_int_equal(a->size, size);
        total += size;
    }
    return total;
}

/* The scalars of both lists are the plan's values, unrounded. */
static void assert_scalars(const fake_command *c, const scene *s)
{
    const lrn_coefficients v =
        lrn_coefficients_make(&s->params, s->src_tensor.dtype == CLLRN_DTYPE_F64);
    const struct {
        const char *name;
        double value;
    } rows[] = {
        {"scale_hi", v.scale_hi},  {"scale_lo", v.scale_lo},  {"k", v.k},
        {"beta_hi", v.beta_hi},    {"beta_lo", v.beta_lo},    {"gradient", v.gradient},
        {"octave0", v.octaves[0]}, {"octave1", v.octaves[1]}, {"octave2", v.octaves[2]},
        {"octave3", v.octaves[3]}, {"octave4", v.octaves[4]},

    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
        assert_true(fake_scalar_argument(c, rows[i].name) == rows[i].value);
    /* The uppermost bits are the launch's: on this GPU every work-item works, and none streams. */
    const uint32_t modes = (uint32_t)fake_integer_argument(c, "modes", 0);
    const lrn_selection *selection = &lrn_plan_launch(s->plan, CLLRN_ALIASING_DISJOINT)->selection;
    const bool general = selection->key.taps == 0;
    assert_int_equal(modes, lrn_arguments_modes(s->plan, selection));
    assert_int_equal(modes >> 28, general ? 1 : 0);
}

static void assert_integers(const fake_command *c, const char *const *names, const int64_t *values,
                            size_t count)
{
    for (size_t i = 0; i < count; ++i)
        if (fake_integer_argument(c, names[i], 0) != values[i])
            fail_msg("%s is %lld, expected %lld", names[i],
                     (long long)fake_integer_argument(c, names[i], 0), (long long)values[i]);
}

static void arguments__fast_kernel_SUCCESS(void **state)
{
    static const char *const names[] = {"src_offset",  "dst_offset", "outer",       "channels",
                                        "inner",       "src_outer",  "dst_outer",   "src_inner",
                                        "src_channel", "dst_inner",  "dst_channel", "lower"};
    static const int64_t values[] = {100, 301, 2, 6, 12, 72, 72, 1, 12, 1, 12, 2};
    (void)state;
    for (int backward = 0; backward < 2; ++backward) {
        scene s;
        scene_fast(&s, backward);
        s.src.offset = 400;
        s.dst.offset = 1204;
        s.dy.offset = 44;

        const fake_command *c = scene_accept(&s);

        assert_string_equal(c->kernel, backward ? "backward_column" : "forward_column");
        assert_list(c, false, false, true, false);
        assert_ptr_equal(fake_buffer_argument(c, "src"), s.src.buffer);
        assert_ptr_equal(fake_buffer_argument(c, "dst"), s.dst.buffer);
        /* Forward, src stands for dy, which the kernel does not look at. */
        assert_ptr_equal(fake_buffer_argument(c, "dy"), backward ? s.dy.buffer : s.src.buffer);
        assert_int_equal(fake_integer_argument(c, "dy_offset", 0), backward ? 11 : 100);
        assert_integers(c, names, values, sizeof names / sizeof *names);
        assert_true(fake_integer_argument(c, "tile_channels", 0) >= 1);
        assert_scalars(c, &s);
        const double scale = 1e-4 / 5;
        assert_true(fake_scalar_argument(c, "scale_hi") == (double)(float)scale);
        assert_true(fake_scalar_argument(c, "beta_hi") == 0.75);
        assert_int_equal(c->wait_count, 0);
        scene_close(&s);
    }
}

/* Three different layouts, types and blocks: nothing may be taken from the wrong side. */
static void arguments__sides_differ_SUCCESS(void **state)
{
    const cllrn_params fast = make_window(0, 2, 7.0, 1.0, 2.0, 3.0),
                       general = make_window(1, 6, 7.0, 1.0, 2.0, 3.0);
    const int64_t dims[] = {2, 20, 15};
    const int64_t src_strides[] = {1000, 40, 2}, dst_strides[] = {-700, 21, -1};
    const cllrn_tensor src = make_tensor(3, dims, src_strides, 1);
    const cllrn_tensor dy = make_blocked(3, dims, 1, 8); /* strides 360, 120, 8 */
    const cllrn_tensor dst = make_tensor(3, dims, dst_strides, 1);
    static const char *const names[] = {"src_offset", "dy_offset",   "dst_offset", "outer",
                                        "channels",   "inner",       "src_outer",  "src_channel",
                                        "src_inner",  "dy_outer",    "dy_channel", "dy_inner",
                                        "dst_outer",  "dst_channel", "dst_inner",  "lower"};
    static const int64_t values[] = {3, 5,   1000, 2, 20,   15, 1000, 40,
                                     2, 360, 120,  8, -700, 21, -1,   0};
    scene s;
    (void)state;
    scene_open(&s, &fast, &src, &dy, &dst, NULL);
    s.src.offset = 12;
    s.dy.offset = 20;
    s.dst.offset = 4000;
    const fake_command *c = scene_accept(&s);
    assert_string_equal(c->kernel, "backward_column");
    assert_list(c, false, false, true, false);
    assert_integers(c, names, values, sizeof names / sizeof *names);
    assert_scalars(c, &s);
    scene_close(&s);

    /* The same in the general list: the window's axis, then the positions at the end. */
    const cllrn_tensor half = with_dtype(dy, CLLRN_DTYPE_F16);
    scene_open(&s, &general, &src, &half, &dst, "strided");
    s.dy.offset = 20;
    s.dst.offset = 4000;
    c = scene_accept(&s);
    assert_string_equal(c->kernel, "backward_strided");
    assert_list(c, true, false, true, false);
    assert_int_equal(fake_integer_argument(c, "dy_offset", 0), 10);
    assert_int_equal(fake_integer_argument(c, "lower", 0), 1);
    assert_int_equal(fake_integer_argument(c, "taps", 0), 8);
    static const struct {
        const char *name;
        int64_t values[3]; /* of axes 0, 6 and 7 */
    } vectors[] = {{"dims", {20, 2, 15}},
                   {"src_strides", {40, 1000, 2}},
                   {"dy_strides", {120, 360, 8}},
                   {"dst_strides", {21, -700, -1}}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; ++i) {
        assert_int_equal(fake_integer_argument(c, vectors[i].name, 0), vectors[i].values[0]);
        assert_int_equal(fake_integer_argument(c, vectors[i].name, 6), vectors[i].values[1]);
        assert_int_equal(fake_integer_argument(c, vectors[i].name, 7), vectors[i].values[2]);
        for (int axis = 1; axis < 6 && i == 0; ++axis)
            assert_int_equal(fake_integer_argument(c, "dims", axis), 1);
    }
    /* Unused scratch is some valid buffer. */
    assert_ptr_equal(fake_buffer_argument(c, "scratch"), s.dst.buffer);
    assert_int_equal(fake_integer_argument(c, "scratch_offset", 0), 0);
    assert_scalars(c, &s);
    scene_close(&s);
}

static void arguments__separable_kernel_SUCCESS(void **state)
{
    const cllrn_params params = make_region(1, 2, 2, 16.0, 0.3, 0.6, 1.5);
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 4);
    (void)state;
    for (int backward = 0; backward < 2; ++backward) {
        scene s;
        scene_open(&s, &params, &tensor, backward ? &tensor : NULL, &tensor, "separable");
        s.scratch.offset = 64;

        const fake_command *c = scene_accept(&s);

        assert_string_equal(c->kernel, backward ? "backward_separable" : "forward_separable");
        assert_list(c, true, false, true, false);
        assert_ptr_equal(fake_buffer_argument(c, "scratch"), s.scratch.buffer);
        assert_int_equal(fake_integer_argument(c, "scratch_offset", 0), 16);
        static const int64_t dims[] = {3, 4, 1, 1, 1, 1, 1, 12};
        for (int axis = 0; axis < 8; ++axis)
            assert_int_equal(fake_integer_argument(c, "dims", axis), dims[axis]);
        assert_int_equal(fake_integer_argument(c, "src_strides", 0), 4);
        assert_int_equal(fake_integer_argument(c, "src_strides", 1), 1);
        assert_int_equal(fake_integer_argument(c, "src_strides", 7), 12);
        assert_int_equal(fake_integer_argument(c, "lower", 0), 1);
        assert_int_equal(fake_integer_argument(c, "taps", 0), 4);
        const lrn_selection *selection =
            &lrn_plan_launch(s.plan, CLLRN_ALIASING_DISJOINT)->selection;
        assert_int_equal(fake_integer_argument(c, "tile", 0), selection->tile_positions);
        /* More positions than elements on the last window axis. */
        assert_int_equal(fake_integer_argument(c, "window_vectors", 0), 0);
        assert_scalars(c, &s);
        scene_close(&s);
    }
}

static void arguments__sizes_of_indices_offsets_and_scalars_SUCCESS(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.6, 1.0);
    const int64_t dims[] = {2, 3, 4};
    const int64_t far_apart[] = {INT64_C(1) << 33, INT64_C(1) << 31, 1};
    const uint64_t large = UINT64_C(1) << 41; /* bytes of a buffer */
    (void)state;
    if (large > SIZE_MAX)
        skip();
    for (int i = 0; i < 2 * 2 * 2 * 2; ++i) {
        const bool wide = i % 2, f64 = i / 2 % 2, backward = i / 4 % 2, separable = i / 8;
        const size_t size = f64 ? 8 : 4;
        const cllrn_tensor tensor = with_dtype(make_tensor(3, dims, wide ? far_apart : NULL, 1),
                                               f64 ? CLLRN_DTYPE_F64 : CLLRN_DTYPE_F32);
        scene s;
        scene_open(&s, &params, &tensor, backward ? &tensor : NULL, &tensor,
                   separable ? "separable" : "strided");
        s.src.buffer = fake_buffer(s.w.context, CL_MEM_READ_ONLY, large);
        s.dy.buffer = fake_buffer(s.w.context, CL_MEM_READ_ONLY, large);
        s.dst.buffer = fake_buffer(s.w.context, CL_MEM_WRITE_ONLY, large);
        s.src.offset = (uint64_t)size << 36;

        const fake_command *c = scene_accept(&s);

        assert_list(c, true, wide, true, f64);
        assert_int_equal(fake_integer_argument(c, "src_offset", 0), INT64_C(1) << 36);
        assert_int_equal(fake_integer_argument(c, "src_strides", 0),
                         wide ? INT64_C(1) << 31 : dims[2]);
        assert_int_equal(fake_integer_argument(c, "src_strides", 6), wide ? far_apart[0] : 12);
        assert_int_equal(fake_integer_argument(c, "dst_strides", 6), wide ? far_apart[0] : 12);
        assert_scalars(c, &s);
        scene_close(&s);
    }
}

/* 256 bytes are all that a device of the EMBEDDED profile need take. */
static void arguments__embedded_at_most_256_bytes(void **state)
{
    static const char *const extensions[] = {"", "cles_khr_int64", "cles_khr_int64 cl_khr_fp64"};
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const int64_t dims[] = {2, 6, 3, 4};
    const cllrn_tensor plain = make_nchw(2, 6, 3, 4), last = make_nhwc(2, 6, 3, 4),
                       blocked = make_blocked(4, dims, 1, 4);
    size_t most = 0;
    (void)state;
    for (int i = 0; i < 3 * 2; ++i)
        for (size_t v = 0; cllrn_variant_name(v) != NULL; ++v) {
            const char *name = cllrn_variant_name(v);
            const bool backward = i / 3;
            const bool dense = strcmp(name, "packed") == 0 || strcmp(name, "group") == 0;
            const cllrn_tensor *t = dense                          ? &last
                                    : strcmp(name, "blocked") == 0 ? &blocked
                                                                   : &plain;
            world w = world_handles();
            scene s;
            fake_settings(w.device)->profile = "EMBEDDED_PROFILE";
            fake_settings(w.device)->extensions = extensions[i % 3];
            world_engine(&w);
            scene_open_in(&s, w, &params, t, backward ? t : NULL, t, name);
            const fake_command *c = scene_accept(&s);
            const bool general = c->argument_count == GENERAL;
            const size_t size = assert_list(c, general, false, i % 3 > 0, false);
            most = size > most ? size : most;
            scene_close(&s);
        }
    print_message("at most %zu bytes of arguments\n", most);
    assert_true(most <= 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(arguments__fast_kernel_SUCCESS),
        TEST(arguments__sides_differ_SUCCESS),
        TEST(arguments__separable_kernel_SUCCESS),
        TEST(arguments__sizes_of_indices_offsets_and_scalars_SUCCESS),
        TEST(arguments__embedded_at_most_256_bytes),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
