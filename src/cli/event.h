/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for a command by its event, and reads its profiling times. */
#ifndef CLI_EVENT_H
#define CLI_EVENT_H

#include "device.h"

/*
 * Waits for the event. Checks its execution status too, since only the event shows that a
 * command failed. False after a message.
 */
bool event_wait(cl_event event, const device *on, const char *command);

/* When a finished command ran, in nanoseconds of the device's clock. */
typedef struct event_span {
    cl_ulong begin, end; /* begin > end: the device reports no times */
} event_span;

/*
 * The times of a finished command. Rusticl (Mesa 22.3) reports none: its timer has
 * resolution 0, and its timestamps are mere counters.
 */
event_span event_when(cl_event event, const device *on);

/* The duration of a finished command in seconds; negative where the device reports none. */
double event_seconds(cl_event event, const device *on);

#endif
