/* SPDX-License-Identifier: Apache-2.0 */
#include "copies.h"

#include "message.h"

#include <math.h>
#include <string.h>

/* Some compilers lack the non-temporal store. */
static const char source[] =
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

/* ------------------------------------------------------------------------ copies */

size_t copy_size(double bytes)
{
    enum { LINE = 64 };
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
    host_copy_run(c->by->host, c->size, c->way->streams);
    return true;
}

/* ------------------------------------------------------------------------ choice */

static bool is_possible(const copier *c, const copy_way *way)
{
    if (way->kind == COPY_HOST)
        return c->host && (!way->streams || host_copy_streams());
    return way->kind == COPY_BUFFER || c->kernels[way - ways];
}

/* Sets the fastest way of a kind, NULL where none is possible. False after a message. */
static bool choose_way(copy_kind kind, copy *chosen)
{
    const effort little = {.runs = 5};
    copy candidate = *chosen;
    double least = INFINITY;
    chosen->way = NULL;
    for (candidate.way = ways; candidate.way < ways + COPY_WAYS; ++candidate.way) {
        const contender only = {copy_start, &candidate, &candidate.time};
        if (candidate.way->kind != kind || !is_possible(chosen->by, candidate.way))
            continue;
        if (!measure(chosen->by->on, &only, 1, little, NULL))
            return false;
        if (candidate.time.minimum < least) {
            chosen->way = candidate.way;
            least = candidate.time.minimum;
        }
    }
    return true;
}

int copier_choose(copier *c, const shape *limited, size_t size, copy best[COPY_KINDS])
{
    int count = 0;
    for (int kind = 0; kind < COPY_KINDS; ++kind) {
        copy *const chosen = &best[count];
        *chosen = (copy){.by = c, .shape = *limited, .size = size, .bytes = 2 * (double)size};
        if (!choose_way((copy_kind)kind, chosen))
            return 0;
        count += chosen->way != NULL;
    }
    return count;
}

/* ------------------------------------------------------------------------ copier */

static bool build(copier *c)
{
    const char *text = source;
    cl_int error;
    c->program = clCreateProgramWithSource(c->on->context, 1, &text, NULL, &error);
    if (!check(c, error, "clCreateProgramWithSource") ||
        !check(c, clBuildProgram(c->program, 1, &c->on->device.id, "-w", NULL, NULL),
               "clBuildProgram of the copy kernels"))
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

static bool open_host(copier *c, size_t size)
{
    if (!(c->on->device.type & CL_DEVICE_TYPE_CPU))
        return true;
    const cl_ulong threads = device_number(c->on->device.id, CL_DEVICE_MAX_COMPUTE_UNITS);
    c->host = host_copy_create((int)threads, size);
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
    for (int i = 0; i < COPY_WAYS; ++i)
        if (c->kernels[i])
            clReleaseKernel(c->kernels[i]);
    if (c->program)
        clReleaseProgram(c->program);
    if (c->from)
        clReleaseMemObject(c->from);
    if (c->to)
        clReleaseMemObject(c->to);
    host_copy_destroy(c->host);
    memset(c, 0, sizeof *c);
}
