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

static const char help[] =
    "usage: cllrn run [options] IN.npy OUT.npy\n"
    "       cllrn run [options] --backward GRAD.npy IN.npy OUT.npy\n"
    "\n"
    "    s[c] = k + (alpha / divisor) * sum of x[j]^2, j = c - LO .. c + HI\n"
    "    y[c] = x[c] * s[c]^-beta\n"
    "    dx[c] = dy[c] * s[c]^-beta - (2 * alpha * beta / divisor) * x[c] *\n"
    "            sum of dy[j] * x[j] * s[j]^(-beta - 1), j = c - HI .. c + LO\n"
    "\n"
    "IN.npy is x, GRAD.npy dy; OUT.npy becomes y, or dx. They hold float16, float32,\n"
    "float64 or bfloat16 (ml_dtypes' 'V2', or its bits as 'u2': see --dtype), of\n"
    "rank 2 to 8, in C or Fortran order and either byte order. GRAD.npy has the\n"
    "shape of IN.npy, but dtype and order of its own: float32 mixes with one of the\n"
    "16-bit types, float64 with none. OUT.npy gets shape, dtype, order and byte order\n"
    "of IN.npy, appears only when it is complete, and may be one of the others.\n"
    "\n"
    "A file called - is standard input or output; OUT.npy may also be a device or a\n"
    "FIFO. Such a stream is kept in a temporary file in $TMPDIR or /tmp, since slices\n"
    "are not always in the order of the file.\n"
    "\n"
    "  --size N             channels in a window (5), or positions on each axis\n"
    "  --alpha A            (1e-4)\n"
    "  --beta B             (0.75)\n"
    "  --k K                (1)\n"
    "  --convention NAME    where N channels lie and what divides alpha: torch, onnx,\n"
    "                       onednn, torch-doc, caffe, tensorflow (torch)\n"
    "  --window LO,HI       in place of --size and --convention, together with\n"
    "  --divisor D          the number that divides alpha\n"
    "  --region NAME        across channels, or within a channel, where the window is\n"
    "                       the same on each spatial axis (across)\n"
    "  --spatial-axes N     within a channel: the last N axes, 1 to 3, not counting\n"
    "                       the channels' (all but one, which is the batch)\n"
    "  --channel-axis I     the channels' axis; -1 is the last (1)\n"
    "  --backward GRAD.npy  computes the gradient\n"
    "  --dtype NAME         of IN.npy: bf16 where 'u2' or 'V2' are bfloat16; f16, f32\n"
    "                       and f64 only make sure of what the file says\n"
    "  --grad-dtype NAME    the same of GRAD.npy (its 'u2' and 'V2' are what those of\n"
    "                       IN.npy are)\n"
    "  --output-dtype NAME  of OUT.npy: f16, f32, bf16 (as 'u2', or 'V2' where IN.npy\n"
    "                       has that) or f64, in this machine's byte order (those of\n"
    "                       IN.npy)\n"
    "  --device SPEC        an index as 'cllrn devices' lists them, a part of a\n"
    "                       device's or platform's name, host (the kernels'\n"
    "                       arithmetic compiled as C: same bits) or reference (exact,\n"
    "                       rounded once). Default: $CLLRN_DEVICE, else the first\n"
    "                       GPU, accelerator or CPU\n"
    "  --pack PACK          takes the programs from a binary pack, and compiles\n"
    "                       nothing: see 'cllrn compile --help'\n"
    "  --any-driver         which may be for another version of the driver\n"
    "  --any-owner          which other users may have written\n"
    "  --variant NAME       forces a kernel, for tests and measurements\n"
    "  --slice BYTES        of all tensors at a time, so that memory stays a small\n"
    "                       multiple of it (67108864, or less on a small device)\n"
    "  --check              compares with the exact result and with the host's bits;\n"
    "                       fails, and writes nothing, where the bits differ\n"
    "  --quiet              prints nothing unless something fails\n"
    "  --help               prints this\n"
    "\n"
    "What it prints goes to standard error where OUT.npy is standard output.\n"
    "Programs are kept in $CLLRN_CACHE_DIR, $XDG_CACHE_HOME/cllrn or ~/.cache/cllrn;\n"
    "CLLRN_CACHE=off keeps none.\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage.\n";

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
                      .slice = r->options.slice,
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
    int status = options_parse(argc, argv, &r.options);
    if (status != EXIT_DONE)
        return status;
    if (r.options.help) {
        fputs(help, stdout);
        return message_finish_stdout();
    }
    status = execute(&r);
    release(&r);
    return status;
}
