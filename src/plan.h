/* SPDX-License-Identifier: Apache-2.0 */
/* The plan: all decisions about a problem that an enqueue needs. */
#ifndef LRN_PLAN_H
#define LRN_PLAN_H

#include "engine.h"
#include "params.h"
#include "program.h"
#include "select.h"
#include "tensor.h"

/* Kernel objects kept for later enqueues; more may be in use at once. */
#define LRN_IDLE_KERNELS 16

/*
 * How to run a plan, disjoint or in place. clSetKernelArg is not safe on a
 * kernel object that another thread uses, so each enqueue takes one of its own
 * from `idle`.
 */
typedef struct lrn_launch {
    bool available; /* false: in place is impossible, or the forced variant cannot */
    lrn_selection selection;
    const lrn_program *program; /* owned by the engine */
    uint64_t scratch;
    pthread_mutex_t lock; /* guards idle and idle_count */
    cl_kernel idle[LRN_IDLE_KERNELS];
    int idle_count;
} lrn_launch;

struct cllrn_plan {
    cllrn_engine *engine;
    cllrn_direction direction;
    cllrn_tensor src, dy, dst; /* dy is set in the backward direction only */
    bool empty;                /* no elements; the fields below are not set */
    lrn_shape shape;
    int32_t lower, taps;
    lrn_values values;
    uint32_t modes;         /* see cl/kernel.h */
    lrn_launch launches[2]; /* see lrn_plan_launch */
};

/*
 * The launch for CLLRN_ALIASING_DISJOINT or CLLRN_ALIASING_IN_PLACE. The cast drops const: only
 * the idle kernels of a plan change, and the launch's own lock guards them.
 */
static inline lrn_launch *lrn_plan_launch(const cllrn_plan *plan, cllrn_aliasing aliasing)
{
    return (lrn_launch *)&plan->launches[aliasing == CLLRN_ALIASING_IN_PLACE];
}

/*
 * Takes a kernel object that only the caller uses until lrn_launch_put_kernel
 * returns it. `operation` begins the error message.
 */
cllrn_status lrn_launch_take_kernel(lrn_launch *launch, const char *operation, cl_kernel *kernel,
                                    cllrn_error *error);
void lrn_launch_put_kernel(lrn_launch *launch, cl_kernel kernel);

#endif
