/* SPDX-License-Identifier: Apache-2.0 */
#include "event.h"

#include "cl_error.h"

bool event_wait(cl_event event, const device *on, const char *command)
{
    const cl_int waited = clWaitForEvents(1, &event);
    cl_int status = CL_COMPLETE;
    const cl_int error =
        clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    /* For a driver without this query: clWaitForEvents reports a failed command too. */
    if (error != CL_INVALID_VALUE && !cl_error_check(error, "clGetEventInfo", on->name))
        return false;
    if (error == CL_SUCCESS && status < 0)
        return cl_error_check(status, command, on->name);
    return cl_error_check(waited, "clWaitForEvents", on->name);
}

event_span event_when(cl_event event, const device *on)
{
    static const event_span unknown = {1, 0};
    event_span when = unknown;
    if (device_number(on->id, CL_DEVICE_PROFILING_TIMER_RESOLUTION) == 0 ||
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof when.begin, &when.begin,
                                NULL) ||
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof when.end, &when.end, NULL))
        return unknown;
    return when;
}

double event_seconds(cl_event event, const device *on)
{
    const event_span when = event_when(event, on);
    return when.begin > when.end ? -1 : 1e-9 * (double)(when.end - when.begin);
}
