/* SPDX-License-Identifier: Apache-2.0 */
#include "pack_file.h"

#include "message.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* The greatest size in bytes; no pack is that large. */
static const size_t most = (size_t)1 << 30;

bool pack_file_load(const char *path, lrn_file_content *content)
{
    const int code = lrn_file_read(AT_FDCWD, path, 0, most, content);
    if (code != 0)
        return message_fail("%s: cannot be read: %s", path, lrn_file_message(code));
    if (content->size > 0)
        return true;
    free(content->data);
    return message_fail("%s: cannot be read: it is empty", path);
}

static bool is_trusted(const char *path, const lrn_file_content *content)
{
    return lrn_file_is_trusted(content->owner, content->mode) ||
           message_fail("%s: others can have changed it: it is user %lu's, mode %04o; expected "
                        "user %lu's or root's, and written by that one alone (chmod go-w); "
                        "--any-owner takes it as it is",
                        path, (unsigned long)content->owner, (unsigned)content->mode,
                        (unsigned long)geteuid());
}

bool pack_file_open(const char *path, bool trusted, cllrn_pack **pack)
{
    lrn_file_content content = {0};
    cllrn_error error = CLLRN_ERROR_INIT;
    if (!pack_file_load(path, &content))
        return false;
    const bool opened =
        (!trusted || is_trusted(path, &content)) &&
        (cllrn_pack_open(content.data, content.size, pack, &error) == CLLRN_SUCCESS ||
         message_fail("%s: %s", path, message_of_library(error.status, &error)));
    free(content.data);
    return opened;
}

bool pack_file_write(const cllrn_pack *pack, output *to)
{
    size_t size = 0;
    const void *const data = cllrn_pack_data(pack, &size);
    if (!output_lock(to)) /* 'pack add' must not overwrite this pack with the old one */
        return false;
    fwrite(data, 1, size, to->file); /* output_commit reports a failure */
    return output_commit(to);
}
