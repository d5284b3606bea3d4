/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

cllrn_status lrn_refuse(cllrn_error *error, cllrn_status status, const char *format, ...)
{
    va_list arguments;
    if (error == NULL || error->struct_size < sizeof *error)
        return status;
    error->status = status;
    error->cl_error = 0;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return status;
}
