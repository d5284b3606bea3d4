/* SPDX-License-Identifier: Apache-2.0 */
#include "problem.h"

#include "element.h"
#include "message.h"
#include "option.h"

#include <inttypes.h>

/* -------------------------------------------------------------------- tensors */

static bool same_shape(const problem *p, const options *o)
{
    const npy_header *const x = &p->x.header, *const dy = &p->dy.header;
    if (x->rank != dy->rank)
        return message_fail("%s: its rank is %d, expected %d as in %s", o->gradient, dy->rank,
                            x->rank, o->input);
    for (int axis = 0; axis < x->rank; ++axis)
        if (x->dims[axis] != dy->dims[axis])
            return message_fail("%s: its dim %d is %" PRId64 ", expected %" PRId64 " as in %s",
                                o->gradient, axis, dy->dims[axis], x->dims[axis], o->input);
    return true;
}

/* Whether a tensor's dtype goes with that of a source. False after "NAME WHAT dtype does not ..".
 */
static bool mixes(const char *name, const char *what, const tensor_file *tensor,
                  const tensor_file *source, const char *advice)
{
    return element_mixes(tensor->element.dtype, source->element.dtype) ||
           message_fail(
               "%s%s %s does not go with the %s of %s: float32 mixes with one 16-bit type, "
               "float64 with none%s",
               name, what, cllrn_dtype_string(tensor->element.dtype),
               cllrn_dtype_string(source->element.dtype), source->path, advice);
}

/* Without --grad-dtype, uint16 means bfloat16 in dy if it does in x. */
static bool open_dy(problem *p, const options *o)
{
    const int32_t dtype = o->gradient_dtype ? o->gradient_dtype : p->x.element.dtype;
    const tensor_file_dtype expected = {o->gradient_dtype, dtype == CLLRN_DTYPE_BF16,
                                        "--grad-dtype"};
    return tensor_file_open(&p->dy, o->gradient, &expected) && same_shape(p, o) &&
           mixes(o->gradient, ": its dtype", &p->dy, &p->x, "");
}

static bool open_tensors(problem *p, const options *o)
{
    static const char advice[] = "; choose with --output-dtype";
    const tensor_file_dtype expected = {o->dtype, o->dtype == CLLRN_DTYPE_BF16, "--dtype"};
    return tensor_file_open(&p->x, o->input, &expected) && (!o->gradient || open_dy(p, o)) &&
           tensor_file_derive(&p->result, &p->x, o->output_dtype) &&
           mixes("the output", "'s", &p->result, &p->x, advice) &&
           (!o->gradient || mixes("the output", "'s", &p->result, &p->dy, advice));
}

/* ------------------------------------------------------------------ operation */

static bool make_params(problem *p, const options *o)
{
    enum { MAX_AXES = 3 };
    const int rank = p->x.header.rank;
    const bool across = o->region == ACROSS_CHANNELS;
    const int axes = across ? 1 : o->spatial_axes ? o->spatial_axes : rank - 2;
    if (axes < 1 || axes > MAX_AXES)
        return message_fail("%s: its rank %d leaves %d spatial axes, expected 1 to %d: say with "
                            "--spatial-axes how many there are",
                            o->input, rank, axes, MAX_AXES);
    if (axes >= rank)
        return message_fail("%s: its rank is %d, so --spatial-axes is at most %d, not %d", o->input,
                            rank, rank - 1, axes);
    if (o->channel_axis < -rank || o->channel_axis >= rank)
        return message_fail("%s: its rank is %d, so --channel-axis is %d to %d, not %d", o->input,
                            rank, -rank, rank - 1, (int)o->channel_axis);
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_params *const made = &p->params;
    *made = (cllrn_params)CLLRN_PARAMS_INIT;
    const cllrn_status status =
        across ? cllrn_params_across(made, o->convention, o->size, o->alpha, o->beta, o->k, &error)
               : cllrn_params_within(made, o->convention, o->size, axes, o->alpha, o->beta, o->k,
                                     &error);
    for (int i = 0; o->window.given && i < made->window_count; ++i) {
        made->window[i].lower = o->window.lower;
        made->window[i].upper = o->window.upper;
    }
    if (o->window.given)
        made->divisor = o->divisor;
    return message_check(status, &error);
}

static bool make_operation(problem *p, const options *o)
{
    const int64_t *const dims = p->x.header.dims;
    operation *const whole = &p->whole;
    *whole =
        (operation){.params = &p->params, .variant = o->variant, .backward = o->gradient != NULL};
    return make_params(p, o) && tensor_file_describe(&p->x, dims, o->channel_axis, &whole->src) &&
           (!o->gradient || tensor_file_describe(&p->dy, dims, o->channel_axis, &whole->dy)) &&
           tensor_file_describe(&p->result, dims, o->channel_axis, &whole->dst);
}

bool problem_open(problem *p, const options *o)
{
    *p = (problem){.whole = {.params = NULL}};
    return open_tensors(p, o) && make_operation(p, o);
}

void problem_close(problem *p)
{
    tensor_file_close(&p->x);
    tensor_file_close(&p->dy);
}

slicing_axes problem_axes(const problem *p)
{
    return slicing_axes_of(&p->params, &p->whole.src.tensor, p->x.header.fortran_order);
}
