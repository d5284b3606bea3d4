/* SPDX-License-Identifier: Apache-2.0 */
/* Judges the folder of a report, without the device. */
#ifndef CLI_JUDGE_H
#define CLI_JUDGE_H

#include <stdbool.h>

/*
 * Accepts a folder that is complete and unmodified, and whose list of cases and digests are
 * those of this command. Trusts no file: makes all of them again from the results, of which
 * the cases, their digests and errors follow from the library. Prints what it accepts, unless
 * quiet. False after messages with the reasons.
 */
bool judge_folder(const char *path, bool quiet);

#endif
