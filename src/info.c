/* SPDX-License-Identifier: Apache-2.0 */
#include "info.h"

#include <stdlib.h>
#include <string.h>

/* No answer is near this long, not even a build log: a longer one is garbage. */
enum { MAX_LENGTH = 64 << 20 };

static cl_int ask(lrn_info_of of, cl_uint property, size_t size, void *value, size_t *length)
{
    if (of.program != NULL && of.device != NULL)
        return clGetProgramBuildInfo(of.program, of.device, property, size, value, length);
    return of.program != NULL    ? clGetProgramInfo(of.program, property, size, value, length)
           : of.context != NULL  ? clGetContextInfo(of.context, property, size, value, length)
           : of.device != NULL   ? clGetDeviceInfo(of.device, property, size, value, length)
           : of.platform != NULL ? clGetPlatformInfo(of.platform, property, size, value, length)
                                 : CL_INVALID_VALUE;
}

void *lrn_info_get(lrn_info_of of, cl_uint property, size_t *size, cl_int *code)
{
    *size = 0;
    *code = ask(of, property, 0, NULL, size);
    if (*code == CL_SUCCESS && *size > MAX_LENGTH)
        *code = CL_INVALID_VALUE;
    /* Some drivers leave out the final zero of a text, and some report a size of 0. */
    char *const answer = *code == CL_SUCCESS ? calloc(*size + 1, 1) : NULL;
    if (answer == NULL || *size == 0 ||
        (*code = ask(of, property, *size, answer, NULL)) == CL_SUCCESS) {
        if (answer != NULL)
            answer[*size] = '\0';
        return answer;
    }
    free(answer);
    return NULL;
}

cllrn_status lrn_info_text(lrn_info_of of, cl_uint property, const char *name, const char *what,
                           char **text, cllrn_error *error)
{
    size_t size;
    cl_int code;
    *text = lrn_info_get(of, property, &size, &code);
    if (code != CL_SUCCESS && code != CL_INVALID_VALUE)
        return lrn_fail_cl(error, code, "%.200s: asking the device for %s", what, name);
    if (code == CL_SUCCESS && *text == NULL)
        return lrn_fail(error, CLLRN_OUT_OF_MEMORY, "%.200s: no memory for %s", what, name);
    return CLLRN_SUCCESS;
}

bool lrn_info_has_word(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}
