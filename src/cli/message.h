/* SPDX-License-Identifier: Apache-2.0 */
/* What the command says on stderr, and how it exits. */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include <cllrn.h>
#include <stdbool.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* The sub-command that messages begin with; a static string. */
void message_set_command(const char *command);

/*
 * Prints one line, "cllrn: run: ...", control characters replaced, so that it
 * stays one line whatever a file is called. Returns false for
 * `return message_fail(...)`.
 */
__attribute__((format(printf, 1, 2))) bool message_fail(const char *format, ...);

/* True for success; else prints what the library said. */
bool message_check(cllrn_status status, const cllrn_error *error);

/* The same with a hint where the usage is printed; returns EXIT_USAGE. */
__attribute__((format(printf, 1, 2))) int message_usage(const char *format, ...);

/*
 * The usage error for getopt_long's '?', from its optopt and optind; the codes
 * of long options have to be below ' ' to be told from letters.
 */
int message_bad_option(char **argv);

/* Flushes stdout; EXIT_DONE, or EXIT_FAILED and a message where the output did not get through. */
int message_finish_stdout(void);

#endif
