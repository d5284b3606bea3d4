/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include <cllrn.h>

#include "error.h"
#include "overlap.h"
#include "plan.h"

/* A caller's memory, resolved. */
typedef struct place {
    cl_mem root;      /* the buffer, or the parent of a sub-buffer */
    uint64_t address; /* bytes from the root's beginning to element (0, 0, ..) */
} place;

static cllrn_status check_queue(const cllrn_engine *engine, cl_command_queue queue,
                                cllrn_error *error)
{
    cl_context context = NULL;
    cl_device_id device = NULL;
    cl_int code;
    if (queue == NULL)
        return lrn_fail(error, CLLRN_INVALID_QUEUE, "enqueue forward: queue is NULL");
    code = clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL);
    if (code == CL_SUCCESS)
        code = clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL);
    if (code == CL_INVALID_COMMAND_QUEUE)
        return lrn_fail_code(error, CLLRN_INVALID_QUEUE, code, "enqueue forward: queue");
    if (code != CL_SUCCESS)
        return lrn_fail_cl(error, code, "enqueue forward: asking the queue for its context");
    if (context != engine->context)
        return lrn_fail(error, CLLRN_CONTEXT_MISMATCH,
                        "enqueue forward: the queue is of context %p, the engine of %p",
                        (void *)context, (void *)engine->context);
    if (device != engine->device)
        return lrn_fail(error, CLLRN_DEVICE_MISMATCH,
                        "enqueue forward: the queue is for device %p, the engine for %p",
                        (void *)device, (void *)engine->device);
    return CLLRN_SUCCESS;
}

static cllrn_status check_wait_list(const cllrn_engine *engine, cl_uint count, const cl_event *list,
                                    cllrn_error *error)
{
    if ((count == 0) != (list == NULL))
        return lrn_fail(error, CLLRN_INVALID_WAIT_LIST,
                        "enqueue forward: wait list is %s with a count of %" PRIu32,
                        list == NULL ? "NULL" : "given", count);
    for (cl_uint i = 0; i < count; ++i) {
        cl_context context = NULL;
        cl_int code = CL_INVALID_EVENT;
        if (list[i] != NULL)
            code = clGetEventInfo(list[i], CL_EVENT_CONTEXT, sizeof context, &context, NULL);
        if (code == CL_INVALID_EVENT)
            return lrn_fail_code(error, CLLRN_INVALID_WAIT_LIST, code,
                                 "enqueue forward: entry %" PRIu32 " of the wait list", i);
        if (code != CL_SUCCESS)
            return lrn_fail_cl(error, code,
                               "enqueue forward: asking event %" PRIu32 " for its context", i);
        if (context != engine->context)
            return lrn_fail(error, CLLRN_CONTEXT_MISMATCH,
                            "enqueue forward: event %" PRIu32
                            " of the wait list is of context %p, the engine of %p",
                            i, (void *)context, (void *)engine->context);
    }
    return CLLRN_SUCCESS;
}

/*
 * Checks one memory: a buffer of the engine's context that a kernel may use as
 * `forbidden` does not exclude, holding bytes lowest .. lowest + length - 1
 * around its offset, itself a multiple of `alignment`.
 */
static cllrn_status check_memory(const cllrn_engine *engine, const char *role,
                                 const cllrn_memory *memory, cl_mem_flags forbidden, int64_t lowest,
                                 uint64_t length, size_t alignment, place *out, cllrn_error *error)
{
    if (!LRN_READABLE(memory))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "enqueue forward: %s is NULL or not initialised: use CLLRN_MEMORY_INIT",
                        role);
    if (memory->kind != CLLRN_BUFFER)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "enqueue forward: %s has unknown kind %" PRId32
                        ", expected CLLRN_BUFFER (%d)",
                        role, memory->kind, CLLRN_BUFFER);
    if (memory->buffer == NULL)
        return lrn_fail(error, CLLRN_INVALID_BUFFER, "enqueue forward: %s has a NULL buffer", role);

    cl_mem_object_type type = 0;
    cl_mem_flags flags = 0;
    cl_context context = NULL;
    size_t size = 0, origin = 0;
    cl_mem parent = NULL;
    const struct {
        cl_mem_info info;
        size_t size;
        void *value;
    } queries[] = {
        {CL_MEM_TYPE, sizeof type, &type},
        {CL_MEM_FLAGS, sizeof flags, &flags},
        {CL_MEM_CONTEXT, sizeof context, &context},
        {CL_MEM_SIZE, sizeof size, &size},
        {CL_MEM_OFFSET, sizeof origin, &origin},
        {CL_MEM_ASSOCIATED_MEMOBJECT, sizeof parent, &parent},
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; ++i) {
        const cl_int code = clGetMemObjectInfo(memory->buffer, queries[i].info, queries[i].size,
                                               queries[i].value, NULL);
        if (code == CL_INVALID_MEM_OBJECT)
            return lrn_fail_code(error, CLLRN_INVALID_BUFFER, code, "enqueue forward: %s", role);
        if (code != CL_SUCCESS)
            return lrn_fail_cl(error, code, "enqueue forward: asking about the buffer of %s", role);
        if (queries[i].value == &type && type != CL_MEM_OBJECT_BUFFER)
            return lrn_fail(error, CLLRN_INVALID_BUFFER,
                            "enqueue forward: %s is a memory object of type 0x%x, not a buffer",
                            role, (unsigned)type);
    }
    if (context != engine->context)
        return lrn_fail(error, CLLRN_CONTEXT_MISMATCH,
                        "enqueue forward: %s is a buffer of context %p, the engine of %p", role,
                        (void *)context, (void *)engine->context);
    if (flags & forbidden)
        return lrn_fail(error, CLLRN_INVALID_BUFFER,
                        "enqueue forward: %s is a buffer that kernels may only %s", role,
                        flags & CL_MEM_READ_ONLY ? "read" : "write");
    if (memory->offset % alignment != 0)
        return lrn_fail(error, CLLRN_INVALID_OFFSET,
                        "enqueue forward: %s has offset %" PRIu64
                        ", expected a multiple of its element size %zu",
                        role, memory->offset, alignment);

    /* lowest <= 0; -lowest and length are below 2^60, so only the offset can overflow a sum. */
    const uint64_t before = (uint64_t)-lowest;
    if (memory->offset < before)
        return lrn_fail(error, CLLRN_BUFFER_TOO_SMALL,
                        "enqueue forward: %s begins %" PRIu64
                        " bytes before its buffer: offset %" PRIu64 ", negative strides reach back "
                        "%" PRIu64,
                        role, before - memory->offset, memory->offset, before);
    if (memory->offset - before > size || length > size - (memory->offset - before))
        return lrn_fail(error, CLLRN_BUFFER_TOO_SMALL,
                        "enqueue forward: %s needs %" PRIu64 " bytes from %" PRIu64
                        " on, its buffer has %zu",
                        role, length, memory->offset - before, size);
    if (!engine->facts.int64 && memory->offset / alignment > UINT32_MAX)
        return lrn_fail(error, CLLRN_UNSUPPORTED_SIZE,
                        "enqueue forward: %s has offset %" PRIu64
                        ", which needs the 64-bit integers that %s lacks",
                        role, memory->offset, engine->facts.name);
    out->root = parent != NULL ? parent : memory->buffer;
    out->address = (uint64_t)origin + memory->offset;
    return CLLRN_SUCCESS;
}

static cllrn_status check_tensor_memory(const cllrn_engine *engine, const char *role,
                                        const cllrn_memory *memory, cl_mem_flags forbidden,
                                        const cllrn_tensor *tensor, const lrn_side *side,
                                        place *out, cllrn_error *error)
{
    const size_t element = cllrn_dtype_size(tensor->dtype);
    return check_memory(engine, role, memory, forbidden, side->lowest * (int64_t)element,
                        (uint64_t)(side->highest - side->lowest + 1) * element, element, out,
                        error);
}

/* Whether `length` bytes of scratch meet the range that a tensor spans. */
static bool meets(const place *scratch, uint64_t length, const place *at, const lrn_side *side,
                  size_t element)
{
    const uint64_t begin = at->address - (uint64_t)-side->lowest * element;
    const uint64_t end = at->address + (uint64_t)(side->highest + 1) * element;
    return scratch->root == at->root && scratch->address < end && begin < scratch->address + length;
}

static cllrn_status check_scratch(const cllrn_plan *plan, const lrn_launch *launch,
                                  const cllrn_memory *scratch, const place *src, const place *dst,
                                  cllrn_error *error)
{
    place at;
    if (launch->scratch == 0)
        return CLLRN_SUCCESS;
    if (scratch == NULL)
        return lrn_fail(error, CLLRN_SCRATCH_TOO_SMALL,
                        "enqueue forward: no scratch, expected %" PRIu64 " bytes", launch->scratch);
    cllrn_status status =
        check_memory(plan->engine, "scratch", scratch, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, 0,
                     launch->scratch, sizeof(float), &at, error);
    if (status == CLLRN_BUFFER_TOO_SMALL) {
        /* The message holds both numbers already; the status is scratch's own. */
        status = CLLRN_SCRATCH_TOO_SMALL;
        if (LRN_FILLABLE(error))
            error->status = status;
    }
    if (status != CLLRN_SUCCESS)
        return status;
    if (meets(&at, launch->scratch, src, &plan->shape.src, cllrn_dtype_size(plan->src.dtype)) ||
        meets(&at, launch->scratch, dst, &plan->shape.dst, cllrn_dtype_size(plan->dst.dtype)))
        return lrn_fail(error, CLLRN_PARTIAL_OVERLAP,
                        "enqueue forward: scratch, %" PRIu64 " bytes at %" PRIu64
                        ", overlaps src or dst in the same buffer",
                        launch->scratch, at.address);
    return CLLRN_SUCCESS;
}

/* CLLRN_DISJOINT or CLLRN_IN_PLACE, or a refusal. */
static cllrn_status find_aliasing(const cllrn_plan *plan, const place *src, const place *dst,
                                  int32_t *aliasing, cllrn_error *error)
{
    *aliasing = CLLRN_DISJOINT;
    if (src->root != dst->root)
        return CLLRN_SUCCESS;
    if (src->address == dst->address && lrn_tensor_same_places(&plan->src, &plan->dst)) {
        *aliasing = CLLRN_IN_PLACE;
        return CLLRN_SUCCESS;
    }
    const int64_t distance = (int64_t)dst->address - (int64_t)src->address;
    if (lrn_overlap_between(&plan->src, &plan->dst, distance))
        return lrn_fail(error, CLLRN_PARTIAL_OVERLAP,
                        "enqueue forward: src and dst share some elements of one buffer, src at "
                        "byte %" PRIu64 ", dst at %" PRIu64 ": make them the same or disjoint",
                        src->address, dst->address);
    return CLLRN_SUCCESS;
}

/* Sets arguments one after the other; the first failure sticks. */
typedef struct argument_list {
    cl_kernel kernel;
    cl_uint next;
    cl_int code;
    bool wide;  /* an index has 64 bits */
    bool int64; /* an offset has 64 bits */
} argument_list;

static void set(argument_list *list, size_t size, const void *value)
{
    if (list->code == CL_SUCCESS)
        list->code = clSetKernelArg(list->kernel, list->next++, size, value);
}

static void set_buffer(argument_list *list, cl_mem buffer)
{
    set(list, sizeof buffer, &buffer);
}

static void set_index(argument_list *list, int64_t value)
{
    const cl_int narrow = (cl_int)value;
    const cl_long wide = value;
    set(list, list->wide ? sizeof wide : sizeof narrow,
        list->wide ? (const void *)&wide : (const void *)&narrow);
}

static void set_offset(argument_list *list, uint64_t elements)
{
    const cl_uint narrow = (cl_uint)elements;
    const cl_ulong wide = elements;
    set(list, list->int64 ? sizeof wide : sizeof narrow,
        list->int64 ? (const void *)&wide : (const void *)&narrow);
}

static void set_int(argument_list *list, cl_int value)
{
    set(list, sizeof value, &value);
}

static void set_float(argument_list *list, cl_float value)
{
    set(list, sizeof value, &value);
}

/* Axes in C order as a vector of 8, filled up behind. */
static void set_axes(argument_list *list, const int64_t *values, int count, int64_t filler)
{
    union {
        cl_long8 wide;
        cl_int8 narrow;
    } vector;
    for (int i = 0; i < 8; ++i) {
        const int64_t value = i < count ? values[i] : filler;
        if (list->wide)
            vector.wide.s[i] = value;
        else
            vector.narrow.s[i] = (cl_int)value;
    }
    set(list, list->wide ? sizeof vector.wide : sizeof vector.narrow, &vector);
}

/* The list of cl/kernel.h. */
static cl_int set_arguments(const cllrn_plan *plan, const lrn_launch *launch, cl_kernel kernel,
                            const cllrn_memory *src, const cllrn_memory *dst,
                            const cllrn_memory *scratch)
{
    const lrn_shape *shape = &plan->shape;
    const lrn_selection *selection = &launch->selection;
    argument_list list = {.kernel = kernel,
                          .code = CL_SUCCESS,
                          .wide = selection->key.wide,
                          .int64 = plan->engine->facts.int64};
    set_buffer(&list, src->buffer);
    set_buffer(&list, dst->buffer);
    set_offset(&list, src->offset / cllrn_dtype_size(plan->src.dtype));
    set_offset(&list, dst->offset / cllrn_dtype_size(plan->dst.dtype));
    set_index(&list, shape->outer);
    set_index(&list, shape->channels);
    set_index(&list, shape->inner);
    set_index(&list, shape->src.outer[0]);
    set_index(&list, shape->src.channel);
    set_index(&list, shape->src.inner);
    set_index(&list, shape->dst.outer[0]);
    set_index(&list, shape->dst.channel);
    set_index(&list, shape->dst.inner);
    set_int(&list, plan->lower);
    set_int(&list, plan->taps);
    set_int(&list, selection->tile_channels);
    set_int(&list, selection->tile_positions);
    set_float(&list, plan->scalars.scale_hi);
    set_float(&list, plan->scalars.scale_lo);
    set_float(&list, plan->scalars.k);
    set_float(&list, plan->scalars.beta_hi);
    set_float(&list, plan->scalars.beta_lo);
    set_int(&list, plan->scalars.parity);
    if (selection->general) {
        /* A kernel that needs no scratch gets dst's buffer, which is valid and not touched. */
        const bool used = launch->scratch > 0;
        set_buffer(&list, used ? scratch->buffer : dst->buffer);
        set_offset(&list, used ? scratch->offset / sizeof(float) : 0);
        set_axes(&list, shape->outer_dims, LRN_MAX_OUTER, 1);
        set_axes(&list, shape->src.outer, LRN_MAX_OUTER, 0);
        set_axes(&list, shape->dst.outer, LRN_MAX_OUTER, 0);
    }
    return list.code;
}

/* Everything but the queue has been checked: an empty tensor owes no more than an event. */
static cllrn_status enqueue_nothing(cl_command_queue queue, cl_uint wait_count,
                                    const cl_event *wait_list, cl_event *event, cllrn_error *error)
{
    cl_event marker;
    if (event == NULL)
        return CLLRN_SUCCESS;
    const cl_int code = clEnqueueMarkerWithWaitList(queue, wait_count, wait_list, &marker);
    if (code != CL_SUCCESS)
        return lrn_fail_cl(error, code, "enqueue forward: marker for an empty tensor");
    *event = marker;
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_enqueue_forward(const cllrn_plan *plan, cl_command_queue queue,
                                   const cllrn_memory *src, const cllrn_memory *dst,
                                   const cllrn_memory *scratch, cl_uint wait_count,
                                   const cl_event *wait_list, cl_event *event, cllrn_error *error)
{
    cllrn_status status;
    place src_place, dst_place;
    int32_t aliasing;

    if (plan == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "enqueue forward: plan is NULL");
    const cllrn_engine *engine = plan->engine;
    if ((status = check_queue(engine, queue, error)) != CLLRN_SUCCESS ||
        (status = check_wait_list(engine, wait_count, wait_list, error)) != CLLRN_SUCCESS)
        return status;
    if (plan->empty)
        return enqueue_nothing(queue, wait_count, wait_list, event, error);
    if ((status = check_tensor_memory(engine, "src", src, CL_MEM_WRITE_ONLY, &plan->src,
                                      &plan->shape.src, &src_place, error)) != CLLRN_SUCCESS ||
        (status = check_tensor_memory(engine, "dst", dst, CL_MEM_READ_ONLY, &plan->dst,
                                      &plan->shape.dst, &dst_place, error)) != CLLRN_SUCCESS ||
        (status = find_aliasing(plan, &src_place, &dst_place, &aliasing, error)) != CLLRN_SUCCESS)
        return status;
    lrn_launch *launch = lrn_plan_launch(plan, aliasing);
    if (!launch->available)
        return lrn_fail(error, CLLRN_INVALID_VARIANT,
                        "enqueue forward: the variant this plan was forced to does not run %s",
                        aliasing == CLLRN_IN_PLACE ? "in place" : "out of place");
    if ((status = check_scratch(plan, launch, scratch, &src_place, &dst_place, error)) !=
        CLLRN_SUCCESS)
        return status;

    cl_kernel kernel = NULL;
    if ((status = lrn_launch_take_kernel(launch, "enqueue forward", &kernel, error)) !=
        CLLRN_SUCCESS)
        return status;
    cl_event done = NULL;
    cl_int code = set_arguments(plan, launch, kernel, src, dst, scratch);
    if (code != CL_SUCCESS) {
        status = lrn_fail_cl(error, code, "enqueue forward: setting the arguments of %s",
                             launch->selection.kernel);
    } else {
        code = clEnqueueNDRangeKernel(queue, kernel, 3, NULL, launch->selection.global,
                                      launch->selection.local, wait_count, wait_list,
                                      event != NULL ? &done : NULL);
        if (code != CL_SUCCESS)
            status = lrn_fail_cl(error, code, "enqueue forward: launching %s of %zu x %zu x %zu",
                                 launch->selection.kernel, launch->selection.global[0],
                                 launch->selection.global[1], launch->selection.global[2]);
    }
    lrn_launch_put_kernel(launch, kernel);
    if (status == CLLRN_SUCCESS && event != NULL)
        *event = done;
    return status;
}
