/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stride of an axis with one element, or one channel block, is not used:
 * whatever it is, all is as with an ordinary one. Other libraries leave
 * anything there.
 */
#include "array.h"
#include "scene.h"

#include <stdlib.h>

#include "overlap.h"
#include "shape.h"
#include "tensor.h"

static bool overlaps_itself(const cllrn_tensor *tensor)
{
    const lrn_footprint footprint = lrn_tensor_footprint(tensor);
    return lrn_overlap_within(&footprint);
}

typedef struct layout {
    int32_t rank, axis, block, dst_block;
    int64_t dims[5];
} layout;

static const layout layouts[] = {
    {4, 1, 0, 0, {1, 6, 3, 4}},  {4, 1, 0, 0, {2, 1, 3, 4}}, {4, 1, 0, 0, {2, 6, 1, 1}},
    {4, -1, 0, 0, {1, 1, 4, 6}}, {2, 1, 0, 0, {1, 1}},       {5, 1, 0, 0, {1, 6, 1, 3, 1}},
    {4, 1, 8, 8, {2, 5, 3, 1}},  {4, 1, 4, 4, {1, 9, 1, 2}}, {4, 1, 8, 0, {2, 5, 1, 3}},
    {4, 1, 0, 8, {2, 1, 3, 3}},  {4, 1, 4, 8, {2, 6, 3, 1}}, {3, 2, 16, 32, {1, 3, 16}},
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

static const int64_t values[] = {INT64_MIN, INT64_MIN + 1, -1,           0, INT64_MAX,
                                 1,         INT64_MAX / 8, INT64_MAX / 2};
enum { VALUES = sizeof values / sizeof *values };

static cllrn_tensor ordinary(const layout *l, int32_t block)
{
    return block > 1 ? make_blocked(l->rank, l->dims, l->axis, block)
                     : make_tensor(l->rank, l->dims, NULL, l->axis);
}

/* With values from one on in place of all strides that are not used. */
static cllrn_tensor spoilt(cllrn_tensor t, size_t from)
{
    for (int axis = 0; axis < t.rank; ++axis)
        if (t.dims[axis] <= (axis == lrn_tensor_channel_axis(&t) ? lrn_tensor_block(&t) : 1))
            t.strides[axis] = values[from++ % VALUES];
    return t;
}

static cllrn_params params_of(int region)
{
    return region == 0 ? make_params(CLLRN_CONVENTION_TORCH, 5, 0.4, 0.75, 1.0)
                       : make_region(1, 1, 1, 3.0, 0.4, 0.6, 1.0);
}

static void unused_strides__checks_SUCCESS(void **state)
{
    (void)state;
    for (int l = 0; l < LAYOUTS; ++l)
        for (size_t v = 0; v < VALUES; ++v) {
            const cllrn_tensor good = ordinary(&layouts[l], layouts[l].block);
            const cllrn_tensor bad = spoilt(good, v), other = spoilt(good, v + 1);
            int64_t elements[2], below[2];
            cllrn_error error = error_blank();

            assert_succeeded(lrn_tensor_check_destination(&bad, "dst", &error), &error);
            assert_succeeded(cllrn_tensor_span(&good, &elements[0], &below[0], &error), &error);
            assert_succeeded(cllrn_tensor_span(&bad, &elements[1], &below[1], &error), &error);
            assert_int_equal(elements[0], elements[1]);
            assert_int_equal(below[0], below[1]);
            assert_true(lrn_tensor_same_layout(&bad, &other));
            assert_false(overlaps_itself(&bad));
            assert_true(lrn_tensor_overlap(&bad, &other, 0));
            assert_false(lrn_tensor_overlap(&bad, &other, elements[0] * 4));
        }
}

static void unused_strides__shape_is_the_same_SUCCESS(void **state)
{
    (void)state;
    for (int l = 0; l < LAYOUTS; ++l)
        for (size_t v = 0; v < VALUES; ++v)
            for (int region = 0; region < 2; ++region) {
                const cllrn_params params = params_of(region);
                const cllrn_tensor src = ordinary(&layouts[l], layouts[l].block),
                                   dst = ordinary(&layouts[l], layouts[l].dst_block),
                                   bad_src = spoilt(src, v), bad_dst = spoilt(dst, v + 2);
                const lrn_shape expected = lrn_shape_make(&params, &src, &src, &dst),
                                actual = lrn_shape_make(&params, &bad_src, &bad_src, &bad_dst);
                assert_memory_equal(&actual, &expected, sizeof actual);
            }
}

/* The element's results by a function of the host, of the reference too; dst may be src. */
static void run(bool reference, const cllrn_params *params, const array *x, const array *dy,
                array *dst)
{
    cllrn_error error = error_blank();
    if (dy != NULL)
        assert_succeeded((reference ? cllrn_reference_backward : cllrn_host_backward)(
                             params, &x->tensor, x->origin, &dy->tensor, dy->origin, &dst->tensor,
                             dst->origin, &error),
                         &error);
    else
        assert_succeeded((reference ? cllrn_reference_forward : cllrn_host_forward)(
                             params, &x->tensor, x->origin, &dst->tensor, dst->origin, &error),
                         &error);
}

static uint64_t digest_of(const array *a)
{
    uint64_t digest = 0;
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_digest(&a->tensor, a->origin, 3, &digest, &error), &error);
    return digest;
}

static void unused_strides__host_and_digest_same_bits_SUCCESS(void **state)
{
    static array x, dy, dst, bad_x, bad_dy, bad_dst;
    uint64_t random = 5;
    (void)state;
    for (int round = 0; round < LAYOUTS * VALUES * 8; ++round) {
        const layout *l = &layouts[round % LAYOUTS];
        const size_t v = (size_t)(round / LAYOUTS) % VALUES;
        const bool backward = round / (LAYOUTS * VALUES) % 2 != 0;
        const bool reference = round / (LAYOUTS * VALUES) / 2 % 2 != 0;
        const cllrn_params params = params_of(round / (LAYOUTS * VALUES) / 4);
        const int32_t dtype = round % 5 == 0 ? CLLRN_DTYPE_F64 : CLLRN_DTYPE_F32;
        const cllrn_tensor src = with_dtype(ordinary(l, l->block), dtype),
                           other = with_dtype(ordinary(l, l->dst_block), dtype),
                           bad_src = spoilt(src, v), bad_other = spoilt(other, v + 3),
                           bad_out = spoilt(other, v + 5);
        array_open(&x, &src);
        array_open(&dy, &other);
        array_open(&dst, &other);
        array_open(&bad_x, &bad_src);
        array_open(&bad_dy, &bad_other);
        array_open(&bad_dst, &bad_out);
        array_fill(&x, &random, 3.0);
        array_fill(&dy, &random, 3.0);
        array_copy(&bad_x, &x);
        array_copy(&bad_dy, &dy);

        run(reference, &params, &x, backward ? &dy : NULL, &dst);
        run(reference, &params, &bad_x, backward ? &bad_dy : NULL, &bad_dst);

        assert_memory_equal(dst.memory, bad_dst.memory, sizeof dst.memory);
        assert_true(digest_of(&bad_dst) == digest_of(&dst));
        /* In place, by another tensor of the same places. */
        bad_dst.tensor = spoilt(bad_src, v + 1);
        memcpy(bad_dst.memory, bad_x.memory, sizeof bad_x.memory);
        bad_dst.origin = bad_dst.memory + (bad_x.origin - bad_x.memory);
        cllrn_error error = error_blank();
        if (!backward) {
            assert_succeeded(cllrn_host_forward(&params, &bad_src, bad_dst.origin, &bad_dst.tensor,
                                                bad_dst.origin, &error),
                             &error);
            run(false, &params, &x, NULL, &dst);
            assert_true(digest_of(&bad_dst) == digest_of(&dst));
        }
    }
}

static void unused_strides__plan_and_enqueue_the_same_command_SUCCESS(void **state)
{
    (void)state;
    for (int l = 0; l < LAYOUTS; ++l)
        for (int mode = 0; mode < 4; ++mode)
            for (size_t v = 0; v < VALUES; ++v) {
                const bool backward = mode % 2 != 0;
                const cllrn_params params = params_of(mode / 2);
                const cllrn_tensor src = ordinary(&layouts[l], layouts[l].block),
                                   dst = ordinary(&layouts[l], layouts[l].dst_block),
                                   bad_src = spoilt(src, v), bad_dst = spoilt(dst, v + 2);
                scene s, bad;
                support_setup(NULL);
                const world w = world_open();
                scene_open_in(&s, w, &params, &src, backward ? &dst : NULL, &dst, NULL);
                scene_open_in(&bad, w, &params, &bad_src, backward ? &bad_dst : NULL, &bad_dst,
                              NULL);
                bad.src = s.src;
                bad.dy = s.dy;
                bad.dst = s.dst;
                bad.scratch = s.scratch;

                const fake_command *expected = scene_accept(&s), *actual = scene_accept(&bad);

                assert_string_equal(actual->kernel, expected->kernel);
                assert_memory_equal(actual->global, expected->global, sizeof actual->global);
                assert_memory_equal(actual->local, expected->local, sizeof actual->local);
                assert_int_equal(actual->argument_count, expected->argument_count);
                for (int i = 0; i < expected->argument_count; ++i)
                    assert_memory_equal(actual->arguments[i].value, expected->arguments[i].value,
                                        expected->arguments[i].size);
                /* In place too. */
                s.dst = s.src;
                bad.dst = bad.src;
                if (lrn_tensor_same_layout(&src, &dst)) {
                    scene_accept(&s);
                    scene_accept(&bad);
                }
                cllrn_plan_destroy(bad.plan);
                scene_close(&s);
                assert_int_equal(support_teardown(NULL), 0);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unused_strides__checks_SUCCESS),
        TEST(unused_strides__shape_is_the_same_SUCCESS),
        TEST(unused_strides__host_and_digest_same_bits_SUCCESS),
        TEST(unused_strides__plan_and_enqueue_the_same_command_SUCCESS),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("unused strides", tests, NULL, NULL);
}
