/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "environment.h"
#include "error.h"
#include "hash.h"

static const uint64_t default_limit = UINT64_C(256) << 20;

static const char suffix[] = ".program";

/* ---------------------------------------------------------------- the directory */

static char *join(const char *directory, const char *name)
{
    const size_t size = strlen(directory) + strlen(name) + 1;
    char *path = malloc(size);
    if (path != NULL)
        snprintf(path, size, "%s%s", directory, name);
    return path;
}

/*
 * Where the cache directory is, the path of which is the result and *below; NULL
 * if there is nowhere to put it. Relative $XDG_CACHE_HOME and $HOME are ignored,
 * because they depend on the working directory of the process.
 */
static const char *locate(const cllrn_engine_options *options, const char **below)
{
    const char *named = lrn_environment(options->cache_dir, "CLLRN_CACHE_DIR");
    const char *xdg = lrn_environment(NULL, "XDG_CACHE_HOME"),
               *home = lrn_environment(NULL, "HOME");
    *below = "";
    if (named != NULL)
        return named;
    *below = "/cllrn";
    if (xdg != NULL && xdg[0] == '/')
        return xdg;
    *below = "/.cache/cllrn";
    return home != NULL && home[0] == '/' ? home : NULL;
}

/*
 * Whether to use the cache: by default yes, since no platform measured loses by
 * it. PoCL, which has a cache of its own, builds a program once more to give
 * its binary, 0.4 s, and then starts 0.05 s earlier each time; Oclgrind and
 * rusticl give binaries at no cost.
 */
static bool wanted(const lrn_core *core, const cllrn_engine_options *options)
{
    static const struct {
        const char *value;
        bool wanted;
    } known[] = {{"off", false}, {"0", false}, {"no", false}, {"false", false}, {"", true},
                 {"on", true},   {"1", true},  {"yes", true}, {"true", true}};
    const char *said = lrn_environment(NULL, "CLLRN_CACHE");
    if (options->cache != CLLRN_CACHE_AUTO)
        return options->cache == CLLRN_CACHE_ON;
    if (said == NULL)
        return true;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; ++i)
        if (strcasecmp(said, known[i].value) == 0)
            return known[i].wanted;
    lrn_log(core, CLLRN_LOG_WARNING,
            "CLLRN_CACHE is neither on nor off (1 or 0, yes or no, true or false): the cache stays "
            "on");
    return true;
}

cllrn_status lrn_cache_open(lrn_cache *cache, const lrn_core *core,
                            const cllrn_engine_options *options, cllrn_error *error)
{
    const char *below;
    cache->core = core;
    cache->limit = options->cache_limit != 0 ? options->cache_limit : default_limit;
    /* If the device does not tell all that a binary depends on, no binary is known to fit. */
    const char *const base =
        core->target.complete && wanted(core, options) ? locate(options, &below) : NULL;
    cache->directory = base != NULL ? join(base, below) : NULL;
    if (base != NULL && cache->directory == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY,
                        "engine create: no memory for the cache's name");
    atomic_init(&cache->on, cache->directory != NULL);
    atomic_init(&cache->swept, false);
    return CLLRN_SUCCESS;
}

void lrn_cache_close(lrn_cache *cache)
{
    free(cache->directory);
}

/*
 * Creates the directory and its parent, but no directory above that: a home
 * directory is never created. False with errno set on failure.
 */
static bool make_directory(const char *path)
{
    const char *const slash = strrchr(path, '/');
    int made = mkdir(path, 0700);
    if (made != 0 && errno == ENOENT && slash != NULL && slash != path) {
        char *const parent = join(path, "");
        if (parent == NULL)
            return false;
        parent[slash - path] = '\0';
        (void)mkdir(parent, 0700);
        free(parent);
        made = mkdir(path, 0700);
    }
    return made == 0 || errno == EEXIST;
}

static int open_directory(const char *path)
{
    return lrn_file_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
}

/*
 * Opens the cache directory, and creates it first if `make`. Returns a
 * descriptor, or -1 if there is no cache, or its directory is missing or not
 * private: the files in it are executed.
 */
static int enter(lrn_cache *cache, bool make)
{
    struct stat status;
    if (!lrn_cache_is_on(cache))
        return -1;
    int fd = open_directory(cache->directory);
    if (fd < 0 && errno == ENOENT) {
        if (!make)
            return -1;
        if (make_directory(cache->directory))
            fd = open_directory(cache->directory);
    }
    const bool known = fd >= 0 && fstat(fd, &status) == 0;
    if (known && lrn_file_is_private(status.st_uid, status.st_mode)) {
        if (!atomic_exchange(&cache->swept, true))
            lrn_file_sweep(fd);
        return fd;
    }
    /* Logged once: the cache is off for this engine from here on. */
    const char *const why =
        known ? "it is another user's, or others may write to it" : strerror(errno);
    if (atomic_exchange(&cache->on, false))
        lrn_log(cache->core, CLLRN_LOG_WARNING, "no cache in %.500s: %s", cache->directory, why);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* -------------------------------------------------------------------- its entries */

enum { ENTRY_NAME = 16 + sizeof suffix };

static void entry_name(const lrn_cache *cache, const char *name, const char *options,
                       char entry[ENTRY_NAME])
{
    uint64_t hash = lrn_hash(0, &(const unsigned char){LRN_PACK_FORMAT}, 1);
    for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
        hash = lrn_hash_text(hash, cache->core->target.texts[i]);
    hash = lrn_hash_text(lrn_hash_text(hash, name), options);
    snprintf(entry, ENTRY_NAME, "%016" PRIx64 "%s", hash, suffix);
}

static bool is_entry(const char *name)
{
    return strspn(name, "0123456789abcdef") == 16 && strcmp(name + 16, suffix) == 0;
}

/* Checks that an entry holds this program for this device, undamaged. */
static cllrn_status check_entry(const lrn_cache *cache, const cllrn_pack *pack, const char *name,
                                const char *options, cllrn_error *error)
{
    const cllrn_status status =
        lrn_target_match(&cache->core->target, pack->texts, false, "cache entry", error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (pack->row_count != 1 || strcmp(pack->rows->name, name) != 0 ||
        strcmp(pack->rows->options, options) != 0 || *pack->rows->kernel != '\0')
        return lrn_fail(error, CLLRN_PACK_MISMATCH, "cache entry: of another program");
    if (!lrn_pack_intact(pack, pack->rows))
        return lrn_fail(error, CLLRN_INVALID_PACK, "cache entry: damaged: another checksum");
    return CLLRN_SUCCESS;
}

cllrn_pack *lrn_cache_load(lrn_cache *cache, const char *name, const char *options)
{
    char entry[ENTRY_NAME];
    cllrn_pack *pack = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    const int directory = enter(cache, false);
    if (directory < 0)
        return NULL;
    entry_name(cache, name, options, entry);
    if (faccessat(directory, entry, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
        close(directory);
        return NULL;
    }
    cllrn_status status =
        lrn_pack_read(directory, entry, O_NOFOLLOW, false, "cache entry", &pack, &error);
    if (status == CLLRN_SUCCESS)
        status = check_entry(cache, pack, name, options, &error);
    if (status == CLLRN_SUCCESS) {
        /* The oldest entries are evicted first: mark this one as used now. */
        (void)utimensat(directory, entry, NULL, 0);
    } else {
        cllrn_pack_destroy(pack);
        pack = NULL;
        lrn_log(cache->core, CLLRN_LOG_WARNING, "dropped %s from the cache: %s", name,
                error.message);
        /* Out of memory or descriptors says nothing about an entry. */
        if (status != CLLRN_OUT_OF_MEMORY)
            unlinkat(directory, entry, 0);
    }
    close(directory);
    return pack;
}

void lrn_cache_drop(lrn_cache *cache, const char *name, const char *options, const char *why)
{
    char entry[ENTRY_NAME];
    lrn_log(cache->core, CLLRN_LOG_WARNING, "dropped %s from the cache: %s", name, why);
    const int directory = enter(cache, false);
    if (directory < 0)
        return;
    entry_name(cache, name, options, entry);
    unlinkat(directory, entry, 0);
    close(directory);
}

/* --------------------------------------------------------------------- its size */

static bool before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* The bytes of all entries but `kept`, and the name of the oldest of them, "" if none. */
static uint64_t survey(DIR *list, const char *kept, char oldest[ENTRY_NAME])
{
    struct timespec time = {0, 0};
    uint64_t bytes = 0;
    *oldest = '\0';
    rewinddir(list);
    for (const struct dirent *item; (item = readdir(list)) != NULL;) {
        struct stat status;
        if (!is_entry(item->d_name) || strcmp(item->d_name, kept) == 0 ||
            fstatat(dirfd(list), item->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        bytes += status.st_size > 0 ? (uint64_t)status.st_size : 0;
        if (*oldest == '\0' || before(&status.st_mtim, &time)) {
            time = status.st_mtim;
            memcpy(oldest, item->d_name, ENTRY_NAME);
        }
    }
    return bytes;
}

/* Removes the oldest entries until the rest and `size` bytes fit the limit. */
static void make_room(lrn_cache *cache, int directory, const char *kept, uint64_t size)
{
    char oldest[ENTRY_NAME];
    DIR *const list = lrn_file_list(directory);
    while (list != NULL && survey(list, kept, oldest) + size > cache->limit && *oldest != '\0') {
        if (unlinkat(directory, oldest, 0) != 0 && errno != ENOENT)
            break;
        lrn_log(cache->core, CLLRN_LOG_DEBUG, "evicted %s from the cache", oldest);
    }
    if (list != NULL)
        closedir(list);
}

void lrn_cache_store(lrn_cache *cache, const lrn_pack_row *row)
{
    char entry[ENTRY_NAME];
    const char *texts[CLLRN_PACK_TEXTS];
    cllrn_pack *pack = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    const int directory = enter(cache, true);
    if (directory < 0)
        return;
    for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
        texts[i] = cache->core->target.texts[i];
    if (lrn_pack_make(texts, row, 1, &pack, &error) != CLLRN_SUCCESS) {
        lrn_log(cache->core, CLLRN_LOG_WARNING, "%s not cached: %s", row->name, error.message);
    } else if (pack->size > cache->limit) {
        lrn_log(cache->core, CLLRN_LOG_WARNING,
                "%s not cached: %zu bytes, and the cache holds %" PRIu64, row->name, pack->size,
                cache->limit);
    } else {
        entry_name(cache, row->name, row->options, entry);
        make_room(cache, directory, entry, pack->size);
        const int code = lrn_file_write(directory, entry, pack->data, pack->size);
        if (code != 0)
            lrn_log(cache->core, CLLRN_LOG_WARNING, "%s not cached in %.500s: %s", row->name,
                    cache->directory, strerror(code));
    }
    cllrn_pack_destroy(pack);
    close(directory);
}
