/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn run: normalizes a tensor file, or computes the gradient. */
#include "command.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "stream.h"
#include "table.h"
#include "tensors.h"

#include <inttypes.h>
#include <stdio.h>

/* The state of one call of the command. */
typedef struct run {
    options options;
    cllrn_params params;
    device device;
    tensors tensors;
    output output;
    job whole;
    stream_report report;
    double begin;
} run;

static bool make_params(run *r)
{
    enum { MAX_AXES = 3 };
    const options *const o = &r->options;
    const int rank = r->tensors.x.header.rank;
    const int32_t axes = recipe_window_axes(&o->recipe, rank);
    if (axes < 1 || axes > MAX_AXES)
        return message_fail("%s: its rank %d leaves %d spatial axes, expected 1 to %d: say with "
                            "--spatial-axes how many there are",
                            o->input, rank, (int)axes, MAX_AXES);
    if (axes >= rank)
        return message_fail("%s: its rank is %d, so --spatial-axes is at most %d, not %d", o->input,
                            rank, rank - 1, (int)axes);
    if (o->channel_axis < -rank || o->channel_axis >= rank)
        return message_fail("%s: its rank is %d, so --channel-axis is %d to %d, not %d", o->input,
                            rank, -rank, rank - 1, (int)o->channel_axis);
    cllrn_error error = CLLRN_ERROR_INIT;
    return message_check(recipe_make(&o->recipe, axes, &r->params, &error), &error);
}

static bool make_operand(const run *r, const tensor_file *file, operand *made)
{
    made->size = file->size;
    return tensor_file_describe(file, r->options.channel_axis, &made->tensor);
}

static bool make_job(run *r)
{
    const options *const o = &r->options;
    r->whole = (job){.params = &r->params, .variant = o->variant, .backward = o->gradient != NULL};
    return make_params(r) && make_operand(r, &r->tensors.x, &r->whole.src) &&
           (!o->gradient || make_operand(r, &r->tensors.dy, &r->whole.dy)) &&
           make_operand(r, &r->tensors.result, &r->whole.dst);
}

/* Opens the output before it touches OpenCL, so that a bad path fails before any work. */
static bool prepare(run *r)
{
    const char *const path = r->options.output;
    return tensors_open(&r->tensors, &r->options) && make_job(r) &&
           output_open_stream(&r->output, path) &&
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
                     .job = &r->whole,
                     .fortran_order = r->tensors.x.header.fortran_order,
                     .gradient_fortran_order = r->tensors.dy.header.fortran_order,
                     .report = &r->report,
                     .checked = r->options.check,
                     .seconds = job_clock() - r->begin,
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
    tensors_close(&r->tensors);
}

int command_run(int argc, char **argv)
{
    run r = {.begin = job_clock()};
    int status;
    if (!options_parse(argc, argv, &r.options, &status))
        return status;
    status = execute(&r);
    release(&r);
    return status;
}
