/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two elements overlap if sum(step_i * x_i) = target has a solution in integers
 * 0 <= x_i <= count_i: a bounded Diophantine equation. With the largest step
 * first, the range of the smaller terms leaves few choices for each x_i, and
 * their greatest common divisor excludes most of these. Ordinary tensors need a
 * handful of steps.
 */
#include "overlap.h"

/* Terms of an equation: the axes of two tensors, and the bytes of an element. */
#define MAX_TERMS (2 * (CLLRN_MAX_RANK + 1) + 1)

/* Choices tried before the answer is "overlap": a refusal, never a wrong acceptance. */
#define MAX_WORK 1000000

typedef struct equation {
    int count;
    int64_t step[MAX_TERMS];    /* positive, descending */
    int64_t limit[MAX_TERMS];   /* x_i <= limit */
    int64_t rest[MAX_TERMS];    /* the largest sum of terms i.. */
    int64_t divisor[MAX_TERMS]; /* greatest common divisor of steps i.. */
    int64_t target;
    long work;
} equation;

static int64_t gcd(int64_t a, int64_t b)
{
    while (b != 0) {
        const int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* Adds the term step * x, 0 <= x <= limit, of either sign, to the equation. */
static void add_term(equation *e, int64_t step, int64_t limit)
{
    if (step == 0 || limit == 0)
        return;
    if (step < 0) { /* x -> limit - x makes the step positive */
        step = -step;
        e->target += step * limit;
    }
    for (int i = 0; i < e->count; ++i)
        if (e->step[i] == step) {
            e->limit[i] += limit;
            return;
        }
    int at = e->count++;
    for (; at > 0 && e->step[at - 1] < step; --at) {
        e->step[at] = e->step[at - 1];
        e->limit[at] = e->limit[at - 1];
    }
    e->step[at] = step;
    e->limit[at] = limit;
}

static bool solvable(equation *e, int i, int64_t target)
{
    if (target == 0)
        return true;
    if (i == e->count || target < 0 || target > e->rest[i] || target % e->divisor[i] != 0)
        return false;
    const int64_t beyond = i + 1 < e->count ? e->rest[i + 1] : 0;
    const int64_t step = e->step[i];
    int64_t least = target > beyond ? (target - beyond + step - 1) / step : 0;
    int64_t most = target / step;
    if (most > e->limit[i])
        most = e->limit[i];
    for (int64_t x = most; x >= least; --x) {
        if (++e->work > MAX_WORK)
            return true;
        if (solvable(e, i + 1, target - x * step))
            return true;
    }
    return false;
}

static bool solve(equation *e)
{
    int64_t rest = 0, divisor = 0;
    for (int i = e->count - 1; i >= 0; --i) {
        rest += e->step[i] * e->limit[i];
        divisor = gcd(e->step[i], divisor);
        e->rest[i] = rest;
        e->divisor[i] = divisor;
    }
    return solvable(e, 0, e->target);
}

void lrn_footprint_extent(const lrn_footprint *footprint, int64_t *lowest, int64_t *highest)
{
    *lowest = *highest = 0;
    for (int axis = 0; axis < footprint->count; ++axis) {
        const int64_t span = (footprint->dims[axis] - 1) * footprint->strides[axis];
        *(span < 0 ? lowest : highest) += span;
    }
}

bool lrn_overlap_between(const lrn_footprint *a, const lrn_footprint *b, int64_t distance)
{
    int64_t a_lowest, a_highest, b_lowest, b_highest;
    lrn_footprint_extent(a, &a_lowest, &a_highest);
    lrn_footprint_extent(b, &b_lowest, &b_highest);
    if (distance + b_lowest * b->size >= (a_highest + 1) * a->size ||
        distance + (b_highest + 1) * b->size <= a_lowest * a->size)
        return false;

    /* In the largest unit that divides all lengths: for equal dtypes mostly whole elements. */
    const int64_t unit = gcd(gcd(a->size, b->size), distance < 0 ? -distance : distance);
    const int64_t a_size = a->size / unit, b_size = b->size / unit;

    /*
     * An element of a at A and one of b at B overlap if -a_size < A - B <
     * b_size: A - B = d for an integer d in -(a_size - 1) .. b_size - 1. This
     * is A - B + d' - (b_size - 1) = 0 with one more term d' of step 1 (none if
     * both elements are one unit).
     */
    equation e = {.target = distance / unit + b_size - 1};
    for (int axis = 0; axis < a->count; ++axis)
        add_term(&e, a->strides[axis] * a_size, a->dims[axis] - 1);
    for (int axis = 0; axis < b->count; ++axis)
        add_term(&e, -b->strides[axis] * b_size, b->dims[axis] - 1);
    add_term(&e, 1, a_size + b_size - 2);
    return solve(&e);
}

bool lrn_overlap_within(const lrn_footprint *f)
{
    /* Two indices that differ first at axis `first` differ there by at least 1. */
    for (int first = 0; first < f->count; ++first) {
        if (f->dims[first] < 2)
            continue;
        equation e = {.target = -f->strides[first]};
        add_term(&e, f->strides[first], f->dims[first] - 2);
        for (int axis = first + 1; axis < f->count; ++axis) {
            const int64_t reach = f->dims[axis] - 1;
            add_term(&e, f->strides[axis], 2 * reach);
            e.target += f->strides[axis] * reach;
        }
        if (solve(&e))
            return true;
    }
    return false;
}
