/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OpenCL layer under which every enqueue succeeds and the command then fails.
 * CLLRN_EVENT_ERROR says where the error shows:
 *
 *   status  clGetEventInfo has CL_OUT_OF_RESOURCES for the execution status of a
 *           kernel, and clWaitForEvents succeeds
 *   wait    clWaitForEvents has CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, and
 *           the execution status is CL_COMPLETE
 */
#include "layer.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const char layer_name[] = "event_error";

static atomic_size_t errors;

static int is_asked_for(const char *how)
{
    const char *const value = getenv("CLLRN_EVENT_ERROR");
    return value != NULL && strcmp(value, how) == 0;
}

static cl_int CL_API_CALL get_event_info(cl_event event, cl_event_info info, size_t room, void *out,
                                         size_t *size_out)
{
    const cl_int code = layer_below->clGetEventInfo(event, info, room, out, size_out);
    cl_command_type type = 0;
    if (code != CL_SUCCESS || info != CL_EVENT_COMMAND_EXECUTION_STATUS || out == NULL ||
        !is_asked_for("status"))
        return code;
    if (layer_below->clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, NULL) ==
            CL_SUCCESS &&
        type == CL_COMMAND_NDRANGE_KERNEL) {
        *(cl_int *)out = CL_OUT_OF_RESOURCES;
        atomic_fetch_add(&errors, 1);
    }
    return code;
}

static cl_int CL_API_CALL wait_for_events(cl_uint count, const cl_event *events)
{
    const cl_int code = layer_below->clWaitForEvents(count, events);
    if (code != CL_SUCCESS || !is_asked_for("wait"))
        return code;
    atomic_fetch_add(&errors, 1);
    return CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
}

void layer_report(FILE *file)
{
    fprintf(file, "event_error: %zu errors\n", atomic_load(&errors));
}

void layer_put_entries(cl_icd_dispatch *table)
{
    table->clGetEventInfo = get_event_info;
    table->clWaitForEvents = wait_for_events;
}
