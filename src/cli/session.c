/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "message.h"
#include "printable.h"

#include "../size.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_MESSAGES = 2 };

bool session_check(const session *s, cl_int error, const char *call)
{
    return message_check_opencl(error, call, s->device.name);
}

/* ----------------------------------------------------------------------- open */

/* Prints the first build failure and its log only, since the others are much the same. */
static void show_first_log(void *user, int32_t level, const char *message)
{
    session *const s = user;
    if (level > CLLRN_LOG_ERROR || s->quiet || s->shown++ >= SHOWN_MESSAGES)
        return;
    printable_print(stderr, message);
    fputc('\n', stderr);
}

bool session_engine(const session *s, int32_t cache, cllrn_log_fn log, void *log_user,
                    cllrn_engine **made)
{
    const device *const on = &s->device;
    cllrn_engine_options options = CLLRN_ENGINE_OPTIONS_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    options.log = log;
    options.log_user = log_user;
    options.cache = cache;
    options.pack = on->pack;
    options.any_driver = on->any_driver;
    options.any_owner = on->any_owner;
    return message_check(cllrn_engine_create(s->context, on->id, &options, made, &error), &error);
}

static bool open_device(session *s, session_options how)
{
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)s->device.platform, 0};
    cl_int error;
    s->context = clCreateContext(properties, 1, &s->device.id, NULL, NULL, &error);
    if (!session_check(s, error, "clCreateContext"))
        return false;
    for (int i = 0; i < how.queues; ++i) {
        s->queues[i] = clCreateCommandQueue(s->context, s->device.id,
                                            how.timed ? CL_QUEUE_PROFILING_ENABLE : 0, &error);
        if (!session_check(s, error, "clCreateCommandQueue"))
            return false;
    }
    s->queue = s->queues[0];
    return session_engine(s, how.cache, show_first_log, s, &s->engine);
}

bool session_open(session *s, const device *target, session_options how)
{
    memset(s, 0, sizeof *s);
    s->device = *target;
    s->quiet = how.quiet;
    if (target->kind == DEVICE_HOST) {
        s->fp64 = s->nearest = s->inf_nan = true;
        return true;
    }
    const cl_ulong config = device_number(target->id, CL_DEVICE_SINGLE_FP_CONFIG);
    s->nearest = (config & CL_FP_ROUND_TO_NEAREST) != 0;
    s->inf_nan = (config & CL_FP_INF_NAN) != 0;
    /* Plans refuse float64 on the EMBEDDED profile too, extension or not. */
    s->fp64 = device_has_extension(target->id, "cl_khr_fp64") && !target->embedded;
    if (open_device(s, how))
        return true;
    session_close(s);
    return false;
}

void session_finish(const session *s)
{
    for (int i = 0; i < SESSION_QUEUES; ++i)
        if (s->queues[i])
            clFinish(s->queues[i]);
}

void session_close(session *s)
{
    session_finish(s);
    cllrn_engine_destroy(s->engine);
    for (int i = 0; i < SESSION_QUEUES; ++i)
        if (s->queues[i])
            clReleaseCommandQueue(s->queues[i]);
    if (s->context)
        clReleaseContext(s->context);
    memset(s, 0, sizeof *s);
}

/* -------------------------------------------------------------------- buffers */

bool session_buffer(const session *s, cl_mem_flags flags, uint64_t size, const char *what,
                    cl_mem *made)
{
    const cl_ulong limit = device_number(s->device.id, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    if (limit != 0 && size > limit)
        return message_fail("%s takes %" PRIu64 " bytes, but a buffer on %s holds at most %" PRIu64
                            "; use another device, or 'cllrn run --device host'",
                            what, size, s->device.name, (uint64_t)limit);
    size_t bytes;
    if (!lrn_size(size, 1, &bytes))
        return message_fail("%s takes %" PRIu64 " bytes, more than this process can address", what,
                            size);
    cl_int error;
    *made = clCreateBuffer(s->context, flags, bytes, NULL, &error);
    return session_check(s, error, "clCreateBuffer");
}

void session_release(cl_mem buffer)
{
    if (buffer)
        clReleaseMemObject(buffer);
}

/* --------------------------------------------------------------------- events */

cl_int session_wait(cl_event event, const char **what)
{
    const cl_int waited = clWaitForEvents(1, &event);
    cl_int status = CL_COMPLETE;
    const cl_int error =
        clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    if (error == CL_SUCCESS && status < 0)
        return status;
    /* For a driver without this query: clWaitForEvents reports a failed command too. */
    const bool queried = error == CL_SUCCESS || error == CL_INVALID_VALUE;
    *what = queried ? "clWaitForEvents" : "clGetEventInfo";
    return queried ? waited : error;
}

/* Rusticl (Mesa 22.3) reports no times: its timer has resolution 0, its timestamps mean nothing. */
session_span session_span_of(const session *s, cl_event event)
{
    static const session_span unknown = {1, 0};
    session_span span = unknown;
    if (device_number(s->device.id, CL_DEVICE_PROFILING_TIMER_RESOLUTION) == 0 ||
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof span.begin, &span.begin,
                                NULL) ||
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof span.end, &span.end, NULL))
        return unknown;
    return span;
}

/* --------------------------------------------------------------------- engine */

size_t session_program_count(const session *s)
{
    return s->engine ? cllrn_engine_programs_made(s->engine) : 0;
}

const char *session_kernel_hash(const session *s)
{
    return s->engine ? cllrn_engine_kernel_hash(s->engine) : "";
}
