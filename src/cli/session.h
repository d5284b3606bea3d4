/* SPDX-License-Identifier: Apache-2.0 */
/* An opened device: its context, queues and engine, and waiting for its commands. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "device.h"

enum { SESSION_QUEUES = 3 };

typedef struct session {
    device device; /* DEVICE_OPENCL; or DEVICE_HOST, with all handles NULL */
    cl_context context;
    cl_command_queue queues[SESSION_QUEUES], queue; /* in-order; queue is the first */
    cllrn_engine *engine;
    bool fp64, nearest, inf_nan;
    bool quiet;
    int shown; /* how many messages of the engine were printed */
} session;

typedef struct session_options {
    int queues;    /* 1 to SESSION_QUEUES */
    bool timed;    /* events have times */
    int32_t cache; /* CLLRN_CACHE_AUTO, _ON or _OFF */
    bool quiet;    /* print no build logs */
} session_options;

/* False after a message, with nothing open. *s must not move. */
bool session_open(session *s, const device *target, session_options how);

/* Waits for all commands, then releases everything. */
void session_close(session *s);

/* Waits for all commands: drivers crash when memory is freed, or a process ends, before. */
void session_finish(const session *s);

/* Makes another engine, with the device's pack; log may be NULL. False after a message. */
bool session_engine(const session *s, int32_t cache, cllrn_log_fn log, void *log_user,
                    cllrn_engine **made);

/* Creates a buffer; messages call it `what`. Not for the host. False after a message. */
bool session_buffer(const session *s, cl_mem_flags flags, uint64_t size, const char *what,
                    cl_mem *made);

/* Releases a buffer that is not NULL. */
void session_release(cl_mem buffer);

/* True for CL_SUCCESS; else false after a message. */
bool session_check(const session *s, cl_int error, const char *call);

/*
 * Waits for the command of an event, whose status shows whether the command failed.
 * Returns the error. *what is the command's name; after an error, what failed.
 */
cl_int session_wait(cl_event event, const char **what);

/* When a finished command ran, in nanoseconds of the device's clock. */
typedef struct session_span {
    cl_ulong begin, end; /* begin > end: the device reports no times */
} session_span;

session_span session_span_of(const session *s, cl_event event);

/* Of the engine; 0 and "" for the host. */
size_t session_program_count(const session *s);
const char *session_kernel_hash(const session *s);

#endif
