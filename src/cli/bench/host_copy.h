/* SPDX-License-Identifier: Apache-2.0 */
/* Copying memory with threads of the host, which wait between one copy and the next. */
#ifndef CLI_BENCH_HOST_COPY_H
#define CLI_BENCH_HOST_COPY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct host_copy host_copy;

/* With that many threads, the caller's included, for up to size bytes; NULL after a message. */
host_copy *host_copy_create(int threads, size_t size);
void host_copy_destroy(host_copy *c);

/* Copies size bytes, with stores that pass by the caches where streaming and the processor has
 * them.
 */
void host_copy_run(host_copy *c, size_t size, bool streaming);

/* Whether it has. */
bool host_copy_streams(void);

#endif
