/* SPDX-License-Identifier: Apache-2.0 */
#include "host_copy.h"

#include "message.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { LINE = 64, PAGE = 4096 };

typedef struct worker {
    host_copy *copy;
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

bool host_copy_streams(void)
{
#ifdef __SSE2__
    return true;
#else
    return false;
#endif
}

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

static size_t lines_before(const host_copy *c, int index)
{
    const size_t lines = (c->size + LINE - 1) / LINE;
    return lines * (size_t)index / (size_t)c->threads;
}

static void copy_part(const host_copy *c, int index)
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
    host_copy *const c = self->copy;
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

void host_copy_run(host_copy *c, size_t size, bool streaming)
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
static char *allocate(size_t size, int value)
{
    char *const memory = aligned_alloc(PAGE, size);
    if (memory)
        memset(memory, value, size);
    return memory;
}

static bool start(host_copy *c)
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

host_copy *host_copy_create(int threads, size_t size)
{
    const size_t pages = (size + PAGE - 1) / PAGE * PAGE;
    host_copy *const c = calloc(1, sizeof *c);
    if (!c) {
        message_fail("out of memory");
        return NULL;
    }
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->begin, NULL);
    pthread_cond_init(&c->end, NULL);
    c->threads = threads > 0 ? threads : 1;
    c->workers = calloc((size_t)c->threads, sizeof *c->workers);
    c->from = allocate(pages, 1);
    c->to = allocate(pages, 0);
    const bool allocated = c->workers && c->from && c->to;
    if (!allocated)
        message_fail("out of memory for twice %zu bytes to copy on the host", pages);
    if (allocated && start(c))
        return c;
    host_copy_destroy(c);
    return NULL;
}

void host_copy_destroy(host_copy *c)
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
