/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "json.h"
#include "machine.h"
#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The rate as a part of the fastest copy's. */
static double share_of(const workload *w)
{
    return timing_rate(&w->time, w->bytes) / timing_rate(&w->limit->time, w->limit->bytes);
}

/* ------------------------------------------------------------------------ table */

void report_begin(const findings *f)
{
    enum { INDENT = 10 };
    const session *const on = &f->on;
    printf("device    %s\n", on->device.name);
    text_fold(stdout, INDENT, "platform", "%s, %s, driver %s", on->device.platform_name,
              on->device.version, on->device.driver);
    printf("size      %llu compute units, last cache %llu KiB\n",
           (unsigned long long)device_number(on->device.id, CL_DEVICE_MAX_COMPUTE_UNITS),
           (unsigned long long)device_number(on->device.id, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE) /
               1024);
    printf("library   cllrn %s, arithmetic %u, kernels %s\n", cllrn_version(),
           (unsigned)cllrn_arithmetic_version(), session_kernel_hash(on));
    if (f->asked->map) {
        printf("map       of %d problems\n", f->workloads.count);
        return;
    }
    printf("windows   %s%s\n",
           f->asked->regions == WITHIN_CHANNEL ? "within a channel" : "across channels",
           f->asked->in_place ? ", in place" : "");
    printf("times     in ms, of at least %d runs: median and least by the clock, median of\n"
           "          the kernel by the device; GB/s: also as a part of the fastest copy's\n\n",
           f->asked->runs);
    printf(" layout  type size  beta pass     variant    median   least  kernel   GB/s  part\n");
}

/* Prints a time in seven columns: "0.12300", "123.4", or "-" where the device reports none. */
static void print_milliseconds(double seconds)
{
    const double value = 1e3 * seconds;
    if (seconds < 0)
        printf(" %7s", "-");
    else if (value < 0.1)
        printf(" %7.5f", value);
    else if (value < 9999)
        printf(" %7.4g", value);
    else
        printf(" %7.0f", value);
}

static void print_times(const timing *t, double bytes)
{
    print_milliseconds(t->median);
    print_milliseconds(t->minimum);
    print_milliseconds(t->kernel);
    printf(" %6.2f", timing_rate(t, bytes));
}

static void print_workload(const workload *w)
{
    printf(" %-7s %-5s%4" PRId64 " %5.4g %-8s %-9s", request_layout_name(w->layout),
           request_dtype_name(w->dtype), w->size, w->beta, workload_direction(w), w->variant);
    print_times(&w->time, w->bytes);
    printf(" %5.3f\n", share_of(w));
}

static void print_copy(const copy *c)
{
    char what[100];
    snprintf(what, sizeof what, "copy, %.4g MB: %s", 1e-6 * c->bytes, c->way->text);
    printf(" %-42s", what);
    print_times(&c->time, c->bytes);
    printf("\n");
}

/* Prints the workloads, then the fastest copy of each number of bytes, once. */
void report_shape(const findings *f, workload_range all)
{
    printf("%s\n", shape_text(&all.first->shape).chars);
    for (int i = 0; i < all.count; ++i)
        print_workload(&all.first[i]);
    for (int i = 0; i < f->copy_count; ++i)
        for (int j = 0; j < all.count; ++j)
            if (all.first[j].limit == &f->copies[i]) {
                print_copy(&f->copies[i]);
                break;
            }
    fflush(stdout);
}

static void print_builds(workload_range all)
{
    printf("\nms for a plan: first, again, by another engine; first run, of which program\n");
    for (const workload *w = all.first; w < all.first + all.count; ++w) {
        if (!w->built)
            continue;
        char label[64];
        snprintf(label, sizeof label, "%9.3f %6.3f %9.3f %9.3f  ", 1e3 * w->build.first,
                 1e3 * w->build.again, 1e3 * w->build.other_engine, 1e3 * w->build.first_run);
        text_fold(stdout, 38, label, "%s: %s", w->variant, workload_text(w).chars);
    }
}

static void print_problem(const workload *w)
{
    const int axes = workload_window_axes(w);
    const int64_t sizes[] = {w->size, w->size, w->size};
    printf("%5.1f %6.1f", w->cliff, 1 / share_of(w));
    print_milliseconds(w->time.median);
    printf(" %-7s %-5s %-5s %-8s %-3s %-9s %s\n", request_layout_name(w->layout),
           request_dtype_name(w->dtype), text_of_list(sizes, axes ? axes : 1, "x").chars,
           workload_direction(w), w->aliasing == CLLRN_ALIASING_IN_PLACE ? "yes" : "no", w->variant,
           shape_text(&w->shape).chars);
}

static bool is_worse(const workload *w, const workload *other)
{
    return w->cliff > other->cliff || (w->cliff == other->cliff && w < other);
}

/* The worst problem but for `last` and all that are worse than that. */
static const workload *next_worst(workload_range all, const workload *last)
{
    const workload *worst = NULL;
    for (const workload *w = all.first; w < all.first + all.count; ++w)
        if ((!last || is_worse(last, w)) && (!worst || is_worse(w, worst)))
            worst = w;
    return worst;
}

static void print_map(workload_range all)
{
    const double much = 2;
    const workload *w = NULL;
    int slow = 0;
    printf("\ncliff copies      ms layout  type  sizes pass     in  variant   shape\n");
    while ((w = next_worst(all, w)) != NULL) {
        print_problem(w);
        slow += w->cliff > much;
    }
    printf("\n%d of %d problems take more than twice the best time for a byte\n", slow, all.count);
}

void report_end(const findings *f)
{
    if (f->asked->map)
        print_map(f->workloads);
    printf("\na launch of 8 elements takes %.1f us, of which the enqueue %.1f us\n",
           1e6 * f->launch.median, 1e6 * f->launch.enqueue);
    if (!f->asked->map)
        print_builds(f->workloads);
}

/* ------------------------------------------------------- JSON, documented by --help */

static void add_head(json *j, const findings *f)
{
    const session *const on = &f->on;
    char library[64], processor[256];
    snprintf(library, sizeof library, "cllrn %s, arithmetic %u", cllrn_version(),
             (unsigned)cllrn_arithmetic_version());
    machine_processor(processor, sizeof processor);
    const char *const region = keyword_name(option_regions, f->asked->regions);
    json_add_text(j, "schema", "cllrn-bench-1");
    json_add_text(j, "date", machine_date().chars);
    json_add_text(j, "library", library);
    json_add_text(j, "kernels", session_kernel_hash(on));
    json_open_object(j, "device");
    json_add_text(j, "platform", on->device.platform_name);
    json_add_text(j, "name", on->device.name);
    json_add_text(j, "version", on->device.version);
    json_add_text(j, "driver_version", on->device.driver);
    json_add_text(j, "type", device_type_name(on->device.type));
    json_add_integer(j, "compute_units",
                     (int64_t)device_number(on->device.id, CL_DEVICE_MAX_COMPUTE_UNITS));
    json_add_integer(j, "cache_bytes",
                     (int64_t)device_number(on->device.id, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE));
    json_close(j);
    json_open_object(j, "host");
    json_add_text(j, "processor", processor);
    json_close(j);
    json_add_text(j, "region", region ? region : "both");
}

static void add_milliseconds(json *j, const char *name, double seconds)
{
    json_add_number(j, name, seconds < 0 ? NAN : 1e3 * seconds);
}

static void add_times(json *j, const timing *t, double bytes)
{
    json_add_integer(j, "bytes", (int64_t)bytes);
    add_milliseconds(j, "median_ms", t->median);
    add_milliseconds(j, "minimum_ms", t->minimum);
    add_milliseconds(j, "kernel_ms", t->kernel);
    json_add_number(j, "gb_per_s", timing_rate(t, bytes));
    json_add_integer(j, "runs", t->runs);
}

static void add_workload(json *j, const workload *w)
{
    json_add_text(j, "shape", shape_text(&w->shape).chars);
    json_add_integers(j, "dims", w->shape.dims, w->shape.rank);
    json_add_bool(j, "in_place", w->aliasing == CLLRN_ALIASING_IN_PLACE);
    json_add_text(j, "layout", request_layout_name(w->layout));
    json_add_text(j, "dtype", request_dtype_name(w->dtype));
    json_add_text(j, "direction", workload_direction(w));
    json_add_integer(j, "size", w->size);
    json_add_number(j, "beta", w->beta);
    json_add_text(j, "variant", w->variant);
}

static void add_copies(json *j, const findings *f)
{
    json_open_array(j, "copies");
    for (int i = 0; i < f->copy_count; ++i) {
        const copy *const c = &f->copies[i];
        json_open_object(j, NULL);
        json_add_text(j, "shape", shape_text(&c->shape).chars);
        json_add_text(j, "kind", copy_kind_names[c->way->kind]);
        json_add_text(j, "way", c->way->text);
        add_times(j, &c->time, c->bytes);
        json_close(j);
    }
    json_close(j);
}

static void add_results(json *j, workload_range all)
{
    json_open_array(j, "results");
    for (const workload *w = all.first; w < all.first + all.count; ++w) {
        json_open_object(j, NULL);
        json_add_text(j, "implementation", "cllrn");
        add_workload(j, w);
        json_add_integer(j, "window_axes", workload_window_axes(w));
        json_add_number(j, "of_copy", share_of(w));
        json_add_number(j, "cliff", w->cliff);
        add_times(j, &w->time, w->bytes);
        json_close(j);
    }
    json_close(j);
}

static void add_builds(json *j, workload_range all)
{
    json_open_array(j, "builds");
    for (const workload *w = all.first; w < all.first + all.count; ++w) {
        if (!w->built)
            continue;
        json_open_object(j, NULL);
        add_workload(j, w);
        add_milliseconds(j, "first_ms", w->build.first);
        add_milliseconds(j, "again_ms", w->build.again);
        add_milliseconds(j, "other_engine_ms", w->build.other_engine);
        add_milliseconds(j, "first_run_ms", w->build.first_run);
        json_close(j);
    }
    json_close(j);
}

void report_json(const findings *f, FILE *file)
{
    json j = json_begin(file);
    add_head(&j, f);
    add_copies(&j, f);
    add_results(&j, f->workloads);
    add_builds(&j, f->workloads);
    json_open_object(&j, "overhead");
    add_milliseconds(&j, "enqueue_ms", f->launch.enqueue);
    add_milliseconds(&j, "total_ms", f->launch.median);
    json_close(&j);
    json_close(&j);
}
