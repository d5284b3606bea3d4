/* SPDX-License-Identifier: Apache-2.0 */
#include "tensors.h"

#include "element.h"
#include "message.h"

#include <inttypes.h>

static bool same_shape(const tensors *t, const options *asked)
{
    const npy_header *const x = &t->x.header, *const dy = &t->dy.header;
    if (x->rank != dy->rank)
        return message_fail("%s: its rank is %d, expected %d as in %s", asked->gradient, dy->rank,
                            x->rank, asked->input);
    for (int axis = 0; axis < x->rank; ++axis)
        if (x->dims[axis] != dy->dims[axis])
            return message_fail("%s: its dim %d is %" PRId64 ", expected %" PRId64 " as in %s",
                                asked->gradient, axis, dy->dims[axis], x->dims[axis], asked->input);
    return true;
}

static bool gradient_mixes(const tensors *t, const options *asked)
{
    if (element_mixes(t->dy.dtype, t->x.dtype))
        return true;
    return message_fail("%s: its dtype %s does not go with the %s of %s: float32 mixes with one "
                        "16-bit type, float64 with none",
                        asked->gradient, cllrn_dtype_string(t->dy.dtype),
                        cllrn_dtype_string(t->x.dtype), asked->input);
}

static bool result_mixes(const tensors *t, const tensor_file *other, const char *path)
{
    if (element_mixes(t->result.dtype, other->dtype))
        return true;
    return message_fail("the output's %s does not go with the %s of %s: float32 mixes with one "
                        "16-bit type, float64 with none; choose with --output-dtype",
                        cllrn_dtype_string(t->result.dtype), cllrn_dtype_string(other->dtype),
                        path);
}

static bool open_x(tensors *t, const options *asked)
{
    const tensor_file_dtype expected = {asked->dtype, asked->dtype == CLLRN_DTYPE_BF16, "--dtype"};
    return tensor_file_open(&t->x, asked->input, &expected);
}

/* Without --grad-dtype, uint16 means bfloat16 in dy if it does in x. */
static bool open_dy(tensors *t, const options *asked)
{
    const int32_t dtype = asked->gradient_dtype ? asked->gradient_dtype : t->x.dtype;
    const tensor_file_dtype expected = {asked->gradient_dtype, dtype == CLLRN_DTYPE_BF16,
                                        "--grad-dtype"};
    return tensor_file_open(&t->dy, asked->gradient, &expected) && same_shape(t, asked) &&
           gradient_mixes(t, asked);
}

bool tensors_open(tensors *made, const options *asked)
{
    return open_x(made, asked) && (!asked->gradient || open_dy(made, asked)) &&
           tensor_file_derive(&made->result, &made->x, asked->output_dtype) &&
           result_mixes(made, &made->x, asked->input) &&
           (!asked->gradient || result_mixes(made, &made->dy, asked->gradient));
}

void tensors_close(tensors *t)
{
    tensor_file_close(&t->x);
    tensor_file_close(&t->dy);
}
