/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLLRN_STARPU_ERROR_H
#define CLLRN_STARPU_ERROR_H

#include <cllrn.h>

/* Fills *error, unless it is NULL or not initialised, and returns the status. */
__attribute__((format(printf, 3, 4))) cllrn_status
lrn_refuse(cllrn_error *error, cllrn_status status, const char *format, ...);

#endif
