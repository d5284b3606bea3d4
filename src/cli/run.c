/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn run: normalizes a tensor file. */
#include "check.h"
#include "command.h"
#include "forward.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "tensor_file.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

static const char help[] =
    "usage: cllrn run [options] IN.npy OUT.npy\n"
    "\n"
    "    s[c] = k + (alpha / divisor) * sum of x[j]^2, j = c - LO .. c + HI\n"
    "    y[c] = x[c] * s[c]^-beta\n"
    "\n"
    "IN.npy holds float32 ('<f4') of rank 2 to 8 in C or Fortran order. OUT.npy gets\n"
    "the same shape, dtype and order, appears only when it is complete, and may be\n"
    "IN.npy itself.\n"
    "\n"
    "  --size N             channels in a window (5)\n"
    "  --alpha A            (1e-4)\n"
    "  --beta B             (0.75)\n"
    "  --k K                (1)\n"
    "  --convention NAME    where N channels lie and what divides alpha: torch, onnx,\n"
    "                       onednn, torch-doc, caffe, tensorflow (torch)\n"
    "  --window LO,HI       in place of --size and --convention, together with\n"
    "  --divisor D          the number that divides alpha\n"
    "  --channel-axis I     the channels' axis; -1 is the last (1)\n"
    "  --device SPEC        an index as 'cllrn devices' lists them, a part of a device's\n"
    "                       or platform's name, host (the kernels' arithmetic compiled as\n"
    "                       C: same bits) or reference (double precision). Default:\n"
    "                       $CLLRN_DEVICE, else the first GPU, accelerator or CPU\n"
    "  --variant NAME       forces a kernel, for tests and measurements\n"
    "  --check              compares with the exact result and with the host's bits;\n"
    "                       fails, and writes nothing, where the bits differ\n"
    "  --quiet              prints nothing unless something fails\n"
    "  --help               prints this\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage.\n";

/* One call of the command: what is known so far, and what has to be let go of. */
typedef struct run {
    options options;
    device device;
    tensor_file input;
    cllrn_tensor tensor;
    output output;
    float *result;
    forward job;
    forward_report report;
    check check;
    uint64_t digest;
} run;

/* ---------------------------------------------------------------------- table */

__attribute__((format(printf, 2, 3))) static void row(const char *label, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("%-10s ", label);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
}

/* A short text by value, for the arguments of a row. */
typedef struct text {
    char chars[CLLRN_MAX_RANK * 24];
} text;

/* "96.500 ms", or "not reported" for a negative time. */
static text time_text(double seconds)
{
    text t = {"not reported"};
    if (seconds >= 0)
        snprintf(t.chars, sizeof t.chars, "%.3f ms", 1e3 * seconds);
    return t;
}

/* "1x96x55x55" with the separator "x". */
static text list_text(const int64_t *numbers, int count, const char *separator)
{
    text t = {""};
    size_t used = 0;
    for (int i = 0; i < count; ++i)
        used += (size_t)snprintf(t.chars + used, sizeof t.chars - used, "%s%" PRId64,
                                 i ? separator : "", numbers[i]);
    return t;
}

static void print_problem(const run *r)
{
    const cllrn_params *const params = &r->options.params;
    const int axis = r->tensor.channel_axis;
    if (r->device.kind == DEVICE_OPENCL)
        row("device", "%s (%s)", r->device.name, r->device.platform_name);
    else
        row("device", "%s", r->device.name);
    if (r->report.variant)
        row("variant", "%s", r->report.variant);
    if (r->report.scratch > 0)
        row("scratch", "%" PRIu64 " bytes", r->report.scratch);
    row("shape", "%s f32, %s order, channel axis %d",
        list_text(r->tensor.dims, r->tensor.rank, "x").chars,
        r->input.header.fortran_order ? "Fortran" : "C", axis < 0 ? axis + r->tensor.rank : axis);
    row("window", "{%" PRId64 ", %" PRId64 ", %.10g}, alpha %.10g, beta %.10g, k %.10g",
        params->lower, params->upper, params->divisor, params->alpha, params->beta, params->k);
}

/* What has to be moved is the tensor, once in and once out. */
static void print_times(const run *r)
{
    const forward_report *const report = &r->report;
    if (r->job.size == 0) {
        row("kernel", "none, the tensor is empty");
        return;
    }
    if (report->kernel > 0)
        row("kernel", "%s, %.2f GB/s", time_text(report->kernel).chars,
            2e-9 * (double)r->job.size / report->kernel);
    else
        row("kernel", "%s", time_text(report->kernel).chars);
    if (r->device.kind == DEVICE_OPENCL)
        row("transfers", "%s to the device, %s back", time_text(report->upload).chars,
            time_text(report->download).chars);
    row("total", "%s%s", time_text(report->total).chars,
        r->device.kind == DEVICE_OPENCL ? " by the clock, what the driver compiles included" : "");
}

static void print_check(const run *r)
{
    if (r->check.error > 0)
        row("error", "at most %.4g eps (2^-23, relative to the exact value), at (%s)",
            r->check.error, list_text(r->check.where, r->tensor.rank, ", ").chars);
    else
        row("error", "0 eps");
    if (r->check.least_s <= r->check.greatest_s)
        row("s spans", "%.6g..%.6g", r->check.least_s, r->check.greatest_s);
    row("host", "%016" PRIx64 ", %s%s", r->check.host_digest,
        r->check.host_digest == r->digest ? "equal" : "not equal",
        r->device.kind == DEVICE_REFERENCE ? " (the reference rounds otherwise, and may)" : "");
}

static void print_table(const run *r)
{
    print_problem(r);
    print_times(r);
    row("digest", "%016" PRIx64, r->digest);
    if (r->options.check)
        print_check(r);
}

/* ----------------------------------------------------------------------- steps */

/* The output is opened before OpenCL is touched: what cannot be written is not computed either. */
static bool prepare(run *r)
{
    const options *const o = &r->options;
    if (!tensor_file_load(&r->input, o->input) ||
        !tensor_file_describe(&r->input, o->channel_axis, &r->tensor) ||
        !output_open(&r->output, o->output) || !device_resolve(o->device, &r->device))
        return false;
    r->result = malloc(r->input.size ? r->input.size : 1);
    if (!r->result)
        return message_fail("out of memory for a result of %zu bytes", r->input.size);
    r->job = (forward){&o->params, &r->tensor, o->variant, r->input.data, r->result, r->input.size};
    return true;
}

static bool compute(run *r)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    return forward_run(&r->job, &r->device, &r->report) &&
           message_check(cllrn_digest(&r->tensor, r->result, 0, &r->digest, &error), &error) &&
           (!r->options.check || check_run(&r->job, &r->check));
}

/* The reference rounds once and so is not held to the host's bits. */
static bool bits_agree(const run *r)
{
    if (!r->options.check || r->device.kind == DEVICE_REFERENCE ||
        r->digest == r->check.host_digest)
        return true;
    return message_fail("the bits of %s differ from the host's (digest %016" PRIx64
                        ", expected %016" PRIx64 "), so %s was not written",
                        r->device.name, r->digest, r->check.host_digest, r->options.output);
}

static bool store(run *r)
{
    return tensor_file_store(&r->input, r->result, r->output.file, r->options.output) &&
           output_commit(&r->output);
}

static int execute(run *r)
{
    if (!prepare(r) || !compute(r))
        return EXIT_FAILED;
    const bool stored = bits_agree(r) && store(r);
    if (r->options.quiet)
        return stored ? EXIT_DONE : EXIT_FAILED;
    print_table(r); /* also of a result that was refused: the error says where to look */
    const int printed = message_finish_stdout();
    return stored ? printed : EXIT_FAILED;
}

static void release(run *r)
{
    output_discard(&r->output);
    tensor_file_free(&r->input);
    free(r->result);
}

int command_run(int argc, char **argv)
{
    run r = {.digest = 0};
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
