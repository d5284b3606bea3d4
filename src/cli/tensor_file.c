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

static const struct {
    int32_t dtype;
    char kind;
    int size;
} elements[] = {
    {CLLRN_F16, 'f', 2},
    {CLLRN_F32, 'f', 4},
    {CLLRN_F64, 'f', 8},
    {CLLRN_BF16, 'u', 2},
};

enum { ELEMENTS = sizeof elements / sizeof elements[0] };

/* 0 where there is none. */
static int32_t find_dtype(const npy_element *element)
{
    for (size_t i = 0; i < ELEMENTS; ++i)
        if (elements[i].kind == element->kind && elements[i].size == element->size)
            return elements[i].dtype;
    return 0;
}

/* dtype is one of the table's. */
static void format_descr(int32_t dtype, bool swapped, char descr[NPY_MAX_DESCR])
{
    size_t i = 0;
    while (elements[i].dtype != dtype)
        ++i;
    const npy_element element = {elements[i].kind, elements[i].size, swapped};
    npy_format_descr(&element, descr);
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

static bool take_dtype(tensor_file *tensor, const tensor_file_dtype *expected, const char *path)
{
    const char *const descr = tensor->header.descr;
    npy_element element;
    tensor->dtype = npy_parse_descr(descr, &element) ? find_dtype(&element) : 0;
    if (tensor->dtype == 0)
        return message_fail("%s: its dtype is '%s', expected f2, f4, f8, or u2 for bfloat16", path,
                            descr);
    tensor->swapped = element.swapped;
    if (tensor->dtype == CLLRN_BF16 && !expected->u2_is_bf16)
        return message_fail("%s: its dtype is '%s'; if these are the bits of bfloat16, say %s bf16",
                            path, descr, expected->option);
    if (expected->required == 0 || expected->required == tensor->dtype)
        return true;
    char wanted[NPY_MAX_DESCR];
    format_descr(expected->required, false, wanted);
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
    if (got == tensor->size) {
        if (tensor->swapped)
            npy_swap(tensor->data, tensor->size, cllrn_dtype_size(tensor->dtype));
        return true;
    }
    const char *const reason = ferror(file) ? strerror(errno) : "it changed meanwhile";
    message_fail("%s: cannot be read: %s: %zu bytes of data, expected %" PRIu64, path, reason, got,
                 size);
    tensor_file_free(tensor);
    return false;
}

static bool load(tensor_file *tensor, FILE *file, uint64_t file_size,
                 const tensor_file_dtype *expected, const char *path)
{
    npy_error error;
    uint64_t offset = 0, size = 0;
    if (npy_read(file, &tensor->header, &offset, &error) != NPY_SUCCESS)
        return message_fail("%s: %s", path, error.message);
    if (!take_dtype(tensor, expected, path) || !check_rank(tensor->header.rank, path))
        return false;
    if (npy_data_size(&tensor->header, cllrn_dtype_size(tensor->dtype), &size, &error) !=
        NPY_SUCCESS)
        return message_fail("%s: %s", path, error.message);
    return check_file_size(file_size, offset, size, path) && read_data(tensor, file, size, path);
}

bool tensor_file_load(tensor_file *tensor, const char *path, const tensor_file_dtype *expected)
{
    uint64_t file_size = 0;
    FILE *const file = open_regular(path, &file_size);
    if (!file)
        return false;
    tensor_file read = {.size = 0};
    const bool loaded = load(&read, file, file_size, expected, path);
    fclose(file);
    if (loaded)
        *tensor = read;
    return loaded;
}

bool tensor_file_create(tensor_file *tensor, const tensor_file *like, int32_t dtype)
{
    tensor_file made = *like;
    if (dtype != 0) {
        made.dtype = dtype;
        made.swapped = false;
    }
    format_descr(made.dtype, made.swapped, made.header.descr);
    npy_error error;
    uint64_t size = 0;
    if (npy_data_size(&made.header, cllrn_dtype_size(made.dtype), &size, &error) != NPY_SUCCESS)
        return message_fail("the result: %s", error.message);
    made.size = (size_t)size;
    made.data = size <= SIZE_MAX ? malloc(size ? made.size : 1) : NULL;
    if (!made.data)
        return message_fail("out of memory for a result of %" PRIu64 " bytes", size);
    *tensor = made;
    return true;
}

void tensor_file_free(tensor_file *tensor)
{
    free(tensor->data);
    tensor->data = NULL;
}

bool tensor_file_store(tensor_file *tensor, FILE *file, const char *path)
{
    npy_error error;
    if (npy_write(file, &tensor->header, &error) != NPY_SUCCESS)
        return message_fail("%s: %s", path, error.message);
    if (tensor->swapped)
        npy_swap(tensor->data, tensor->size, cllrn_dtype_size(tensor->dtype));
    if (fwrite(tensor->data, 1, tensor->size, file) != tensor->size)
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
    return message_check(cllrn_tensor_init(described, sizeof *described, tensor->dtype,
                                           header->rank, header->dims, fortran ? strides : NULL,
                                           channel_axis, &error),
                         &error);
}
