/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor_file.h"

#include "descriptor.h"
#include "message.h"
#include "rows.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIN_RANK = 2 };

static const struct {
    int32_t dtype;
    char kind;
    int size;
} elements[] = {
    {CLLRN_DTYPE_F16, 'f', 2},  {CLLRN_DTYPE_F32, 'f', 4},  {CLLRN_DTYPE_F64, 'f', 8},
    {CLLRN_DTYPE_BF16, 'u', 2}, {CLLRN_DTYPE_BF16, 'V', 2},
};

enum { ELEMENTS = sizeof elements / sizeof elements[0] };

/* The library's dtype of an element type; 0 if it has none. */
static int32_t find_dtype(const npy_element *element)
{
    for (size_t i = 0; i < ELEMENTS; ++i)
        if (elements[i].kind == element->kind && elements[i].size == element->size)
            return elements[i].dtype;
    return 0;
}

/* NumPy's letter for a dtype of the table: `preferred` if it is one of the dtype's letters. */
static char find_kind(int32_t dtype, char preferred)
{
    char kind = '\0';
    for (size_t i = 0; i < ELEMENTS; ++i)
        if (elements[i].dtype == dtype && (kind == '\0' || elements[i].kind == preferred))
            kind = elements[i].kind;
    return kind;
}

static void format_descr(int32_t dtype, char kind, bool swapped, char descr[NPY_MAX_DESCR])
{
    const npy_element element = {kind, (int)cllrn_dtype_size(dtype), swapped};
    npy_format_descr(&element, descr);
}

/* Whether a path names an open descriptor that cannot seek: a pipe, a terminal. */
static bool is_stream(const char *path)
{
    struct stat status;
    return strcmp(path, "-") == 0 ||
           (descriptor_of(path, STDIN_FILENO) >= 0 && stat(path, &status) == 0 &&
            !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
}

static FILE *open_stream(const char *path)
{
    const int fd = descriptor_duplicate(descriptor_of(path, STDIN_FILENO), false);
    FILE *const file = fd >= 0 ? fdopen(fd, "rb") : NULL;
    if (!file) {
        message_fail("%s: cannot be read: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    return file;
}

/* Opens a regular file. O_NONBLOCK: refuses a FIFO without waiting for its writer. */
static FILE *open_regular(const char *path, uint64_t *size)
{
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    FILE *file = NULL;
    if (fd < 0 || fstat(fd, &status) != 0)
        message_fail("%s: cannot be opened: %s", path, strerror(errno));
    else if (S_ISDIR(status.st_mode))
        message_fail("%s: is a directory, expected a .npy file", path);
    else if (!S_ISREG(status.st_mode))
        message_fail("%s: is not a regular file", path);
    else if (!(file = fdopen(fd, "rb")))
        message_fail("%s: cannot be opened: %s", path, strerror(errno));
    else
        *size = (uint64_t)status.st_size;
    if (!file && fd >= 0)
        close(fd);
    return file;
}

static bool take_dtype(tensor_file *tensor, const tensor_file_dtype *expected, const char *path)
{
    const char *const descr = tensor->header.descr;
    npy_element element;
    tensor->dtype = npy_parse_descr(descr, &element) ? find_dtype(&element) : 0;
    if (tensor->dtype == 0)
        return message_fail("%s: its dtype is '%s', expected f2, f4, f8, or u2 or V2 for bfloat16",
                            path, descr);
    tensor->kind = element.kind;
    tensor->swapped = element.swapped;
    if (tensor->dtype == CLLRN_DTYPE_BF16 && !expected->bits_are_bf16)
        return message_fail("%s: its dtype is '%s'; if these are the bits of bfloat16, say %s bf16",
                            path, descr, expected->option);
    if (expected->required == 0 || expected->required == tensor->dtype)
        return true;
    char wanted[NPY_MAX_DESCR];
    format_descr(expected->required, find_kind(expected->required, '\0'), false, wanted);
    return message_fail("%s: its dtype is '%s', expected '%s' for %s %s", path, descr, wanted,
                        expected->option, cllrn_dtype_string(expected->required));
}

static bool check_rank(int rank, const char *path)
{
    if (rank >= MIN_RANK && rank <= CLLRN_MAX_RANK)
        return true;
    return message_fail("%s: its rank is %d, expected %d to %d", path, rank, MIN_RANK,
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

static bool inspect(tensor_file *tensor, uint64_t file_size, const tensor_file_dtype *expected)
{
    npy_error error;
    if (!npy_read(tensor->file, &tensor->header, &tensor->offset, &error))
        return message_fail("%s: %s", tensor->path, error.message);
    if (!take_dtype(tensor, expected, tensor->path) ||
        !check_rank(tensor->header.rank, tensor->path))
        return false;
    if (!npy_data_size(&tensor->header, cllrn_dtype_size(tensor->dtype), &tensor->size, &error))
        return message_fail("%s: %s", tensor->path, error.message);
    return is_stream(tensor->path)
               ? spool(tensor)
               : check_file_size(file_size, tensor->offset, tensor->size, tensor->path);
}

bool tensor_file_open(tensor_file *tensor, const char *path, const tensor_file_dtype *expected)
{
    uint64_t file_size = 0;
    tensor_file opened = {.path = path};
    opened.file = is_stream(path) ? open_stream(path) : open_regular(path, &file_size);
    if (!opened.file)
        return false;
    if (inspect(&opened, file_size, expected)) {
        *tensor = opened;
        return true;
    }
    tensor_file_close(&opened);
    return false;
}

void tensor_file_close(tensor_file *tensor)
{
    if (tensor->file)
        fclose(tensor->file);
    tensor->file = NULL;
}

bool tensor_file_derive(tensor_file *tensor, const tensor_file *like, int32_t dtype)
{
    tensor_file made = {.header = like->header, .dtype = like->dtype, .swapped = like->swapped};
    if (dtype != 0) {
        made.dtype = dtype;
        made.swapped = false;
    }
    made.kind = find_kind(made.dtype, like->kind);
    format_descr(made.dtype, made.kind, made.swapped, made.header.descr);
    npy_error error;
    if (!npy_data_size(&made.header, cllrn_dtype_size(made.dtype), &made.size, &error))
        return message_fail("the result: %s", error.message);
    *tensor = made;
    return true;
}

bool tensor_file_begin(tensor_file *tensor, FILE *file, const char *path)
{
    npy_error error;
    if (!npy_write(file, &tensor->header, &error))
        return message_fail("%s: %s", path, error.message);
    const long offset = fflush(file) == 0 ? ftell(file) : -1;
    if (offset < 0)
        return message_fail("%s: cannot be written: %s", path, strerror(errno));
    tensor->file = file;
    tensor->path = path;
    tensor->offset = (uint64_t)offset;
    return true;
}

/* ---------------------------------------------------------------------- parts */

bool tensor_file_describe(const tensor_file *tensor, const int64_t *dims, int32_t channel_axis,
                          cllrn_tensor *described)
{
    const bool strided = tensor->header.fortran_order && tensor->size > 0;
    int64_t strides[CLLRN_MAX_RANK];
    if (strided)
        rows_strides(dims, tensor->header.rank, tensor->header.fortran_order, strides);
    cllrn_error error = CLLRN_ERROR_INIT;
    *described = (cllrn_tensor)CLLRN_TENSOR_INIT;
    return message_check(cllrn_tensor_set(described, tensor->dtype, tensor->header.rank, dims,
                                          strided ? strides : NULL, channel_axis, &error),
                         &error);
}

static bool read_piece(const tensor_file *tensor, uint64_t offset, void *data, size_t size)
{
    unsigned char *to = data;
    while (size > 0) {
        const ssize_t got = pread(fileno(tensor->file), to, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return message_fail("%s: cannot be read: %s at byte %" PRIu64, tensor->path,
                                got < 0 ? strerror(errno) : "it changed meanwhile and ends",
                                offset);
        to += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

static bool write_piece(const tensor_file *tensor, uint64_t offset, const void *data, size_t size)
{
    const unsigned char *from = data;
    while (size > 0) {
        const ssize_t put = pwrite(fileno(tensor->file), from, size, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return message_fail("%s: cannot be written: %s", tensor->path,
                                strerror(put < 0 ? errno : ENOSPC));
        from += put;
        offset += (uint64_t)put;
        size -= (size_t)put;
    }
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
        if (!read_piece(tensor, r->offset + begin * r->distance, bytes, span))
            return false;
        for (uint64_t i = 0; i < count; ++i, data += r->piece)
            memcpy(data, bytes + i * r->distance, r->piece);
    }
    return true;
}

static bool read_row(const tensor_file *tensor, const row *r, unsigned char *data)
{
    if (are_near(r))
        return read_near_pieces(tensor, r, data);
    for (uint64_t i = 0; i < r->count; ++i)
        if (!read_piece(tensor, r->offset + i * r->distance, data + i * r->piece, r->piece))
            return false;
    return true;
}

static bool write_row(const tensor_file *tensor, const row *r, const unsigned char *data)
{
    for (uint64_t i = 0; i < r->count; ++i)
        if (!write_piece(tensor, r->offset + i * r->distance, data + i * r->piece, r->piece))
            return false;
    return true;
}

static rows rows_of_part(const tensor_file *tensor, const box *part)
{
    return rows_of(&(rows_array){.dims = tensor->header.dims,
                                 .rank = tensor->header.rank,
                                 .fortran_order = tensor->header.fortran_order,
                                 .element_size = cllrn_dtype_size(tensor->dtype),
                                 .offset = tensor->offset},
                   part);
}

static size_t part_size(const tensor_file *tensor, const box *part)
{
    size_t size = cllrn_dtype_size(tensor->dtype);
    for (int axis = 0; axis < tensor->header.rank; ++axis)
        size *= (size_t)part->dims[axis];
    return size;
}

bool tensor_file_read(const tensor_file *tensor, const box *part, void *data)
{
    if (tensor->size == 0)
        return true;
    rows r = rows_of_part(tensor, part);
    unsigned char *to = data;
    do {
        if (!read_row(tensor, &r.current, to))
            return false;
        to += r.current.piece * (size_t)r.current.count;
    } while (rows_next(&r));
    if (tensor->swapped)
        npy_swap(data, part_size(tensor, part), cllrn_dtype_size(tensor->dtype));
    return true;
}

bool tensor_file_write(const tensor_file *tensor, const box *part, void *data)
{
    if (tensor->size == 0)
        return true;
    if (tensor->swapped)
        npy_swap(data, part_size(tensor, part), cllrn_dtype_size(tensor->dtype));
    rows r = rows_of_part(tensor, part);
    const unsigned char *from = data;
    do {
        if (!write_row(tensor, &r.current, from))
            return false;
        from += r.current.piece * (size_t)r.current.count;
    } while (rows_next(&r));
    return true;
}
