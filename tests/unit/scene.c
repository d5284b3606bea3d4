/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

void scene_open_in(scene *s, world w, const cllrn_params *params, const cllrn_tensor *src,
                   const cllrn_tensor *dy, const cllrn_tensor *dst, const char *variant)
{
    memset(s, 0, sizeof *s);
    s->w = w;
    s->backward = dy != NULL;
    s->params = *params;
    s->src_tensor = *src;
    s->dst_tensor = *dst;
    if (dy != NULL) {
        s->dy_tensor = *dy;
        s->plan = world_backward_plan(&s->w, &s->params, &s->src_tensor, &s->dy_tensor,
                                      &s->dst_tensor, variant);
    } else {
        s->plan = world_plan(&s->w, &s->params, &s->src_tensor, &s->dst_tensor, variant);
    }
    cllrn_memory *memories[] = {&s->src, &s->dy, &s->dst, &s->scratch};
    for (int i = 0; i < 4; ++i)
        *memories[i] = make_memory(fake_buffer(s->w.context, CL_MEM_READ_WRITE, SCENE_BYTES), 0);
    s->scratch_given = &s->scratch;
}

void scene_open(scene *s, const cllrn_params *params, const cllrn_tensor *src,
                const cllrn_tensor *dy, const cllrn_tensor *dst, const char *variant)
{
    scene_open_in(s, world_open(), params, src, dy, dst, variant);
}

static void open_ordinary(scene *s, bool backward, int64_t size)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, size, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 4);
    scene_open(s, &params, &tensor, backward ? &tensor : NULL, &tensor, NULL);
}

void scene_fast(scene *s, bool backward)
{
    open_ordinary(s, backward, 5);
}

void scene_general(scene *s, bool backward)
{
    open_ordinary(s, backward, 6);
}

void scene_in_place(scene *s, bool backward)
{
    scene_general(s, backward);
    s->dst = s->src;
}

void scene_close(scene *s)
{
    cllrn_plan_destroy(s->plan);
    world_close(&s->w);
}

cllrn_memory *scene_memory(scene *s, int which)
{
    cllrn_memory *memories[] = {&s->src, &s->dst, &s->scratch, &s->dy};
    return memories[which];
}

int scene_memory_count(const scene *s)
{
    return s->backward ? 4 : 3;
}

cllrn_status scene_run(scene *s, cl_event *event, cllrn_error *error)
{
    const cllrn_operands operands =
        make_operands(&s->src, s->backward ? &s->dy : NULL, &s->dst, s->scratch_given);
    return cllrn_enqueue(s->plan, s->w.queue, &operands, s->wait_count, s->wait_list, event, error);
}

void scene_refuse(cllrn_status expected, scene *s)
{
    cl_event event = UNTOUCHED;
    cllrn_error error = error_blank();
    const size_t commands = fake_command_count();

    const cllrn_status status = scene_run(s, &event, &error);

    assert_failed(expected, status, &error);
    assert_non_null(strstr(error.message, "enqueue: "));
    assert_ptr_equal(event, UNTOUCHED);
    assert_int_equal(scene_run(s, NULL, NULL), expected);
    assert_int_equal(fake_command_count(), commands);
}

const fake_command *scene_accept(scene *s)
{
    cl_event event = UNTOUCHED;
    cllrn_error error = error_blank();
    const size_t commands = fake_command_count();

    const cllrn_status status = scene_run(s, &event, &error);

    assert_succeeded(status, &error);
    assert_int_equal(fake_command_count(), commands + 1);
    const fake_command *command = fake_command_at(commands);
    assert_ptr_equal(command->event, event);
    assert_ptr_equal(command->queue, s->w.queue);
    assert_false(command->marker);
    fake_release(event);
    return command;
}
