/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes to measure. Dims are batch, channels, then spatial axes, whatever the layout. */
#ifndef CLI_BENCH_SHAPES_H
#define CLI_BENCH_SHAPES_H

#include "text.h"

#include <stdbool.h>

typedef struct shape {
    int32_t rank;
    int64_t dims[CLLRN_MAX_RANK]; /* their product, in bytes too, fits an int64_t */
} shape;

enum { MAX_SHAPES = 64 };

typedef struct shape_list {
    shape shapes[MAX_SHAPES];
    int count;
} shape_list;

/*
 * Adds the shape "16x96x55x55", or a network's shapes by its name, but none twice. EXIT_DONE, or
 * EXIT_USAGE after a message.
 */
int shapes_add(shape_list *list, const char *text);

bool shape_equal(const shape *s, const shape *other);

/* "16x96x55x55" */
short_text shape_text(const shape *s);

#endif
