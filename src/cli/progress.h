/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

/* One line on stderr, where that is a terminal; an empty text wipes it, if it is there. */
void progress_show(const char *text);

#endif
