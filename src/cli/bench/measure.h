/* SPDX-License-Identifier: Apache-2.0 */
/* Measures several contenders, which run in turn. */
#ifndef CLI_BENCH_MEASURE_H
#define CLI_BENCH_MEASURE_H

#include "session.h"

enum { MAX_RUNS = 1000 };

/* In seconds. */
typedef struct timing {
    double median, minimum; /* by the host's clock, from the enqueue to the end of clFinish */
    double enqueue;         /* median time until the enqueue returned */
    double kernel;          /* median by the device's events; negative if none */
    int runs;
} timing;

/* A command to measure. start enqueues it, or does it at once and leaves *done NULL. */
typedef struct contender {
    bool (*start)(void *self, cl_event *done);
    void *self;
    timing *time;
} contender;

typedef struct effort {
    int runs;        /* the least number of runs, up to MAX_RUNS */
    double seconds;  /* the least time of all contenders together, within MAX_RUNS */
    double patience; /* a round that takes longer is the only one that counts; 0: none is */
} effort;

/* The rate of `bytes` in the median time, in 10^9 bytes a second. */
double timing_rate(const timing *t, double bytes);

/* Runs a contender once; *seconds is by the host's clock. False after a message. */
bool measure_once(const session *on, const contender *one, double *seconds);

/*
 * Runs every contender once in each round; two first rounds do not count, but for a second
 * one beyond the patience. `what` names the measurement, for progress on a terminal; NULL
 * shows none. False after a message.
 */
bool measure(const session *on, const contender *all, int count, effort spent, const char *what);

#endif
