/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host implementation, included by host_f32.c and by host_f64.c: the
 * kernels' arithmetic as C, in the order of the kernel for any problem, one position at a
 * time.
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "../cl/arithmetic.h"
#include "../cl/window.h"
#include "element.h"
#include "params.h"
#include "scalars.h"
#include "size.h"
#include "tensor.h"

/* One tensor of the job (one "side"), at the current position. */
typedef struct side {
    const cllrn_tensor *tensor;
    int64_t steps[3]; /* strides of the box's axes, in elements */
    int shift;        /* log2 of the channel block of the last axis */
    int64_t place;
} side;

/* Arrays over the box, which spans the window's axes, without gaps; and slots for lrn_box_sums. */
typedef struct work {
    lrn_box box, mirrored;
    int64_t elements;
    real_t *x, *gradients, *sums, *powers, *slots;
    int power;
    lrn_scalars scalars;
} work;

static side make_side(const cllrn_params *params, const cllrn_tensor *tensor)
{
    int axes[CLLRN_MAX_WINDOW];
    const int count = lrn_tensor_window_axes(params, tensor, axes);
    side s = {.tensor = tensor};
    for (int i = 0; i < count; ++i)
        s.steps[3 - count + i] = tensor->strides[axes[i]];
    if (!lrn_params_within(params))
        for (int64_t block = lrn_tensor_block(tensor); block > 1; block /= 2)
            ++s.shift;
    return s;
}

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

static int64_t element_of(const side *s, int64_t i0, int64_t i1, int64_t i2)
{
    return s->place + i0 * s->steps[0] + i1 * s->steps[1] + lrn_channel(i2, s->steps[2], s->shift);
}

static void gather(const side *s, const void *data, const lrn_box *box, real_t *to)
{
    for (int64_t i0 = 0; i0 < box->dims[0]; ++i0)
        for (int64_t i1 = 0; i1 < box->dims[1]; ++i1)
            for (int64_t i2 = 0; i2 < box->dims[2]; ++i2)
                *to++ = get(s->tensor->dtype, data, element_of(s, i0, i1, i2));
}

static void scatter(const side *s, void *data, const lrn_box *box, const real_t *from)
{
    for (int64_t i0 = 0; i0 < box->dims[0]; ++i0)
        for (int64_t i1 = 0; i1 < box->dims[1]; ++i1)
            for (int64_t i2 = 0; i2 < box->dims[2]; ++i2)
                set(s->tensor->dtype, data, element_of(s, i0, i1, i2), *from++);
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

static bool make_work(const lrn_host_job *job, work *w)
{
    int axes[CLLRN_MAX_WINDOW];
    const int count = lrn_tensor_window_axes(job->params, job->src, axes);
    const lrn_values values = lrn_params_values(job->params, sizeof(scalar_t) == sizeof(double));
    w->power = values.power;
    w->scalars = lrn_scalars_of(&values);
    w->elements = 1;
    for (int axis = 0; axis < 3; ++axis) {
        const int at = axis - (3 - count);
        w->box.dims[axis] = at >= 0 ? job->src->dims[axes[at]] : 1;
        w->box.taps[axis] = at >= 0 ? lrn_params_taps(job->params) : 1;
        w->box.upper[axis] = at >= 0 ? lrn_params_upper(job->params) : 0;
        w->elements *= w->box.dims[axis];
    }
    w->mirrored = w->box;
    for (int axis = 0; axis < 3; ++axis)
        w->mirrored.upper[axis] = w->box.taps[axis] - 1 - w->box.upper[axis];
    const int arrays = job->dy != NULL ? 4 : 2;
    const int64_t slots = lrn_box_slots(&w->box);
    /* At most 2^57 elements per array and fewer than 2^34 slots: the sum does not overflow. */
    w->x = lrn_size_alloc((uint64_t)(w->elements * arrays + slots), sizeof(real_t));
    if (w->x == NULL)
        return false;
    w->sums = w->x + w->elements;
    w->slots = w->sums + w->elements;
    if (job->dy != NULL) {
        w->gradients = w->slots;
        w->powers = w->gradients + w->elements;
        w->slots = w->powers + w->elements;
    }
    return true;
}

static bool run(const lrn_host_job *job)
{
    int axes[CLLRN_MAX_WINDOW];
    const int count = lrn_tensor_window_axes(job->params, job->src, axes);
    int64_t index[CLLRN_MAX_RANK] = {0};
    work w = {.elements = 0};
    if (!make_work(job, &w))
        return false;
    side src = make_side(job->params, job->src), dst = make_side(job->params, job->dst), dy = src;
    if (job->dy != NULL)
        dy = make_side(job->params, job->dy);
    do {
        src.place = lrn_tensor_place(src.tensor, index);
        dst.place = lrn_tensor_place(dst.tensor, index);
        gather(&src, job->src_data, &w.box, w.x);
        if (job->dy != NULL) {
            dy.place = lrn_tensor_place(dy.tensor, index);
            gather(&dy, job->dy_data, &w.box, w.gradients);
            LRN_HOST_NAME(backward)(&w);
        } else {
            LRN_HOST_NAME(forward)(&w);
        }
        scatter(&dst, job->dst_data, &w.box, w.sums);
    } while (lrn_tensor_next(job->src, axes, count, index));
    free(w.x);
    return true;
}
