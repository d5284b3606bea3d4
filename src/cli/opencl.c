/* SPDX-License-Identifier: Apache-2.0 */
#include "opencl.h"

#include "cl_error.h"
#include "engine.h"
#include "event.h"
#include "message.h"

/* A backward run has all of them, a forward run no dy. */
enum { UPLOAD_SRC, UPLOAD_DY, KERNEL, DOWNLOAD, COMMANDS };

/* All that is made for one run; what is not zero is released at its end. */
typedef struct session {
    const device *device;
    cl_context context;
    cl_command_queue queue;
    cl_mem src, dy, dst, scratch;
    cllrn_engine *engine;
    cllrn_plan *plan;
    cl_event events[COMMANDS];
} session;

static bool check(const session *s, cl_int error, const char *call)
{
    return cl_error_check(error, call, s->device->name);
}

static bool open_queue(session *s)
{
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)s->device->platform, 0};
    cl_int error;
    s->context = clCreateContext(properties, 1, &s->device->id, NULL, NULL, &error);
    if (!check(s, error, "clCreateContext"))
        return false;
    s->queue = clCreateCommandQueue(s->context, s->device->id, CL_QUEUE_PROFILING_ENABLE, &error);
    return check(s, error, "clCreateCommandQueue");
}

static bool make_plan(session *s, const job *todo, job_report *report)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.direction = todo->backward ? CLLRN_BACKWARD : CLLRN_FORWARD;
    problem.params = todo->params;
    problem.src = &todo->src.tensor;
    problem.dy = todo->backward ? &todo->dy.tensor : NULL;
    problem.dst = &todo->dst.tensor;
    problem.variant = todo->variant;
    problem.aliasing = CLLRN_DISJOINT;
    if (!engine_create(s->context, s->device, CLLRN_CACHE_AUTO, NULL, NULL, &s->engine) ||
        !message_check(cllrn_plan_create(s->engine, &problem, &s->plan, &error), &error))
        return false;
    report->origin = cllrn_plan_origin(s->plan, CLLRN_DISJOINT);
    report->variant = cllrn_plan_variant(s->plan, CLLRN_DISJOINT);
    report->scratch = cllrn_plan_scratch_size(s->plan, CLLRN_DISJOINT);
    return true;
}

static bool allocate(session *s, cl_mem_flags flags, uint64_t size, const char *what, cl_mem *made)
{
    const cl_ulong limit = device_number(s->device->id, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    if (limit != 0 && size > limit)
        return message_fail("%s takes %llu bytes, but a buffer on %s holds at most %llu; "
                            "use another device or --device host",
                            what, (unsigned long long)size, s->device->name,
                            (unsigned long long)limit);
    cl_int error;
    *made = clCreateBuffer(s->context, flags, (size_t)size, NULL, &error);
    return check(s, error, "clCreateBuffer");
}

static bool allocate_all(session *s, const job *todo, uint64_t scratch)
{
    return allocate(s, CL_MEM_READ_ONLY, todo->src.size, "the tensor", &s->src) &&
           (!todo->backward ||
            allocate(s, CL_MEM_READ_ONLY, todo->dy.size, "the gradient", &s->dy)) &&
           allocate(s, CL_MEM_WRITE_ONLY, todo->dst.size, "the result", &s->dst) &&
           (scratch == 0 ||
            allocate(s, CL_MEM_READ_WRITE, scratch, "the kernel's scratch", &s->scratch));
}

static bool upload(session *s, cl_mem to, const operand *from, cl_event *event)
{
    return check(
        s, clEnqueueWriteBuffer(s->queue, to, CL_FALSE, 0, from->size, from->data, 0, NULL, event),
        "clEnqueueWriteBuffer");
}

static bool download(session *s, cl_mem from, const operand *to, cl_event *event)
{
    return check(
        s, clEnqueueReadBuffer(s->queue, from, CL_FALSE, 0, to->size, to->data, 0, NULL, event),
        "clEnqueueReadBuffer");
}

static bool enqueue_kernel(session *s, bool backward, cl_event *event)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_memory src = CLLRN_MEMORY_INIT, dy = CLLRN_MEMORY_INIT, dst = CLLRN_MEMORY_INIT,
                 scratch = CLLRN_MEMORY_INIT;
    src.buffer = s->src;
    dy.buffer = s->dy;
    dst.buffer = s->dst;
    scratch.buffer = s->scratch;
    const cllrn_memory *const given = s->scratch ? &scratch : NULL;
    const cllrn_status status =
        backward
            ? cllrn_enqueue_backward(s->plan, s->queue, &src, &dy, &dst, given, 0, NULL, event,
                                     &error)
            : cllrn_enqueue_forward(s->plan, s->queue, &src, &dst, given, 0, NULL, event, &error);
    return message_check(status, &error);
}

/* The queue is in order. */
static bool enqueue_all(session *s, const job *todo)
{
    return upload(s, s->src, &todo->src, &s->events[UPLOAD_SRC]) &&
           (!todo->backward || upload(s, s->dy, &todo->dy, &s->events[UPLOAD_DY])) &&
           enqueue_kernel(s, todo->backward, &s->events[KERNEL]) &&
           download(s, s->dst, &todo->dst, &s->events[DOWNLOAD]);
}

static bool wait_for(const session *s, int command)
{
    static const char *const names[COMMANDS] = {"copying to the device", "copying to the device",
                                                "the kernel", "copying from the device"};
    return event_wait(s->events[command], s->device, names[command]);
}

static bool wait_for_all(const session *s)
{
    for (int command = 0; command < COMMANDS; ++command)
        if (s->events[command] && !wait_for(s, command))
            return false;
    return true;
}

static double duration(const session *s, int command)
{
    return event_seconds(s->events[command], s->device);
}

static double upload_duration(const session *s)
{
    const double src = duration(s, UPLOAD_SRC);
    if (src < 0 || !s->events[UPLOAD_DY])
        return src;
    const double dy = duration(s, UPLOAD_DY);
    return dy < 0 ? dy : src + dy;
}

static bool run_commands(session *s, const job *todo, job_report *report)
{
    const double begin = job_clock();
    if (!enqueue_all(s, todo) || !wait_for_all(s))
        return false;
    report->total = job_clock() - begin;
    report->upload = upload_duration(s);
    report->kernel = duration(s, KERNEL);
    report->download = duration(s, DOWNLOAD);
    return true;
}

static void release_buffer(cl_mem buffer)
{
    if (buffer)
        clReleaseMemObject(buffer);
}

/* Waits first: drivers crash when a process ends, or frees memory, with work left in a queue. */
static void close_session(session *s)
{
    if (s->queue)
        clFinish(s->queue);
    for (int i = 0; i < COMMANDS; ++i)
        if (s->events[i])
            clReleaseEvent(s->events[i]);
    cllrn_plan_destroy(s->plan);
    cllrn_engine_destroy(s->engine);
    release_buffer(s->src);
    release_buffer(s->dy);
    release_buffer(s->dst);
    release_buffer(s->scratch);
    if (s->queue)
        clReleaseCommandQueue(s->queue);
    if (s->context)
        clReleaseContext(s->context);
}

bool opencl_run(const job *todo, const device *target, job_report *report)
{
    session s = {.device = target};
    bool done = open_queue(&s) && make_plan(&s, todo, report);
    if (todo->dst.size > 0) /* OpenCL knows no empty buffers */
        done = done && allocate_all(&s, todo, report->scratch) && run_commands(&s, todo, report);
    close_session(&s);
    return done;
}
