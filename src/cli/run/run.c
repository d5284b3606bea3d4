/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn run: normalizes a tensor file, or computes the gradient. */
#include "command.h"
#include "element.h"
#include "message.h"
#include "output.h"
#include "part_file.h"
#include "stream.h"
#include "text.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

/* The state of one call of the command. */
typedef struct run {
    options options;
    problem problem;
    part_record part; /* with --part */
    bool done;        /* the part is there already */
    const char *path; /* of the output */
    char part_path[PATH_MAX];
    slice_target targets[SLICING_PART_BOXES];
    output output;
    stream stream;
    stream_report report;
    double begin;
} run;

/* Opens the output for the whole result, which is the only target. */
static bool open_whole(run *r)
{
    const slicing_axes axes = problem_axes(&r->problem);
    slice_target *const target = &r->targets[0];
    *target = (slice_target){.box = slicing_whole(&axes), .file = r->problem.result};
    r->stream.target_count = 1;
    return output_open_stream(&r->output, r->path) &&
           tensor_file_begin(&target->file, r->output.file, r->path);
}

/* Opens the output for a part, unless the part is there already. */
static bool open_part(run *r)
{
    const options *const o = &r->options;
    part_record *const part = &r->part;
    const int length = snprintf(r->part_path, sizeof r->part_path, "%s.part%" PRId64 "-of-%" PRId64,
                                o->output, o->part.number, o->part.count);
    if ((size_t)length >= sizeof r->part_path)
        return message_fail("%s: cannot be written: its name is too long", o->output);
    r->path = r->part_path;
    if (!part_file_describe(part, &r->problem, o->part.number, o->part.count,
                            device_is_reference(o->device)))
        return false;
    r->done = !o->recompute && !o->check && part_file_is_done(r->path, part);
    return r->done ||
           (output_open(&r->output, r->path) &&
            part_file_targets(part, r->output.file, r->path, r->targets, &r->stream.target_count));
}

/* Opens the output before it touches OpenCL, so that a bad path fails before any work. */
static bool prepare(run *r)
{
    const options *const o = &r->options;
    r->path = o->output;
    return problem_open(&r->problem, o) && (o->part.count ? open_part(r) : open_whole(r)) &&
           (r->done || device_resolve_list(o->device, r->stream.devices, &r->stream.device_count));
}

/* Refuses --pack and --variant without an OpenCL device: $CLLRN_DEVICE may have chosen another. */
static int check_devices(run *r)
{
    const options *const o = &r->options;
    for (int i = 0; i < r->stream.device_count; ++i) {
        device *const on = &r->stream.devices[i];
        on->pack = o->pack;
        on->any_driver = o->any_driver;
        on->any_owner = o->any_owner;
        if (on->kind != DEVICE_OPENCL && (o->pack || o->variant))
            return message_usage("--%s needs an OpenCL device, not %s",
                                 o->pack ? "pack" : "variant", on->name);
    }
    return EXIT_DONE;
}

/* Whether the device is the reference, which then is the only one. */
static bool by_reference(const run *r)
{
    return r->stream.devices[0].kind == DEVICE_REFERENCE;
}

/* Whether --check found the host's bits. The reference need not have them, since it rounds once. */
static bool bits_agree(const run *r)
{
    for (int i = 0; r->options.check && !by_reference(r) && i < r->stream.device_count; ++i) {
        const stream_share *const share = &r->report.shares[i];
        if (share->digest != share->check.host_digest)
            return message_fail("the bits of %s differ from the host's (digest %016" PRIx64
                                ", expected %016" PRIx64 "), so %s was not written",
                                r->stream.devices[i].name, share->digest, share->check.host_digest,
                                r->path);
    }
    return true;
}

/* ---------------------------------------------------------------------- table */

__attribute__((format(printf, 3, 4))) static void row(const run *r, const char *label,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_fold_arguments(output_is_standard(r->options.output) ? stderr : stdout, 11, label, format,
                        arguments);
    va_end(arguments);
}

/* "96.500 ms", or "not reported" for a negative time. */
static short_text time_text(double seconds)
{
    short_text t = {"not reported"};
    if (seconds >= 0 && seconds < 0.5e-6)
        return (short_text){"under 0.001 ms"};
    if (seconds >= 0)
        snprintf(t.chars, sizeof t.chars, "%.3f ms", 1e3 * seconds);
    return t;
}

static short_text region_text(const cllrn_params *params)
{
    short_text t = {"across channels"};
    if (params->window[0].axis != CLLRN_AXIS_CHANNEL)
        snprintf(t.chars, sizeof t.chars, "within a channel, %d spatial %s",
                 (int)params->window_count, params->window_count == 1 ? "axis" : "axes");
    return t;
}

static void print_device(const run *r, int number)
{
    const device *const on = &r->stream.devices[number];
    const worker_report *const work = &r->report.shares[number].worker;
    if (on->kind == DEVICE_OPENCL)
        row(r, "device", "%s (%s)", on->name, on->platform_name);
    else
        row(r, "device", "%s", on->name);
    if (work->variant)
        row(r, "variant", "%s, program %s", work->variant, cllrn_origin_string(work->origin));
    if (work->scratch > 0)
        row(r, "scratch", "%" PRIu64 " bytes", work->scratch);
}

static void print_operand(const run *r, const char *name, const operand *o, bool fortran_order)
{
    row(r, name, "%s, %s order", cllrn_dtype_string(o->tensor.dtype),
        fortran_order ? "Fortran" : "C");
}

static void print_problem(const run *r)
{
    const cllrn_params *const params = r->problem.whole.params;
    const cllrn_tensor *const src = &r->problem.whole.src.tensor;
    const int axis = src->channel_axis;
    row(r, "direction", "%s", r->problem.whole.backward ? "backward" : "forward");
    row(r, "shape", "%s, channel axis %d", text_of_list(src->dims, src->rank, "x").chars,
        axis < 0 ? axis + src->rank : axis);
    print_operand(r, "x", &r->problem.whole.src, r->problem.x.header.fortran_order);
    if (r->problem.whole.backward)
        print_operand(r, "dy", &r->problem.whole.dy, r->problem.dy.header.fortran_order);
    print_operand(r, r->problem.whole.backward ? "dx" : "y", &r->problem.whole.dst,
                  r->problem.x.header.fortran_order);
    row(r, "region", "%s", region_text(params).chars);
    row(r, "window", "{%" PRId64 ", %" PRId64 ", %.10g}, alpha %.10g, beta %.10g, k %.10g",
        params->window[0].lower, params->window[0].upper, params->divisor, params->alpha,
        params->beta, params->k);
}

static void print_transfers(const run *r, const stream_share *share)
{
    const worker_report *const work = &share->worker;
    row(r, "transfers", "%s%s to the device, %s back", work->in_place ? "in place: " : "",
        time_text(work->upload).chars, time_text(work->download).chars);
    if (work->in_place || share->slices <= 1)
        return;
    if (work->hidden == 0)
        row(r, "overlap", "none of the transfers beside a kernel");
    else
        row(r, "overlap", "%s of the transfers beside a kernel", time_text(work->hidden).chars);
}

/* What a device did. The rate counts the bytes of each tensor once. */
static void print_share(const run *r, int number)
{
    const stream_share *const share = &r->report.shares[number];
    const double kernel = share->worker.kernel, bytes = (double)share->bytes;
    const double told = 0.005; /* GB/s; a lower rate is not shown */
    if (r->stream.device_count > 1)
        row(r, "share", "%" PRIu64 " of %" PRIu64 " slices, %.1f %% of the bytes", share->slices,
            r->report.count, 100 * bytes / (double)r->report.bytes);
    if (share->slices == 0)
        return;
    if (kernel > 0 && 1e-9 * bytes / kernel >= told)
        row(r, "kernel", "%s, %.2f GB/s", time_text(kernel).chars, 1e-9 * bytes / kernel);
    else
        row(r, "kernel", "%s", time_text(kernel).chars);
    if (r->stream.devices[number].kind == DEVICE_OPENCL)
        print_transfers(r, share);
}

/* How the work was cut, and what the files and the devices took. */
static void print_work(const run *r)
{
    const stream_report *const report = &r->report;
    if (report->bytes == 0) {
        row(r, "kernel", "none, the %s is empty", r->options.part.count ? "part" : "tensor");
        return;
    }
    if (report->count > 1)
        row(r, "slices", "%" PRIu64 " of at most %s", report->count,
            text_of_list(report->steps, r->problem.whole.src.tensor.rank, "x").chars);
    row(r, "files", "%s to read, %s to write", time_text(report->all.read).chars,
        time_text(report->all.written).chars);
    for (int i = 0; i < r->stream.device_count; ++i) {
        if (r->stream.device_count > 1)
            print_device(r, i);
        print_share(r, i);
    }
}

static void print_error(const run *r, const char *label, const check_error *error, int32_t dtype,
                        const char *relation)
{
    if (error->eps > 0)
        row(r, label, "at most %.4g eps (2^-%d, %s), at (%s)", error->eps,
            element_format_of(dtype).fraction_bits, relation,
            text_of_list(error->where, r->problem.whole.dst.tensor.rank, ", ").chars);
    else
        row(r, label, "0 eps");
}

static void print_check(const run *r)
{
    const check *const c = &r->report.all.check;
    const int32_t dtype = r->problem.whole.dst.tensor.dtype, arithmetic = element_arithmetic(dtype);
    print_error(r, "error", &c->stored, dtype,
                r->problem.whole.backward ? "relative to the magnitudes of the gradient's terms"
                                          : "relative to the exact value");
    if (dtype != arithmetic)
        print_error(r, "arithmetic", &c->computed, arithmetic,
                    "beyond what rounding to 16 bits explains");
    if (c->least_s <= c->greatest_s)
        row(r, "s spans", "%.6g..%.6g", c->least_s, c->greatest_s);
    row(r, "host", "%016" PRIx64 ", %s%s", c->host_digest,
        c->host_digest == r->report.all.digest ? "equal" : "not equal",
        by_reference(r) ? " (the reference rounds otherwise, and may)" : "");
}

static void print_table(const run *r)
{
    if (!r->done && r->stream.device_count == 1)
        print_device(r, 0);
    print_problem(r);
    if (r->options.part.count != 0)
        row(r, "part", "%" PRId64 " of %" PRId64 "%s", r->part.number, r->part.count,
            r->done ? ", there already" : "");
    if (!r->done)
        print_work(r);
    row(r, "digest", "%016" PRIx64, r->done ? r->part.digest : r->report.all.digest);
    if (r->stream.checked)
        print_check(r);
    row(r, "total", "%s by the clock, from the start of the command",
        time_text(operation_clock() - r->begin).chars);
}

/* -------------------------------------------------------------------- command */

/* Gives the output its name; before that, a part its record. */
static bool store(run *r)
{
    if (r->options.part.count != 0) {
        r->part.digest = r->report.all.digest;
        if (!part_file_finish(&r->part, r->output.file, r->path))
            return false;
    }
    return output_commit(&r->output);
}

static int execute(run *r)
{
    if (!prepare(r))
        return EXIT_FAILED;
    const int status = r->done ? EXIT_DONE : check_devices(r);
    if (status != EXIT_DONE)
        return status;
    if (!r->done && !stream_run(&r->stream, &r->report))
        return EXIT_FAILED;
    const bool stored = r->done || (bits_agree(r) && store(r));
    if (r->options.quiet)
        return stored ? EXIT_DONE : EXIT_FAILED;
    print_table(r); /* also if the result was refused: the table shows where it differs */
    const int printed = message_finish_stdout();
    return stored ? printed : EXIT_FAILED;
}

static void release(run *r)
{
    output_discard(&r->output);
    problem_close(&r->problem);
}

int command_run(int argc, char **argv)
{
    run r = {.begin = operation_clock()};
    int status;
    if (!options_parse(argc, argv, &r.options, &status))
        return status;
    r.stream = (stream){
        .problem = &r.problem,
        .targets = r.targets,
        .slice = (uint64_t)r.options.slice,
        .checked = r.options.check,
        /* A digest takes milliseconds, as much as the rest of a start: only if it is shown. */
        .digested = r.options.check || !r.options.quiet || r.options.part.count != 0,
        .quiet = r.options.quiet,
    };
    status = execute(&r);
    release(&r);
    return status;
}
