/* SPDX-License-Identifier: Apache-2.0 */
/* Plots bandwidth against bytes, by gnuplot. */
#ifndef CLI_BENCH_PLOT_H
#define CLI_BENCH_PLOT_H

#include "bench.h"

enum { SERIES_TEXT = 96 };

typedef struct plot_point {
    char series[SERIES_TEXT];
    double bytes, rate;
} plot_point;

/* The points of a plot; zero is a plot without any. */
typedef struct plot {
    plot_point *points;
    int count;
} plot;

/* Whether gnuplot runs here; else false after a message. */
bool plot_possible(void);

/* Adds the results in a file of `cllrn bench --json`, but cllrn's own. False after a message. */
bool plot_add_peers(plot *p, const char *path);

/* Adds the results of this measurement. False after a message. */
bool plot_add_results(plot *p, const bench *b);

/* Has gnuplot write the SVG file, replacing an existing one. False after a message. */
bool plot_draw(plot *p, const char *title, const char *path);

void plot_free(plot *p);

#endif
