/* SPDX-License-Identifier: Apache-2.0 */
#include "subject.h"

#include "cl_error.h"
#include "engine.h"
#include "message.h"
#include "printable.h"

#include "../size.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_MESSAGES = 2 };

static void print_log(const char *message)
{
    printable_print(stderr, message);
    fputc('\n', stderr);
}

/* Prints the first build failure and its log only, since the others are much the same. */
static void show_first_log(void *user, int32_t level, const char *message)
{
    subject *const s = user;
    if (level <= CLLRN_LOG_ERROR && !s->quiet && s->shown++ < SHOWN_MESSAGES)
        print_log(message);
}

static void ask(subject *s)
{
    const cl_device_id id = s->device.id;
    const cl_ulong config = device_number(id, CL_DEVICE_SINGLE_FP_CONFIG);
    s->nearest = (config & CL_FP_ROUND_TO_NEAREST) != 0;
    s->inf_nan = (config & CL_FP_INF_NAN) != 0;
    char profile[64];
    device_text(id, CL_DEVICE_PROFILE, profile, sizeof profile);
    /* Plans refuse float64 on the EMBEDDED profile too, extension or not. */
    s->fp64 = device_has_extension(id, "cl_khr_fp64") && strncmp(profile, "EMBEDDED", 8) != 0;
    device_text(id, CL_DRIVER_VERSION, s->driver, sizeof s->driver);
    device_text(id, CL_DEVICE_VERSION, s->version, sizeof s->version);
}

static bool open_engine(subject *s)
{
    /* Without --cache, verify and bench run what the compiler makes now. */
    const int32_t cache = s->device.cached ? CLLRN_CACHE_ON : CLLRN_CACHE_OFF;
    return engine_create(s->context, &s->device, cache, show_first_log, s, &s->engine);
}

static bool open_device(subject *s, cl_command_queue_properties queue)
{
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)s->device.platform, 0};
    cl_int error;
    s->context = clCreateContext(properties, 1, &s->device.id, NULL, NULL, &error);
    if (!cl_error_check(error, "clCreateContext", s->device.name))
        return false;
    s->queue = clCreateCommandQueue(s->context, s->device.id, queue, &error);
    return cl_error_check(error, "clCreateCommandQueue", s->device.name) && open_engine(s);
}

bool subject_open(subject *s, const device *target, cl_command_queue_properties queue, bool quiet)
{
    memset(s, 0, sizeof *s);
    s->device = *target;
    s->quiet = quiet;
    if (target->kind == DEVICE_HOST) {
        s->fp64 = s->nearest = s->inf_nan = true;
        return true;
    }
    ask(s);
    if (open_device(s, queue))
        return true;
    subject_close(s);
    return false;
}

void subject_close(subject *s)
{
    if (s->queue)
        clFinish(s->queue);
    cllrn_engine_destroy(s->engine);
    if (s->queue)
        clReleaseCommandQueue(s->queue);
    if (s->context)
        clReleaseContext(s->context);
    memset(s, 0, sizeof *s);
}

bool subject_buffer(const subject *s, uint64_t size, const char *what, cl_mem *made)
{
    const cl_ulong limit = device_number(s->device.id, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    if (limit != 0 && size > limit)
        return message_fail("%s takes %llu bytes, but a buffer on %s holds at most %llu", what,
                            (unsigned long long)size, s->device.name, (unsigned long long)limit);
    size_t bytes;
    if (!lrn_size(size, 1, &bytes))
        return message_fail("%s takes %" PRIu64 " bytes, more than this process can address", what,
                            size);
    cl_int error;
    *made = clCreateBuffer(s->context, CL_MEM_READ_WRITE, bytes, NULL, &error);
    return cl_error_check(error, "clCreateBuffer", s->device.name);
}

size_t subject_program_count(const subject *s)
{
    return s->engine ? cllrn_engine_programs_made(s->engine) : 0;
}

const char *subject_kernel_hash(const subject *s)
{
    return s->engine ? cllrn_engine_kernel_hash(s->engine) : "";
}
