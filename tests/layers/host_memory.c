/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OpenCL layer that changes how devices get at the host's memory: none has SVM.
 * CLLRN_LAYER_MEMORY says what else:
 *
 *   discrete  devices call themselves GPUs with a memory of their own
 *   remote    devices have a memory of their own, whatever they call themselves
 *   shared    devices share the host's memory, but a buffer of CL_MEM_USE_HOST_PTR is
 *             a copy, which goes back to the host only when the buffer is mapped, as
 *             OpenCL allows; and a buffer of CL_MEM_ALLOC_HOST_PTR is mapped each time
 *             at another address, which is a copy until it is unmapped
 *   unpinned  no buffer of CL_MEM_ALLOC_HOST_PTR can be made
 */
#include "layer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

const char layer_name[] = "host memory";

enum { SVM_CAPABILITIES = 0x1053, MOST_BUFFERS = 1 << 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    cl_mem buffer; /* of CL_MEM_USE_HOST_PTR, below the layer a copy */
    void *host;
} wrapped[MOST_BUFFERS];
static size_t wrapped_count;
static struct {
    size_t wrapped, copied, mapped, read;
} seen;

static bool is(const char *kind)
{
    const char *const value = getenv("CLLRN_LAYER_MEMORY");
    return value != NULL && strcmp(value, kind) == 0;
}

static cl_int CL_API_CALL get_device_info(cl_device_id device, cl_device_info info, size_t room,
                                          void *out, size_t *size_out)
{
    switch (info) {
    case SVM_CAPABILITIES:
        LAYER_ANSWER(cl_bitfield, 0);
    case CL_DEVICE_HOST_UNIFIED_MEMORY:
        LAYER_ANSWER(cl_bool, !is("discrete") && !is("remote"));
    case CL_DEVICE_TYPE:
        if (is("discrete"))
            LAYER_ANSWER(cl_device_type, CL_DEVICE_TYPE_GPU);
        break;
    default:
        break;
    }
    return layer_below->clGetDeviceInfo(device, info, room, out, size_out);
}

/* Remembers the newest host memory of a handle, or that it has none. */
static void remember(cl_mem buffer, void *host)
{
    pthread_mutex_lock(&lock);
    size_t at = 0;
    while (at < wrapped_count && wrapped[at].buffer != buffer)
        ++at;
    if (at < MOST_BUFFERS && (at < wrapped_count || host != NULL)) {
        wrapped[at].buffer = buffer;
        wrapped[at].host = host;
        wrapped_count += at == wrapped_count;
    }
    pthread_mutex_unlock(&lock);
}

static void *host_of(cl_mem buffer)
{
    void *host = NULL;
    pthread_mutex_lock(&lock);
    for (size_t at = 0; at < wrapped_count && host == NULL; ++at)
        if (wrapped[at].buffer == buffer)
            host = wrapped[at].host;
    pthread_mutex_unlock(&lock);
    return host;
}

static void count(size_t *counter)
{
    pthread_mutex_lock(&lock);
    ++*counter;
    pthread_mutex_unlock(&lock);
}

static cl_mem CL_API_CALL create_buffer(cl_context context, cl_mem_flags flags, size_t size,
                                        void *host, cl_int *code)
{
    const bool wraps = (flags & CL_MEM_USE_HOST_PTR) != 0;
    if (is("unpinned") && (flags & CL_MEM_ALLOC_HOST_PTR) != 0) {
        if (code != NULL)
            *code = CL_MEM_OBJECT_ALLOCATION_FAILURE;
        return NULL;
    }
    if (wraps)
        flags = (flags & ~(cl_mem_flags)CL_MEM_USE_HOST_PTR) | CL_MEM_COPY_HOST_PTR;
    if (host != NULL)
        count(wraps ? &seen.wrapped : &seen.copied);
    const cl_mem made = layer_below->clCreateBuffer(context, flags, size, host, code);
    if (made != NULL)
        remember(made, wraps ? host : NULL);
    return made;
}

static cl_int CL_API_CALL get_mem_object_info(cl_mem buffer, cl_mem_info info, size_t room,
                                              void *out, size_t *size_out)
{
    void *const host = host_of(buffer);
    if (host != NULL && info == CL_MEM_HOST_PTR)
        return layer_answer(&host, sizeof host, room, out, size_out);
    const cl_int code = layer_below->clGetMemObjectInfo(buffer, info, room, out, size_out);
    if (host != NULL && info == CL_MEM_FLAGS && code == CL_SUCCESS && out != NULL)
        *(cl_mem_flags *)out |= CL_MEM_USE_HOST_PTR;
    return code;
}

/* A mapped part of a buffer of CL_MEM_ALLOC_HOST_PTR, before its bytes. */
typedef struct part {
    size_t offset, size;
} part;

enum { PAGE = 4096 };

static bool moves(cl_mem buffer)
{
    cl_mem_flags flags = 0;
    layer_below->clGetMemObjectInfo(buffer, CL_MEM_FLAGS, sizeof flags, &flags, NULL);
    return is("shared") && (flags & CL_MEM_ALLOC_HOST_PTR) != 0;
}

static void *CL_API_CALL map_buffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
                                    cl_map_flags flags, size_t offset, size_t size, cl_uint waits,
                                    const cl_event *list, cl_event *event, cl_int *code_out)
{
    char *const host = host_of(buffer);
    if (host == NULL && !moves(buffer))
        return layer_below->clEnqueueMapBuffer(queue, buffer, blocking, flags, offset, size, waits,
                                               list, event, code_out);
    count(&seen.mapped);
    char *at;
    if (host != NULL) {
        at = host + offset;
    } else {
        at = (char *)aligned_alloc(PAGE, PAGE + (size + PAGE - 1) / PAGE * PAGE) + PAGE;
        *(part *)(void *)(at - PAGE) = (part){offset, size};
    }
    const cl_int code = layer_below->clEnqueueReadBuffer(queue, buffer, blocking, offset, size, at,
                                                         waits, list, event);
    if (code_out != NULL)
        *code_out = code;
    return code == CL_SUCCESS ? at : NULL;
}

static cl_int CL_API_CALL unmap(cl_command_queue queue, cl_mem buffer, void *mapped, cl_uint waits,
                                const cl_event *list, cl_event *event)
{
    if (moves(buffer)) {
        part *const mapped_part = (void *)((char *)mapped - PAGE);
        const cl_int code =
            layer_below->clEnqueueWriteBuffer(queue, buffer, CL_TRUE, mapped_part->offset,
                                              mapped_part->size, mapped, waits, list, event);
        memset(mapped, 0xa5, mapped_part->size); /* the host has no memory there any more */
        free(mapped_part);
        return code;
    }
    if (host_of(buffer) == NULL)
        return layer_below->clEnqueueUnmapMemObject(queue, buffer, mapped, waits, list, event);
    return layer_below->clEnqueueMarkerWithWaitList(queue, waits, list, event);
}

static cl_int CL_API_CALL read_buffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
                                      size_t offset, size_t size, void *to, cl_uint waits,
                                      const cl_event *list, cl_event *event)
{
    count(&seen.read);
    return layer_below->clEnqueueReadBuffer(queue, buffer, blocking, offset, size, to, waits, list,
                                            event);
}

void layer_report(FILE *file)
{
    fprintf(file, "host_memory: %zu buffers wrapped, %zu copied; %zu mapped, %zu read\n",
            seen.wrapped, seen.copied, seen.mapped, seen.read);
}

void layer_put_entries(cl_icd_dispatch *table)
{
    table->clGetDeviceInfo = get_device_info;
    table->clCreateBuffer = create_buffer;
    table->clGetMemObjectInfo = get_mem_object_info;
    table->clEnqueueMapBuffer = map_buffer;
    table->clEnqueueUnmapMemObject = unmap;
    table->clEnqueueReadBuffer = read_buffer;
}
