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

/*
 * What the library said without the name of the operation in front, which the
 * user of a command has not called; the status's name where it said nothing.
 */
const char *message_of_library(cllrn_status status, const cllrn_error *error);

/* True for success; else prints it. */
bool message_check(cllrn_status status, const cllrn_error *error);

/* The same with a hint where the usage is printed; returns EXIT_USAGE. */
__attribute__((format(printf, 1, 2))) int message_usage(const char *format, ...);

/* Flushes stdout; EXIT_DONE, or EXIT_FAILED and a message where the output did not get through. */
int message_finish_stdout(void);

#endif
