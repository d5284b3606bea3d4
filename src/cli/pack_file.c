/* SPDX-License-Identifier: Apache-2.0 */
#include "pack_file.h"

#include "message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* More than any pack may have. */
static const long long most = 1LL << 30;

static bool read_stream(FILE *file, const char *path, void **data, size_t *size)
{
    struct stat status;
    if (fstat(fileno(file), &status) != 0)
        return message_fail("%s: cannot be read: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode) || status.st_size == 0 || (long long)status.st_size > most)
        return message_fail("%s: cannot be read: no regular file of 1 to %lld bytes", path, most);
    *size = (size_t)status.st_size;
    *data = malloc(*size);
    if (!*data)
        return message_fail("%s: out of memory for %zu bytes", path, *size);
    if (fread(*data, 1, *size, file) == *size)
        return true;
    free(*data);
    return message_fail("%s: cannot be read: it is shorter than %zu bytes", path, *size);
}

bool pack_file_load(const char *path, void **data, size_t *size)
{
    FILE *const file = fopen(path, "rb");
    if (!file)
        return message_fail("%s: cannot be read: %s", path, strerror(errno));
    const bool loaded = read_stream(file, path, data, size);
    fclose(file);
    return loaded;
}

bool pack_file_open(const char *path, cllrn_pack **pack)
{
    void *data = NULL;
    size_t size = 0;
    cllrn_error error = CLLRN_ERROR_INIT;
    if (!pack_file_load(path, &data, &size))
        return false;
    const cllrn_status status = cllrn_pack_open(data, size, pack, &error);
    free(data);
    return status == CLLRN_SUCCESS || message_fail("%s: %s", path, error.message);
}

bool pack_file_write(const cllrn_pack *pack, output *to)
{
    size_t size = 0;
    const void *const data = cllrn_pack_data(pack, &size);
    fwrite(data, 1, size, to->file); /* what fails shows when it is committed */
    return output_commit(to);
}

size_t pack_file_count(const cllrn_pack *pack)
{
    size_t count = 0;
    while (cllrn_pack_program(pack, count, NULL, NULL))
        ++count;
    return count;
}
