/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn join: joins the parts of a result that `cllrn run --part` computed. */
#include "command.h"
#include "message.h"
#include "option.h"
#include "output.h"
#include "run/part_file.h"
#include "text.h"

#include "../size.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct request {
    bool quiet;
} request;

static const option_row rows[] = {
    {OPTION_QUIET(request)},
    {.name = NULL},
};

static const option_table table = {
    .usage = "usage: cllrn join [options] PART.. OUT.npy\n"
             "\n"
             "Joins the parts that 'cllrn run --part 1/N' to 'N/N' wrote, in any order, to the\n"
             "bytes that one run writes:\n"
             "\n"
             "    cllrn join OUT.npy.part*-of-8 OUT.npy\n"
             "\n"
             "All parts must be there, once each, of the same problem, inputs and arithmetic,\n"
             "and with the digests that their runs computed. OUT.npy appears only when it is\n"
             "complete; the parts stay.\n",
    .rows = rows,
    .notes = "What it prints goes to standard error where OUT.npy is standard output.\n",
    .has_arguments = true,
    .defaults = &(const request){.quiet = false},
    .size = sizeof(request),
};

/* ---------------------------------------------------------------------- parts */

/* A file, and which part it says it is. */
typedef struct numbered {
    const char *path;
    int64_t number;
} numbered;

static int compare_numbers(const void *a, const void *b)
{
    const int64_t first = ((const numbered *)a)->number, second = ((const numbered *)b)->number;
    return (first > second) - (first < second);
}

static bool same_result(const part_record *a, const part_record *b)
{
    char texts[2][1024];
    npy_format(&a->result, texts[0], sizeof texts[0]);
    npy_format(&b->result, texts[1], sizeof texts[1]);
    return strcmp(texts[0], texts[1]) == 0 && a->channel_axis == b->channel_axis &&
           a->windowed == b->windowed;
}

/* Whether a part belongs to the same result as the first. False after a message. */
static bool belongs(const char *path, const part_record *part, const char *first_path,
                    const part_record *first)
{
    if (strcmp(part->problem, first->problem) != 0)
        return message_fail("%s: is part of another problem than %s: %s, expected %s", path,
                            first_path, part->problem, first->problem);
    if (!same_result(part, first))
        return message_fail("%s: is part of a result of another shape, dtype or order than %s",
                            path, first_path);
    if (part->x != first->x || part->dy != first->dy)
        return message_fail("%s: was computed from another %s than %s", path,
                            part->x != first->x ? "IN.npy" : "GRAD.npy", first_path);
    if (part->count != first->count)
        return message_fail("%s: is part %" PRId64 " of %" PRId64 ", expected one of %" PRId64
                            " as %s is",
                            path, part->number, part->count, first->count, first_path);
    return true;
}

static bool read_records(int count, char **paths, numbered *parts, part_record *first)
{
    for (int i = 0; i < count; ++i) {
        part_record record;
        FILE *const file = part_file_open(paths[i], &record);
        if (!file)
            return false;
        fclose(file);
        if (i == 0)
            *first = record;
        if (!belongs(paths[i], &record, paths[0], first))
            return false;
        parts[i] = (numbered){paths[i], record.number};
    }
    return true;
}

static bool is_missing(int number, const part_record *first)
{
    return message_fail(
        "part %d of %" PRId64
        " is missing: name its file, or compute it with 'cllrn run --part %d/%" PRId64 "'",
        number, first->count, number, first->count);
}

/* Whether sorted parts are all there are, once each. False after a message. */
static bool are_complete(int count, const numbered *parts, const part_record *first)
{
    for (int i = 0; i < count; ++i) {
        if (i > 0 && parts[i].number == parts[i - 1].number)
            return message_fail("%s: is part %" PRId64 " of %" PRId64
                                ", as %s is: name each part once",
                                parts[i].path, parts[i].number, first->count, parts[i - 1].path);
        if (parts[i].number != i + 1)
            return is_missing(i + 1, first);
    }
    return count == first->count || is_missing(count + 1, first);
}

/* ----------------------------------------------------------------------- join */

static bool begin_result(tensor_file *whole, output *out, const char *path,
                         const part_record *first)
{
    *whole = (tensor_file){.header = first->result};
    npy_parse_descr(whole->header.descr, &whole->element); /* which part_file_open has checked */
    return npy_data_size(&whole->header, cllrn_dtype_size(whole->element.dtype), path,
                         &whole->size) &&
           output_open_stream(out, path) && tensor_file_begin(whole, out->file, path);
}

/* Opens each part anew: a file may have changed meanwhile. */
static bool copy_all(int count, const numbered *parts, const part_record *first,
                     const tensor_file *whole, uint64_t *digest)
{
    for (int i = 0; i < count; ++i) {
        const char *const path = parts[i].path;
        part_record record;
        FILE *const file = part_file_open(path, &record);
        if (!file)
            return false;
        const bool same =
            record.number == parts[i].number || message_fail("%s: changed while it was read", path);
        const bool copied = same && belongs(path, &record, parts[0].path, first) &&
                            part_file_copy(&record, file, path, whole);
        fclose(file);
        if (!copied)
            return false;
        *digest += record.digest;
    }
    return true;
}

static int print_table(const part_record *first, const char *path, uint64_t digest)
{
    FILE *const to = output_is_standard(path) ? stderr : stdout;
    const npy_header *const result = &first->result;
    text_fold(to, 11, "parts", "%" PRId64, first->count);
    text_fold(to, 11, "shape", "%s, channel axis %d",
              text_of_list(result->dims, result->rank, "x").chars, (int)first->channel_axis);
    text_fold(to, 11, "problem", "%s", first->problem);
    text_fold(to, 11, "digest", "%016" PRIx64, digest);
    return message_finish_stdout();
}

static int join(int count, char **paths, const char *path, bool quiet)
{
    numbered *const parts = lrn_size_alloc((uint64_t)count, sizeof *parts);
    part_record first;
    tensor_file whole;
    output out = {.file = NULL};
    uint64_t digest = 0;
    bool good = parts || message_fail("out of memory for %d parts", count);
    good = good && read_records(count, paths, parts, &first);
    if (good)
        qsort(parts, (size_t)count, sizeof *parts, compare_numbers);
    good = good && are_complete(count, parts, &first) && begin_result(&whole, &out, path, &first) &&
           copy_all(count, parts, &first, &whole, &digest) && output_commit(&out);
    output_discard(&out);
    free(parts);
    if (!good)
        return EXIT_FAILED;
    return quiet ? EXIT_DONE : print_table(&first, path, digest);
}

int command_join(int argc, char **argv)
{
    request asked;
    int status;
    if (!option_parse(&table, &argc, &argv, &asked, &status))
        return status;
    if (argc < 2)
        return message_usage("%d file names, expected at least two: PART.. OUT.npy", argc);
    for (int i = 0; i < argc - 1; ++i) {
        const named_file files[] = {{"PART", argv[i]}, {"OUT.npy", argv[argc - 1]}};
        status = output_refuse_same(files, 2);
        if (status != EXIT_DONE)
            return status;
    }
    return join(argc - 1, argv, argv[argc - 1], asked.quiet);
}
