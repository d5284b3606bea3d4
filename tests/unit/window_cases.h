/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cl/window.h and src/host_window.h against a model of the canonical order that is written down
 * literally, bit for bit but for the sign of zero, which is nobody's business:
 * whoever uses a sum adds something to it. Included by window_test.c for float
 * and by window_f64_test.c for double.
 */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "host_window.h"

/* A product is a b, a plain element b alone. */
typedef enum kind { PRODUCTS, SQUARES, SUMS, KINDS } kind;

/* Elements first .. first + taps - 1 of a line, those outside of it being zeros. */
typedef struct taps_of {
    const real_t *a, *b; /* a NULL: plain elements */
    int64_t length, first;
    int taps;
} taps_of;

static real_t at(const real_t *x, const taps_of *w, int64_t tap)
{
    const int64_t index = w->first + tap;
    return index >= 0 && index < w->length ? x[index] : 0;
}

/* A pair of neighbours: the lowest level of the tree. */
static real_t pair(const taps_of *w, int64_t tap)
{
    if (w->a == NULL)
        return at(w->b, w, tap) + at(w->b, w, tap + 1);
    return LRN_FMA(at(w->a, w, tap), at(w->b, w, tap), at(w->a, w, tap + 1) * at(w->b, w, tap + 1));
}

/* The tree itself, level by level, zeros and all. */
static real_t tree(const taps_of *w, int64_t tap, int64_t size)
{
    static real_t level[1 << 16];
    assert_true(size / 2 <= 1 << 16);
    for (int64_t i = 0; i < size / 2; ++i)
        level[i] = pair(w, tap + 2 * i);
    for (int64_t left = size / 4; left >= 1; left /= 2)
        for (int64_t i = 0; i < left; ++i)
            level[i] = level[2 * i] + level[2 * i + 1];
    return level[0];
}

/* The same from above; a block wholly outside is zeros, without which the largest take for ever. */
static real_t block(const taps_of *w, int64_t tap, int64_t size)
{
    const int64_t begin = w->first + tap;
    if (begin + size <= 0 || begin >= w->length)
        return 0;
    if (size == 2)
        return pair(w, tap);
    return block(w, tap, size / 2) + block(w, tap + size / 2, size / 2);
}

/* The binary digits of taps, largest first, from the lowest element on. */
static real_t model_by(real_t (*block_of)(const taps_of *, int64_t, int64_t), const taps_of *w)
{
    real_t total = 0;
    int64_t tap = 0;
    for (int64_t size = INT64_C(1) << 30; size >= 2; size /= 2)
        if (w->taps & size) {
            total = total + block_of(w, tap, size);
            tap += size;
        }
    if ((w->taps & 1) == 0)
        return total;
    return w->a == NULL ? total + at(w->b, w, tap)
                        : LRN_FMA(at(w->a, w, tap), at(w->b, w, tap), total);
}

static real_t model(const taps_of *w)
{
    return model_by(w->taps <= 1 << 17 ? tree : block, w);
}

static bool same(real_t a, real_t b)
{
    /* Which NaN it is does not matter: none is stored as it stands. */
    return (isnan(a) && isnan(b)) || LRN_BITS(a + (real_t)0) == LRN_BITS(b + (real_t)0);
}

/* Numbers of all magnitudes and signs; `special` of a hundred are NaN, Inf, subnormal or zero. */
static void fill(real_t *x, int64_t count, uint64_t *random, int special)
{
    static const real_t specials[] = {(real_t)NAN,   (real_t)INFINITY, (real_t)-INFINITY,
                                      (real_t)1e-44, (real_t)-1e-44,   0,
                                      (real_t)-0.0};
    for (int64_t i = 0; i < count; ++i) {
        const double digits = (double)(random_next(random) >> 11) * 0x1p-52 - 1.0;
        x[i] = (real_t)ldexp(digits, (int)random_below(random, 24) - 12);
        if (random_below(random, 100) < special)
            x[i] = specials[random_below(random, 7)];
    }
}

static real_t poison(void)
{
    return LRN_REAL((bits_t)(LRN_NAN_BITS) | 0x5a5au);
}

enum { ROOM = 1 << 15, STRIP = 1 << 19, GUARD = 16 };

/* Memory whose every `step`th element is used, and nothing else may be. */
typedef struct strip {
    real_t memory[STRIP + GUARD];
    int64_t count, step;
} strip;

static void strip_open(strip *s, int64_t count, int64_t step)
{
    assert_true(count * step <= STRIP);
    s->count = count;
    s->step = step;
    for (int64_t i = 0; i < count * step + GUARD; ++i)
        s->memory[i] = poison();
}

static void strip_check(const strip *s)
{
    for (int64_t i = 0; i < s->count * s->step + GUARD; ++i)
        if (i % s->step != 0 || i >= s->count * s->step)
            assert_true(LRN_BITS(s->memory[i]) == LRN_BITS(poison()));
}

static void describe_failure(const char *what, kind k, int taps, int upper, int64_t length,
                             int64_t index, real_t actual, real_t expected)
{
    static const char *const names[] = {"products", "squares", "sums"};
    fail_msg("%s, %s of %d taps, upper %d, element %lld of %lld: %a, expected %a", what, names[k],
             taps, upper, (long long)index, (long long)length, (double)actual, (double)expected);
}

/*
 * A line's sums against the model, every `each`th of them. The scratch is as
 * large as lrn_line_slots says and full of NaNs before.
 */
static void assert_line(const real_t *a, const real_t *b, int64_t length, int taps, int upper,
                        kind k, int64_t step, int64_t each)
{
    static strip line_a, line_b, slots;
    strip_open(&line_a, length, step);
    strip_open(&line_b, length, step);
    strip_open(&slots, lrn_line_slots(length, taps), 1);
    for (int64_t i = 0; i < length; ++i) {
        line_a.memory[i * step] = a[i];
        line_b.memory[i * step] = b[i];
    }
    const real_t *first = k == PRODUCTS ? line_a.memory : k == SQUARES ? line_b.memory : NULL;

    lrn_line_sums(first, line_b.memory, step, length, upper, taps, slots.memory);

    strip_check(&line_a);
    strip_check(&line_b);
    strip_check(&slots);
    for (int64_t i = 0; i < length; i += each) {
        const taps_of w = {k == PRODUCTS  ? a
                           : k == SQUARES ? b
                                          : NULL,
                           b, length, i + upper - (taps - 1), taps};
        const real_t expected = model(&w), actual = line_b.memory[i * step];
        if (!same(actual, expected))
            describe_failure("line", k, taps, upper, length, i, actual, expected);
        if (k == PRODUCTS)
            assert_true(LRN_BITS(line_a.memory[i * step]) == LRN_BITS(a[i]));
    }
}

/* The splits of a window into lower and upper: the ends, the middle, and one of chance. */
static int split(int number, int taps, uint64_t *random)
{
    const int uppers[] = {0, taps - 1, taps / 2, (taps - 1) / 2, (int)random_below(random, taps)};
    return uppers[number];
}
enum { SPLITS = 5 };

static void line_sums__every_small_window_SUCCESS(void **state)
{
    static real_t a[ROOM], b[ROOM];
    uint64_t random = 31;
    size_t lines = 0;
    (void)state;
    for (int64_t length = 1; length <= 40; ++length)
        for (int taps = 1; taps <= 70; ++taps) {
            fill(a, length, &random, 0);
            fill(b, length, &random, 0);
            for (int i = 0; i < SPLITS; ++i)
                for (int k = 0; k < KINDS; ++k, ++lines)
                    assert_line(a, b, length, taps, split(i, taps, &random), (kind)k,
                                1 + random_below(&random, 3), 1);
        }
    print_message("%zu lines\n", lines);
}

static void line_sums__large_windows_SUCCESS(void **state)
{
    static const int taps[] = {71,  96,   100,  127,  128,  129,   255,   256,
                               513, 1001, 2047, 4096, 4097, 10007, 65536, 100000};
    static real_t a[ROOM], b[ROOM];
    uint64_t random = 32;
    size_t ladders = 0, direct = 0;
    (void)state;
    for (size_t t = 0; t < sizeof taps / sizeof *taps; ++t) {
        /* Lengths around where the ladder begins to pay, and shorter and longer ones. */
        const int64_t turn = taps[t] / 8;
        const int64_t lengths[] = {1,          2, 3, 7, 40, turn - 1, turn, turn + 1, 2 * turn + 3,
                                   taps[t] + 5};
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; ++l) {
            const int64_t length = lengths[l];
            if (length > ROOM / 2)
                continue;
            fill(a, length, &random, 0);
            fill(b, length, &random, 0);
            *(lrn_line_is_direct(length, taps[t]) ? &direct : &ladders) += 1;
            for (int i = 0; i < SPLITS; ++i)
                assert_line(a, b, length, taps[t], split(i, taps[t], &random),
                            (kind)((int)(l + t) % KINDS), 1, 1 + length / 20);
        }
    }
    print_message("%zu shapes by the ladder, %zu directly\n", ladders, direct);
    assert_true(ladders > 50 && direct > 30);
}

static void line_sums__special_values_SUCCESS(void **state)
{
    static real_t a[ROOM], b[ROOM];
    uint64_t random = 33;
    (void)state;
    for (int round = 0; round < 3000; ++round) {
        const int64_t length = 1 + random_below(&random, 60);
        const int taps = (int)(1 + random_below(&random, round % 10 == 0 ? 2000 : 70));
        fill(a, length, &random, 10);
        fill(b, length, &random, 10);
        assert_line(a, b, length, taps, (int)random_below(&random, taps), (kind)(round % KINDS), 1,
                    1);
    }
}

/* The function of LRN_DEFINE_SUM for windows anywhere, those wholly outside too. */
static void assert_direct(const real_t *a, const real_t *b, int64_t length, int64_t first, int taps)
{
    const taps_of products = {a, b, length, first, taps}, sums = {NULL, b, length, first, taps};
    const real_t by_products = lrn_direct_sum((lrn_line){a, b, 1}, length, first, taps);
    const real_t by_sums = lrn_direct_sum((lrn_line){NULL, b, 1}, length, first, taps);
    if (!same(by_products, model(&products)))
        describe_failure("direct", PRODUCTS, taps, 0, length, first, by_products, model(&products));
    if (!same(by_sums, model(&sums)))
        describe_failure("direct", SUMS, taps, 0, length, first, by_sums, model(&sums));
}

static void define_sum__every_small_window_SUCCESS(void **state)
{
    static real_t a[ROOM], b[ROOM];
    uint64_t random = 34;
    (void)state;
    for (int64_t length = 1; length <= 40; ++length)
        for (int taps = 1; taps <= 70; ++taps) {
            fill(a, length, &random, taps % 3 == 0 ? 10 : 0);
            fill(b, length, &random, taps % 3 == 0 ? 10 : 0);
            for (int64_t first = -taps - 2; first <= length + 2; ++first)
                assert_direct(a, b, length, first, taps);
        }
}

static void define_sum__huge_windows_SUCCESS(void **state)
{
    static const int taps[] = {(1 << 20) + 5, (1 << 20) - 1,         1 << 20,   (1 << 25) + 2,
                               (1 << 30),     (1 << 30) + (1 << 29), INT32_MAX, INT32_MAX - 1};
    static const int64_t lengths[] = {1, 2, 7, 100, 1000};
    static real_t a[ROOM], b[ROOM];
    uint64_t random = 35;
    const clock_t begin = clock();
    (void)state;
    fill(a, ROOM, &random, 0);
    fill(b, ROOM, &random, 0);
    for (size_t i = 0; i < sizeof taps / sizeof *taps; ++i)
        for (size_t j = 0; j < sizeof lengths / sizeof *lengths; ++j) {
            const int64_t t = taps[i];
            const int64_t lowers[] = {0, 1, t / 2, t / 2 - 3, t - 1, t - 2, t / 3, 1 << 19};
            for (size_t k = 0; k < sizeof lowers / sizeof *lowers; ++k)
                for (int64_t c = 0; c < lengths[j]; c += 1 + lengths[j] / 8)
                    assert_direct(a, b, lengths[j], c - lowers[k], taps[i]);
        }
    /* What lies outside is not visited: the time goes with the line, not with the taps. */
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 5.0);
}

/* The two models against each other, since one of them leaves zeros out. */
static void model__with_and_without_zeros_the_same(void **state)
{
    static real_t a[ROOM], b[ROOM];
    uint64_t random = 36;
    (void)state;
    for (int round = 0; round < 2000; ++round) {
        const int64_t length = 1 + random_below(&random, 100);
        const int taps = (int)(1 + random_below(&random, 3000));
        fill(a, length, &random, 5);
        fill(b, length, &random, 5);
        const taps_of w = {round % 2 ? a : NULL, b, length, random_below(&random, 4000) - 3500,
                           taps};
        assert_true(same(model_by(tree, &w), model_by(block, &w)));
    }
}

/* A box's sums by the model: products along the last axis, then plain sums along the others. */
static void model_box(const real_t *a, const real_t *b, const lrn_box *box, real_t *out)
{
    static real_t line_a[ROOM], line_b[ROOM];
    const int64_t count = box->dims[0] * box->dims[1] * box->dims[2];
    int64_t step = 1;
    memcpy(out, b, (size_t)count * sizeof *out);
    for (int axis = 2; axis >= 0; --axis) {
        const int64_t length = box->dims[axis];
        /* Between axes that have but one tap a plain element is its own sum. */
        for (int64_t begin = 0; begin < count; ++begin) {
            if (begin / step % length != 0)
                continue;
            for (int64_t i = 0; i < length; ++i) {
                line_b[i] = out[begin + i * step];
                line_a[i] = a != NULL && axis == 2 ? a[begin + i * step] : 0;
            }
            for (int64_t i = 0; i < length; ++i) {
                const taps_of w = {axis == 2 && a != NULL ? line_a : NULL, line_b, length,
                                   i + box->upper[axis] - (box->taps[axis] - 1), box->taps[axis]};
                out[begin + i * step] = model(&w);
            }
        }
        step *= length;
    }
}

static void box_sums__random_boxes_SUCCESS(void **state)
{
    static real_t a[ROOM], b[ROOM], expected[ROOM];
    static strip box_a, box_b, slots;
    uint64_t random = 37;
    (void)state;
    for (int round = 0; round < 4000; ++round) {
        const int used = 1 + round % 3;
        lrn_box box = {{1, 1, 1}, {1, 1, 1}, {0, 0, 0}};
        for (int axis = 3 - used; axis < 3; ++axis) {
            box.dims[axis] = 1 + random_below(&random, used == 1 ? 60 : 9);
            box.taps[axis] = (int)(1 + random_below(&random, round % 5 == 0 ? 200 : 9));
            box.upper[axis] = (int)random_below(&random, box.taps[axis]);
        }
        const int64_t count = box.dims[0] * box.dims[1] * box.dims[2];
        const kind k = (kind)(round / 3 % KINDS);
        fill(a, count, &random, round % 7 == 0 ? 3 : 0);
        fill(b, count, &random, round % 7 == 0 ? 3 : 0);
        strip_open(&box_a, count, 1);
        strip_open(&box_b, count, 1);
        strip_open(&slots, lrn_box_slots(&box), 1);
        for (int64_t i = 0; i < count; ++i) {
            box_a.memory[i] = a[i];
            box_b.memory[i] = b[i];
        }
        const real_t *first = k == PRODUCTS ? box_a.memory : k == SQUARES ? box_b.memory : NULL;

        lrn_box_sums(first, box_b.memory, &box, slots.memory);

        model_box(k == PRODUCTS ? a : k == SQUARES ? b : NULL, b, &box, expected);
        strip_check(&box_a);
        strip_check(&box_b);
        strip_check(&slots);
        for (int64_t i = 0; i < count; ++i)
            if (!same(box_b.memory[i], expected[i]))
                describe_failure("box", k, box.taps[2], box.upper[2], count, i, box_b.memory[i],
                                 expected[i]);
    }
}

/* Written out by hand, so that nothing above can be wrong in the same way. */
static void line_sums__by_hand_SUCCESS(void **state)
{
    static const double numbers[] = {3.0,       0x1.8p-12, 5.0,    0x1.4p-11, 7.0,
                                     0x1.cp-12, 2.0,       0x1p-9, 1.5,       0x1.2p-10};
    real_t x[10], sums[10], slots[256];
    (void)state;
    for (int i = 0; i < 10; ++i)
        x[i] = (real_t)numbers[i];
    const real_t s0 = LRN_FMA(x[0], x[0], x[1] * x[1]), s2 = LRN_FMA(x[2], x[2], x[3] * x[3]),
                 s4 = LRN_FMA(x[4], x[4], x[5] * x[5]), s6 = LRN_FMA(x[6], x[6], x[7] * x[7]);
    const real_t four = s0 + s2, eight = four + (s4 + s6);
    const real_t expected[] = {x[0] * x[0],
                               s0,
                               LRN_FMA(x[2], x[2], s0),
                               four,
                               LRN_FMA(x[4], x[4], four),
                               four + s4,
                               LRN_FMA(x[6], x[6], four + s4),
                               eight,
                               LRN_FMA(x[8], x[8], eight),
                               eight + LRN_FMA(x[8], x[8], x[9] * x[9])};
    /* The window of element 0 that reaches only upwards. */
    for (int taps = 1; taps <= 10; ++taps) {
        memcpy(sums, x, sizeof sums);
        lrn_line_sums(sums, sums, 1, 10, taps - 1, taps, slots);
        assert_true(sums[0] == expected[taps - 1]);
    }
    /* One zero before the first element, two behind the last: the pairs shift. */
    memcpy(sums, x, sizeof sums);
    lrn_line_sums(sums, sums, 1, 10, 2, 4, slots);
    assert_true(sums[0] ==
                LRN_FMA((real_t)0, (real_t)0, x[0] * x[0]) + LRN_FMA(x[1], x[1], x[2] * x[2]));
    assert_true(sums[9] == LRN_FMA(x[8], x[8], x[9] * x[9]));
    /* Plain sums of two rows and of two columns. */
    real_t b[4] = {x[0], x[1], x[2], x[3]};
    const lrn_box box = {{1, 2, 2}, {1, 2, 2}, {0, 1, 1}};
    lrn_box_sums(NULL, b, &box, slots);
    assert_true(b[0] == (x[0] + x[1]) + (x[2] + x[3]));
    assert_true(b[1] == x[1] + x[3] && b[2] == x[2] + x[3] && b[3] == x[3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(line_sums__by_hand_SUCCESS),
        TEST(line_sums__every_small_window_SUCCESS),
        TEST(line_sums__large_windows_SUCCESS),
        TEST(line_sums__special_values_SUCCESS),
        TEST(define_sum__every_small_window_SUCCESS),
        TEST(define_sum__huge_windows_SUCCESS),
        TEST(model__with_and_without_zeros_the_same),
        TEST(box_sums__random_boxes_SUCCESS),
    };
    return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
