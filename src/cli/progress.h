/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

/* Shows one line on stderr, replacing the last one, if stderr is a terminal. "" erases the line. */
void progress_show(const char *text);

#endif
