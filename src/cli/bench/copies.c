/* SPDX-License-Identifier: Apache-2.0 */
#include "copies.h"

#include "message.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
enum { HOST_STREAMS = true };
#else
enum { HOST_STREAMS = false };
#endif

enum { LINE = 64, PAGE = 4096 };

/* Some compilers lack the non-temporal store. */
static const char kernel_source[] =
    "#define COPY(name, type, store) \\\n"
    "    kernel void name(global const type *from, global type *to, uint vectors, uint run) \\\n"
    "    { \\\n"
    "        uint i = (uint)get_global_id(0) * run, end = min(i + run, vectors); \\\n"
    "        for (; i < end; ++i) \\\n"
    "            store; \\\n"
    "    }\n"
    "COPY(copy4, float4, to[i] = from[i])\n"
    "COPY(copy16, float16, to[i] = from[i])\n"
    "#ifdef __has_builtin\n"
    "#if __has_builtin(__builtin_nontemporal_store)\n"
    "COPY(stream4, float4, __builtin_nontemporal_store(from[i], to + i))\n"
    "COPY(stream16, float16, __builtin_nontemporal_store(from[i], to + i))\n"
    "#endif\n"
    "#endif\n";

const char *const copy_kind_names[COPY_KINDS] = {"buffer", "kernel", "host"};

static const copy_way ways[COPY_WAYS] = {
    {COPY_BUFFER, "clEnqueueCopyBuffer", NULL, 0, 0, false},
    {COPY_KERNEL, "float4 x 1", "copy4", 16, 1, false},
    {COPY_KERNEL, "float4 x 16", "copy4", 16, 16, false},
    {COPY_KERNEL, "float16 x 1", "copy16", 64, 1, false},
    {COPY_KERNEL, "float16 x 16", "copy16", 64, 16, false},
    {COPY_KERNEL, "float4 x 1, non-temporal", "stream4", 16, 1, true},
    {COPY_KERNEL, "float4 x 16, non-temporal", "stream4", 16, 16, true},
    {COPY_KERNEL, "float16 x 1, non-temporal", "stream16", 64, 1, true},
    {COPY_KERNEL, "float16 x 16, non-temporal", "stream16", 64, 16, true},
    {COPY_HOST, "threads, memcpy", NULL, 0, 0, false},
    {COPY_HOST, "threads, non-temporal", NULL, 0, 0, true},
};

static bool check(const copier *c, cl_int error, const char *call)
{
    return session_check(c->on, error, call);
}

/* ------------------------------------------------- copies by threads of the host */

typedef struct worker {
    struct host_copy *copy;
    int index;
    pthread_t thread;
} worker;

struct host_copy {
    char *from, *to;
    size_t size; /* of the current copy */
    bool streaming;
    int threads; /* the caller is number 0 */
    worker *workers;
    int started; /* running threads, without the caller */
    pthread_mutex_t lock;
    pthread_cond_t begin, end;
    unsigned round; /* workers begin when it changes */
    int busy;
    bool leave;
};

/* Copies whole cache lines; both addresses are aligned to a line. */
static void stream(char *to, const char *from, size_t size)
{
#ifdef __SSE2__
    for (size_t i = 0; i < size; i += LINE) {
        const __m128i *const source = (const __m128i *)(const void *)(from + i);
        __m128i *const target = (__m128i *)(void *)(to + i);
        const __m128i a = _mm_load_si128(source), b = _mm_load_si128(source + 1);
        const __m128i c = _mm_load_si128(source + 2), d = _mm_load_si128(source + 3);
        _mm_stream_si128(target, a);
        _mm_stream_si128(target + 1, b);
        _mm_stream_si128(target + 2, c);
        _mm_stream_si128(target + 3, d);
    }
    _mm_sfence();
#else
    memcpy(to, from, size);
#endif
}

static size_t lines_before(const struct host_copy *c, int index)
{
    const size_t lines = (c->size + LINE - 1) / LINE;
    return lines * (size_t)index / (size_t)c->threads;
}

static void copy_part(const struct host_copy *c, int index)
{
    const size_t begin = lines_before(c, index) * LINE, end = lines_before(c, index + 1) * LINE;
    if (c->streaming)
        stream(c->to + begin, c->from + begin, end - begin);
    else
        memcpy(c->to + begin, c->from + begin, end - begin);
}

static void *work(void *argument)
{
    const worker *const self = argument;
    struct host_copy *const c = self->copy;
    pthread_mutex_lock(&c->lock);
    for (unsigned seen = 0;;) {
        while (c->round == seen && !c->leave)
            pthread_cond_wait(&c->begin, &c->lock);
        if (c->leave)
            break;
        seen = c->round;
        pthread_mutex_unlock(&c->lock);
        copy_part(c, self->index);
        pthread_mutex_lock(&c->lock);
        if (--c->busy == 0)
            pthread_cond_signal(&c->end);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* Copies size bytes. streaming: with non-temporal stores, if the processor has them. */
static void run_host_copy(struct host_copy *c, size_t size, bool streaming)
{
    pthread_mutex_lock(&c->lock);
    c->size = size;
    c->streaming = streaming;
    c->busy = c->started;
    ++c->round;
    pthread_cond_broadcast(&c->begin);
    pthread_mutex_unlock(&c->lock);
    copy_part(c, 0);
    pthread_mutex_lock(&c->lock);
    while (c->busy > 0)
        pthread_cond_wait(&c->end, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

/* Writes the memory, so that its pages exist. */
static char *allocate_pages(size_t size, int value)
{
    char *const memory = aligned_alloc(PAGE, size);
    if (memory)
        memset(memory, value, size);
    return memory;
}

static void destroy_host_copy(struct host_copy *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->leave = true;
    pthread_cond_broadcast(&c->begin);
    pthread_mutex_unlock(&c->lock);
    for (int i = 1; i <= c->started; ++i)
        pthread_join(c->workers[i].thread, NULL);
    pthread_cond_destroy(&c->end);
    pthread_cond_destroy(&c->begin);
    pthread_mutex_destroy(&c->lock);
    free(c->workers);
    free(c->from);
    free(c->to);
    free(c);
}

static bool start_workers(struct host_copy *c)
{
    for (int i = 1; i < c->threads; ++i) {
        c->workers[i] = (worker){.copy = c, .index = i};
        if (pthread_create(&c->workers[i].thread, NULL, work, &c->workers[i]) != 0)
            return message_fail("a thread to copy with cannot be started, number %d of %d", i + 1,
                                c->threads);
        ++c->started;
    }
    return true;
}

/* Creates threads, the caller being one, for copies of up to size bytes. NULL after a message. */
static struct host_copy *create_host_copy(int threads, size_t size)
{
    const size_t pages = (size + PAGE - 1) / PAGE * PAGE;
    struct host_copy *const c = calloc(1, sizeof *c);
    if (!c) {
        message_fail("out of memory");
        return NULL;
    }
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->begin, NULL);
    pthread_cond_init(&c->end, NULL);
    c->threads = threads > 0 ? threads : 1;
    c->workers = calloc((size_t)c->threads, sizeof *c->workers);
    c->from = allocate_pages(pages, 1);
    c->to = allocate_pages(pages, 0);
    const bool allocated = c->workers && c->from && c->to;
    if (!allocated)
        message_fail("out of memory for twice %zu bytes to copy on the host", pages);
    if (allocated && start_workers(c))
        return c;
    destroy_host_copy(c);
    return NULL;
}

/* ------------------------------------------------------------------------ copies */

size_t copy_size(double bytes)
{
    return (size_t)ceil(bytes / 2 / LINE) * LINE;
}

static bool start_kernel(const copy *c, cl_event *done)
{
    const copier *const by = c->by;
    const cl_kernel kernel = by->kernels[c->way - ways];
    const cl_uint run = c->way->run, vectors = (cl_uint)(c->size / c->way->vector);
    const size_t items = (vectors + run - 1) / run, local = by->group;
    const size_t global = (items + local - 1) / local * local;
    return check(by, clSetKernelArg(kernel, 0, sizeof by->from, &by->from), "clSetKernelArg") &&
           check(by, clSetKernelArg(kernel, 1, sizeof by->to, &by->to), "clSetKernelArg") &&
           check(by, clSetKernelArg(kernel, 2, sizeof vectors, &vectors), "clSetKernelArg") &&
           check(by, clSetKernelArg(kernel, 3, sizeof run, &run), "clSetKernelArg") &&
           check(by,
                 clEnqueueNDRangeKernel(by->on->queue, kernel, 1, NULL, &global, &local, 0, NULL,
                                        done),
                 "clEnqueueNDRangeKernel");
}

bool copy_start(void *self, cl_event *done)
{
    const copy *const c = self;
    if (c->way->kind == COPY_KERNEL)
        return start_kernel(c, done);
    if (c->way->kind == COPY_BUFFER)
        return check(c->by,
                     clEnqueueCopyBuffer(c->by->on->queue, c->by->from, c->by->to, 0, 0, c->size, 0,
                                         NULL, done),
                     "clEnqueueCopyBuffer");
    run_host_copy(c->by->host, c->size, c->way->streams);
    return true;
}

/* ------------------------------------------------------------------------ choice */

static bool is_possible(const copier *c, const copy_way *way)
{
    if (way->kind == COPY_HOST)
        return c->host && (!way->streams || HOST_STREAMS);
    return way->kind == COPY_BUFFER || c->kernels[way - ways];
}

/* The ways are sorted by kind, so only the last copy in best[] may be of the same kind. */
int copier_choose(copier *c, const shape *limited, size_t size, copy best[COPY_KINDS])
{
    const effort little = {.runs = 5};
    int count = 0;
    for (const copy_way *way = ways; way < ways + COPY_WAYS; ++way) {
        copy one = {
            .by = c, .way = way, .shape = *limited, .size = size, .bytes = 2 * (double)size};
        const contender only = {copy_start, &one, &one.time};
        if (!is_possible(c, way))
            continue;
        if (!measure(c->on, &only, 1, little, NULL))
            return 0;
        if (count == 0 || best[count - 1].way->kind != way->kind)
            best[count++] = one;
        else if (one.time.minimum < best[count - 1].time.minimum)
            best[count - 1] = one;
    }
    return count;
}

/* ------------------------------------------------------------------------ copier */

/* Makes no kernels where the device has no compiler. */
static bool build(copier *c)
{
    const char *text = kernel_source;
    cl_int error;
    c->program = clCreateProgramWithSource(c->on->context, 1, &text, NULL, &error);
    if (c->program)
        error = clBuildProgram(c->program, 1, &c->on->device.id, "-w", NULL, NULL);
    if (error == CL_COMPILER_NOT_AVAILABLE)
        return true;
    if (!check(c, error, "making the program of the copy kernels"))
        return false;
    for (int i = 0; i < COPY_WAYS; ++i) {
        if (ways[i].kind != COPY_KERNEL)
            continue;
        c->kernels[i] = clCreateKernel(c->program, ways[i].kernel, &error);
        if (!(ways[i].streams && error == CL_INVALID_KERNEL_NAME) &&
            !check(c, error, "clCreateKernel"))
            return false;
    }
    return true;
}

/* The usual work-group size, or the device's limit if that is less. */
static size_t choose_group(const session *on)
{
    enum { GROUP = 64 };
    const cl_ulong most = device_number(on->device.id, CL_DEVICE_MAX_WORK_GROUP_SIZE);
    return most > 0 && most < GROUP ? (size_t)most : GROUP;
}

/* Fills the source: a system may not have allocated memory that was never written. */
static bool make_buffers(copier *c, size_t size)
{
    const cl_float one = 1;
    return session_buffer(c->on, CL_MEM_READ_WRITE, size, "the source of copies", &c->from) &&
           session_buffer(c->on, CL_MEM_READ_WRITE, size, "the target of copies", &c->to) &&
           check(
               c,
               clEnqueueFillBuffer(c->on->queue, c->from, &one, sizeof one, 0, size, 0, NULL, NULL),
               "clEnqueueFillBuffer") &&
           check(c, clFinish(c->on->queue), "clFinish");
}

/* Another machine's processor, as of PoCL-Remote, does not share the host's memory. */
static bool is_this_processor(const device *d)
{
    return (d->type & CL_DEVICE_TYPE_CPU) && device_number(d->id, CL_DEVICE_HOST_UNIFIED_MEMORY);
}

static bool open_host(copier *c, size_t size)
{
    if (!is_this_processor(&c->on->device))
        return true;
    const cl_ulong threads = device_number(c->on->device.id, CL_DEVICE_MAX_COMPUTE_UNITS);
    c->host = create_host_copy((int)threads, size);
    return c->host != NULL;
}

bool copier_open(copier *c, const session *on, size_t size)
{
    memset(c, 0, sizeof *c);
    c->on = on;
    c->group = choose_group(on);
    if (build(c) && make_buffers(c, size) && open_host(c, size))
        return true;
    copier_close(c);
    return false;
}

void copier_close(copier *c)
{
    session_finish(c->on);
    for (int i = 0; i < COPY_WAYS; ++i)
        if (c->kernels[i])
            clReleaseKernel(c->kernels[i]);
    if (c->program)
        clReleaseProgram(c->program);
    session_release(c->from);
    session_release(c->to);
    destroy_host_copy(c->host);
    memset(c, 0, sizeof *c);
}
