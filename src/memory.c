/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <inttypes.h>

#include "info.h"

/* Constants of cl_intel_unified_shared_memory, which older headers lack. */
enum {
    USM_UNKNOWN = 0x4196, /* types of memory */
    USM_DEVICE = 0x4198,
    USM_INFO_TYPE = 0x419A, /* queries */
    USM_INFO_BASE = 0x419B,
    USM_INFO_SIZE = 0x419C,
    USM_INFO_DEVICE = 0x419D,
};

/* Checks that the bytes used around `offset` lie within `size` bytes. */
static cllrn_status check_extent(const lrn_memory_use *use, uint64_t offset, uint64_t size,
                                 cllrn_error *error)
{
    if (offset < use->below)
        return lrn_fail(error, use->too_small,
                        "enqueue: %s begins %" PRIu64 " bytes before its memory: offset %" PRIu64
                        ", negative strides reach back %" PRIu64,
                        use->role, use->below - offset, offset, use->below);
    const uint64_t first = offset - use->below;
    if (first > size || use->size > size - first)
        return lrn_fail(error, use->too_small,
                        "enqueue: %s needs %" PRIu64 " bytes from %" PRIu64
                        " on, its memory has %" PRIu64,
                        use->role, use->size, first, size);
    return CLLRN_SUCCESS;
}

static cllrn_status check_alignment(const lrn_memory_use *use, const char *what, uint64_t value,
                                    cllrn_error *error)
{
    if (value % use->element == 0)
        return CLLRN_SUCCESS;
    return lrn_fail(error, CLLRN_INVALID_OFFSET,
                    "enqueue: %s has %s %" PRIu64 ", expected a multiple of its element size %zu",
                    use->role, what, value, use->element);
}

static cllrn_status check_buffer(const lrn_core *core, const cllrn_memory *memory,
                                 const lrn_memory_use *use, lrn_memory *out, cllrn_error *error)
{
    static const cl_mem_object_type plain = CL_MEM_OBJECT_BUFFER;
    static const cl_mem_flags unrestricted = 0;
    static const cl_mem none = NULL;
    static void *const nowhere = NULL;
    cl_mem_object_type type = 0;
    cl_mem_flags flags = 0;
    cl_context context = NULL;
    size_t size = 0, origin = 0;
    cl_mem parent = NULL;
    void *host = NULL;
    /*
     * Defaults for unknown queries: an unrestricted buffer of the engine
     * without a parent. OpenCL refuses most others.
     */
    const struct {
        cl_mem_info info;
        size_t size;
        void *value;
        const void *otherwise; /* default for an unknown query; NULL: the answer is required */
    } queries[] = {
        {CL_MEM_TYPE, sizeof type, &type, &plain},
        {CL_MEM_FLAGS, sizeof flags, &flags, &unrestricted},
        {CL_MEM_CONTEXT, sizeof context, &context, &core->context},
        {CL_MEM_SIZE, sizeof size, &size, NULL},
        {CL_MEM_ASSOCIATED_MEMOBJECT, sizeof parent, &parent, &none},
        {CL_MEM_OFFSET, sizeof origin, &origin, NULL},
        {CL_MEM_HOST_PTR, sizeof host, &host, &nowhere}, /* of the parent */
    };
    if (memory->buffer == NULL)
        return lrn_fail(error, CLLRN_INVALID_BUFFER, "enqueue: %s has a NULL buffer", use->role);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; ++i) {
        const bool of_parent = queries[i].value == &host && parent != NULL;
        /* Xilinx's runtime fails when a buffer without a parent is asked for its offset. */
        if (parent == NULL && (queries[i].value == &origin ||
                               (queries[i].value == &host && !(flags & CL_MEM_USE_HOST_PTR))))
            continue;
        cl_int code = clGetMemObjectInfo(of_parent ? parent : memory->buffer, queries[i].info,
                                         queries[i].size, queries[i].value, NULL);
        if (queries[i].otherwise != NULL)
            code = lrn_query_or(code, queries[i].value, queries[i].otherwise, queries[i].size);
        if (code == CL_INVALID_MEM_OBJECT)
            return lrn_fail_code(error, CLLRN_INVALID_BUFFER, code, "enqueue: %s", use->role);
        if (code != CL_SUCCESS)
            return lrn_fail_cl(error, code, "enqueue: asking about the buffer of %s", use->role);
        if (queries[i].value == &type && type != CL_MEM_OBJECT_BUFFER)
            return lrn_fail(error, CLLRN_INVALID_BUFFER,
                            "enqueue: %s is a memory object of type 0x%x, not a buffer", use->role,
                            (unsigned)type);
    }
    if (context != core->context)
        return lrn_fail(error, CLLRN_CONTEXT_MISMATCH,
                        "enqueue: %s is a buffer of context %p, the engine of %p", use->role,
                        (void *)context, (void *)core->context);
    if (flags & use->forbidden)
        return lrn_fail(error, CLLRN_INVALID_BUFFER,
                        "enqueue: %s is a buffer that kernels may only %s", use->role,
                        flags & CL_MEM_READ_ONLY ? "read" : "write");
    cllrn_status status = check_alignment(use, "offset", memory->offset, error);
    if (status == CLLRN_SUCCESS)
        status = check_extent(use, memory->offset, size, error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (!core->facts.int64 && memory->offset / use->element > UINT32_MAX)
        return lrn_fail(error, CLLRN_UNSUPPORTED_SIZE,
                        "enqueue: %s has offset %" PRIu64
                        ", which needs the 64-bit integers that %s lacks",
                        use->role, memory->offset, core->facts.name);
    /* A buffer of CL_MEM_USE_HOST_PTR shares the memory of pointers and of other such buffers. */
    const cl_mem root = parent != NULL ? parent : memory->buffer;
    *out = (lrn_memory){.buffer = memory->buffer,
                        .offset = memory->offset / use->element,
                        .space = host != NULL ? NULL : root,
                        .address = (uintptr_t)host + (uint64_t)origin + memory->offset};
    return CLLRN_SUCCESS;
}

/* Checks that the bytes used around `address` lie in one allocation that the device can use. */
static cllrn_status check_usm(const lrn_core *core, const cllrn_memory *memory,
                              const lrn_memory_use *use, uint64_t address, cllrn_error *error)
{
    cl_uint type = USM_UNKNOWN;
    void *base = NULL;
    size_t size = 0, found = 0;
    cl_device_id device = NULL;
    const struct {
        cl_uint info;
        size_t size;
        void *value;
    } queries[] = {
        {USM_INFO_TYPE, sizeof type, &type},
        {USM_INFO_BASE, sizeof base, &base},
        {USM_INFO_SIZE, sizeof size, &size},
        {USM_INFO_DEVICE, sizeof device, &device},
    };
    cl_int code = CL_SUCCESS;
    for (size_t i = 0; i < sizeof queries / sizeof *queries && code == CL_SUCCESS; ++i) {
        code = core->facts.usm_info(core->context, memory->pointer, queries[i].info,
                                    queries[i].size, queries[i].value, NULL);
        if (code == CL_SUCCESS && type == USM_UNKNOWN)
            return lrn_fail(error, CLLRN_INVALID_BUFFER,
                            "enqueue: %s, %p, is no USM memory of the engine's context", use->role,
                            memory->pointer);
    }
    /* Memory of a device is also that of the devices it consists of. */
    if (code == CL_SUCCESS && type == USM_DEVICE)
        code = lrn_device_find(core->device, &device, 1, &found);
    if (code == CL_SUCCESS && found == 1)
        code = lrn_device_find(device, &core->device, 1, &found);
    if (code != CL_SUCCESS)
        return lrn_fail_cl(error, code, "enqueue: asking about the USM memory of %s", use->role);
    if (found == 1)
        return lrn_fail(error, CLLRN_DEVICE_MISMATCH,
                        "enqueue: %s is memory of device %p, the engine is for %p", use->role,
                        (void *)device, (void *)core->device);
    return check_extent(use, address - (uintptr_t)base, size, error);
}

static cllrn_status get_address(const cllrn_memory *memory, const lrn_memory_use *use,
                                uint64_t *address, cllrn_error *error)
{
    const uintptr_t pointer = (uintptr_t)memory->pointer;
    if (pointer == 0)
        return lrn_fail(error, CLLRN_INVALID_BUFFER, "enqueue: %s has a NULL pointer", use->role);
    /* A sum that overflows exceeds any memory. */
    const bool overflow = memory->offset > UINTPTR_MAX - pointer;
    *address = overflow ? UINTPTR_MAX : pointer + memory->offset;
    return CLLRN_SUCCESS;
}

cllrn_status lrn_memory_check_host(const cllrn_memory *memory, const lrn_memory_use *use,
                                   uintptr_t *out, cllrn_error *error)
{
    uint64_t address = 0;
    if (memory->buffer != NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "run: %s has a buffer, but its kind is CLLRN_MEMORY_HOST: set either",
                        use->role);
    cllrn_status status = get_address(memory, use, &address, error);
    if (status == CLLRN_SUCCESS)
        status = check_extent(use, address, UINTPTR_MAX, error);
    *out = (uintptr_t)address;
    return status;
}

static cllrn_status check_pointer(const lrn_core *core, const cllrn_memory *memory,
                                  const lrn_memory_use *use, lrn_memory *out, cllrn_error *error)
{
    const bool svm = memory->kind == CLLRN_MEMORY_SVM;
    const lrn_set_pointer_fn set = svm ? core->facts.set_svm : core->facts.set_usm;
    uint64_t address = 0;
    if (set == NULL)
        return lrn_fail(error, CLLRN_UNSUPPORTED,
                        "enqueue: %s is %s pointer, which %s or the OpenCL loader does not support",
                        use->role, svm ? "an SVM" : "a USM", core->facts.name);
    cllrn_status status = get_address(memory, use, &address, error);
    if (status == CLLRN_SUCCESS)
        status = svm ? check_extent(use, address, UINTPTR_MAX, error)
                     : check_usm(core, memory, use, address, error);
    if (status == CLLRN_SUCCESS)
        status = check_alignment(use, "address", address, error);
    if (status == CLLRN_SUCCESS)
        *out = (lrn_memory){.pointer = (const char *)memory->pointer + memory->offset - use->below,
                            .set = set,
                            .offset = use->below / use->element,
                            .address = address};
    return status;
}

cllrn_status lrn_memory_check(const lrn_core *core, const cllrn_memory *memory,
                              const lrn_memory_use *use, lrn_memory *out, cllrn_error *error)
{
    if (!LRN_READABLE(memory))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "enqueue: %s is NULL or not initialised: use CLLRN_MEMORY_INIT", use->role);
    if (memory->kind == CLLRN_MEMORY_HOST)
        return lrn_fail(error, CLLRN_UNSUPPORTED,
                        "enqueue: %s is host memory, which only cllrn_run takes, and for tensors "
                        "only",
                        use->role);
    if (memory->kind < CLLRN_MEMORY_BUFFER || memory->kind > CLLRN_MEMORY_USM)
        return lrn_fail(
            error, CLLRN_INVALID_ARGUMENT,
            "enqueue: %s has unknown kind %" PRId32 ", expected CLLRN_MEMORY_BUFFER (%d), "
            "CLLRN_MEMORY_SVM (%d) or CLLRN_MEMORY_USM (%d)",
            use->role, memory->kind, CLLRN_MEMORY_BUFFER, CLLRN_MEMORY_SVM, CLLRN_MEMORY_USM);
    const bool is_buffer = memory->kind == CLLRN_MEMORY_BUFFER;
    if (is_buffer ? memory->pointer != NULL : memory->buffer != NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "enqueue: %s has a %s, but its kind is %s: set either", use->role,
                        is_buffer ? "pointer" : "buffer",
                        is_buffer ? "CLLRN_MEMORY_BUFFER" : "that of a pointer");
    const cllrn_status status =
        (is_buffer ? check_buffer : check_pointer)(core, memory, use, out, error);
    if (status == CLLRN_SUCCESS) {
        out->begin = out->address - use->below;
        out->end = out->begin + use->size;
    }
    return status;
}

cl_int lrn_memory_set_argument(const lrn_memory *memory, cl_kernel kernel, cl_uint index)
{
    if (memory->buffer == NULL)
        return memory->set(kernel, index, memory->pointer);
    return clSetKernelArg(kernel, index, sizeof memory->buffer, &memory->buffer);
}
