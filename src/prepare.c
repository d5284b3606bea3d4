/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn_engine_prepare: programs made ahead of time, by several threads. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <cllrn.h>

#include "error.h"

enum { MAX_THREADS = 64 };

/* What the threads of one call share. */
typedef struct preparation {
    cllrn_engine *engine;
    const cllrn_problem *const *problems;
    size_t count;
    bool go_on;
    atomic_size_t next; /* the first problem that no thread has taken yet */
    atomic_bool stop;
} preparation;

/* A thread, and the first of its problems that failed. */
typedef struct worker {
    preparation *all;
    pthread_t thread;
    size_t failed;
    cllrn_error error; /* its status: CLLRN_SUCCESS if none failed */
} worker;

/* Problems are taken in order: without go_on, all before the first failure are prepared. */
static void *prepare(void *argument)
{
    worker *const me = argument;
    preparation *const all = me->all;
    size_t index;
    while (!atomic_load(&all->stop) && (index = atomic_fetch_add(&all->next, 1)) < all->count) {
        cllrn_plan *plan = NULL;
        cllrn_error error = CLLRN_ERROR_INIT;
        const cllrn_status status =
            cllrn_plan_create(all->engine, all->problems[index], &plan, &error);
        cllrn_plan_destroy(plan); /* the engine keeps the programs */
        if (status == CLLRN_SUCCESS || me->error.status != CLLRN_SUCCESS)
            continue;
        me->failed = index;
        me->error = error;
        if (!all->go_on)
            atomic_store(&all->stop, true);
    }
    return NULL;
}

/* Threads to use for count problems, the calling one among them. */
static size_t thread_count(int32_t wanted, size_t count)
{
    const long processors = wanted > 0 ? wanted : sysconf(_SC_NPROCESSORS_ONLN);
    const size_t most = processors < 1             ? 1
                        : processors > MAX_THREADS ? MAX_THREADS
                                                   : (size_t)processors;
    return count < most ? count : most;
}

cllrn_status cllrn_engine_prepare(cllrn_engine *engine, const cllrn_problem *const *problems,
                                  size_t count, const cllrn_prepare_options *options,
                                  size_t *failed, cllrn_error *error)
{
    static const cllrn_prepare_options defaults = CLLRN_PREPARE_OPTIONS_INIT;
    if (options == NULL)
        options = &defaults;
    if (engine == NULL || (problems == NULL && count > 0))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "engine prepare: engine or problems is NULL");
    if (!LRN_READABLE(options) || options->threads < 0 || options->reserved != 0)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "engine prepare: options not initialised, threads below 0 or reserved not "
                        "0: use CLLRN_PREPARE_OPTIONS_INIT");
    if (count == 0)
        return CLLRN_SUCCESS;
    preparation all = {
        .engine = engine, .problems = problems, .count = count, .go_on = options->go_on != 0};
    const size_t threads = thread_count(options->threads, count);
    worker *const workers = calloc(threads, sizeof *workers);
    if (workers == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "engine prepare: no memory for %zu threads",
                        threads);
    for (size_t i = 0; i < threads; ++i)
        workers[i].all = &all;
    /* The first worker is this thread; those that no thread can be had for do not run. */
    size_t started = 1;
    sigset_t every, before;
    /* Signals are for the caller's own threads. */
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    while (started < threads &&
           pthread_create(&workers[started].thread, NULL, prepare, &workers[started]) == 0)
        ++started;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    prepare(&workers[0]);
    while (--started > 0)
        pthread_join(workers[started].thread, NULL);
    const worker *first = &workers[0];
    for (size_t i = 1; i < threads; ++i)
        if (workers[i].error.status != CLLRN_SUCCESS &&
            (first->error.status == CLLRN_SUCCESS || workers[i].failed < first->failed))
            first = &workers[i];
    const cllrn_status status = first->error.status;
    if (status != CLLRN_SUCCESS && failed != NULL)
        *failed = first->failed;
    if (status != CLLRN_SUCCESS)
        lrn_error_copy(error, &first->error);
    free(workers);
    return status;
}
