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
    "float64 or the bits of bfloat16 ('f2', 'f4', 'f8', 'u2'), of rank 2 to 8, in C or\n"
    "Fortran order and either byte order. GRAD.npy has the shape of IN.npy, but dtype\n"
    "and order of its own: float32 mixes with one of the 16-bit types, float64 with\n"
    "none. OUT.npy gets shape, dtype, order and byte order of IN.npy, appears only when\n"
    "it is complete, and may be one of the others.\n"
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
    "  --spatial-axes N     within a channel: the last N axes, 1 to 3, the channels' not\n"
    "                       counted (all but one, which is the batch)\n"
    "  --channel-axis I     the channels' axis; -1 is the last (1)\n"
    "  --backward GRAD.npy  computes the gradient\n"
    "  --dtype NAME         of IN.npy: bf16 where uint16 are the bits of bfloat16; f16,\n"
    "                       f32 and f64 only make sure of what the file says\n"
    "  --grad-dtype NAME    the same of GRAD.npy (its uint16 are what those of IN.npy are)\n"
    "  --output-dtype NAME  of OUT.npy: f16, f32, bf16 (as 'u2') or f64, in this\n"
    "                       machine's byte order (those of IN.npy)\n"
    "  --device SPEC        an index as 'cllrn devices' lists them, a part of a device's\n"
    "                       or platform's name, host (the kernels' arithmetic compiled as\n"
    "                       C: same bits) or reference (exact, rounded once). Default:\n"
    "                       $CLLRN_DEVICE, else the first GPU, accelerator or CPU\n"
    "  --pack PACK          takes the programs from a binary pack, and compiles nothing:\n"
    "                       see 'cllrn compile --help'\n"
    "  --any-driver         which may be for another version of the driver\n"
    "  --any-owner          which other users may have written\n"
    "  --variant NAME       forces a kernel, for tests and measurements\n"
    "  --slice BYTES        of all tensors at a time, so that memory stays a small multiple\n"
    "                       of it (67108864, or less on a small device)\n"
    "  --check              compares with the exact result and with the host's bits;\n"
    "                       fails, and writes nothing, where the bits differ\n"
    "  --quiet              prints nothing unless something fails\n"
    "  --help               prints this\n"
    "\n"
    "Programs are kept in $CLLRN_CACHE_DIR, $XDG_CACHE_HOME/cllrn or ~/.cache/cllrn;\n"
    "CLLRN_CACHE=off keeps none.\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage.\n";

/* One call of the command: what is known so far, and what has to be let go of. */
typedef struct run {
    options options;
    cllrn_params params;
    device device;
    tensors tensors;
    output output;
    job whole;
    stream_report report;
} run;

static bool make_params(run *r)
{
    enum { MAX_AXES = 3 };
    const options *const o = &r->options;
    const int32_t axes = recipe_window_axes(&o->recipe, r->tensors.x.header.rank);
    if (axes < 1 || axes > MAX_AXES)
        return message_fail("%s: its rank %d leaves %d spatial axes, expected 1 to %d: say with "
                            "--spatial-axes how many there are",
                            o->input, r->tensors.x.header.rank, (int)axes, MAX_AXES);
    cllrn_error error = CLLRN_ERROR_INIT;
    return message_check(recipe_make(&o->recipe, axes, &r->params, &error), &error);
}

static bool make_operand(const run *r, const tensor_file *file, operand *made)
{
    made->size = file->size;
    return tensor_file_describe(file, r->options.channel_axis, &made->tensor);
}

/* Asks the library whether the channel axis is one, before anything is cut along the others. */
static bool check_tensor(const cllrn_tensor *tensor)
{
    int64_t elements;
    cllrn_error error = CLLRN_ERROR_INIT;
    return message_check(cllrn_tensor_span(tensor, &elements, NULL, &error), &error);
}

static bool make_job(run *r)
{
    const options *const o = &r->options;
    r->whole = (job){.params = &r->params, .variant = o->variant, .backward = o->gradient != NULL};
    return make_params(r) && make_operand(r, &r->tensors.x, &r->whole.src) &&
           (!o->gradient || make_operand(r, &r->tensors.dy, &r->whole.dy)) &&
           make_operand(r, &r->tensors.result, &r->whole.dst) && check_tensor(&r->whole.src.tensor);
}

static bool resolve_device(run *r)
{
    if (!device_resolve(r->options.device, &r->device))
        return false;
    r->device.pack = r->options.pack;
    r->device.any_driver = r->options.any_driver;
    r->device.any_owner = r->options.any_owner;
    return true;
}

/* The output is opened before OpenCL is touched: what cannot be written is not computed either. */
static bool prepare(run *r)
{
    const char *const path = r->options.output;
    return tensors_open(&r->tensors, &r->options) && make_job(r) && output_open(&r->output, path) &&
           tensor_file_begin(&r->tensors.result, r->output.file, path) && resolve_device(r);
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

/* The reference rounds once and so is not held to the host's bits. */
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
                     .checked = r->options.check};
    table_print(&t);
}

static int execute(run *r)
{
    if (!prepare(r) || !compute(r))
        return EXIT_FAILED;
    const bool stored = bits_agree(r) && output_commit(&r->output);
    if (r->options.quiet)
        return stored ? EXIT_DONE : EXIT_FAILED;
    print(r); /* also of a result that was refused: the error says where to look */
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
    run r = {.report = {.slices = 0}};
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
