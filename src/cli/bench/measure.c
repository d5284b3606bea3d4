/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include "operation.h"
#include "message.h"

#include <stdio.h>
#include <stdlib.h>

enum { WARM_UP = 2 };

typedef enum quantity { TOTAL, ENQUEUE, KERNEL, QUANTITIES } quantity;

typedef struct sample {
    double seconds[QUANTITIES];
} sample;

static bool finish(const session *on, cl_event done, sample *s)
{
    s->seconds[KERNEL] = -1;
    if (!done)
        return true;
    const char *what = "the command";
    const cl_int error = session_wait(done, &what);
    const session_span span = session_span_of(on, done);
    if (error == CL_SUCCESS && span.begin <= span.end)
        s->seconds[KERNEL] = 1e-9 * (double)(span.end - span.begin);
    clReleaseEvent(done);
    return session_check(on, error, what);
}

static bool run(const session *on, const contender *one, sample *s)
{
    cl_event done = NULL;
    const double begin = operation_clock();
    if (!one->start(one->self, &done))
        return false;
    s->seconds[ENQUEUE] = operation_clock() - begin;
    const cl_int error = done ? clFinish(on->queue) : CL_SUCCESS;
    s->seconds[TOTAL] = operation_clock() - begin;
    return finish(on, done, s) && session_check(on, error, "clFinish");
}

double timing_rate(const timing *t, double bytes)
{
    return 1e-9 * bytes / t->median;
}

bool measure_once(const session *on, const contender *one, double *seconds)
{
    sample s;
    if (!run(on, one, &s))
        return false;
    *seconds = s.seconds[TOTAL];
    return true;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median and the least of one quantity of one contender's samples, `apart` samples apart. */
static double median(const sample *first, int apart, int runs, quantity of, double *least)
{
    double sorted[MAX_RUNS];
    for (int i = 0; i < runs; ++i)
        sorted[i] = first[i * apart].seconds[of];
    qsort(sorted, (size_t)runs, sizeof *sorted, ascending);
    *least = sorted[0];
    return (sorted[(runs - 1) / 2] + sorted[runs / 2]) / 2;
}

static timing evaluate(const sample *first, int apart, int runs)
{
    timing t = {.runs = runs};
    double least;
    t.enqueue = median(first, apart, runs, ENQUEUE, &least);
    t.kernel = median(first, apart, runs, KERNEL, &least);
    if (least < 0)
        t.kernel = -1;
    t.median = median(first, apart, runs, TOTAL, &t.minimum);
    return t;
}

/* Takes one sample of each contender. */
static bool run_round(const session *on, const contender *all, int count, sample *samples)
{
    for (int i = 0; i < count; ++i)
        if (!run(on, &all[i], &samples[i]))
            return false;
    return true;
}

/* Returns the number of rounds; negative after a failure. */
static int run_rounds(const session *on, const contender *all, int count, effort spent,
                      const char *what, sample *samples)
{
    double begin = operation_clock();
    for (int i = 0; i < WARM_UP; ++i) {
        begin = operation_clock();
        if (!run_round(on, all, count, samples))
            return -1;
    }
    if (spent.patience > 0 && operation_clock() - begin > spent.patience)
        return 1;
    begin = operation_clock();
    int runs = 0;
    while (runs < spent.runs || (runs < MAX_RUNS && operation_clock() - begin < spent.seconds)) {
        char text[80];
        snprintf(text, sizeof text, "%s, run %d", what ? what : "", runs + 1);
        if (what)
            message_progress(text);
        if (!run_round(on, all, count, samples + (size_t)runs++ * (size_t)count))
            return -1;
    }
    return runs;
}

bool measure(const session *on, const contender *all, int count, effort spent, const char *what)
{
    sample *const samples = calloc((size_t)count * MAX_RUNS, sizeof *samples);
    if (!samples)
        return message_fail("out of memory for the times of %d runs", MAX_RUNS);
    const int runs = run_rounds(on, all, count, spent, what, samples);
    for (int i = 0; i < count && runs > 0; ++i)
        *all[i].time = evaluate(samples + i, count, runs);
    free(samples);
    return runs > 0;
}
