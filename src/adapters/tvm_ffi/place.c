/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include <inttypes.h>
#include <stdio.h>
#include <tvm/ffi/extra/c_env_api.h>

#include "engines.h"

static cllrn_status failed(cllrn_error *error, const char *call, cl_int code)
{
    error->status = CLLRN_OPENCL_FAILURE;
    error->cl_error = code;
    snprintf(error->message, sizeof error->message, "%s failed: %s", call,
             cllrn_opencl_error_string(code));
    return error->status;
}

static cllrn_status device_of(cl_context context, int32_t device_id, cl_device_id *device,
                              cllrn_error *error)
{
    enum { MOST = 64 };
    cl_device_id devices[MOST];
    size_t size = 0;
    const cl_int code =
        clGetContextInfo(context, CL_CONTEXT_DEVICES, sizeof devices, devices, &size);
    if (code != CL_SUCCESS)
        return failed(error, "clGetContextInfo", code);
    const int32_t count = (int32_t)(size / sizeof devices[0]);
    const int32_t index = count == 1 ? 0 : device_id;
    if (index < 0 || index >= count) {
        error->status = CLLRN_DEVICE_MISMATCH;
        snprintf(error->message, sizeof error->message,
                 "device_id %" PRId32 ", but the buffer's context has %" PRId32
                 " devices: set a queue, by TVMFFIEnvSetStream",
                 device_id, count);
        return error->status;
    }
    *device = devices[index];
    return CLLRN_SUCCESS;
}

cllrn_status lrn_place_of_buffer(cl_mem buffer, int32_t device_id, struct lrn_place *place,
                                 cllrn_error *error)
{
    cl_context context = NULL;
    cl_device_id device = NULL;
    cl_int code = clGetMemObjectInfo(buffer, CL_MEM_CONTEXT, sizeof context, &context, NULL);
    if (code != CL_SUCCESS)
        return failed(error, "clGetMemObjectInfo", code);
    place->queue = TVMFFIEnvGetStream(kDLOpenCL, device_id);
    if (place->queue != NULL) {
        code = clGetCommandQueueInfo(place->queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL);
        if (code != CL_SUCCESS)
            return failed(error, "clGetCommandQueueInfo", code);
    } else if (device_of(context, device_id, &device, error) != CLLRN_SUCCESS) {
        return error->status;
    }
    return lrn_engine_open(context, device, "", &place->engine, error);
}

cllrn_status lrn_place_of_name(const char *name, struct lrn_place *place, cllrn_error *error)
{
    place->queue = NULL;
    return lrn_engine_open(NULL, NULL, name, &place->engine, error);
}
