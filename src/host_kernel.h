/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host implementation, included by host_f32.c and by host_f64.c: the
 * kernels' arithmetic as C, in the order of the kernel for any problem, one
 * position at a time.
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "../cl/arithmetic.h"
#include "../cl/window.h"
#include "element.h"
#include "host_scalars.h"
#include "params.h"
#include "size.h"
#include "tensor.h"

/* Arrays over the elements of a block, and slots for lrn_box_sums. */
enum { ARRAYS = 4 };
typedef struct work {
    lrn_box box, mirrored;
    int64_t elements;
    real_t *x, *gradients, *sums, *powers, *slots;
    int power;
    lrn_scalars scalars;
} work;

/* memcpy, because the caller's data may have any alignment; compiles to a plain load or store. */
static real_t get(cllrn_dtype dtype, const void *data, int64_t at)
{
    float value;
    if (dtype != CLLRN_DTYPE_F32)
        return (real_t)lrn_element_get(dtype, data, at);
    memcpy(&value, (const char *)data + at * (int64_t)sizeof value, sizeof value);
    return (real_t)value;
}

static void set(cllrn_dtype dtype, void *data, int64_t at, real_t value)
{
    if (dtype != CLLRN_DTYPE_F32) {
        lrn_element_set(dtype, data, at, (double)value);
        return;
    }
    const float single = (float)value;
    memcpy((char *)data + at * (int64_t)sizeof single, &single, sizeof single);
}

static void gather(const cllrn_tensor *tensor, const void *data, const int64_t *index,
                   const int64_t *offsets, int64_t count, real_t *to)
{
    const int64_t start = lrn_tensor_offset(tensor, index);
    for (int64_t i = 0; i < count; ++i)
        to[i] = get(tensor->dtype, data, start + offsets[i]);
}

static void scatter(const cllrn_tensor *tensor, void *data, const int64_t *index,
                    const int64_t *offsets, int64_t count, const real_t *from)
{
    const int64_t start = lrn_tensor_offset(tensor, index);
    for (int64_t i = 0; i < count; ++i)
        set(tensor->dtype, data, start + offsets[i], from[i]);
}

/*
 * Replaces sums by the results. The name differs by type, because clang 14
 * gives the clones of a static function a resolver with external linkage.
 */
LRN_FMA_CLONES
static void LRN_HOST_NAME(forward)(work *w)
{
    memcpy(w->sums, w->x, (size_t)w->elements * sizeof *w->sums);
    lrn_box_sums(w->sums, w->sums, 1, &w->box, w->slots);
    for (int64_t i = 0; i < w->elements; ++i)
        w->sums[i] = lrn_normalize(w->power, w->x[i], w->sums[i], w->scalars);
}

LRN_FMA_CLONES
static void LRN_HOST_NAME(backward)(work *w)
{
    memcpy(w->sums, w->x, (size_t)w->elements * sizeof *w->sums);
    lrn_box_sums(w->sums, w->sums, 1, &w->box, w->slots);
    for (int64_t i = 0; i < w->elements; ++i)
        w->sums[i] = lrn_gradient_factor(w->power, w->x[i], w->sums[i], w->scalars, &w->powers[i]);
    lrn_box_sums(w->gradients, w->sums, 1, &w->mirrored, w->slots);
    for (int64_t i = 0; i < w->elements; ++i)
        w->sums[i] =
            lrn_gradient(w->power, w->x[i], w->gradients[i], w->powers[i], w->sums[i], w->scalars);
}

/* False: out of memory. The caller frees w->slots. */
static bool make_work(const lrn_host_problem *problem, const lrn_host_block *block, work *w)
{
    const lrn_coefficients values =
        lrn_coefficients_make(problem->params, sizeof(scalar_t) == sizeof(double));
    w->power = values.power;
    w->scalars = lrn_scalars_of(&values);
    w->elements = block->count;
    for (int axis = 0; axis < 3; ++axis) {
        w->box.dims[axis] = block->dims[axis];
        w->box.taps[axis] = axis >= block->unit ? lrn_params_taps(problem->params) : 1;
        w->box.upper[axis] = axis >= block->unit ? lrn_params_upper(problem->params) : 0;
    }
    w->mirrored = w->box;
    for (int axis = 0; axis < 3; ++axis)
        w->mirrored.upper[axis] = w->box.taps[axis] - 1 - w->box.upper[axis];
    w->x = block->work;
    w->sums = w->x + w->elements;
    w->gradients = w->sums + w->elements;
    w->powers = w->gradients + w->elements;
    w->slots = lrn_size_alloc((uint64_t)lrn_box_slots(&w->box), sizeof *w->slots);
    return w->slots != NULL;
}

static void compute_block(const lrn_host_problem *p, const lrn_host_block *b, const int64_t *index,
                          work *w)
{
    gather(p->src, p->src_data, index, b->src, b->count, w->x);
    if (p->backward) {
        gather(p->dy, p->dy_data, index, b->dy, b->count, w->gradients);
        LRN_HOST_NAME(backward)(w);
    } else {
        LRN_HOST_NAME(forward)(w);
    }
    scatter(p->dst, p->dst_data, index, b->dst, b->count, w->sums);
}

bool LRN_HOST_NAME(lrn_host_compute)(const lrn_host_problem *problem)
{
    lrn_host_block block;
    work w;
    if (!lrn_host_block_make(problem, ARRAYS * sizeof(real_t), &block))
        return false;
    const bool made = make_work(problem, &block, &w);
    if (made) {
        int64_t index[CLLRN_MAX_RANK] = {0};
        do
            compute_block(problem, &block, index, &w);
        while (lrn_tensor_next(problem->src, block.positions, index));
        free(w.slots);
    }
    free(block.work);
    return made;
}
