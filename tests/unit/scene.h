/* SPDX-License-Identifier: Apache-2.0 */
/* A world, a plan for it, and the arguments of one enqueue, all in order until spoilt. */
#ifndef SCENE_H
#define SCENE_H

#include "support.h"

typedef struct scene {
    world w;
    bool backward;
    cllrn_params params;
    cllrn_tensor src_tensor, dy_tensor, dst_tensor; /* dy's in the backward direction only */
    cllrn_plan *plan;
    cllrn_memory src, dy, dst, scratch;
    const cllrn_memory *scratch_given;
    cl_uint wait_count;
    const cl_event *wait_list;
} scene;

/* Bytes of each of its buffers, which are apart. */
enum { SCENE_BYTES = 1 << 20 };

/* dy NULL is the forward direction; variant may be NULL. */
void scene_open(scene *s, const cllrn_params *params, const cllrn_tensor *src,
                const cllrn_tensor *dy, const cllrn_tensor *dst, const char *variant);

/* The same in a world the caller has opened. */
void scene_open_in(scene *s, world w, const cllrn_params *params, const cllrn_tensor *src,
                   const cllrn_tensor *dy, const cllrn_tensor *dst, const char *variant);

/* The fast kernel on (2, 6, 3, 4), 144 elements of 576 bytes. */
void scene_fast(scene *s, bool backward);

/* The general ones, since no fast one is unrolled for 6 taps; in place they need scratch. */
void scene_general(scene *s, bool backward);

/* The same, dst being src. */
void scene_in_place(scene *s, bool backward);

void scene_close(scene *s);

/* src, dst, scratch and, backward, dy. */
cllrn_memory *scene_memory(scene *s, int which);
int scene_memory_count(const scene *s);

cllrn_status scene_run(scene *s, cl_event *event, cllrn_error *error);

/* Refused with this status: nothing enqueued, no event, and the same without an error struct. */
void scene_refuse(cllrn_status expected, scene *s);

/* Accepted: one command, which is returned, and its event. */
const fake_command *scene_accept(scene *s);

#endif
