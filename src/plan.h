/* SPDX-License-Identifier: Apache-2.0 */
/* A problem made ready: everything an enqueue needs, decided. */
#ifndef LRN_PLAN_H
#define LRN_PLAN_H

#include "engine.h"
#include "params.h"
#include "program.h"
#include "select.h"
#include "tensor.h"

/* Kernel objects kept for the next enqueue; more may be in use at once. */
#define LRN_IDLE_KERNELS 16

/*
 * One way to run the plan. clSetKernelArg is not safe on a kernel that another
 * thread uses, so each enqueue takes a kernel object of its own from here.
 */
typedef struct lrn_launch {
    bool available; /* false: in place is impossible, or the forced variant cannot do it */
    lrn_selection selection;
    const lrn_program *program; /* the engine's */
    uint64_t scratch;
    pthread_mutex_t lock; /* guards the two below */
    cl_kernel idle[LRN_IDLE_KERNELS];
    int idle_count;
} lrn_launch;

struct cllrn_plan {
    cllrn_engine *engine;
    int32_t direction;
    cllrn_tensor src, dy, dst; /* dy in the backward direction only */
    bool empty;                /* no elements: the rest is not set */
    lrn_shape shape;
    int32_t lower, taps;
    lrn_values values;
    uint32_t modes;         /* see cl/kernel.h */
    lrn_launch launches[2]; /* by lrn_plan_launch */
};

/*
 * The launch for CLLRN_DISJOINT or CLLRN_IN_PLACE. Its idle kernels are the one
 * part of a plan that changes, under a lock of their own: hence the cast.
 */
static inline lrn_launch *lrn_plan_launch(const cllrn_plan *plan, int32_t aliasing)
{
    return (lrn_launch *)&plan->launches[aliasing == CLLRN_IN_PLACE];
}

/* A kernel for the caller alone, until it puts it back. operation begins the error's message. */
cllrn_status lrn_launch_take_kernel(lrn_launch *launch, const char *operation, cl_kernel *kernel,
                                    cllrn_error *error);
void lrn_launch_put_kernel(lrn_launch *launch, cl_kernel kernel);

#endif
