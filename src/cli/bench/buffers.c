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

static bool make(buffers *b, const session *on, uint64_t size, const char *what, cl_mem *made)
{
    const bool good = session_buffer(on, CL_MEM_READ_WRITE, size, what, &b->made[b->count]);
    *made = b->made[b->count++];
    return good;
}

/* Makes x or dy of a workload. */
static bool make_input(buffers *b, const workload *w, size_t elements, double amplitude,
                       const char *what, cl_mem *made)
{
    const size_t size = elements * cllrn_dtype_size(w->dtype);
    char *const data = malloc(size);
    if (!data)
        return message_fail("out of memory for %zu bytes of %s", size, what);
    fill(data, size, w->dtype, amplitude);
    const bool good =
        make(b, w->on, size, what, made) &&
        session_check(
            w->on, clEnqueueWriteBuffer(w->on->queue, *made, CL_TRUE, 0, size, data, 0, NULL, NULL),
            "clEnqueueWriteBuffer");
    free(data);
    return good;
}

/* ------------------------------------------------------------------------- all */

/* With alpha 1e-4, and as a divisor the number of taps, s = 1 + 1e-4 mean(x^2) is 1 to 13. */
enum { X_AMPLITUDE = 346, DY_AMPLITUDE = 4 };

bool buffers_make(buffers *b, const session *on, workload_range all)
{
    const cllrn_memory none = CLLRN_MEMORY_INIT;
    /* Of the combinations, the backward ones come last. */
    const bool backward = all.first[all.count - 1].direction == CLLRN_DIRECTION_BACKWARD;
    size_t elements = 0, result_size = 0;
    uint64_t scratch_size = 0;
    cl_mem result, scratch = NULL;
    for (workload *w = all.first; w < all.first + all.count; ++w) {
        const size_t count = w->span / cllrn_dtype_size(w->dtype);
        const uint64_t needed = cllrn_plan_scratch_size(w->plan, w->aliasing);
        w->on = on;
        w->x = w->dy = w->dst = w->scratch = none;
        elements = count > elements ? count : elements;
        result_size = w->span > result_size ? w->span : result_size;
        scratch_size = needed > scratch_size ? needed : scratch_size;
    }
    if (!make(b, on, result_size, "the result", &result) ||
        (scratch_size > 0 && !make(b, on, scratch_size, "the kernel's scratch", &scratch)))
        return false;
    for (workload *w = all.first; w < all.first + all.count; ++w) {
        if (w > all.first && w->dtype == w[-1].dtype) {
            w->x = w[-1].x;
            w->dy = w[-1].dy;
        } else if (!make_input(b, w, elements, X_AMPLITUDE, "the tensor", &w->x.buffer) ||
                   (backward &&
                    !make_input(b, w, elements, DY_AMPLITUDE, "the gradient", &w->dy.buffer))) {
            return false;
        }
        w->dst.buffer = w->aliasing == CLLRN_ALIASING_IN_PLACE ? w->x.buffer : result;
        w->scratch.buffer = cllrn_plan_scratch_size(w->plan, w->aliasing) > 0 ? scratch : NULL;
    }
    return true;
}

void buffers_free(buffers *b, const session *on)
{
    session_finish(on);
    while (b->count > 0)
        session_release(b->made[--b->count]);
}
