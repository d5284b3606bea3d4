/* SPDX-License-Identifier: Apache-2.0 */
/* `cllrn bench --help` documents the JSON. */
#include "results.h"

#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

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

static void json_head(const bench *b, FILE *file)
{
    const subject *const on = &b->on;
    char library[64], processor[256];
    snprintf(library, sizeof library, "cllrn %s, arithmetic %u", cllrn_version(),
             (unsigned)cllrn_arithmetic_version());
    find_processor(processor, sizeof processor);
    fprintf(file, "{\n  ");
    json_text(file, "schema", "cllrn-bench-1");
    json_date(file);
    json_text(file, "library", library);
    json_text(file, "kernels", subject_kernel_hash(on));
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
            b->asked->region == WITHIN_CHANNEL ? "within" : "across");
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
    json_double(file, "gb_per_s", bench_rate(bytes, t));
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

static void json_copies(const bench *b, FILE *file)
{
    fprintf(file, "  \"copies\": [");
    for (int i = 0; i < b->copy_count; ++i) {
        char way[COPY_TEXT];
        const copy *const c = &b->copies[i];
        copy_text(c, way);
        fprintf(file, "%s\n    {", i ? "," : "");
        json_shape(file, &c->shape);
        json_text(file, "kind", copy_kind_name(c));
        json_text(file, "way", way);
        json_times(file, &c->time, c->bytes);
        fprintf(file, "}");
    }
    fprintf(file, "\n  ],\n");
}

static void json_results(const bench *b, FILE *file)
{
    fprintf(file, "  \"results\": [");
    for (int i = 0; i < b->workload_count; ++i) {
        const workload *const w = &b->workloads[i];
        const copy *const limit = bench_limit(b, w);
        fprintf(file, "%s\n    {", i ? "," : "");
        json_text(file, "implementation", "cllrn");
        json_workload(file, w);
        json_double(file, "of_copy",
                    bench_rate(w->bytes, &w->time) / bench_rate(limit->bytes, &limit->time));
        json_times(file, &w->time, w->bytes);
        fprintf(file, "}");
    }
    fprintf(file, "\n  ],\n");
}

static void json_builds(const bench *b, FILE *file)
{
    fprintf(file, "  \"builds\": [");
    for (int i = 0; i < b->build_count; ++i) {
        const build *const one = &b->builds[i];
        fprintf(file, "%s\n    {", i ? "," : "");
        json_workload(file, one->of);
        json_milliseconds(file, "first_ms", one->first);
        json_milliseconds(file, "again_ms", one->again);
        json_milliseconds(file, "other_engine_ms", one->other_engine);
        fprintf(file, "\"first_run_ms\": %.6g}", 1e3 * one->first_run);
    }
    fprintf(file, "\n  ],\n");
}

void results_write(const bench *b, FILE *file)
{
    json_head(b, file);
    json_copies(b, file);
    json_results(b, file);
    json_builds(b, file);
    fprintf(file, "  \"overhead\": {\"enqueue_ms\": %.6g, \"total_ms\": %.6g}\n}\n",
            1e3 * b->launch.enqueue, 1e3 * b->launch.median);
}
