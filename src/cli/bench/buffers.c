/* SPDX-License-Identifier: Apache-2.0 */
#include "buffers.h"

#include "element.h"
#include "message.h"

#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------- contents */

/* A number in [-1, 1): the high bits of a linear congruential generator. */
static double next_number(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1p-52 - 1;
}

/*
 * Fills with numbers up to the amplitude. They repeat after a prime number of elements, since
 * rounding to 16 bits is slow.
 */
static void fill(char *data, size_t size, int32_t dtype, double amplitude)
{
    const size_t element = cllrn_dtype_size(dtype), count = size / element, distinct = 65521;
    const size_t period = (count < distinct ? count : distinct) * element;
    uint64_t state = 1;
    for (size_t i = 0; i < period / element; ++i)
        element_set(dtype, data, (int64_t)i, amplitude * next_number(&state));
    for (size_t done = period; done < size; done += period)
        memcpy(data + done, data, size - done < period ? size - done : period);
}

static bool make_filled(const session *on, size_t size, int32_t dtype, double amplitude,
                        const char *what, cl_mem *made)
{
    char *const data = malloc(size ? size : 1);
    if (!data)
        return message_fail("out of memory for %zu bytes of %s", size, what);
    fill(data, size, dtype, amplitude);
    const bool good =
        session_buffer(on, CL_MEM_READ_WRITE, size, what, made) &&
        session_check(on,
                      clEnqueueWriteBuffer(on->queue, *made, CL_TRUE, 0, size, data, 0, NULL, NULL),
                      "clEnqueueWriteBuffer");
    free(data);
    return good;
}

/* ----------------------------------------------------------------------- inputs */

/* With alpha 1e-4, and as a divisor the number of taps, s = 1 + 1e-4 mean(x^2) is 1 to 13. */
enum { X_AMPLITUDE = 346, DY_AMPLITUDE = 4 };

static struct input *find_input(buffers *b, int32_t dtype)
{
    struct input *in = b->inputs;
    while (in < b->inputs + b->count && in->dtype != dtype)
        ++in;
    if (in == b->inputs + b->count)
        b->inputs[b->count++].dtype = dtype;
    return in;
}

/* The largest span of the workloads of a type. */
static size_t span_of(workload_range all, int32_t dtype)
{
    size_t span = 0;
    for (const workload *w = all.first; w < all.first + all.count; ++w)
        if (w->dtype == dtype && w->span > span)
            span = w->span;
    return span;
}

static bool take_input(buffers *b, workload_range all, workload *w)
{
    struct input *const in = find_input(b, w->dtype);
    const size_t span = span_of(all, w->dtype);
    if (!in->x && !make_filled(w->on, span, w->dtype, X_AMPLITUDE, "the tensor", &in->x))
        return false;
    if (w->direction == CLLRN_DIRECTION_BACKWARD && !in->dy &&
        !make_filled(w->on, span, w->dtype, DY_AMPLITUDE, "the gradient", &in->dy))
        return false;
    w->x.buffer = in->x;
    w->dy.buffer = in->dy;
    return true;
}

/* ------------------------------------------------------------------------- all */

static uint64_t scratch_of(const workload *w)
{
    return cllrn_plan_scratch_size(w->plan, w->aliasing);
}

static bool make_shared(buffers *b, const session *on, workload_range all)
{
    uint64_t result = 0, scratch = 0;
    for (const workload *w = all.first; w < all.first + all.count; ++w) {
        result = w->span > result ? w->span : result;
        scratch = scratch_of(w) > scratch ? scratch_of(w) : scratch;
    }
    return session_buffer(on, CL_MEM_READ_WRITE, result, "the result", &b->dst) &&
           (scratch == 0 ||
            session_buffer(on, CL_MEM_READ_WRITE, scratch, "the kernel's scratch", &b->scratch));
}

bool buffers_make(buffers *b, const session *on, workload_range all)
{
    const cllrn_memory none = CLLRN_MEMORY_INIT;
    memset(b, 0, sizeof *b);
    if (!make_shared(b, on, all))
        return false;
    for (workload *w = all.first; w < all.first + all.count; ++w) {
        w->on = on;
        w->x = w->dy = w->dst = w->scratch = none;
        w->scratch.buffer = scratch_of(w) > 0 ? b->scratch : NULL;
        if (!take_input(b, all, w))
            return false;
        w->dst.buffer = w->aliasing == CLLRN_ALIASING_IN_PLACE ? w->x.buffer : b->dst;
    }
    return true;
}

void buffers_free(buffers *b)
{
    for (int i = 0; i < b->count; ++i) {
        session_release(b->inputs[i].x);
        session_release(b->inputs[i].dy);
    }
    session_release(b->dst);
    session_release(b->scratch);
    memset(b, 0, sizeof *b);
}
