/* SPDX-License-Identifier: Apache-2.0 */
#include "slice.h"

#include "message.h"

#include <cllrn_verify.h>

/* Operands start on pages, which drivers copy fastest. */
enum { ALIGNMENT = 4096 };

/* Puts an operand behind those that the slice has already. */
static bool add_operand(slice *s, const tensor_file *file, int32_t channel_axis,
                        unsigned char *memory, operand *added)
{
    if (!tensor_file_describe(file, s->box.dims, channel_axis, added))
        return false;
    added->data = memory ? memory + s->memory : NULL;
    s->memory += ((size_t)added->size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return true;
}

bool slice_make(slice *s, const problem *p, const box *part, void *memory)
{
    const int32_t axis = p->whole.src.tensor.channel_axis;
    operation *const todo = &s->operation;
    *s = (slice){.box = *part, .operation = p->whole};
    return add_operand(s, &p->x, axis, memory, &todo->src) &&
           (!todo->backward || add_operand(s, &p->dy, axis, memory, &todo->dy)) &&
           add_operand(s, &p->result, axis, memory, &todo->dst);
}

bool slice_read(const slice *s, const problem *p)
{
    const operation *const todo = &s->operation;
    return tensor_file_read(&p->x, &s->box, todo->src.data) &&
           (!todo->backward || tensor_file_read(&p->dy, &s->box, todo->dy.data));
}

bool slice_digest(const slice *s, const problem *p, uint64_t *digest)
{
    const operand *const dst = &s->operation.dst;
    cllrn_error error = CLLRN_ERROR_INIT;
    return message_check(cllrn_digest_box(&dst->tensor, dst->data, s->box.first,
                                          p->whole.dst.tensor.dims, digest, &error),
                         &error);
}

bool slice_write(const slice *s, const slice_target *target)
{
    box inside = s->box;
    for (int axis = 0; axis < CLLRN_MAX_RANK; ++axis)
        inside.first[axis] -= target->box.first[axis];
    return tensor_file_write(&target->file, &inside, s->operation.dst.data);
}
