/* SPDX-License-Identifier: Apache-2.0 */
/* The texts that clGetPlatformInfo and clGetDeviceInfo give, of any length. */
#ifndef LRN_INFO_H
#define LRN_INFO_H

#include <stdbool.h>

#include <cllrn.h>

/*
 * Sets *text to the property, which the caller frees. Returns the code of the
 * OpenCL call that failed, *text being NULL then; CL_INVALID_VALUE, as drivers
 * do for what they do not know, also for platform NULL and a text of a size
 * that can only be garbage. *text is NULL with CL_SUCCESS where memory ran out.
 */
cl_int lrn_info_platform(cl_platform_id platform, cl_platform_info property, char **text);
cl_int lrn_info_device(cl_device_id device, cl_device_info property, char **text);

/* Whether a list of words, separated by spaces, has this word: "a" is not in "ab c". */
bool lrn_info_has_word(const char *list, const char *word);

#endif
