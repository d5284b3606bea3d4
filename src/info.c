/* SPDX-License-Identifier: Apache-2.0 */
#include "info.h"

#include <stdlib.h>
#include <string.h>

/* No text is near this long: a driver that reports a longer one returned garbage. */
enum { MAX_LENGTH = 1 << 20 };

/* What is asked for a text: the one of the three that is not NULL. */
typedef struct source {
    cl_platform_id platform;
    cl_device_id device;
    cl_program program;
} source;

static cl_int ask(source of, cl_uint property, size_t size, char *text, size_t *length)
{
    return of.device != NULL     ? clGetDeviceInfo(of.device, property, size, text, length)
           : of.platform != NULL ? clGetPlatformInfo(of.platform, property, size, text, length)
                                 : clGetProgramInfo(of.program, property, size, text, length);
}

static cl_int get(source of, cl_uint property, char **text)
{
    size_t length = 0;
    *text = NULL;
    cl_int code = ask(of, property, 0, NULL, &length);
    if (code != CL_SUCCESS)
        return code;
    if (length > MAX_LENGTH)
        return CL_INVALID_VALUE;
    /* Some drivers leave out the final zero, and some report a size of 0. */
    char *const whole = calloc(length + 1, 1);
    if (whole == NULL)
        return CL_SUCCESS;
    if (length > 0 && (code = ask(of, property, length, whole, NULL)) != CL_SUCCESS) {
        free(whole);
        return code;
    }
    whole[length] = '\0';
    *text = whole;
    return CL_SUCCESS;
}

cl_int lrn_info_platform(cl_platform_id platform, cl_platform_info property, char **text)
{
    *text = NULL;
    return platform == NULL ? CL_INVALID_VALUE
                            : get((source){.platform = platform}, property, text);
}

cl_int lrn_info_device(cl_device_id device, cl_device_info property, char **text)
{
    return get((source){.device = device}, property, text);
}

cl_int lrn_info_program(cl_program program, cl_program_info property, char **text)
{
    return get((source){.program = program}, property, text);
}

bool lrn_info_has_word(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}
