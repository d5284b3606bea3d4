/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OpenCL layer that delays the implementation below it. The environment sets the
 * delays, in milliseconds:
 *
 *   CLLRN_DELAY_BUILD_MS     of clBuildProgram's return
 *   CLLRN_DELAY_COMMAND_MS   of the end of a command: a kernel, or a read, write or copy of
 *                            a buffer. The enqueue itself returns at once unless it blocks.
 *                            The profiling start moves back by the delay.
 *   CLLRN_DELAY_EVERY        delays only each n-th command (1)
 *
 * layer.h describes all layers; the log says how much was delayed.
 */
#include "layer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char layer_name[] = "delay";

enum { MOST_WAITED_FOR = 64, MOST_EVENTS = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static size_t builds, commands, delayed, sleeping;
static cl_event events[MOST_EVENTS]; /* of the last delayed commands */

static long setting(const char *name, long otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? strtol(value, NULL, 10) : otherwise;
}

static void sleep_for(long milliseconds)
{
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0)
        ;
}

/* -------------------------------------------------------------------- builds */

static cl_int CL_API_CALL build_program(cl_program program, cl_uint count,
                                        const cl_device_id *devices, const char *options,
                                        void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
    sleep_for(setting("CLLRN_DELAY_BUILD_MS", 0));
    pthread_mutex_lock(&lock);
    ++builds;
    pthread_mutex_unlock(&lock);
    return layer_below->clBuildProgram(program, count, devices, options, notify, user);
}

/* ------------------------------------------------------------------ commands */

/* A command whose wait list also has `gate`, a user event that ends the delay. */
typedef struct command {
    cl_event gate, waited_for[MOST_WAITED_FOR];
    const cl_event *list;
    cl_uint count;
    cl_event own, *event;
} command;

static void *open_gate(void *gate)
{
    sleep_for(setting("CLLRN_DELAY_COMMAND_MS", 0));
    layer_below->clSetUserEventStatus(gate, CL_COMPLETE);
    layer_below->clReleaseEvent(gate);
    pthread_mutex_lock(&lock);
    if (--sleeping == 0)
        pthread_cond_signal(&idle);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static cl_int is_due(void)
{
    pthread_mutex_lock(&lock);
    const cl_int due = setting("CLLRN_DELAY_COMMAND_MS", 0) > 0 &&
                       ++commands % (size_t)setting("CLLRN_DELAY_EVERY", 1) == 0;
    pthread_mutex_unlock(&lock);
    return due;
}

/* Prepares a command. The command has no gate if no delay is due, or its wait list is too long. */
static command begin(cl_command_queue queue, cl_uint count, const cl_event *list, cl_event *event)
{
    command c = {.list = list, .count = count, .event = event};
    cl_context context;
    pthread_t thread;
    if (count >= MOST_WAITED_FOR || !is_due() ||
        layer_below->clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context,
                                           NULL) != CL_SUCCESS)
        return c;
    c.gate = layer_below->clCreateUserEvent(context, NULL);
    if (c.gate == NULL)
        return c;
    pthread_mutex_lock(&lock);
    ++sleeping;
    pthread_mutex_unlock(&lock);
    if (pthread_create(&thread, NULL, open_gate, c.gate) != 0)
        abort();
    pthread_detach(thread);
    if (count > 0)
        memcpy(c.waited_for, list, count * sizeof *list);
    c.waited_for[c.count++] = c.gate;
    return c;
}

static const cl_event *list_of(const command *c)
{
    return c->gate != NULL ? c->waited_for : c->list;
}

/* Records whether an event's command is delayed. A driver may reuse the handle of a past event. */
static void remember(cl_event event, int is_delayed)
{
    size_t i = 0;
    while (i < MOST_EVENTS && events[i] != event)
        ++i;
    if (i < MOST_EVENTS)
        events[i] = is_delayed ? event : NULL;
    else if (is_delayed)
        events[delayed % MOST_EVENTS] = event;
}

static cl_int end(const command *c, cl_int code)
{
    pthread_mutex_lock(&lock);
    if (code == CL_SUCCESS && c->event != NULL)
        remember(*c->event, c->gate != NULL);
    delayed += c->gate != NULL && code == CL_SUCCESS;
    pthread_mutex_unlock(&lock);
    return code;
}

static cl_int CL_API_CALL enqueue_nd_range_kernel(cl_command_queue queue, cl_kernel kernel,
                                                  cl_uint dimensions, const size_t *offset,
                                                  const size_t *global, const size_t *local,
                                                  cl_uint count, const cl_event *list,
                                                  cl_event *event)
{
    const command c = begin(queue, count, list, event);
    return end(&c, layer_below->clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global,
                                                       local, c.count, list_of(&c), event));
}

static cl_int CL_API_CALL enqueue_read_buffer(cl_command_queue queue, cl_mem buffer,
                                              cl_bool blocking, size_t offset, size_t size,
                                              void *to, cl_uint count, const cl_event *list,
                                              cl_event *event)
{
    const command c = begin(queue, count, list, event);
    return end(&c, layer_below->clEnqueueReadBuffer(queue, buffer, blocking, offset, size, to,
                                                    c.count, list_of(&c), event));
}

static cl_int CL_API_CALL enqueue_write_buffer(cl_command_queue queue, cl_mem buffer,
                                               cl_bool blocking, size_t offset, size_t size,
                                               const void *from, cl_uint count,
                                               const cl_event *list, cl_event *event)
{
    const command c = begin(queue, count, list, event);
    return end(&c, layer_below->clEnqueueWriteBuffer(queue, buffer, blocking, offset, size, from,
                                                     c.count, list_of(&c), event));
}

static cl_int CL_API_CALL enqueue_copy_buffer(cl_command_queue queue, cl_mem from, cl_mem to,
                                              size_t from_offset, size_t to_offset, size_t size,
                                              cl_uint count, const cl_event *list, cl_event *event)
{
    const command c = begin(queue, count, list, event);
    return end(&c, layer_below->clEnqueueCopyBuffer(queue, from, to, from_offset, to_offset, size,
                                                    c.count, list_of(&c), event));
}

static cl_int CL_API_CALL get_event_profiling_info(cl_event event, cl_profiling_info info,
                                                   size_t room, void *out, size_t *size_out)
{
    const cl_int code = layer_below->clGetEventProfilingInfo(event, info, room, out, size_out);
    if (code != CL_SUCCESS || info != CL_PROFILING_COMMAND_START || out == NULL)
        return code;
    pthread_mutex_lock(&lock);
    size_t i = 0;
    while (i < MOST_EVENTS && events[i] != event)
        ++i;
    if (i < MOST_EVENTS)
        *(cl_ulong *)out -= (cl_ulong)setting("CLLRN_DELAY_COMMAND_MS", 0) * 1000000;
    pthread_mutex_unlock(&lock);
    return code;
}

/* --------------------------------------------------------------------- layer */

/* Waits at exit, so that no thread calls an implementation that is being unloaded. */
static void wait_for_threads(void)
{
    pthread_mutex_lock(&lock);
    while (sleeping > 0)
        pthread_cond_wait(&idle, &lock);
    pthread_mutex_unlock(&lock);
}

void layer_report(FILE *file)
{
    fprintf(file, "delay: %zu builds, %zu of %zu commands\n", builds, delayed, commands);
}

void layer_put_entries(cl_icd_dispatch *table)
{
    table->clBuildProgram = build_program;
    table->clEnqueueNDRangeKernel = enqueue_nd_range_kernel;
    table->clEnqueueReadBuffer = enqueue_read_buffer;
    table->clEnqueueWriteBuffer = enqueue_write_buffer;
    table->clEnqueueCopyBuffer = enqueue_copy_buffer;
    table->clGetEventProfilingInfo = get_event_profiling_info;
    atexit(wait_for_threads);
}
