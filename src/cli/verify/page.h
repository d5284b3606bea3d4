/* SPDX-License-Identifier: Apache-2.0 */
/* The report as one HTML page that needs no other file, no network and no script. */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "totals.h"

#include <stdio.h>

/* Numbers of the JSON have an attribute data-json, their JSON pointer. The caller checks the file.
 */
void page_write(const totals *t, FILE *file);

#endif
