/* SPDX-License-Identifier: Apache-2.0 */
/* The event of a command in a queue with profiling. */
#ifndef CLI_EVENT_H
#define CLI_EVENT_H

#include "device.h"

/* Waits. An error of a command shows on its event only; on failure a message was printed. */
bool event_wait(cl_event event, const device *on, const char *command);

/* When a finished command ran, in the device's nanoseconds. */
typedef struct event_span {
    cl_ulong begin, end; /* begin is after end where the device does not tell */
} event_span;

/* Rusticl (Mesa 22.3) does not tell: a timer of resolution 0, whose stamps only count. */
event_span event_when(cl_event event, const device *on);

/* Seconds a finished command took, negative where the device does not tell. */
double event_seconds(cl_event event, const device *on);

#endif
