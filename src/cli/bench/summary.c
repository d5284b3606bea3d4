/* SPDX-License-Identifier: Apache-2.0 */
#include "summary.h"

#include <inttypes.h>
#include <stdio.h>

void summary_begin(const bench *b)
{
    const subject *const on = &b->on;
    printf("device    %s\n", on->device.name);
    printf("platform  %s, %s, driver %s\n", on->device.platform_name, on->version, on->driver);
    printf("size      %llu compute units, last cache %llu KiB\n",
           (unsigned long long)device_number(on->device.id, CL_DEVICE_MAX_COMPUTE_UNITS),
           (unsigned long long)device_number(on->device.id, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE) /
               1024);
    printf("library   cllrn %s, arithmetic %u, kernels %s\n", cllrn_version(),
           (unsigned)cllrn_arithmetic_version(), subject_kernel_hash(on));
    printf("windows   %s%s, median of at least %d runs by the clock\n\n",
           b->asked->region == CLLRN_WITHIN_CHANNEL ? "within a channel" : "across channels",
           b->asked->in_place ? ", in place" : "",
           b->asked->runs);
    printf("%-16s %-7s %-5s %5s %6s %-9s %-10s %9s %9s %9s %7s  %s\n", "shape", "layout", "dtype",
           "size", "beta", "direction", "variant", "ms", "ms least", "ms kernel", "GB/s",
           "of copy");
}

/* "0.123", or "-" where the device does not tell. */
static void print_milliseconds(double seconds)
{
    if (seconds < 0)
        printf(" %9s", "-");
    else
        printf(" %9.4f", 1e3 * seconds);
}

static void print_times(const timing *t, double bytes)
{
    print_milliseconds(t->median);
    print_milliseconds(t->minimum);
    print_milliseconds(t->kernel);
    printf(" %7.2f", bench_rate(bytes, t));
}

static void print_workload(const bench *b, const workload *w)
{
    char text[SHAPE_TEXT];
    shape_text(&w->shape, text);
    printf("%-16s %-7s %-5s %5" PRId64 " %6.4g %-9s %-10s", text, request_layout_name(w->layout),
           cllrn_dtype_string(w->dtype), w->size, w->beta, workload_direction(w), w->variant);
    print_times(&w->time, w->bytes);
    const copy *const limit = bench_limit(b, w);
    printf("  %7.3f\n", bench_rate(w->bytes, &w->time) / bench_rate(limit->bytes, &limit->time));
}

static void print_copy(const copy *c)
{
    char text[SHAPE_TEXT], way[COPY_TEXT], what[COPY_TEXT + 40];
    shape_text(&c->shape, text);
    copy_text(c, way);
    snprintf(what, sizeof what, "copy, %.4g MB: %s", 1e-6 * c->bytes, way);
    printf("%-16s %-47s", text, what);
    print_times(&c->time, c->bytes);
    printf("\n");
}

/* Of the copies the fastest of each number of bytes, once. */
void summary_shape(const bench *b, workload_range all)
{
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
    printf("\n%9s %9s %12s %9s  ms, program\n", "first", "again", "other engine", "first run");
    for (int i = 0; i < b->build_count; ++i) {
        char text[WORKLOAD_TEXT];
        const build *const one = &b->builds[i];
        workload_text(one->of, text);
        printf("%9.3f %9.3f %12.3f %9.3f  %s: %s\n", 1e3 * one->first, 1e3 * one->again,
               1e3 * one->other_engine, 1e3 * one->first_run, one->of->variant, text);
    }
}
