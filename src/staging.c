/* SPDX-License-Identifier: Apache-2.0 */
#include "staging.h"

#include <inttypes.h>
#include <stdlib.h>

#include "memory.h"
#include "size.h"
#include "tensor.h"

/* ------------------------------------------------------------------------- decisions */

/* Whether an operand is at an address of the process, whatever OpenCL calls such memory. */
static bool is_pointer(const cllrn_memory *memory)
{
    return LRN_READABLE(memory) && memory->kind != CLLRN_MEMORY_BUFFER;
}

static lrn_passage copy_of(const lrn_stage *s)
{
    return lrn_packing_has_gaps(&s->packing) ? LRN_PACKED : LRN_COPIED;
}

static cllrn_status plan_host(const lrn_core *core, lrn_stage *s, bool is_result,
                              cllrn_error *error)
{
    s->packing = lrn_packing_make(&s->tensor);
    const size_t element = s->packing.element;
    const lrn_memory_use use = {.role = s->role,
                                .element = element,
                                .below = (uint64_t)-s->packing.lowest * element,
                                .size = (uint64_t)s->packing.span * element,
                                .too_small = CLLRN_BUFFER_TOO_SMALL};
    const cllrn_status status = lrn_memory_check_host(s->given, &use, &s->address, error);
    if (status != CLLRN_SUCCESS)
        return status;
    s->begin = s->address - (uintptr_t)use.below;
    s->end = s->begin + (uintptr_t)use.size;
    const bool aligned = s->address % element == 0;
    if (aligned && core->facts.system_svm) {
        s->memory.kind = CLLRN_MEMORY_SVM;
    } else {
        /* A driver, of a CPU too, may write back all bytes of a buffer, also those of gaps. */
        const bool wrap = aligned && core->facts.shares_host_memory &&
                          !(is_result && lrn_packing_has_gaps(&s->packing));
        s->passage = wrap ? LRN_WRAPPED : copy_of(s);
        s->memory = (cllrn_memory)CLLRN_MEMORY_INIT;
    }
    return CLLRN_SUCCESS;
}

/*
 * OpenCL leaves undefined what commands do on buffers that overlap in host
 * memory, so such operands share one. A buffer begins aligned to the element of
 * all of its operands, hence a source of another size is copied instead.
 */
static void share_buffers(lrn_stage *stages)
{
    for (int pass = 0; pass < LRN_STAGES - 1; ++pass)
        for (int i = 0; i < LRN_STAGES; ++i)
            for (int j = i + 1; j < LRN_STAGES; ++j) {
                lrn_stage *const a = &stages[i], *const b = &stages[j];
                if (a->passage != LRN_WRAPPED || b->passage != LRN_WRAPPED || a->begin >= b->end ||
                    b->begin >= a->end)
                    continue;
                if (a->packing.element != b->packing.element) {
                    a->passage = copy_of(a);
                    continue;
                }
                a->begin = b->begin = a->begin < b->begin ? a->begin : b->begin;
                a->end = b->end = a->end > b->end ? a->end : b->end;
            }
}

/* cllrn_enqueue cannot see how copies lay in host memory. */
static cllrn_status check_overlap(const lrn_stage *source, const lrn_stage *dst, cllrn_error *error)
{
    if (source->address == 0 || dst->address == 0 ||
        (source->address == dst->address &&
         lrn_tensor_same_layout(&source->tensor, &dst->tensor)) ||
        !lrn_tensor_overlap(&source->tensor, &dst->tensor,
                            (int64_t)(dst->address - source->address)))
        return CLLRN_SUCCESS;
    return lrn_fail(error, CLLRN_PARTIAL_OVERLAP,
                    "run: %s at %p and dst at %p share some elements of host memory: make them the "
                    "same or disjoint",
                    source->role, (void *)source->address, (void *)dst->address);
}

cllrn_status lrn_staging_plan(lrn_staging *staging, const lrn_core *core,
                              const cllrn_problem *problem, const cllrn_operands *operands,
                              cllrn_error *error)
{
    const struct {
        const char *role;
        const cllrn_memory *memory;
        const cllrn_tensor *tensor;
    } rows[LRN_STAGES] = {{"src", operands->src, problem->src},
                          {"dy", operands->dy, problem->dy},
                          {"dst", operands->dst, problem->dst}};
    lrn_stage *const stages = staging->stages, *const dst = &stages[LRN_STAGE_DST];
    bool host = false;
    cllrn_status status = CLLRN_SUCCESS;
    *staging = (lrn_staging){.core = core};
    for (int i = 0; i < LRN_STAGES && status == CLLRN_SUCCESS; ++i) {
        lrn_stage *const s = &stages[i];
        s->role = rows[i].role;
        s->given = rows[i].memory;
        if (rows[i].tensor != NULL)
            s->tensor = *rows[i].tensor;
        if (rows[i].tensor == NULL || !LRN_READABLE(s->given))
            continue; /* cllrn_enqueue refuses the operand where it needs it */
        s->memory = *s->given;
        if (s->given->kind == CLLRN_MEMORY_HOST) {
            status = plan_host(core, s, s == dst, error);
            host = true;
        } else if (is_pointer(s->given)) {
            s->address = (uintptr_t)s->given->pointer + (uintptr_t)s->given->offset;
        }
    }
    if (!host || status != CLLRN_SUCCESS)
        return status;
    for (int i = 0; i < LRN_STAGE_DST && status == CLLRN_SUCCESS; ++i)
        status = check_overlap(&stages[i], dst, error);
    share_buffers(stages);
    for (int i = 0; i < LRN_STAGES; ++i)
        staging->waits = staging->waits || stages[i].passage != LRN_GIVEN;
    return status;
}

/* --------------------------------------------------------------------------- buffers */

cllrn_status lrn_staging_buffer(const lrn_core *core, const char *role, cl_mem_flags flags,
                                uint64_t size, void *host, cl_mem *buffer, cllrn_error *error)
{
    cl_int code = CL_INVALID_BUFFER_SIZE;
    size_t bytes;
    *buffer =
        lrn_size(size, 1, &bytes) ? clCreateBuffer(core->context, flags, bytes, host, &code) : NULL;
    if (*buffer != NULL)
        return CLLRN_SUCCESS;
    return lrn_fail_cl(error, code, "run: making a buffer of %" PRIu64 " bytes for %s", size, role);
}

/* Wraps host memory, unless an earlier stage did. */
static cllrn_status wrap(lrn_staging *staging, lrn_stage *s, cllrn_error *error)
{
    const lrn_stage *const dst = &staging->stages[LRN_STAGE_DST];
    s->memory.offset = s->address - s->begin;
    for (lrn_stage *other = staging->stages; other < s; ++other)
        if (other->passage == LRN_WRAPPED && other->begin == s->begin) {
            s->memory.buffer = other->memory.buffer;
            return CLLRN_SUCCESS;
        }
    const bool written = dst->passage == LRN_WRAPPED && dst->begin == s->begin;
    return lrn_staging_buffer(staging->core, s->role,
                              CL_MEM_USE_HOST_PTR |
                                  (written ? CL_MEM_READ_WRITE : CL_MEM_READ_ONLY),
                              s->end - s->begin, (void *)s->begin, &s->buffer, error);
}

static cllrn_status out_of_memory(const lrn_stage *s, cllrn_error *error)
{
    return lrn_fail(error, CLLRN_OUT_OF_MEMORY,
                    "run: no memory for the %" PRId64 " elements of %s without gaps",
                    s->packing.elements, s->role);
}

static cllrn_status copy(lrn_staging *staging, lrn_stage *s, cllrn_error *error)
{
    const bool is_result = s == &staging->stages[LRN_STAGE_DST];
    const uint64_t size = (uint64_t)s->packing.elements * s->packing.element;
    s->memory.offset = s->address - s->begin;
    if (s->passage == LRN_PACKED) {
        s->memory.offset = 0;
        s->tensor = s->packing.tensor;
        s->packed = lrn_size_alloc((uint64_t)s->packing.elements, s->packing.element);
        if (s->packed == NULL)
            return out_of_memory(s, error);
        if (!is_result)
            lrn_packing_gather(&s->packing, (const void *)s->address, s->packed);
    }
    const cl_mem_flags flags =
        is_result ? CL_MEM_READ_WRITE : CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR;
    const cllrn_status status = lrn_staging_buffer(
        staging->core, s->role, flags, s->passage == LRN_PACKED ? size : s->end - s->begin,
        is_result           ? NULL
        : s->packed != NULL ? s->packed
                            : (void *)s->begin,
        &s->buffer, error);
    if (!is_result) {
        free(s->packed);
        s->packed = NULL;
    }
    return status;
}

cllrn_status lrn_staging_open(lrn_staging *staging, cllrn_error *error)
{
    cllrn_status status = CLLRN_SUCCESS;
    for (lrn_stage *s = staging->stages;
         s < staging->stages + LRN_STAGES && status == CLLRN_SUCCESS; ++s) {
        if (s->passage == LRN_GIVEN)
            continue;
        status = (s->passage == LRN_WRAPPED ? wrap : copy)(staging, s, error);
        if (s->buffer != NULL)
            s->memory.buffer = s->buffer;
    }
    return status;
}

void lrn_staging_close(lrn_staging *staging)
{
    for (int i = 0; i < LRN_STAGES; ++i) {
        if (staging->stages[i].buffer != NULL)
            clReleaseMemObject(staging->stages[i].buffer);
        free(staging->stages[i].packed);
    }
}

/* ---------------------------------------------------------------------------- result */

/* OpenCL shows the host what a kernel wrote to a wrapped buffer by mapping it. */
static cllrn_status map(const lrn_stage *s, cl_command_queue queue, cl_event kernel, cl_event *done,
                        cllrn_error *error)
{
    const size_t element = s->packing.element, size = (size_t)s->packing.span * element;
    const size_t offset = (size_t)s->memory.offset - (size_t)-s->packing.lowest * element;
    cl_event mapped = NULL;
    cl_int code = CL_SUCCESS;
    void *const at = clEnqueueMapBuffer(queue, s->memory.buffer, CL_FALSE, CL_MAP_READ, offset,
                                        size, 1, &kernel, &mapped, &code);
    if (code != CL_SUCCESS)
        return lrn_fail_cl(error, code, "run: mapping dst");
    code = clEnqueueUnmapMemObject(queue, s->memory.buffer, at, 1, &mapped, done);
    if (code != CL_SUCCESS)
        clWaitForEvents(1, &mapped);
    clReleaseEvent(mapped);
    return code == CL_SUCCESS ? CLLRN_SUCCESS : lrn_fail_cl(error, code, "run: unmapping dst");
}

static cllrn_status read(const lrn_stage *s, cl_command_queue queue, cl_event kernel,
                         cl_event *done, cllrn_error *error)
{
    const bool packed = s->passage == LRN_PACKED;
    const size_t size = (size_t)s->packing.elements * s->packing.element;
    const cl_int code =
        clEnqueueReadBuffer(queue, s->buffer, packed ? CL_TRUE : CL_FALSE, 0, size,
                            packed ? s->packed : (void *)s->begin, 1, &kernel, done);
    if (code != CL_SUCCESS)
        return lrn_fail_cl(error, code, "run: copying dst from the device");
    if (packed)
        lrn_packing_scatter(&s->packing, s->packed, (void *)s->address);
    return CLLRN_SUCCESS;
}

cllrn_status lrn_staging_fetch(lrn_staging *staging, cl_command_queue queue, cl_event kernel,
                               cl_event *done, cllrn_error *error)
{
    const lrn_stage *const dst = &staging->stages[LRN_STAGE_DST];
    cl_event event = NULL;
    *done = NULL;
    if (dst->passage == LRN_GIVEN)
        return CLLRN_SUCCESS;
    const cllrn_status status =
        (dst->passage == LRN_WRAPPED ? map : read)(dst, queue, kernel, &event, error);
    if (status == CLLRN_SUCCESS)
        *done = event;
    return status;
}
