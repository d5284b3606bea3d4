/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "text.h"
#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

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
              on->version, on->driver);
    printf("size      %llu compute units, last cache %llu KiB\n",
           (unsigned long long)device_number(on->device.id, CL_DEVICE_MAX_COMPUTE_UNITS),
           (unsigned long long)device_number(on->device.id, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE) /
               1024);
    printf("library   cllrn %s, arithmetic %u, kernels %s\n", cllrn_version(),
           (unsigned)cllrn_arithmetic_version(), session_kernel_hash(on));
    printf("windows   %s%s\n",
           f->asked->region == WITHIN_CHANNEL ? "within a channel" : "across channels",
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
    printf(" %-7s %-4s %4" PRId64 " %5.4g %-8s %-9s", request_layout_name(w->layout),
           cllrn_dtype_string(w->dtype), w->size, w->beta, workload_direction(w), w->variant);
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
    char text[SHAPE_TEXT];
    shape_text(&all.first->shape, text);
    printf("%s\n", text);
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

void report_end(const findings *f)
{
    printf("\na launch of 8 elements takes %.1f us, of which the enqueue %.1f us\n",
           1e6 * f->launch.median, 1e6 * f->launch.enqueue);
    printf("\nms for a plan: first, again, by another engine; first run, of which program\n");
    for (const workload *w = f->workloads; w < f->workloads + f->workload_count; ++w) {
        if (!w->built)
            continue;
        char text[WORKLOAD_TEXT], label[64];
        workload_text(w, text);
        snprintf(label, sizeof label, "%9.3f %6.3f %9.3f %9.3f  ", 1e3 * w->build.first,
                 1e3 * w->build.again, 1e3 * w->build.other_engine, 1e3 * w->build.first_run);
        text_fold(stdout, 38, label, "%s: %s", w->variant, text);
    }
}

/* ------------------------------------------------------- JSON, documented by --help */

static void json_date(FILE *file)
{
    char text[32] = "";
    struct tm utc;
    const time_t now = time(NULL);
    if (gmtime_r(&now, &utc))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_text(file, "date", text);
}

/* The processor's model on Linux, elsewhere its architecture. */
static void find_processor(char *name, size_t size)
{
    struct utsname system;
    char line[256];
    snprintf(name, size, "%s", uname(&system) >= 0 ? system.machine : "");
    FILE *const facts = fopen("/proc/cpuinfo", "r");
    while (facts && fgets(line, sizeof line, facts)) {
        const char *const colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        snprintf(name, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (facts)
        fclose(facts);
}

static void json_head(const findings *f, FILE *file)
{
    const session *const on = &f->on;
    char library[64], processor[256];
    snprintf(library, sizeof library, "cllrn %s, arithmetic %u", cllrn_version(),
             (unsigned)cllrn_arithmetic_version());
    find_processor(processor, sizeof processor);
    fprintf(file, "{\n  ");
    json_text(file, "schema", "cllrn-bench-1");
    json_date(file);
    json_text(file, "library", library);
    json_text(file, "kernels", session_kernel_hash(on));
    fprintf(file, "\n  \"device\": {");
    json_text(file, "platform", on->device.platform_name);
    json_text(file, "name", on->device.name);
    json_text(file, "version", on->version);
    json_text(file, "driver_version", on->driver);
    json_text(file, "type", device_type_name(on->device.type));
    fprintf(file, "\"compute_units\": %llu, \"cache_bytes\": %llu},\n  \"host\": {\"processor\": ",
            (unsigned long long)device_number(on->device.id, CL_DEVICE_MAX_COMPUTE_UNITS),
            (unsigned long long)device_number(on->device.id, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE));
    json_string(file, processor);
    fprintf(file, "},\n  \"region\": \"%s\",\n",
            f->asked->region == WITHIN_CHANNEL ? "within" : "across");
}

static void json_milliseconds(FILE *file, const char *name, double seconds)
{
    json_double(file, name, seconds < 0 ? NAN : 1e3 * seconds);
}

/* Writes the times, without a comma after the last member. */
static void json_times(FILE *file, const timing *t, double bytes)
{
    fprintf(file, "\"bytes\": %.0f, ", bytes);
    json_milliseconds(file, "median_ms", t->median);
    json_milliseconds(file, "minimum_ms", t->minimum);
    json_milliseconds(file, "kernel_ms", t->kernel);
    json_double(file, "gb_per_s", timing_rate(t, bytes));
    fprintf(file, "\"runs\": %d", t->runs);
}

static void json_shape(FILE *file, const shape *s)
{
    char text[SHAPE_TEXT];
    shape_text(s, text);
    json_text(file, "shape", text);
}

static void json_workload(FILE *file, const workload *w)
{
    json_shape(file, &w->shape);
    fprintf(file, "\"dims\": [");
    for (int axis = 0; axis < w->shape.rank; ++axis)
        fprintf(file, "%s%" PRId64, axis ? ", " : "", w->shape.dims[axis]);
    fprintf(file, "], ");
    fprintf(file, "\"in_place\": %s, ", w->aliasing == CLLRN_ALIASING_IN_PLACE ? "true" : "false");
    json_text(file, "layout", request_layout_name(w->layout));
    json_text(file, "dtype", cllrn_dtype_string(w->dtype));
    json_text(file, "direction", workload_direction(w));
    fprintf(file, "\"size\": %" PRId64 ", ", w->size);
    json_double(file, "beta", w->beta);
    json_text(file, "variant", w->variant);
}

static void json_copies(const findings *f, FILE *file)
{
    fprintf(file, "  \"copies\": [");
    for (int i = 0; i < f->copy_count; ++i) {
        const copy *const c = &f->copies[i];
        fprintf(file, "%s\n    {", i ? "," : "");
        json_shape(file, &c->shape);
        json_text(file, "kind", copy_kind_names[c->way->kind]);
        json_text(file, "way", c->way->text);
        json_times(file, &c->time, c->bytes);
        fprintf(file, "}");
    }
    fprintf(file, "\n  ],\n");
}

static void json_results(const findings *f, FILE *file)
{
    fprintf(file, "  \"results\": [");
    for (int i = 0; i < f->workload_count; ++i) {
        const workload *const w = &f->workloads[i];
        fprintf(file, "%s\n    {", i ? "," : "");
        json_text(file, "implementation", "cllrn");
        json_workload(file, w);
        json_double(file, "of_copy", share_of(w));
        json_times(file, &w->time, w->bytes);
        fprintf(file, "}");
    }
    fprintf(file, "\n  ],\n");
}

static void json_builds(const findings *f, FILE *file)
{
    const char *separator = "";
    fprintf(file, "  \"builds\": [");
    for (const workload *w = f->workloads; w < f->workloads + f->workload_count; ++w) {
        if (!w->built)
            continue;
        fprintf(file, "%s\n    {", separator);
        separator = ",";
        json_workload(file, w);
        json_milliseconds(file, "first_ms", w->build.first);
        json_milliseconds(file, "again_ms", w->build.again);
        json_milliseconds(file, "other_engine_ms", w->build.other_engine);
        fprintf(file, "\"first_run_ms\": %.6g}", 1e3 * w->build.first_run);
    }
    fprintf(file, "\n  ],\n");
}

void report_json(const findings *f, FILE *file)
{
    json_head(f, file);
    json_copies(f, file);
    json_results(f, file);
    json_builds(f, file);
    fprintf(file, "  \"overhead\": {\"enqueue_ms\": %.6g, \"total_ms\": %.6g}\n}\n",
            1e3 * f->launch.enqueue, 1e3 * f->launch.median);
}
