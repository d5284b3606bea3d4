/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `cllrn bench`. */
#ifndef CLI_BENCH_REQUEST_H
#define CLI_BENCH_REQUEST_H

#include "option.h"
#include "text.h"

/* Dims are batch, channels, then spatial axes, whatever the layout. */
typedef struct shape {
    int32_t rank;
    int64_t dims[CLLRN_MAX_RANK]; /* their product, in bytes too, fits an int64_t */
} shape;

/* A layout: one of these, or the size of its channel blocks. */
enum {
    CHANNELS_FIRST = 1,
    CHANNELS_LAST = -1,
    CHANNELS_LAST_GAPS = -2,   /* half the channels of a tensor: a gap of as many follows */
    CHANNELS_BETWEEN_ROWS = -3 /* memory in the order N, H, C, W */
};
extern const keyword request_layouts[];

/* A type: a dtype, or this one: x and dy in f16, the result in f32. */
enum { MIXED = 1 };
extern const keyword request_dtypes[];

enum { FORWARD = 1, BACKWARD = 2 };

enum { MAX_SHAPES = 64, MAX_LIST = 16 };

typedef struct request {
    const char *device;  /* NULL: not named */
    const char *variant; /* NULL: the library selects it */
    const char *json;    /* NULL: none */
    shape shapes[MAX_SHAPES];
    int32_t layouts[MAX_LIST], dtypes[MAX_LIST];
    int64_t sizes[MAX_LIST];
    double betas[MAX_LIST];
    int shape_count, layout_count, dtype_count, size_count, beta_count;
    bool map; /* not all combinations, but the problems of map_make */
    int64_t channels[MAX_LIST], batches[MAX_LIST]; /* of the map */
    int channel_count, batch_count;
    int32_t regions;    /* as a set: ACROSS_CHANNELS, WITHIN_CHANNEL; both in the map alone */
    int32_t directions; /* as a set: FORWARD, BACKWARD */
    bool in_place;      /* the result replaces x; the map has both unless only this is asked */
    int runs;           /* the least number of runs of each workload and copy */
    double seconds;     /* the least time for each shape, or problem of the map */
    const char *pack;   /* NULL: none */
    bool any_driver;
    bool any_owner;
    bool quiet;
} request;

/* False with *status after a message, or after printing the help. */
bool request_parse(int argc, char **argv, request *parsed, int *status);

bool shape_equal(const shape *s, const shape *other);

/* "16x96x55x55" */
short_text shape_text(const shape *s);

const char *request_layout_name(int32_t layout);
const char *request_dtype_name(int32_t dtype);

#endif
