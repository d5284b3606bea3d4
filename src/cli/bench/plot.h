/* SPDX-License-Identifier: Apache-2.0 */
/* A picture of bandwidth against bytes, by gnuplot. */
#ifndef CLI_BENCH_PLOT_H
#define CLI_BENCH_PLOT_H

#include "bench.h"

enum { SERIES_TEXT = 96 };

typedef struct plot_point {
    char series[SERIES_TEXT];
    double bytes, rate;
} plot_point;

/* Zero is an empty one. */
typedef struct plot {
    plot_point *points;
    int count;
} plot;

/* Whether gnuplot is there; else a message was printed. */
bool plot_possible(void);

/* Adds the results of a file of the same schema, but those of cllrn. On failure a message was
 * printed. */
bool plot_add_peers(plot *p, const char *path);

/* Adds ours. */
bool plot_add_results(plot *p, const bench *b);

/* Has gnuplot write the SVG to a file of this name, which may exist. */
bool plot_draw(plot *p, const char *title, const char *path);

void plot_free(plot *p);

#endif
