/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn run: normalizes a tensor file, or computes the gradient. */
#include "command.h"
#include "element.h"
#include "message.h"
#include "option.h"
#include "options.h"
#include "output.h"
#include "stream.h"
#include "table.h"

#include <inttypes.h>
#include <stdio.h>

/* The state of one call of the command. */
typedef struct run {
    options options;
    cllrn_params params;
    device device;
    tensors tensors;
    output output;
    operation whole;
    stream_report report;
    double begin;
} run;

/* ---------------------------------------------------------------------- files */

static bool same_shape(const run *r)
{
    const npy_header *const x = &r->tensors.x.header, *const dy = &r->tensors.dy.header;
    const options *const o = &r->options;
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
    return element_mixes(tensor->dtype, source->dtype) ||
           message_fail(
               "%s%s %s does not go with the %s of %s: float32 mixes with one 16-bit type, "
               "float64 with none%s",
               name, what, cllrn_dtype_string(tensor->dtype), cllrn_dtype_string(source->dtype),
               source->path, advice);
}

static bool open_x(run *r)
{
    const int32_t dtype = r->options.dtype;
    const tensor_file_dtype expected = {dtype, dtype == CLLRN_DTYPE_BF16, "--dtype"};
    return tensor_file_open(&r->tensors.x, r->options.input, &expected);
}

/* Without --grad-dtype, uint16 means bfloat16 in dy if it does in x. */
static bool open_dy(run *r)
{
    tensors *const t = &r->tensors;
    const options *const o = &r->options;
    const int32_t dtype = o->gradient_dtype ? o->gradient_dtype : t->x.dtype;
    const tensor_file_dtype expected = {o->gradient_dtype, dtype == CLLRN_DTYPE_BF16,
                                        "--grad-dtype"};
    return tensor_file_open(&t->dy, o->gradient, &expected) && same_shape(r) &&
           mixes(o->gradient, ": its dtype", &t->dy, &t->x, "");
}

/* Opens the sources, and checks that they and the result fit each other. */
static bool open_tensors(run *r)
{
    static const char advice[] = "; choose with --output-dtype";
    tensors *const t = &r->tensors;
    const bool backward = r->options.gradient != NULL;
    return open_x(r) && (!backward || open_dy(r)) &&
           tensor_file_derive(&t->result, &t->x, r->options.output_dtype) &&
           mixes("the output", "'s", &t->result, &t->x, advice) &&
           (!backward || mixes("the output", "'s", &t->result, &t->dy, advice));
}

/* -------------------------------------------------------------------- problem */

static bool make_params(run *r)
{
    enum { MAX_AXES = 3 };
    const options *const o = &r->options;
    const int rank = r->tensors.x.header.rank;
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
    cllrn_params *const made = &r->params;
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

static bool make_operand(const run *r, const tensor_file *file, operand *made)
{
    made->size = file->size;
    return tensor_file_describe(file, file->header.dims, r->options.channel_axis, &made->tensor);
}

static bool make_operation(run *r)
{
    const options *const o = &r->options;
    r->whole =
        (operation){.params = &r->params, .variant = o->variant, .backward = o->gradient != NULL};
    return make_params(r) && make_operand(r, &r->tensors.x, &r->whole.src) &&
           (!o->gradient || make_operand(r, &r->tensors.dy, &r->whole.dy)) &&
           make_operand(r, &r->tensors.result, &r->whole.dst);
}

/* Opens the output before it touches OpenCL, so that a bad path fails before any work. */
static bool prepare(run *r)
{
    const char *const path = r->options.output;
    return open_tensors(r) && make_operation(r) && output_open_stream(&r->output, path) &&
           tensor_file_begin(&r->tensors.result, r->output.file, path) &&
           device_resolve(r->options.device, &r->device);
}

/* Refuses --pack and --variant without an OpenCL device: $CLLRN_DEVICE may have chosen another. */
static int check_device(run *r)
{
    const options *const o = &r->options;
    r->device.pack = o->pack;
    r->device.any_driver = o->any_driver;
    r->device.any_owner = o->any_owner;
    if (r->device.kind == DEVICE_OPENCL || (!o->pack && !o->variant))
        return EXIT_DONE;
    return message_usage("--%s needs an OpenCL device, not %s", o->pack ? "pack" : "variant",
                         r->device.name);
}

static bool compute(run *r)
{
    const stream s = {.files = &r->tensors,
                      .whole = &r->whole,
                      .device = &r->device,
                      .slice = (uint64_t)r->options.slice,
                      .checked = r->options.check,
                      .quiet = r->options.quiet};
    return stream_run(&s, &r->report);
}

/* Whether --check found the host's bits. The reference need not have them, since it rounds once. */
static bool bits_agree(const run *r)
{
    const uint64_t digest = r->report.digest, expected = r->report.check.host_digest;
    if (!r->options.check || r->device.kind == DEVICE_REFERENCE || digest == expected)
        return true;
    return message_fail("the bits of %s differ from the host's (digest %016" PRIx64
                        ", expected %016" PRIx64 "), so %s was not written",
                        r->device.name, digest, expected, r->options.output);
}

static void print(const run *r)
{
    const table t = {.device = &r->device,
                     .operation = &r->whole,
                     .fortran_order = r->tensors.x.header.fortran_order,
                     .gradient_fortran_order = r->tensors.dy.header.fortran_order,
                     .report = &r->report,
                     .checked = r->options.check,
                     .seconds = operation_clock() - r->begin,
                     .to = output_is_standard(r->options.output) ? stderr : stdout};
    table_print(&t);
}

static int execute(run *r)
{
    if (!prepare(r))
        return EXIT_FAILED;
    const int status = check_device(r);
    if (status != EXIT_DONE)
        return status;
    if (!compute(r))
        return EXIT_FAILED;
    const bool stored = bits_agree(r) && output_commit(&r->output);
    if (r->options.quiet)
        return stored ? EXIT_DONE : EXIT_FAILED;
    print(r); /* also if the result was refused: the table shows where it differs */
    const int printed = message_finish_stdout();
    return stored ? printed : EXIT_FAILED;
}

static void release(run *r)
{
    output_discard(&r->output);
    tensor_file_close(&r->tensors.x);
    tensor_file_close(&r->tensors.dy);
}

int command_run(int argc, char **argv)
{
    run r = {.params = CLLRN_PARAMS_INIT, .begin = operation_clock()};
    int status;
    if (!options_parse(argc, argv, &r.options, &status))
        return status;
    status = execute(&r);
    release(&r);
    return status;
}
