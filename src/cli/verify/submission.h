/* SPDX-License-Identifier: Apache-2.0 */
/* The facts in the form of OpenCL-CTS's submission_details.txt. */
#ifndef CLI_SUBMISSION_H
#define CLI_SUBMISSION_H

#include "facts.h"

#include <stdio.h>

/* The caller checks the file for errors. */
void submission_write(const facts *f, FILE *file);

#endif
