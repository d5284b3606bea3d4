/* SPDX-License-Identifier: Apache-2.0 */
#include "summary.h"

#include "fold.h"

#include <inttypes.h>
#include <stdio.h>

void summary_begin(const bench *b)
{
    enum { INDENT = 10 };
    const subject *const on = &b->on;
    printf("device    %s\n", on->device.name);
    fold_print(stdout, INDENT, "platform", "%s, %s, driver %s", on->device.platform_name,
               on->version, on->driver);
    printf("size      %llu compute units, last cache %llu KiB\n",
           (unsigned long long)device_number(on->device.id, CL_DEVICE_MAX_COMPUTE_UNITS),
           (unsigned long long)device_number(on->device.id, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE) /
               1024);
    printf("library   cllrn %s, arithmetic %u, kernels %s\n", cllrn_version(),
           (unsigned)cllrn_arithmetic_version(), subject_kernel_hash(on));
    printf("windows   %s%s\n",
           b->asked->region == WITHIN_CHANNEL ? "within a channel" : "across channels",
           b->asked->in_place ? ", in place" : "");
    printf("times     in ms, of at least %d runs: median and least by the clock, median of\n"
           "          the kernel by the device; GB/s: also as a part of the fastest copy's\n\n",
           b->asked->runs);
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
    printf(" %6.2f", bench_rate(bytes, t));
}

static void print_workload(const bench *b, const workload *w)
{
    printf(" %-7s %-4s %4" PRId64 " %5.4g %-8s %-9s", request_layout_name(w->layout),
           cllrn_dtype_string(w->dtype), w->size, w->beta, workload_direction(w), w->variant);
    print_times(&w->time, w->bytes);
    const copy *const limit = bench_limit(b, w);
    printf(" %5.3f\n", bench_rate(w->bytes, &w->time) / bench_rate(limit->bytes, &limit->time));
}

static void print_copy(const copy *c)
{
    char way[COPY_TEXT], what[COPY_TEXT + 40];
    copy_text(c, way);
    snprintf(what, sizeof what, "copy, %.4g MB: %s", 1e-6 * c->bytes, way);
    printf(" %-42s", what);
    print_times(&c->time, c->bytes);
    printf("\n");
}

/* Prints the workloads, then the fastest copy of each number of bytes, once. */
void summary_shape(const bench *b, workload_range all)
{
    char text[SHAPE_TEXT];
    shape_text(&all.first->shape, text);
    printf("%s\n", text);
    for (int i = 0; i < all.count; ++i)
        print_workload(b, &all.first[i]);
    for (int i = 0; i < b->copy_count; ++i)
        for (int j = 0; j < all.count; ++j)
            if (bench_limit(b, &all.first[j]) == &b->copies[i]) {
                print_copy(&b->copies[i]);
                break;
            }
    fflush(stdout);
}

void summary_end(const bench *b)
{
    printf("\na launch of 8 elements takes %.1f us, of which the enqueue %.1f us\n",
           1e6 * b->launch.median, 1e6 * b->launch.enqueue);
    printf("\nms for a plan: first, again, by another engine; first run, of which program\n");
    for (int i = 0; i < b->build_count; ++i) {
        char text[WORKLOAD_TEXT], label[64];
        const build *const one = &b->builds[i];
        workload_text(one->of, text);
        snprintf(label, sizeof label, "%9.3f %6.3f %9.3f %9.3f  ", 1e3 * one->first,
                 1e3 * one->again, 1e3 * one->other_engine, 1e3 * one->first_run);
        fold_print(stdout, 38, label, "%s: %s", one->of->variant, text);
    }
}
