/* SPDX-License-Identifier: Apache-2.0 */
#include "cllrn_tvm_ffi.h"

#include <inttypes.h>
#include <stdio.h>

#include "arguments.h"
#include "error.h"
#include "options.h"
#include "place.h"

enum operand { SRC, DST, DY, OPERANDS };

struct function {
    const char *name;
    const char *signature;
    cllrn_direction direction;
    int32_t tensors;                    /* arguments before the options */
    enum operand operands[OPERANDS];    /* what they are, */
    const char *tensor_names[OPERANDS]; /* and their names */
};

static const struct function forward = {
    .name = "lrn",
    .signature = "lrn(x, y, " LRN_OPTIONS ")",
    .direction = CLLRN_DIRECTION_FORWARD,
    .tensors = 2,
    .operands = {SRC, DST},
    .tensor_names = {"x", "y"},
};

static const struct function backward = {
    .name = "lrn_backward",
    .signature = "lrn_backward(x, dy, dx, " LRN_OPTIONS ")",
    .direction = CLLRN_DIRECTION_BACKWARD,
    .tensors = 3,
    .operands = {SRC, DY, DST},
    .tensor_names = {"x", "dy", "dx"},
};

struct tensors {
    const DLTensor *dl[OPERANDS]; /* NULL: there is none */
    cllrn_tensor tensor[OPERANDS];
    cllrn_memory memory[OPERANDS];
};

static bool read_tensors(const struct function *function, struct lrn_arguments *arguments,
                         struct tensors *tensors)
{
    for (int32_t i = 0; i < function->tensors; ++i)
        if (!lrn_argument_tensor(arguments, function->tensor_names[i],
                                 &tensors->dl[function->operands[i]]))
            return false;
    return true;
}

static bool convert_tensors(const struct function *function, int32_t channel_axis,
                            struct tensors *tensors)
{
    for (int32_t i = 0; i < function->tensors; ++i) {
        const enum operand operand = function->operands[i];
        const cllrn_tensor tensor = CLLRN_TENSOR_INIT;
        const cllrn_memory memory = CLLRN_MEMORY_INIT;
        cllrn_error error = CLLRN_ERROR_INIT;
        tensors->tensor[operand] = tensor;
        tensors->memory[operand] = memory;
        if (cllrn_tensor_from_dlpack(tensors->dl[operand], channel_axis, &tensors->tensor[operand],
                                     &tensors->memory[operand], &error) != CLLRN_SUCCESS) {
            char where[32];
            snprintf(where, sizeof where, "%s: %s", function->name, function->tensor_names[i]);
            return lrn_fail_status(where, &error);
        }
    }
    return true;
}

/* The first tensor of a kind of memory that has any: an empty one may have none. */
static const DLTensor *find_tensor(const struct tensors *tensors, cllrn_memory_kind kind)
{
    for (int i = 0; i < OPERANDS; ++i)
        if (tensors->dl[i] != NULL && tensors->memory[i].kind == kind &&
            tensors->dl[i]->data != NULL)
            return tensors->dl[i];
    return NULL;
}

static bool run(const struct function *function, const struct lrn_options *options,
                const cllrn_params *params, const struct tensors *tensors)
{
    const DLTensor *buffer = find_tensor(tensors, CLLRN_MEMORY_BUFFER);
    struct lrn_place place;
    cllrn_error error = CLLRN_ERROR_INIT;
    if (buffer != NULL && options->device[0] != '\0')
        return lrn_fail("ValueError", function->name,
                        "a device is named, but a tensor is on one already: omit the device");
    if ((buffer != NULL
             ? lrn_place_of_buffer(buffer->data, buffer->device.device_id, &place, &error)
             : lrn_place_of_name(options->device, &place, &error)) != CLLRN_SUCCESS)
        return lrn_fail_status(function->name, &error);

    const bool gradient = tensors->dl[DY] != NULL;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    cllrn_operands operands = CLLRN_OPERANDS_INIT;
    problem.direction = function->direction;
    problem.params = params;
    problem.src = &tensors->tensor[SRC];
    problem.dst = &tensors->tensor[DST];
    problem.dy = gradient ? &tensors->tensor[DY] : NULL;
    operands.src = &tensors->memory[SRC];
    operands.dst = &tensors->memory[DST];
    operands.dy = gradient ? &tensors->memory[DY] : NULL;

    /* On a stream, what follows waits for the result; host memory has to be complete. */
    const bool wait = place.queue == NULL || find_tensor(tensors, CLLRN_MEMORY_HOST) != NULL;
    cl_event done = NULL;
    const cllrn_status status = cllrn_run(place.engine, place.queue, &problem, &operands, 0, NULL,
                                          wait ? NULL : &done, &error);
    if (done != NULL)
        clReleaseEvent(done);
    cllrn_engine_destroy(place.engine);
    return status == CLLRN_SUCCESS || lrn_fail_status(function->name, &error);
}

static bool count_fits(const struct function *function, int32_t count)
{
    const int32_t most = function->tensors + LRN_OPTION_COUNT;
    if (count >= function->tensors && count <= most)
        return true;
    char message[256];
    snprintf(message, sizeof message,
             "%" PRId32 " arguments, expected %" PRId32 " to %" PRId32 ": %s", count,
             function->tensors, most, function->signature);
    return lrn_fail("TypeError", function->name, message);
}

static int call(const struct function *function, const TVMFFIAny *values, int32_t count)
{
    struct lrn_arguments arguments = {function->name, values, count, 0};
    struct tensors tensors = {.dl = {NULL}};
    struct lrn_options options;
    cllrn_params params = CLLRN_PARAMS_INIT;
    const bool good =
        count_fits(function, count) && read_tensors(function, &arguments, &tensors) &&
        lrn_options_read(&arguments, &options) &&
        convert_tensors(function, (int32_t)options.channel_axis, &tensors) &&
        lrn_options_params(function->name, &options, tensors.tensor[SRC].rank, &params) &&
        run(function, &options, &params, &tensors);
    return good ? 0 : -1;
}

int __tvm_ffi_lrn(void *self, const TVMFFIAny *arguments, int32_t count, TVMFFIAny *result)
{
    (void)self, (void)result; /* which is None */
    return call(&forward, arguments, count);
}

int __tvm_ffi_lrn_backward(void *self, const TVMFFIAny *arguments, int32_t count, TVMFFIAny *result)
{
    (void)self, (void)result;
    return call(&backward, arguments, count);
}

static int make_global(const char *name, size_t length, TVMFFISafeCallType function)
{
    const TVMFFIByteArray key = {name, length};
    TVMFFIObjectHandle object = NULL;
    if (TVMFFIFunctionCreate(NULL, function, NULL, &object) != 0)
        return -1;
    const int failed = TVMFFIFunctionSetGlobal(&key, object, 1);
    TVMFFIObjectDecRef(object);
    return failed == 0 ? 0 : -1;
}

int cllrn_tvm_ffi_register(void)
{
    static const char lrn[] = "cllrn.lrn", lrn_backward[] = "cllrn.lrn_backward";
    if (make_global(lrn, sizeof lrn - 1, __tvm_ffi_lrn) != 0)
        return -1;
    return make_global(lrn_backward, sizeof lrn_backward - 1, __tvm_ffi_lrn_backward);
}

int __tvm_ffi_register(void *self, const TVMFFIAny *arguments, int32_t count, TVMFFIAny *result)
{
    (void)self, (void)arguments, (void)result;
    if (count != 0) {
        lrn_fail("TypeError", "register", "it has no arguments");
        return -1;
    }
    return cllrn_tvm_ffi_register();
}
