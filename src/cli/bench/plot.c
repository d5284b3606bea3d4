/* SPDX-License-Identifier: Apache-2.0 */
#include "plot.h"

#include "json_reader.h"
#include "message.h"

#include "../../file.h"

#include <fcntl.h>
#include <float.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char copies[] = "fastest copy";

enum { MOST_PEERS = 64 << 20 }; /* bytes of a file of results */

/* ---------------------------------------------------------------------- gnuplot */

bool plot_possible(void)
{
    if (system("gnuplot --version >/dev/null 2>&1") == 0)
        return true;
    return message_fail("--plot needs gnuplot, which does not run here: install it (Debian's "
                        "gnuplot-nox), or leave out --plot");
}

/* Writes text in quotes; control characters, which would end gnuplot's line, become spaces. */
static void quote(FILE *script, const char *text)
{
    fputc('\'', script);
    for (; *text; ++text) {
        if (*text == '\'')
            fputc('\'', script);
        fputc((unsigned char)*text < 0x20 ? ' ' : *text, script);
    }
    fputc('\'', script);
}

static int by_series_and_bytes(const void *a, const void *b)
{
    const plot_point *const x = a, *const y = b;
    const int order = strcmp(x->series, y->series);
    return order != 0 ? order : (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

static bool begins_series(const plot *p, int i)
{
    return i == 0 || strcmp(p->points[i - 1].series, p->points[i].series) != 0;
}

static void write_data(const plot *p, FILE *script)
{
    for (int i = 0; i < p->count; ++i) {
        if (begins_series(p, i))
            fprintf(script, "$series%d << END\n", i);
        fprintf(script, "%.17g %.17g\n", p->points[i].bytes, p->points[i].rate);
        if (i + 1 == p->count || begins_series(p, i + 1))
            fprintf(script, "END\n");
    }
}

static void write_range(const plot *p, FILE *script)
{
    double least = DBL_MAX, greatest = 0;
    for (int i = 0; i < p->count; ++i) {
        least = p->points[i].bytes < least ? p->points[i].bytes : least;
        greatest = p->points[i].bytes > greatest ? p->points[i].bytes : greatest;
    }
    fprintf(script, "set xrange [%.17g:%.17g]\nset yrange [0:*]\n", least / 1.5, greatest * 1.5);
}

static void write_script(const plot *p, const char *title, const char *path, FILE *script)
{
    fprintf(script, "set terminal svg noenhanced size 1000,700 background 'white'\nset output ");
    quote(script, path);
    fprintf(script, "\nset title ");
    quote(script, title);
    fprintf(script, "\nset logscale x\nset format x '%%.0s %%cB'\nset grid\n"
                    "set xlabel 'tensors read and written'\nset ylabel 'GB/s'\n"
                    "set key outside below\n");
    write_range(p, script);
    write_data(p, script);
    fprintf(script, "plot ");
    for (int i = 0; i < p->count; ++i) {
        if (!begins_series(p, i))
            continue;
        const bool limit = strcmp(p->points[i].series, copies) == 0;
        fprintf(script, "%s$series%d with %s title ", i ? ", " : "", i,
                limit ? "lines linewidth 2 dashtype 2 linecolor 'black'" : "points pointsize 1.2");
        quote(script, p->points[i].series);
    }
    fprintf(script, "\nset output\n");
}

bool plot_draw(plot *p, const char *title, const char *path)
{
    qsort(p->points, (size_t)p->count, sizeof *p->points, by_series_and_bytes);
    void (*const before)(int) =
        signal(SIGPIPE, SIG_IGN); /* writing to a gnuplot that has ended is an error */
    FILE *const script = popen("gnuplot >/dev/null", "w");
    if (script)
        write_script(p, title, path, script);
    const bool drawn = script && pclose(script) == 0;
    signal(SIGPIPE, before);
    return drawn || message_fail("gnuplot failed to draw %d points", p->count);
}

/* ----------------------------------------------------------------------- points */

static bool add(plot *p, const plot_point *point)
{
    plot_point *const more = realloc(p->points, ((size_t)p->count + 1) * sizeof *more);
    if (!more)
        return message_fail("out of memory for %d points of the plot", p->count + 1);
    p->points = more;
    p->points[p->count++] = *point;
    return true;
}

static bool add_workload(plot *p, const workload *w)
{
    plot_point point = {.bytes = w->bytes, .rate = bench_rate(w->bytes, &w->time)};
    snprintf(point.series, sizeof point.series, "cllrn %s %s %s", request_layout_name(w->layout),
             cllrn_dtype_string(w->dtype), workload_direction(w));
    return add(p, &point);
}

/* Adds the fastest copy of as many bytes for the workload's shape. */
static bool add_limit(plot *p, const bench *b, const workload *w)
{
    const copy *const limit = bench_limit(b, w);
    plot_point point = {.bytes = limit->bytes, .rate = bench_rate(limit->bytes, &limit->time)};
    snprintf(point.series, sizeof point.series, "%s", copies);
    return add(p, &point);
}

bool plot_add_results(plot *p, const bench *b)
{
    for (int i = 0; i < b->workload_count; ++i)
        if (!add_workload(p, &b->workloads[i]) || !add_limit(p, b, &b->workloads[i]))
            return false;
    return true;
}

void plot_free(plot *p)
{
    free(p->points);
    *p = (plot){NULL, 0};
}

/* ------------------------------------------------------------------------ peers */

/* A result of another implementation; missing members are empty or 0. */
typedef struct peer {
    char implementation[32], layout[16], dtype[16], direction[16];
    double bytes, rate;
} peer;

static void read_member(json_reader *r, const char *name, peer *found)
{
    if (strcmp(name, "implementation") == 0)
        json_read_string(r, found->implementation, sizeof found->implementation);
    else if (strcmp(name, "layout") == 0)
        json_read_string(r, found->layout, sizeof found->layout);
    else if (strcmp(name, "dtype") == 0)
        json_read_string(r, found->dtype, sizeof found->dtype);
    else if (strcmp(name, "direction") == 0)
        json_read_string(r, found->direction, sizeof found->direction);
    else if (strcmp(name, "bytes") == 0)
        found->bytes = json_read_number(r);
    else if (strcmp(name, "gb_per_s") == 0)
        found->rate = json_read_number(r);
    else
        json_skip(r);
}

/* Reads one element of "results". */
static bool add_peer(plot *p, json_reader *r)
{
    char name[32];
    peer found = {.bytes = 0};
    json_open(r, '{');
    for (bool first = true; json_next_member(r, &first, name, sizeof name);)
        read_member(r, name, &found);
    r->failed = r->failed || !*found.implementation || !(found.bytes > 0) || !(found.rate > 0);
    if (r->failed || strcmp(found.implementation, "cllrn") == 0)
        return true;
    plot_point point = {.bytes = found.bytes, .rate = found.rate};
    snprintf(point.series, sizeof point.series, "%s %s %s %s", found.implementation, found.layout,
             found.dtype, found.direction);
    return add(p, &point);
}

/* Reads the whole object. False after a message; errors of the text set r->failed. */
static bool add_report(plot *p, json_reader *r)
{
    char name[32], schema[32] = "";
    json_open(r, '{');
    for (bool first = true; json_next_member(r, &first, name, sizeof name);) {
        if (strcmp(name, "schema") == 0) {
            json_read_string(r, schema, sizeof schema);
        } else if (strcmp(name, "results") == 0) {
            json_open(r, '[');
            for (bool first_result = true; json_next_element(r, &first_result);)
                if (!add_peer(p, r))
                    return false;
        } else {
            json_skip(r);
        }
    }
    json_end(r);
    r->failed = r->failed || strcmp(schema, "cllrn-bench-1") != 0;
    return true;
}

bool plot_add_peers(plot *p, const char *path)
{
    lrn_file_content text = {0};
    const int code = lrn_file_read(AT_FDCWD, path, 0, MOST_PEERS, &text);
    if (code != 0)
        return message_fail("%s: cannot be read: %s", path, lrn_file_message(code));
    json_reader r = {.at = (const char *)text.data};
    bool added = add_report(p, &r);
    if (added && r.failed)
        added = message_fail("%s: not what cllrn-bench-1 says, at byte %td", path,
                             r.at - (const char *)text.data);
    free(text.data);
    return added;
}
