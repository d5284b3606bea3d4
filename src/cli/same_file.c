/* SPDX-License-Identifier: Apache-2.0 */
#include "same_file.h"

#include "message.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The last component of a path. */
static const char *last_component(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool status_of_directory(const char *path, struct stat *status)
{
    char *const directory = strndup(path, (size_t)(last_component(path) - path));
    const bool known = directory && stat(*directory ? directory : ".", status) == 0;
    free(directory);
    return known;
}

static bool same_inode(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Compares inodes, or, for files that do not exist yet, their directories and names. */
static bool is_same(const char *a, const char *b)
{
    struct stat of_a, of_b;
    const bool a_exists = stat(a, &of_a) == 0, b_exists = stat(b, &of_b) == 0;
    if (a_exists || b_exists)
        return a_exists && b_exists && same_inode(&of_a, &of_b);
    return strcmp(last_component(a), last_component(b)) == 0 && status_of_directory(a, &of_a) &&
           status_of_directory(b, &of_b) && same_inode(&of_a, &of_b);
}

int same_file_refuse(const named_file *files, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        for (size_t j = i + 1; j < count; ++j)
            if (files[i].path && files[j].path && is_same(files[i].path, files[j].path))
                return message_usage("%s and %s are the same file, %s", files[i].name,
                                     files[j].name, files[j].path);
    return EXIT_DONE;
}
