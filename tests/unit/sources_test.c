/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sources.h"

/* The names of the kernels' files: cl/NAME.cl and cl/NAME.h. */
enum { MOST = 64 };
static char files[MOST][64];
static int file_count;

static bool is_kernel_file(const char *name)
{
    const char *ending = strrchr(name, '.');
    return ending != NULL && (strcmp(ending, ".cl") == 0 || strcmp(ending, ".h") == 0);
}

static int list_files(void **state)
{
    DIR *directory = opendir(KERNEL_DIR);
    assert_non_null(directory);
    (void)state;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (is_kernel_file(entry->d_name)) {
            assert_true(file_count < MOST);
            snprintf(files[file_count++], sizeof *files, "%.63s", entry->d_name);
        }
    assert_true(file_count > 10);
    return closedir(directory);
}

/* A directory with a copy of every kernel file, removed by close_directory. */
typedef struct directory {
    char path[64], file[128];
} directory;

static const char *path_of(directory *d, const char *name)
{
    snprintf(d->file, sizeof d->file, "%s/%.60s", d->path, name);
    return d->file;
}

static void write_file(directory *d, const char *name, const char *text, size_t size)
{
    FILE *stream = fopen(path_of(d, name), "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(text, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

static char text[1 << 17];

/* Reads a file of cl/ into `text`; returns its size. */
static size_t read_kernel_file(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%.60s", KERNEL_DIR, name);
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    const size_t size = fread(text, 1, sizeof text, stream);
    assert_true(size > 0 && size < sizeof text);
    text[size] = '\0';
    fclose(stream);
    return size;
}

static void fill_directory(directory *d)
{
    for (int file = 0; file < file_count; ++file) {
        const size_t size = read_kernel_file(files[file]);
        write_file(d, files[file], text, size);
    }
}

static void open_directory(directory *d)
{
    snprintf(d->path, sizeof d->path, "/tmp/cllrn-sources-XXXXXX");
    assert_non_null(mkdtemp(d->path));
    fill_directory(d);
}

static void close_directory(directory *d)
{
    for (int file = 0; file < file_count; ++file)
        remove(path_of(d, files[file]));
    assert_int_equal(rmdir(d->path), 0);
}

static void refuse(cllrn_status expected, const char *path, const char *named)
{
    lrn_sources sources;
    cllrn_error error = error_blank();
    assert_failed(expected, lrn_sources_open(&sources, path, &error), &error);
    assert_non_null(strstr(error.message, named));
    /* Nothing is left to close, but closing does no harm. */
    lrn_sources_close(&sources);
}

static void sources_open__built_in_equal_the_files_SUCCESS(void **state)
{
    lrn_sources built_in, from_disk;
    cllrn_error error = error_blank();
    (void)state;

    assert_succeeded(lrn_sources_open(&built_in, NULL, &error), &error);
    assert_succeeded(lrn_sources_open(&from_disk, KERNEL_DIR, &error), &error);

    assert_string_equal(built_in.hash, from_disk.hash);
    assert_int_equal(strlen(built_in.hash), 16);
    for (size_t variant = 0; cllrn_variant_name(variant) != NULL; ++variant)
        for (int f64 = 0; f64 < 2; ++f64) {
            const char *const name = cllrn_variant_name(variant);
            const lrn_source_list a = lrn_sources_list(&built_in, name, f64);
            const lrn_source_list b = lrn_sources_list(&from_disk, name, f64);
            assert_int_equal(a.count, b.count);
            for (cl_uint i = 0; i < a.count; ++i)
                assert_string_equal(a.parts[i], b.parts[i]);
        }
    lrn_sources_close(&built_in);
    lrn_sources_close(&from_disk);
}

static void sources_list__headers_first_each_with_its_line_SUCCESS(void **state)
{
    lrn_sources sources;
    (void)state;
    assert_int_equal(lrn_sources_open(&sources, NULL, NULL), CLLRN_SUCCESS);
    for (size_t k = 0; cllrn_variant_name(k) != NULL; ++k)
        for (int f64 = 0; f64 < 2; ++f64) {
            const lrn_source_list list = lrn_sources_list(&sources, cllrn_variant_name(k), f64);
            char line[96], name[64];
            for (cl_uint i = 0; i < list.count; i += 2) {
                assert_int_equal(strncmp(list.parts[i + 1], "/* SPDX", 7), 0);
                assert_null(strstr(list.parts[i + 1], "\n#include \""));
                assert_int_equal(sscanf(list.parts[i], "#line 1 \"cl/%63[^\"]", name), 1);
                read_kernel_file(name);
                const char *include = text;
                while ((include = strstr(include, "\n#include \"")) != NULL) {
                    assert_int_equal(sscanf(include++, " #include \"%63[^\"]", name), 1);
                    if (strcmp(name, f64 ? "power_float.h" : "power_double.h") == 0)
                        continue;
                    snprintf(line, sizeof line, "#line 1 \"cl/%s\"\n", name);
                    cl_uint before = 0;
                    while (before < i && strcmp(list.parts[before], line) != 0)
                        before += 2;
                    assert_true(before < i);
                }
            }
            snprintf(name, sizeof name, "%s.cl", cllrn_variant_name(k));
            assert_string_equal(list.file, name);
            snprintf(line, sizeof line, "#line 1 \"cl/%s\"\n", name);
            assert_string_equal(list.parts[list.count - 2], line);
            snprintf(line, sizeof line, "kernel void LRN_KERNEL_NAME(%s)(", cllrn_variant_name(k));
            assert_non_null(strstr(list.parts[list.count - 1], line));
        }
    lrn_sources_close(&sources);
}

static void sources_open__each_file_missing_KERNEL_SOURCE(void **state)
{
    directory d;
    (void)state;
    open_directory(&d);
    for (int file = 0; file < file_count; ++file) {
        assert_int_equal(remove(path_of(&d, files[file])), 0);
        refuse(CLLRN_KERNEL_SOURCE, d.path, files[file]);
        fill_directory(&d);
    }
    refuse(CLLRN_KERNEL_SOURCE, KERNEL_DIR "/missing", strerror(ENOENT));
    close_directory(&d);
}

static void sources_open__a_directory_for_a_file_KERNEL_SOURCE(void **state)
{
    directory d;
    (void)state;
    open_directory(&d);
    assert_int_equal(remove(path_of(&d, "planar.cl")), 0);
    assert_int_equal(mkdir(path_of(&d, "planar.cl"), 0700), 0);
    refuse(CLLRN_KERNEL_SOURCE, d.path, "planar.cl");
    close_directory(&d);
}

static void sources_open__not_a_text_KERNEL_SOURCE(void **state)
{
    static char large[(1 << 20) + 1];
    static const char zero[] = "kernel void x(\0) {}";
    directory d;
    lrn_sources sources;
    (void)state;
    open_directory(&d);
    memset(large, ' ', sizeof large);
    write_file(&d, "strided.cl", large, sizeof large);
    refuse(CLLRN_KERNEL_SOURCE, d.path, "strided.cl");
    write_file(&d, "strided.cl", zero, sizeof zero - 1);
    refuse(CLLRN_KERNEL_SOURCE, d.path, "strided.cl");
    /* The most that is allowed, and the least. */
    write_file(&d, "strided.cl", large, sizeof large - 1);
    write_file(&d, "planar.cl", large, 0);
    assert_int_equal(lrn_sources_open(&sources, d.path, NULL), CLLRN_SUCCESS);
    lrn_source_list list = lrn_sources_list(&sources, "strided", false);
    assert_int_equal(strlen(list.parts[list.count - 1]), 1 << 20);
    list = lrn_sources_list(&sources, "planar", false);
    assert_string_equal(list.parts[list.count - 1], "");
    lrn_sources_close(&sources);
    close_directory(&d);
}

static void sources_open__hash_of_every_file_SUCCESS(void **state)
{
    char hashes[MOST + 1][17];
    directory d;
    (void)state;
    open_directory(&d);
    for (int changed = 0; changed <= file_count; ++changed) {
        lrn_sources sources;
        fill_directory(&d);
        if (changed < file_count) {
            FILE *stream = fopen(path_of(&d, files[changed]), "ab");
            assert_non_null(stream);
            fputc('\n', stream);
            fclose(stream);
        }
        assert_int_equal(lrn_sources_open(&sources, d.path, NULL), CLLRN_SUCCESS);
        snprintf(hashes[changed], sizeof hashes[changed], "%s", sources.hash);
        lrn_sources_close(&sources);
    }
    for (int a = 0; a <= file_count; ++a)
        for (int b = 0; b < a; ++b)
            assert_string_not_equal(hashes[a], hashes[b]);
    close_directory(&d);
}

static void sources_open__no_memory_OUT_OF_MEMORY(void **state)
{
    lrn_sources sources;
    (void)state;
    const size_t before = memory_calls();
    assert_int_equal(lrn_sources_open(&sources, KERNEL_DIR, NULL), CLLRN_SUCCESS);
    lrn_sources_close(&sources);
    const size_t count = memory_calls() - before;
    assert_int_equal(count, 2 * file_count + 1);
    for (size_t n = 1; n <= count; ++n)
        for (int from_there_on = 0; from_there_on < 2; ++from_there_on) {
            memory_fail(n, from_there_on);
            refuse(CLLRN_OUT_OF_MEMORY, KERNEL_DIR, KERNEL_DIR);
            memory_fail(0, false);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sources_open__built_in_equal_the_files_SUCCESS),
        TEST(sources_list__headers_first_each_with_its_line_SUCCESS),
        TEST(sources_open__each_file_missing_KERNEL_SOURCE),
        TEST(sources_open__a_directory_for_a_file_KERNEL_SOURCE),
        TEST(sources_open__not_a_text_KERNEL_SOURCE),
        TEST(sources_open__hash_of_every_file_SUCCESS),
        TEST(sources_open__no_memory_OUT_OF_MEMORY),
    };
    return cmocka_run_group_tests_name("sources", tests, list_files, NULL);
}
