/* SPDX-License-Identifier: Apache-2.0 */
#include "sources.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "hash.h"
#include "error.h"

/* Generated at build time: lrn_embedded, the name, #line directive and text of each file of cl/. */
#include "embedded_kernels.h"

enum { FILES = sizeof lrn_embedded / sizeof *lrn_embedded };

/* The headers of all programs, in the order in which they need each other. */
static const char *const headers[] = {"arguments.h", "types.h",  "power_float.h", "arithmetic.h",
                                      "window.h",    "kernel.h", "slices.h",      "general.h",
                                      "lanes.h",     "runs.h",   "sums.h"};

/* Larger than any kernel file; a directory with a larger file holds no clLRN kernels. */
#define MAX_FILE_SIZE (1 << 20) /* as a message says */

static const char *text(const lrn_sources *sources, size_t file)
{
    return sources->texts != NULL ? sources->texts[file] : lrn_embedded[file].text;
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
    const bool is_text = code == 0 && memchr(content.data, '\0', content.size) == NULL;
    cllrn_status status = CLLRN_SUCCESS;
    if (is_text) {
        *out = (char *)content.data;
        /* A program has its files in one text; embed_kernels.cmake does the same. */
        for (char *at = *out; (at = strstr(at, "#include \"")) != NULL;)
            memmove(at, at + strcspn(at, "\n"), strlen(at + strcspn(at, "\n")) + 1);
    } else {
        status = lrn_fail(error, code == ENOMEM ? CLLRN_OUT_OF_MEMORY : CLLRN_KERNEL_SOURCE,
                          "kernel file %s: %s", path,
                          code == 0 || code == EFBIG ? "not a text of at most 1 MiB"
                                                     : lrn_file_message(code));
        free(content.data);
    }
    free(path);
    return status;
}

cllrn_status lrn_sources_open(lrn_sources *sources, const char *directory, cllrn_error *error)
{
    cllrn_status status = CLLRN_SUCCESS;
    uint64_t hash = 0;
    sources->texts = directory != NULL ? calloc(FILES, sizeof *sources->texts) : NULL;
    if (directory != NULL && sources->texts == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "kernel directory %s: no memory", directory);
    for (size_t file = 0; file < FILES; ++file) {
        if (directory != NULL)
            status = read_file(directory, lrn_embedded[file].name, &sources->texts[file], error);
        if (status != CLLRN_SUCCESS) {
            lrn_sources_close(sources);
            return status;
        }
        hash = lrn_hash_text(hash, text(sources, file));
    }
    snprintf(sources->hash, sizeof sources->hash, "%016" PRIx64, hash);
    return CLLRN_SUCCESS;
}

void lrn_sources_close(lrn_sources *sources)
{
    for (size_t file = 0; sources->texts != NULL && file < FILES; ++file)
        free(sources->texts[file]);
    free(sources->texts);
    sources->texts = NULL;
}

/* Appends a file, which exists. */
static void append(lrn_source_list *list, const lrn_sources *sources, const char *name)
{
    size_t file = 0;
    while (strcmp(lrn_embedded[file].name, name) != 0)
        ++file;
    list->file = lrn_embedded[file].name;
    list->parts[list->count++] = lrn_embedded[file].line;
    list->parts[list->count++] = text(sources, file);
}

lrn_source_list lrn_sources_list(const lrn_sources *sources, const char *variant, bool f64)
{
    lrn_source_list list = {.count = 0};
    char name[64];
    for (size_t i = 0; i < sizeof headers / sizeof *headers; ++i) {
        const bool power = strcmp(headers[i], "power_float.h") == 0;
        append(&list, sources, power && f64 ? "power_double.h" : headers[i]);
    }
    snprintf(name, sizeof name, "%s.cl", variant);
    append(&list, sources, name);
    return list;
}
