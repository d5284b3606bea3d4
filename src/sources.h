/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel sources: built in, or read from a directory. */
#ifndef LRN_SOURCES_H
#define LRN_SOURCES_H

#include <stdbool.h>

#include <cllrn.h>

typedef struct lrn_sources {
    char **texts; /* in the order of the built-in files; NULL: the built-in ones */
    char hash[17];
} lrn_sources;

/* The parts of the source of a program, in order: the headers, then the kernel file. */
enum { LRN_SOURCE_PARTS = 2 * 12 };
typedef struct lrn_source_list {
    const char *parts[LRN_SOURCE_PARTS];
    cl_uint count;
    const char *file; /* the last part's, "NAME.cl" */
} lrn_source_list;

/*
 * Takes the built-in sources, or reads all files from `directory` if it is not
 * NULL. CLLRN_KERNEL_SOURCE if a file cannot be read, CLLRN_OUT_OF_MEMORY.
 * *sources needs lrn_sources_close.
 */
cllrn_status lrn_sources_open(lrn_sources *sources, const char *directory, cllrn_error *error);
void lrn_sources_close(lrn_sources *sources);

/*
 * Lists the source of a variant, whose kernels are in VARIANT.cl; valid as long
 * as sources. A #line directive precedes each part, so that build logs point to
 * cl/. f64 selects the powers in double.
 */
lrn_source_list lrn_sources_list(const lrn_sources *sources, const char *variant, bool f64);

#endif
