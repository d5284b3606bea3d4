/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host implementation, included by host_f32.c and by host_f64.c: the
 * kernels' arithmetic as C, in the order of the kernel for any problem, one
 * position at a time.
 */
#include "host.h"

#include <stdlib.h>

#include "../cl/arithmetic.h"
#include "host_scalars.h"
#include "host_window.h"
#include "params.h"
#include "size.h"

/* Arrays over the elements of a block, and slots for lrn_box_sums. */
typedef struct work {
    lrn_box box, mirrored;
    int64_t elements;
    real_t *x, *gradients, *sums, *powers, *slots;
    int power;
    lrn_scalars scalars;
} work;

/*
 * Replaces sums, at first equal to x, by the results. The name differs by type,
 * because clang 14 gives the clones of a static function a resolver with
 * external linkage.
 */
LRN_FMA_CLONES
static void LRN_HOST_NAME(compute_block)(work *w, bool backward)
{
    lrn_box_sums(w->sums, w->sums, &w->box, w->slots);
    if (!backward) {
        for (int64_t i = 0; i < w->elements; ++i)
            w->sums[i] = lrn_normalize(w->power, w->x[i], w->sums[i], w->scalars);
        return;
    }
    for (int64_t i = 0; i < w->elements; ++i)
        w->sums[i] = lrn_gradient_factor(w->power, w->x[i], w->sums[i], w->scalars, &w->powers[i]);
    lrn_box_sums(w->gradients, w->sums, &w->mirrored, w->slots);
    for (int64_t i = 0; i < w->elements; ++i)
        w->sums[i] =
            lrn_gradient(w->power, w->x[i], w->gradients[i], w->powers[i], w->sums[i], w->scalars);
}

/* False: out of memory. The caller frees w->slots. */
static bool make_work(const lrn_host_block *block, work *w)
{
    const cllrn_params *const params = block->problem->params;
    const lrn_coefficients values =
        lrn_coefficients_make(params, sizeof(scalar_t) == sizeof(double));
    w->power = values.power;
    w->scalars = lrn_scalars_of(&values);
    w->elements = block->count;
    for (int axis = 0; axis < 3; ++axis) {
        w->box.dims[axis] = block->dims[axis];
        w->box.taps[axis] = axis >= block->unit ? lrn_params_taps(params) : 1;
        w->box.upper[axis] = axis >= block->unit ? lrn_params_upper(params) : 0;
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

bool LRN_HOST_NAME(lrn_host_compute)(lrn_host_block *block)
{
    const bool backward = block->problem->backward;
    work w;
    if (!make_work(block, &w))
        return false;
    while (lrn_host_block_next(block)) {
        for (int64_t i = 0; i < w.elements; ++i)
            w.x[i] = w.sums[i] = (real_t)block->x[i];
        for (int64_t i = 0; backward && i < w.elements; ++i)
            w.gradients[i] = (real_t)block->dy[i];
        LRN_HOST_NAME(compute_block)(&w, backward);
        for (int64_t i = 0; i < w.elements; ++i)
            block->result[i] = (double)w.sums[i];
    }
    free(w.slots);
    return true;
}
