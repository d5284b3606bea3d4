/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel sources: built in, or read from a directory. */
#ifndef LRN_SOURCES_H
#define LRN_SOURCES_H

#include <stdbool.h>

#include <cllrn.h>

/* One file of cl/. */
typedef enum lrn_file {
    LRN_FILE_CLASSES,
    LRN_FILE_REAL,
    LRN_FILE_POWER_FLOAT,
    LRN_FILE_POWER_DOUBLE,
    LRN_FILE_ARITHMETIC,
    LRN_FILE_WINDOW,
    LRN_FILE_ARGUMENTS,
    LRN_FILE_KERNEL,
    LRN_FILE_BLOCKED,
    LRN_FILE_COLUMN,
    LRN_FILE_GROUP,
    LRN_FILE_PACKED,
    LRN_FILE_PLANAR,
    LRN_FILE_SEPARABLE,
    LRN_FILE_STREAM,
    LRN_FILE_STRIDED,
    LRN_FILE_COUNT
} lrn_file;

typedef struct lrn_sources {
    char *texts[LRN_FILE_COUNT]; /* NULL: the built-in one */
    char hash[17];
} lrn_sources;

/* "column.cl" */
const char *lrn_file_name(lrn_file file);

/* The parts of the source of a program, in order: the headers, then the kernel file. */
enum { LRN_SOURCE_PARTS = 2 * 8 };
typedef struct lrn_source_list {
    const char *parts[LRN_SOURCE_PARTS];
    cl_uint count;
} lrn_source_list;

/*
 * Takes the built-in sources, or reads all files from `directory` if it is not
 * NULL. CLLRN_KERNEL_SOURCE if a file cannot be read, CLLRN_OUT_OF_MEMORY.
 * *sources needs lrn_sources_close.
 */
cllrn_status lrn_sources_open(lrn_sources *sources, const char *directory, cllrn_error *error);
void lrn_sources_close(lrn_sources *sources);

/*
 * Lists the source of a kernel file; valid as long as sources. A #line
 * directive precedes each part, so that build logs point to cl/. f64 selects
 * the powers in double.
 */
lrn_source_list lrn_sources_list(const lrn_sources *sources, lrn_file file, bool f64);

#endif
