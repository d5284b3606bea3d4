/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include "element.h"
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 3, 4))) static void row(const table *t, const char *label,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_fold_arguments(t->to, 11, label, format, arguments);
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

static void print_device(const table *t)
{
    if (t->device->kind == DEVICE_OPENCL)
        row(t, "device", "%s (%s)", t->device->name, t->device->platform_name);
    else
        row(t, "device", "%s", t->device->name);
    if (t->report->variant)
        row(t, "variant", "%s, program %s", t->report->variant,
            cllrn_origin_string(t->report->origin));
    if (t->report->scratch > 0)
        row(t, "scratch", "%" PRIu64 " bytes", t->report->scratch);
}

static void print_operand(const table *t, const char *name, const operand *o, bool fortran_order)
{
    row(t, name, "%s, %s order", cllrn_dtype_string(o->tensor.dtype),
        fortran_order ? "Fortran" : "C");
}

static void print_problem(const table *t)
{
    const cllrn_params *const params = t->operation->params;
    const cllrn_tensor *const src = &t->operation->src.tensor;
    const int axis = src->channel_axis;
    row(t, "direction", "%s", t->operation->backward ? "backward" : "forward");
    row(t, "shape", "%s, channel axis %d", text_of_list(src->dims, src->rank, "x").chars,
        axis < 0 ? axis + src->rank : axis);
    print_operand(t, "x", &t->operation->src, t->fortran_order);
    if (t->operation->backward)
        print_operand(t, "dy", &t->operation->dy, t->gradient_fortran_order);
    print_operand(t, t->operation->backward ? "dx" : "y", &t->operation->dst, t->fortran_order);
    row(t, "region", "%s", region_text(params).chars);
    row(t, "window", "{%" PRId64 ", %" PRId64 ", %.10g}, alpha %.10g, beta %.10g, k %.10g",
        params->window[0].lower, params->window[0].upper, params->divisor, params->alpha,
        params->beta, params->k);
}

static void print_transfers(const table *t)
{
    const stream_report *const report = t->report;
    row(t, "transfers", "%s to the device, %s back", time_text(report->upload).chars,
        time_text(report->download).chars);
    if (report->slices > 1 && report->hidden == 0)
        row(t, "overlap", "none of the transfers beside a kernel");
    else if (report->slices > 1)
        row(t, "overlap", "%s of the transfers beside a kernel", time_text(report->hidden).chars);
}

/* The rate counts the bytes of each tensor once. */
static void print_times(const table *t)
{
    const stream_report *const report = t->report;
    const operation *const done = t->operation;
    const uint64_t bytes = done->src.size + done->dy.size + done->dst.size;
    if (bytes == 0) {
        row(t, "kernel", "none, the tensor is empty");
        return;
    }
    if (report->slices > 1)
        row(t, "slices", "%" PRIu64 " of at most %s", report->slices,
            text_of_list(report->slice_dims, done->src.tensor.rank, "x").chars);
    row(t, "files", "%s to read, %s to write", time_text(report->read).chars,
        time_text(report->written).chars);
    const double told = 0.005; /* GB/s; a lower rate is not shown */
    if (report->kernel > 0 && 1e-9 * (double)bytes / report->kernel >= told)
        row(t, "kernel", "%s, %.2f GB/s", time_text(report->kernel).chars,
            1e-9 * (double)bytes / report->kernel);
    else
        row(t, "kernel", "%s", time_text(report->kernel).chars);
    if (t->device->kind == DEVICE_OPENCL)
        print_transfers(t);
}

static void print_error(const table *t, const char *label, const check_error *error, int32_t dtype,
                        const char *relation)
{
    if (error->eps > 0)
        row(t, label, "at most %.4g eps (2^-%d, %s), at (%s)", error->eps,
            element_format_of(dtype).fraction_bits, relation,
            text_of_list(error->where, t->operation->dst.tensor.rank, ", ").chars);
    else
        row(t, label, "0 eps");
}

static void print_errors(const table *t)
{
    const int32_t dtype = t->operation->dst.tensor.dtype, arithmetic = element_arithmetic(dtype);
    print_error(t, "error", &t->report->check.stored, dtype,
                t->operation->backward ? "relative to the magnitudes of the gradient's terms"
                                       : "relative to the exact value");
    if (dtype != arithmetic)
        print_error(t, "arithmetic", &t->report->check.computed, arithmetic,
                    "beyond what rounding to 16 bits explains");
}

static void print_check(const table *t)
{
    const check *const c = &t->report->check;
    print_errors(t);
    if (c->least_s <= c->greatest_s)
        row(t, "s spans", "%.6g..%.6g", c->least_s, c->greatest_s);
    row(t, "host", "%016" PRIx64 ", %s%s", c->host_digest,
        c->host_digest == t->report->digest ? "equal" : "not equal",
        t->device->kind == DEVICE_REFERENCE ? " (the reference rounds otherwise, and may)" : "");
}

void table_print(const table *t)
{
    print_device(t);
    print_problem(t);
    print_times(t);
    row(t, "digest", "%016" PRIx64, t->report->digest);
    if (t->checked)
        print_check(t);
    row(t, "total", "%s by the clock, from the start of the command", time_text(t->seconds).chars);
}
