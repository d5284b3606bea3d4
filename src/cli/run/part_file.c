/* SPDX-License-Identifier: Apache-2.0 */
#include "part_file.h"

#include "message.h"

#include "../../hash.h"

#include <cllrn_verify.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char title[] = "cllrn part 1\n";

enum { CHUNK = 16 << 20 }; /* bytes of data in memory, at most */

/* --------------------------------------------------------------------- record */

static int channel_axis_of(const operand *o)
{
    return o->tensor.channel_axis < 0 ? o->tensor.channel_axis + o->tensor.rank
                                      : o->tensor.channel_axis;
}

/* Numbers that are equal have one text, and others another: 17 digits tell doubles apart. */
static void format_problem(char text[PART_FILE_PROBLEM], const problem *p, bool reference)
{
    const cllrn_params *const params = &p->params;
    int used = snprintf(text, PART_FILE_PROBLEM, "%s of %s%s%s,",
                        p->whole.backward ? "backward" : "forward",
                        cllrn_dtype_string(p->x.element.dtype), p->whole.backward ? " and " : "",
                        p->whole.backward ? cllrn_dtype_string(p->dy.element.dtype) : "");
    for (int i = 0; i < params->window_count; ++i)
        used += snprintf(text + used, PART_FILE_PROBLEM - (size_t)used,
                         " window %" PRId64 ",%" PRId64 " on axis %d,", params->window[i].lower,
                         params->window[i].upper, (int)params->window[i].axis);
    snprintf(text + used, PART_FILE_PROBLEM - (size_t)used,
             " divisor %.17g, alpha %.17g, beta %.17g, k %.17g, %s %u", params->divisor,
             params->alpha, params->beta, params->k, reference ? "reference" : "arithmetic",
             (unsigned)cllrn_arithmetic_version());
}

bool part_file_describe(part_record *record, const problem *p, int64_t number, int64_t count,
                        bool reference)
{
    const slicing_axes axes = problem_axes(p);
    *record = (part_record){.number = number,
                            .count = count,
                            .result = p->result.header,
                            .channel_axis = channel_axis_of(&p->whole.dst)};
    format_problem(record->problem, p, reference);
    for (int axis = 0; axis < axes.rank && axis < CLLRN_MAX_RANK;
         ++axis) /* or gcc 12 warns with asan */
        record->windowed |= (uint32_t)axes.windowed[axis] << axis;
    return tensor_file_sample(&p->x, &record->x) &&
           (!p->whole.backward || tensor_file_sample(&p->dy, &record->dy));
}

/* The lines of a record, but for the checksum. npy_parse reads the shape. */
static const char lines[] = "%spart %" PRId64 " of %" PRId64 "\n"
                            "problem %s\n"
                            "x %016" PRIx64 "\n"
                            "dy %016" PRIx64 "\n"
                            "result %s\n"
                            "channel axis %d\n"
                            "windowed %02" PRIx32 "\n"
                            "digest %016" PRIx64 "\n";

static void format(const part_record *record, char text[PART_FILE_RECORD])
{
    char dictionary[1024];
    npy_format(&record->result, dictionary, sizeof dictionary);
    memset(text, ' ', PART_FILE_RECORD);
    int used = snprintf(text, PART_FILE_RECORD, lines, title, record->number, record->count,
                        record->problem, record->x, record->dy, dictionary,
                        (int)record->channel_axis, record->windowed, record->digest);
    used += snprintf(text + used, (size_t)(PART_FILE_RECORD - used), "checksum %016" PRIx64 "\n",
                     lrn_hash(0, text, (size_t)used));
    text[used] = ' ';
    text[PART_FILE_RECORD - 1] = '\n';
}

/* Whether the text ends in the checksum of what is before it. */
static bool is_undamaged(const char *text)
{
    static const char key[] = "\nchecksum ";
    const char *const at = strstr(text, key);
    uint64_t checksum;
    return at && sscanf(at + strlen(key), "%16" SCNx64, &checksum) == 1 &&
           checksum == lrn_hash(0, text, (size_t)(at + 1 - text));
}

/* Parses loosely: the caller compares what format makes of the record. False after a message. */
static bool parse(const char *text, const char *path, part_record *record)
{
    char dictionary[1024];
    int axis;
    *record = (part_record){.number = 0};
    if (!is_undamaged(text) ||
        sscanf(text,
               "cllrn part 1 part %10" SCNd64 " of %10" SCNd64 " problem %511[^\n]"
               " x %16" SCNx64 " dy %16" SCNx64 " result %1023[^\n]"
               " channel axis %2d windowed %2" SCNx32 " digest %16" SCNx64,
               &record->number, &record->count, record->problem, &record->x, &record->dy,
               dictionary, &axis, &record->windowed, &record->digest) != 9)
        return message_fail("%s: its record is damaged: compute the part again", path);
    record->channel_axis = axis;
    return npy_parse(dictionary, strlen(dictionary), path, &record->result);
}

/* ----------------------------------------------------------------------- data */

static slicing_axes axes_of(const part_record *record)
{
    const npy_header *const header = &record->result;
    slicing_axes axes = {.rank = header->rank};
    for (int i = 0; i < axes.rank; ++i) {
        axes.order[i] = header->fortran_order ? axes.rank - 1 - i : i;
        axes.dims[i] = header->dims[i];
        axes.windowed[i] = (record->windowed >> i & 1) != 0;
    }
    return axes;
}

bool part_file_targets(const part_record *record, FILE *file, const char *path,
                       slice_target targets[SLICING_PART_BOXES], int *count)
{
    const slicing_axes axes = axes_of(record);
    box boxes[SLICING_PART_BOXES];
    uint64_t offset = PART_FILE_RECORD;
    *count = slicing_part(&axes, record->number, record->count, boxes);
    for (int i = 0; i < *count; ++i) {
        tensor_file *const made = &targets[i].file;
        targets[i].box = boxes[i];
        *made =
            (tensor_file){.header = record->result, .file = file, .path = path, .offset = offset};
        memcpy(made->header.dims, boxes[i].dims, sizeof boxes[i].dims);
        if (!npy_parse_descr(made->header.descr, &made->element) ||
            !npy_data_size(&made->header, cllrn_dtype_size(made->element.dtype), path, &made->size))
            return false;
        offset += made->size;
    }
    return true;
}

/* The bytes of a file with this part. */
static uint64_t size_of(const slice_target *targets, int count)
{
    return count > 0 ? targets[count - 1].file.offset + targets[count - 1].file.size
                     : PART_FILE_RECORD;
}

bool part_file_finish(const part_record *record, FILE *file, const char *path)
{
    char text[PART_FILE_RECORD];
    format(record, text);
    return fwrite(text, 1, sizeof text, file) == sizeof text ||
           message_fail("%s: cannot be written: %s", path, strerror(errno));
}

/* Moves a box, of at most CHUNK bytes or one element along each axis, by way of memory. */
static bool move(const part_record *record, const slice_target *from, const box *chunk,
                 void *memory, const tensor_file *to, uint64_t *digest)
{
    operand part;
    cllrn_error error = CLLRN_ERROR_INIT;
    box inside = *chunk;
    for (int axis = 0; axis < CLLRN_MAX_RANK; ++axis)
        inside.first[axis] -= from->box.first[axis];
    return tensor_file_describe(&from->file, chunk->dims, record->channel_axis, &part) &&
           tensor_file_read(&from->file, &inside, memory) &&
           message_check(cllrn_digest_box(&part.tensor, memory, chunk->first, record->result.dims,
                                          digest, &error),
                         &error) &&
           (!to || tensor_file_write(to, chunk, memory));
}

/* Copies all data, unless `to` is NULL, and computes its digest. False after a message. */
static bool copy(const part_record *record, FILE *file, const char *path, const tensor_file *to,
                 uint64_t *digest)
{
    slice_target targets[SLICING_PART_BOXES];
    int count;
    slicing_axes axes = axes_of(record); /* a copy may be cut anywhere */
    memset(axes.windowed, 0, sizeof axes.windowed);
    *digest = 0;
    void *const memory = malloc(CHUNK);
    bool good = memory || message_fail("out of memory for %d bytes of %s", CHUNK, path);
    good = good && part_file_targets(record, file, path, targets, &count);
    for (int i = 0; good && i < count; ++i) {
        const slicing cut = slicing_make(&axes, &targets[i].box,
                                         CHUNK / cllrn_dtype_size(targets[i].file.element.dtype));
        for (uint64_t number = 0; good && number < cut.count; ++number) {
            const box chunk = slicing_box(&cut, number);
            good = move(record, &targets[i], &chunk, memory, to, digest);
        }
    }
    free(memory);
    return good;
}

/* ----------------------------------------------------------------------- read */

/* Whether a record is one that a run writes. */
static bool is_sound(const part_record *record, const char *text)
{
    enum { MIN_RANK = 2 };
    char again[PART_FILE_RECORD];
    npy_element element;
    const int rank = record->result.rank;
    return record->count <= INT32_MAX && record->number >= 1 && record->number <= record->count &&
           rank >= MIN_RANK && rank <= CLLRN_MAX_RANK && record->channel_axis >= 0 &&
           record->channel_axis < rank && record->windowed >> rank == 0 &&
           npy_parse_descr(record->result.descr, &element) &&
           (format(record, again), memcmp(again, text, PART_FILE_RECORD) == 0);
}

/* Reads the record of a regular file. Returns why not, or NULL. */
static const char *read_record(FILE *file, char text[PART_FILE_RECORD + 1], uint64_t *size)
{
    struct stat status;
    memset(text, 0, PART_FILE_RECORD + 1);
    if (fstat(fileno(file), &status) != 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "it is not a regular file";
    *size = (uint64_t)status.st_size;
    const size_t got = fread(text, 1, PART_FILE_RECORD, file);
    if (ferror(file))
        return strerror(errno);
    if (strncmp(text, title, strlen(title)) != 0)
        return "it is no part of a result of 'cllrn run --part'";
    return got == PART_FILE_RECORD ? NULL : "it ends within its record";
}

/* O_NONBLOCK: refuses a FIFO without waiting for its writer. NULL and errno on failure. */
static FILE *open_file(const char *path)
{
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *const file = fd < 0 ? NULL : fdopen(fd, "rb");
    if (!file && fd >= 0)
        close(fd);
    return file;
}

bool part_file_is_done(const char *path, part_record *record)
{
    static const char key[] = "\ndigest ";
    char expected[PART_FILE_RECORD], text[PART_FILE_RECORD + 1];
    slice_target targets[SLICING_PART_BOXES];
    uint64_t size, digest;
    int count;
    FILE *const file = open_file(path);
    part_record found = *record;
    const char *at;
    const bool done = file && !read_record(file, text, &size) && (at = strstr(text, key)) &&
                      sscanf(at + strlen(key), "%16" SCNx64, &found.digest) == 1 &&
                      (format(&found, expected), memcmp(expected, text, PART_FILE_RECORD) == 0) &&
                      part_file_targets(&found, file, path, targets, &count) &&
                      size == size_of(targets, count) && copy(&found, file, path, NULL, &digest) &&
                      digest == found.digest;
    if (file)
        fclose(file);
    if (done)
        record->digest = digest;
    return done;
}

/* Checks a record and the size of its file. False after a message. */
static bool take(const char *text, FILE *file, const char *path, uint64_t size, part_record *record)
{
    slice_target targets[SLICING_PART_BOXES];
    uint64_t whole;
    int count;
    if (!parse(text, path, record))
        return false;
    if (!is_sound(record, text))
        return message_fail("%s: its record is not one that 'cllrn run' writes", path);
    /* Fewer than 2^63 bytes, so that nothing below overflows. */
    if (!npy_data_size(&record->result, sizeof(double), path, &whole) ||
        !part_file_targets(record, file, path, targets, &count))
        return false;
    if (size == size_of(targets, count))
        return true;
    return message_fail("%s: holds %" PRIu64 " bytes, expected %" PRIu64 ": compute the part again",
                        path, size, size_of(targets, count));
}

FILE *part_file_open(const char *path, part_record *record)
{
    char text[PART_FILE_RECORD + 1];
    uint64_t size;
    FILE *const file = open_file(path);
    const char *const why = file ? read_record(file, text, &size) : strerror(errno);
    if (why)
        message_fail("%s: cannot be read: %s", path, why);
    else if (take(text, file, path, size, record))
        return file;
    if (file)
        fclose(file);
    return NULL;
}

bool part_file_copy(const part_record *record, FILE *file, const char *path, const tensor_file *to)
{
    uint64_t digest;
    return copy(record, file, path, to, &digest) &&
           (digest == record->digest ||
            message_fail("%s: is damaged: its digest is %016" PRIx64 ", expected %016" PRIx64
                         ": compute the part again",
                         path, digest, record->digest));
}
