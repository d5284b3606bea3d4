/* SPDX-License-Identifier: Apache-2.0 */
#include "spirv.h"

#include "message.h"
#include "pack_file.h"

#include <stdio.h>
#include <stdlib.h>

/* Replaces *pack by a pack that also holds the kernel's module. */
static bool add(const char *directory, const char *kernel, cllrn_pack **pack)
{
    char path[4096];
    lrn_file_content module = {0};
    cllrn_pack *sum = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    const int length = snprintf(path, sizeof path, "%s/%s.spv", directory, kernel);
    if (length < 0 || (size_t)length >= sizeof path)
        return message_fail("%s: too long a name", directory);
    if (!pack_file_load(path, &module))
        return false;
    const bool added = message_check(
        cllrn_pack_add(*pack, module.data, module.size, &kernel, NULL, 1, &sum, &error), &error);
    free(module.data);
    if (!added)
        return false;
    cllrn_pack_destroy(*pack);
    *pack = sum;
    return true;
}

bool spirv_pack(const cllrn_engine *engine, const char *directory, cllrn_pack **made)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_pack *pack = NULL;
    if (!message_check(cllrn_pack_create(&pack, &error), &error))
        return false;
    const size_t count = cllrn_program_count(engine);
    for (size_t i = 0; i < count; ++i) {
        cllrn_program_info program = CLLRN_PROGRAM_INFO_INIT;
        if (!message_check(cllrn_program_get(engine, i, &program, &error), &error) ||
            !add(directory, program.name, &pack)) {
            cllrn_pack_destroy(pack);
            return false;
        }
    }
    *made = pack;
    return true;
}
