/* SPDX-License-Identifier: Apache-2.0 */
/* The event of a command in a queue with profiling. */
#ifndef CLI_EVENT_H
#define CLI_EVENT_H

#include "device.h"

/* Waits. An error of a command shows on its event only; on failure a message was printed. */
bool event_wait(cl_event event, const device *on, const char *command);

/*
 * Seconds a finished command took, negative where the device does not tell:
 * rusticl (Mesa 22.3) has a timer of resolution 0, whose stamps only count.
 */
double event_seconds(cl_event event, const device *on);

#endif
