/* SPDX-License-Identifier: Apache-2.0 */
#include "pack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "file.h"
#include "hash.h"
#include "size.h"

static const char magic[8] = {'c', 'l', 'L', 'R', 'N', 'p', 'k', '\n'};

enum { AT_CHECKSUM = 40, ALIGNMENT = 16, PROGRAM_ENTRY = 16, MAX_TEXT = 4096 };

static uint64_t aligned(uint64_t at)
{
    return (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* -------------------------------------------------------------------- checksums */

static uint64_t header_checksum(const unsigned char *data, size_t tables)
{
    return lrn_hash(lrn_hash(0, data, AT_CHECKSUM), data + LRN_PACK_HEADER, tables);
}

static uint64_t binary_checksum(const char *const *texts, const lrn_pack_row *rows, size_t count,
                                const lrn_pack_row *of)
{
    uint64_t hash = 0;
    for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
        hash = lrn_hash_text(hash, texts[i]);
    for (const lrn_pack_row *row = rows; row < rows + count; ++row)
        if (row->binary == of->binary)
            hash = lrn_hash_text(lrn_hash_text(lrn_hash_text(hash, row->name), row->options),
                                 row->kernel);
    return lrn_hash(hash, of->binary, of->size);
}

bool lrn_pack_intact(const cllrn_pack *pack, const lrn_pack_row *row)
{
    return row->checksum == binary_checksum(pack->texts, pack->rows, pack->row_count, row);
}

/* ---------------------------------------------------------------------- reading */

/* The tables still to be read; `bad` is set once they were too short or wrong. */
typedef struct cursor {
    const unsigned char *at, *end;
    bool bad;
} cursor;

static uint64_t take_number(cursor *c, int bytes)
{
    uint64_t value = 0;
    if (c->bad || c->end - c->at < bytes) {
        c->bad = true;
        return 0;
    }
    for (int i = 0; i < bytes; ++i)
        value |= (uint64_t)*c->at++ << (8 * i);
    return value;
}

static const char *take_text(cursor *c)
{
    const uint64_t length = take_number(c, 4);
    const char *text = (const char *)c->at;
    if (c->bad || length == 0 || length > MAX_TEXT || length > (uint64_t)(c->end - c->at) ||
        memchr(text, '\0', (size_t)length) != text + length - 1) {
        c->bad = true;
        return "";
    }
    c->at += length;
    return text;
}

/* The header's fields, checked against the size of the pack. */
typedef struct layout {
    size_t programs, binaries, tables;
} layout;

static cllrn_status damaged(cllrn_error *error, const char *what, const char *how)
{
    return lrn_fail(error, CLLRN_INVALID_PACK, "%.200s: damaged: %s: make it anew", what, how);
}

static cllrn_status read_header(const unsigned char *data, size_t size, const char *what,
                                layout *found, cllrn_error *error)
{
    if (size < LRN_PACK_HEADER || memcmp(data, magic, sizeof magic) != 0)
        return lrn_fail(error, CLLRN_INVALID_PACK, "%.200s: no clLRN pack", what);
    cursor c = {data + sizeof magic, data + LRN_PACK_HEADER, false};
    const uint64_t format = take_number(&c, 4), programs = take_number(&c, 4),
                   binaries = take_number(&c, 4), reserved = take_number(&c, 4),
                   tables = take_number(&c, 8), bytes = take_number(&c, 8),
                   checksum = take_number(&c, 8);
    if (format != LRN_PACK_FORMAT)
        return lrn_fail(error, CLLRN_INVALID_PACK,
                        "%.200s: format %" PRIu64 ", expected %d: make it anew with this version",
                        what, format, LRN_PACK_FORMAT);
    if (bytes != size)
        return lrn_fail(error, CLLRN_INVALID_PACK,
                        "%.200s: damaged: %zu bytes, expected %" PRIu64 ": make it anew", what,
                        size, bytes);
    if (tables > size - LRN_PACK_HEADER)
        return damaged(error, what, "its tables are larger than itself");
    if (checksum != header_checksum(data, (size_t)tables))
        return damaged(error, what, "its tables have another checksum");
    if (reserved != 0)
        return damaged(error, what, "its reserved field is not 0");
    /* A program's table entry is at least as large as a binary's. */
    if (programs > LRN_PACK_PROGRAMS || programs > tables / PROGRAM_ENTRY || binaries > programs)
        return damaged(error, what, "it counts more programs than it has room for");
    *found = (layout){(size_t)programs, (size_t)binaries, (size_t)tables};
    return CLLRN_SUCCESS;
}

/* Reads the table of binaries; checks that the payloads fill the rest of the pack exactly. */
static bool read_binaries(cllrn_pack *pack, const layout *found, cursor *c)
{
    uint64_t at = LRN_PACK_HEADER + (uint64_t)found->tables;
    for (size_t index = 0; index < found->binaries; ++index) {
        const uint64_t size = take_number(c, 8), checksum = take_number(c, 8);
        bool used = false;
        at = aligned(at);
        if (c->bad || size == 0 || at > pack->size || size > pack->size - at)
            return false;
        for (size_t i = 0; i < pack->row_count; ++i)
            if (pack->rows[i].index == index) {
                pack->rows[i].binary = pack->data + at;
                pack->rows[i].size = (size_t)size;
                pack->rows[i].checksum = checksum;
                used = true;
            }
        if (!used)
            return false;
        at += size;
    }
    return c->at == c->end && at == pack->size;
}

static bool read_rows(cllrn_pack *pack, const layout *found, cursor *c)
{
    for (size_t i = 0; i < found->programs; ++i) {
        lrn_pack_row *row = &pack->rows[i];
        row->index = (size_t)take_number(c, 4);
        row->name = take_text(c);
        row->options = take_text(c);
        row->kernel = take_text(c);
        if (c->bad || row->index >= found->binaries || *row->name == '\0' ||
            lrn_pack_find(pack, row->name) != NULL)
            return false;
        pack->row_count = i + 1;
    }
    return true;
}

static cllrn_status read_tables(cllrn_pack *pack, const layout *found, const char *what,
                                cllrn_error *error)
{
    const unsigned char *tables = pack->data + LRN_PACK_HEADER;
    cursor c = {tables, tables + found->tables, false};
    pack->rows = lrn_size_alloc(found->programs, sizeof *pack->rows);
    if (pack->rows == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "%.200s: no memory for its %zu programs", what,
                        found->programs);
    for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
        pack->texts[i] = take_text(&c);
    if (!read_rows(pack, found, &c) || !read_binaries(pack, found, &c))
        return damaged(error, what, "its tables contradict themselves");
    return CLLRN_SUCCESS;
}

/* A pack for any device may hold SPIR-V only. */
static bool is_for_its_device(const cllrn_pack *pack)
{
    if (!lrn_target_is_any(pack->texts))
        return true;
    for (const lrn_pack_row *row = pack->rows; row < pack->rows + pack->row_count; ++row)
        if (!lrn_spirv_is(row->binary, row->size))
            return false;
    return true;
}

cllrn_status lrn_pack_take(unsigned char *data, size_t size, const char *what, cllrn_pack **out,
                           cllrn_error *error)
{
    layout found = {0, 0, 0};
    cllrn_status status = read_header(data, size, what, &found, error);
    cllrn_pack *pack = status == CLLRN_SUCCESS ? malloc(sizeof *pack) : NULL;
    if (pack == NULL) {
        free(data);
        return status != CLLRN_SUCCESS
                   ? status
                   : lrn_fail(error, CLLRN_OUT_OF_MEMORY, "%.200s: no memory", what);
    }
    memset(pack, 0, sizeof *pack);
    pack->data = data;
    pack->size = size;
    if ((status = read_tables(pack, &found, what, error)) == CLLRN_SUCCESS &&
        !is_for_its_device(pack))
        status =
            lrn_fail(error, CLLRN_INVALID_PACK,
                     "%.200s: for any device, but a binary is no SPIR-V: make it for one", what);
    if (status != CLLRN_SUCCESS) {
        cllrn_pack_destroy(pack);
        return status;
    }
    *out = pack;
    return CLLRN_SUCCESS;
}

cllrn_status lrn_pack_copy(const void *data, size_t size, const char *what, cllrn_pack **pack,
                           cllrn_error *error)
{
    if (size > LRN_PACK_MAX_SIZE)
        return lrn_fail(error, CLLRN_INVALID_PACK, "%.200s: no clLRN pack: %zu bytes", what, size);
    unsigned char *copy = malloc(size + 1);
    if (copy == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "%.200s: no memory for %zu bytes", what, size);
    memcpy(copy, data, size);
    return lrn_pack_take(copy, size, what, pack, error);
}

cllrn_status lrn_pack_read(int directory, const char *name, int flags, bool any_owner,
                           const char *what, cllrn_pack **pack, cllrn_error *error)
{
    lrn_file_content content = {0};
    const int code = lrn_file_read(directory, name, flags, (size_t)LRN_PACK_MAX_SIZE, &content);
    const bool none = code == ENOMEM || code == EMFILE || code == ENFILE;
    if (code != 0)
        return lrn_fail(error, none ? CLLRN_OUT_OF_MEMORY : CLLRN_INVALID_PACK,
                        "%.200s: cannot be read: %s", what, lrn_file_message(code));
    if (!any_owner && !lrn_file_is_trusted(content.owner, content.mode)) {
        free(content.data);
        return lrn_fail(error, CLLRN_UNTRUSTED_PACK,
                        "%.200s: others can have changed what it has to run: it is user %lu's, "
                        "mode %04o; expected user %lu's or root's, and written by that one alone "
                        "(chmod go-w)",
                        what, (unsigned long)content.owner, (unsigned)content.mode,
                        (unsigned long)geteuid());
    }
    return lrn_pack_take(content.data, content.size, what, pack, error);
}

const lrn_pack_row *lrn_pack_find(const cllrn_pack *pack, const char *name)
{
    for (size_t i = 0; i < pack->row_count; ++i)
        if (strcmp(pack->rows[i].name, name) == 0)
            return &pack->rows[i];
    return NULL;
}

/* ---------------------------------------------------------------------- writing */

/* A pack being written; data NULL: only count the bytes. */
typedef struct writer {
    unsigned char *data;
    uint64_t at;
} writer;

static void put(writer *w, const void *bytes, size_t size)
{
    if (w->data != NULL)
        memcpy(w->data + w->at, bytes, size);
    w->at += size;
}

static void put_number(writer *w, uint64_t value, int bytes)
{
    unsigned char text[8];
    for (int i = 0; i < bytes; ++i)
        text[i] = (unsigned char)(value >> (8 * i));
    put(w, text, (size_t)bytes);
}

static void put_text(writer *w, const char *text)
{
    put_number(w, strlen(text) + 1, 4);
    put(w, text, strlen(text) + 1);
}

static void put_padding(writer *w)
{
    static const unsigned char zeros[ALIGNMENT];
    put(w, zeros, (size_t)(aligned(w->at) - w->at));
}

/* The first row with the same binary; it stands for the binary in the table of binaries. */
static const lrn_pack_row *owner(const lrn_pack_row *rows, const lrn_pack_row *row)
{
    const lrn_pack_row *first = rows;
    while (first->binary != row->binary)
        ++first;
    return first;
}

/* The binaries of the rows before `end`: the index of that row's binary if it is an owner. */
static uint32_t count_binaries(const lrn_pack_row *rows, const lrn_pack_row *end)
{
    uint32_t count = 0;
    for (const lrn_pack_row *row = rows; row < end; ++row)
        count += owner(rows, row) == row;
    return count;
}

/* Writes all but the header; returns the offset where the tables end. */
static uint64_t put_body(writer *w, const char *const *texts, const lrn_pack_row *rows,
                         size_t count)
{
    const lrn_pack_row *const end = rows + count;
    for (int i = 0; i < CLLRN_PACK_TEXTS; ++i)
        put_text(w, texts[i]);
    for (const lrn_pack_row *row = rows; row < end; ++row) {
        put_number(w, count_binaries(rows, owner(rows, row)), 4);
        put_text(w, row->name);
        put_text(w, row->options);
        put_text(w, row->kernel);
    }
    for (const lrn_pack_row *row = rows; row < end; ++row)
        if (owner(rows, row) == row) {
            put_number(w, row->size, 8);
            put_number(w, w->data != NULL ? binary_checksum(texts, rows, count, row) : 0, 8);
        }
    const uint64_t tables_end = w->at;
    for (const lrn_pack_row *row = rows; row < end; ++row)
        if (owner(rows, row) == row) {
            put_padding(w);
            put(w, row->binary, row->size);
        }
    return tables_end;
}

static void put_header(unsigned char *data, const lrn_pack_row *rows, size_t count, uint64_t tables,
                       uint64_t size)
{
    writer w = {data, 0};
    put(&w, magic, sizeof magic);
    put_number(&w, LRN_PACK_FORMAT, 4);
    put_number(&w, count, 4);
    put_number(&w, count_binaries(rows, rows + count), 4);
    put_number(&w, 0, 4);
    put_number(&w, tables, 8);
    put_number(&w, size, 8);
    put_number(&w, header_checksum(data, (size_t)tables), 8);
}

cllrn_status lrn_pack_make(const char *const *texts, const lrn_pack_row *rows, size_t count,
                           cllrn_pack **pack, cllrn_error *error)
{
    writer counted = {NULL, LRN_PACK_HEADER};
    if (count > LRN_PACK_PROGRAMS)
        return lrn_fail(error, CLLRN_INVALID_PACK, "pack: %zu programs, expected at most %d", count,
                        LRN_PACK_PROGRAMS);
    put_body(&counted, texts, rows, count);
    if (counted.at > LRN_PACK_MAX_SIZE)
        return lrn_fail(error, CLLRN_INVALID_PACK,
                        "pack: %" PRIu64 " bytes, expected at most %" PRIu64, counted.at,
                        LRN_PACK_MAX_SIZE);
    unsigned char *data = malloc((size_t)counted.at);
    if (data == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "pack: no memory for %" PRIu64 " bytes",
                        counted.at);
    writer w = {data, LRN_PACK_HEADER};
    const uint64_t tables = put_body(&w, texts, rows, count) - LRN_PACK_HEADER;
    put_header(data, rows, count, tables, w.at);
    return lrn_pack_take(data, (size_t)w.at, "pack", pack, error);
}

/* ----------------------------------------------------------- the public functions */

cllrn_status cllrn_pack_open(const void *data, size_t size, cllrn_pack **out, cllrn_error *error)
{
    cllrn_pack *pack = NULL;
    if (data == NULL || out == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "pack open: data or pack is NULL");
    const cllrn_status status = lrn_pack_copy(data, size, "pack", &pack, error);
    if (status != CLLRN_SUCCESS)
        return status;
    for (const lrn_pack_row *row = pack->rows; row < pack->rows + pack->row_count; ++row)
        if (owner(pack->rows, row) == row && !lrn_pack_intact(pack, row)) {
            lrn_fail(error, CLLRN_INVALID_PACK,
                     "pack: damaged: %.100s has another checksum: make it anew", row->name);
            cllrn_pack_destroy(pack);
            return CLLRN_INVALID_PACK;
        }
    *out = pack;
    return CLLRN_SUCCESS;
}

void cllrn_pack_destroy(cllrn_pack *pack)
{
    if (pack == NULL)
        return;
    free(pack->rows);
    free(pack->data);
    free(pack);
}

const void *cllrn_pack_data(const cllrn_pack *pack, size_t *size)
{
    *size = pack->size;
    return pack->data;
}

const char *cllrn_pack_text(const cllrn_pack *pack, cllrn_pack_field which)
{
    return which >= 0 && which < CLLRN_PACK_TEXTS ? pack->texts[which] : "";
}

size_t cllrn_pack_count(const cllrn_pack *pack)
{
    return pack->row_count;
}

const char *cllrn_pack_program(const cllrn_pack *pack, size_t index, const char **kernel,
                               size_t *size)
{
    if (index >= pack->row_count)
        return NULL;
    const lrn_pack_row *row = &pack->rows[index];
    if (kernel != NULL)
        *kernel = row->kernel;
    if (size != NULL)
        *size = row->size;
    return row->name;
}

static cllrn_status check_new_rows(const cllrn_pack *pack, const char *const *programs,
                                   const char *const *kernels, size_t count, cllrn_error *error)
{
    for (size_t i = 0; i < count; ++i) {
        if (programs[i] == NULL || *programs[i] == '\0' || strlen(programs[i]) >= MAX_TEXT ||
            (kernels != NULL && kernels[i] != NULL && strlen(kernels[i]) >= MAX_TEXT))
            return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                            "pack add: name %zu is missing or has more than %d characters", i,
                            MAX_TEXT - 1);
        bool twice = lrn_pack_find(pack, programs[i]) != NULL;
        for (size_t j = 0; j < i; ++j)
            twice = twice || strcmp(programs[i], programs[j]) == 0;
        if (twice)
            return lrn_fail(error, CLLRN_INVALID_ARGUMENT, "pack add: the pack has %.100s already",
                            programs[i]);
    }
    return CLLRN_SUCCESS;
}

cllrn_status cllrn_pack_add(const cllrn_pack *pack, const void *binary, size_t size,
                            const char *const *programs, const char *const *kernels, size_t count,
                            cllrn_pack **out, cllrn_error *error)
{
    if (pack == NULL || binary == NULL || size == 0 || programs == NULL || count == 0 ||
        out == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "pack add: a NULL pointer, no binary or no program");
    if (count > LRN_PACK_PROGRAMS)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "pack add: %zu programs, expected at most %d", count, LRN_PACK_PROGRAMS);
    cllrn_status status = check_new_rows(pack, programs, kernels, count, error);
    if (status != CLLRN_SUCCESS)
        return status;
    lrn_pack_row *rows = lrn_size_alloc(pack->row_count + count, sizeof *rows);
    if (rows == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "pack add: no memory for %zu programs",
                        pack->row_count + count);
    memcpy(rows, pack->rows, pack->row_count * sizeof *rows);
    for (size_t i = 0; i < count; ++i)
        rows[pack->row_count + i] = (lrn_pack_row){
            .name = programs[i],
            .options = "",
            .kernel = kernels != NULL && kernels[i] != NULL ? kernels[i] : programs[i],
            .binary = binary,
            .size = size,
        };
    status = lrn_pack_make(pack->texts, rows, pack->row_count + count, out, error);
    free(rows);
    return status;
}
