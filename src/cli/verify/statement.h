/* SPDX-License-Identifier: Apache-2.0 */
/* The result as an in-toto Statement of the type test-result, for others to sign. */
#ifndef CLI_STATEMENT_H
#define CLI_STATEMENT_H

#include "report_file.h"
#include "totals.h"

#include <stdio.h>

/*
 * The subject is the file of the command that ran; where its hash is unknown, the first file.
 * The configuration names the files. The caller checks the file for errors.
 */
void statement_write(const totals *t, const report_file *files, int count, FILE *file);

#endif
