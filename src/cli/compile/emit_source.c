/* SPDX-License-Identifier: Apache-2.0 */
#include "emit_source.h"

#include "json.h"
#include "message.h"
#include "output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char manifest_name[] = "manifest.json", prefix[] = "cllrn_", suffix[] = ".cl",
                  schema[] = "cllrn-sources-1";

/* "directory/name" followed by `end`, for the caller to free; NULL after a message. */
static char *join(const char *directory, const char *name, const char *end)
{
    const size_t size = strlen(directory) + 1 + strlen(name) + strlen(end) + 1;
    char *const path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s%s", directory, name, end);
    else
        message_fail("out of memory");
    return path;
}

static bool is_source_name(const char *name)
{
    const size_t length = strlen(name), end = strlen(suffix);
    return strncmp(name, prefix, strlen(prefix)) == 0 && length > end &&
           strcmp(name + length - end, suffix) == 0;
}

/* Whether `name` is the source file of one of the programs. */
static bool is_wanted(const cllrn_engine *engine, const char *name)
{
    cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
    for (size_t i = 0; cllrn_program_get(engine, i, &program, NULL) == CLLRN_SUCCESS; ++i) {
        const size_t length = strlen(program.name);
        if (strncmp(name, program.name, length) == 0 && strcmp(name + length, suffix) == 0)
            return true;
    }
    return false;
}

/* Whether the file begins as a manifest of this schema does. */
static bool is_manifest(const char *path)
{
    enum { MOST = 16 << 20 };
    char begin[64];
    lrn_file_content content = {0};
    snprintf(begin, sizeof begin, "{\n  \"schema\": \"%s\",", schema);
    const bool same = lrn_file_read(AT_FDCWD, path, 0, MOST, &content) == 0 &&
                      strncmp((const char *)content.data, begin, strlen(begin)) == 0;
    free(content.data);
    return same;
}

/* Creates the directory, or checks that an existing one holds no files but clLRN's. */
static bool claim(const char *directory)
{
    if (mkdir(directory, 0777) == 0)
        return true;
    if (errno != EEXIST)
        return message_fail("%s: cannot be made: %s", directory, strerror(errno));
    DIR *const listing = opendir(directory);
    if (!listing)
        return message_fail("%s: cannot be read: %s", directory, strerror(errno));
    char *const manifest = join(directory, manifest_name, "");
    bool good = manifest != NULL;
    if (good && !is_manifest(manifest))
        for (struct dirent *entry; good && (entry = readdir(listing)) != NULL;)
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
                !is_source_name(entry->d_name) && !lrn_file_is_temporary(entry->d_name))
                good = message_fail("%s: holds '%s' and no %s of clLRN's sources: give an empty or "
                                    "new directory",
                                    directory, entry->d_name, manifest_name);
    free(manifest);
    closedir(listing);
    return good;
}

static bool remove_file(const char *directory, const char *name)
{
    char *const path = join(directory, name, "");
    const bool removed = path && (unlink(path) == 0 || errno == ENOENT ||
                                  message_fail("%s: cannot be removed: %s", path, strerror(errno)));
    free(path);
    return removed;
}

/* Removes the sources of an earlier run that this run did not write. */
static bool remove_unwanted(const cllrn_engine *engine, const char *directory)
{
    DIR *const listing = opendir(directory);
    if (!listing)
        return message_fail("%s: cannot be read: %s", directory, strerror(errno));
    bool good = true;
    for (struct dirent *entry; good && (entry = readdir(listing)) != NULL;)
        if (is_source_name(entry->d_name) && !is_wanted(engine, entry->d_name))
            good = remove_file(directory, entry->d_name);
    closedir(listing);
    return good;
}

static bool open_file(output *out, const char *directory, const char *name, const char *end)
{
    char *const path = join(directory, name, end);
    const bool opened = path && output_open(out, path);
    free(path);
    return opened;
}

static bool write_text(const cllrn_engine *engine, size_t number, FILE *file)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    size_t size;
    if (!message_check(cllrn_program_source(engine, number, NULL, 0, &size, &error), &error))
        return false;
    char *const text = malloc(size);
    if (!text)
        return message_fail("out of memory");
    const bool written =
        message_check(cllrn_program_source(engine, number, text, size, NULL, &error), &error);
    if (written)
        fwrite(text, 1, size - 1, file); /* closing the file reports a failure */
    free(text);
    return written;
}

static bool write_source(const cllrn_engine *engine, size_t number, const char *directory)
{
    cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    output out;
    if (!message_check(cllrn_program_get(engine, number, &program, &error), &error) ||
        !open_file(&out, directory, program.name, suffix))
        return false;
    if (write_text(engine, number, out.file))
        return output_commit(&out);
    output_discard(&out);
    return false;
}

/* Adds "TYPE NAME, .." as an array of "TYPE NAME". */
static void add_arguments(json *j, const char *arguments)
{
    char one[CLLRN_ARGUMENTS_SIZE];
    json_open_array(j, "arguments");
    for (const char *at = arguments; *at; at += strspn(at, ", ")) {
        const size_t size = strcspn(at, ",");
        snprintf(one, sizeof one, "%.*s", (int)size, at);
        json_add_text(j, NULL, one);
        at += size;
    }
    json_close(j);
}

static void add_programs(json *j, const cllrn_engine *engine)
{
    cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
    json_open_array(j, "programs");
    for (size_t i = 0; cllrn_program_get(engine, i, &program, NULL) == CLLRN_SUCCESS; ++i) {
        char name[CLLRN_KERNEL_NAME_SIZE + sizeof suffix];
        snprintf(name, sizeof name, "%s%s", program.name, suffix);
        json_open_object(j, NULL);
        json_add_text(j, "file", name);
        json_add_text(j, "kernel", program.name);
        json_add_text(j, "variant", program.variant);
        json_add_text(j, "direction",
                      program.direction == CLLRN_DIRECTION_BACKWARD ? "backward" : "forward");
        json_add_text(j, "options", program.options);
        add_arguments(j, program.arguments);
        json_close(j);
    }
    json_close(j);
}

static bool write_manifest(const cllrn_engine *engine, const char *device, const char *directory)
{
    output out;
    if (!open_file(&out, directory, manifest_name, ""))
        return false;
    json j = json_begin(out.file);
    json_add_text(&j, "schema", schema);
    json_add_text(&j, "library", cllrn_version());
    json_add_integer(&j, "arithmetic", cllrn_arithmetic_version());
    json_add_text(&j, "device", device);
    add_programs(&j, engine);
    json_close(&j);
    return output_commit(&out);
}

bool emit_source(const cllrn_engine *engine, const char *device, const char *directory)
{
    const size_t count = cllrn_program_count(engine);
    /* Removed first: a manifest must never describe files of another version. */
    bool good = claim(directory) && remove_file(directory, manifest_name);
    for (size_t i = 0; good && i < count; ++i)
        good = write_source(engine, i, directory);
    return good && remove_unwanted(engine, directory) && write_manifest(engine, device, directory);
}
