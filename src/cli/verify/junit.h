/* SPDX-License-Identifier: Apache-2.0 */
/* The results of a verification as XML for tools that read JUnit's. */
#ifndef CLI_JUNIT_H
#define CLI_JUNIT_H

#include "totals.h"

#include <stdio.h>

/* The caller checks the file for errors. */
void junit_write(const totals *t, FILE *file);

#endif
