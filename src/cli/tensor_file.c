/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor_file.h"

#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIN_RANK = 2 };

/* The byte order of floats in memory, which is the one read. */
static char native_order(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first ? '<' : '>';
}

static bool is_native_float(const char *descr)
{
    const char order[] = {native_order(), '=', '|', '\0'};
    if (*descr && strchr(order, *descr))
        ++descr;
    return strcmp(descr, "f4") == 0;
}

/* Without waiting for the writer of a FIFO, which is refused here. */
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

static bool check_header(const npy_header *header, const char *path)
{
    if (!is_native_float(header->descr))
        return message_fail("%s: its dtype is '%s', expected '%cf4' (float32 in this machine's "
                            "byte order)",
                            path, header->descr, native_order());
    if (header->rank < MIN_RANK || header->rank > CLLRN_MAX_RANK)
        return message_fail("%s: its rank is %d, expected %d to %d", path, header->rank, MIN_RANK,
                            CLLRN_MAX_RANK);
    return true;
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

static bool read_data(tensor_file *tensor, FILE *file, uint64_t size, const char *path)
{
    if (size > SIZE_MAX)
        return message_fail("%s: %" PRIu64 " bytes of data, more than this machine addresses", path,
                            size);
    tensor->size = (size_t)size;
    tensor->data = malloc(size ? tensor->size : 1);
    if (!tensor->data)
        return message_fail("%s: out of memory for %" PRIu64 " bytes of data", path, size);
    const size_t got = fread(tensor->data, 1, tensor->size, file);
    if (got == tensor->size)
        return true;
    const char *const reason = ferror(file) ? strerror(errno) : "it changed meanwhile";
    message_fail("%s: cannot be read: %s: %zu bytes of data, expected %" PRIu64, path, reason, got,
                 size);
    tensor_file_free(tensor);
    return false;
}

static bool load(tensor_file *tensor, FILE *file, uint64_t file_size, const char *path)
{
    npy_error error;
    uint64_t offset = 0, size = 0;
    npy_status status = npy_read(file, &tensor->header, &offset, &error);
    if (status == NPY_SUCCESS && !check_header(&tensor->header, path))
        return false;
    if (status == NPY_SUCCESS)
        status = npy_data_size(&tensor->header, sizeof *tensor->data, &size, &error);
    if (status != NPY_SUCCESS)
        return message_fail("%s: %s", path, error.message);
    return check_file_size(file_size, offset, size, path) && read_data(tensor, file, size, path);
}

bool tensor_file_load(tensor_file *tensor, const char *path)
{
    uint64_t file_size = 0;
    FILE *const file = open_regular(path, &file_size);
    if (!file)
        return false;
    tensor_file read = {.size = 0};
    const bool loaded = load(&read, file, file_size, path);
    fclose(file);
    if (loaded)
        *tensor = read;
    return loaded;
}

void tensor_file_free(tensor_file *tensor)
{
    free(tensor->data);
    tensor->data = NULL;
}

bool tensor_file_store(const tensor_file *tensor, const float *data, FILE *file, const char *path)
{
    npy_header header = tensor->header;
    npy_error error;
    snprintf(header.descr, sizeof header.descr, "%cf4", native_order());
    if (npy_write(file, &header, &error) != NPY_SUCCESS)
        return message_fail("%s: %s", path, error.message);
    if (fwrite(data, 1, tensor->size, file) != tensor->size)
        return message_fail("%s: cannot be written: %s", path, strerror(errno));
    return true;
}

bool tensor_file_describe(const tensor_file *tensor, int32_t channel_axis, cllrn_tensor *described)
{
    const npy_header *const header = &tensor->header;
    const bool fortran = header->fortran_order && tensor->size > 0;
    int64_t strides[CLLRN_MAX_RANK];
    int64_t stride = 1; /* no overflow: the file holds all elements, or there are none */
    for (int axis = 0; fortran && axis < header->rank; ++axis) {
        strides[axis] = stride;
        stride *= header->dims[axis];
    }
    cllrn_error error = CLLRN_ERROR_INIT;
    return message_check(cllrn_tensor_init(described, sizeof *described, CLLRN_F32, header->rank,
                                           header->dims, fortran ? strides : NULL, channel_axis,
                                           &error),
                         &error);
}
