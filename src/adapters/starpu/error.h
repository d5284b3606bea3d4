/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLLRN_STARPU_ERROR_H
#define CLLRN_STARPU_ERROR_H

#include <cllrn.h>

/* Fills *error, which may be NULL, and returns the status. */
__attribute__((format(printf, 3, 4))) cllrn_status
lrn_refuse(cllrn_error *error, cllrn_status status, const char *format, ...);

#endif
