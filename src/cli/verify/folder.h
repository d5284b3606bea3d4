/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of a report. All files follow from the results, so whoever has results.json can
 * make the folder again and compare.
 */
#ifndef CLI_FOLDER_H
#define CLI_FOLDER_H

#include "report_file.h"
#include "totals.h"

enum { FOLDER_FILES = 7 };

#define FOLDER_RESULTS "results.json"
#define FOLDER_CHECKSUMS "SHA256SUMS"

extern const char *const folder_names[FOLDER_FILES];

typedef struct folder {
    report_file files[FOLDER_FILES]; /* in the order of folder_names */
} folder;

/* Makes the files in memory. False after a message, with nothing to free. */
bool folder_make(const totals *t, folder *made);
void folder_free(folder *f);

/* Whether a folder can be made at this path, where nothing may be yet. False after a message. */
bool folder_is_possible(const char *path);

/* Writes a folder that appears under its name only when it is complete. False after a message. */
bool folder_write(const totals *t, const char *path);

#endif
