/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor_file.h"

#include "descriptor.h"
#include "message.h"

#include "../../hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t element_size(const tensor_file *tensor)
{
    return cllrn_dtype_size(tensor->element.dtype);
}

static bool measure(tensor_file *tensor, const char *path)
{
    return npy_data_size(&tensor->header, element_size(tensor), path, &tensor->size);
}

/* Whether a path names an open descriptor that cannot seek: a pipe, a terminal. */
static bool is_stream(const char *path)
{
    struct stat status;
    return strcmp(path, "-") == 0 ||
           (descriptor_of(path, STDIN_FILENO) >= 0 && stat(path, &status) == 0 &&
            !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
}

/* O_NONBLOCK: refuses a FIFO without waiting for its writer. */
static FILE *open_file(const char *path, bool stream, uint64_t *size)
{
    const int fd = stream ? descriptor_duplicate(descriptor_of(path, STDIN_FILENO), false)
                          : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    FILE *file = NULL;
    if (fd < 0 || fstat(fd, &status) != 0)
        message_fail("%s: cannot be %s: %s", path, stream ? "read" : "opened", strerror(errno));
    else if (!stream && S_ISDIR(status.st_mode))
        message_fail("%s: is a directory, expected a .npy file", path);
    else if (!stream && !S_ISREG(status.st_mode))
        message_fail("%s: is not a regular file", path);
    else if (!(file = fdopen(fd, "rb")))
        message_fail("%s: cannot be opened: %s", path, strerror(errno));
    else
        *size = (uint64_t)status.st_size;
    if (!file && fd >= 0)
        close(fd);
    return file;
}

static bool take_dtype(tensor_file *tensor, const tensor_file_dtype *expected)
{
    const char *const path = tensor->path, *const descr = tensor->header.descr;
    if (!npy_parse_descr(descr, &tensor->element))
        return message_fail("%s: its dtype is '%s', expected f2, f4, f8, or u2 or V2 for bfloat16",
                            path, descr);
    const int32_t dtype = tensor->element.dtype;
    if (dtype == CLLRN_DTYPE_BF16 && !expected->bits_are_bf16)
        return message_fail("%s: its dtype is '%s'; if these are the bits of bfloat16, say %s bf16",
                            path, descr, expected->option);
    if (expected->required == 0 || expected->required == dtype)
        return true;
    char wanted[NPY_MAX_DESCR];
    npy_format_descr(&(npy_element){.dtype = expected->required}, wanted);
    return message_fail("%s: its dtype is '%s', expected '%s' for %s %s", path, descr, wanted,
                        expected->option, cllrn_dtype_string(expected->required));
}

static bool check_rank(const tensor_file *tensor)
{
    enum { MIN_RANK = 2 };
    const int rank = tensor->header.rank;
    return (rank >= MIN_RANK && rank <= CLLRN_MAX_RANK) ||
           message_fail("%s: its rank is %d, expected %d to %d", tensor->path, rank, MIN_RANK,
                        CLLRN_MAX_RANK);
}

static bool check_file_size(uint64_t file_size, uint64_t offset, uint64_t size, const char *path)
{
    const uint64_t data = file_size < offset ? 0 : file_size - offset;
    if (data == size)
        return true;
    return message_fail("%s: %s: holds %" PRIu64 " bytes of data, expected %" PRIu64
                        " for its shape",
                        path, data < size ? "truncated" : "trailing bytes", data, size);
}

/* Copies `size` bytes after the header, then checks that the stream ends. */
static bool fill(FILE *spool, FILE *stream, uint64_t size, const char *path)
{
    char bytes[1 << 16];
    uint64_t done = 0;
    while (done < size) {
        const uint64_t left = size - done;
        const size_t got =
            fread(bytes, 1, left < sizeof bytes ? (size_t)left : sizeof bytes, stream);
        if (got == 0)
            return ferror(stream) ? message_fail("%s: cannot be read: %s", path, strerror(errno))
                                  : check_file_size(done, 0, size, path);
        if (fwrite(bytes, 1, got, spool) != got)
            break;
        done += got;
    }
    if (done < size || fflush(spool) != 0)
        return message_fail("%s: its temporary file cannot be written: %s", path, strerror(errno));
    return fgetc(stream) == EOF || message_fail("%s: trailing bytes: holds more than the %" PRIu64
                                                " bytes of data expected for its shape",
                                                path, size);
}

/* Copies a stream to a temporary file, since slices are read by offset. */
static bool spool(tensor_file *tensor)
{
    FILE *const stream = tensor->file;
    tensor->file = descriptor_spool();
    tensor->offset = 0;
    const bool filled = tensor->file && fill(tensor->file, stream, tensor->size, tensor->path);
    fclose(stream);
    return filled;
}

bool tensor_file_open(tensor_file *tensor, const char *path, const tensor_file_dtype *expected)
{
    const bool stream = is_stream(path);
    uint64_t file_size = 0;
    *tensor = (tensor_file){.path = path};
    tensor->file = open_file(path, stream, &file_size);
    return tensor->file && npy_read(tensor->file, path, &tensor->header, &tensor->offset) &&
           take_dtype(tensor, expected) && check_rank(tensor) && measure(tensor, path) &&
           (stream ? spool(tensor)
                   : check_file_size(file_size, tensor->offset, tensor->size, path));
}

void tensor_file_close(tensor_file *tensor)
{
    if (tensor->file)
        fclose(tensor->file);
    tensor->file = NULL;
}

bool tensor_file_derive(tensor_file *tensor, const tensor_file *like, int32_t dtype)
{
    *tensor = (tensor_file){.header = like->header, .element = like->element};
    if (dtype != 0) {
        tensor->element.dtype = dtype;
        tensor->element.swapped = false;
    }
    npy_format_descr(&tensor->element, tensor->header.descr);
    return measure(tensor, "the result");
}

bool tensor_file_begin(tensor_file *tensor, FILE *file, const char *path)
{
    tensor->file = file;
    tensor->path = path;
    return npy_write(file, path, &tensor->header, &tensor->offset);
}

/* ---------------------------------------------------------------------- parts */

/* The axis of this rank of speed; 0 is the axis that runs fastest in the file. */
static int axis_at(const tensor_file *tensor, int speed)
{
    return tensor->header.fortran_order ? speed : tensor->header.rank - 1 - speed;
}

bool tensor_file_describe(const tensor_file *tensor, const int64_t *dims, int32_t channel_axis,
                          operand *part)
{
    const int rank = tensor->header.rank;
    int64_t strides[CLLRN_MAX_RANK];
    uint64_t elements = 1; /* overflows only where the tensor is empty */
    for (int speed = 0; speed < rank; ++speed) {
        const int axis = axis_at(tensor, speed);
        strides[axis] = (int64_t)elements;
        elements *= (uint64_t)dims[axis];
    }
    const bool strided = tensor->header.fortran_order && elements > 0;
    cllrn_error error = CLLRN_ERROR_INIT;
    part->size = elements * element_size(tensor);
    part->tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
    return message_check(cllrn_tensor_set(&part->tensor, tensor->element.dtype, rank, dims,
                                          strided ? strides : NULL, channel_axis, &error),
                         &error);
}

/* A row: `count` pieces of `piece` bytes, `distance` bytes apart in the file. */
typedef struct row {
    uint64_t offset;
    size_t piece;
    uint64_t count;
    uint64_t distance;
} row;

/* Reads instead of mapping the file: where a file shrinks meanwhile, a map ends in a signal. */
static bool move_bytes(const tensor_file *tensor, bool writes, uint64_t offset, unsigned char *data,
                       size_t size)
{
    const int fd = fileno(tensor->file);
    while (size > 0) {
        const ssize_t moved =
            writes ? pwrite(fd, data, size, (off_t)offset) : pread(fd, data, size, (off_t)offset);
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved <= 0 && writes)
            return message_fail("%s: cannot be written: %s", tensor->path,
                                strerror(moved < 0 ? errno : ENOSPC));
        if (moved <= 0)
            return message_fail("%s: cannot be read: %s at byte %" PRIu64, tensor->path,
                                moved < 0 ? strerror(errno) : "it changed meanwhile and ends",
                                offset);
        data += moved;
        offset += (uint64_t)moved;
        size -= (size_t)moved;
    }
    return true;
}

bool tensor_file_sample(const tensor_file *tensor, uint64_t *sample)
{
    enum { PIECES = 256, PIECE = 4096 };
    unsigned char bytes[PIECE];
    const uint64_t size = tensor->size;
    const uint64_t step = size > PIECES * PIECE ? (size - PIECE) / (PIECES - 1) : PIECE;
    uint64_t hash = 0, at = 0;
    for (int i = 0; i < PIECES && at < size; ++i, at += step) {
        const size_t count = size - at < PIECE ? (size_t)(size - at) : PIECE;
        if (!move_bytes(tensor, false, tensor->offset + at, bytes, count))
            return false;
        hash = lrn_hash(hash, bytes, count);
    }
    *sample = hash;
    return true;
}

enum { SIEVE = 64 << 10 }; /* bytes per read of rows with small pieces */

/* Whether reading the gaps between pieces too costs less than a call for each piece. */
static bool are_near(const row *r)
{
    enum { NEAR = 4 << 10 };
    return r->count > 1 && r->distance <= SIEVE / 2 && r->distance - r->piece <= NEAR;
}

/* Reads several pieces per call: a gradient in another order than x has many small pieces. */
static bool read_near_pieces(const tensor_file *tensor, const row *r, unsigned char *data)
{
    unsigned char bytes[SIEVE];
    const uint64_t most = (SIEVE - r->piece) / r->distance + 1;
    for (uint64_t begin = 0; begin < r->count; begin += most) {
        const uint64_t count = r->count - begin < most ? r->count - begin : most;
        const size_t span = (size_t)((count - 1) * r->distance) + r->piece;
        if (!move_bytes(tensor, false, r->offset + begin * r->distance, bytes, span))
            return false;
        for (uint64_t i = 0; i < count; ++i, data += r->piece)
            memcpy(data, bytes + i * r->distance, r->piece);
    }
    return true;
}

static bool move_pieces(const tensor_file *tensor, bool writes, const row *r, unsigned char *data)
{
    for (uint64_t i = 0; i < r->count; ++i)
        if (!move_bytes(tensor, writes, r->offset + i * r->distance, data + i * r->piece, r->piece))
            return false;
    return true;
}

static void swap(const tensor_file *tensor, void *data, size_t size)
{
    if (tensor->element.swapped)
        npy_swap(data, size, element_size(tensor));
}

static bool read_row(const tensor_file *tensor, const row *r, unsigned char *data)
{
    if (!(are_near(r) ? read_near_pieces(tensor, r, data) : move_pieces(tensor, false, r, data)))
        return false;
    swap(tensor, data, r->piece * (size_t)r->count);
    return true;
}

static bool write_row(const tensor_file *tensor, const row *r, unsigned char *data)
{
    swap(tensor, data, r->piece * (size_t)r->count);
    return move_pieces(tensor, true, r, data);
}

/* Calls a function for each row of a part. In memory the rows follow each other without gaps. */
static bool move_part(const tensor_file *tensor, const box *part, unsigned char *data,
                      bool (*move)(const tensor_file *, const row *, unsigned char *))
{
    row first = {.offset = tensor->offset, .piece = element_size(tensor), .count = 1};
    uint64_t counts[CLLRN_MAX_RANK], strides[CLLRN_MAX_RANK]; /* of axes outside a row */
    uint64_t stride = first.piece, rows = 1;
    int outside = 0;
    bool contiguous = true;
    if (tensor->size == 0)
        return true;
    for (int speed = 0; speed < tensor->header.rank; ++speed) {
        const int axis = axis_at(tensor, speed);
        const uint64_t count = (uint64_t)part->dims[axis];
        first.offset += (uint64_t)part->first[axis] * stride;
        if (contiguous) {
            first.piece *= (size_t)count;
            contiguous = part->dims[axis] == tensor->header.dims[axis];
        } else if (first.count == 1) {
            first.count = count;
            first.distance = stride;
        } else {
            counts[outside] = count;
            strides[outside++] = stride;
            rows *= count;
        }
        stride *= (uint64_t)tensor->header.dims[axis];
    }
    for (uint64_t number = 0; number < rows; ++number) {
        row r = first;
        uint64_t rest = number;
        for (int i = 0; i < outside; ++i) {
            r.offset += rest % counts[i] * strides[i];
            rest /= counts[i];
        }
        if (!move(tensor, &r, data))
            return false;
        data += r.piece * (size_t)r.count;
    }
    return true;
}

bool tensor_file_read(const tensor_file *tensor, const box *part, void *data)
{
    return move_part(tensor, part, data, read_row);
}

bool tensor_file_write(const tensor_file *tensor, const box *part, void *data)
{
    return move_part(tensor, part, data, write_row);
}
