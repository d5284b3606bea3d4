/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "junit.h"
#include "message.h"
#include "output.h"
#include "page.h"
#include "results.h"
#include "statement.h"
#include "submission.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const folder_names[FOLDER_FILES] = {
    FOLDER_RESULTS, "results.xml",    "cases.txt",      "submission.txt",
    "report.html",  "statement.json", FOLDER_CHECKSUMS,
};

/* ---------------------------------------------------------------------- files */

static void write_submission(const totals *t, FILE *file)
{
    submission_write(t->of, file);
}

/* The files that need no other, in the order of folder_names. */
static void (*const writers[])(const totals *t, FILE *file) = {
    results_write, junit_write, results_write_list, write_submission, page_write,
};

enum { WRITERS = sizeof writers / sizeof *writers, STATEMENT = WRITERS, CHECKSUMS };

/* In the form that `sha256sum -c` reads. */
static void write_checksums(const folder *f, FILE *file)
{
    for (int i = 0; i < CHECKSUMS; ++i)
        fprintf(file, "%s  %s\n", f->files[i].hash.chars, f->files[i].name);
}

static bool make_file(const totals *t, folder *f, int i)
{
    report_file *const made = &f->files[i];
    FILE *const file = open_memstream(&made->data, &made->size);
    if (!file)
        return false;
    if (i < WRITERS)
        writers[i](t, file);
    else if (i == STATEMENT)
        statement_write(t, f->files, STATEMENT, file);
    else
        write_checksums(f, file);
    const bool written = !ferror(file);
    if (fclose(file) != 0 || !written)
        return false;
    made->name = folder_names[i];
    made->hash = sha256(made->data, made->size);
    return true;
}

bool folder_make(const totals *t, folder *made)
{
    memset(made, 0, sizeof *made);
    for (int i = 0; i < FOLDER_FILES; ++i)
        if (!make_file(t, made, i)) {
            folder_free(made);
            return message_fail("out of memory for the report of %d cases", t->count);
        }
    return true;
}

void folder_free(folder *f)
{
    for (int i = 0; i < FOLDER_FILES; ++i)
        free(f->files[i].data);
    memset(f, 0, sizeof *f);
}

/* --------------------------------------------------------------------- folder */

/* A path in two parts, both allocated: the directory, and the name in it. */
typedef struct place {
    char *directory, *name;
} place;

static void place_free(place *p)
{
    free(p->directory);
    free(p->name);
}

/* Splits a path, without slashes at its end. False without memory. */
static bool place_make(const char *path, place *p)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        --end;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        --begin;
    p->directory = begin > 0 ? strndup(path, begin) : strdup("./");
    p->name = strndup(path + begin, end - begin);
    if (p->directory && p->name)
        return true;
    place_free(p);
    return message_fail("out of memory for the name %s", path);
}

static bool is_free(const char *path)
{
    struct stat status;
    if (*path == '\0')
        return message_fail("the name of the report is empty");
    if (lstat(path, &status) == 0)
        return message_fail("%s: a report needs a new folder, but this is there: name another, or "
                            "remove it",
                            path);
    return errno == ENOENT || message_fail("%s: cannot be written: %s", path, strerror(errno));
}

bool folder_is_possible(const char *path)
{
    place p;
    if (!is_free(path) || !place_make(path, &p))
        return false;
    const bool possible =
        access(p.directory, W_OK | X_OK) == 0 ||
        message_fail("%s: cannot be written: %s: %s", path, p.directory, strerror(errno));
    place_free(&p);
    return possible;
}

/* The path of a file, or of the folder for an empty name, allocated; NULL after a message. */
static char *path_in(const char *directory, const char *name)
{
    const size_t size = strlen(directory) + strlen(name) + 2;
    char *const path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s", directory, name);
    else
        message_fail("out of memory for the name %s", name);
    return path;
}

static bool write_file(const char *directory, const report_file *file)
{
    output out = {0};
    char *const path = path_in(directory, file->name);
    bool written = path && output_open(&out, path);
    if (written) {
        fwrite(file->data, 1, file->size, out.file);
        written = output_commit(&out);
    }
    free(path);
    return written;
}

static void remove_all(const char *directory)
{
    for (int i = 0; i < FOLDER_FILES; ++i) {
        char *const path = path_in(directory, folder_names[i]);
        if (path)
            unlink(path);
        free(path);
    }
    rmdir(directory);
}

/* Makes a hidden folder beside the report's, whose path is allocated; NULL after a message. */
static char *make_temporary(const place *p)
{
    enum { ATTEMPTS = 100 };
    const size_t size = strlen(p->directory) + strlen(p->name) + 48;
    char *const path = malloc(size);
    for (int i = 0; path && i < ATTEMPTS; ++i) {
        snprintf(path, size, "%s.%s.%ld-%d", p->directory, p->name, (long)getpid(), i);
        if (mkdir(path, 0777) == 0)
            return path;
        if (errno != EEXIST)
            break;
    }
    message_fail("%s: cannot be written: %s in its directory", p->name,
                 path ? strerror(errno) : "out of memory");
    free(path);
    return NULL;
}

/* Renaming also replaces an empty folder, which is_free has just ruled out. */
static bool write_all(const folder *f, const char *path, const place *p)
{
    char *const temporary = make_temporary(p);
    bool written = temporary != NULL;
    for (int i = 0; i < FOLDER_FILES && written; ++i)
        written = write_file(temporary, &f->files[i]);
    written = written && is_free(path);
    if (written && rename(temporary, path) != 0)
        written = message_fail("%s: cannot be written: %s", path, strerror(errno));
    if (temporary && !written)
        remove_all(temporary);
    free(temporary);
    return written;
}

bool folder_write(const totals *t, const char *path)
{
    folder made;
    place p;
    if (!place_make(path, &p))
        return false;
    bool written = folder_make(t, &made);
    if (written) {
        written = write_all(&made, path, &p);
        folder_free(&made);
    }
    place_free(&p);
    return written;
}
