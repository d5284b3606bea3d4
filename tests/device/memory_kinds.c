/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operands in every kind of memory that the device has, SVM and USM, alone and
 * mixed: the same bits as on the host. What needs more than OpenCL 1.2 is looked
 * up, so that this program starts on any loader.
 */
#include "device_test.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static test_device device;

/* Constants of OpenCL 2.0 and cl_intel_unified_shared_memory. */
enum {
    SVM_CAPABILITIES = 0x1053,
    SVM_COARSE = 1 << 0,
    SVM_FINE = 1 << 1,
    SVM_SYSTEM = 1 << 2,
    SVM_FINE_FLAG = 1 << 10,
    USM_HOST_CAPABILITIES = 0x4190,
    USM_DEVICE_CAPABILITIES = 0x4191,
    USM_SHARED_CAPABILITIES = 0x4192,
};

static struct {
    void *(CL_API_CALL *svm_alloc)(cl_context, cl_bitfield, size_t, cl_uint);
    void(CL_API_CALL *svm_free)(cl_context, void *);
    cl_int(CL_API_CALL *svm_copy)(cl_command_queue, cl_bool, void *, const void *, size_t, cl_uint,
                                  const cl_event *, cl_event *);
    void *(CL_API_CALL *host_alloc)(cl_context, const cl_bitfield *, size_t, cl_uint, cl_int *);
    void *(CL_API_CALL *device_alloc)(cl_context, cl_device_id, const cl_bitfield *, size_t,
                                      cl_uint, cl_int *);
    void *(CL_API_CALL *shared_alloc)(cl_context, cl_device_id, const cl_bitfield *, size_t,
                                      cl_uint, cl_int *);
    cl_int(CL_API_CALL *usm_free)(cl_context, void *);
    cl_int(CL_API_CALL *usm_copy)(cl_command_queue, cl_bool, void *, const void *, size_t, cl_uint,
                                  const cl_event *, cl_event *);
} cl;

/* Sets *function to an OpenCL function's address; ISO C has no conversion for that. */
static void look_up(void *function, const char *name)
{
    void *address = strstr(name, "INTEL") == NULL
                        ? dlsym(RTLD_DEFAULT, name)
                        : clGetExtensionFunctionAddressForPlatform(device.platform, name);
    memcpy(function, &address, sizeof address);
}

static void look_up_all(void)
{
    look_up(&cl.svm_alloc, "clSVMAlloc");
    look_up(&cl.svm_free, "clSVMFree");
    look_up(&cl.svm_copy, "clEnqueueSVMMemcpy");
    look_up(&cl.host_alloc, "clHostMemAllocINTEL");
    look_up(&cl.device_alloc, "clDeviceMemAllocINTEL");
    look_up(&cl.shared_alloc, "clSharedMemAllocINTEL");
    look_up(&cl.usm_free, "clMemFreeINTEL");
    look_up(&cl.usm_copy, "clEnqueueMemcpyINTEL");
}

typedef enum kind {
    BUFFER,
    SVM_COARSE_GRAINED,
    SVM_FINE_GRAINED,
    SVM_ANY_MEMORY,
    USM_HOST,
    USM_DEVICE,
    USM_SHARED,
    KINDS
} kind;

static const char *const kind_names[] = {"a buffer",   "coarse-grained SVM", "fine-grained SVM",
                                         "system SVM", "USM of the host",    "USM of the device",
                                         "shared USM"};

static cl_bitfield capabilities(cl_device_info info)
{
    cl_bitfield found = 0;
    return clGetDeviceInfo(device.id, info, sizeof found, &found, NULL) == CL_SUCCESS ? found : 0;
}

static bool has_kind(kind k)
{
    const cl_bitfield svm = cl.svm_alloc != NULL ? capabilities(SVM_CAPABILITIES) : 0;
    switch (k) {
    case BUFFER:
        return true;
    case SVM_COARSE_GRAINED:
        return (svm & SVM_COARSE) != 0;
    case SVM_FINE_GRAINED:
        return (svm & SVM_FINE) != 0;
    case SVM_ANY_MEMORY:
        return (svm & SVM_SYSTEM) != 0;
    case USM_HOST:
        return cl.host_alloc != NULL && capabilities(USM_HOST_CAPABILITIES) != 0;
    case USM_DEVICE:
        return cl.device_alloc != NULL && capabilities(USM_DEVICE_CAPABILITIES) != 0;
    default:
        return cl.shared_alloc != NULL && capabilities(USM_SHARED_CAPABILITIES) != 0;
    }
}

static cllrn_memory_kind public_kind(kind k)
{
    return k == BUFFER ? CLLRN_MEMORY_BUFFER : k < USM_HOST ? CLLRN_MEMORY_SVM : CLLRN_MEMORY_USM;
}

static cllrn_memory allocate(kind k, size_t size)
{
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    cl_int code = CL_SUCCESS;
    memory.kind = public_kind(k);
    switch (k) {
    case BUFFER:
        memory.buffer = clCreateBuffer(device.context, CL_MEM_READ_WRITE, size, NULL, &code);
        break;
    case SVM_COARSE_GRAINED:
        memory.pointer = cl.svm_alloc(device.context, CL_MEM_READ_WRITE, size, 0);
        break;
    case SVM_FINE_GRAINED:
        memory.pointer = cl.svm_alloc(device.context, CL_MEM_READ_WRITE | SVM_FINE_FLAG, size, 0);
        break;
    case SVM_ANY_MEMORY:
        memory.pointer = malloc(size);
        break;
    case USM_HOST:
        memory.pointer = cl.host_alloc(device.context, NULL, size, 0, &code);
        break;
    case USM_DEVICE:
        memory.pointer = cl.device_alloc(device.context, device.id, NULL, size, 0, &code);
        break;
    default:
        memory.pointer = cl.shared_alloc(device.context, device.id, NULL, size, 0, &code);
    }
    check_cl(code, kind_names[k]);
    assert_true(memory.buffer != NULL || memory.pointer != NULL);
    return memory;
}

static void release(kind k, const cllrn_memory *memory)
{
    check_cl(clFinish(device.queue), "clFinish");
    if (k == BUFFER)
        clReleaseMemObject(memory->buffer);
    else if (k == SVM_ANY_MEMORY)
        free(memory->pointer);
    else if (memory->kind == CLLRN_MEMORY_SVM)
        cl.svm_free(device.context, memory->pointer);
    else
        cl.usm_free(device.context, memory->pointer);
}

/* Copies all of a memory from or to the host, and waits. */
static void copy(const cllrn_memory *memory, void *host, size_t size, bool to_host)
{
    void *const to = to_host ? host : memory->pointer, *const from =
                                                           to_host ? memory->pointer : host;
    if (memory->kind == CLLRN_MEMORY_BUFFER)
        check_cl(to_host ? clEnqueueReadBuffer(device.queue, memory->buffer, CL_TRUE, 0, size, host,
                                               0, NULL, NULL)
                         : clEnqueueWriteBuffer(device.queue, memory->buffer, CL_TRUE, 0, size,
                                                host, 0, NULL, NULL),
                 "copying a buffer");
    else
        check_cl((memory->kind == CLLRN_MEMORY_SVM ? cl.svm_copy : cl.usm_copy)(
                     device.queue, CL_TRUE, to, from, size, 0, NULL, NULL),
                 "copying from or to a pointer");
}

/* --------------------------------------------------------------------- problem */

enum { CHANNELS = 12, POSITIONS = 5 * 7, ELEMENTS = 2 * CHANNELS * POSITIONS, GUARD = 3 };
enum { ALL = ELEMENTS + 2 * GUARD, SIZE = ALL * sizeof(float) };

/* Numbers with GUARD others on both sides; expected: what dst's memory must hold in the end. */
typedef struct problem_data {
    cllrn_params params;
    cllrn_tensor tensor;
    bool backward, in_place;
    float src[ALL], dy[ALL], dst[ALL], expected[ALL];
} problem_data;

static void problem_make(problem_data *p, int64_t size, bool backward, bool in_place)
{
    const int64_t dims[] = {2, CHANNELS, 5, 7};
    random_t random = {3};
    cllrn_error error = CLLRN_ERROR_INIT;
    memset(p, 0, sizeof *p);
    p->params = (cllrn_params)CLLRN_PARAMS_INIT;
    p->tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
    p->backward = backward;
    p->in_place = in_place;
    check(cllrn_params_across(&p->params, CLLRN_CONVENTION_TORCH, size, 0.5, 0.75, 1.0, &error),
          &error);
    check(cllrn_tensor_set(&p->tensor, CLLRN_DTYPE_F32, 4, dims, NULL, 1, &error), &error);
    for (int i = 0; i < ALL; ++i) {
        p->src[i] = random_float(&random, -3.0f, 3.0f);
        p->dy[i] = random_float(&random, -3.0f, 3.0f);
        p->dst[i] = random_float(&random, -3.0f, 3.0f);
    }
    memcpy(p->expected, in_place ? p->src : p->dst, sizeof p->expected);
    const cllrn_tensor *const t = &p->tensor;
    check(backward
              ? cllrn_host_backward(&p->params, t, p->src + GUARD, t, p->dy + GUARD, t,
                                    p->expected + GUARD, &error)
              : cllrn_host_forward(&p->params, t, p->src + GUARD, t, p->expected + GUARD, &error),
          &error);
}

static cllrn_plan *make_plan(const problem_data *p)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    const cllrn_problem problem = uniform_problem(&p->params, &p->tensor, p->backward, p->in_place);
    cllrn_plan *plan = NULL;
    check(cllrn_plan_create(device.engine, &problem, &plan, &error), &error);
    return plan;
}

/* A memory with these numbers; its offset is that of the tensor. */
static cllrn_memory make_memory(kind k, float *numbers)
{
    cllrn_memory memory = allocate(k, SIZE);
    copy(&memory, numbers, SIZE, false);
    memory.offset = GUARD * sizeof(float);
    return memory;
}

/* Runs the plan with src and dy in one kind, dst and scratch in another, if not in place. */
static void run(const cllrn_plan *plan, problem_data *p, kind sources, kind results)
{
    float result[ALL];
    cllrn_error error = CLLRN_ERROR_INIT;
    const uint64_t need = cllrn_plan_scratch_size(plan, p->in_place ? CLLRN_ALIASING_IN_PLACE
                                                                    : CLLRN_ALIASING_DISJOINT);
    const cllrn_memory src = make_memory(sources, p->src), dy = make_memory(sources, p->dy),
                       dst = p->in_place ? src : make_memory(results, p->dst),
                       scratch = allocate(results, need > 0 ? (size_t)need : 4);
    const cllrn_operands operands =
        make_operands(&src, p->backward ? &dy : NULL, &dst, need > 0 ? &scratch : NULL);

    check(cllrn_enqueue(plan, device.queue, &operands, 0, NULL, NULL, &error), &error);

    check_cl(clFinish(device.queue), "clFinish");
    copy(&dst, result, SIZE, true);
    if (memcmp(result, p->expected, SIZE) != 0)
        fail_msg("%s%s, size %d: sources in %s, results in %s: wrong bits",
                 p->backward ? "backward" : "forward", p->in_place ? " in place" : "",
                 (int)(p->params.window[0].lower + p->params.window[0].upper + 1),
                 kind_names[sources], kind_names[results]);
    release(sources, &src);
    release(sources, &dy);
    release(results, &scratch);
    if (!p->in_place)
        release(results, &dst);
}

static void run_kinds(bool mixed)
{
    static problem_data p;
    for (int i = 0; i < 2 * 2 * 2; ++i) {
        problem_make(&p, i % 2 == 0 ? 5 : 6, i / 2 % 2, i / 4);
        cllrn_plan *const plan = make_plan(&p);
        for (int sources = 0; sources < KINDS; ++sources)
            for (int results = 0; results < KINDS; ++results)
                if ((sources != results) == mixed && has_kind(sources) && has_kind(results))
                    run(plan, &p, sources, results);
        cllrn_plan_destroy(plan);
    }
}

static void enqueue__one_kind_of_memory__same_bits(void **state)
{
    (void)state;
    for (int k = BUFFER + 1; k < KINDS; ++k)
        printf("%s: %s\n", kind_names[k], has_kind(k) ? "runs" : "not on this device");
    run_kinds(false);
}

static void enqueue__mixed_kinds_of_memory__same_bits(void **state)
{
    (void)state;
    run_kinds(true);
}

/* What the device does not have is refused before it is touched. */
static void enqueue__kind_without_support__UNSUPPORTED(void **state)
{
    static problem_data p;
    static const kind one_of[] = {SVM_COARSE_GRAINED, USM_SHARED};
    float numbers[ALL] = {0};
    (void)state;
    problem_make(&p, 5, false, true);
    cllrn_plan *const plan = make_plan(&p);
    for (int i = 0; i < 2; ++i) {
        const kind first = i == 0 ? SVM_COARSE_GRAINED : USM_HOST,
                   last = i == 0 ? SVM_ANY_MEMORY : USM_SHARED;
        bool any = false;
        for (int k = (int)first; k <= (int)last; ++k)
            any = any || has_kind((kind)k);
        if (any)
            continue;
        cllrn_error error = CLLRN_ERROR_INIT;
        cllrn_memory memory = CLLRN_MEMORY_INIT;
        memory.kind = public_kind(one_of[i]);
        memory.pointer = numbers;
        const cllrn_operands operands = make_operands(&memory, NULL, &memory, NULL);
        assert_int_equal(cllrn_enqueue(plan, device.queue, &operands, 0, NULL, NULL, &error),
                         CLLRN_UNSUPPORTED);
        assert_non_null(strstr(error.message, i == 0 ? "SVM" : "USM"));
    }
    cllrn_plan_destroy(plan);
}

/* A pointer of the process that is no USM memory. */
static void enqueue__usm_that_is_none__INVALID_BUFFER(void **state)
{
    static problem_data p;
    float numbers[ALL] = {0};
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    (void)state;
    if (!has_kind(USM_HOST))
        skip();
    problem_make(&p, 5, false, true);
    cllrn_plan *const plan = make_plan(&p);
    memory.kind = CLLRN_MEMORY_USM;
    memory.pointer = numbers;
    const cllrn_operands operands = make_operands(&memory, NULL, &memory, NULL);
    assert_int_equal(cllrn_enqueue(plan, device.queue, &operands, 0, NULL, NULL, &error),
                     CLLRN_INVALID_BUFFER);
    memory = allocate(USM_HOST, SIZE);
    memory.offset = (2 * GUARD + 1) * sizeof(float); /* one element too far */
    assert_int_equal(cllrn_enqueue(plan, device.queue, &operands, 0, NULL, NULL, &error),
                     CLLRN_BUFFER_TOO_SMALL);
    release(USM_HOST, &memory);
    cllrn_plan_destroy(plan);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enqueue__one_kind_of_memory__same_bits),
        cmocka_unit_test(enqueue__mixed_kinds_of_memory__same_bits),
        cmocka_unit_test(enqueue__kind_without_support__UNSUPPORTED),
        cmocka_unit_test(enqueue__usm_that_is_none__INVALID_BUFFER),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    test_device_open(&device);
    look_up_all();
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_device_close(&device);
    return failed;
}
