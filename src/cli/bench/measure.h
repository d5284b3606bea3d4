/* SPDX-License-Identifier: Apache-2.0 */
/* Times of things that take turns. */
#ifndef CLI_BENCH_MEASURE_H
#define CLI_BENCH_MEASURE_H

#include "subject.h"

/* In seconds. */
typedef struct timing {
    double median, minimum; /* by the host's clock: from the enqueue to the end of clFinish */
    double enqueue;         /* median until the enqueue returned */
    double kernel;          /* median by the device's events; negative where there are none */
    int runs;
} timing;

/* One of those that take turns. start enqueues it on the subject's queue, or does it and leaves
 * *done.
 */
typedef struct contender {
    bool (*start)(void *self, cl_event *done);
    void *self;
    timing *time;
} contender;

typedef struct effort {
    int runs;       /* at least, up to MAX_RUNS */
    double seconds; /* at least, all contenders together, unless MAX_RUNS come first */
} effort;

/* One run alone; *seconds by the host's clock. On failure a message was printed, as below. */
bool measure_once(const subject *on, const contender *one, double *seconds);

/*
 * Rounds in which every contender runs once, after two that do not count. What
 * is the name of it all, for progress on a terminal; NULL shows none.
 */
bool measure(const subject *on, const contender *all, int count, effort spent, const char *what);

#endif
