/* SPDX-License-Identifier: Apache-2.0 */
#include "sources.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "error.h"

/* Generated at build time from cl/: lrn_embedded_texts, indexed by lrn_file. */
#include "embedded_kernels.h"

/* Larger than any kernel file; a directory with a larger file holds no clLRN kernels. */
#define MAX_FILE_SIZE (1 << 20)

static const struct {
    const char *name, *line;
} files[LRN_FILE_COUNT] = {
#define FILE_ROW(name)                                                                             \
    {                                                                                              \
        name, "#line 1 \"cl/" name "\"\n"                                                          \
    }
    [LRN_FILE_CLASSES] = FILE_ROW("classes.h"),
    [LRN_FILE_REAL] = FILE_ROW("real.h"),
    [LRN_FILE_POWER_FLOAT] = FILE_ROW("power_float.h"),
    [LRN_FILE_POWER_DOUBLE] = FILE_ROW("power_double.h"),
    [LRN_FILE_ARITHMETIC] = FILE_ROW("arithmetic.h"),
    [LRN_FILE_WINDOW] = FILE_ROW("window.h"),
    [LRN_FILE_ARGUMENTS] = FILE_ROW("arguments.h"),
    [LRN_FILE_KERNEL] = FILE_ROW("kernel.h"),
    [LRN_FILE_BLOCKED] = FILE_ROW("blocked.cl"),
    [LRN_FILE_COLUMN] = FILE_ROW("column.cl"),
    [LRN_FILE_GROUP] = FILE_ROW("group.cl"),
    [LRN_FILE_PACKED] = FILE_ROW("packed.cl"),
    [LRN_FILE_PLANAR] = FILE_ROW("planar.cl"),
    [LRN_FILE_SEPARABLE] = FILE_ROW("separable.cl"),
    [LRN_FILE_STREAM] = FILE_ROW("stream.cl"),
    [LRN_FILE_STRIDED] = FILE_ROW("strided.cl"),
#undef FILE_ROW
};

const char *lrn_file_name(lrn_file file)
{
    return files[file].name;
}

static const char *text(const lrn_sources *sources, lrn_file file)
{
    return sources->texts[file] != NULL ? sources->texts[file] : lrn_embedded_texts[file];
}

/* Hashes all files with FNV-1a, to tell versions of the sources apart; not secure. */
static void hash_texts(lrn_sources *sources)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int file = 0; file < LRN_FILE_COUNT; ++file) {
        const char *c = text(sources, (lrn_file)file);
        do /* with the final zero, which keeps the files apart */
            hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
        while (*c++ != '\0');
    }
    snprintf(sources->hash, sizeof sources->hash, "%016" PRIx64, hash);
}

static cllrn_status read_file(const char *directory, const char *name, char **out,
                              cllrn_error *error)
{
    lrn_file_content content = {0};
    const size_t length = strlen(directory) + 1 + strlen(name) + 1;
    char *path = malloc(length);
    if (path == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "kernel directory %s: no memory", directory);
    snprintf(path, length, "%s/%s", directory, name);
    const int code = lrn_file_read(AT_FDCWD, path, 0, MAX_FILE_SIZE, &content);
    cllrn_status status = CLLRN_SUCCESS;
    if (code == ENOMEM)
        status = lrn_fail(error, CLLRN_OUT_OF_MEMORY, "kernel directory %s: no memory", directory);
    else if (code == EFBIG || (code == 0 && memchr(content.data, '\0', content.size) != NULL))
        status = lrn_fail(error, CLLRN_KERNEL_SOURCE,
                          "kernel file %s: not a text of at most %d bytes", path, MAX_FILE_SIZE);
    else if (code != 0)
        status = lrn_fail(error, CLLRN_KERNEL_SOURCE, "kernel file %s: %s", path,
                          lrn_file_message(code));
    if (status == CLLRN_SUCCESS)
        *out = (char *)content.data;
    else
        free(content.data);
    free(path);
    return status;
}

cllrn_status lrn_sources_open(lrn_sources *sources, const char *directory, cllrn_error *error)
{
    memset(sources, 0, sizeof *sources);
    for (int file = 0; directory != NULL && file < LRN_FILE_COUNT; ++file) {
        const cllrn_status status =
            read_file(directory, files[file].name, &sources->texts[file], error);
        if (status != CLLRN_SUCCESS) {
            lrn_sources_close(sources);
            return status;
        }
    }
    hash_texts(sources);
    return CLLRN_SUCCESS;
}

void lrn_sources_close(lrn_sources *sources)
{
    for (int file = 0; file < LRN_FILE_COUNT; ++file) {
        free(sources->texts[file]);
        sources->texts[file] = NULL;
    }
}

lrn_source_list lrn_sources_list(const lrn_sources *sources, lrn_file file, bool f64)
{
    const lrn_file order[] = {LRN_FILE_CLASSES,
                              LRN_FILE_REAL,
                              f64 ? LRN_FILE_POWER_DOUBLE : LRN_FILE_POWER_FLOAT,
                              LRN_FILE_ARITHMETIC,
                              LRN_FILE_WINDOW,
                              LRN_FILE_ARGUMENTS,
                              LRN_FILE_KERNEL,
                              file};
    lrn_source_list list = {.count = 0};
    for (size_t i = 0; i < sizeof order / sizeof *order; ++i) {
        list.parts[list.count++] = files[order[i]].line;
        list.parts[list.count++] = text(sources, order[i]);
    }
    return list;
}
