/* SPDX-License-Identifier: Apache-2.0 */
/* Reports the error code of an OpenCL call. */
#ifndef CLI_CL_ERROR_H
#define CLI_CL_ERROR_H

#include <cllrn.h>
#include <stdbool.h>

/* True for CL_SUCCESS; else false after the message "CALL failed on OBJECT: CL_NAME (-5)". */
bool cl_error_check(cl_int error, const char *call, const char *object);

#endif
