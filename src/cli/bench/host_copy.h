/* SPDX-License-Identifier: Apache-2.0 */
/* Copies memory with several host threads, which wait between copies. */
#ifndef CLI_BENCH_HOST_COPY_H
#define CLI_BENCH_HOST_COPY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct host_copy host_copy;

/* Creates threads, the caller being one, for copies of up to size bytes; NULL after a message. */
host_copy *host_copy_create(int threads, size_t size);
void host_copy_destroy(host_copy *c);

/* Copies size bytes. streaming: with non-temporal stores, if the processor has them. */
void host_copy_run(host_copy *c, size_t size, bool streaming);

/* Whether the processor has non-temporal stores. */
bool host_copy_streams(void);

#endif
